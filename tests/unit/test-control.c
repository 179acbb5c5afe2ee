#include "config.h"

#include "component/control.h"

#include <errno.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <gio/gio.h>

#include "component/caller.h"
#include "component/journal.h"
#include "tests/support/configs.h"
#include "tests/support/settings.h"

#define GUESTS 4
#define CALLS 4

static char *folder;
static char *path;
static EnjLoop *loop;
static EnjExchange *exchange;
static EnjSteward *steward;
static EnjReception *reception;
static guint n_sent;
static EnjControl *control;
static gint64 time_now;
static const char *fault; /* of a reload */

static gint64
get_time (void)
{
  return time_now;
}

static gboolean
reload (gpointer data, GError **error)
{
  (void) data;
  g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, fault);
  return FALSE;
}

static void
count_sent (const char *component, EnjStanza *stanza, gpointer data)
{
  (void) component;
  (void) stanza;
  (void) data;
  n_sent++;
}

static void
set_up (void)
{
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();
  g_autoptr (EnjConfig) config = enj_test_config_new ("[component b.here.test]\nserver = none\n");

  time_now = 1000 * ENJ_SECOND;
  folder = g_dir_make_tmp ("enjamb-control-XXXXXX", NULL);
  path = g_build_filename (folder, "control", NULL);
  loop = enj_loop_new (NULL, NULL);
  enj_loop_set_clock (loop, get_time);
  exchange = enj_exchange_new (settings, (EnjWake){ 0 });
  steward = enj_steward_new (exchange, config, settings, &(EnjStewardBridge){ reload, NULL },
                             time_now - 5);
  reception = enj_reception_new (NULL, NULL, config, count_sent, NULL, time_now);
  n_sent = 0;
  control = enj_control_new (loop, steward, reception, path, NULL);
  g_assert_nonnull (control);
}

static void
run (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
tear_down (void)
{
  enj_control_free (control);
  run ();
  enj_reception_free (reception);
  enj_steward_free (steward);
  enj_exchange_free (exchange);
  enj_loop_free (loop);
  g_assert_cmpint (rmdir (folder), ==, 0);
  g_free (path);
  g_free (folder);
}

/* It waits in the queue as soon as this returns. */
static int
connect_new (void)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  g_assert_cmpint (connect (fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  return fd;
}

static gboolean
is_cut (int fd)
{
  char byte;

  return recv (fd, &byte, 1, MSG_DONTWAIT) == 0;
}

/* ---- What a command sees: in a thread of its own, for it waits ------------------------- */

typedef struct
{
  GMainLoop *main_loop;
  const char *method;
  GVariant *arguments;
  const char *type;
  GVariant *answer;
  GError *error;
} Question;

static gboolean
finish (gpointer main_loop)
{
  g_main_loop_quit (main_loop);
  return G_SOURCE_REMOVE;
}

static gpointer
ask_in_thread (gpointer data)
{
  Question *question = data;
  EnjCaller *caller = enj_caller_new (path, &question->error);

  if (caller)
    question->answer = enj_caller_call_new (caller, question->method, question->arguments,
                                            question->type,
                                            &question->error);
  g_clear_pointer (&question->arguments, g_variant_unref);
  enj_caller_free (caller);
  g_main_context_invoke (NULL, finish, question->main_loop);
  return NULL;
}

static GVariant *
ask_with_new (const char *method, GVariant *arguments, const char *type, GError **error)
{
  g_autoptr (GMainLoop) main_loop = g_main_loop_new (NULL, FALSE);
  Question question = { .main_loop = main_loop,
                        .method = method,
                        .arguments = arguments ? g_variant_ref_sink (arguments) : NULL,
                        .type = type };
  GThread *thread = g_thread_new ("caller", ask_in_thread, &question);

  g_main_loop_run (main_loop);
  g_thread_join (thread);
  if (question.error)
    g_propagate_error (error, question.error);
  return question.answer;
}

static GVariant *
ask_new (const char *method, const char *type, GError **error)
{
  return ask_with_new (method, NULL, type, error);
}

static void
assert_answers (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = ask_new ("Status", "(a{sv})", &error);
  g_autoptr (GVariant) status = NULL;
  gint64 uptime = 0;

  g_assert_no_error (error);
  status = g_variant_get_child_value (answer, 0);
  g_assert_true (g_variant_lookup (status, "uptime-us", "x", &uptime));
  g_assert_cmpint (uptime, >=, 5);
}

static void
test_answers (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) unknown = NULL;
  struct stat status;

  set_up ();
  g_assert_cmpint (stat (path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);
  assert_answers ();

  fault = "one\ntwo";
  enj_journal_expect (G_LOG_LEVEL_WARNING, "nothing was reloaded: one");
  enj_journal_expect (G_LOG_LEVEL_WARNING, "nothing was reloaded: two");
  g_assert_null (ask_new ("Reload", "()", &error));
  enj_journal_assert_expected ();
  g_assert_error (error, ENJ_CALLER_ERROR, ENJ_CALLER_REFUSED);
  g_assert_cmpstr (error->message, ==, "one\ntwo");

  g_assert_null (ask_new ("Explode", "()", &unknown));
  g_assert_error (unknown, ENJ_CALLER_ERROR, ENJ_CALLER_UNREACHABLE);
  tear_down ();
}

/* Files have any names, and a reload tells of them. */
static void
test_not_utf8 (void)
{
  g_autoptr (GError) error = NULL;

  set_up ();
  fault = "/a\xff.conf: it is missing";
  enj_journal_expect (G_LOG_LEVEL_WARNING, "nothing was reloaded: *");
  g_assert_null (ask_new ("Reload", "()", &error));
  enj_journal_assert_expected ();
  g_assert_error (error, ENJ_CALLER_ERROR, ENJ_CALLER_REFUSED);
  g_assert_cmpstr (error->message, ==, "/a\357\277\275.conf: it is missing");
  tear_down ();
}

/* What is asked, in the words of g_variant_parse(), and the type of the answer; NULL for a refusal
 * of what is asked. */
static const struct
{
  const char *method;
  const char *arguments;
  const char *type;
} questions[] = {
  { "Streams", "('', uint64 0, uint32 10)", "(aa{sv}t)" },
  { "Streams", "('far.test', uint64 0, uint32 10)", "(aa{sv}t)" },
  { "Streams", "('@', uint64 0, uint32 10)", NULL },
  { "Remotes", "('', '', uint32 10)", "(aa{sv}s)" },
  { "Remotes", "('a@far.test', '', uint32 10)", "(aa{sv}s)" },
  { "Remotes", "('@', '', uint32 10)", NULL },
  { "Routes", "()", "(aa{sv})" },
  { "Close", "('b.here.test', 'far.test', uint64 0)", "(ut)" },
  { "Close", "('*', '*', uint64 0)", "(ut)" },
  { "Close", "('here.test', 'far.test', uint64 0)", NULL },
  { "Close", "('b.here.test', '@', uint64 0)", NULL },
  { "Close", "('@', 'far.test', uint64 0)", NULL },
  { "Ping", "('here.test', 'far.test')", NULL },
};

static void
test_questions (void)
{
  set_up ();
  for (guint i = 0; i < G_N_ELEMENTS (questions); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) arguments
        = g_variant_parse (NULL, questions[i].arguments, NULL, NULL, &error);
      g_autoptr (GVariant) answer = NULL;

      g_assert_no_error (error);
      answer = ask_with_new (questions[i].method, arguments,
                             questions[i].type ? questions[i].type : "*", &error);
      if (questions[i].type)
        g_assert_no_error (error);
      else
        g_assert_error (error, ENJ_CALLER_ERROR, ENJ_CALLER_REFUSED);
    }
  tear_down ();
}

/* The answer of a ping comes when it comes, and not at all when the daemon ends. */
static gpointer
ping_in_thread (gpointer data)
{
  Question *question = data;
  g_autoptr (EnjCaller) caller = enj_caller_new (path, &question->error);

  question->answer
    = enj_caller_call_new (caller, "Ping", g_variant_new ("(ss)", "b.here.test", "far.test"),
                           "(a{sv})", &question->error);
  return NULL;
}

static void
test_ping (void)
{
  Question question = { 0 };
  g_autoptr (GVariant) result = NULL;
  GThread *thread;
  gboolean answered = TRUE;

  set_up ();
  thread = g_thread_new ("pinger", ping_in_thread, &question);
  while (n_sent == 0)
    g_main_context_iteration (NULL, TRUE);
  time_now += 130 * ENJ_SECOND; /* Nobody has answered. */
  enj_reception_tick (reception, time_now);
  g_thread_join (thread);
  g_assert_no_error (question.error);
  result = g_variant_get_child_value (question.answer, 0);
  g_assert_true (g_variant_lookup (result, "answered", "b", &answered));
  g_assert_false (answered);
  g_variant_unref (question.answer);
  tear_down ();
}

static void
test_absent (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *elsewhere = NULL;

  set_up ();
  g_assert_null (enj_control_new (loop, steward, reception, path, &error));
  g_assert_true (g_str_has_suffix (error->message, "is in use"));
  g_clear_error (&error);
  elsewhere = g_build_filename (folder, "nowhere", NULL);
  g_assert_null (enj_caller_new (elsewhere, &error));
  g_assert_error (error, ENJ_CALLER_ERROR, ENJ_CALLER_ABSENT);
  tear_down ();
}

/* ---- Who is not let in ---------------------------------------------------------------- */

/* Of this thread alone, and so without the C library. */
static void
become (uid_t user)
{
  g_assert_cmpint (syscall (SYS_setresuid, -1, user, -1), ==, 0);
}

static void
test_stranger (void)
{
  int client;

  if (geteuid () != 0)
    {
      g_test_skip ("only root can be somebody else");
      return;
    }
  set_up ();
  /* Were the file open to all, the kernel still tells who comes. */
  g_assert_cmpint (chmod (folder, 0755), ==, 0);
  g_assert_cmpint (chmod (path, 0666), ==, 0);
  become (65534);
  client = connect_new ();
  become (0);
  run ();
  g_assert_true (is_cut (client));
  close (client);
  assert_answers ();
  tear_down ();
}

static void
test_crowd (void)
{
  int clients[GUESTS + 1];

  set_up ();
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    clients[i] = connect_new ();
  run ();
  for (guint i = 0; i < GUESTS; i++)
    g_assert_false (is_cut (clients[i]));
  g_assert_true (is_cut (clients[GUESTS]));
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    close (clients[i]);
  tear_down ();
}

static void
test_patience (void)
{
  int clients[GUESTS];

  set_up ();
  for (guint i = 0; i < GUESTS; i++)
    clients[i] = connect_new ();
  run ();
  time_now += 10 * ENJ_SECOND - 1;
  run ();
  g_assert_false (is_cut (clients[0]));
  time_now += 1;
  while (!is_cut (clients[GUESTS - 1]))
    g_main_context_iteration (NULL, FALSE);
  for (guint i = 0; i < GUESTS; i++)
    close (clients[i]);
  /* And there is room again. */
  for (GError *error = NULL;; g_clear_error (&error))
    {
      g_autoptr (GVariant) answer = ask_new ("Status", "(a{sv})", &error);

      if (answer)
        break;
    }
  tear_down ();
}

/* So many descriptors as these, and @more. */
static void
leave (rlim_t more, struct rlimit *saved)
{
  struct rlimit limit;
  int next = dup (0);

  close (next);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, saved), ==, 0);
  limit = *saved;
  limit.rlim_cur = (rlim_t) next + more;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
}

/* GLib would abort for want of one. */
static void
test_no_descriptors (void)
{
  struct rlimit saved;

  set_up ();
  enj_journal_expect (G_LOG_LEVEL_WARNING, "cannot accept connections on *: *");
  for (rlim_t more = 0; more < 30; more++)
    {
      int client = connect_new ();

      leave (more, &saved);
      run ();
      g_assert_true (is_cut (client));
      g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &saved), ==, 0);
      time_now += ENJ_SECOND; /* The listener has rested. */
      run ();
      close (client);
    }
  enj_journal_assert_expected ();
  assert_answers ();
  tear_down ();
}

/* ---- Who asks faster than he is answered -------------------------------------------------- */

static void
handle_new (GObject *source, GAsyncResult *result, gpointer data)
{
  (void) source;
  *(GDBusConnection **) data = g_dbus_connection_new_finish (result, NULL);
}

static void
handle_answer (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GVariant) answer
    = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);

  ++((guint *) data)[answer ? 1 : 0];
}

static void
call (GDBusConnection *connection, guint *answers)
{
  g_dbus_connection_call (connection, NULL, ENJ_CONTROL_PATH, ENJ_CONTROL_INTERFACE, "Status",
                          NULL, NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, handle_answer, answers);
}

static void
test_flood (void)
{
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GSocketConnection) stream = NULL;
  g_autoptr (GDBusConnection) connection = NULL;
  struct pollfd hang_up = { .events = POLLRDHUP };
  guint answers[2] = { 0, 0 };

  set_up ();
  hang_up.fd = connect_new ();
  socket = g_socket_new_from_fd (hang_up.fd, NULL);
  stream = g_socket_connection_factory_create_connection (socket);
  g_dbus_connection_new (G_IO_STREAM (stream), NULL,
                         G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, NULL, NULL, handle_new,
                         &connection);
  while (!connection)
    g_main_context_iteration (NULL, TRUE);
  for (guint i = 0; i < CALLS; i++)
    call (connection, answers);
  while (answers[0] + answers[1] < CALLS)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (answers[1], ==, CALLS);

  /* Nobody answers while we do not turn. */
  for (guint i = 0; i < CALLS + 1; i++)
    call (connection, answers);
  g_assert_cmpint (poll (&hang_up, 1, 60 * 1000), ==, 1);
  while (answers[0] + answers[1] < 2 * CALLS + 1)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (answers[0], >, 0);
  assert_answers ();
  tear_down ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  enj_journal_install_for_tests ();
  /* First, while no thread of GIO gives descriptors back when it likes. */
  g_test_add_func ("/control/lives-without-descriptors", test_no_descriptors);
  g_test_add_func ("/control/answers-and-refuses", test_answers);
  g_test_add_func ("/control/tells-of-files-with-any-name", test_not_utf8);
  g_test_add_func ("/control/answers-each-question", test_questions);
  g_test_add_func ("/control/answers-a-ping-in-its-time", test_ping);
  g_test_add_func ("/control/leaves-the-place-to-who-is-there", test_absent);
  g_test_add_func ("/control/lets-no-other-user-in", test_stranger);
  g_test_add_func ("/control/has-room-for-few", test_crowd);
  g_test_add_func ("/control/waits-ten-seconds-for-a-name", test_patience);
  g_test_add_func ("/control/cuts-who-asks-too-fast", test_flood);
  return g_test_run ();
}
