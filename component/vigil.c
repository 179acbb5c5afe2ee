#include "config.h"

#include "component/vigil.h"

#include "protocol/law.h"
#include "protocol/log.h"
#include "component/notify.h"

/* Between two lines for the manager, which keeps each in its journal. */
#define STATUS_EVERY (10 * ENJ_SECOND)

/* How often the loop is looked at for the watchdog, and what is too late for one that lives. */
#define LOOK_EVERY ENJ_SECOND
#define LATE (5 * ENJ_SECOND)

struct EnjVigil
{
  EnjLoop *loop;
  const EnjExchange *exchange;
  EnjWatch *watchdog;
  EnjWatch *status;
  gint64 look; /* when the loop should look next */
  gint64 beat; /* and when the manager is to hear that */
  char *told;  /* the last line */
  gint64 next;
  guint up;
  guint all;
};

static char *
format_books (const EnjVigil *self)
{
  return enj_law_format (enj_exchange_get_counters (self->exchange),
                         enj_exchange_count_owned (self->exchange));
}

static void
handle_status (guint32 events, gint64 now, gpointer data)
{
  EnjVigil *self = data;
  const EnjLoad load = enj_exchange_get_load (self->exchange);
  g_autofree char *books = format_books (self);
  char *line
    = g_strdup_printf ("%u of %u links up; %u streams in, %u out; %s", self->up, self->all,
                       load.inbound, load.outbound, books);

  (void) events;
  if (g_strcmp0 (line, self->told) != 0)
    (void) enj_notify_status (line); /* Who does not hear it will hear the next. */
  g_free (self->told);
  self->told = line;
  self->next = now + STATUS_EVERY;
  enj_watch_set_deadline (self->status, self->next);
}

static void
look_again (EnjVigil *self, gint64 now)
{
  self->look = now + MIN (LOOK_EVERY, enj_notify_get_watchdog_interval ());
  enj_watch_set_deadline (self->watchdog, self->look);
}

/* A loop that comes round too late serves nobody, though it turns: only one that does not is told
 * to live.  Whether the server is there does not count: to start again would not bring it back. */
static void
handle_watchdog (guint32 events, gint64 now, gpointer data)
{
  EnjVigil *self = data;
  gint64 late = now - self->look;

  (void) events;
  if (late >= LATE)
    {
      enj_log_message (NULL, "the loop came round %" G_GINT64_FORMAT " s late", late / ENJ_SECOND);
    }
  else if (now >= self->beat)
    {
      (void) enj_notify_watchdog (); /* Who does not hear it will act. */
      self->beat = now + enj_notify_get_watchdog_interval ();
    }
  look_again (self, now);
}

EnjVigil *
enj_vigil_new (EnjLoop *loop, const EnjExchange *exchange, GError **error)
{
  g_autoptr (EnjVigil) self = g_new0 (EnjVigil, 1);
  gint64 interval = enj_notify_get_watchdog_interval ();

  self->loop = loop;
  self->exchange = exchange;
  self->watchdog = enj_loop_watch (loop, -1, 0, handle_watchdog, self, error);
  if (!self->watchdog)
    return NULL;
  self->status = enj_loop_watch (loop, -1, 0, handle_status, self, error);
  if (!self->status)
    return NULL;
  if (interval > 0)
    {
      self->beat = enj_loop_now (loop) + interval;
      look_again (self, enj_loop_now (loop));
    }
  enj_watch_set_deadline (self->status, enj_loop_now (loop));
  return g_steal_pointer (&self);
}

void
enj_vigil_free (EnjVigil *self)
{
  if (!self)
    return;
  enj_watch_free (self->watchdog);
  enj_watch_free (self->status);
  g_free (self->told);
  g_free (self);
}

void
enj_vigil_set_links (EnjVigil *self, guint up, guint all)
{
  self->up = up;
  self->all = all;
  enj_watch_set_deadline (self->status, MAX (self->next, enj_loop_now (self->loop)));
}

void
enj_vigil_sum_up (const EnjVigil *self)
{
  gint64 missing = enj_law_weigh (enj_exchange_get_counters (self->exchange),
                                  enj_exchange_count_owned (self->exchange));
  g_autofree char *books = format_books (self);

  enj_log_message (NULL, "stanzas %s", books);
  if (missing != 0)
    enj_log_warning (NULL, "%" G_GINT64_FORMAT " stanzas are not accounted for", missing);
}
