#include "config.h"

#include "component/loop.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>


/* A context of its own for each test, and time that stands still. */
static GMainContext *context;
static EnjLoop *loop;
static GString *diary;
static gint64 time_now;

static gint64
get_time (void)
{
  return time_now;
}

static void
turn (void)
{
  g_assert_true (g_main_context_iteration (context, FALSE));
}

static void
set_up (void)
{
  g_autoptr (GError) error = NULL;

  context = g_main_context_new ();
  loop = enj_loop_new (context, &error);
  g_assert_no_error (error);
  time_now = 1000;
  enj_loop_set_clock (loop, get_time);
  diary = g_string_new (NULL);
}

static void
tear_down (void)
{
  g_assert_false (g_main_context_pending (context));
  enj_loop_free (loop);
  g_main_context_unref (context);
  g_string_free (diary, TRUE);
}

static void
open_pair (int pair[2])
{
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), ==,
                   0);
}

static EnjWatch *
watch_new (int fd, guint32 events, EnjWatchFunc func, gpointer data)
{
  g_autoptr (GError) error = NULL;
  EnjWatch *watch = enj_loop_watch (loop, fd, events, func, data, &error);

  g_assert_no_error (error);
  return watch;
}

static void
note_events (guint32 events, gint64 now, gpointer data)
{
  g_assert_cmpint (now, ==, time_now);
  g_string_append_printf (diary, "%s:%s%s%s%s ", (const char *) data,
                          events & EPOLLIN ? "in" : "", events & EPOLLOUT ? "out" : "",
                          events & EPOLLHUP ? "hup" : "", events & ENJ_LOOP_DUE ? "due" : "");
}

static void
assert_diary (const char *expected)
{
  g_assert_cmpstr (diary->str, ==, expected);
  g_string_truncate (diary, 0);
}

static void
test_events (void)
{
  EnjWatch *watch;
  int pair[2];

  set_up ();
  open_pair (pair);
  watch = watch_new (pair[0], EPOLLIN, note_events, (gpointer) "a");
  g_assert_false (g_main_context_iteration (context, FALSE));

  g_assert_cmpint (write (pair[1], "x", 1), ==, 1);
  turn ();
  turn ();
  assert_diary ("a:in a:in ");

  enj_watch_set_events (watch, 0);
  g_assert_false (g_main_context_iteration (context, FALSE));
  enj_watch_set_events (watch, EPOLLIN | EPOLLOUT);
  turn ();
  assert_diary ("a:inout ");

  enj_watch_set_events (watch, 0);
  close (pair[1]);
  turn ();
  assert_diary ("a:hup ");
  enj_watch_free (watch);
  close (pair[0]);
  tear_down ();
}

static void
test_refuses_a_file (void)
{
  g_autoptr (GError) error = NULL;
  FILE *file = tmpfile ();

  set_up ();
  g_assert_nonnull (file);
  g_assert_null (enj_loop_watch (loop, fileno (file), EPOLLIN, note_events, NULL, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_PERM);
  fclose (file);
  tear_down ();
}

static void
test_deadlines (void)
{
  static const char *const names[] = { "a", "b", "c", "d", "e" };
  static const gint64 due[] = { 5000, 3000, 4000, 1000, 9000 };
  EnjWatch *watches[5];

  set_up ();
  for (guint i = 0; i < 5; i++)
    {
      watches[i] = watch_new (-1, 0, note_events, (gpointer) names[i]);
      enj_watch_set_deadline (watches[i], due[i]);
    }

  turn ();
  assert_diary ("d:due ");
  g_assert_false (g_main_context_iteration (context, FALSE));

  enj_watch_set_deadline (watches[1], 6000); /* later: looked at when the old one comes */
  enj_watch_set_deadline (watches[4], 2000); /* earlier */
  enj_watch_set_deadline (watches[2], ENJ_NEVER);
  time_now = 4500;
  turn ();
  assert_diary ("e:due ");

  enj_watch_free (watches[0]);
  time_now = 7000;
  turn ();
  assert_diary ("b:due ");
  enj_watch_set_deadline (watches[4], time_now - 1);
  turn ();
  assert_diary ("e:due ");
  for (guint i = 1; i < 5; i++)
    enj_watch_free (watches[i]);
  tear_down ();
}

/* Against a list that is searched. */
static void
test_many_deadlines (void)
{
  enum { N = 200 };
  EnjWatch *watches[N];
  gint64 due[N];
  guint fired = 0;

  set_up ();
  for (guint i = 0; i < N; i++)
    {
      watches[i] = watch_new (-1, 0, note_events, (gpointer) "x");
      due[i] = ENJ_NEVER;
    }

  for (guint step = 0; step < 2000; step++)
    {
      guint i = (guint) g_test_rand_int_range (0, N);
      guint gone = (guint) g_test_rand_int_range (0, N);
      guint expected = 0;

      enj_watch_free (watches[gone]);
      watches[gone] = watch_new (-1, 0, note_events, (gpointer) "x");
      due[gone] = ENJ_NEVER;
      due[i] = time_now + g_test_rand_int_range (1, 500);
      enj_watch_set_deadline (watches[i], due[i]);
      time_now += g_test_rand_int_range (1, 10);
      for (guint j = 0; j < N; j++)
        if (due[j] <= time_now)
          {
            due[j] = ENJ_NEVER;
            expected++;
          }
      (void) g_main_context_iteration (context, FALSE); /* Nothing may be due. */
      g_assert_cmpuint (diary->len, ==, expected * strlen ("x:due "));
      g_string_truncate (diary, 0);
      fired += expected;
    }

  g_assert_cmpuint (fired, >, 1000);
  for (guint i = 0; i < N; i++)
    enj_watch_free (watches[i]);
  tear_down ();
}

static void
set_again (guint32 events, gint64 now, gpointer data)
{
  EnjWatch **watch = data;

  (void) events;
  g_string_append (diary, "again ");
  enj_watch_set_deadline (*watch, now);
}

static void
test_deadline_set_again (void)
{
  EnjWatch *watch;

  set_up ();
  watch = watch_new (-1, 0, set_again, &watch);
  enj_watch_set_deadline (watch, 0);
  turn ();
  assert_diary ("again ");
  time_now++;
  turn ();
  assert_diary ("again ");
  enj_watch_free (watch);
  tear_down ();
}

static EnjWatch *both[2];

static void
free_both (guint32 events, gint64 now, gpointer data)
{
  (void) now;
  (void) data;
  g_assert_cmpuint (events, ==, EPOLLIN);
  g_string_append (diary, "freed ");
  enj_watch_free (both[0]);
  enj_watch_free (both[1]);
}

static void
test_freed_inside (void)
{
  int pairs[2][2];

  set_up ();
  for (guint i = 0; i < 2; i++)
    {
      open_pair (pairs[i]);
      g_assert_cmpint (write (pairs[i][1], "x", 1), ==, 1);
      both[i] = watch_new (pairs[i][0], EPOLLIN, free_both, NULL);
      enj_watch_set_deadline (both[i], 0);
    }

  turn ();
  assert_diary ("freed ");
  for (guint i = 0; i < 2; i++)
    {
      close (pairs[i][0]);
      close (pairs[i][1]);
    }
  tear_down ();
}

/* ---- Jobs ------------------------------------------------------------- */

typedef struct
{
  EnjDeferred job;
  const char *name;
  EnjDeferred *queues[3];
} Job;

static void
run_job (gpointer data)
{
  Job *job = data;

  g_string_append_printf (diary, "%s ", job->name);
  for (guint i = 0; i < G_N_ELEMENTS (job->queues) && job->queues[i]; i++)
    enj_loop_defer (loop, job->queues[i]);
  memset (job->queues, 0, sizeof job->queues);
}

static Job
job_init (const char *name, EnjLoopRank rank)
{
  return (Job){ .job = { .func = run_job, .rank = rank }, .name = name };
}

static void
test_jobs (void)
{
  Job write1 = job_init ("write1", ENJ_LOOP_WRITE);
  Job write2 = job_init ("write2", ENJ_LOOP_WRITE);
  Job think1 = job_init ("think1", ENJ_LOOP_THINK);
  Job think2 = job_init ("think2", ENJ_LOOP_THINK);
  Job think3 = job_init ("think3", ENJ_LOOP_THINK);
  Job *const all[] = { &write1, &write2, &think1, &think2, &think3 };

  set_up ();
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    all[i]->job.data = all[i];

  enj_loop_defer (loop, &write1.job);
  enj_loop_defer (loop, &think1.job);
  enj_loop_defer (loop, &write1.job);
  turn ();
  assert_diary ("think1 write1 ");

  think1.queues[0] = &write2.job;
  think1.queues[1] = &think2.job; /* thinks in this turn still */
  think1.queues[2] = &think1.job; /* it had its turn */
  write2.queues[0] = &write1.job;
  write2.queues[1] = &think3.job; /* thinks when the writing is done */
  write2.queues[2] = &write2.job;
  enj_loop_defer (loop, &think1.job);
  turn ();
  assert_diary ("think1 think2 write2 write1 ");
  turn ();
  assert_diary ("think1 think3 write2 ");
  tear_down ();
}

static void
test_jobs_taken_out (void)
{
  Job first = job_init ("first", ENJ_LOOP_THINK);
  Job second = job_init ("second", ENJ_LOOP_THINK);
  Job third = job_init ("third", ENJ_LOOP_THINK);

  set_up ();
  first.job.data = &first;
  second.job.data = &second;
  third.job.data = &third;
  enj_loop_defer (loop, &first.job);
  enj_loop_defer (loop, &second.job);
  enj_loop_defer (loop, &third.job);
  enj_deferred_clear (&second.job);
  enj_deferred_clear (&second.job);
  turn ();
  assert_diary ("first third ");
  enj_loop_defer (loop, &second.job);
  turn ();
  assert_diary ("second ");
  tear_down ();
}

static void
queue_job (guint32 events, gint64 now, gpointer data)
{
  (void) events;
  (void) now;
  g_string_append (diary, "event ");
  time_now += 5;
  g_assert_cmpint (enj_loop_now (loop), ==, 1005);
  enj_loop_defer (loop, data);
}

static void
test_one_turn (void)
{
  Job job = job_init ("job", ENJ_LOOP_WRITE);
  EnjWatch *watches[2];

  set_up ();
  job.job.data = &job;
  for (guint i = 0; i < 2; i++)
    {
      watches[i] = watch_new (-1, 0, queue_job, &job.job);
      enj_watch_set_deadline (watches[i], time_now);
      time_now += 5;
    }
  time_now = 1005;
  g_assert_cmpint (enj_loop_now (loop), ==, 1005);
  enj_watch_set_deadline (watches[0], time_now);
  turn ();
  g_assert_cmpint (time_now, ==, 1015);
  assert_diary ("event event job ");
  for (guint i = 0; i < 2; i++)
    enj_watch_free (watches[i]);
  tear_down ();
}

static void
take_long (gpointer data)
{
  (void) data;
  time_now += 7;
  g_assert_cmpint (enj_loop_now (loop), ==, 1000);
}

static void
note_time (gpointer data)
{
  *(gint64 *) data = enj_loop_now (loop);
}

/* What takes long in a turn is seen by who writes. */
static void
test_time_of_writing (void)
{
  gint64 seen = 0;
  EnjDeferred think = { .func = take_long, .rank = ENJ_LOOP_THINK };
  EnjDeferred write = { .func = note_time, .data = &seen, .rank = ENJ_LOOP_WRITE };

  set_up ();
  enj_loop_defer (loop, &write);
  enj_loop_defer (loop, &think);
  turn ();
  g_assert_cmpint (seen, ==, 1007);
  tear_down ();
}

static void
free_loop (gpointer data)
{
  (void) data;
  g_string_append (diary, "free ");
  enj_loop_free (loop);
}

typedef struct
{
  EnjWatch *watch;
  int fd;
  guint *gone;
} Leaver;

static void
note_gone (guint32 events, gint64 now, gpointer data)
{
  Leaver *leaver = data;

  (void) now;
  g_assert_true (events & EPOLLHUP);
  ++*leaver->gone;
  g_clear_pointer (&leaver->watch, enj_watch_free);
  close (leaver->fd);
}

/* Whoever speaks up behind a crowd that hung up is heard before all of it is cleared away. */
static void
test_crowd_gone (void)
{
  Leaver leavers[500];
  guint gone = 0;
  guint before;
  int pair[2];
  EnjWatch *watch;

  set_up ();
  for (guint i = 0; i < G_N_ELEMENTS (leavers); i++)
    {
      open_pair (pair);
      leavers[i] = (Leaver){ .fd = pair[0], .gone = &gone };
      leavers[i].watch = watch_new (pair[0], EPOLLIN, note_gone, &leavers[i]);
      close (pair[1]);
    }
  open_pair (pair);
  watch = watch_new (pair[0], EPOLLIN, note_events, (gpointer) "a");
  g_assert_cmpint (write (pair[1], "x", 1), ==, 1);

  for (before = 0; diary->len == 0; before = gone)
    turn ();
  g_assert_cmpuint (before, <, 100);
  enj_watch_free (watch);
  while (gone < G_N_ELEMENTS (leavers))
    turn ();
  close (pair[0]);
  close (pair[1]);
  tear_down ();
}

static void
test_loop_freed_inside (void)
{
  EnjDeferred job = { .func = free_loop };

  set_up ();
  enj_loop_defer (loop, &job);
  turn ();
  assert_diary ("free ");
  loop = NULL;
  tear_down ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/loop/reports-what-is-watched", test_events);
  g_test_add_func ("/loop/refuses-what-cannot-be-watched", test_refuses_a_file);
  g_test_add_func ("/loop/deadlines-come-in-order", test_deadlines);
  g_test_add_func ("/loop/many-deadlines-come-when-they-are-due", test_many_deadlines);
  g_test_add_func ("/loop/a-deadline-that-is-set-again-waits-for-the-next-turn",
                   test_deadline_set_again);
  g_test_add_func ("/loop/watches-may-be-freed-inside-each-other", test_freed_inside);
  g_test_add_func ("/loop/jobs-think-before-they-write", test_jobs);
  g_test_add_func ("/loop/a-job-can-be-taken-out", test_jobs_taken_out);
  g_test_add_func ("/loop/a-turn-has-one-time-and-one-end", test_one_turn);
  g_test_add_func ("/loop/who-writes-looks-at-the-clock-anew", test_time_of_writing);
  g_test_add_func ("/loop/may-be-freed-inside-a-turn", test_loop_freed_inside);
  g_test_add_func ("/loop/who-speaks-does-not-wait-for-a-crowd-that-is-gone", test_crowd_gone);
  return g_test_run ();
}
