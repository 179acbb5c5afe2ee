#include "config.h"

#include "protocol/ack.h"

#include "protocol/budget.h"

typedef struct
{
  EnjStanza *stanza;
  gint64 left;
} Sent;

/* Counts are modulo 2^32 on the wire only. */
struct EnjAck
{
  void (*done) (gpointer);
  gpointer user_data;

  GQueue unconfirmed; /* of Sent, oldest first */
  gsize size;         /* of all of them */
  guint64 confirmed;

  guint64 received;
  guint64 handled;   /* they, and all before them, are done with */
  GHashTable *early; /* set of the numbers above that are done with; NULL while there are none */
};

static void
clear (gpointer data)
{
  g_clear_pointer (&((EnjAck *) data)->early, g_hash_table_unref);
}

EnjAck *
enj_ack_new (void (*done) (gpointer), gpointer user_data)
{
  EnjAck *self = g_rc_box_new0 (EnjAck);

  self->done = done;
  self->user_data = user_data;
  return self;
}

void
enj_ack_free (EnjAck *self)
{
  EnjStanza *stanza;

  if (!self)
    return;
  self->done = NULL;
  while ((stanza = enj_ack_steal_unconfirmed (self, NULL)))
    enj_stanza_unref (stanza);
  g_rc_box_release_full (self, clear);
}

/* ---- Outgoing ----------------------------------------------------------- */

void
enj_ack_note_sent (EnjAck *self, EnjStanza *stanza, gint64 now)
{
  Sent *sent = g_new (Sent, 1);

  enj_budget_charge (ENJ_BUDGET_RECORD);
  *sent = (Sent){ .stanza = enj_stanza_ref (stanza), .left = now };
  self->size += enj_stanza_get_size (stanza);
  g_queue_push_tail (&self->unconfirmed, sent);
}

EnjStanza *
enj_ack_steal_unconfirmed (EnjAck *self, gint64 *left)
{
  g_autofree Sent *sent = g_queue_pop_head (&self->unconfirmed);

  if (!sent)
    return NULL;
  enj_budget_release (ENJ_BUDGET_RECORD);
  self->size -= enj_stanza_get_size (sent->stanza);
  if (left)
    *left = sent->left;
  return sent->stanza;
}

guint32
enj_ack_count_beyond (const EnjAck *self, guint32 h)
{
  guint32 newly = h - (guint32) self->confirmed;

  return newly > self->unconfirmed.length ? newly - self->unconfirmed.length : 0;
}

gboolean
enj_ack_confirm (EnjAck *self, guint32 h)
{
  guint32 newly = h - (guint32) self->confirmed;

  /* One that goes back is far ahead, in this arithmetic. */
  if (newly > self->unconfirmed.length)
    return FALSE;

  self->confirmed += newly;
  for (; newly > 0; newly--)
    enj_stanza_unref (enj_ack_steal_unconfirmed (self, NULL));
  return TRUE;
}

guint
enj_ack_count_unconfirmed (const EnjAck *self)
{
  return self->unconfirmed.length;
}

gsize
enj_ack_get_unconfirmed_size (const EnjAck *self)
{
  return self->size;
}

/* ---- Incoming ------------------------------------------------------------ */

static gpointer
key_of (guint64 number)
{
  return GUINT_TO_POINTER ((guint32) number);
}

/* Each receipt holds on to us: a stanza may outlive its stream. */
static void
finish (gpointer data, guint64 number)
{
  EnjAck *self = data;

  if (number != self->handled + 1)
    {
      if (!self->early)
        self->early = g_hash_table_new (NULL, NULL);
      g_hash_table_add (self->early, key_of (number));
    }
  else
    {
      self->handled++;
      while (self->early && g_hash_table_remove (self->early, key_of (self->handled + 1)))
        self->handled++;
      if (self->early && g_hash_table_size (self->early) == 0)
        g_clear_pointer (&self->early, g_hash_table_unref);
      if (self->done)
        self->done (self->user_data);
    }
  g_rc_box_release_full (self, clear);
}

void
enj_ack_note_received (EnjAck *self, EnjStanza *stanza)
{
  EnjReceipt *receipt = enj_receipt_new (finish, g_rc_box_acquire (self), ++self->received);

  enj_stanza_set_receipt (stanza, receipt);
  enj_receipt_unref (receipt);
}

guint32
enj_ack_get_handled (const EnjAck *self)
{
  return (guint32) self->handled;
}

guint
enj_ack_count_owed (const EnjAck *self)
{
  return (guint) (self->received - self->handled);
}
