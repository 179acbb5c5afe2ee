#include "config.h"

#include "component/dialer.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <unistd.h>

#include "protocol/targets.h"
#include "component/sockaddr.h"

static GMainContext *context;
static EnjLoop *loop;
static EnjDialer *dialer;
static gint64 time_now = 1000;
static int connected;
static char *reason;

static gint64
get_time (void)
{
  return time_now;
}

static void
note_end (int fd, const char *why, gpointer data)
{
  g_assert_true (data == &connected);
  g_assert_cmpint (connected, ==, -2);
  g_assert_true ((fd < 0) == (why != NULL));
  connected = fd;
  reason = g_strdup (why);
  g_clear_pointer (&dialer, enj_dialer_free);
}

/* A socket that listens on loopback and, but for @backlog, accepts nothing. */
static int
listen_new (int backlog, EnjAddress *address)
{
  struct sockaddr_storage storage;
  socklen_t len;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_true (enj_address_parse (address, "127.0.0.1", 0));
  len = enj_sockaddr_from_address (&storage, address);
  g_assert_cmpint (bind (fd, (struct sockaddr *) &storage, len), ==, 0);
  if (backlog >= 0)
    g_assert_cmpint (listen (fd, backlog), ==, 0);
  g_assert_cmpint (getsockname (fd, (struct sockaddr *) &storage, &len), ==, 0);
  g_assert_true (enj_sockaddr_to_address (&storage, address));
  return fd;
}

static void
set_up (void)
{
  g_autoptr (GError) error = NULL;

  context = g_main_context_new ();
  loop = enj_loop_new (context, &error);
  g_assert_no_error (error);
  enj_loop_set_clock (loop, get_time);
  connected = -2;
}

static void
tear_down (void)
{
  g_assert_false (g_main_context_pending (context));
  enj_dialer_free (dialer);
  enj_loop_free (loop);
  g_main_context_unref (context);
  g_clear_pointer (&reason, g_free);
}

static void
dial (const EnjAddress *address, const EnjAddress *source)
{
  dialer = enj_dialer_new (loop, address, source, 10, note_end, &connected);
  g_assert_cmpint (connected, ==, -2);
}

static void
wait_for_end (void)
{
  while (connected == -2)
    g_main_context_iteration (context, TRUE);
}

static EnjAddress
get_peer (int fd)
{
  struct sockaddr_storage storage;
  socklen_t len = sizeof storage;
  EnjAddress address;

  g_assert_cmpint (getpeername (fd, (struct sockaddr *) &storage, &len), ==, 0);
  g_assert_true (enj_sockaddr_to_address (&storage, &address));
  return address;
}

static void
test_connects (void)
{
  EnjAddress address;
  EnjAddress found;
  int listening = listen_new (1, &address);

  set_up ();
  dial (&address, NULL);
  wait_for_end ();
  g_assert_cmpint (connected, >=, 0);
  found = get_peer (connected);
  g_assert_true (enj_address_equal (&found, &address));
  close (connected);
  close (listening);
  tear_down ();
}

static void
test_source (void)
{
  EnjAddress address;
  EnjAddress source;
  EnjAddress found;
  int listening = listen_new (1, &address);
  int accepted;

  set_up ();
  g_assert_true (enj_address_parse (&source, "127.0.0.77", 1));
  dial (&address, &source);
  wait_for_end ();
  accepted = accept (listening, NULL, NULL);
  found = get_peer (accepted);
  source.port = found.port;
  g_assert_cmpuint (found.port, !=, 1);
  g_assert_true (enj_address_equal (&found, &source));
  close (accepted);
  close (connected);

  /* Not for the other family. */
  connected = -2;
  g_assert_true (enj_address_parse (&source, "2001:db8::1", 0));
  dial (&address, &source);
  wait_for_end ();
  g_assert_cmpint (connected, >=, 0);
  close (connected);
  close (listening);
  tear_down ();
}

static void
test_refused (void)
{
  EnjAddress address;
  int bound = listen_new (-1, &address);

  set_up ();
  dial (&address, NULL);
  wait_for_end ();
  g_assert_cmpint (connected, ==, -1);
  g_assert_cmpstr (reason, ==, g_strerror (ECONNREFUSED));
  close (bound);
  tear_down ();
}

/* What fails inside connect() is told from the loop too. */
/* The remote server is not to blame for what we have run out of. */
static void
test_no_descriptor (void)
{
  EnjAddress address;
  int listening = listen_new (1, &address);
  struct rlimit saved;
  struct rlimit limit;
  int next;

  set_up ();
  next = dup (0);
  close (next);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &saved), ==, 0);
  limit = saved;
  limit.rlim_cur = (rlim_t) next;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  dial (&address, NULL);
  wait_for_end ();
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &saved), ==, 0);
  g_assert_cmpint (connected, ==, -1);
  g_assert_cmpstr (reason, ==, ENJ_TARGETS_SCARCE);
  close (listening);
  tear_down ();
}

static void
test_fails_at_once (void)
{
  EnjAddress address;
  EnjAddress source;
  int listening = listen_new (1, &address);

  set_up ();
  g_assert_true (enj_address_parse (&source, "192.0.2.1", 0));
  dial (&address, &source);
  g_assert_true (g_main_context_iteration (context, FALSE));
  g_assert_cmpint (connected, ==, -1);
  g_assert_cmpstr (reason, ==, g_strerror (EADDRNOTAVAIL));
  close (listening);
  tear_down ();
}

/* A full backlog drops what comes next: nobody answers. */
static void
test_no_answer (void)
{
  EnjAddress address;
  int listening = listen_new (0, &address);
  struct sockaddr_storage storage;
  socklen_t len = enj_sockaddr_from_address (&storage, &address);
  int fillers[4];

  set_up ();
  for (guint i = 0; i < G_N_ELEMENTS (fillers); i++)
    {
      fillers[i] = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      (void) connect (fillers[i], (struct sockaddr *) &storage, len);
    }

  dial (&address, NULL);
  time_now += 10 * G_TIME_SPAN_SECOND - 1;
  g_assert_false (g_main_context_iteration (context, FALSE));
  time_now += 1;
  wait_for_end ();
  g_assert_cmpint (connected, ==, -1);
  g_assert_cmpstr (reason, ==, "no answer within 10 s");
  for (guint i = 0; i < G_N_ELEMENTS (fillers); i++)
    close (fillers[i]);
  close (listening);
  tear_down ();
}

static void
test_cancelled (void)
{
  EnjAddress address;
  EnjAddress source;
  int listening = listen_new (1, &address);

  set_up ();
  dial (&address, NULL);
  g_clear_pointer (&dialer, enj_dialer_free);
  g_assert_true (enj_address_parse (&source, "192.0.2.1", 0));
  dial (&address, &source);
  g_clear_pointer (&dialer, enj_dialer_free);
  g_assert_false (g_main_context_iteration (context, FALSE));
  g_assert_cmpint (connected, ==, -2);
  close (listening);
  tear_down ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dialer/connects", test_connects);
  g_test_add_func ("/dialer/comes-from-the-source-address", test_source);
  g_test_add_func ("/dialer/is-told-of-a-refusal", test_refused);
  g_test_add_func ("/dialer/says-that-descriptors-are-scarce", test_no_descriptor);
  g_test_add_func ("/dialer/fails-from-the-loop-only", test_fails_at_once);
  g_test_add_func ("/dialer/waits-no-longer-than-the-timeout", test_no_answer);
  g_test_add_func ("/dialer/says-nothing-when-cancelled", test_cancelled);
  return g_test_run ();
}
