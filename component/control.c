#include "config.h"

#include "component/control.h"

#include <sys/socket.h>
#include <unistd.h>

#include <gio/gio.h>

#include "protocol/log.h"
#include "component/descriptors.h"
#include "component/listener.h"
#include "component/ping.h"
#include "data/control-interface.h"

/* Operators, and the scripts of operators. */
#define MAX_GUESTS 4

/* Calls of one guest that wait for their answer, of which a turn of the loop gives one. */
#define MAX_CALLS 4

/* Until a guest has said who it is.  GIO's thread waits for that, and it has only ten. */
#define PATIENCE (10 * ENJ_SECOND)

struct EnjControl
{
  EnjLoop *loop;
  EnjSteward *steward;
  EnjReception *reception;
  EnjListener *listener;
  GDBusNodeInfo *node;
  GDBusAuthObserver *observer;
  char *guid;
  GQueue guests;
  GQueue calls; /* Call */
  EnjDeferred answering;
};

/* Counted, for GIO's thread sees it as well. */
typedef struct
{
  EnjControl *control; /* NULL when that is gone, or the guest */
  GIOStream *stream; /* which keeps the descriptor from being another's */
  int fd;
  GDBusConnection *connection; /* NULL until it has said who it is */
  EnjWatch *patience;          /* NULL from then on */
  uid_t user;
  gint calls; /* without an answer; atomic */
  GList link;
} Guest;

static void
guest_clear (gpointer data)
{
  Guest *guest = data;

  g_object_unref (guest->stream);
}

static void
guest_unref (gpointer data)
{
  g_atomic_rc_box_release_full (data, guest_clear);
}

/* Ends whatever waits for it, in whatever thread. */
static void
guest_cut (const Guest *guest)
{
  (void) shutdown (guest->fd, SHUT_RDWR); /* It may be gone already. */
}

static void
guest_leave (Guest *guest)
{
  if (!guest->control)
    return;
  g_queue_unlink (&guest->control->guests, &guest->link);
  g_clear_pointer (&guest->patience, enj_watch_free);
  guest->control = NULL;
  guest_cut (guest);
  g_clear_object (&guest->connection);
  guest_unref (guest);
}

/* ---- What is asked ----------------------------------------------------------------- */

typedef void (*Method) (Guest *guest, GVariant *arguments, GDBusMethodInvocation *call);

static void
answer_status (Guest *guest, GVariant *arguments, GDBusMethodInvocation *call)
{
  const EnjControl *self = guest->control;

  (void) arguments;
  g_dbus_method_invocation_return_value (
    call, g_variant_new ("(@a{sv})", enj_steward_status (self->steward,
                                                         enj_loop_now (self->loop))));
}

/* Names of files in what we tell need not be UTF-8, and D-Bus carries nothing else. */
static void
return_error (GDBusMethodInvocation *call, const char *name, const GError *error)
{
  g_autofree char *text = g_utf8_make_valid (error->message, -1);

  g_dbus_method_invocation_return_dbus_error (call, name, text);
}

static void
refuse (GDBusMethodInvocation *call, const GError *error)
{
  return_error (call, ENJ_CONTROL_ERROR_INVALID, error);
}

static void
answer_streams (Guest *guest, GVariant *arguments, GDBusMethodInvocation *call)
{
  const EnjControl *self = guest->control;
  g_autoptr (GError) error = NULL;
  GVariant *streams;
  const char *remote;
  guint64 after;
  guint64 next;
  guint max;

  g_variant_get (arguments, "(&stu)", &remote, &after, &max);
  streams = enj_steward_streams (self->steward, remote, after, max, &next,
                                 enj_loop_now (self->loop), &error);
  if (streams)
    g_dbus_method_invocation_return_value (call, g_variant_new ("(@aa{sv}t)", streams, next));
  else
    refuse (call, error);
}

static void
answer_remotes (Guest *guest, GVariant *arguments, GDBusMethodInvocation *call)
{
  const EnjControl *self = guest->control;
  g_autoptr (GError) error = NULL;
  g_autofree char *next = NULL;
  GVariant *remotes;
  const char *remote;
  const char *after;
  guint max;

  g_variant_get (arguments, "(&s&su)", &remote, &after, &max);
  remotes = enj_steward_remotes (self->steward, remote, after, max, &next,
                                 enj_loop_now (self->loop), &error);
  if (remotes)
    g_dbus_method_invocation_return_value (call, g_variant_new ("(@aa{sv}s)", remotes, next));
  else
    refuse (call, error);
}

static void
answer_routes (Guest *guest, GVariant *arguments, GDBusMethodInvocation *call)
{
  const EnjControl *self = guest->control;

  (void) arguments;
  g_dbus_method_invocation_return_value (
    call, g_variant_new ("(@aa{sv})", enj_steward_routes (self->steward,
                                                          enj_loop_now (self->loop))));
}

static void
answer_close (Guest *guest, GVariant *arguments, GDBusMethodInvocation *call)
{
  const EnjControl *self = guest->control;
  g_autoptr (GError) error = NULL;
  const char *local;
  const char *remote;
  guint64 place;
  guint n;

  g_variant_get (arguments, "(&s&st)", &local, &remote, &place);
  if (enj_steward_close (self->steward, local, remote, &place, &n, enj_loop_now (self->loop),
                         &error))
    g_dbus_method_invocation_return_value (call, g_variant_new ("(ut)", n, place));
  else
    refuse (call, error);
}

/* The call outlives the guest, and us. */
static void
handle_pinged (const EnjPingResult *result, gpointer data)
{
  g_dbus_method_invocation_return_value (
    data, g_variant_new ("(@a{sv})", enj_ping_result_to_variant (result)));
}

static void
answer_ping (Guest *guest, GVariant *arguments, GDBusMethodInvocation *call)
{
  const EnjControl *self = guest->control;
  const EnjReport *report
    = enj_exchange_get_report (enj_steward_get_exchange (self->steward));
  const EnjPingMeans means = { .loop = self->loop,
                               .reception = self->reception,
                               .history = enj_report_get_history (report),
                               .config = enj_steward_get_config (self->steward) };
  g_autoptr (GError) error = NULL;
  const char *from;
  const char *to;

  g_variant_get (arguments, "(&s&s)", &from, &to);
  if (!enj_ping_start (&means, from, to, handle_pinged, call, &error))
    refuse (call, error);
}

static void
answer_reload (Guest *guest, GVariant *arguments, GDBusMethodInvocation *call)
{
  g_autoptr (GError) error = NULL;

  (void) arguments;
  enj_log_info (NULL, "control: user %u asks for a reload", (guint) guest->user);
  if (enj_steward_reload (guest->control->steward, &error))
    g_dbus_method_invocation_return_value (call, NULL);
  else
    return_error (call, ENJ_CONTROL_ERROR_FAILED, error);
}

typedef struct
{
  const char *name;
  Method method;
} NamedMethod;

static const NamedMethod methods[] = {
  { "Status", answer_status }, { "Streams", answer_streams }, { "Remotes", answer_remotes },
  { "Routes", answer_routes }, { "Close", answer_close },     { "Ping", answer_ping },
  { "Reload", answer_reload },
};

/* A call that has come, and what it waits with. */
typedef struct
{
  Guest *guest;
  Method method;
  GDBusMethodInvocation *invocation;
} Call;

/* The guest may have left. */
static void
answer (Call *call)
{
  if (call->guest->control)
    call->method (call->guest, g_dbus_method_invocation_get_parameters (call->invocation),
                  call->invocation);
  else
    g_dbus_method_invocation_return_dbus_error (call->invocation, ENJ_CONTROL_ERROR_FAILED,
                                                "enjamb is ending");
  guest_unref (call->guest);
  g_free (call);
}

/* GIO runs all that has come in one turn: a page each would hold up the streams. */
static void
answer_one (gpointer data)
{
  EnjControl *self = data;

  answer (g_queue_pop_head (&self->calls));
  if (self->calls.length > 0)
    enj_loop_defer (self->loop, &self->answering);
}

static void
handle_call (GDBusConnection *connection, const char *sender, const char *path,
             const char *interface, const char *name, GVariant *arguments,
             GDBusMethodInvocation *call, gpointer data)
{
  Guest *guest = data;
  EnjControl *self = guest->control;
  const NamedMethod *method = methods;
  Call *waiting;

  (void) connection;
  (void) sender;
  (void) path;
  (void) interface;
  (void) arguments;
  while (!g_str_equal (method->name, name)) /* GIO knows that it is one of these. */
    method++;
  waiting = g_new (Call, 1);
  *waiting = (Call){ g_atomic_rc_box_acquire (guest), method->method, call };
  if (!self)
    {
      answer (waiting);
      return;
    }
  g_queue_push_tail (&self->calls, waiting);
  enj_loop_defer (self->loop, &self->answering);
}

static GVariant *
get_property (GDBusConnection *connection, const char *sender, const char *path,
              const char *interface, const char *name, GError **error, gpointer data)
{
  (void) connection;
  (void) sender;
  (void) path;
  (void) interface;
  (void) name; /* There is one. */
  (void) error;
  (void) data;
  return g_variant_new_string (PACKAGE_VERSION);
}

static const GDBusInterfaceVTable vtable = { .method_call = handle_call,
                                             .get_property = get_property };

/* In GIO's thread.  Whoever asks faster than he takes answers is cut off: they would fill our
 * memory, or keep the loop from the streams.  What is no call has nothing to say here. */
static GDBusMessage *
filter (GDBusConnection *connection, GDBusMessage *message, gboolean incoming, gpointer data)
{
  Guest *guest = data;
  gboolean is_call
    = g_dbus_message_get_message_type (message) == G_DBUS_MESSAGE_TYPE_METHOD_CALL
      && !(g_dbus_message_get_flags (message) & G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED);

  (void) connection;
  if (!incoming)
    {
      (void) g_atomic_int_add (&guest->calls, -1); /* We make no calls: it is an answer. */
      return message;
    }
  if (is_call && g_atomic_int_add (&guest->calls, 1) < MAX_CALLS)
    return message;
  if (is_call)
    guest_cut (guest);
  g_object_unref (message);
  return NULL;
}

/* ---- Who comes and goes ------------------------------------------------------------- */

static void
handle_closed (GDBusConnection *connection, gboolean vanished, GError *error, gpointer data)
{
  (void) connection;
  (void) vanished;
  (void) error;
  guest_leave (data);
}

static void
release_closure (gpointer data, GClosure *closure)
{
  (void) closure;
  guest_unref (data);
}

/* The connection has a reference of the guest for each that it calls. */
static gboolean
serve (Guest *guest, GError **error)
{
  GDBusInterfaceInfo *interface = guest->control->node->interfaces[0];

  g_signal_connect_data (guest->connection, "closed", G_CALLBACK (handle_closed),
                         g_atomic_rc_box_acquire (guest), release_closure, 0);
  (void) g_dbus_connection_add_filter (guest->connection, filter, g_atomic_rc_box_acquire (guest),
                                       guest_unref); /* for as long as it lives */
  if (!g_dbus_connection_register_object (guest->connection, ENJ_CONTROL_PATH, interface, &vtable,
                                          g_atomic_rc_box_acquire (guest), guest_unref, error))
    return FALSE;
  g_dbus_connection_start_message_processing (guest->connection);
  return TRUE;
}

static void
handle_connected (GObject *source, GAsyncResult *result, gpointer data)
{
  Guest *guest = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) connection = g_dbus_connection_new_finish (result, &error);

  (void) source;
  if (guest->control)
    {
      g_clear_pointer (&guest->patience, enj_watch_free);
      guest->connection = g_steal_pointer (&connection);
      if (!guest->connection || !serve (guest, &error))
        {
          enj_log_debug (NULL, "control: user %u: %s", (guint) guest->user, error->message);
          guest_leave (guest);
        }
    }
  guest_unref (guest);
}

static void
handle_patience (guint32 events, gint64 now, gpointer data)
{
  (void) events;
  (void) now;
  guest_cut (data);
}

/* In GIO's thread.  DBUS_COOKIE_SHA1 would write files; EXTERNAL is what the kernel says. */
static gboolean
allow_mechanism (GDBusAuthObserver *observer, const char *mechanism, gpointer data)
{
  (void) observer;
  (void) data;
  return g_str_equal (mechanism, "EXTERNAL");
}

static gboolean
is_known (int fd, uid_t *user)
{
  struct ucred peer;
  socklen_t len = sizeof peer;

  if (getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
    return FALSE;
  *user = peer.uid;
  return peer.uid == 0 || peer.uid == geteuid ();
}

/* Takes @fd.  A plain GSocketConnection offers no passing of descriptors, which that of a Unix
 * socket does.  NULL where it is of no use any more. */
static GIOStream *
stream_new (int fd)
{
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, NULL);

  if (socket)
    return g_object_new (G_TYPE_SOCKET_CONNECTION, "socket", socket, NULL);
  (void) close (fd); /* Nothing was said on it. */
  return NULL;
}

static void
welcome (EnjControl *self, int fd, uid_t user)
{
  GIOStream *stream = stream_new (fd);
  Guest *guest;

  if (!stream)
    return;
  guest = g_atomic_rc_box_new0 (Guest);
  guest->control = self;
  guest->stream = stream;
  guest->fd = fd;
  guest->user = user;
  guest->link.data = guest;
  g_queue_push_tail_link (&self->guests, &guest->link);
  guest->patience = enj_loop_watch (self->loop, -1, 0, handle_patience, guest, NULL);
  if (!guest->patience)
    {
      guest_leave (guest);
      return;
    }
  enj_watch_set_deadline (guest->patience, enj_loop_now (self->loop) + PATIENCE);
  g_dbus_connection_new (stream, self->guid,
                         G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_SERVER
                           | G_DBUS_CONNECTION_FLAGS_DELAY_MESSAGE_PROCESSING,
                         self->observer, NULL, handle_connected, g_atomic_rc_box_acquire (guest));
}

static void
handle_connection (int fd, const EnjAddress *peer, gpointer data)
{
  EnjControl *self = data;
  const char *why = NULL;
  uid_t user = (uid_t) -1;

  (void) peer;
  if (!is_known (fd, &user))
    why = "is not let in";
  else if (self->guests.length >= MAX_GUESTS)
    why = "is one too many";
  else if (enj_descriptors_is_one_of_last (fd))
    why = "is turned away for want of descriptors";
  if (!why)
    {
      welcome (self, fd, user);
      return;
    }
  enj_log_debug (NULL, "control: user %u %s", (guint) user, why);
  (void) close (fd); /* Nothing was said on it. */
}

/* ---- Life ------------------------------------------------------------------------------ */

EnjControl *
enj_control_new (EnjLoop *loop, EnjSteward *steward, EnjReception *reception, const char *path,
                 GError **error)
{
  g_autoptr (EnjControl) self = g_new0 (EnjControl, 1);

  self->loop = loop;
  self->steward = steward;
  self->reception = reception;
  self->answering = (EnjDeferred){ .func = answer_one, .data = self, .rank = ENJ_LOOP_THINK };
  self->guid = g_dbus_generate_guid ();
  self->node = g_dbus_node_info_new_for_xml (control_interface, NULL);
  g_assert (self->node); /* It is compiled in. */
  self->observer = g_dbus_auth_observer_new ();
  g_signal_connect (self->observer, "allow-mechanism", G_CALLBACK (allow_mechanism), NULL);
  self->listener = enj_listener_new_unix (loop, path, 0600, handle_connection, self, error);
  return self->listener ? g_steal_pointer (&self) : NULL;
}

void
enj_control_free (EnjControl *self)
{
  if (!self)
    return;
  enj_listener_free (self->listener);
  while (self->guests.head)
    guest_leave (self->guests.head->data);
  while (self->calls.length > 0)
    answer (g_queue_pop_head (&self->calls));
  enj_deferred_clear (&self->answering);
  g_object_unref (self->observer);
  g_dbus_node_info_unref (self->node);
  g_free (self->guid);
  g_free (self);
}
