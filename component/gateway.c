#include "config.h"

#include "component/gateway.h"

#include <unistd.h>

#include "component/descriptors.h"
#include "component/dialer.h"
#include "component/listener.h"
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

struct EnjGateway
{
  EnjLoop *loop;
  EnjResolver *resolver;
  EnjExchange *exchange;
  EnjLimits limits;
  gboolean has_source;
  EnjAddress source;
  GPtrArray *listeners;
  GHashTable *wishes; /* set of Wish */
  GHashTable *wires;  /* EnjWire to the EnjSession it drives */
  guint64 max_wires;
};

static void
wish_free (gpointer data)
{
  Wish *wish = data;

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

/* Takes @fd. */
static void
drive (EnjGateway *self, int fd, EnjSession *session)
{
  g_autoptr (GError) error = NULL;
  EnjWire *wire = enj_wire_new (self->loop, fd, session, FALSE, handle_closed, self, &error);
  gint64 now = enj_loop_now (self->loop);

  if (wire)
    {
      g_hash_table_insert (self->wires, wire, session);
      return;
    }
  enj_session_eof (session, error->message, now);
  enj_exchange_closed (self->exchange, session, now);
}

static void
handle_accepted (int fd, const EnjAddress *peer, gpointer data)
{
  EnjGateway *self = data;
  char from[ENJ_ADDRESS_STRING];
  EnjSession *session;

  if (g_hash_table_size (self->wires) >= self->max_wires)
    {
      /* XEP-0205: turned away without a word. */
      close (fd);
      return;
    }
  session = enj_exchange_accept (self->exchange, enj_loop_now (self->loop));
  enj_log_info (&session->log, "connected from %s", enj_address_format (peer, from));
  drive (self, fd, session);
}

/* ---- Wishes -------------------------------------------------------------------- */

static void
handle_srv (EnjLookupResult result, gboolean secure, const EnjSrvRecord *records, guint n,
            gpointer data)
{
  Wish *wish = data;
  EnjGateway *self = wish->gateway;
  guint64 id = wish->id;
  guint ticket = wish->ticket;

  wish->lookup = 0;
  g_hash_table_remove (self->wishes, wish);
  enj_exchange_srv (self->exchange, id, ticket, result, secure, records, n,
                    enj_loop_now (self->loop));
}

static void
handle_addresses (EnjLookupResult result, gboolean secure, const EnjAddress *addresses, guint n,
                  gpointer data)
{
  Wish *wish = data;
  EnjGateway *self = wish->gateway;
  guint64 id = wish->id;
  guint ticket = wish->ticket;

  wish->lookup = 0;
  g_hash_table_remove (self->wishes, wish);
  enj_exchange_addresses (self->exchange, id, ticket, result, secure, addresses, n,
                          enj_loop_now (self->loop));
}

static void
handle_tlsa (EnjLookupResult result, gboolean secure, const EnjTlsaRecord *records, guint n,
             gpointer data)
{
  Wish *wish = data;
  EnjGateway *self = wish->gateway;
  guint64 id = wish->id;
  guint ticket = wish->ticket;

  wish->lookup = 0;
  g_hash_table_remove (self->wishes, wish);
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
      drive (self, fd, session);
    }
  else
    close (fd);
}

void
enj_gateway_fulfil (EnjGateway *self, const EnjExchangeEvent *event, gint64 now)
{
  Wish *wish = g_new0 (Wish, 1);
  char address[ENJ_ADDRESS_STRING];

  (void) now;
  wish->gateway = self;
  wish->id = event->id;
  wish->ticket = event->ticket;
  g_hash_table_add (self->wishes, wish);

  switch (event->type)
    {
    case ENJ_EXCHANGE_LOOKUP_SRV:
      wish->lookup = enj_resolver_srv (self->resolver, event->name, handle_srv, wish);
      break;
    case ENJ_EXCHANGE_LOOKUP_ADDRESSES:
      wish->lookup = enj_resolver_addresses (self->resolver, event->name, handle_addresses, wish);
      break;
    case ENJ_EXCHANGE_LOOKUP_TLSA:
      wish->lookup = enj_resolver_tlsa (self->resolver, event->name, handle_tlsa, wish);
      break;
    case ENJ_EXCHANGE_DIAL:
      enj_log_debug (NULL, "%s: connecting to %s", event->remote,
                     enj_address_format (&event->address, address));
      wish->dialer = enj_dialer_new (self->loop, &event->address,
                                     self->has_source ? &self->source : NULL,
                                     self->limits.connect_timeout, handle_dialled, wish);
      break;
    case ENJ_EXCHANGE_DELIVER:
    case ENJ_EXCHANGE_LINK_UP:
    case ENJ_EXCHANGE_LINK_DOWN:
    case ENJ_EXCHANGE_STREAM_UP:
    case ENJ_EXCHANGE_STREAM_DOWN:
      g_return_if_reached ();
    }
}

/* ---- Life ------------------------------------------------------------------------ */

static gboolean
listen_all (EnjGateway *self, const EnjConfig *config, GError **error)
{
  for (guint i = 0; i < config->federation.listen->len; i++)
    {
      const EnjListen *listen = config->federation.listen->pdata[i];
      EnjListener *listener;
      EnjAddress address;

      if (!enj_address_parse (&address, listen->host, listen->port))
        {
          g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                       "[federation] listen: '%s' is no IP address", listen->host);
          return FALSE;
        }
      listener = enj_listener_new (self->loop, &address, handle_accepted, self, error);
      if (!listener)
        {
          g_prefix_error (error, "[federation] listen: ");
          return FALSE;
        }
      g_ptr_array_add (self->listeners, listener);
      enj_exchange_forbid (self->exchange, enj_listener_get_address (listener));
    }
  return TRUE;
}

void
enj_gateway_set_limits (EnjGateway *self, const EnjLimits *limits)
{
  self->limits = *limits;
  self->max_wires = enj_descriptors_allow (limits->connections);
  if (self->listeners->len > 0 && self->max_wires < limits->connections)
    enj_log_message (NULL,
                     "the system's limit of open files allows %" G_GUINT64_FORMAT
                     " connections, fewer than [limits] connections",
                     self->max_wires);
}

EnjGateway *
enj_gateway_new (EnjLoop *loop, EnjResolver *resolver, EnjExchange *exchange,
                 const EnjConfig *config, GError **error)
{
  EnjGateway *self = g_new0 (EnjGateway, 1);
  const char *source = config->federation.source_address;

  self->loop = loop;
  self->resolver = resolver;
  self->exchange = exchange;
  self->has_source = source && enj_address_parse (&self->source, source, 0);
  self->listeners = g_ptr_array_new_with_free_func ((GDestroyNotify) enj_listener_free);
  self->wishes = g_hash_table_new_full (NULL, NULL, wish_free, NULL);
  self->wires = g_hash_table_new_full (NULL, NULL, (GDestroyNotify) enj_wire_free, NULL);
  if (config->federation.enabled && !listen_all (self, config, error))
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
  g_ptr_array_unref (self->listeners);
  g_free (self);
}

void
enj_gateway_stop_listening (EnjGateway *self)
{
  g_ptr_array_set_size (self->listeners, 0);
}
