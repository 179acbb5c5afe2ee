#include "config.h"

#include "component/dns.h"

#include <unbound.h>
#include <unistd.h>

#include "protocol/log.h"

#define CLASS_IN 1
#define TYPE_NS 2

#define PROBE_TIME (5 * G_TIME_SPAN_SECOND)

/* Before the root is asked for again where nothing can be validated; doubled each time. */
#define RETRY_MIN (1 * G_TIME_SPAN_MINUTE)
#define RETRY_MAX (1 * G_TIME_SPAN_HOUR)

typedef enum
{
  PROBE_NEW,  /* nothing was asked yet */
  PROBE_OPEN, /* the root is being asked for */
  PROBE_SECURE,
  PROBE_FAILED
} Probe;

struct EnjDnsSource
{
  EnjDns *dns;
  struct ub_ctx *context;
  EnjWatch *watch;
  guint n_open; /* questions */
};

struct EnjDns
{
  EnjLoop *loop;
  char *server;
  char *anchor; /* NULL for none */
  EnjWake ready;
  gboolean is_ready;
  EnjDnsSource *source; /* NULL before it is ready, or where none was to be had */
  EnjDnsSource *trial;  /* with the anchor, to take its place if it validates; or NULL */
  EnjDnsSource *former; /* until its last question is over; or NULL */
  Probe probe;          /* of the trial */
  gint64 retry_delay;   /* 0: nothing has failed */
  gint64 retry_at;
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
  /* One server answers for all domains here.  What it is silent about says nothing of it: after
   * three silences libunbound would take it for dead, and answer SERVFAIL at once to whatever else
   * is asked, for as long as its longest silence.  What it knows of a server is therefore always
   * out of date, and how long it waits for one always the same, for links by satellite, too. */
  { "infra-host-ttl:", "-1" },
  { "unknown-server-time-limit:", "1128" },
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
set_up (EnjDns *self, struct ub_ctx *context, const char *anchor, GError **error)
{
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
  return !anchor || check (ub_ctx_add_ta_file (context, anchor), anchor, error);
}

static void
source_free (EnjDnsSource *self)
{
  if (!self)
    return;

  enj_watch_free (self->watch);
  if (self->context)
    ub_ctx_delete (self->context);
  g_free (self);
}

static EnjDnsSource *
source_new (EnjDns *dns, const char *anchor, EnjWatchFunc func, GError **error)
{
  EnjDnsSource *self = g_new0 (EnjDnsSource, 1);

  self->dns = dns;
  self->context = ub_ctx_create ();
  if (!self->context)
    g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_NOMEM, "libunbound: no context");
  else if (set_up (dns, self->context, anchor, error))
    self->watch
      = enj_loop_watch (dns->loop, ub_fd (self->context), EPOLLIN, func, self, error);
  if (!self->watch)
    g_clear_pointer (&self, source_free);
  return self;
}

/* Never inside ub_process(), which this may run in: the former source is freed in a turn to
 * come. */
static void
source_release (EnjDnsSource *self)
{
  if (--self->n_open == 0 && self == self->dns->former)
    enj_watch_set_deadline (self->watch, enj_loop_now (self->dns->loop));
}

/* ---- Trust ------------------------------------------------------------ */

static void
on_probe (gpointer data, int code, struct ub_result *result)
{
  EnjDns *self = data;

  self->probe = code == 0 && result->secure ? PROBE_SECURE : PROBE_FAILED;
  ub_resolve_free (result);
}

static void on_event (guint32 events, gint64 now, gpointer data);

/* What was asked without validation is still answered so. */
static void
take_over (EnjDns *self)
{
  if (self->retry_delay)
    enj_log_info (NULL, "DNS answers are validated by %s from now on", self->anchor);
  self->former = self->source;
  self->source = g_steal_pointer (&self->trial);
  self->retry_at = ENJ_NEVER;
  enj_watch_set_deadline (self->source->watch, ENJ_NEVER);
  if (self->former && self->former->n_open == 0)
    g_clear_pointer (&self->former, source_free);
}

/* Told once: a server that does not pass DNSSEC on will not do so in an hour. */
static void
go_on_without_anchor (EnjDns *self)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&self->trial, source_free);
  if (!self->retry_delay)
    enj_log_warning (NULL, "DNS answers cannot be validated by %s: going on without DNSSEC",
                     self->anchor);
  self->retry_delay
    = self->retry_delay ? MIN (2 * self->retry_delay, RETRY_MAX) : RETRY_MIN;
  self->retry_at = enj_loop_now (self->loop) + self->retry_delay;
  if (!self->source)
    self->source = source_new (self, NULL, on_event, &error);
  if (error)
    enj_log_warning (NULL, "no names can be looked up: %s", error->message);
}

static void
decide (EnjDns *self)
{
  gboolean was_ready = self->is_ready;

  if (self->probe == PROBE_SECURE)
    take_over (self);
  else
    go_on_without_anchor (self);
  self->is_ready = TRUE;
  if (!was_ready)
    enj_wake (self->ready);
}

static void
on_event (guint32 events, gint64 now, gpointer data)
{
  EnjDnsSource *source = data;
  EnjDns *self = source->dns;

  (void) now;
  if (events & EPOLLIN)
    (void) ub_process (source->context); /* What went wrong is told to each question. */
  if (source == self->trial && (self->probe != PROBE_OPEN || events & ENJ_LOOP_DUE))
    decide (self);
  else if (source == self->former && source->n_open == 0)
    g_clear_pointer (&self->former, source_free);
}

/* The answer of the root is secure where signatures come through. */
static void
probe (EnjDns *self)
{
  int id;

  self->probe = PROBE_OPEN;
  if (ub_resolve_async (self->trial->context, ".", TYPE_NS, CLASS_IN, self, on_probe, &id) == 0)
    {
      enj_watch_set_deadline (self->trial->watch, enj_loop_now (self->loop) + PROBE_TIME);
      return;
    }
  go_on_without_anchor (self);
  self->is_ready = TRUE;
}

/* One question may have been lost, or a network not have been there yet. */
static void
try_again (EnjDns *self)
{
  self->trial = source_new (self, self->anchor, on_event, NULL);
  if (self->trial)
    probe (self);
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
  self->retry_at = ENJ_NEVER;
  if (anchor && access (anchor, R_OK) == 0)
    self->anchor = g_strdup (anchor);
  self->is_ready = !self->anchor;
  *(self->anchor ? &self->trial : &self->source)
    = source_new (self, self->anchor, on_event, error);
  if (!self->trial && !self->source)
    g_clear_pointer (&self, enj_dns_free);
  return self;
}

void
enj_dns_free (EnjDns *self)
{
  if (!self)
    return;

  source_free (self->trial);
  source_free (self->source);
  source_free (self->former);
  g_free (self->server);
  g_free (self->anchor);
  g_free (self);
}

gboolean
enj_dns_is_ready (EnjDns *self)
{
  if (self->trial && self->probe == PROBE_NEW)
    probe (self);
  else if (!self->trial && self->retry_at <= enj_loop_now (self->loop))
    try_again (self);
  return self->is_ready;
}

static void
on_answer (gpointer data, int code, struct ub_result *result)
{
  EnjDnsQuery *query = data;

  query->is_asked = FALSE;
  source_release (query->source);
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
  query->source = self->source;
  query->is_asked = self->source
                    && ub_resolve_async (self->source->context, name, type, CLASS_IN, query,
                                         on_answer, &query->id) == 0;
  if (query->is_asked)
    self->source->n_open++;
  return query->is_asked;
}

void
enj_dns_cancel (EnjDnsQuery *query)
{
  if (!query->is_asked)
    return;
  query->is_asked = FALSE;
  (void) ub_cancel (query->source->context, query->id); /* Never called again, whatever it says. */
  source_release (query->source);
}
