#include "config.h"

#include "component/signals.h"

#include <signal.h>

static GString *heard;

static void
stop (gpointer data)
{
  (void) g_string_append (data, "stop ");
}

static void
reload (gpointer data)
{
  (void) g_string_append (data, "reload ");
}

static void
hand_over (gpointer data)
{
  (void) g_string_append (data, "hand-over ");
}

static void
tell (int number)
{
  gsize before = heard->len;

  g_assert_cmpint (raise (number), ==, 0);
  while (heard->len == before)
    (void) g_main_context_iteration (NULL, TRUE);
}

static void
test_heed (void)
{
  EnjSignals signals
    = { .stop = stop, .reload = reload, .hand_over = hand_over, .data = heard };

  enj_signals_heed (&signals);
  tell (SIGTERM);
  tell (SIGINT);
  tell (SIGHUP);
  tell (SIGUSR2);
  g_assert_cmpstr (heard->str, ==, "stop stop reload hand-over ");
  enj_signals_leave (&signals);
}

/* A second TERM comes when the first has been heeded already: that is no death. */
static void
test_leave (void)
{
  static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR2 };
  EnjSignals signals
    = { .stop = stop, .reload = reload, .hand_over = hand_over, .data = heard };

  (void) g_string_truncate (heard, 0);
  enj_signals_heed (&signals);
  enj_signals_leave (&signals);
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    g_assert_cmpint (raise (numbers[i]), ==, 0);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (heard->len, ==, 0);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  heard = g_string_new (NULL);
  g_test_add_func ("/signals/are-heeded", test_heed);
  g_test_add_func ("/signals/do-not-kill-who-is-ending", test_leave);
  status = g_test_run ();
  g_string_free (heard, TRUE);
  return status;
}
