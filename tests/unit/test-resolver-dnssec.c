#include "config.h"

#include "component/resolver.h"

#include <unistd.h>

#include <glib/gstdio.h>

#include "tests/support/nameserver.h"
#include "tests/support/proves.h"

#define BYTES(text) text, sizeof text - 1

#define SERVICE "\0\5\0\1\24\225\4host\7example\0"
#define V4 "\300\0\2\1"
#define V6 "\40\1\r\270\0\0\0\0\0\0\0\0\0\0\0\7"
#define KEY "\3\1\0key"

static const EnjTestRecord zone[] = {
  { "_xmpp-server._tcp.good.example", ENJ_TEST_SRV, BYTES (SERVICE) },
  { "forged-srv.example", ENJ_TEST_SRV, BYTES (SERVICE) },
  { "_xmpp-server._tcp.insecure.example", ENJ_TEST_SRV, BYTES (SERVICE) },
  { "host.example", ENJ_TEST_A, BYTES (V4) },
  { "host.example", ENJ_TEST_A, BYTES ("\300\0\2\2") },
  { "host.example", ENJ_TEST_AAAA, BYTES (V6) },
  { "v4.example", ENJ_TEST_A, BYTES (V4) },
  { "forged.example", ENJ_TEST_A, BYTES (V4) },
  { "forged.example", ENJ_TEST_AAAA, BYTES (V6) },
  { "host.insecure.example", ENJ_TEST_A, BYTES (V4) },
  { "_5269._tcp.host.example", ENJ_TEST_TLSA, BYTES (KEY) },
  { "forged-tlsa.example", ENJ_TEST_TLSA, BYTES (KEY) },
  { "_5269._tcp.host.insecure.example", ENJ_TEST_TLSA, BYTES (KEY) },
};

/* What one look-up says. */
typedef struct
{
  gboolean is_in;
  EnjLookupResult result;
  gboolean secure;
  guint n;
} Answer;

static void
note (Answer *answer, EnjLookupResult result, gboolean secure, guint n)
{
  g_assert_false (answer->is_in);
  *answer = (Answer){ TRUE, result, secure, n };
}

static void
note_srv (EnjLookupResult result, gboolean secure, const EnjSrvRecord *records, guint n,
          gpointer data)
{
  (void) records;
  note (data, result, secure, n);
}

static void
note_addresses (EnjLookupResult result, gboolean secure, const EnjAddress *addresses, guint n,
                gpointer data)
{
  (void) addresses;
  note (data, result, secure, n);
}

static void
note_tlsa (EnjLookupResult result, gboolean secure, const EnjTlsaRecord *records, guint n,
           gpointer data)
{
  (void) records;
  note (data, result, secure, n);
}

static const struct
{
  int type;
  const char *name;
  EnjLookupResult result;
  gboolean secure;
  guint n;
} cases[] = {
  { ENJ_TEST_SRV, "_xmpp-server._tcp.good.example", ENJ_LOOKUP_FOUND, TRUE, 1 },
  { ENJ_TEST_SRV, "forged-srv.example", ENJ_LOOKUP_FORGED, FALSE, 0 },
  { ENJ_TEST_SRV, "_xmpp-server._tcp.insecure.example", ENJ_LOOKUP_FOUND, FALSE, 1 },
  { ENJ_TEST_SRV, "_xmpp-server._tcp.gone.example", ENJ_LOOKUP_NO_DATA, TRUE, 0 },
  { ENJ_TEST_A, "host.example", ENJ_LOOKUP_FOUND, TRUE, 3 },
  { ENJ_TEST_A, "v4.example", ENJ_LOOKUP_FOUND, TRUE, 1 },
  { ENJ_TEST_A, "forged.example", ENJ_LOOKUP_FORGED, FALSE, 0 },
  { ENJ_TEST_A, "host.insecure.example", ENJ_LOOKUP_FOUND, FALSE, 1 },
  { ENJ_TEST_A, "192.0.2.9", ENJ_LOOKUP_FOUND, FALSE, 1 },
  { ENJ_TEST_TLSA, "_5269._tcp.host.example", ENJ_LOOKUP_FOUND, TRUE, 1 },
  { ENJ_TEST_TLSA, "forged-tlsa.example", ENJ_LOOKUP_FORGED, FALSE, 0 },
  { ENJ_TEST_TLSA, "_5269._tcp.host.insecure.example", ENJ_LOOKUP_FOUND, FALSE, 1 },
  { ENJ_TEST_TLSA, "_5269._tcp.v4.example", ENJ_LOOKUP_NO_DATA, TRUE, 0 },
};

static void
ask (EnjResolver *resolver, int type, const char *name, Answer *answer)
{
  if (type == ENJ_TEST_SRV)
    (void) enj_resolver_srv (resolver, name, NULL, note_srv, answer);
  else if (type == ENJ_TEST_TLSA)
    (void) enj_resolver_tlsa (resolver, name, NULL, note_tlsa, answer);
  else
    (void) enj_resolver_addresses (resolver, name, NULL, note_addresses, answer);
}

static void
test_validates (void)
{
  g_autoptr (EnjTestSigner) signer = enj_test_signer_new ();
  g_autofree char *anchor = enj_test_signer_new_anchor (signer);
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GMainContext) context = g_main_context_new ();
  EnjLoop *loop = enj_loop_new (context, &error);
  EnjTestNameserver *server = enj_test_nameserver_new (loop, zone, G_N_ELEMENTS (zone));
  EnjListen listen = { (char *) "127.0.0.1", enj_test_nameserver_get_port (server) };
  EnjConfig config = { .limits = enj_limits_default () };
  EnjResolver *resolver;

  enj_test_proves ("A01 A02 A04 A08");
  close (g_file_open_tmp ("enjamb-test-XXXXXX", &path, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_set_contents (path, anchor, -1, NULL));
  enj_test_nameserver_sign (server, signer);
  config.federation.dns_server = &listen;
  config.federation.dns_trust_anchor = path;
  resolver = enj_resolver_new (loop, &config, &error);
  g_assert_no_error (error);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Answer answer = { 0 };

      g_test_message ("%s", cases[i].name);
      ask (resolver, cases[i].type, cases[i].name, &answer);
      while (!answer.is_in)
        g_main_context_iteration (context, TRUE);
      g_assert_cmpint (answer.result, ==, cases[i].result);
      g_assert_cmpint (answer.secure, ==, cases[i].secure);
      g_assert_cmpuint (answer.n, ==, cases[i].n);
    }

  enj_resolver_free (resolver);
  enj_test_nameserver_free (server);
  enj_loop_free (loop);
  g_assert_cmpint (g_remove (path), ==, 0);
}

/* ---- Validation that comes late ---------------------------------------------- */

static gint64 time_now;
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

static gint64
get_time (void)
{
  return time_now;
}

static gboolean
is_secure (EnjResolver *resolver, GMainContext *context)
{
  Answer answer = { 0 };

  ask (resolver, ENJ_TEST_A, "v4.example", &answer);
  while (!answer.is_in)
    g_main_context_iteration (context, TRUE);
  g_assert_cmpint (answer.result, ==, ENJ_LOOKUP_FOUND);
  return answer.secure;
}

/* One turn in which the root may be asked for, and all that comes of it; how many questions. */
static guint
probe (EnjResolver *resolver, GMainContext *context, const EnjTestNameserver *server)
{
  guint before = enj_test_nameserver_count (server);

  g_assert_false (is_secure (resolver, context));
  for (guint i = 0; i < 50; i++)
    {
      g_assert_false (is_secure (resolver, context));
      g_usleep (1000);
    }
  return enj_test_nameserver_count (server) - before;
}

static void
test_late (void)
{
  g_autoptr (EnjTestSigner) signer = enj_test_signer_new ();
  g_autofree char *anchor = enj_test_signer_new_anchor (signer);
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GMainContext) context = g_main_context_new ();
  EnjLoop *loop = enj_loop_new (context, &error);
  EnjTestNameserver *server = enj_test_nameserver_new (loop, zone, G_N_ELEMENTS (zone));
  EnjListen listen = { (char *) "127.0.0.1", enj_test_nameserver_get_port (server) };
  EnjConfig config = { .limits = enj_limits_default () };
  EnjResolver *resolver;

  enj_test_proves ("A01");
  time_now = 1000 * ENJ_SECOND;
  enj_loop_set_clock (loop, get_time);
  close (g_file_open_tmp ("enjamb-test-XXXXXX", &path, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_set_contents (path, anchor, -1, NULL));
  config.federation.dns_server = &listen;
  config.federation.dns_trust_anchor = path;
  resolver = enj_resolver_new (loop, &config, &error);
  g_assert_no_error (error);

  n_warnings = 0;
  g_assert_false (is_secure (resolver, context));
  time_now += 59 * ENJ_SECOND;
  g_assert_cmpuint (probe (resolver, context, server), ==, 0);
  time_now += 1 * ENJ_SECOND;
  g_assert_cmpuint (probe (resolver, context, server), >, 0);
  /* Twice as long from now on, and without another warning. */
  time_now += 119 * ENJ_SECOND;
  g_assert_cmpuint (probe (resolver, context, server), ==, 0);
  enj_test_nameserver_sign (server, signer);
  time_now += 1 * ENJ_SECOND;
  while (!is_secure (resolver, context))
    g_usleep (1000);
  g_assert_cmpuint (n_warnings, ==, 1);

  enj_resolver_free (resolver);
  enj_test_nameserver_free (server);
  enj_loop_free (loop);
  g_assert_cmpint (g_remove (path), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (count_warning, NULL, NULL);
  g_test_add_func ("/resolver/tells-what-is-secure-from-what-is-forged", test_validates);
  g_test_add_func ("/resolver/validates-as-soon-as-that-can-be-done", test_late);
  return g_test_run ();
}
