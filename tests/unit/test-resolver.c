#include "config.h"

#include "component/resolver.h"

#include <string.h>
#include <unistd.h>

#include "protocol/turns.h"
#include "tests/support/nameserver.h"
#include "tests/support/proves.h"

#define BYTES(text) text, sizeof text - 1

static const EnjTestRecord zone[] = {
  { "host.example", ENJ_TEST_A, BYTES ("\300\0\2\1") },
  { "host.example", ENJ_TEST_A, BYTES ("\300\0\2\2") },
  { "host.example", ENJ_TEST_AAAA, BYTES ("\40\1\r\270\0\0\0\0\0\0\0\0\0\0\0\7") },
  { "v4.example", ENJ_TEST_A, BYTES ("\300\0\2\4") },
  { "alias.example", ENJ_TEST_CNAME, BYTES ("\4host\7example\0") },
  { "_xmpp-server._tcp.srv.example", ENJ_TEST_SRV, BYTES ("\0\5\0\1\24\225\4host\7example\0") },
  { "_xmpp-server._tcp.srv.example", ENJ_TEST_SRV, BYTES ("\0\1\0\2\24\226\0") },
  { "_xmpp-server._tcp.srv.example", ENJ_TEST_SRV, BYTES ("\0\1\0\2\24\226\3a.b\0") },
  { "_xmpp-server._tcp.odd.example", ENJ_TEST_SRV, BYTES ("\0\1\0\2\24\226\3a.b\0") },
  { "_5269._tcp.host.example", ENJ_TEST_TLSA, BYTES ("\3\1\1\252\273") },
  { "_5269._tcp.host.example", ENJ_TEST_TLSA, BYTES ("\3\1\1") },
  { "_5269._tcp.odd.example", ENJ_TEST_TLSA, BYTES ("\3\1\1") },
  { "empty.example", ENJ_TEST_NOTHING, NULL, 0 },
  { "fails.example", ENJ_TEST_FAILS, NULL, 0 },
  { "silent.example", ENJ_TEST_IS_SILENT, NULL, 0 },
  { "half.example", ENJ_TEST_A, BYTES ("\300\0\2\3") },
  { "half.example", ENJ_TEST_IS_SILENT, NULL, 0 },
};

static GMainContext *context;
static EnjLoop *loop;
static EnjResolver *resolver;
static EnjTestNameserver *server;
static gboolean root_is_silent;
static gint64 time_now;
static GString *answers;
static guint n_answers;

static gint64
get_time (void)
{
  return time_now;
}

/* ---- The tests -------------------------------------------------------- */

static void
set_up (guint lookups, const char *anchor)
{
  g_autoptr (GError) error = NULL;
  EnjListen listen = { .host = (char *) "127.0.0.1" };
  EnjConfig config
      = { .federation = { .dns_server = &listen, .dns_trust_anchor = (char *) anchor } };

  context = g_main_context_new ();
  loop = enj_loop_new (context, &error);
  g_assert_no_error (error);
  time_now = 1000 * ENJ_SECOND;
  enj_loop_set_clock (loop, get_time);

  server = enj_test_nameserver_new (loop, zone, G_N_ELEMENTS (zone));
  if (root_is_silent)
    enj_test_nameserver_hide_root (server);
  listen.port = enj_test_nameserver_get_port (server);
  config.limits = enj_limits_default ();
  config.limits.lookups = lookups;
  resolver = enj_resolver_new (loop, &config, &error);
  g_assert_no_error (error);
  answers = g_string_new (NULL);
  n_answers = 0;
}

static void
tear_down (void)
{
  enj_resolver_free (resolver);
  enj_test_nameserver_free (server);
  enj_loop_free (loop);
  g_main_context_unref (context);
  g_string_free (answers, TRUE);
}

static const char *
format_result (EnjLookupResult result)
{
  switch (result)
    {
    case ENJ_LOOKUP_FOUND:
      return "found";
    case ENJ_LOOKUP_NO_NAME:
      return "no-name";
    case ENJ_LOOKUP_NO_DATA:
      return "no-data";
    case ENJ_LOOKUP_FAILED:
      return "failed";
    case ENJ_LOOKUP_FORGED:
      return "forged";
    case ENJ_LOOKUP_REFUSED:
      return "refused";
    }
  g_assert_not_reached ();
}

static void
note_srv (EnjLookupResult result, gboolean secure, const EnjSrvRecord *records, guint n,
          gpointer data)
{
  g_assert_false (secure);
  g_string_append_printf (answers, "%s:%s", (const char *) data, format_result (result));
  for (guint i = 0; i < n; i++)
    g_string_append_printf (answers, " %u/%u/%u/%s", records[i].priority, records[i].weight,
                            records[i].port, records[i].target);
  g_string_append_c (answers, '\n');
  n_answers++;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Sorted inside each family, for libunbound mixes them. */
static void
note_addresses (EnjLookupResult result, gboolean secure, const EnjAddress *addresses, guint n,
                gpointer data)
{
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);

  g_assert_false (secure);

  g_string_append_printf (answers, "%s:%s", (const char *) data, format_result (result));
  for (guint i = 0; i < n; i++)
    {
      char text[ENJ_ADDRESS_STRING];

      if (i == 0 && n > 1)
        g_assert_cmpuint (addresses[i].length, ==, 16);
      g_ptr_array_add (texts, g_strdup (enj_address_format (&addresses[i], text)));
    }
  g_ptr_array_sort (texts, compare);
  for (guint i = 0; i < texts->len; i++)
    g_string_append_printf (answers, " %s", (const char *) texts->pdata[i]);
  g_string_append_c (answers, '\n');
  n_answers++;
}

static void
note_tlsa (EnjLookupResult result, gboolean secure, const EnjTlsaRecord *records, guint n,
           gpointer data)
{
  g_assert_false (secure);
  g_string_append_printf (answers, "%s:%s", (const char *) data, format_result (result));
  for (guint i = 0; i < n; i++)
    {
      g_string_append_c (answers, ' ');
      for (gsize j = 0; j < records[i].len; j++)
        g_string_append_printf (answers, "%02x", records[i].data[j]);
    }
  g_string_append_c (answers, '\n');
  n_answers++;
}

static guint64
ask_addresses (const char *name)
{
  return enj_resolver_addresses (resolver, name, NULL, note_addresses, (gpointer) name);
}

static guint64
ask_srv (const char *name)
{
  return enj_resolver_srv (resolver, name, NULL, note_srv, (gpointer) name);
}

static void
wait_for (guint n)
{
  while (n_answers < n)
    g_main_context_iteration (context, TRUE);
}

static void
run (void)
{
  while (g_main_context_iteration (context, FALSE))
    continue;
}

static void
assert_answers (const char *expected)
{
  g_assert_cmpstr (answers->str, ==, expected);
  g_string_truncate (answers, 0);
}

static void
test_addresses (void)
{
  static const char *const cases[][2] = {
    { "host.example", "found 192.0.2.1:0 192.0.2.2:0 [2001:db8::7]:0" },
    { "HOST.example.", "found 192.0.2.1:0 192.0.2.2:0 [2001:db8::7]:0" },
    { "alias.example", "found 192.0.2.1:0 192.0.2.2:0 [2001:db8::7]:0" },
    { "v4.example", "found 192.0.2.4:0" },
    { "empty.example", "no-data" },
    { "gone.example", "no-name" },
    { "fails.example", "failed" },
    { "192.0.2.99", "found 192.0.2.99:0" },
    { "2001:db8::99", "found [2001:db8::99]:0" },
    { "localhost", "found 127.0.0.1:0 [::1]:0" },
    { "a.localhost", "found 127.0.0.1:0 [::1]:0" },
  };

  set_up (64, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *expected = g_strdup_printf ("%s:%s\n", cases[i][0], cases[i][1]);

      g_assert_cmpuint (ask_addresses (cases[i][0]), !=, 0);
      g_assert_cmpuint (answers->len, ==, 0);
      wait_for (i + 1);
      assert_answers (expected);
    }
  tear_down ();
}

static void
test_srv (void)
{
  set_up (64, NULL);
  ask_srv ("_xmpp-server._tcp.srv.example");
  wait_for (1);
  /* Either order; the third record is nobody's name. */
  if (strstr (answers->str, "found 1/"))
    assert_answers ("_xmpp-server._tcp.srv.example:found 1/2/5270/ 5/1/5269/host.example\n");
  else
    assert_answers ("_xmpp-server._tcp.srv.example:found 5/1/5269/host.example 1/2/5270/\n");

  ask_srv ("_xmpp-server._tcp.odd.example");
  wait_for (2);
  assert_answers ("_xmpp-server._tcp.odd.example:failed\n");
  ask_srv ("_xmpp-server._tcp.gone.example");
  wait_for (3);
  assert_answers ("_xmpp-server._tcp.gone.example:no-name\n");
  ask_srv ("empty.example");
  wait_for (4);
  assert_answers ("empty.example:no-data\n");
  tear_down ();
}

/* They are found, and not secure: no anchor, no word of theirs counts. */
static void
test_tlsa (void)
{
  static const char *const cases[][2] = {
    { "_5269._tcp.host.example", "found 030101aabb" },
    { "_5269._tcp.odd.example", "failed" },
    { "_5269._tcp.gone.example", "no-name" },
    { "empty.example", "no-data" },
    { "fails.example", "failed" },
  };

  set_up (64, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *expected = g_strdup_printf ("%s:%s\n", cases[i][0], cases[i][1]);

      (void) enj_resolver_tlsa (resolver, cases[i][0], NULL, note_tlsa, (gpointer) cases[i][0]);
      wait_for (i + 1);
      assert_answers (expected);
    }
  tear_down ();
}

static void
test_cached (void)
{
  guint before;

  enj_test_proves ("N14");
  set_up (64, NULL);
  ask_addresses ("v4.example");
  wait_for (1);
  before = enj_test_nameserver_count (server);
  ask_addresses ("v4.example");
  wait_for (2);
  g_assert_cmpuint (enj_test_nameserver_count (server), ==, before);
  assert_answers ("v4.example:found 192.0.2.4:0\nv4.example:found 192.0.2.4:0\n");
  tear_down ();
}

static void
test_silence (void)
{
  enj_test_proves ("N13");
  set_up (64, NULL);
  ask_srv ("silent.example");
  run ();
  time_now += 10 * ENJ_SECOND;
  run ();
  time_now += 10 * ENJ_SECOND - 1;
  run ();
  g_assert_cmpuint (n_answers, ==, 0);
  time_now++;
  run ();
  assert_answers ("silent.example:failed\n");
  tear_down ();
}

/* One family is known, the other is not answered. */
static void
test_half (void)
{
  set_up (64, NULL);
  ask_addresses ("half.example");
  /* The answer comes in real time, of which there is plenty for little of ours. */
  for (guint i = 0; i < 1900 && n_answers == 0; i++)
    {
      time_now += ENJ_SECOND / 200;
      run ();
      g_usleep (1000);
    }
  assert_answers ("half.example:found 192.0.2.3:0\n");
  g_assert_cmpint (time_now, <, 1010 * ENJ_SECOND);
  tear_down ();
}

/* Some real time for what must not happen in it. */
static void
run_for_a_while (void)
{
  for (guint i = 0; i < 5; i++)
    {
      run ();
      g_usleep (1000);
    }
  run ();
}

static void
test_dead_servers (void)
{
  enum { N_SILENT = 40 };

  set_up (4, NULL);
  for (guint i = 0; i < N_SILENT; i++)
    ask_srv ("silent.example");
  run ();
  ask_addresses ("v4.example");
  run_for_a_while ();
  g_assert_cmpuint (n_answers, ==, 0);

  /* Those that take long make room, for the newest first. */
  time_now += 300 * 1000;
  wait_for (1);
  assert_answers ("v4.example:found 192.0.2.4:0\n");
  for (guint i = 0; i < N_SILENT; i++)
    {
      time_now += 300 * 1000;
      run ();
    }
  g_assert_cmpuint (n_answers, <, 1 + N_SILENT);
  for (guint i = 0; i < 2; i++)
    {
      time_now += 10 * ENJ_SECOND;
      run ();
    }
  g_assert_cmpuint (n_answers, ==, 1 + N_SILENT);
  tear_down ();
}

/* A thousand domains, two questions each: one user wants more than can wait.  Another has one that
 * is well. */
static void
test_tar_pit (void)
{
  enum { N_SILENT = 2000, N_WAITING = 1536 };
  const gint64 start = 1000 * ENJ_SECOND;

  enj_test_proves ("N13");
  set_up (64, NULL);
  for (guint i = 0; i < N_SILENT; i++)
    (void) enj_resolver_srv (resolver, "silent.example", ENJ_TURNS_USER "a@here.example",
                             note_srv, (gpointer) "silent.example");
  run ();
  g_assert_cmpuint (n_answers, ==, N_SILENT - N_WAITING);
  g_assert_null (strstr (answers->str, "failed"));
  g_assert_nonnull (strstr (answers->str, "refused"));
  g_string_truncate (answers, 0);

  (void) enj_resolver_addresses (resolver, "v4.example", ENJ_TURNS_USER "b@here.example",
                                 note_addresses, (gpointer) "v4.example");
  while (n_answers == N_SILENT - N_WAITING)
    {
      run_for_a_while ();
      time_now += 100 * 1000;
    }
  assert_answers ("v4.example:found 192.0.2.4:0\n");
  g_assert_cmpint (time_now - start, <, 2 * ENJ_SECOND);

  while (n_answers < 1 + N_SILENT && time_now - start < 60 * ENJ_SECOND)
    {
      time_now += ENJ_SECOND;
      run ();
    }
  g_assert_cmpuint (n_answers, ==, 1 + N_SILENT);
  g_assert_null (strstr (answers->str, "found"));
  g_assert_nonnull (strstr (answers->str, "failed")); /* These had their turn. */
  g_assert_nonnull (strstr (answers->str, "refused"));
  tear_down ();
}

/* Those that one peer has caused hold up neither us nor another peer. */
static void
test_sources (void)
{
  set_up (64, NULL);
  for (guint i = 0; i < 4; i++)
    (void) enj_resolver_srv (resolver, "silent.example", "192.0.2.1", note_srv,
                             (gpointer) "silent.example");
  run ();
  (void) enj_resolver_addresses (resolver, "v4.example", "192.0.2.1", note_addresses,
                                 (gpointer) "v4.example");
  run_for_a_while ();
  g_assert_cmpuint (n_answers, ==, 0);
  (void) enj_resolver_srv (resolver, "empty.example", "192.0.2.2", note_srv,
                           (gpointer) "empty.example");
  wait_for (1);
  assert_answers ("empty.example:no-data\n");
  time_now += 300 * 1000;
  wait_for (2);
  assert_answers ("v4.example:found 192.0.2.4:0\n");
  tear_down ();
}

/* What has been answered makes room too. */
static void
test_one_at_once (void)
{
  set_up (1, NULL);
  ask_addresses ("v4.example");
  ask_srv ("empty.example");
  wait_for (2);
  assert_answers ("empty.example:no-data\nv4.example:found 192.0.2.4:0\n");
  tear_down ();
}

static void
test_cancelled (void)
{
  guint64 ids[3];

  set_up (1, NULL);
  ids[0] = ask_addresses ("v4.example");
  ids[1] = ask_srv ("silent.example");
  ids[2] = ask_addresses ("localhost");
  run ();
  for (guint i = 0; i < 2; i++)
    enj_resolver_cancel (resolver, ids[i]);
  enj_resolver_cancel (resolver, ids[2]); /* answered already */
  assert_answers ("localhost:found 127.0.0.1:0 [::1]:0\n");
  ask_addresses ("v4.example");
  wait_for (2);
  time_now += 60 * ENJ_SECOND;
  run ();
  assert_answers ("v4.example:found 192.0.2.4:0\n");
  ask_srv ("silent.example"); /* is freed with the resolver */
  run ();
  tear_down ();
}

static void
free_resolver (EnjLookupResult result, gboolean secure, const EnjAddress *addresses, guint n,
               gpointer data)
{
  (void) secure;
  (void) addresses;
  (void) data;
  g_assert_cmpint (result, ==, ENJ_LOOKUP_FOUND);
  g_assert_cmpuint (n, ==, 2);
  n_answers++;
  g_clear_pointer (&resolver, enj_resolver_free);
}

static void
test_freed_inside (void)
{
  set_up (64, NULL);
  (void) enj_resolver_addresses (resolver, "localhost", NULL, free_resolver, NULL);
  ask_srv ("silent.example");
  wait_for (1);
  run ();
  g_assert_cmpuint (n_answers, ==, 1);
  tear_down ();
}

static guint n_warnings;

static GLogWriterOutput
count_warning (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  (void) fields;
  (void) n_fields;
  (void) user_data;
  if (level & G_LOG_LEVEL_WARNING)
    n_warnings++;
  return G_LOG_WRITER_HANDLED;
}

/* A server that knows nothing of DNSSEC, and an anchor. */
static void
test_no_validation (void)
{
  static const char key[] = ". IN DS 20326 8 2 "
                            "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n";
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  int fd = g_file_open_tmp ("enjamb-test-XXXXXX", &path, &error);

  g_assert_no_error (error);
  g_assert_cmpint (write (fd, key, sizeof key - 1), ==, sizeof key - 1);
  close (fd);
  n_warnings = 0;
  set_up (64, path);
  ask_addresses ("v4.example");
  ask_addresses ("host.example");
  wait_for (2);
  ask_addresses ("gone.example");
  wait_for (3);
  g_assert_nonnull (strstr (answers->str, "v4.example:found 192.0.2.4:0\n"));
  g_assert_nonnull (strstr (answers->str, "gone.example:no-name\n"));
  g_assert_cmpuint (n_warnings, ==, 1);
  tear_down ();

  /* One that does not answer for the root. */
  n_warnings = 0;
  root_is_silent = TRUE;
  set_up (64, path);
  ask_addresses ("v4.example");
  run_for_a_while ();
  g_assert_cmpuint (n_answers, ==, 0);
  time_now += 5 * ENJ_SECOND;
  run ();
  g_assert_cmpuint (n_warnings, ==, 1);
  wait_for (1);
  assert_answers ("v4.example:found 192.0.2.4:0\n");
  tear_down ();
  root_is_silent = FALSE;

  /* One that is no anchor at all; one that is not there. */
  g_assert_true (g_file_set_contents (path, "nonsense\n", -1, NULL));
  n_warnings = 0;
  set_up (64, path);
  ask_addresses ("v4.example");
  wait_for (1);
  assert_answers ("v4.example:found 192.0.2.4:0\n");
  g_assert_cmpuint (n_warnings, ==, 1);
  tear_down ();
  g_assert_cmpint (unlink (path), ==, 0);
  set_up (64, path);
  ask_addresses ("v4.example");
  wait_for (1);
  assert_answers ("v4.example:found 192.0.2.4:0\n");
  g_assert_cmpuint (n_warnings, ==, 1);
  tear_down ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (count_warning, NULL, NULL);
  g_test_add_func ("/resolver/merges-both-families", test_addresses);
  g_test_add_func ("/resolver/reads-srv-records", test_srv);
  g_test_add_func ("/resolver/reads-tlsa-records", test_tlsa);
  g_test_add_func ("/resolver/asks-once-for-what-it-knows", test_cached);
  g_test_add_func ("/resolver/gives-up-after-two-tries", test_silence);
  g_test_add_func ("/resolver/does-not-wait-long-for-the-other-family", test_half);
  g_test_add_func ("/resolver/dead-servers-delay-no-healthy-one", test_dead_servers);
  g_test_add_func ("/resolver/a-tar-pit-holds-nobody-else", test_tar_pit);
  g_test_add_func ("/resolver/one-peer-holds-nobody-else", test_sources);
  g_test_add_func ("/resolver/asks-for-no-more-at-once-than-it-may", test_one_at_once);
  g_test_add_func ("/resolver/says-nothing-when-cancelled", test_cancelled);
  g_test_add_func ("/resolver/may-be-freed-inside", test_freed_inside);
  g_test_add_func ("/resolver/goes-on-where-nothing-can-be-validated", test_no_validation);
  return g_test_run ();
}
