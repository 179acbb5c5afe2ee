#include "config.h"

#include "component/hosting.h"

#include <errno.h>
#include <unistd.h>

#include "component/listener.h"
#include "component/port.h"
#include "component/sockfile.h"
#include "component/wire.h"

/* The owner and his group, who may be the component's. */
#define MODE 0660

typedef struct
{
  EnjHosting *hosting;
  EnjListener *listener; /* or NULL */
  EnjPort port;
  char *domain; /* the first component that names it */
} Door;

struct EnjHosting
{
  EnjLoop *loop;
  EnjExchange *exchange;
  GPtrArray *doors;  /* of Door */
  GHashTable *wires; /* EnjWire to the EnjSession it drives */
};

static void
handle_closed (EnjWire *wire, gpointer data)
{
  EnjHosting *self = data;
  EnjSession *session = g_hash_table_lookup (self->wires, wire);

  g_hash_table_remove (self->wires, wire);
  enj_exchange_closed (self->exchange, session, enj_loop_now (self->loop));
}

static void
handle_accepted (int fd, const EnjAddress *peer, gpointer data)
{
  const Door *door = data;
  EnjHosting *self = door->hosting;
  gint64 now = enj_loop_now (self->loop);
  EnjSession *session = enj_exchange_accept_hosted (self->exchange, door->port.name, peer,
                                                    door->port.direct_tls, now);
  char from[ENJ_ADDRESS_STRING];
  g_autoptr (GError) error = NULL;
  EnjWire *wire;

  if (!session)
    {
      (void) close (fd); /* XEP-0205: turned away without a word. */
      return;
    }
  enj_log_info (&session->log, "connected to %s from %s", door->port.name,
                peer->length > 0 ? enj_address_format (peer, from) : "here");
  /* As of a link, all is read: who did not read himself would lose what he has sent. */
  wire = enj_wire_new (self->loop, fd, session, TRUE, handle_closed, self, &error);
  if (wire)
    {
      g_hash_table_insert (self->wires, wire, session);
      return;
    }
  enj_session_eof (session, error->message, now);
  enj_exchange_closed (self->exchange, session, now);
}

/* Who has proved nothing for the longest time gives back what the next newcomer needs. */
static void
handle_scarce (gpointer data)
{
  EnjHosting *self = data;

  (void) enj_exchange_make_room (self->exchange, enj_loop_now (self->loop)); /* Or nobody can. */
}

static void
door_free (gpointer data)
{
  Door *door = data;

  enj_listener_free (door->listener);
  enj_port_clear (&door->port);
  g_free (door->domain);
  g_free (door);
}

static gboolean
has_door (const EnjHosting *self, const char *name)
{
  for (guint i = 0; i < self->doors->len; i++)
    if (g_str_equal (((const Door *) self->doors->pdata[i])->port.name, name))
      return TRUE;
  return FALSE;
}

/* Of the configuration: whose port it is. */
static void
prefix (GError **error, const char *domain)
{
  g_prefix_error (error, "[component %s] hosted-listen: ", domain);
}

static gboolean
add_door (EnjHosting *self, const char *domain, const char *name, GError **error)
{
  Door *door;

  if (has_door (self, name))
    return TRUE;
  door = g_new0 (Door, 1);
  door->hosting = self;
  door->domain = g_strdup (domain);
  g_ptr_array_add (self->doors, door);
  return enj_port_parse (name, &door->port, error);
}

static gboolean
add_doors (EnjHosting *self, const EnjConfig *config, GError **error)
{
  for (guint i = 0; i < config->components->len; i++)
    {
      const EnjConfigComponent *component = config->components->pdata[i];

      if (component->service != ENJ_SERVICE_HOSTED)
        continue;
      for (char **name = component->hosted_listen; *name; name++)
        if (!add_door (self, component->domain, *name, error))
          {
            prefix (error, component->domain);
            return FALSE;
          }
    }
  return TRUE;
}

EnjHosting *
enj_hosting_new (EnjLoop *loop, EnjExchange *exchange, const EnjConfig *config, GError **error)
{
  EnjHosting *self = g_new0 (EnjHosting, 1);

  self->loop = loop;
  self->exchange = exchange;
  self->doors = g_ptr_array_new_with_free_func (door_free);
  self->wires = g_hash_table_new_full (NULL, NULL, (GDestroyNotify) enj_wire_free, NULL);
  if (!add_doors (self, config, error))
    g_clear_pointer (&self, enj_hosting_free);
  return self;
}

void
enj_hosting_free (EnjHosting *self)
{
  if (!self)
    return;
  g_hash_table_unref (self->wires);
  g_ptr_array_unref (self->doors);
  g_free (self);
}

static gboolean
listen_at (EnjHosting *self, Door *door, GError **error)
{
  door->listener = door->port.path
                     ? enj_listener_new_unix (self->loop, door->port.path, MODE, handle_accepted,
                                              door, error)
                     : enj_listener_new (self->loop, &door->port.address, handle_accepted, door,
                                         error);
  if (!door->listener)
    return FALSE;
  enj_listener_set_scarce (door->listener, (EnjWake){ handle_scarce, self });
  return TRUE;
}

gboolean
enj_hosting_listen (EnjHosting *self, GError **error)
{
  for (guint i = 0; i < self->doors->len; i++)
    {
      Door *door = self->doors->pdata[i];

      if (door->listener || listen_at (self, door, error))
        continue;
      prefix (error, door->domain);
      return FALSE;
    }
  return TRUE;
}

static int
try_door (const Door *door)
{
  if (door->listener)
    return 0;
  return door->port.path ? enj_sockfile_try (door->port.path)
                         : enj_listener_try (&door->port.address);
}

gboolean
enj_hosting_may_listen (const EnjHosting *self, gboolean is_shared, GError **error)
{
  for (guint i = 0; i < self->doors->len; i++)
    {
      const Door *door = self->doors->pdata[i];
      int code = try_door (door);

      if (code == 0 || (code == EADDRINUSE && is_shared))
        continue;
      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code), "%s: %s",
                   door->port.name,
                   door->port.path ? g_strerror (code) : enj_listener_explain (code));
      prefix (error, door->domain);
      return FALSE;
    }
  return TRUE;
}

void
enj_hosting_stop_listening (EnjHosting *self)
{
  for (guint i = 0; i < self->doors->len; i++)
    g_clear_pointer (&((Door *) self->doors->pdata[i])->listener, enj_listener_free);
}
