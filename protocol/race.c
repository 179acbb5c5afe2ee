#include "config.h"

#include "protocol/race.h"

#include "protocol/deadlines.h"

/* RFC 8305 5, in microseconds. */
#define DELAY (250 * G_TIME_SPAN_MILLISECOND)

/* ---- Targets ---------------------------------------------------------- */

static void
target_clear (gpointer data)
{
  EnjTarget *self = data;

  g_free (self->host);
  enj_dane_unref (self->dane);
}

EnjTarget *
enj_target_new (const EnjAddress *address, const char *host, gboolean direct_tls,
                gboolean is_secure, EnjDane *dane)
{
  EnjTarget *self = g_rc_box_new0 (EnjTarget);

  self->address = *address;
  enj_address_format_source (address, self->source);
  self->host = g_strdup (host);
  self->direct_tls = direct_tls;
  self->is_secure = is_secure;
  self->dane = dane ? enj_dane_ref (dane) : NULL;
  return self;
}

EnjTarget *
enj_target_ref (EnjTarget *self)
{
  return g_rc_box_acquire (self);
}

void
enj_target_unref (EnjTarget *self)
{
  if (self)
    g_rc_box_release_full (self, target_clear);
}

/* ---- The race --------------------------------------------------------- */

void
enj_race_clear (EnjRace *self)
{
  while (self->n > 0)
    enj_target_unref (self->runners[--self->n].target);
}

gboolean
enj_race_add_take (EnjRace *self, EnjTarget *target)
{
  if (self->n == ENJ_RACE_MAX)
    {
      enj_target_unref (target);
      return FALSE;
    }
  self->runners[self->n++] = (EnjRunner){ .target = target };
  return TRUE;
}

gboolean
enj_race_has (const EnjRace *self, EnjRunnerState state)
{
  for (guint i = 0; i < self->n; i++)
    if (self->runners[i].state == state)
      return TRUE;

  return FALSE;
}

static EnjRunner *
find (EnjRace *self, guint ticket)
{
  for (guint i = 0; i < self->n; i++)
    if (self->runners[i].state == ENJ_RUNNER_OPEN && self->runners[i].ticket == ticket)
      return &self->runners[i];

  return NULL;
}

EnjTarget *
enj_race_start (EnjRace *self, guint ticket, gint64 now)
{
  for (guint i = 0; i < self->n; i++)
    if (self->runners[i].state == ENJ_RUNNER_NEW)
      {
        self->runners[i].state = ENJ_RUNNER_OPEN;
        self->runners[i].ticket = ticket;
        self->next_start = now + DELAY;
        return self->runners[i].target;
      }

  g_return_val_if_reached (NULL);
}

gboolean
enj_race_win (EnjRace *self, guint ticket)
{
  if (!find (self, ticket))
    return FALSE;

  self->winner = ticket;
  for (guint i = 0; i < self->n; i++)
    if (self->runners[i].state == ENJ_RUNNER_OPEN && self->runners[i].ticket != ticket)
      self->runners[i].state = ENJ_RUNNER_NEW;
  return TRUE;
}

gboolean
enj_race_lose (EnjRace *self, guint ticket)
{
  EnjRunner *runner = find (self, ticket);

  if (!runner)
    return FALSE;

  runner->state = ENJ_RUNNER_OVER;
  self->next_start = 0; /* RFC 8305 5: a failure is not waited upon. */
  if (self->winner == ticket)
    self->winner = 0;
  return TRUE;
}

gint64
enj_race_deadline (const EnjRace *self)
{
  if (self->winner || !enj_race_has (self, ENJ_RUNNER_NEW))
    return ENJ_NEVER;
  return enj_race_has (self, ENJ_RUNNER_OPEN) ? self->next_start : 0;
}
