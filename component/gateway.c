#include "config.h"

#include "component/gateway.h"

#include <errno.h>
#include <ifaddrs.h>
#include <string.h>
#include <unistd.h>

#include "component/descriptors.h"
#include "component/dialer.h"
#include "component/listener.h"
#include "component/sockaddr.h"
#include "component/wire.h"

/* One wish under way: a look-up or an attempt to connect. */
typedef struct
{
  EnjGateway *gateway;
  guint64 id; /* of the exchange */
  guint ticket;
  guint64 lookup;
  EnjDialer *dialer;
} Wish;

/* Where other servers connect, while we listen. */
typedef struct
{
  EnjGateway *gateway;
  EnjAddress address; /* as configured */
  gboolean direct_tls;
  EnjListener *listener; /* or NULL */
  char *kept;            /* its name in the store, or NULL */
} Port;

struct EnjGateway
{
  EnjLoop *loop;
  EnjResolver *resolver;
  EnjExchange *exchange;
  EnjStore *store; /* NULL where listening sockets are for us alone */
  EnjLimits limits;
  gboolean has_source;
  EnjAddress source;
  GPtrArray *ports;
  GHashTable *wishes; /* set of Wish */
  GHashTable *wires;  /* EnjWire to the EnjSession it drives */
  guint n_dialers;
  EnjTurnstile *turnstile; /* for TLS handshakes of those that connect */
  guint64 max_wires;
};

static void
wish_free (gpointer data)
{
  Wish *wish = data;

  if (wish->dialer)
    wish->gateway->n_dialers--;
  enj_dialer_free (wish->dialer);
  if (wish->lookup)
    enj_resolver_cancel (wish->gateway->resolver, wish->lookup);
  g_free (wish);
}

/* ---- Wires --------------------------------------------------------------------- */

static void
handle_closed (EnjWire *wire, gpointer data)
{
  EnjGateway *self = data;
  EnjSession *session = g_hash_table_lookup (self->wires, wire);

  g_hash_table_remove (self->wires, wire);
  enj_exchange_closed (self->exchange, session, enj_loop_now (self->loop));
}

/* Attempts to connect hold a descriptor each, as connections do.  One that is cut for another
 * keeps its own until the end of the turn: there are some in reserve. */
static gboolean
has_room (EnjGateway *self)
{
  return g_hash_table_size (self->wires) + self->n_dialers < self->max_wires
         || enj_exchange_make_room (self->exchange, enj_loop_now (self->loop));
}

/* Takes @fd. */
static void
drive (EnjGateway *self, int fd, EnjSession *session, EnjTurnstile *turnstile)
{
  g_autoptr (GError) error = NULL;
  EnjWire *wire = enj_wire_new (self->loop, fd, session, FALSE, handle_closed, self, &error);
  gint64 now = enj_loop_now (self->loop);

  if (wire)
    {
      g_hash_table_insert (self->wires, wire, session);
      if (turnstile)
        enj_wire_set_turnstile (wire, turnstile);
      return;
    }
  enj_session_eof (session, error->message, now);
  enj_exchange_closed (self->exchange, session, now);
}

static void
handle_accepted (int fd, const EnjAddress *peer, gpointer data)
{
  const Port *port = data;
  EnjGateway *self = port->gateway;
  char from[ENJ_ADDRESS_STRING];
  gint64 now = enj_loop_now (self->loop);
  EnjSession *session = enj_exchange_accept (self->exchange, peer, port->direct_tls, now);

  /* Nobody goes for one that may not come in; where all others have proved themselves, it is the
   * newcomer itself that is cut. */
  if (session && has_room (self) && session->cut)
    {
      enj_exchange_closed (self->exchange, session, now);
      session = NULL;
    }
  if (!session)
    {
      close (fd); /* XEP-0205: turned away without a word. */
      return;
    }
  enj_log_info (&session->log, "connected from %s%s", enj_address_format (peer, from),
                port->direct_tls ? ", direct TLS" : "");
  drive (self, fd, session, self->turnstile);
}

/* Who has proved nothing for the longest time gives back what the next newcomer needs. */
static void
handle_scarce (gpointer data)
{
  EnjGateway *self = data;

  (void) enj_exchange_make_room (self->exchange, enj_loop_now (self->loop)); /* Or nobody can. */
}

/* ---- Wishes -------------------------------------------------------------------- */

/* A look-up has ended, and its wish with it: what the answer is for. */
static EnjGateway *
settle (Wish *wish, guint64 *id, guint *ticket)
{
  EnjGateway *self = wish->gateway;

  *id = wish->id;
  *ticket = wish->ticket;
  wish->lookup = 0;
  g_hash_table_remove (self->wishes, wish);
  return self;
}

static void
handle_srv (EnjLookupResult result, gboolean secure, const EnjSrvRecord *records, guint n,
            gpointer data)
{
  guint64 id;
  guint ticket;
  EnjGateway *self = settle (data, &id, &ticket);

  enj_exchange_srv (self->exchange, id, ticket, result, secure, records, n,
                    enj_loop_now (self->loop));
}

static void
handle_addresses (EnjLookupResult result, gboolean secure, const EnjAddress *addresses, guint n,
                  gpointer data)
{
  guint64 id;
  guint ticket;
  EnjGateway *self = settle (data, &id, &ticket);

  enj_exchange_addresses (self->exchange, id, ticket, result, secure, addresses, n,
                          enj_loop_now (self->loop));
}

static void
handle_tlsa (EnjLookupResult result, gboolean secure, const EnjTlsaRecord *records, guint n,
             gpointer data)
{
  guint64 id;
  guint ticket;
  EnjGateway *self = settle (data, &id, &ticket);

  enj_exchange_tlsa (self->exchange, id, ticket, result, secure, records, n,
                     enj_loop_now (self->loop));
}

static gboolean
is_dial_of (gpointer key, gpointer value, gpointer data)
{
  const Wish *wish = key;
  const guint64 *id = data;

  (void) value;
  return wish->dialer && wish->id == *id;
}

static void
handle_dialled (int fd, const char *why, gpointer data)
{
  Wish *wish = data;
  EnjGateway *self = wish->gateway;
  guint64 id = wish->id;
  guint ticket = wish->ticket;
  gint64 now = enj_loop_now (self->loop);
  char to[ENJ_ADDRESS_STRING];
  EnjSession *session;

  if (fd < 0)
    {
      /* The dialer, which goes with the wish, owns @why. */
      enj_exchange_dial_failed (self->exchange, id, ticket, why, now);
      g_hash_table_remove (self->wishes, wish);
      return;
    }
  g_hash_table_remove (self->wishes, wish);
  session = enj_exchange_dialled (self->exchange, id, ticket, now);
  if (session)
    {
      /* The race has been won (RFC 8305 5). */
      g_hash_table_foreach_remove (self->wishes, is_dial_of, &id);
      enj_log_info (&session->log, "connected to %s%s",
                    enj_address_format (&session->standing.address, to),
                    session->standing.direct_tls ? ", direct TLS" : "");
      drive (self, fd, session, NULL);
    }
  else
    close (fd);
}

static Wish *
wish_new (EnjGateway *self, const EnjExchangeEvent *event)
{
  Wish *wish = g_new0 (Wish, 1);

  wish->gateway = self;
  wish->id = event->id;
  wish->ticket = event->ticket;
  g_hash_table_add (self->wishes, wish);
  return wish;
}

static void
dial (EnjGateway *self, const EnjExchangeEvent *event, gint64 now)
{
  char address[ENJ_ADDRESS_STRING];
  Wish *wish;

  if (!has_room (self))
    {
      enj_exchange_dial_failed (self->exchange, event->id, event->ticket, NULL, now);
      return;
    }
  enj_log_debug (NULL, "%s: connecting to %s", event->remote,
                 enj_address_format (&event->address, address));
  wish = wish_new (self, event);
  wish->dialer = enj_dialer_new (self->loop, &event->address,
                                 self->has_source ? &self->source : NULL,
                                 self->limits.connect_timeout, handle_dialled, wish);
  self->n_dialers++;
}

void
enj_gateway_fulfil (EnjGateway *self, const EnjExchangeEvent *event, gint64 now)
{
  Wish *wish;

  switch (event->type)
    {
    case ENJ_EXCHANGE_LOOKUP_SRV:
      wish = wish_new (self, event);
      wish->lookup
        = enj_resolver_srv (self->resolver, event->name, event->source, handle_srv, wish);
      break;
    case ENJ_EXCHANGE_LOOKUP_ADDRESSES:
      wish = wish_new (self, event);
      wish->lookup = enj_resolver_addresses (self->resolver, event->name, event->source,
                                             handle_addresses, wish);
      break;
    case ENJ_EXCHANGE_LOOKUP_TLSA:
      wish = wish_new (self, event);
      wish->lookup
        = enj_resolver_tlsa (self->resolver, event->name, event->source, handle_tlsa, wish);
      break;
    case ENJ_EXCHANGE_DIAL:
      dial (self, event, now);
      break;
    case ENJ_EXCHANGE_DELIVER:
    case ENJ_EXCHANGE_LINK_UP:
    case ENJ_EXCHANGE_LINK_DOWN:
    case ENJ_EXCHANGE_HOSTED_UP:
    case ENJ_EXCHANGE_HOSTED_DOWN:
    case ENJ_EXCHANGE_STREAM_UP:
    case ENJ_EXCHANGE_STREAM_DOWN:
      g_return_if_reached ();
    }
}

/* ---- Life ------------------------------------------------------------------------ */

static void
port_free (gpointer data)
{
  Port *port = data;

  enj_listener_free (port->listener);
  g_free (port->kept);
  g_free (port);
}

/* What is connected to there comes back to us: under all our addresses, where it is all that the
 * listener takes. */
static void
forbid (EnjGateway *self, const EnjAddress *own)
{
  static const guint8 any[16];
  struct ifaddrs *all = NULL;

  enj_exchange_forbid (self->exchange, own);
  if (memcmp (own->bytes, any, own->length) != 0 || getifaddrs (&all) != 0)
    return;

  for (const struct ifaddrs *one = all; one; one = one->ifa_next)
    {
      EnjAddress address;

      if (!one->ifa_addr || !enj_sockaddr_to_address ((const void *) one->ifa_addr, &address)
          || address.length > own->length)
        continue;
      address.port = own->port;
      enj_exchange_forbid (self->exchange, &address);
    }
  freeifaddrs (all);
}

/* Where a socket of before, with all who wait in it, is in the store. */
static gboolean
find_kept (const EnjGateway *self, const Port *port, EnjAddress *address)
{
  static const guint8 any[16];

  if (!self->store)
    return FALSE;
  *address = port->address;
  if (enj_store_has_listening (self->store, address))
    return TRUE;
  if (memcmp (address->bytes, any, address->length) != 0)
    return FALSE;
  /* Where there was no IPv6. */
  *address = (EnjAddress){ .length = 4, .port = port->address.port };
  return enj_store_has_listening (self->store, address);
}

/* One of before, or a new one. */
static EnjListener *
listener_new (EnjGateway *self, Port *port, GError **error)
{
  EnjAddress address;
  EnjListener *listener;
  int fd = -1;

  if (find_kept (self, port, &address))
    fd = enj_store_take_listening (self->store, &address, &port->kept);
  if (fd >= 0)
    return enj_listener_new_taken (self->loop, fd, handle_accepted, port, error);

  listener = enj_listener_new (self->loop, &port->address, handle_accepted, port, error);
  if (listener && self->store)
    port->kept = enj_store_keep_new (self->store, "listen", enj_listener_get_socket (listener));
  return listener;
}

static const char *
get_key (const Port *port)
{
  return port->direct_tls ? "listen-tls" : "listen";
}

static gboolean
add_ports (EnjGateway *self, const GPtrArray *listens, gboolean direct_tls, GError **error)
{
  for (guint i = 0; i < listens->len; i++)
    {
      const EnjListen *listen = listens->pdata[i];
      Port *port = g_new0 (Port, 1);

      port->gateway = self;
      port->direct_tls = direct_tls;
      g_ptr_array_add (self->ports, port);
      if (!enj_address_parse (&port->address, listen->host, listen->port))
        {
          g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                       "[federation] %s: '%s' is no IP address", get_key (port), listen->host);
          return FALSE;
        }
    }
  return TRUE;
}

gboolean
enj_gateway_may_listen (EnjGateway *self, gboolean is_shared, GError **error)
{
  for (guint i = 0; i < self->ports->len; i++)
    {
      const Port *port = self->ports->pdata[i];
      char text[ENJ_ADDRESS_STRING];
      int code = port->listener ? 0 : enj_listener_try (&port->address);

      if (code == 0 || (code == EADDRINUSE && is_shared))
        continue;
      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code),
                   "[federation] %s: %s: %s", get_key (port),
                   enj_address_format (&port->address, text), enj_listener_explain (code));
      return FALSE;
    }
  return TRUE;
}

gboolean
enj_gateway_was_listening (const EnjGateway *self)
{
  EnjAddress address;

  for (guint i = 0; i < self->ports->len; i++)
    if (find_kept (self, self->ports->pdata[i], &address))
      return TRUE;
  return FALSE;
}

gboolean
enj_gateway_listen (EnjGateway *self, GError **error)
{
  for (guint i = 0; i < self->ports->len; i++)
    {
      Port *port = self->ports->pdata[i];

      if (port->listener)
        continue;
      port->listener = listener_new (self, port, error);
      if (!port->listener)
        {
          g_prefix_error (error, "[federation] %s: ", get_key (port));
          return FALSE;
        }
      enj_listener_set_scarce (port->listener, (EnjWake){ handle_scarce, self });
      forbid (self, enj_listener_get_address (port->listener));
    }
  return TRUE;
}

void
enj_gateway_set_limits (EnjGateway *self, const EnjLimits *limits)
{
  self->limits = *limits;
  enj_turnstile_set_limit (self->turnstile, limits->tls_handshakes);
  self->max_wires = enj_descriptors_allow (limits->connections);
  if (self->ports->len > 0 && self->max_wires < limits->connections)
    enj_log_message (NULL,
                     "the system's limit of open files allows %" G_GUINT64_FORMAT
                     " connections, fewer than [limits] connections",
                     self->max_wires);
}

EnjGateway *
enj_gateway_new (EnjLoop *loop, EnjResolver *resolver, EnjExchange *exchange,
                 const EnjConfig *config, EnjStore *store, GError **error)
{
  EnjGateway *self = g_new0 (EnjGateway, 1);
  const char *source = config->federation.source_address;

  self->loop = loop;
  self->resolver = resolver;
  self->exchange = exchange;
  self->store = store;
  self->has_source = source && enj_address_parse (&self->source, source, 0);
  self->turnstile = enj_turnstile_new ();
  self->ports = g_ptr_array_new_with_free_func (port_free);
  self->wishes = g_hash_table_new_full (NULL, NULL, wish_free, NULL);
  self->wires = g_hash_table_new_full (NULL, NULL, (GDestroyNotify) enj_wire_free, NULL);
  if (config->federation.enabled
      && (!add_ports (self, config->federation.listen, FALSE, error)
          || !add_ports (self, config->federation.listen_tls, TRUE, error)))
    {
      enj_gateway_free (self);
      return NULL;
    }
  enj_gateway_set_limits (self, &config->limits);
  return self;
}

void
enj_gateway_free (EnjGateway *self)
{
  if (!self)
    return;
  g_hash_table_unref (self->wishes);
  g_hash_table_unref (self->wires);
  g_ptr_array_unref (self->ports);
  enj_turnstile_free (self->turnstile);
  g_free (self);
}

void
enj_gateway_stop_listening (EnjGateway *self)
{
  for (guint i = 0; i < self->ports->len; i++)
    {
      Port *port = self->ports->pdata[i];

      g_clear_pointer (&port->listener, enj_listener_free);
    }
}

void
enj_gateway_give_ports_up (EnjGateway *self)
{
  enj_gateway_stop_listening (self);
  for (guint i = 0; i < self->ports->len; i++)
    {
      Port *port = self->ports->pdata[i];

      if (port->kept)
        enj_store_forget (self->store, port->kept);
      g_clear_pointer (&port->kept, g_free);
    }
}
