#include "config.h"

#include "component/dns.h"

#include <unbound.h>
#include <unistd.h>

#include "protocol/log.h"

#define CLASS_IN 1
#define TYPE_NS 2

#define PROBE_TIME (5 * G_TIME_SPAN_SECOND)

typedef enum
{
  TRUST_UNKNOWN, /* there is an anchor, and nothing was asked yet */
  TRUST_PROBING, /* the root is being asked for */
  TRUST_FAILED,  /* a context without the anchor is to be made */
  TRUST_DECIDED
} Trust;

struct EnjDns
{
  EnjLoop *loop;
  char *server;
  char *anchor; /* NULL for none, or none that helps */
  EnjWake ready;
  Trust trust;
  struct ub_ctx *context; /* NULL where no new one was to be had */
  EnjWatch *watch;
};

/* Each query takes a descriptor while its server is silent.  The sixteen that libunbound has by
 * default are taken by sixteen dead servers. */
static const struct
{
  const char *name;
  const char *value;
} options[] = {
  { "outgoing-range:", "512" },
  { "do-not-query-localhost:", "no" },
  { "cache-max-negative-ttl:", "60" },
};

static gboolean
check (int code, const char *what, GError **error)
{
  if (code == 0)
    return TRUE;

  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "libunbound: %s: %s", what,
               ub_strerror (code));
  return FALSE;
}

static gboolean
set_up_context (EnjDns *self, GError **error)
{
  struct ub_ctx *context = self->context;

  /* First of all, or the first question forks a child with all our descriptors. */
  if (!check (ub_ctx_async (context, 1), "thread", error)
      || !check (ub_ctx_debugout (context, NULL), "log", error))
    return FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    if (!check (ub_ctx_set_option (context, options[i].name, options[i].value), options[i].name,
                error))
      return FALSE;

  if (self->server && !check (ub_ctx_set_fwd (context, self->server), self->server, error))
    return FALSE;
  if (!self->server)
    (void) ub_ctx_resolvconf (context, NULL); /* Without the file it asks the root servers. */
  return !self->anchor
         || check (ub_ctx_add_ta_file (context, self->anchor), self->anchor, error);
}

static void
close_context (EnjDns *self)
{
  g_clear_pointer (&self->watch, enj_watch_free);
  g_clear_pointer (&self->context, ub_ctx_delete);
}

static gboolean
open_context (EnjDns *self, EnjWatchFunc func, GError **error)
{
  self->context = ub_ctx_create ();
  if (!self->context)
    {
      g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_NOMEM, "libunbound: no context");
      return FALSE;
    }

  if (set_up_context (self, error))
    self->watch = enj_loop_watch (self->loop, ub_fd (self->context), EPOLLIN, func, self, error);
  if (!self->watch)
    close_context (self);
  return self->watch != NULL;
}

/* ---- Trust ------------------------------------------------------------ */

static void
on_probe (gpointer data, int code, struct ub_result *result)
{
  EnjDns *self = data;

  self->trust = code == 0 && result->secure ? TRUST_DECIDED : TRUST_FAILED;
  ub_resolve_free (result);
}

static void on_event (guint32 events, gint64 now, gpointer data);

/* Never inside ub_process(). */
static void
go_on_without_anchor (EnjDns *self)
{
  g_autoptr (GError) error = NULL;

  enj_log_warning (NULL, "DNS answers cannot be validated by %s: going on without DNSSEC",
                   self->anchor);
  self->trust = TRUST_DECIDED;
  g_clear_pointer (&self->anchor, g_free);
  close_context (self);
  if (!open_context (self, on_event, &error))
    enj_log_warning (NULL, "no names can be looked up: %s", error->message);
}

static void
on_event (guint32 events, gint64 now, gpointer data)
{
  EnjDns *self = data;
  gboolean was_ready = self->trust == TRUST_DECIDED;

  (void) now;
  if (events & EPOLLIN)
    (void) ub_process (self->context); /* What went wrong is told to each question. */
  if (self->trust == TRUST_FAILED || (self->trust == TRUST_PROBING && events & ENJ_LOOP_DUE))
    go_on_without_anchor (self);
  if (!was_ready && self->trust == TRUST_DECIDED)
    enj_wake (self->ready);
}

/* The answer of the root is secure where signatures come through. */
static void
probe (EnjDns *self)
{
  int id;

  self->trust = TRUST_PROBING;
  if (ub_resolve_async (self->context, ".", TYPE_NS, CLASS_IN, self, on_probe, &id) == 0)
    enj_watch_set_deadline (self->watch, enj_loop_now (self->loop) + PROBE_TIME);
  else
    go_on_without_anchor (self);
}

/* ---- Public ----------------------------------------------------------- */

EnjDns *
enj_dns_new (EnjLoop *loop, const char *server, const char *anchor, EnjWake ready,
             GError **error)
{
  EnjDns *self = g_new0 (EnjDns, 1);

  self->loop = loop;
  self->server = g_strdup (server);
  self->ready = ready;
  if (anchor && access (anchor, R_OK) == 0)
    self->anchor = g_strdup (anchor);
  self->trust = self->anchor ? TRUST_UNKNOWN : TRUST_DECIDED;
  if (!open_context (self, on_event, error))
    g_clear_pointer (&self, enj_dns_free);
  return self;
}

void
enj_dns_free (EnjDns *self)
{
  if (!self)
    return;

  close_context (self);
  g_free (self->server);
  g_free (self->anchor);
  g_free (self);
}

gboolean
enj_dns_is_ready (EnjDns *self)
{
  if (self->trust == TRUST_UNKNOWN)
    probe (self);
  return self->trust == TRUST_DECIDED;
}

static void
on_answer (gpointer data, int code, struct ub_result *result)
{
  EnjDnsQuery *query = data;

  query->is_asked = FALSE;
  if (code == 0)
    {
      const EnjDnsAnswer answer = {
        .rcode = result->rcode,
        .has_data = result->havedata,
        .bogus = result->bogus,
        .secure = result->secure,
        .data = result->data,
        .len = result->len,
      };

      query->func (&answer, query->data);
    }
  else
    query->func (NULL, query->data);
  ub_resolve_free (result);
}

gboolean
enj_dns_ask (EnjDns *self, EnjDnsQuery *query, const char *name, int type)
{
  query->is_asked = self->context
                    && ub_resolve_async (self->context, name, type, CLASS_IN, query, on_answer,
                                         &query->id) == 0;
  return query->is_asked;
}

void
enj_dns_cancel (EnjDns *self, EnjDnsQuery *query)
{
  if (query->is_asked)
    (void) ub_cancel (self->context, query->id); /* Never called again, whatever it says. */
  query->is_asked = FALSE;
}
