#include "config.h"

#include "protocol/servers.h"

#include <string.h>

#include "protocol/chance.h"
#include "tests/support/proves.h"

/* "priority weight port target"; "." is no target. */
static gboolean
add_lines (EnjServers *servers, const char *const *lines, gboolean direct_tls, gboolean secure)
{
  EnjSrvRecord records[32] = { 0 };
  gboolean all_allowed;
  guint n = 0;

  for (; lines[n]; n++)
    {
      g_auto (GStrv) words = g_strsplit (lines[n], " ", 4);

      records[n].priority = (guint16) g_ascii_strtoull (words[0], NULL, 10);
      records[n].weight = (guint16) g_ascii_strtoull (words[1], NULL, 10);
      records[n].port = (guint16) g_ascii_strtoull (words[2], NULL, 10);
      records[n].target = g_strdup (strcmp (words[3], ".") == 0 ? "" : words[3]);
    }
  all_allowed = enj_servers_add_records (servers, records, n, direct_tls, secure);
  for (guint i = 0; i < n; i++)
    g_free (records[i].target);
  return all_allowed;
}

#define LINES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void
test_mixed (void)
{
  EnjServers servers = { 0 };

  enj_test_proves ("N01 N07 A09");
  g_assert_true (add_lines (&servers, LINES ("20 0 5269 d.example", "5 0 5269 a.example"), FALSE,
                            FALSE));
  g_assert_true (add_lines (&servers, LINES ("10 0 5270 c.example", "7 0 443 b.example"), TRUE,
                            TRUE));
  enj_servers_order (&servers);

  g_assert_cmpuint (servers.n, ==, 4);
  for (guint i = 0; i < 4; i++)
    {
      char host[] = { (char) ('a' + i), '\0' };

      g_assert_true (g_str_has_prefix (servers.list[i].host, host));
      g_assert_cmpint (servers.list[i].direct_tls, ==, i == 1 || i == 2);
      g_assert_cmpint (servers.list[i].is_secure, ==, i == 1 || i == 2);
    }
  g_assert_cmpuint (servers.list[1].port, ==, 443);
  enj_servers_clear (&servers);
}

typedef struct
{
  guint32 state;
} Random;

static void
fill (guint8 *data, gsize len, gpointer user_data)
{
  Random *random = user_data;

  for (gsize i = 0; i < len; i++)
    {
      random->state = random->state * 1664525 + 1013904223;
      data[i] = (guint8) (random->state >> 24);
    }
}

/* Who is first, of three records of one priority, counted; the last is of the other kind. */
static void
count_first (const char *const lines[3], guint counts[3], guint rounds)
{
  for (guint i = 0; i < rounds; i++)
    {
      EnjServers servers = { 0 };
      guint seen = 0;

      add_lines (&servers, LINES (lines[0], lines[1]), FALSE, FALSE);
      add_lines (&servers, LINES (lines[2]), TRUE, FALSE);
      enj_servers_order (&servers);
      g_assert_cmpuint (servers.n, ==, 3);
      for (guint place = 0; place < 3; place++)
        seen |= 1u << (servers.list[place].host[0] - 'a');
      g_assert_cmpuint (seen, ==, 7);
      counts[servers.list[0].host[0] - 'a']++;
      enj_servers_clear (&servers);
    }
}

static void
test_weights (void)
{
  static const char *const weighted[]
      = { "1 10 5269 a.example", "1 30 5269 b.example", "1 60 5270 c.example" };
  static const char *const with_zero[]
      = { "1 9 5269 a.example", "1 0 5269 b.example", "1 0 5270 c.example" };
  static const char *const tiny[]
      = { "1 1 5269 a.example", "1 0 5269 b.example", "1 0 5270 c.example" };
  guint counts[3] = { 0 };
  guint zero[3] = { 0 };
  guint half[3] = { 0 };
  Random random = { 1 };

  enj_test_proves ("N01 N07");
  enj_chance_set_source (fill, &random);
  count_first (weighted, counts, 10000);
  count_first (with_zero, zero, 10000);
  count_first (tiny, half, 1000);
  enj_chance_set_source (NULL, NULL);

  /* RFC 2782: 11, 30 and 60 of 101, for a sum of 0 counts too. */
  g_assert_cmpuint (counts[0], >, 900);
  g_assert_cmpuint (counts[0], <, 1300);
  g_assert_cmpuint (counts[1], >, 2700);
  g_assert_cmpuint (counts[1], <, 3300);
  g_assert_cmpuint (counts[2], >, 5600);
  g_assert_cmpuint (counts[2], <, 6300);

  /* Weight 0 has a very small chance, but one. */
  g_assert_cmpuint (zero[0], >, 8500);
  g_assert_cmpuint (zero[1] + zero[2], >, 500);
  g_assert_cmpuint (half[0], >, 400);
  g_assert_cmpuint (half[0], <, 600);
}

static void
test_bounds (void)
{
  EnjSrvRecord records[1000];
  EnjServers servers = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (records); i++)
    records[i] = (EnjSrvRecord){ .port = 5269, .priority = 9, .target = (char *) "a.example" };
  enj_servers_add_records (&servers, records, G_N_ELEMENTS (records), FALSE, FALSE);
  records[15].priority = 1; /* of the other kind, and before all the others */
  enj_servers_add_records (&servers, records, G_N_ELEMENTS (records), TRUE, FALSE);
  enj_servers_order (&servers);

  g_assert_cmpuint (servers.n, ==, ENJ_SERVERS_MAX);
  g_assert_true (servers.list[0].direct_tls);
  enj_servers_clear (&servers);
}

static void
test_ports (void)
{
  static const char *const refused[] = { "0", "22", "25", "80", "1023" };

  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autofree char *line = g_strdup_printf ("1 0 %s a.example", refused[i]);
      EnjServers servers = { 0 };

      g_assert_false (add_lines (&servers, LINES (line, "1 0 1024 b.example"), FALSE, FALSE));
      g_assert_cmpuint (servers.n, ==, 1);
      g_assert_cmpstr (servers.list[0].host, ==, "b.example");
      enj_servers_clear (&servers);
    }
}

static void
test_dot (void)
{
  EnjServers servers = { 0 };

  g_assert_true (add_lines (&servers, LINES ("0 0 0 .", "0 0 5269 ."), FALSE, TRUE));
  g_assert_cmpuint (servers.n, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/servers/both-kinds-by-priority", test_mixed);
  g_test_add_func ("/servers/chance-goes-by-weight", test_weights);
  g_test_add_func ("/servers/the-first-sixteen-are-kept", test_bounds);
  g_test_add_func ("/servers/ports-of-other-services-are-refused", test_ports);
  g_test_add_func ("/servers/a-dot-is-no-server", test_dot);
  return g_test_run ();
}
