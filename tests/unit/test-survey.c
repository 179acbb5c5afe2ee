#include "config.h"

#include "component/survey.h"

#include "component/journal.h"
#include "tests/support/stanzas.h"

#define ANSWER(type, ns, items)                                                   \
  "<iq from='here.test' to='bridge.here.test' id='1' type='" type "'><query xmlns='" ns "'>" \
  items "</query></iq>"
#define DISCO "http://jabber.org/protocol/disco#items"

static guint
report (const char *answer)
{
  g_autoptr (EnjRealm) realm = enj_realm_new ();
  g_autoptr (EnjStanza) stanza = enj_test_stanza_new (answer);

  enj_realm_add_component (realm, "bridge.here.test", TRUE);
  enj_realm_add_local (realm, "bridge.here.test", "here.test");
  enj_realm_add_local (realm, "bridge.here.test", "*.here.test");
  return enj_survey_report (realm, "bridge.here.test", stanza);
}

static void
test_question (void)
{
  g_autoptr (EnjStanza) question = enj_survey_new_question ("bridge.here.test", "here.test");
  g_autofree char *text = enj_test_stanza_text_new (question);

  g_assert_cmpstr (text, ==,
                   "<iq from='bridge.here.test' to='here.test' type='get'><query xmlns='" DISCO
                   "'/></iq>");
}

static void
test_uncovered (void)
{
  static const char *const domains[] = { "muc.elsewhere.test", "pubsub.test" };

  for (guint i = 0; i < G_N_ELEMENTS (domains); i++)
    {
      g_autofree char *line = g_strdup_printf (
        "%s is a host of the server behind bridge.here.test, but local-domains does not cover "
        "it: add it there, or its users cannot be reached",
        domains[i]);

      enj_journal_expect (G_LOG_LEVEL_WARNING, line);
    }
  g_assert_cmpuint (report (ANSWER ("result", DISCO,
                                    "<item jid='muc.here.test' name='rooms'/>"
                                    "<item jid='MUC.Elsewhere.test.'/>"
                                    "<item jid='bridge.here.test'/>"
                                    "<item jid='pubsub.test' node='x'/>")),
                    ==, 2);
  enj_journal_assert_expected ();
}

/* Each undeclared warning would abort. */
static void
test_nothing_to_tell (void)
{
  static const char *const answers[] = {
    ANSWER ("result", DISCO, ""),
    ANSWER ("result", DISCO, "<item jid='here.test'/><item jid='a.b.here.test'/>"),
    ANSWER ("result", DISCO, "<item/><item jid=''/><item jid='not a domain'/>"),
    ANSWER ("result", DISCO, "<item jid='room@elsewhere.test'/><item jid='elsewhere.test/x'/>"),
    ANSWER ("result", DISCO, "<other jid='elsewhere.test'/>"),
    ANSWER ("result", DISCO, "<item xmlns='urn:x' jid='elsewhere.test'/>"),
    ANSWER ("result", "urn:x", "<item jid='elsewhere.test'/>"),
    ANSWER ("error", DISCO, "<item jid='elsewhere.test'/>"),
    "<iq from='here.test' to='bridge.here.test' id='1' type='result'/>",
  };

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    g_assert_cmpuint (report (answers[i]), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  enj_journal_install_for_tests ();
  g_test_add_func ("/survey/asks-for-the-items-of-the-server", test_question);
  g_test_add_func ("/survey/warns-of-each-host-that-is-not-covered", test_uncovered);
  g_test_add_func ("/survey/is-silent-where-all-is-known", test_nothing_to_tell);
  return g_test_run ();
}
