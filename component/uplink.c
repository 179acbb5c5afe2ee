#include "config.h"

#include "component/uplink.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protocol/comeback.h"
#include "component/dialer.h"
#include "component/setup.h"
#include "component/sockaddr.h"
#include "component/wire.h"

struct EnjUplink
{
  EnjLoop *loop;
  EnjResolver *resolver;
  EnjExchange *exchange;
  EnjSuccession *succession; /* or NULL */
  char *domain;
  char *parent;
  char *host;
  guint16 port;
  char *server; /* both, in words */
  char *secret;
  guint64 connect_timeout;
  EnjComeback comeback;
  EnjUplinkFunc missed;
  gpointer missed_data;
  EnjWatch *timer;
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

static void
tell (const EnjUplink *self, EnjComebackNews news, const char *why)
{
  switch (news)
    {
    case ENJ_COMEBACK_NO_NEWS:
      break;
    case ENJ_COMEBACK_UNREACHABLE:
      enj_log_warning (NULL, "%s: cannot reach the server at %s:%u: %s; trying again by itself",
                       self->domain, self->host, self->port, why);
      break;
    case ENJ_COMEBACK_REFUSED:
      enj_log_message (NULL, "%s: the server does not take the link: %s; trying again by itself",
                       self->domain, why);
      break;
    case ENJ_COMEBACK_SECRET:
      enj_log_warning (NULL,
                       "%s: the server refuses our secret: component_secret there and secret here "
                       "must be the same",
                       self->domain);
      break;
    case ENJ_COMEBACK_UNKNOWN:
      enj_log_warning (NULL,
                       "%s: the server has known no such component for five minutes: add "
                       "Component \"%s\" to its configuration",
                       self->domain, self->domain);
      break;
    case ENJ_COMEBACK_CONFLICT:
      enj_log_warning (NULL,
                       "%s: the server gave the link to another connection: a second enjamb for "
                       "this domain, or a component of this name elsewhere, that kick_old lets in "
                       "there; waiting a minute",
                       self->domain);
      break;
    }
}

static void
come_back (EnjUplink *self, gint64 delay)
{
  gint64 at = enj_loop_now (self->loop) + delay;

  if (self->stopped)
    return;
  enj_log_debug (NULL, "%s: next attempt in %.1f s", self->domain,
                 (double) delay / G_USEC_PER_SEC);
  enj_report_note_link_retry (enj_exchange_get_report (self->exchange), self->domain, at);
  enj_watch_set_deadline (self->timer, at);
}

static void
give_up_attempt (EnjUplink *self, const char *why)
{
  g_autoptr (GError) error = g_error_new_literal (ENJ_STREAM_ERROR, ENJ_STREAM_DISCONNECTED, why);
  gint64 delay;

  enj_report_note_link_down (enj_exchange_get_report (self->exchange), self->domain, error,
                             enj_loop_now (self->loop));
  tell (self, enj_comeback_missed (&self->comeback, &delay), why);
  come_back (self, delay);
  if (self->missed)
    self->missed (self->domain, self->missed_data);
}

/* ---- Connecting ---------------------------------------------------------------- */

static void
handle_closed (EnjWire *wire, gpointer data)
{
  EnjUplink *self = data;
  EnjSession *session = g_steal_pointer (&self->session);

  g_return_if_fail (wire == self->wire);
  g_clear_pointer (&self->wire, enj_wire_free);
  if (self->succession)
    enj_succession_link_gone (self->succession, self->domain);
  enj_exchange_closed (self->exchange, session, enj_loop_now (self->loop));
}

/* For the log, and for those who look. */
static void
note_server (EnjUplink *self, int fd)
{
  EnjStanding *standing = &self->session->standing;
  struct sockaddr_storage storage;
  socklen_t len = sizeof storage;
  char to[ENJ_ADDRESS_STRING];

  if (getpeername (fd, (struct sockaddr *) &storage, &len) == 0
      && enj_sockaddr_to_address (&storage, &standing->address))
    enj_log_info (&self->session->log, "connected to %s",
                  enj_address_format (&standing->address, to));
}

/* Takes @fd. */
static void
drive (EnjUplink *self, int fd, EnjKeepsake *keepsake)
{
  gint64 now = enj_loop_now (self->loop);
  g_autoptr (GError) error = NULL;
  EnjSession *session;

  self->wire = enj_wire_new (self->loop, fd, self->session, TRUE, handle_closed, self, &error);
  if (self->wire)
    {
      enj_wire_set_keepsake (self->wire, keepsake);
      return;
    }
  if (self->succession)
    enj_succession_link_gone (self->succession, self->domain);
  session = g_steal_pointer (&self->session);
  enj_session_eof (session, error->message, now);
  enj_exchange_closed (self->exchange, session, now);
}

static void
handle_dialled (int fd, const char *why, gpointer data)
{
  EnjUplink *self = data;
  g_autofree char *reason = g_strdup (why); /* It is the dialer's. */
  EnjKeepsake *keepsake = NULL;

  g_clear_pointer (&self->dialer, enj_dialer_free);
  if (fd < 0)
    {
      if (self->next_address < self->n_addresses)
        try_next_address (self);
      else
        give_up_attempt (self, reason);
      return;
    }
  self->session = enj_exchange_attach (self->exchange, self->domain, self->parent, self->secret,
                                       enj_loop_now (self->loop));
  if (!self->session)
    {
      close (fd);
      return;
    }
  if (self->succession)
    keepsake = enj_succession_note_link (self->succession, self->domain, self->server,
                                         self->secret, fd);
  note_server (self, fd);
  drive (self, fd, keepsake);
}

/* TRUE: there was one. */
static gboolean
resume (EnjUplink *self)
{
  gint64 now = enj_loop_now (self->loop);
  EnjKeepsake *keepsake;
  EnjLinkPast past;
  const guint8 *input;
  gsize len;
  int fd = enj_succession_take_link (self->succession, self->domain, self->server, self->secret,
                                     &past);

  if (fd < 0)
    return FALSE;
  keepsake = enj_succession_get_keepsake (self->succession, self->domain);
  self->session = enj_exchange_resume (self->exchange, self->domain, self->parent, &past, now);
  if (!self->session)
    {
      enj_succession_link_gone (self->succession, self->domain);
      (void) close (fd);
      return FALSE;
    }
  note_server (self, fd);
  drive (self, fd, keepsake);
  if (!self->wire)
    return TRUE;
  input = enj_keepsake_get_input (keepsake, &len);
  enj_session_feed (self->session, input, len, now);
  return TRUE;
}

static void
try_next_address (EnjUplink *self)
{
  const EnjAddress *address = &self->addresses[self->next_address++];

  self->dialer = enj_dialer_new (self->loop, address, NULL, self->connect_timeout,
                                 handle_dialled, self);
}

static void
handle_addresses (EnjLookupResult result, gboolean secure, const EnjAddress *addresses, guint n,
                  gpointer data)
{
  EnjUplink *self = data;

  (void) secure; /* The administrator has named the server. */
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
    handle_addresses (ENJ_LOOKUP_FOUND, FALSE, &literal, 1, self);
  else
    self->lookup
      = enj_resolver_addresses (self->resolver, self->host, NULL, handle_addresses, self);
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
enj_uplink_came_up (EnjUplink *self, guint64 header, guint64 end, gint64 now)
{
  if (self->succession && self->wire)
    enj_succession_link_up (self->succession, self->domain, enj_wire_get_socket (self->wire),
                            header, end);
  enj_comeback_up (&self->comeback, now);
}

void
enj_uplink_went_down (EnjUplink *self, const GError *error, gboolean was_up, gint64 now)
{
  const char *why = error ? error->message : "closed in order";
  gint64 delay;

  if (was_up)
    enj_log_message (NULL, "%s: link down: %s", self->domain, why);
  tell (self, enj_comeback_ended (&self->comeback, error, now, &delay), why);
  come_back (self, delay);
}

/* ---- Life ---------------------------------------------------------------------------- */

EnjUplink *
enj_uplink_new (EnjLoop *loop, EnjResolver *resolver, EnjExchange *exchange,
                EnjSuccession *succession, const EnjConfigComponent *component,
                const EnjLimits *limits, GError **error)
{
  EnjUplink *self = g_new0 (EnjUplink, 1);

  self->loop = loop;
  self->resolver = resolver;
  self->exchange = exchange;
  self->succession = succession;
  self->domain = g_strdup (component->domain);
  self->parent = enj_setup_parent_new (component);
  self->host = g_strdup (component->server->host);
  self->port = component->server->port;
  self->server = g_strdup_printf ("%s:%u", self->host, self->port);
  self->secret = g_strdup (component->secret);
  self->connect_timeout = limits->connect_timeout;
  enj_comeback_init (&self->comeback, limits->link_retry_max);
  self->timer = enj_loop_watch (loop, -1, 0, handle_timer, self, error);
  if (!self->timer)
    {
      enj_uplink_free (self);
      return NULL;
    }
  if (!succession || !resume (self))
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
  g_free (self->server);
  g_free (self);
}

void
enj_uplink_set_missed (EnjUplink *self, EnjUplinkFunc func, gpointer data)
{
  self->missed = func;
  self->missed_data = data;
}

void
enj_uplink_stop (EnjUplink *self)
{
  self->stopped = TRUE;
  enj_report_note_link_retry (enj_exchange_get_report (self->exchange), self->domain, 0);
  enj_watch_set_deadline (self->timer, ENJ_NEVER);
  g_clear_pointer (&self->dialer, enj_dialer_free);
  if (self->lookup)
    enj_resolver_cancel (self->resolver, self->lookup);
  self->lookup = 0;
}

void
enj_uplink_set_limits (EnjUplink *self, const EnjLimits *limits)
{
  self->connect_timeout = limits->connect_timeout;
  enj_comeback_set_max (&self->comeback, limits->link_retry_max);
}
