#include "config.h"

#include "component/listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "component/sockaddr.h"

static GMainContext *context;
static EnjLoop *loop;
static EnjListener *listener;
static gint64 time_now = 1000;
static guint n_accepted;
static guint n_lines;
static guint n_scarce;
static EnjAddress last_peer;

/* What accept4() fails with the next time; 0 is no failure. */
static int next_error;

/* Instead of the C library's. */
int
accept4 (int fd, struct sockaddr *address, socklen_t *len, int flags)
{
  if (next_error == 0)
    return (int) syscall (SYS_accept4, fd, address, len, flags);
  errno = next_error;
  next_error = 0;
  return -1;
}

static gint64
get_time (void)
{
  return time_now;
}

static GLogWriterOutput
count_line (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  (void) fields;
  (void) n_fields;
  (void) user_data;
  if (level <= G_LOG_LEVEL_MESSAGE)
    n_lines++;
  return G_LOG_WRITER_HANDLED;
}

static void
accept_one (int fd, const EnjAddress *peer, gpointer data)
{
  g_assert_true (data == &n_accepted);
  n_accepted++;
  last_peer = *peer;
  close (fd);
}

static void
free_at_first (int fd, const EnjAddress *peer, gpointer data)
{
  (void) peer;
  (void) data;
  n_accepted++;
  close (fd);
  g_clear_pointer (&listener, enj_listener_free);
}

static void
pause_at_first (int fd, const EnjAddress *peer, gpointer data)
{
  accept_one (fd, peer, data);
  enj_listener_set_paused (listener, TRUE);
}

static void
set_up (const char *host, EnjListenerFunc func)
{
  g_autoptr (GError) error = NULL;
  EnjAddress address;

  g_assert_true (enj_address_parse (&address, host, 0));
  context = g_main_context_new ();
  loop = enj_loop_new (context, &error);
  g_assert_no_error (error);
  enj_loop_set_clock (loop, get_time);
  listener = enj_listener_new (loop, &address, func, &n_accepted, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (enj_listener_get_address (listener)->port, !=, 0);
  n_accepted = 0;
  n_lines = 0;
  n_scarce = 0;
}

static void
tear_down (void)
{
  enj_listener_free (listener);
  enj_loop_free (loop);
  g_main_context_unref (context);
}

/* All turns that there are to be had without waiting. */
static void
run (void)
{
  for (guint turns = 0; g_main_context_iteration (context, FALSE); turns++)
    g_assert_cmpuint (turns, <, 100);
}

/* On loopback a connection waits in the queue as soon as this returns. */
static int
connect_new (void)
{
  EnjAddress address;
  struct sockaddr_storage storage;
  socklen_t len;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_true (enj_address_parse (&address, "127.0.0.1",
                                    enj_listener_get_address (listener)->port));
  len = enj_sockaddr_from_address (&storage, &address);
  g_assert_cmpint (connect (fd, (struct sockaddr *) &storage, len), ==, 0);
  return fd;
}

static void
test_accepts (void)
{
  char text[ENJ_ADDRESS_STRING];
  int clients[40];

  set_up ("127.0.0.1", accept_one);
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    clients[i] = connect_new ();
  g_assert_true (g_main_context_iteration (context, FALSE));
  g_assert_cmpuint (n_accepted, ==, 32);
  run ();
  g_assert_cmpuint (n_accepted, ==, 40);
  g_assert_true (g_str_has_prefix (enj_address_format (&last_peer, text), "127.0.0.1:"));
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    close (clients[i]);
  tear_down ();
}

static void
test_any (void)
{
  char text[ENJ_ADDRESS_STRING];
  int client;

  set_up ("::", accept_one);
  client = connect_new ();
  run ();
  g_assert_cmpuint (n_accepted, ==, 1);
  g_assert_true (g_str_has_prefix (enj_address_format (&last_peer, text), "127.0.0.1:"));
  close (client);
  tear_down ();
}

static void
test_unix (void)
{
  g_autofree char *folder = g_dir_make_tmp ("enjamb-listener-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "socket", NULL);
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  EnjListener *second;
  int client = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  set_up ("127.0.0.1", accept_one);
  second = enj_listener_new_unix (loop, path, 0600, accept_one, &n_accepted, NULL);
  g_assert_nonnull (second);
  g_assert_cmpuint (enj_listener_get_address (second)->length, ==, 0);
  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  g_assert_cmpint (connect (client, (struct sockaddr *) &address, sizeof address), ==, 0);
  run ();
  g_assert_cmpuint (n_accepted, ==, 1);
  g_assert_cmpuint (last_peer.length, ==, 0);
  close (client);
  enj_listener_free (second);
  g_assert_cmpint (access (path, F_OK), !=, 0);
  g_assert_null (enj_listener_new_unix (loop, folder, 0600, accept_one, NULL, NULL));
  rmdir (folder);
  tear_down ();
}

static void
test_paused (void)
{
  int clients[2];

  set_up ("127.0.0.1", pause_at_first);
  enj_listener_set_paused (listener, TRUE);
  clients[0] = connect_new ();
  clients[1] = connect_new ();
  run ();
  g_assert_cmpuint (n_accepted, ==, 0);
  enj_listener_set_paused (listener, FALSE);
  run ();
  g_assert_cmpuint (n_accepted, ==, 1);
  enj_listener_set_paused (listener, FALSE);
  run ();
  g_assert_cmpuint (n_accepted, ==, 2);
  close (clients[0]);
  close (clients[1]);
  tear_down ();
}

static void
test_freed_inside (void)
{
  int clients[2];

  set_up ("127.0.0.1", free_at_first);
  clients[0] = connect_new ();
  clients[1] = connect_new ();
  run ();
  g_assert_cmpuint (n_accepted, ==, 1);
  g_assert_null (listener);
  close (clients[0]);
  close (clients[1]);
  tear_down ();
}

static void
test_taken (void)
{
  g_autoptr (GError) error = NULL;
  char text[ENJ_ADDRESS_STRING];

  set_up ("127.0.0.1", accept_one);
  g_assert_null (enj_listener_new (loop, enj_listener_get_address (listener), accept_one, NULL,
                                   &error));
  g_assert_nonnull (error);
  g_assert_true (g_str_has_prefix (
      error->message, enj_address_format (enj_listener_get_address (listener), text)));
  g_assert_true (g_str_has_suffix (error->message, ": it is in use: 'ss -ltnp' tells by whom"));
  g_assert_cmpstr (enj_listener_explain (EADDRNOTAVAIL), ==,
                   "no interface of this machine has that address");
  g_assert_nonnull (strstr (enj_listener_explain (EACCES), "below 1024"));
  g_assert_cmpstr (enj_listener_explain (EMFILE), ==, g_strerror (EMFILE));
  tear_down ();
}

/* No descriptor above those that are open. */
static void
exhaust (struct rlimit *saved)
{
  struct rlimit limit;
  int next = dup (0);

  g_assert_cmpint (next, >, 0);
  close (next);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, saved), ==, 0);
  limit = *saved;
  limit.rlim_cur = (rlim_t) next;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
}

static void
count_scarce (gpointer data)
{
  ++*(guint *) data;
}

static void
test_no_descriptors (void)
{
  struct rlimit saved;
  int clients[4];
  char byte;

  set_up ("127.0.0.1", accept_one);
  enj_listener_set_scarce (listener, (EnjWake){ count_scarce, &n_scarce });
  for (guint i = 0; i < 4; i++)
    clients[i] = connect_new ();
  exhaust (&saved);

  /* One is turned away for each rest, and for all of them one line is written. */
  run ();
  g_assert_cmpuint (n_scarce, ==, 1);
  g_assert_cmpint (read (clients[0], &byte, 1), ==, 0);
  g_assert_cmpint (recv (clients[1], &byte, 1, MSG_DONTWAIT), ==, -1);
  time_now += 199 * G_TIME_SPAN_MILLISECOND;
  run ();
  g_assert_cmpint (recv (clients[1], &byte, 1, MSG_DONTWAIT), ==, -1);
  time_now += G_TIME_SPAN_MILLISECOND;
  run ();
  g_assert_cmpint (read (clients[1], &byte, 1), ==, 0);
  g_assert_cmpuint (n_lines, ==, 1);
  g_assert_cmpuint (n_scarce, ==, 2);

  time_now += 10 * G_TIME_SPAN_SECOND;
  run ();
  g_assert_cmpint (read (clients[2], &byte, 1), ==, 0);
  g_assert_cmpuint (n_lines, ==, 2);
  g_assert_cmpuint (n_accepted, ==, 0);

  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &saved), ==, 0);
  time_now += 200 * G_TIME_SPAN_MILLISECOND;
  run ();
  g_assert_cmpuint (n_accepted, ==, 1);
  for (guint i = 0; i < 4; i++)
    close (clients[i]);
  tear_down ();
}

/* Without a descriptor to give up nobody can be turned away; it is made up for as soon as there is
 * one. */
static void
test_no_reserve (void)
{
  struct rlimit saved;
  int clients[3];
  int taken;
  char byte;

  set_up ("127.0.0.1", accept_one);
  taken = dup (enj_listener_get_socket (listener));
  for (guint i = 0; i < 3; i++)
    clients[i] = connect_new ();
  enj_listener_free (listener);
  exhaust (&saved);
  listener = enj_listener_new_taken (loop, taken, accept_one, &n_accepted, NULL);
  g_assert_nonnull (listener);

  run ();
  g_assert_cmpint (recv (clients[0], &byte, 1, MSG_DONTWAIT), ==, -1);
  time_now += 200 * G_TIME_SPAN_MILLISECOND;
  run ();
  g_assert_cmpint (recv (clients[0], &byte, 1, MSG_DONTWAIT), ==, -1);
  g_assert_cmpuint (n_accepted, ==, 0);
  g_assert_cmpuint (n_lines, ==, 1);

  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &saved), ==, 0);
  next_error = EAGAIN; /* It has time for its own before anybody comes. */
  time_now += 200 * G_TIME_SPAN_MILLISECOND;
  g_main_context_iteration (context, FALSE);
  exhaust (&saved);
  run ();
  g_assert_cmpint (read (clients[0], &byte, 1), ==, 0);
  g_assert_cmpuint (n_accepted, ==, 0);

  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &saved), ==, 0);
  time_now += 200 * G_TIME_SPAN_MILLISECOND;
  run ();
  g_assert_cmpuint (n_accepted, ==, 2);
  for (guint i = 0; i < 3; i++)
    close (clients[i]);
  tear_down ();
}

/* accept(2): what is wrong with one connection is not wrong with the port; for want of memory it
 * rests, but only for want of descriptors anybody has to go. */
static void
test_errors (void)
{
  static const struct
  {
    int code;
    gboolean rests;
    guint gone;
  } cases[] = {
    { ECONNABORTED, FALSE, 0 }, { ECONNRESET, FALSE, 0 }, { EINTR, FALSE, 0 },
    { EPERM, FALSE, 0 },        { EPROTO, FALSE, 0 },     { ENETDOWN, FALSE, 0 },
    { EHOSTUNREACH, FALSE, 0 }, { EMFILE, TRUE, 1 },      { ENFILE, TRUE, 1 },
    { ENOBUFS, TRUE, 0 },       { ENOMEM, TRUE, 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      int clients[2];
      char byte;

      g_test_message ("%s", g_strerror (cases[i].code));
      set_up ("127.0.0.1", accept_one);
      enj_listener_set_scarce (listener, (EnjWake){ count_scarce, &n_scarce });
      clients[0] = connect_new ();
      clients[1] = connect_new ();
      next_error = cases[i].code;
      run ();
      g_assert_cmpuint (n_lines, ==, cases[i].rests ? 1 : 0);
      g_assert_cmpuint (n_scarce, ==, cases[i].gone);
      g_assert_cmpuint (n_accepted, ==, cases[i].rests ? 0 : 2);
      g_assert_cmpint (recv (clients[0], &byte, 1, MSG_DONTWAIT), ==,
                       !cases[i].rests || cases[i].gone ? 0 : -1);
      time_now += 200 * G_TIME_SPAN_MILLISECOND;
      run ();
      g_assert_cmpuint (n_accepted, ==, 2 - cases[i].gone);
      close (clients[0]);
      close (clients[1]);
      tear_down ();
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (count_line, NULL, NULL);
  g_test_add_func ("/listener/accepts-so-many-a-turn", test_accepts);
  g_test_add_func ("/listener/two-colons-are-ipv4-too", test_any);
  g_test_add_func ("/listener/accepts-on-a-unix-socket", test_unix);
  g_test_add_func ("/listener/lets-them-wait-while-paused", test_paused);
  g_test_add_func ("/listener/may-be-freed-inside", test_freed_inside);
  g_test_add_func ("/listener/names-the-address-that-is-taken", test_taken);
  g_test_add_func ("/listener/rests-without-descriptors", test_no_descriptors);
  g_test_add_func ("/listener/comes-to-a-reserve-again", test_no_reserve);
  g_test_add_func ("/listener/each-error-has-its-answer", test_errors);
  return g_test_run ();
}
