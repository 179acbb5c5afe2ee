#include "config.h"

#include "protocol/standby.h"

#include "protocol/condition.h"
#include "tests/support/proves.h"

#define SECOND G_TIME_SPAN_SECOND

/* What happens to a link, and what is to be done about those who want to connect. */
typedef enum
{
  UP,
  MISSED,   /* no connection */
  ENDED,    /* without an error */
  UNKNOWN,  /* refused: host-unknown */
  CONFLICT, /* refused, or thrown out */
  KEPT      /* others come already */
} What;

typedef struct
{
  int at; /* seconds since the start */
  What what;
  const char *domain;
  EnjStandbyState state;
} Step;

static const EnjStandbyState UNDECIDED = ENJ_STANDBY_UNDECIDED;
static const EnjStandbyState SERVING = ENJ_STANDBY_SERVING;
static const EnjStandbyState WAITING = ENJ_STANDBY_WAITING;

static void
take (EnjStandby *standby, const Step *step, GHashTable *up)
{
  gint64 now = step->at * SECOND + 1;
  g_autoptr (GError) error = NULL;

  if (step->what == UNKNOWN || step->what == CONFLICT)
    error = g_error_new_literal (ENJ_STREAM_ERROR,
                                 step->what == UNKNOWN ? ENJ_STREAM_HOST_UNKNOWN
                                                       : ENJ_STREAM_CONFLICT,
                                 "as the case says");
  if (step->what == KEPT)
    enj_standby_serve (standby);
  else if (step->what == UP)
    enj_standby_note_up (standby, step->domain);
  else if (step->what == MISSED)
    enj_standby_note_missed (standby, step->domain);
  else
    enj_standby_note_down (standby, step->domain, error,
                           g_hash_table_contains (up, step->domain), now);

  if (step->what == UP)
    g_hash_table_add (up, (gpointer) step->domain);
  else if (step->domain)
    g_hash_table_remove (up, step->domain);
  g_assert_cmpint (enj_standby_get_state (standby), ==, step->state);
}

#define PLAY(steps, ...) play (steps, G_N_ELEMENTS (steps), (const char *[]){ __VA_ARGS__, NULL })

static void
play (const Step *steps, guint n, const char *const *linked)
{
  g_autoptr (EnjStandby) standby = enj_standby_new ();
  g_autoptr (GHashTable) up = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; linked[i]; i++)
    enj_standby_add (standby, linked[i], TRUE);
  g_assert_cmpint (enj_standby_get_state (standby), ==, ENJ_STANDBY_UNDECIDED);
  for (guint i = 0; i < n; i++)
    take (standby, &steps[i], up);
}

static void
serves_once_the_link_is_up (void)
{
  const Step steps[] = {
    { 0, UP, "a", SERVING },
    /* The server goes and comes. */
    { 100, ENDED, "a", SERVING },
    { 101, MISSED, "a", SERVING },
    { 103, UNKNOWN, "a", SERVING },
    { 110, UP, "a", SERVING },
  };

  PLAY (steps, "a");
}

static void
serves_where_the_server_is_away (void)
{
  const Step missed[] = { { 0, MISSED, "a", SERVING } };
  const Step unknown[] = { { 0, UNKNOWN, "a", SERVING } };
  const Step ended[] = { { 0, ENDED, "a", SERVING } };

  PLAY (missed, "a");
  PLAY (unknown, "a");
  PLAY (ended, "a");
}

static void
waits_while_another_has_the_link (void)
{
  const Step steps[] = {
    { 0, CONFLICT, "a", WAITING },
    { 1, CONFLICT, "a", WAITING },
    /* The server restarts, and the other will be there first. */
    { 2, MISSED, "a", WAITING },
    { 4, UNKNOWN, "a", WAITING },
    { 8, CONFLICT, "a", WAITING },
    { 16, UP, "a", SERVING },
  };

  PLAY (steps, "a");
}

static void
gives_its_place_up (void)
{
  const Step thrown_out[] = {
    { 0, UP, "a", SERVING },
    { 9, CONFLICT, "a", WAITING },
    { 69, UP, "a", SERVING },
  };
  /* The other was faster when the server came back. */
  const Step refused[] = {
    { 0, UP, "a", SERVING },
    { 9, ENDED, "a", SERVING },
    { 10, CONFLICT, "a", SERVING },
    { 14, CONFLICT, "a", SERVING },
    { 15, CONFLICT, "a", WAITING },
  };
  /* It was a connection of our own that had not ended there. */
  const Step own[] = {
    { 0, KEPT, NULL, SERVING },
    { 0, CONFLICT, "a", SERVING },
    { 4, MISSED, "a", SERVING },
    { 6, CONFLICT, "a", SERVING },
    { 10, CONFLICT, "a", SERVING },
    { 12, UP, "a", SERVING },
    { 30, ENDED, "a", SERVING },
    { 31, CONFLICT, "a", SERVING },
  };

  PLAY (thrown_out, "a");
  PLAY (refused, "a");
  PLAY (own, "a");
}

static void
serves_with_one_of_several_links (void)
{
  const Step steps[] = {
    { 0, CONFLICT, "a", UNDECIDED },
    { 0, MISSED, "b", WAITING },
    { 5, UP, "b", SERVING },
    { 6, CONFLICT, "a", SERVING },
    { 8, ENDED, "b", WAITING },
  };
  const Step none[] = {
    { 0, MISSED, "a", UNDECIDED },
    { 0, UNKNOWN, "b", SERVING },
  };
  const Step first[] = {
    { 0, UP, "a", SERVING },
    { 0, CONFLICT, "b", SERVING },
    { 6, CONFLICT, "b", SERVING },
    { 9, CONFLICT, "a", WAITING },
  };

  PLAY (steps, "a", "b");
  PLAY (none, "a", "b");
  PLAY (first, "a", "b");
}

static void
needs_no_link_for_a_domain_without_one (void)
{
  g_autoptr (EnjStandby) standby = enj_standby_new ();
  g_autoptr (GError) error
    = g_error_new_literal (ENJ_STREAM_ERROR, ENJ_STREAM_CONFLICT, "another");

  enj_standby_add (standby, "a", TRUE);
  enj_standby_add (standby, "b", FALSE);
  g_assert_cmpint (enj_standby_get_state (standby), ==, ENJ_STANDBY_SERVING);
  enj_standby_note_down (standby, "a", error, FALSE, 1);
  enj_standby_note_down (standby, "a", error, FALSE, 100 * SECOND);
  g_assert_cmpint (enj_standby_get_state (standby), ==, ENJ_STANDBY_SERVING);
}

static void
tells_which_links_wait (void)
{
  g_autoptr (EnjStandby) standby = enj_standby_new ();
  g_autoptr (GError) error
    = g_error_new_literal (ENJ_STREAM_ERROR, ENJ_STREAM_CONFLICT, "another");

  enj_standby_add (standby, "a", TRUE);
  enj_standby_add (standby, "b", TRUE);
  enj_standby_note_down (standby, "a", error, FALSE, 1);
  g_assert_false (enj_standby_is_waiting (standby, "a"));
  enj_standby_note_missed (standby, "b");
  g_assert_true (enj_standby_is_waiting (standby, "a"));
  g_assert_true (enj_standby_is_waiting (standby, "b"));
  g_assert_false (enj_standby_is_waiting (standby, "c"));

  /* One is up, and so the place is ours. */
  enj_standby_note_up (standby, "b");
  g_assert_false (enj_standby_is_waiting (standby, "a"));
  g_assert_false (enj_standby_is_waiting (standby, "b"));
  /* But another has the other for good. */
  enj_standby_note_down (standby, "a", error, FALSE, 6 * SECOND);
  g_assert_true (enj_standby_is_waiting (standby, "a"));
  g_assert_false (enj_standby_is_waiting (standby, "b"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/standby/serves-once-the-link-is-up", serves_once_the_link_is_up);
  g_test_add_func ("/standby/serves-where-the-server-is-away", serves_where_the_server_is_away);
  g_test_add_func ("/standby/waits-while-another-has-the-link", waits_while_another_has_the_link);
  g_test_add_func ("/standby/gives-its-place-up", gives_its_place_up);
  g_test_add_func ("/standby/serves-with-one-of-several-links", serves_with_one_of_several_links);
  g_test_add_func ("/standby/tells-which-links-wait", tells_which_links_wait);
  g_test_add_func ("/standby/needs-no-link-for-a-domain-without-one",
                   needs_no_link_for_a_domain_without_one);
  return g_test_run ();
}
