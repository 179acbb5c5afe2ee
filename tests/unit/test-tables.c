#include "config.h"

#include "component/tables.h"

#include <string.h>

#define DAY 86400

static GVariant *
parse_new (const char *text)
{
  g_autoptr (GError) error = NULL;
  GVariant *value = g_variant_parse (NULL, text, NULL, NULL, &error);

  g_assert_no_error (error);
  return value;
}

static void
test_status (void)
{
  g_autoptr (GVariant) status = parse_new (
    "{'version': <'1.2'>, 'configuration': <'/etc/e.conf'>, 'uptime-us': <int64 7500000000>,"
    " 'links': <uint32 2>, 'links-up': <uint32 1>, 'streams-in': <uint32 3>,"
    " 'streams-out': <uint32 4>, 'streams-closing': <uint32 1>, 'waiting-for-peers': <uint32 5>,"
    " 'waiting-for-links': <uint32 6>, 'waiting-for-components': <uint32 7>,"
    " 'streams-of-components': <uint32 8>, 'owned': <uint64 11>, 'missing': <int64 0>,"
    " 'counters': <{'accepted': uint64 21, 'confirmed': 10}>,"
    " 'certificates': <[{'domain': <'b.test'>, 'expires': <int64 1000000>,"
    "                    'self-signed': <true>}]>,"
    " 'blocked': <['a.test', '*.b.test']>, 'novelty': <'x'>}");
  g_autofree char *text = enj_tables_status_new (status, 1000000 - 3 * DAY);

  g_assert_cmpstr (text, ==,
                   "enjamb       1.2, up 2 h 5 min, /etc/e.conf\n"
                   "links        1 of 2 up\n"
                   "streams      3 in, 4 out (1 closing); 8 of components\n"
                   "waiting      5 stanzas for other servers, 6 for links, 7 for components\n"
                   "stanzas      21 accepted, 0 sent, 0 delivered, 10 confirmed, 0 unproven, "
                   "0 bounced, 0 dropped, 11 owned; all accounted for\n"
                   "certificate  b.test: until 1970-01-12, 3 days, self-signed\n"
                   "blocked      a.test, *.b.test\n");
}

static void
test_bad_news (void)
{
  g_autoptr (GVariant) status = parse_new (
    "{'missing': <int64 2>, 'standing-by': <true>, 'version': <'\\u001b[1m\\u009b'>,"
    " 'certificates': <[{'domain': <'b.test'>, 'expires': <int64 1000000>}]>}");
  g_autofree char *text = enj_tables_status_new (status, 1000000);

  g_assert_nonnull (strstr (text, "; 2 NOT ACCOUNTED FOR\n"));
  g_assert_nonnull (strstr (text, "0 of 0 up; standing by: another instance has the link\n"));
  g_assert_nonnull (strstr (text, "b.test: ENDED on 1970-01-12\n"));
  g_assert_nonnull (strstr (text, " ?[1m??, up"));
}

static void
test_streams (void)
{
  g_autoptr (GVariant) streams = parse_new (
    "[{'name': <'out-7'>, 'direction': <'out'>, 'state': <'up'>, 'local': <'b.test'>,"
    "  'remote': <'far.test'>, 'pairs': <uint32 3>, 'address': <'192.0.2.1:5269'>,"
    "  'tls': <'TLS1.3'>, 'cipher': <'AES-256-GCM'>, 'direct-tls': <true>,"
    "  'peer-proof': <'DANE'>, 'own-proof': <'EXTERNAL'>, 'acknowledged': <true>,"
    "  'queue': <uint32 2>, 'age-us': <int64 5000000>, 'idle-us': <int64 3000>},"
    " {'name': <'in-8'>, 'direction': <'in'>, 'state': <'negotiating'>},"
    " {'name': <'in-9'>, 'direction': <'in'>, 'state': <'up'>, 'bidi': <true>}]");
  g_autoptr (GVariant) none = parse_new ("@aa{sv} []");
  g_autofree char *text = enj_tables_streams_new (streams, 0);
  g_autofree char *narrow = enj_tables_streams_new (streams, 130);
  g_autofree char *wide = enj_tables_streams_new (streams, 131);
  g_autofree char *nothing = enj_tables_streams_new (none, 80);

  g_assert_cmpstr (
    text, ==,
    "ID     LOCAL   DIR  REMOTE       ADDRESS         ENCRYPTED                   PEER BY  "
    "WE BY     QUEUE  AGE   IDLE  STATE\n"
    "out-7  b.test  -->  far.test +2  192.0.2.1:5269  TLS1.3 AES-256-GCM, direct  DANE     "
    "EXTERNAL  2      5 s   3 ms  up, acknowledged\n"
    "in-8   -       <--  -            -               no                          -        "
    "-         0      0 us  0 us  negotiating\n"
    "in-9   -       <->  -            -               no                          -        "
    "-         0      0 us  0 us  up\n");
  g_assert_cmpstr (wide, ==, text);
  g_assert_true (g_str_has_prefix (
    narrow, "out-7  b.test --> far.test +2: up, acknowledged\n"
            "       address 192.0.2.1:5269, encrypted: TLS1.3 AES-256-GCM, direct\n"
            "       peer by DANE, we by EXTERNAL, queue 2, age 5 s, idle 3 ms\n"
            "in-8   - <-- -: negotiating\n"));
  g_assert_cmpstr (nothing, ==, "no streams\n");
}

static void
test_remotes (void)
{
  g_autoptr (GVariant) remotes = parse_new (
    "[{'domain': <'bad.test'>, 'connecting': <true>, 'waiting': <uint32 4>,"
    "  'failures': <uint32 2>, 'rest-us': <int64 9000000>,"
    "  'attempts': <[{'ago-us': <int64 2000000>, 'succeeded': <false>, 'step': <'TCP'>,"
    "                 'reason': <'refused'>}]>},"
    " {'domain': <'good.test'>,"
    "  'attempts': <[{'ago-us': <int64 1000000>, 'succeeded': <true>}]>}]");
  g_autofree char *some = enj_tables_remotes_new (remotes, FALSE);
  g_autofree char *all = enj_tables_remotes_new (remotes, TRUE);

  g_assert_cmpstr (some, ==,
                   "bad.test, connecting, 4 stanzas wait, failed 2 times in a row, "
                   "rests for 9 s\n"
                   "    2 s ago: failed at TCP: refused\n");
  g_assert_true (g_str_has_prefix (all, some));
  g_assert_true (g_str_has_suffix (all, "good.test\n    1 s ago: stream up\n"));
}

static void
test_routes (void)
{
  g_autoptr (GVariant) routes = parse_new (
    "[{'domain': <'a.test'>, 'service': <'echo'>, 'server': <'127.0.0.1:5347'>,"
    "  'link': <'down'>, 'link-age-us': <int64 5000000>, 'link-error': <'refused'>,"
    "  'link-retry-us': <int64 8000000>,"
    "  'waiting': <uint32 1>, 'unproven': <uint32 2>, 'local-domains': <['test', '*.test']>,"
    "  'federates': <true>, 'standing-by': <true>},"
    " {'domain': <'b.test'>, 'service': <'hosted'>, 'server': <''>, 'federates': <true>,"
    "  'component': <'up'>, 'component-age-us': <int64 5000000>,"
    "  'component-waiting': <uint32 3>},"
    " {'domain': <'c.test'>, 'service': <'relay'>, 'federates': <false>}]");
  g_autofree char *text = enj_tables_routes_new (routes);

  g_assert_cmpstr (text, ==,
                   "a.test\n"
                   "  service   echo\n"
                   "  link      127.0.0.1:5347, down for 5 s: refused; "
                   "next attempt in 8 s; standing by; 1 stanzas wait, 2 are not proved\n"
                   "  by link   test, *.test\n"
                   "  by S2S    all others\n"
                   "b.test\n"
                   "  service   hosted\n"
                   "  component up for 5 s; 3 stanzas wait, 0 are not proved\n"
                   "  by S2S    all\n"
                   "c.test\n"
                   "  service   relay\n"
                   "  by S2S    nobody: federation is off\n");
}

static void
test_ping (void)
{
  g_autoptr (GVariant) good = parse_new (
    "{'answered': <true>, 'way': <'new stream'>, 'dns-us': <int64 2000>,"
    " 'tcp-us': <int64 500>, 'answer-us': <int64 3000>, 'total-us': <int64 84000>}");
  g_autoptr (GVariant) bad
    = parse_new ("{'answered': <false>, 'error': <'item-not-found'>, 'total-us': <int64 7>}");
  g_autofree char *yes = enj_tables_ping_new (good);
  g_autofree char *no = enj_tables_ping_new (bad);

  g_assert_cmpstr (yes, ==,
                   "answered after 84 ms (new stream): DNS 2 ms, TCP 500 us, answer 3 ms\n");
  g_assert_cmpstr (no, ==, "not answered after 7 us\nitem-not-found\n");
}

static void
test_duration (void)
{
  static const struct
  {
    gint64 microseconds;
    const char *text;
  } cases[] = {
    { 0, "0 us" },
    { 999, "999 us" },
    { 84 * 1000, "84 ms" },
    { G_USEC_PER_SEC, "1 s" },
    { 119 * (gint64) G_USEC_PER_SEC, "119 s" },
    { 120 * G_USEC_PER_SEC, "2 min" },
    { 7199 * (gint64) G_USEC_PER_SEC, "119 min" },
    { 7200 * (gint64) G_USEC_PER_SEC, "2 h 0 min" },
    { 2 * (gint64) DAY * G_USEC_PER_SEC, "2 d 0 h" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = enj_tables_duration_new (cases[i].microseconds);

      g_assert_cmpstr (text, ==, cases[i].text);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tables/tell-how-it-is", test_status);
  g_test_add_func ("/tables/tell-what-is-wrong-and-nothing-to-the-terminal", test_bad_news);
  g_test_add_func ("/tables/tell-streams-in-columns", test_streams);
  g_test_add_func ("/tables/tell-what-fails-and-on-demand-what-does-not", test_remotes);
  g_test_add_func ("/tables/tell-what-goes-where", test_routes);
  g_test_add_func ("/tables/tell-what-took-the-time", test_ping);
  g_test_add_func ("/tables/tell-times-for-people", test_duration);
  return g_test_run ();
}
