#include "config.h"

#include "protocol/comeback.h"

#include "protocol/condition.h"
#include "tests/support/proves.h"

#define SECOND G_TIME_SPAN_SECOND
#define MAX_DELAY 60

/* What happens to one uplink, in seconds since the start, and what comes of it. */
typedef enum
{
  UP,
  MISSED, /* no connection */
  ENDED,  /* in order, or without a stream error */
  REFUSED /* by the condition beside it */
} What;

typedef struct
{
  int at;
  What what;
  EnjStreamCondition condition;
  EnjComebackNews news;
  int low; /* the delay, in seconds */
  int high;
} Step;

static void
take (EnjComeback *comeback, const Step *step)
{
  gint64 now = step->at * SECOND + 1;
  gint64 delay = -1;
  EnjComebackNews news = ENJ_COMEBACK_NO_NEWS;
  g_autoptr (GError) error = NULL;

  if (step->what == REFUSED)
    error = g_error_new_literal (ENJ_STREAM_ERROR, step->condition, "as the case says");
  if (step->what == UP)
    enj_comeback_up (comeback, now);
  else if (step->what == MISSED)
    news = enj_comeback_missed (comeback, &delay);
  else
    news = enj_comeback_ended (comeback, error, now, &delay);

  g_assert_cmpint (news, ==, step->news);
  if (step->what == UP)
    return;
  g_assert_cmpint (delay, >=, step->low * SECOND);
  g_assert_cmpint (delay, <=, step->high * SECOND);
}

static void
play (const Step *steps, guint n)
{
  EnjComeback comeback;

  enj_comeback_init (&comeback, MAX_DELAY);
  for (guint i = 0; i < n; i++)
    take (&comeback, &steps[i]);
}

static void
rests_longer_each_time (void)
{
  static const Step steps[] = {
    { 0, MISSED, 0, ENJ_COMEBACK_UNREACHABLE, 1, 1 },
    { 1, MISSED, 0, ENJ_COMEBACK_NO_NEWS, 1, 2 },
    { 3, MISSED, 0, ENJ_COMEBACK_NO_NEWS, 2, 4 },
    { 7, ENDED, 0, ENJ_COMEBACK_REFUSED, 4, 8 },
    { 15, ENDED, 0, ENJ_COMEBACK_NO_NEWS, 8, 16 },
    { 31, MISSED, 0, ENJ_COMEBACK_NO_NEWS, 16, 32 },
    { 63, MISSED, 0, ENJ_COMEBACK_NO_NEWS, 30, 60 },
    { 123, MISSED, 0, ENJ_COMEBACK_NO_NEWS, 30, 60 },
  };

  enj_test_proves ("C16");
  play (steps, G_N_ELEMENTS (steps));
}

static void
begins_anew_after_a_minute_up (void)
{
  static const Step steps[] = {
    { 0, MISSED, 0, ENJ_COMEBACK_UNREACHABLE, 1, 1 },
    { 1, MISSED, 0, ENJ_COMEBACK_NO_NEWS, 1, 2 },
    { 3, MISSED, 0, ENJ_COMEBACK_NO_NEWS, 2, 4 },
    { 7, UP, 0, ENJ_COMEBACK_NO_NEWS, 0, 0 },
    { 66, ENDED, 0, ENJ_COMEBACK_NO_NEWS, 4, 8 }, /* 59 s */
    { 70, UP, 0, ENJ_COMEBACK_NO_NEWS, 0, 0 },
    { 130, ENDED, 0, ENJ_COMEBACK_NO_NEWS, 1, 1 }, /* 60 s */
    /* Up once, it is told anew. */
    { 131, MISSED, 0, ENJ_COMEBACK_UNREACHABLE, 1, 2 },
  };

  play (steps, G_N_ELEMENTS (steps));
}

static void
tells_of_a_wrong_secret_once (void)
{
  static const Step steps[] = {
    { 0, MISSED, 0, ENJ_COMEBACK_UNREACHABLE, 1, 1 },
    { 1, REFUSED, ENJ_STREAM_NOT_AUTHORIZED, ENJ_COMEBACK_SECRET, 30, 60 },
    { 61, REFUSED, ENJ_STREAM_NOT_AUTHORIZED, ENJ_COMEBACK_NO_NEWS, 30, 60 },
    /* The rare tries of a wrong secret say nothing of the server. */
    { 121, MISSED, 0, ENJ_COMEBACK_NO_NEWS, 1, 2 },
    { 123, UP, 0, ENJ_COMEBACK_NO_NEWS, 0, 0 },
    { 124, ENDED, 0, ENJ_COMEBACK_NO_NEWS, 2, 4 },
    { 128, REFUSED, ENJ_STREAM_NOT_AUTHORIZED, ENJ_COMEBACK_SECRET, 30, 60 },
  };

  enj_test_proves ("C16");
  play (steps, G_N_ELEMENTS (steps));
}

static void
gives_an_unknown_host_five_minutes (void)
{
  static const Step steps[] = {
    { 0, REFUSED, ENJ_STREAM_HOST_UNKNOWN, ENJ_COMEBACK_NO_NEWS, 1, 1 },
    { 299, REFUSED, ENJ_STREAM_HOST_UNKNOWN, ENJ_COMEBACK_NO_NEWS, 1, 2 },
    { 300, REFUSED, ENJ_STREAM_HOST_UNKNOWN, ENJ_COMEBACK_UNKNOWN, 2, 4 },
    { 900, REFUSED, ENJ_STREAM_HOST_UNKNOWN, ENJ_COMEBACK_NO_NEWS, 4, 8 },
  };

  enj_test_proves ("C16");
  play (steps, G_N_ELEMENTS (steps));
}

static void
counts_five_minutes_on_end (void)
{
  static const Step steps[] = {
    { 0, REFUSED, ENJ_STREAM_HOST_UNKNOWN, ENJ_COMEBACK_NO_NEWS, 1, 1 },
    { 10, MISSED, 0, ENJ_COMEBACK_UNREACHABLE, 1, 2 },
    { 400, REFUSED, ENJ_STREAM_HOST_UNKNOWN, ENJ_COMEBACK_NO_NEWS, 2, 4 },
    { 410, UP, 0, ENJ_COMEBACK_NO_NEWS, 0, 0 },
    { 411, REFUSED, ENJ_STREAM_HOST_UNKNOWN, ENJ_COMEBACK_NO_NEWS, 4, 8 },
    { 711, REFUSED, ENJ_STREAM_HOST_UNKNOWN, ENJ_COMEBACK_UNKNOWN, 8, 16 },
  };

  play (steps, G_N_ELEMENTS (steps));
}

static void
rests_a_minute_when_thrown_out (void)
{
  static const Step steps[] = {
    /* The other one was first: wait for it to go. */
    { 0, REFUSED, ENJ_STREAM_CONFLICT, ENJ_COMEBACK_REFUSED, 1, 1 },
    { 1, UP, 0, ENJ_COMEBACK_NO_NEWS, 0, 0 },
    { 2, REFUSED, ENJ_STREAM_CONFLICT, ENJ_COMEBACK_CONFLICT, 60, 60 },
    { 62, UP, 0, ENJ_COMEBACK_NO_NEWS, 0, 0 },
    { 63, REFUSED, ENJ_STREAM_CONFLICT, ENJ_COMEBACK_CONFLICT, 60, 60 },
    /* That it was up is forgotten with its end. */
    { 123, REFUSED, ENJ_STREAM_CONFLICT, ENJ_COMEBACK_REFUSED, 1, 2 },
  };

  enj_test_proves ("C16");
  play (steps, G_N_ELEMENTS (steps));
}

static void
keeps_to_a_new_limit (void)
{
  EnjComeback comeback;
  gint64 delay;

  enj_comeback_init (&comeback, MAX_DELAY);
  for (guint i = 0; i < 10; i++)
    (void) enj_comeback_missed (&comeback, &delay); /* Looked at below. */
  enj_comeback_set_max (&comeback, 4);
  (void) enj_comeback_missed (&comeback, &delay); /* The delay is the matter. */
  g_assert_cmpint (delay, >=, 2 * SECOND);
  g_assert_cmpint (delay, <=, 4 * SECOND);
}

/* Whatever ends it, but for a conflict: that one rests a minute. */
static void
never_rests_longer (void)
{
  static const guint64 limits[] = { 1, 5, 86400 };

  for (gsize i = 0; i < G_N_ELEMENTS (limits); i++)
    {
      EnjComeback comeback;
      gint64 longest = 0;

      enj_comeback_init (&comeback, limits[i]);
      for (guint n = 0; n < 100; n++)
        {
          g_autoptr (GError) error
            = g_error_new_literal (ENJ_STREAM_ERROR, ENJ_STREAM_HOST_UNKNOWN, "as the case says");
          gint64 delay;

          if (n % 3 == 0)
            (void) enj_comeback_missed (&comeback, &delay); /* The delay is the matter. */
          else
            (void) enj_comeback_ended (&comeback, n % 3 == 1 ? error : NULL, n + 1, &delay);
          longest = MAX (longest, delay);
        }
      g_assert_cmpint (longest, <=, (gint64) limits[i] * SECOND);
      g_assert_cmpint (longest, >, (gint64) limits[i] * SECOND / 2);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/comeback/rests-longer-each-time", rests_longer_each_time);
  g_test_add_func ("/comeback/begins-anew-after-a-minute-up", begins_anew_after_a_minute_up);
  g_test_add_func ("/comeback/tells-of-a-wrong-secret-once", tells_of_a_wrong_secret_once);
  g_test_add_func ("/comeback/gives-an-unknown-host-five-minutes",
                   gives_an_unknown_host_five_minutes);
  g_test_add_func ("/comeback/counts-five-minutes-on-end", counts_five_minutes_on_end);
  g_test_add_func ("/comeback/rests-a-minute-when-thrown-out", rests_a_minute_when_thrown_out);
  g_test_add_func ("/comeback/keeps-to-a-new-limit", keeps_to_a_new_limit);
  g_test_add_func ("/comeback/never-rests-longer-than-it-may", never_rests_longer);
  return g_test_run ();
}
