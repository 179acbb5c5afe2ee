#include "config.h"

#include "component/uplink.h"

#include <string.h>
#include <unistd.h>

#include "protocol/backoff.h"
#include "component/dialer.h"
#include "component/setup.h"
#include "component/wire.h"

/* Up for so long, and a link counts as good. */
#define GOOD_AFTER (60 * ENJ_SECOND)

/* Unknown for so long, and the operator hears of it. */
#define UNKNOWN_AFTER (300 * ENJ_SECOND)

/* An established link that was taken over by another. */
#define CONFLICT_REST (60 * ENJ_SECOND)

/* What the operator hears of once for each time that the link is down. */
typedef enum
{
  FAULT_REACH = 1 << 0,   /* no connection */
  FAULT_SECRET = 1 << 1,  /* the server refuses the handshake */
  FAULT_REFUSED = 1 << 2, /* the server ends the attempt otherwise */
  FAULT_UNKNOWN = 1 << 3  /* the server has known no such component for long */
} Fault;

struct EnjUplink
{
  EnjLoop *loop;
  EnjResolver *resolver;
  EnjExchange *exchange;
  char *domain;
  char *parent;
  char *host;
  guint16 port;
  char *secret;
  guint64 connect_timeout;
  EnjBackoff backoff;
  EnjWatch *timer;
  gint64 up_since;      /* 0 while down */
  gint64 unknown_since; /* 0 unless the server says host-unknown */
  guint told;           /* of Fault */
  gboolean stopped;
  guint64 lookup;
  EnjAddress *addresses; /* still to be tried */
  guint n_addresses;
  guint next_address;
  EnjDialer *dialer;
  EnjWire *wire;
  EnjSession *session;
};

static void try_next_address (EnjUplink *self);

/* TRUE the first time. */
static gboolean
may_tell (EnjUplink *self, Fault fault)
{
  gboolean first = !(self->told & fault);

  self->told |= fault;
  return first;
}

static void
come_back (EnjUplink *self, gint64 delay)
{
  if (self->stopped)
    return;
  enj_log_debug (NULL, "%s: next attempt in %.1f s", self->domain,
                 (double) delay / G_USEC_PER_SEC);
  enj_watch_set_deadline (self->timer, enj_loop_now (self->loop) + delay);
}

static void
give_up_attempt (EnjUplink *self, const char *why)
{
  if (may_tell (self, FAULT_REACH))
    enj_log_warning (NULL, "%s: cannot reach the server at %s:%u: %s; trying again by itself",
                     self->domain, self->host, self->port, why);
  come_back (self, enj_backoff_next (&self->backoff));
}

/* ---- Connecting ---------------------------------------------------------------- */

static void
handle_closed (EnjWire *wire, gpointer data)
{
  EnjUplink *self = data;
  EnjSession *session = g_steal_pointer (&self->session);

  g_return_if_fail (wire == self->wire);
  g_clear_pointer (&self->wire, enj_wire_free);
  enj_exchange_closed (self->exchange, session, enj_loop_now (self->loop));
}

static void
handle_dialled (int fd, const char *why, gpointer data)
{
  EnjUplink *self = data;
  gint64 now = enj_loop_now (self->loop);
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&self->dialer, enj_dialer_free);
  if (fd < 0)
    {
      if (self->next_address < self->n_addresses)
        try_next_address (self);
      else
        give_up_attempt (self, why);
      return;
    }
  self->session = enj_exchange_attach (self->exchange, self->domain, self->parent, self->secret,
                                       now);
  if (!self->session)
    {
      close (fd);
      return;
    }
  self->wire = enj_wire_new (self->loop, fd, self->session, TRUE, handle_closed, self, &error);
  if (!self->wire)
    {
      EnjSession *session = g_steal_pointer (&self->session);

      enj_session_eof (session, error->message, now);
      enj_exchange_closed (self->exchange, session, now);
    }
}

static void
try_next_address (EnjUplink *self)
{
  const EnjAddress *address = &self->addresses[self->next_address++];

  self->dialer = enj_dialer_new (self->loop, address, NULL, self->connect_timeout,
                                 handle_dialled, self);
}

static void
handle_addresses (EnjLookupResult result, const EnjAddress *addresses, guint n, gpointer data)
{
  EnjUplink *self = data;

  self->lookup = 0;
  if (result != ENJ_LOOKUP_FOUND || n == 0)
    {
      give_up_attempt (self, "its name has no address");
      return;
    }
  g_free (self->addresses);
  self->addresses = g_memdup2 (addresses, n * sizeof *addresses);
  self->n_addresses = n;
  self->next_address = 0;
  for (guint i = 0; i < n; i++)
    self->addresses[i].port = self->port;
  try_next_address (self);
}

static void
attempt (EnjUplink *self)
{
  EnjAddress literal;

  if (self->stopped || self->lookup || self->dialer || self->wire)
    return;
  if (enj_address_parse (&literal, self->host, self->port))
    handle_addresses (ENJ_LOOKUP_FOUND, &literal, 1, self);
  else
    self->lookup = enj_resolver_addresses (self->resolver, self->host, handle_addresses, self);
}

static void
handle_timer (guint32 events, gint64 now, gpointer data)
{
  EnjUplink *self = data;

  (void) events;
  if (self->wire)
    {
      /* The old connection is still being read to its end. */
      enj_watch_set_deadline (self->timer, now + G_USEC_PER_SEC / 4);
      return;
    }
  attempt (self);
}

/* ---- What the exchange tells ------------------------------------------------------ */

void
enj_uplink_came_up (EnjUplink *self, gint64 now)
{
  self->up_since = now;
  self->unknown_since = 0;
  self->told = 0;
}

/* The server knows no such component: it may be starting (C16). */
static void
note_unknown (EnjUplink *self, gint64 now)
{
  if (!self->unknown_since)
    self->unknown_since = now;
  if (now - self->unknown_since < UNKNOWN_AFTER || !may_tell (self, FAULT_UNKNOWN))
    return;
  enj_log_warning (NULL,
                   "%s: the server has known no such component for five minutes: add Component "
                   "\"%s\" to its configuration",
                   self->domain, self->domain);
}

static void
warn_of_secret (EnjUplink *self)
{
  if (may_tell (self, FAULT_SECRET))
    enj_log_warning (NULL,
                     "%s: the server refuses our secret: component_secret there and secret here "
                     "must be the same",
                     self->domain);
}

static void
warn_of_conflict (EnjUplink *self)
{
  enj_log_warning (NULL,
                   "%s: the server gave the link to another connection: a second enjamb for this "
                   "domain, or a component of this name elsewhere; waiting a minute",
                   self->domain);
}

void
enj_uplink_went_down (EnjUplink *self, const GError *error, gboolean was_up, gint64 now)
{
  if (self->up_since && now - self->up_since >= GOOD_AFTER)
    enj_backoff_reset (&self->backoff);
  self->up_since = 0;
  if (was_up)
    enj_log_message (NULL, "%s: link down: %s", self->domain,
                     error ? error->message : "closed in order");

  if (g_error_matches (error, ENJ_STREAM_ERROR, ENJ_STREAM_NOT_AUTHORIZED))
    {
      warn_of_secret (self);
      come_back (self, enj_backoff_longest (&self->backoff));
      return;
    }
  if (was_up && g_error_matches (error, ENJ_STREAM_ERROR, ENJ_STREAM_CONFLICT))
    {
      warn_of_conflict (self);
      come_back (self, CONFLICT_REST);
      return;
    }
  if (g_error_matches (error, ENJ_STREAM_ERROR, ENJ_STREAM_HOST_UNKNOWN))
    note_unknown (self, now);
  else if (!was_up && may_tell (self, FAULT_REFUSED))
    enj_log_message (NULL, "%s: the server does not take the link: %s; trying again by itself",
                     self->domain, error ? error->message : "closed in order");
  come_back (self, enj_backoff_next (&self->backoff));
}

/* ---- Life ---------------------------------------------------------------------------- */

EnjUplink *
enj_uplink_new (EnjLoop *loop, EnjResolver *resolver, EnjExchange *exchange,
                const EnjConfigComponent *component, const EnjLimits *limits, GError **error)
{
  EnjUplink *self = g_new0 (EnjUplink, 1);

  self->loop = loop;
  self->resolver = resolver;
  self->exchange = exchange;
  self->domain = g_strdup (component->domain);
  self->parent = enj_setup_parent_new (component);
  self->host = g_strdup (component->server->host);
  self->port = component->server->port;
  self->secret = g_strdup (component->secret);
  self->connect_timeout = limits->connect_timeout;
  enj_backoff_init (&self->backoff, limits->link_retry_max);
  self->timer = enj_loop_watch (loop, -1, 0, handle_timer, self, error);
  if (!self->timer)
    {
      enj_uplink_free (self);
      return NULL;
    }
  enj_watch_set_deadline (self->timer, enj_loop_now (loop));
  return self;
}

void
enj_uplink_free (EnjUplink *self)
{
  if (!self)
    return;
  if (self->lookup)
    enj_resolver_cancel (self->resolver, self->lookup);
  enj_dialer_free (self->dialer);
  enj_wire_free (self->wire);
  enj_watch_free (self->timer);
  gnutls_memset (self->secret, 0, strlen (self->secret));
  g_free (self->secret);
  g_free (self->addresses);
  g_free (self->domain);
  g_free (self->parent);
  g_free (self->host);
  g_free (self);
}

void
enj_uplink_stop (EnjUplink *self)
{
  self->stopped = TRUE;
  enj_watch_set_deadline (self->timer, ENJ_NEVER);
  g_clear_pointer (&self->dialer, enj_dialer_free);
  if (self->lookup)
    enj_resolver_cancel (self->resolver, self->lookup);
  self->lookup = 0;
}
