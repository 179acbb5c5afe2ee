/* Where a conversation leads, and who has proved himself on it. */
#include "config.h"

#include "protocol/standing.h"

#include <string.h>

#include "protocol/budget.h"

static GString *lines;

static GLogWriterOutput
write_line (GLogLevelFlags level, const GLogField *fields, gsize n, gpointer data)
{
  (void) level;
  (void) data;
  for (gsize i = 0; i < n; i++)
    if (strcmp (fields[i].key, "MESSAGE") == 0 || g_str_has_prefix (fields[i].key, "ENJAMB_"))
      g_string_append_printf (lines, "%s|", (const char *) fields[i].value);
  return G_LOG_WRITER_HANDLED;
}

static void
test_begins_empty (void)
{
  EnjStanding standing = { .direction = "in" };
  const char *local;
  const char *remote;

  g_assert_cmpuint (enj_standing_count_pairs (&standing), ==, 0);
  g_assert_false (enj_standing_get_pair (&standing, &local, &remote));
  g_assert_false (enj_standing_has (&standing, NULL, NULL));
  enj_standing_clear (&standing);
}

static void
test_finds_pairs (void)
{
  EnjStanding standing = { .direction = "out" };
  const EnjLog log = { .id = "out-7" };
  gsize held = enj_budget_get_held ();
  const char *local;
  const char *remote;

  g_assert_true (enj_standing_add_pair (&standing, &log, "a.here", "there", "plain",
                                        "dialback", NULL, 1));
  g_assert_false (enj_standing_add_pair (&standing, &log, "b.here", "there", "plain",
                                        "dialback", NULL, 1));
  enj_standing_add_pair (&standing, &log, "a.here", "there", "plain", "dialback", NULL, 1);
  g_assert_cmpuint (enj_standing_count_pairs (&standing), ==, 2);
  g_assert_cmpuint (enj_budget_get_held () - held, ==, 2 * ENJ_BUDGET_RECORD);
  g_assert_true (enj_standing_get_pair (&standing, &local, &remote));
  g_assert_cmpstr (local, ==, "a.here");
  g_assert_cmpstr (remote, ==, "there");
  g_assert_true (enj_standing_has (&standing, "b.here", "there"));
  g_assert_true (enj_standing_has (&standing, NULL, "there"));
  g_assert_true (enj_standing_has (&standing, "b.here", NULL));
  g_assert_false (enj_standing_has (&standing, "c.here", NULL));
  g_assert_false (enj_standing_has (&standing, "a.here", "elsewhere"));
  enj_standing_clear (&standing);
  g_assert_cmpuint (enj_budget_get_held (), ==, held);
}

static void
test_says_how (void)
{
  EnjStanding standing = { .direction = "out", .has_bidi = TRUE, .is_acknowledged = TRUE };
  const EnjLog log = { .id = "out-7", .local = "other", .remote = "other" };

  g_string_truncate (lines, 0);
  enj_standing_add_pair (&standing, &log, "here", "there", "TLS1.3 AES-256-GCM", "EXTERNAL",
                         "peer by DANE", 1);
  g_assert_cmpstr (lines->str, ==,
                   "stream up, TLS1.3 AES-256-GCM, EXTERNAL, peer by DANE, bidi, acknowledged|"
                   "out-7|here|there|");
  enj_standing_clear (&standing);
}

static void
test_begins_anew (void)
{
  EnjStanding standing = { .direction = "in", .peer_proof = "dialback",
                           .has_bidi = TRUE };
  const EnjLog log = { .id = "in-7" };

  enj_standing_add_pair (&standing, &log, "here", "there", "plain", "dialback", NULL, 1);
  standing.milestones.at[ENJ_MILESTONE_CONNECTED] = 7;
  enj_standing_reset (&standing);
  g_assert_cmpuint (enj_standing_count_pairs (&standing), ==, 0);
  g_assert_null (standing.peer_proof);
  g_assert_false (standing.has_bidi);
  g_assert_cmpint (standing.milestones.at[ENJ_MILESTONE_AUTHENTICATED], ==, 0);
  g_assert_cmpint (standing.milestones.at[ENJ_MILESTONE_CONNECTED], ==, 7);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  lines = g_string_new (NULL);
  g_log_set_writer_func (write_line, NULL, NULL);
  g_test_add_func ("/standing/begins-empty", test_begins_empty);
  g_test_add_func ("/standing/finds-each-pair-once", test_finds_pairs);
  g_test_add_func ("/standing/says-how-a-pair-came-up", test_says_how);
  g_test_add_func ("/standing/begins-anew-with-the-stream", test_begins_anew);
  return g_test_run ();
}
