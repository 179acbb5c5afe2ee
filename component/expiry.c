#include "config.h"

#include "component/expiry.h"

#include "protocol/log.h"
#include "protocol/wall.h"

#define NEAR_DAYS 14
#define SECONDS_A_DAY G_GINT64_CONSTANT (86400)

struct EnjExpiry
{
  EnjLoop *loop;
  EnjSettings *settings;
  EnjWatch *timer;
};

gboolean
enj_expiry_is_near (gint64 end, gint64 wall)
{
  return end - wall < NEAR_DAYS * SECONDS_A_DAY;
}

static void
warn (const char *domain, gint64 end, gint64 wall)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (end);
  g_autofree char *day = time ? g_date_time_format (time, "%Y-%m-%d %H:%M UTC") : NULL;
  gint64 days = (end - wall) / SECONDS_A_DAY;

  if (end <= wall)
    enj_log_warning (NULL,
                     "the certificate of %s has expired, on %s: renew it, then reload enjamb",
                     domain, day ? day : "an unknown day");
  else
    enj_log_warning (NULL,
                     "the certificate of %s expires in %" G_GINT64_FORMAT " day%s, on %s: renew "
                     "it, then reload enjamb",
                     domain, days, days == 1 ? "" : "s", day ? day : "an unknown day");
}

static void
look (EnjExpiry *self)
{
  gint64 wall = enj_wall_now ();
  g_autoptr (GList) domains = g_hash_table_get_keys (self->settings->credentials);

  domains = g_list_sort (domains, (GCompareFunc) g_strcmp0);
  for (GList *one = domains; one; one = one->next)
    {
      const EnjCredentials *credentials
        = enj_settings_get_credentials (self->settings, one->data);
      gint64 end = enj_credentials_get_expiry (credentials);

      if (enj_expiry_is_near (end, wall))
        warn (one->data, end, wall);
    }
  enj_watch_set_deadline (self->timer,
                          enj_loop_now (self->loop) + SECONDS_A_DAY * G_TIME_SPAN_SECOND);
}

static void
handle_timer (guint32 events, gint64 now, gpointer data)
{
  (void) events;
  (void) now;
  look (data);
}

EnjExpiry *
enj_expiry_new (EnjLoop *loop, EnjSettings *settings, GError **error)
{
  EnjExpiry *self = g_new0 (EnjExpiry, 1);

  self->loop = loop;
  self->settings = enj_settings_ref (settings);
  self->timer = enj_loop_watch (loop, -1, 0, handle_timer, self, error);
  if (!self->timer)
    {
      enj_expiry_free (self);
      return NULL;
    }
  enj_watch_set_deadline (self->timer, enj_loop_now (loop));
  return self;
}

void
enj_expiry_free (EnjExpiry *self)
{
  if (!self)
    return;
  enj_watch_free (self->timer);
  enj_settings_unref (self->settings);
  g_free (self);
}

void
enj_expiry_set_settings (EnjExpiry *self, EnjSettings *settings)
{
  enj_settings_unref (self->settings);
  self->settings = enj_settings_ref (settings);
  enj_watch_set_deadline (self->timer, enj_loop_now (self->loop));
}
