#include "config.h"

#include "protocol/standby.h"

#include "protocol/condition.h"

/* Refused for so long while we serve, and it is no connection of our own that is in the way. */
#define TAKEN_FOR (5 * G_TIME_SPAN_SECOND)

typedef enum
{
  LINK_NEW, /* not tried yet */
  LINK_UP,
  LINK_DOWN,
  LINK_REFUSED, /* by conflict, perhaps with ourselves */
  LINK_TAKEN    /* another has it */
} Link;

typedef struct
{
  Link link;
  gint64 since; /* REFUSED */
} Line;

struct EnjStandby
{
  GHashTable *lines; /* domain to Line */
  gboolean is_free;  /* a component has no link */
  EnjStandbyState state;
};

EnjStandby *
enj_standby_new (void)
{
  EnjStandby *self = g_new0 (EnjStandby, 1);

  self->lines = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

void
enj_standby_free (EnjStandby *self)
{
  if (!self)
    return;
  g_hash_table_unref (self->lines);
  g_free (self);
}

static gboolean
has (const EnjStandby *self, Link link)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->lines);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (((const Line *) value)->link == link)
      return TRUE;
  return FALSE;
}

static EnjStandbyState
judge (const EnjStandby *self)
{
  gboolean is_taken = has (self, LINK_TAKEN);

  if (self->is_free || has (self, LINK_UP))
    return ENJ_STANDBY_SERVING;

  switch (self->state)
    {
    case ENJ_STANDBY_UNDECIDED:
      if (has (self, LINK_NEW))
        return ENJ_STANDBY_UNDECIDED;
      return is_taken || has (self, LINK_REFUSED) ? ENJ_STANDBY_WAITING : ENJ_STANDBY_SERVING;
    case ENJ_STANDBY_SERVING:
      return is_taken ? ENJ_STANDBY_WAITING : ENJ_STANDBY_SERVING;
    case ENJ_STANDBY_WAITING:
      break;
    }
  return ENJ_STANDBY_WAITING;
}

void
enj_standby_add (EnjStandby *self, const char *domain, gboolean has_link)
{
  if (has_link)
    g_hash_table_insert (self->lines, g_strdup (domain), g_new0 (Line, 1));
  else
    self->is_free = TRUE;
  self->state = judge (self);
}

void
enj_standby_serve (EnjStandby *self)
{
  self->state = ENJ_STANDBY_SERVING;
}

static void
note (EnjStandby *self, const char *domain, Link link, gint64 now)
{
  Line *line = g_hash_table_lookup (self->lines, domain);

  if (!line)
    return;
  if (link != LINK_REFUSED)
    line->link = link;
  else if (line->link != LINK_REFUSED && line->link != LINK_TAKEN)
    *line = (Line){ LINK_REFUSED, now };
  else if (line->link == LINK_REFUSED && now - line->since >= TAKEN_FOR)
    line->link = LINK_TAKEN;
  self->state = judge (self);
}

void
enj_standby_note_missed (EnjStandby *self, const char *domain)
{
  note (self, domain, LINK_DOWN, 0);
}

void
enj_standby_note_up (EnjStandby *self, const char *domain)
{
  note (self, domain, LINK_UP, 0);
}

void
enj_standby_note_down (EnjStandby *self, const char *domain, const GError *error, gboolean was_up,
                       gint64 now)
{
  if (!g_error_matches (error, ENJ_STREAM_ERROR, ENJ_STREAM_CONFLICT))
    note (self, domain, LINK_DOWN, now);
  else
    note (self, domain, was_up ? LINK_TAKEN : LINK_REFUSED, now);
}

EnjStandbyState
enj_standby_get_state (const EnjStandby *self)
{
  return self->state;
}

gboolean
enj_standby_is_waiting (const EnjStandby *self, const char *domain)
{
  const Line *line = g_hash_table_lookup (self->lines, domain);

  return line
         && (line->link == LINK_TAKEN
             || (self->state == ENJ_STANDBY_WAITING && line->link != LINK_UP));
}
