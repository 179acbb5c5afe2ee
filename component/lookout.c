#include "config.h"

#include "component/lookout.h"

#include "protocol/log.h"
#include "component/exposition.h"
#include "component/httpd.h"
#include "component/metrics.h"
#include "component/page.h"

#define HTML "text/html; charset=utf-8"

typedef enum
{
  PAGE_METRICS,
  PAGE_STATUS,
  PAGE_PEERS,
  PAGE_STREAMS,
  PAGE_STYLE,
  PAGE_ICON
} Page;

static const EnjHttpdPage pages[] = {
  [PAGE_METRICS] = { "/metrics", ENJ_EXPOSITION_TYPE, FALSE },
  [PAGE_STATUS] = { ENJ_PAGE_PATH, HTML, TRUE },
  [PAGE_PEERS] = { ENJ_PAGE_PEERS_PATH, HTML, TRUE },
  [PAGE_STREAMS] = { ENJ_PAGE_STREAMS_PATH, HTML, TRUE },
  [PAGE_STYLE] = { ENJ_PAGE_STYLE_PATH, "text/css; charset=utf-8", FALSE },
  [PAGE_ICON] = { ENJ_PAGE_ICON_PATH, "image/svg+xml", FALSE },
  { NULL, NULL, FALSE },
};

struct EnjLookout
{
  EnjLoop *loop;
  EnjSteward *steward;
  EnjSights *sights;
  EnjHttpd *httpd;
  EnjWatch *timer;
};

static GString *
make (guint page, const char *after, gpointer data)
{
  EnjLookout *self = data;
  gint64 now = enj_loop_now (self->loop);

  switch ((Page) page)
    {
    case PAGE_METRICS:
      return enj_metrics_new (self->steward, now);
    case PAGE_STATUS:
      return enj_page_new (self->steward, self->sights, now);
    case PAGE_PEERS:
      return enj_page_peers_new (self->steward, after, now);
    case PAGE_STREAMS:
      return enj_page_streams_new (self->steward, after, now);
    case PAGE_STYLE:
      return g_string_new (enj_page_style);
    case PAGE_ICON:
      return g_string_new (enj_page_icon);
    }
  g_return_val_if_reached (g_string_new (NULL));
}

static void
handle_timer (guint32 events, gint64 now, gpointer data)
{
  EnjLookout *self = data;

  (void) events;
  enj_sights_sample (self->sights);
  enj_watch_set_deadline (self->timer, now + ENJ_SIGHTS_EVERY);
}

static gboolean
listen_at (EnjLookout *self, const EnjListen *listen, GError **error)
{
  EnjAddress address;

  if (!enj_address_parse (&address, listen->host, listen->port))
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "'%s' is no IP address",
                   listen->host);
      return FALSE;
    }
  return enj_httpd_listen (self->httpd, &address, error);
}

EnjLookout *
enj_lookout_new (EnjLoop *loop, EnjSteward *steward, GError **error)
{
  g_autoptr (EnjLookout) self = g_new0 (EnjLookout, 1);
  const GPtrArray *listens = enj_steward_get_config (steward)->metrics_listen;

  self->loop = loop;
  self->steward = steward;
  self->sights = enj_sights_new (enj_steward_get_exchange (steward));
  self->timer = enj_loop_watch (loop, -1, 0, handle_timer, self, error);
  if (!self->timer)
    return NULL;
  self->httpd = enj_httpd_new (loop, pages, make, self, error);
  for (guint i = 0; self->httpd && i < listens->len; i++)
    if (!listen_at (self, listens->pdata[i], error))
      g_clear_pointer (&self->httpd, enj_httpd_free);
  if (!self->httpd)
    {
      g_prefix_error (error, "[metrics] listen: ");
      return NULL;
    }
  enj_watch_set_deadline (self->timer, enj_loop_now (loop) + ENJ_SIGHTS_EVERY);
  return g_steal_pointer (&self);
}

void
enj_lookout_free (EnjLookout *self)
{
  if (!self)
    return;
  enj_httpd_free (self->httpd);
  enj_watch_free (self->timer);
  enj_sights_free (self->sights);
  g_free (self);
}
