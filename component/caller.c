#include "config.h"

#include "component/caller.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <gio/gio.h>

#include "component/control.h"

/* A ping may take two minutes; all else is answered in moments, by a daemon that lives. */
#define PATIENCE 20
#define PING_PATIENCE 150

struct EnjCaller
{
  char *path;
  GDBusConnection *connection;
};

G_DEFINE_QUARK (enj-caller-error-quark, enj_caller_error)

/* Without a GSocketClient, whose errors do not tell who is there; -1 with an error. */
static int
connect_new (const char *path, GError **error)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int code = 0;

  if (g_strlcpy (address.sun_path, path, sizeof address.sun_path) >= sizeof address.sun_path)
    code = ENAMETOOLONG;
  else if (fd < 0 || connect (fd, (struct sockaddr *) &address, sizeof address) != 0)
    code = errno;
  if (code == 0)
    return fd;
  if (fd >= 0)
    (void) close (fd); /* Nothing was said on it. */
  if (code == ENOENT || code == ECONNREFUSED)
    g_set_error (error, ENJ_CALLER_ERROR, ENJ_CALLER_ABSENT, "no enjamb runs: %s: %s", path,
                 g_strerror (code));
  else
    g_set_error (error, ENJ_CALLER_ERROR, ENJ_CALLER_UNREACHABLE, "cannot ask enjamb: %s: %s",
                 path, g_strerror (code));
  return -1;
}

/* With a limit to each wait on @socket: GIO has none while it authenticates.  What it does next
 * has limits of its own, and must be without this one from the first answer on. */
static GDBusConnection *
authenticate_new (GSocket *socket, GError **error)
{
  g_autoptr (GSocketConnection) stream = g_socket_connection_factory_create_connection (socket);
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (GVariant) answer = NULL;

  g_socket_set_timeout (socket, PATIENCE);
  connection = g_dbus_connection_new_sync (G_IO_STREAM (stream), NULL,
                                           G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, NULL,
                                           NULL, error);
  if (!connection)
    return NULL;
  g_socket_set_timeout (socket, 0);
  answer = g_dbus_connection_call_sync (connection, NULL, ENJ_CONTROL_PATH,
                                        "org.freedesktop.DBus.Peer", "Ping", NULL, NULL,
                                        G_DBUS_CALL_FLAGS_NONE, PATIENCE * 1000, NULL, error);
  return answer ? g_steal_pointer (&connection) : NULL;
}

EnjCaller *
enj_caller_new (const char *path, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (GSocket) socket = NULL;
  GDBusConnection *connection;
  EnjCaller *self;
  int fd = connect_new (path, error);

  if (fd < 0)
    return NULL;
  socket = g_socket_new_from_fd (fd, &reason);
  if (!socket)
    (void) close (fd); /* Nothing was said on it. */
  connection = socket ? authenticate_new (socket, &reason) : NULL;
  if (!connection)
    {
      g_set_error (error, ENJ_CALLER_ERROR, ENJ_CALLER_UNREACHABLE,
                   "%s: enjamb does not let us in, has no room or does not answer: %s", path,
                   reason->message);
      return NULL;
    }
  self = g_new0 (EnjCaller, 1);
  self->path = g_strdup (path);
  self->connection = connection;
  return self;
}

void
enj_caller_free (EnjCaller *self)
{
  if (!self)
    return;
  g_object_unref (self->connection);
  g_free (self->path);
  g_free (self);
}

GVariant *
enj_caller_call_new (EnjCaller *self, const char *method, GVariant *arguments, const char *type,
                     GError **error)
{
  const int patience = g_str_equal (method, "Ping") ? PING_PATIENCE : PATIENCE;
  g_autoptr (GError) reason = NULL;
  GVariant *answer
    = g_dbus_connection_call_sync (self->connection, NULL, ENJ_CONTROL_PATH, ENJ_CONTROL_INTERFACE,
                                   method, arguments, G_VARIANT_TYPE (type),
                                   G_DBUS_CALL_FLAGS_NONE, patience * 1000, NULL, &reason);
  g_autofree char *name = NULL;

  if (answer)
    return answer;
  name = g_dbus_error_get_remote_error (reason);
  (void) g_dbus_error_strip_remote_error (reason); /* There may be none. */
  if (name && g_str_has_prefix (name, ENJ_CONTROL_INTERFACE))
    g_set_error_literal (error, ENJ_CALLER_ERROR, ENJ_CALLER_REFUSED, reason->message);
  else
    g_set_error (error, ENJ_CALLER_ERROR, ENJ_CALLER_UNREACHABLE, "%s: %s", self->path,
                 reason->message);
  return NULL;
}
