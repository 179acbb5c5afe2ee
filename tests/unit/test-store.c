#include "config.h"

#include "component/store.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "component/sockaddr.h"

/* The first three that a manager passes. */
static const int passed[] = { 3, 4, 5 };

static int
open_manager (void)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  g_autofree char *name = g_strdup_printf ("@enjamb-store-%d", (int) getpid ());
  gsize len = strlen (name);
  int fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  memcpy (address.sun_path + 1, name + 1, len - 1);
  g_assert_cmpint (bind (fd, (struct sockaddr *) &address,
                         (socklen_t) (offsetof (struct sockaddr_un, sun_path) + len)),
                   ==, 0);
  g_setenv ("NOTIFY_SOCKET", name, TRUE);
  g_unsetenv ("FDSTORE");
  return fd;
}

/* What the manager heard; the descriptor that came with it, or -1. */
static int
hear (int manager, char *text, gsize size)
{
  union
  {
    struct cmsghdr header;
    char room[CMSG_SPACE (sizeof (int))];
  } control;
  struct iovec line = { text, size - 1 };
  struct msghdr message = { .msg_iov = &line, .msg_iovlen = 1, .msg_control = &control,
                            .msg_controllen = sizeof control };
  gssize n = recvmsg (manager, &message, 0);
  int fd = -1;

  g_assert_cmpint (n, >, 0);
  text[n] = '\0';
  if (CMSG_FIRSTHDR (&message))
    memcpy (&fd, CMSG_DATA (CMSG_FIRSTHDR (&message)), sizeof fd);
  return fd;
}

static int
open_listening (EnjAddress *address)
{
  struct sockaddr_storage storage;
  socklen_t len;
  int fd = socket (AF_INET, SOCK_STREAM, 0);

  *address = (EnjAddress){ .length = 4, .bytes = { 127, 0, 0, 1 } };
  len = enj_sockaddr_from_address (&storage, address);
  g_assert_cmpint (bind (fd, (struct sockaddr *) &storage, len), ==, 0);
  g_assert_cmpint (listen (fd, 1), ==, 0);
  len = sizeof storage;
  g_assert_cmpint (getsockname (fd, (struct sockaddr *) &storage, &len), ==, 0);
  g_assert_true (enj_sockaddr_to_address (&storage, address));
  return fd;
}

/* A child has the numbers free from 3 on, and is the one that they are for. */
static void
play (void (*body) (int manager), const int *fds, const char *names)
{
  int manager = open_manager ();
  int status;
  pid_t child = fork ();

  if (child == 0)
    {
      g_autofree char *pid = g_strdup_printf ("%d", (int) getpid ());
      int high[G_N_ELEMENTS (passed)];
      int heard = fcntl (manager, F_DUPFD, 50);

      for (guint i = 0; i < G_N_ELEMENTS (passed); i++)
        high[i] = fcntl (fds[i], F_DUPFD, 60);
      for (guint i = 0; i < G_N_ELEMENTS (passed); i++)
        g_assert_cmpint (dup2 (high[i], passed[i]), ==, passed[i]);
      g_setenv ("LISTEN_PID", pid, TRUE);
      g_setenv ("LISTEN_FDS", "3", TRUE);
      g_setenv ("LISTEN_FDNAMES", names, TRUE);
      body (heard);
      _exit (0);
    }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);
  g_assert_cmpint (close (manager), ==, 0);
}

static EnjAddress listening;

static void
take_all (int manager)
{
  EnjStore *store = enj_store_new ();
  g_autofree char *listen = NULL;
  g_autofree char *keep = NULL;
  g_autofree char *none = NULL;
  EnjAddress other = listening;
  char text[128];

  other.port ^= 1;
  g_assert_null (g_getenv ("LISTEN_FDS"));
  g_assert_cmpint (enj_store_take (store, "kee", &none), ==, -1);
  g_assert_cmpint (enj_store_take (store, "keep", &keep), ==, 4);
  g_assert_cmpstr (keep, ==, "keep-2");
  g_assert_cmpint (enj_store_take (store, "keep", &none), ==, -1);
  g_assert_cmpint (enj_store_take_listening (store, &other, &none), ==, -1);
  g_assert_cmpint (enj_store_take_listening (store, &listening, &listen), ==, 3);
  g_assert_cmpstr (listen, ==, "any.socket");
  g_assert_true (fcntl (3, F_GETFD) & FD_CLOEXEC);
  g_assert_true (fcntl (3, F_GETFL) & O_NONBLOCK);

  /* What nobody takes is closed, and the manager lets go of it. */
  enj_store_free (store);
  g_assert_cmpint (fcntl (5, F_GETFD), ==, -1);
  g_assert_cmpint (fcntl (4, F_GETFD), !=, -1);
  g_assert_cmpint (hear (manager, text, sizeof text), ==, -1);
  g_assert_cmpstr (text, ==, "FDSTOREREMOVE=1\nFDNAME=old-3");
}

static void
test_take (void)
{
  int fds[3];

  fds[0] = open_listening (&listening);
  g_assert_cmpint (pipe (fds + 1), ==, 0);
  play (take_all, fds, "any.socket:keep-2:old-3");
  for (guint i = 0; i < 3; i++)
    g_assert_cmpint (close (fds[i]), ==, 0);
}

static void
take_none (int manager)
{
  g_autoptr (EnjStore) store = NULL;
  g_autofree char *name = NULL;

  (void) manager;
  g_setenv ("LISTEN_PID", "1", TRUE);
  store = enj_store_new ();
  g_assert_cmpint (enj_store_take (store, "keep", &name), ==, -1);
  g_assert_cmpint (fcntl (4, F_GETFD), !=, -1);
}

static void
test_others (void)
{
  int fds[] = { 0, 0, 0 };

  play (take_none, fds, "keep-1:keep-2:keep-3");
}

static void
test_keep (void)
{
  int manager = open_manager ();
  g_autoptr (EnjStore) store = enj_store_new ();
  g_autofree char *name = NULL;
  g_autofree char *other = NULL;
  char text[128];
  char byte = 'x';
  int ends[2];
  int copy;

  g_assert_cmpint (pipe (ends), ==, 0);
  g_assert_true (enj_store_is_kept (store));
  name = enj_store_keep_new (store, "link", ends[1]);
  other = enj_store_keep_new (store, "link", ends[1]);
  g_assert_true (g_str_has_prefix (name, "link-"));
  g_assert_cmpstr (name, !=, other);
  copy = hear (manager, text, sizeof text);
  g_assert_true (g_str_has_prefix (text, "FDSTORE=1\nFDNAME=link-"));
  g_assert_cmpstr (text + strlen ("FDSTORE=1\nFDNAME="), ==, name);
  g_assert_cmpint (write (copy, &byte, 1), ==, 1);
  byte = 0;
  g_assert_cmpint (read (ends[0], &byte, 1), ==, 1);
  g_assert_cmpint (byte, ==, 'x');
  g_assert_cmpint (close (hear (manager, text, sizeof text)), ==, 0);

  g_setenv ("FDSTORE", "0", TRUE);
  g_assert_false (enj_store_is_kept (store));
  g_assert_null (enj_store_keep_new (store, "link", ends[1]));
  g_unsetenv ("FDSTORE");
  g_unsetenv ("NOTIFY_SOCKET");
  g_assert_false (enj_store_is_kept (store));
  g_assert_false (enj_store_wait (store));
  g_assert_cmpint (close (copy) | close (ends[0]) | close (ends[1]) | close (manager), ==, 0);
}

static gpointer
answer_barrier (gpointer data)
{
  char text[128];
  int fd;

  while (recv (*(int *) data, text, 1, MSG_PEEK) < 0)
    g_thread_yield ();
  fd = hear (*(int *) data, text, sizeof text);
  g_assert_cmpstr (text, ==, "BARRIER=1");
  g_assert_cmpint (close (fd), ==, 0);
  return NULL;
}

static void
test_wait (void)
{
  int manager = open_manager ();
  g_autoptr (EnjStore) store = enj_store_new ();
  GThread *thread = g_thread_new (NULL, answer_barrier, &manager);

  g_assert_true (enj_store_wait (store));
  g_thread_join (thread);
  g_assert_cmpint (close (manager), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/store/takes-what-the-manager-kept-and-lets-go-of-the-rest", test_take);
  g_test_add_func ("/store/leaves-what-is-for-another-process", test_others);
  g_test_add_func ("/store/gives-copies-to-the-manager", test_keep);
  g_test_add_func ("/store/waits-for-the-manager", test_wait);
  return g_test_run ();
}
