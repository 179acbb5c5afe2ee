#include "config.h"

#include "protocol/enjamb.h"

#include "component/journal.h"
#include "tests/support/configs.h"

#define COMPONENT "[component b.here.test]\nserver = 127.0.0.1:5347\nsecret = s\n"
#define ALONE COMPONENT "[federation]\nenabled = false\n"

/* RFC 5737: nobody has this address, so it cannot be listened at. */
#define ELSEWHERE COMPONENT "[federation]\nlisten = 192.0.2.1:5269\n"

static EnjBridge *
bridge_new (const char *text)
{
  g_autoptr (EnjConfig) config = enj_test_config_new (text);
  EnjBridge *bridge = enj_bridge_new (config);

  g_assert_nonnull (bridge);
  return bridge;
}

static gboolean
send_text (EnjBridge *bridge, const char *xml)
{
  g_autoptr (EnjStanza) stanza = enj_stanza_parse (xml, -1, NULL);

  g_assert_nonnull (stanza);
  return enj_bridge_send (bridge, stanza);
}

static void
count (gpointer data)
{
  ++*(guint *) data;
}

static void
handle (EnjBridge *bridge, EnjStanza *stanza, gpointer user_data)
{
  (void) bridge;
  (void) stanza;
  (void) user_data;
  g_assert_not_reached ();
}

static void
test_send (void)
{
  g_autoptr (EnjBridge) bridge = bridge_new (ALONE);

  g_assert_true (send_text (bridge, "<message from='a@b.here.test' to='c@here.test'/>"));
  g_assert_true (send_text (bridge, "<message from='B.HERE.test' to='c@here.test'/>"));
  g_assert_false (send_text (bridge, "<message from='a@here.test' to='c@here.test'/>"));
  g_assert_false (send_text (bridge, "<message from='a@b.here.test'/>"));
  g_assert_false (send_text (bridge, "<message to='c@here.test'/>"));
}

static void
test_register (void)
{
  EnjBridge *bridge = bridge_new (ALONE);
  guint n = 0;

  enj_journal_expect (G_LOG_LEVEL_WARNING, "c.here.test has no *");
  g_assert_false (enj_bridge_register (bridge, "c.here.test", handle, &n, count));
  enj_journal_assert_expected ();
  g_assert_cmpuint (n, ==, 1);

  g_assert_true (enj_bridge_register (bridge, "B.here.test", handle, &n, count));
  g_assert_true (enj_bridge_register (bridge, "b.here.test", handle, &n, count));
  g_assert_cmpuint (n, ==, 2);
  enj_bridge_unregister (bridge, "b.here.test");
  g_assert_cmpuint (n, ==, 3);
  g_assert_true (enj_bridge_register (bridge, "b.here.test", handle, &n, count));
  enj_bridge_set_event_handler (bridge, NULL, &n, count);
  enj_bridge_free (bridge);
  g_assert_cmpuint (n, ==, 5);
}

/* A program may do with the bridge what it wants when it hears that nobody answered. */
static void
hear_nothing (EnjBridge *bridge, EnjStanza *answer, gpointer user_data)
{
  g_assert_null (answer);
  ++*(guint *) user_data;
  g_assert_true (send_text (bridge, "<message from='a@b.here.test' to='c@here.test'/>"));
  enj_bridge_stop (bridge);
  g_assert_false (enj_bridge_reload (bridge, NULL));
}

static void
test_request (void)
{
  EnjBridge *bridge = bridge_new (ALONE);
  g_autoptr (EnjStanza) iq = enj_stanza_parse (
    "<iq type='get' from='b.here.test' to='here.test'><ping xmlns='urn:xmpp:ping'/></iq>", -1,
    NULL);
  g_autoptr (EnjStanza) foreign = enj_stanza_new_forward (iq, "here.test", "here.test");
  g_autoptr (EnjStanza) message
    = enj_stanza_parse ("<message from='b.here.test' to='here.test'/>", -1, NULL);
  g_autoptr (GMainContext) context = g_main_context_new ();
  guint n = 0;

  g_assert_true (enj_bridge_attach_context (bridge, context, NULL));
  g_assert_false (enj_bridge_request (bridge, foreign, hear_nothing, &n));
  g_assert_false (enj_bridge_request (bridge, message, hear_nothing, &n));
  g_assert_true (enj_bridge_request (bridge, iq, hear_nothing, &n));
  enj_bridge_free (bridge);
  g_assert_cmpuint (n, ==, 1);
}

static void
test_stop_before_run (void)
{
  g_autoptr (EnjBridge) bridge = bridge_new (ALONE);

  enj_bridge_stop (bridge);
  enj_bridge_stop (bridge);
  g_assert_cmpint (enj_bridge_run (bridge), ==, 0);
}

static void
test_attach_fails (void)
{
  g_autoptr (EnjBridge) bridge = NULL;
  g_autoptr (GMainContext) context = g_main_context_new ();

  enj_journal_expect (G_LOG_LEVEL_WARNING, "no certificate for b.here.test *");
  bridge = bridge_new (ELSEWHERE);
  enj_journal_assert_expected ();
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (enj_bridge_attach_context (bridge, context, &error));
      g_assert_true (g_str_has_prefix (error->message, "[federation] listen: 192.0.2.1:5269: "));
      g_assert_false (g_main_context_iteration (context, FALSE));
      g_assert_true (send_text (bridge, "<message from='a@b.here.test' to='c@here.test'/>"));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  enj_journal_install_for_tests ();
  g_test_add_func ("/bridge/sends-for-its-own-addresses-only", test_send);
  g_test_add_func ("/bridge/destroys-each-registration-once", test_register);
  g_test_add_func ("/bridge/can-be-used-while-its-requests-end", test_request);
  g_test_add_func ("/bridge/stopped-before-it-runs-does-not-run", test_stop_before_run);
  g_test_add_func ("/bridge/is-as-before-when-it-cannot-attach", test_attach_fails);
  return g_test_run ();
}
