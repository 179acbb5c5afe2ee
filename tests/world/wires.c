#include "config.h"

#include "tests/world/wires.h"

#include <string.h>

/* One end of a connection: a session of a server, or a puppet. */
typedef struct
{
  EnjWorldServer *server;
  EnjSession *session;
  EnjPuppet *puppet;
} End;

typedef struct
{
  End ends[2];
} Wire;

struct EnjWorldWires
{
  GPtrArray *wires;
  GPtrArray *puppets;
  gboolean is_frozen;
};

static void
puppet_free (gpointer data)
{
  EnjPuppet *puppet = data;

  g_string_free (puppet->heard, TRUE);
  enj_bytes_clear (&puppet->says);
  g_free (puppet);
}

EnjWorldWires *
enj_world_wires_new (void)
{
  EnjWorldWires *self = g_new0 (EnjWorldWires, 1);

  self->wires = g_ptr_array_new_with_free_func (g_free);
  self->puppets = g_ptr_array_new_with_free_func (puppet_free);
  return self;
}

void
enj_world_wires_free (EnjWorldWires *self)
{
  g_ptr_array_unref (self->wires);
  g_ptr_array_unref (self->puppets);
  g_free (self);
}

EnjPuppet *
enj_world_wires_add_puppet (EnjWorldWires *self)
{
  EnjPuppet *puppet = g_new0 (EnjPuppet, 1);

  puppet->heard = g_string_new (NULL);
  enj_bytes_init (&puppet->says, 10000000);
  g_ptr_array_add (self->puppets, puppet);
  return puppet;
}

EnjPuppet *
enj_world_wires_get_puppet (EnjWorldWires *self)
{
  g_assert_cmpuint (self->puppets->len, >, 0);
  return self->puppets->pdata[self->puppets->len - 1];
}

void
enj_world_wires_connect (EnjWorldWires *self, EnjWorldServer *server, EnjSession *session,
                         EnjWorldServer *other, EnjSession *accepted, EnjPuppet *puppet)
{
  Wire *wire = g_new0 (Wire, 1);

  wire->ends[0] = (End){ .server = server, .session = session };
  wire->ends[1] = (End){ .server = other, .session = accepted, .puppet = puppet };
  g_ptr_array_add (self->wires, wire);
}

static const guint8 *
end_peek (const End *end, gsize *len)
{
  *len = 0;
  return end->session ? enj_session_peek (end->session, len)
         : end->puppet ? enj_bytes_peek (&end->puppet->says, len)
                       : NULL;
}

static gboolean
can_hear (const EnjWorldWires *self, const Wire *wire, guint to)
{
  const End *end = &wire->ends[to];

  if (end->puppet)
    return !end->puppet->is_deaf;
  return end->session && !(self->is_frozen && !wire->ends[1 - to].puppet);
}

static char *
attribute_new (const char *tag, const char *name)
{
  g_autofree char *start = g_strdup_printf (" %s='", name);
  const char *value = strstr (tag, start);

  g_assert_nonnull (value);
  value += strlen (start);
  return g_strndup (value, strcspn (value, "'"));
}

static void
answer_pings (EnjPuppet *puppet)
{
  const char *ping;
  const char *end;

  while ((ping = strstr (puppet->heard->str + puppet->handled, "<iq type='get' id='enj-b-"))
         && (end = strstr (ping, "</iq>")))
    {
      g_autofree char *id = attribute_new (ping, "id");
      g_autofree char *from = attribute_new (ping, "from");
      g_autofree char *to = attribute_new (ping, "to");
      g_autofree char *xml
        = g_strdup_printf ("<iq type='result' id='%s' from='%s' to='%s'/>", id, to, from);

      g_assert_true (enj_bytes_append (&puppet->says, xml, strlen (xml)));
      puppet->handled = (gsize) (end - puppet->heard->str);
    }
}

static void
hear (EnjPuppet *puppet, const guint8 *data, gsize len)
{
  g_string_append_len (puppet->heard, (const char *) data, (gssize) len);
  if (puppet->is_link && !puppet->is_mute)
    answer_pings (puppet);
}

gboolean
enj_world_wires_move (EnjWorldWires *self, guint index, guint to, gsize max, gint64 now)
{
  Wire *wire = self->wires->pdata[index];
  End *source = &wire->ends[1 - to];
  End *end = &wire->ends[to];
  gsize len;
  const guint8 *data = end_peek (source, &len);
  g_autofree guint8 *copy = NULL;

  if (len == 0 || !can_hear (self, wire, to))
    return FALSE;
  len = MIN (len, max);
  copy = g_memdup2 (data, len);
  if (source->session)
    enj_session_drained (source->session, len, now);
  else
    enj_bytes_drained (&source->puppet->says, len);
  if (end->session)
    enj_session_feed (end->session, copy, len, now);
  else
    hear (end->puppet, copy, len);
  return TRUE;
}

static void
close_end (End *end, gint64 now)
{
  EnjSession *session = g_steal_pointer (&end->session);

  if (end->puppet)
    end->puppet->is_gone = TRUE;
  end->puppet = NULL;
  if (!session)
    return;
  if (!enj_session_is_over (session))
    enj_session_eof (session, NULL, now);
  enj_exchange_closed (end->server->exchange, session, now);
}

gboolean
enj_world_wires_reap (EnjWorldWires *self, guint index, gint64 now)
{
  Wire *wire = self->wires->pdata[index];

  for (guint i = 0; i < 2; i++)
    {
      const End *end = &wire->ends[i];
      gsize len;

      if (!end->session || !enj_session_is_over (end->session))
        continue;
      (void) end_peek (end, &len);
      if (len > 0)
        continue;
      /* Taken out first: closing one end may make the world look at its wires. */
      g_ptr_array_steal_index_fast (self->wires, index);
      close_end (&wire->ends[i], now);
      close_end (&wire->ends[1 - i], now);
      g_free (wire);
      return TRUE;
    }
  return FALSE;
}

static void
cut_wire (EnjWorldWires *self, guint index, gint64 now)
{
  Wire *wire = g_ptr_array_steal_index_fast (self->wires, index);

  close_end (&wire->ends[0], now);
  close_end (&wire->ends[1], now);
  g_free (wire);
}

void
enj_world_wires_hang_up (EnjWorldWires *self, const EnjPuppet *puppet, gint64 now)
{
  for (guint i = 0; i < self->wires->len; i++)
    if (((Wire *) self->wires->pdata[i])->ends[1].puppet == puppet)
      {
        cut_wire (self, i, now);
        break;
      }
}

void
enj_world_wires_cut (EnjWorldWires *self, EnjWorldServer *a, EnjWorldServer *b, gint64 now)
{
  for (guint i = self->wires->len; i > 0; i--)
    {
      const Wire *wire = self->wires->pdata[i - 1];
      const EnjWorldServer *first = wire->ends[0].server;
      const EnjWorldServer *second = wire->ends[1].server;

      if ((!a || a == first || a == second) && (!b || b == first || b == second))
        cut_wire (self, i - 1, now);
    }
}

void
enj_world_wires_freeze (EnjWorldWires *self, gboolean frozen)
{
  self->is_frozen = frozen;
}

guint
enj_world_wires_count (const EnjWorldWires *self)
{
  return self->wires->len;
}

gint64
enj_world_wires_deadline (const EnjWorldWires *self)
{
  gint64 due = ENJ_NEVER;

  for (guint i = 0; i < self->wires->len; i++)
    for (guint j = 0; j < 2; j++)
      {
        const End *end = &((Wire *) self->wires->pdata[i])->ends[j];

        if (end->session)
          due = MIN (due, enj_session_deadline (end->session));
      }
  return due;
}

void
enj_world_wires_tick (EnjWorldWires *self, gint64 now)
{
  for (guint i = 0; i < self->wires->len; i++)
    for (guint j = 0; j < 2; j++)
      {
        const End *end = &((Wire *) self->wires->pdata[i])->ends[j];

        if (end->session)
          enj_session_tick (end->session, now);
      }
}
