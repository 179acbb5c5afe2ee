#include "config.h"

#include "component/httpd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protocol/limits.h"
#include "component/sockaddr.h"

static const EnjHttpdPage pages[] = {
  { "/numbers", "text/numbers", FALSE },
  { "/", "text/html; charset=utf-8", TRUE },
  { NULL, NULL, FALSE },
};

static gint64 time_now = 1000 * ENJ_SECOND;

static gint64
get_time (void)
{
  return time_now;
}

/* How many pages were made, and what each had behind its text. */
static guint made;
static gsize padding;

static GString *
make (guint page, const char *after, gpointer data)
{
  GString *text = g_string_new (NULL);

  g_assert_true (data == &pages);
  g_string_printf (text, "page %u after '%s'", page, after);
  for (gsize i = 0; i < padding; i++)
    g_string_append_c (text, '.');
  made++;
  return text;
}

typedef struct
{
  EnjLoop *loop;
  EnjHttpd *httpd;
} Scene;

/* FALSE, and the test is skipped, where it was not built. */
static gboolean
scene_init (Scene *self)
{
  g_autoptr (GError) error = NULL;
  EnjAddress address;

  self->loop = enj_loop_new (NULL, &error);
  g_assert_no_error (error);
  enj_loop_set_clock (self->loop, get_time);
  self->httpd = enj_httpd_new (self->loop, pages, make, (gpointer) &pages, &error);
  if (!enj_httpd_is_built ())
    {
      g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOSYS);
      enj_loop_free (self->loop);
      g_test_skip ("built without libsoup");
      return FALSE;
    }
  g_assert_no_error (error);
  g_assert_true (enj_address_parse (&address, "127.0.0.1", 0));
  g_assert_true (enj_httpd_listen (self->httpd, &address, &error));
  return TRUE;
}

static void
scene_clear (Scene *self)
{
  enj_httpd_free (self->httpd);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  enj_loop_free (self->loop);
}

static int
connect_to (Scene *self)
{
  struct sockaddr_storage storage;
  socklen_t len = enj_sockaddr_from_address (&storage, enj_httpd_get_address (self->httpd, 0));
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_cmpint (connect (fd, (struct sockaddr *) &storage, len), ==, 0);
  g_assert_cmpint (fcntl (fd, F_SETFL, O_NONBLOCK), ==, 0);
  return fd;
}

static void
turn (void)
{
  for (guint i = 0; i < 20; i++)
    while (g_main_context_iteration (NULL, FALSE))
      continue;
}

/* What it says until it closes; new. */
static char *
hear_all (int fd)
{
  GString *heard = g_string_new (NULL);
  char some[4096];
  gssize n;

  while ((n = recv (fd, some, sizeof some, 0)) != 0)
    if (n > 0)
      g_string_append_len (heard, some, n);
    else if (errno == EAGAIN)
      g_main_context_iteration (NULL, TRUE);
    else
      break;
  close (fd);
  return g_string_free (heard, FALSE);
}

static char *
ask (Scene *self, const char *question)
{
  int fd = connect_to (self);

  g_assert_cmpint (send (fd, question, strlen (question), 0), ==, (gssize) strlen (question));
  return hear_all (fd);
}

#define LOCAL "Host: 127.0.0.1:9115\r\n\r\n"

static const struct
{
  const char *question;
  const char *start;
  const char *within; /* of the head or body */
  const char *end;
} cases[] = {
  { "GET /numbers HTTP/1.1\r\n" LOCAL, "HTTP/1.1 200 ", "\r\nContent-Type: text/numbers\r\n",
    "\r\n\r\npage 0 after ''" },
  { "GET /numbers HTTP/1.1\r\nHost: scraped.example\r\n\r\n", "HTTP/1.1 200 ",
    "\r\nConnection: close\r\n", "\r\n\r\npage 0 after ''" },
  { "GET /numbers HTTP/1.1\r\nRange: bytes=1-2,2-3\r\n" LOCAL, "HTTP/1.1 200 ",
    "Content-Length: 15\r\n", "\r\n\r\npage 0 after ''" },
  { "HEAD /numbers HTTP/1.1\r\n" LOCAL, "HTTP/1.1 200 ", "Content-Length: 15\r\n", "\r\n\r\n" },
  { "GET / HTTP/1.1\r\n" LOCAL, "HTTP/1.1 200 ", "Content-Security-Policy: default-src 'none'; ",
    "page 1 after ''" },
  { "GET /?after=a%20%26b HTTP/1.1\r\nHost: LocalHost\r\n\r\n", "HTTP/1.1 200 ",
    "nosniff", "page 1 after 'a &b'" },
  { "GET /?after= HTTP/1.1\r\nHost: [::1]:9\r\n\r\n", "HTTP/1.1 200 ", "no-store",
    "page 1 after ''" },
  { "GET / HTTP/1.1\r\nHost: rebound.example\r\n\r\n", "HTTP/1.1 403 ", "text/plain",
    "ask for an IP address, or for localhost\n" },
  { "GET /other HTTP/1.1\r\n" LOCAL, "HTTP/1.1 404 ", "text/plain", "there is no such page\n" },
  { "GET /numbers/more HTTP/1.1\r\n" LOCAL, "HTTP/1.1 404 ", "", "" },
  { "POST /numbers HTTP/1.1\r\nContent-Length: 3\r\n" LOCAL "abc", "HTTP/1.1 405 ",
    "\r\nAllow: GET, HEAD\r\n", "GET and HEAD only\n" },
  { "DELETE / HTTP/1.1\r\n" LOCAL, "HTTP/1.1 405 ", "", "" },
  { "OPTIONS * HTTP/1.1\r\n" LOCAL, "HTTP/1.1 ", "", "" },
  { "nonsense\r\n\r\n", "HTTP/1.", " 400 Bad Request\r\n", "" },
  { "GET /numbers HTTP/1.1\r\n\r\n", "HTTP/1.", " 400 Bad Request\r\n", "" },
};

static void
answers (void)
{
  Scene scene;

  if (!scene_init (&scene))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *heard = ask (&scene, cases[i].question);

      g_test_message ("%s-> %s", cases[i].question, heard);
      g_assert_true (g_str_has_prefix (heard, cases[i].start));
      g_assert_nonnull (strstr (heard, cases[i].within));
      g_assert_true (g_str_has_suffix (heard, cases[i].end));
    }
  scene_clear (&scene);
}

/* TRUE: the other side has closed it. */
static gboolean
is_closed (int fd)
{
  char byte;

  return recv (fd, &byte, 1, 0) == 0;
}

#define QUESTION "GET /numbers HTTP/1.1\r\n" LOCAL

static void
tell (int fd, const char *text)
{
  g_assert_cmpint (send (fd, text, strlen (text), 0), ==, (gssize) strlen (text));
}

/* One more than there is room for waits for its turn. */
static void
who_asks_nothing_makes_room (void)
{
  g_autofree char *heard = NULL;
  Scene scene;
  int fds[17];

  if (!scene_init (&scene))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    fds[i] = connect_to (&scene);
  tell (fds[16], QUESTION);
  turn ();
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    g_assert_false (is_closed (fds[i]));
  time_now += ENJ_SECOND;
  turn ();
  for (guint i = 0; i < 16; i++)
    {
      g_assert_true (is_closed (fds[i]));
      close (fds[i]);
    }
  heard = hear_all (fds[16]);
  g_assert_true (g_str_has_suffix (heard, "\r\n\r\npage 0 after ''"));
  scene_clear (&scene);
}

/* Nor do others push him out, however many come. */
static void
who_has_asked_may_stay (void)
{
  g_autofree char *heard = NULL;
  Scene scene;
  int slow;
  int fds[40];

  if (!scene_init (&scene))
    return;
  padding = 16 << 20;
  slow = connect_to (&scene);
  tell (slow, QUESTION);
  turn ();
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    fds[i] = connect_to (&scene);
  for (guint i = 0; i < 3; i++)
    {
      turn ();
      time_now += 2 * ENJ_SECOND;
    }
  turn ();
  heard = hear_all (slow);
  g_assert_cmpuint (strlen (heard), >, padding);
  padding = 0;
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    close (fds[i]);
  scene_clear (&scene);
}

static void
a_turn_makes_one_page (void)
{
  Scene scene;
  int fds[8];

  if (!scene_init (&scene))
    return;
  made = 0;
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    {
      fds[i] = connect_to (&scene);
      tell (fds[i], QUESTION);
    }
  for (guint before = 0; made < G_N_ELEMENTS (fds); before = made)
    {
      g_main_context_iteration (NULL, TRUE);
      g_assert_cmpuint (made - before, <=, 1);
    }
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    {
      g_autofree char *heard = hear_all (fds[i]);

      g_assert_true (g_str_has_prefix (heard, "HTTP/1.1 200 "));
    }
  scene_clear (&scene);
}

/* Those who ask may leave before it is their turn, and so may we. */
static void
nobody_need_wait_for_an_answer (void)
{
  static const struct linger at_once = { .l_onoff = 1 };
  Scene scene;
  int fds[16];

  if (!scene_init (&scene))
    return;
  for (guint round = 0; round < 2; round++)
    {
      made = 0;
      for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
        {
          fds[i] = connect_to (&scene);
          tell (fds[i], QUESTION);
        }
      while (made == 0)
        g_main_context_iteration (NULL, TRUE);
      g_assert_cmpuint (made, <, G_N_ELEMENTS (fds));
      if (round == 1)
        break;
      for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
        {
          g_assert_cmpint (setsockopt (fds[i], SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), ==,
                           0);
          close (fds[i]);
        }
      turn ();
    }
  scene_clear (&scene);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    close (fds[i]);
}

static void
nobody_stays_for_long (void)
{
  static const char part[] = "GET /numbers HT";
  Scene scene;
  int fd;

  if (!scene_init (&scene))
    return;
  fd = connect_to (&scene);
  g_assert_cmpint (send (fd, part, strlen (part), 0), ==, (gssize) strlen (part));
  turn ();
  time_now += 9 * ENJ_SECOND;
  turn ();
  g_assert_false (is_closed (fd));
  time_now += 2 * ENJ_SECOND;
  turn ();
  g_assert_true (is_closed (fd));
  close (fd);
  scene_clear (&scene);
}

/* Nothing of libsoup or GLib is reached any more that would abort. */
static void
the_last_descriptors_are_for_others (void)
{
  g_autofree char *heard = NULL;
  struct rlimit limit;
  struct rlimit low;
  Scene scene;
  int fd;

  if (!scene_init (&scene))
    return;
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  fd = connect_to (&scene);
  low = (struct rlimit){ .rlim_cur = (rlim_t) fd + 20, .rlim_max = limit.rlim_max };
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &low), ==, 0);
  turn ();
  g_assert_true (is_closed (fd));
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  close (fd);
  heard = ask (&scene, "GET /numbers HTTP/1.1\r\n" LOCAL);
  g_assert_true (g_str_has_prefix (heard, "HTTP/1.1 200 "));
  scene_clear (&scene);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/httpd/answers", answers);
  g_test_add_func ("/httpd/who-asks-nothing-makes-room", who_asks_nothing_makes_room);
  g_test_add_func ("/httpd/who-has-asked-may-stay", who_has_asked_may_stay);
  g_test_add_func ("/httpd/a-turn-makes-one-page", a_turn_makes_one_page);
  g_test_add_func ("/httpd/nobody-need-wait-for-an-answer", nobody_need_wait_for_an_answer);
  g_test_add_func ("/httpd/nobody-stays-for-long", nobody_stays_for_long);
  g_test_add_func ("/httpd/the-last-descriptors-are-for-others",
                   the_last_descriptors_are_for_others);
  return g_test_run ();
}
