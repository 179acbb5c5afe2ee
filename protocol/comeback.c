#include "config.h"

#include "protocol/comeback.h"

#include "protocol/condition.h"

/* Up for so long, and a link counts as good. */
#define GOOD_AFTER (60 * G_TIME_SPAN_SECOND)

/* Unknown for so long, and the operator hears of it: the server may be starting. */
#define UNKNOWN_AFTER (300 * G_TIME_SPAN_SECOND)

/* Two that throw each other out do so no more often than that. */
#define CONFLICT_REST (60 * G_TIME_SPAN_SECOND)

void
enj_comeback_init (EnjComeback *self, guint64 max)
{
  *self = (EnjComeback){ 0 };
  enj_backoff_init (&self->backoff, max);
}

void
enj_comeback_set_max (EnjComeback *self, guint64 max)
{
  self->backoff.max = MAX (max, 1);
}

void
enj_comeback_up (EnjComeback *self, gint64 now)
{
  self->up_since = now;
  self->unknown_since = 0;
  self->told = 0;
}

static EnjComebackNews
tell_once (EnjComeback *self, EnjComebackNews news)
{
  gboolean is_told = (self->told & (1u << news)) != 0;

  self->told |= 1u << news;
  return is_told ? ENJ_COMEBACK_NO_NEWS : news;
}

EnjComebackNews
enj_comeback_missed (EnjComeback *self, gint64 *delay)
{
  self->unknown_since = 0;
  *delay = enj_backoff_next (&self->backoff);
  return tell_once (self, ENJ_COMEBACK_UNREACHABLE);
}

static EnjComebackNews
note_unknown (EnjComeback *self, gint64 now)
{
  if (!self->unknown_since)
    self->unknown_since = now;
  if (now - self->unknown_since < UNKNOWN_AFTER)
    return ENJ_COMEBACK_NO_NEWS;
  return tell_once (self, ENJ_COMEBACK_UNKNOWN);
}

EnjComebackNews
enj_comeback_ended (EnjComeback *self, const GError *error, gint64 now, gint64 *delay)
{
  gboolean was_up = self->up_since != 0;

  if (was_up && now - self->up_since >= GOOD_AFTER)
    enj_backoff_reset (&self->backoff);
  self->up_since = 0;

  if (g_error_matches (error, ENJ_STREAM_ERROR, ENJ_STREAM_HOST_UNKNOWN))
    {
      *delay = enj_backoff_next (&self->backoff);
      return note_unknown (self, now);
    }
  self->unknown_since = 0;
  if (g_error_matches (error, ENJ_STREAM_ERROR, ENJ_STREAM_NOT_AUTHORIZED))
    {
      *delay = enj_backoff_longest (&self->backoff);
      return tell_once (self, ENJ_COMEBACK_SECRET);
    }
  if (was_up && g_error_matches (error, ENJ_STREAM_ERROR, ENJ_STREAM_CONFLICT))
    {
      *delay = CONFLICT_REST;
      return ENJ_COMEBACK_CONFLICT;
    }
  *delay = enj_backoff_next (&self->backoff);
  return was_up ? ENJ_COMEBACK_NO_NEWS : tell_once (self, ENJ_COMEBACK_REFUSED);
}
