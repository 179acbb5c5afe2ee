#include "config.h"

#include "component/turnstile.h"

static guint n_admitted;

static void
count (gpointer data)
{
  const EnjPass *pass = data;

  g_assert_cmpint (pass->state, ==, ENJ_PASS_INSIDE);
  n_admitted++;
}

static void
test_row (void)
{
  g_autoptr (EnjTurnstile) turnstile = enj_turnstile_new ();
  EnjPass passes[4] = { 0 };

  n_admitted = 0;
  enj_turnstile_set_limit (turnstile, 1);
  for (guint i = 0; i < 4; i++)
    {
      passes[i].admitted = (EnjWake){ count, &passes[i] };
      enj_pass_enter (&passes[i], turnstile);
      g_assert_cmpint (passes[i].state, ==, i == 0 ? ENJ_PASS_INSIDE : ENJ_PASS_WAITING);
    }

  /* One that gives up waiting is no one's turn. */
  enj_pass_leave (&passes[1]);
  g_assert_cmpuint (n_admitted, ==, 0);
  enj_pass_leave (&passes[0]);
  g_assert_cmpuint (n_admitted, ==, 1);
  g_assert_cmpint (passes[2].state, ==, ENJ_PASS_INSIDE);
  g_assert_cmpint (passes[3].state, ==, ENJ_PASS_WAITING);
  enj_pass_leave (&passes[0]);
  g_assert_cmpuint (n_admitted, ==, 1);
  enj_pass_leave (&passes[2]);
  enj_pass_leave (&passes[3]);
  g_assert_cmpuint (n_admitted, ==, 2);

  enj_pass_enter (&passes[0], turnstile);
  g_assert_cmpint (passes[0].state, ==, ENJ_PASS_INSIDE);
  enj_pass_leave (&passes[0]);
}

static void
test_limit (void)
{
  g_autoptr (EnjTurnstile) turnstile = enj_turnstile_new ();
  EnjPass passes[3] = { 0 };

  n_admitted = 0;
  for (guint i = 0; i < 3; i++)
    {
      passes[i].admitted = (EnjWake){ count, &passes[i] };
      enj_pass_enter (&passes[i], turnstile);
      g_assert_cmpint (passes[i].state, ==, ENJ_PASS_WAITING);
    }
  enj_turnstile_set_limit (turnstile, 2);
  g_assert_cmpuint (n_admitted, ==, 2);
  enj_turnstile_set_limit (turnstile, 1);
  enj_pass_leave (&passes[0]);
  g_assert_cmpint (passes[2].state, ==, ENJ_PASS_WAITING);
  enj_pass_leave (&passes[1]);
  g_assert_cmpint (passes[2].state, ==, ENJ_PASS_INSIDE);
  enj_pass_leave (&passes[2]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/turnstile/who-waits-longest-is-next", test_row);
  g_test_add_func ("/turnstile/a-new-limit-counts-from-now-on", test_limit);
  return g_test_run ();
}
