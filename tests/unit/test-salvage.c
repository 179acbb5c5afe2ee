#include "config.h"

#include "protocol/salvage.h"

#include <string.h>

#include "protocol/limits.h"
#include "protocol/wall.h"
#include "tests/support/authority.h"
#include "tests/support/proves.h"
#include "tests/support/stanzas.h"

#define DOMAIN "here.test"
#define HEAD " from='a@here.test' to='b@there.test'"
#define NOW (1000 * ENJ_SECOND)

/* ENJ_TEST_WALL less the hundred seconds since it left. */
#define DELAY "<delay xmlns='urn:xmpp:delay' from='here.test' stamp='2023-11-14T22:11:40Z'/>"

static void
take (EnjSalvage *salvage, const char *xml)
{
  enj_salvage_take (salvage, enj_test_stanza_new (xml), NOW - 100 * ENJ_SECOND, NOW);
}

static char *
text_new (EnjStanza *stanza)
{
  char *text = stanza ? enj_test_stanza_text_new (stanza) : NULL;

  enj_stanza_unref (stanza);
  return text;
}

static void
assert_again (EnjSalvage *salvage, const char *expected)
{
  g_autofree char *text = text_new (enj_salvage_steal_again (salvage));

  g_assert_cmpstr (text, ==, expected);
}

static void
assert_lost (EnjSalvage *salvage, const char *expected)
{
  g_autofree char *text = text_new (enj_salvage_steal_lost (salvage));

  g_assert_cmpstr (text, ==, expected);
}

static const struct
{
  const char *xml;
  const char *again; /* NULL: it goes back */
} by_kind[] = {
  { "<message" HEAD " id='1'><body>x</body></message>",
    "<message" HEAD " id='1'><body>x</body>" DELAY "</message>" },
  { "<message" HEAD " id='1' type='error'/>",
    "<message" HEAD " id='1' type='error'>" DELAY "</message>" },
  { "<iq" HEAD " id='1' type='get'><q xmlns='urn:q'/></iq>",
    "<iq" HEAD " id='1' type='get'><q xmlns='urn:q'/></iq>" },
  { "<iq" HEAD " id='1' type='set'><q xmlns='urn:q'/></iq>", NULL },
  { "<iq" HEAD " id='1' type='result'/>", "<iq" HEAD " id='1' type='result'/>" },
  { "<iq" HEAD " id='1' type='error'/>", "<iq" HEAD " id='1' type='error'/>" },
  { "<presence" HEAD "/>", "<presence" HEAD "/>" },
  { "<presence" HEAD " type='subscribe'/>", "<presence" HEAD " type='subscribe'/>" },
};

static void
test_by_kind (void)
{
  enj_test_proves ("C24");
  for (guint i = 0; i < G_N_ELEMENTS (by_kind); i++)
    {
      g_autoptr (EnjSalvage) salvage = enj_salvage_new (ENJ_ON_LOSS_BY_KIND, DOMAIN);

      take (salvage, by_kind[i].xml);
      g_assert_cmpuint (enj_salvage_count_again (salvage), ==, by_kind[i].again != NULL);
      g_assert_cmpuint (enj_salvage_count_lost (salvage), ==, by_kind[i].again == NULL);
      assert_again (salvage, by_kind[i].again);
      assert_lost (salvage, by_kind[i].again ? NULL : by_kind[i].xml);
    }
}

static void
test_one_policy_for_all (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (by_kind); i++)
    {
      g_autoptr (EnjSalvage) resend = enj_salvage_new (ENJ_ON_LOSS_RESEND, DOMAIN);
      g_autoptr (EnjSalvage) bounce = enj_salvage_new (ENJ_ON_LOSS_BOUNCE, DOMAIN);

      take (resend, by_kind[i].xml);
      take (resend, by_kind[i].xml);
      g_assert_cmpuint (enj_salvage_count_again (resend), ==, 2);
      g_assert_cmpuint (enj_salvage_count_dropped (resend), ==, 0);
      take (bounce, by_kind[i].xml);
      assert_lost (bounce, by_kind[i].xml);
      g_assert_cmpuint (enj_salvage_count_again (bounce), ==, 0);
    }
}

static guint
count_in (const char *text, const char *what)
{
  guint n = 0;

  for (const char *at = text; (at = strstr (at, what)); at++)
    n++;
  return n;
}

static guint
count_between_servers (EnjOnLoss on_loss, const char *xml)
{
  g_autoptr (EnjStanza) stanza = enj_test_stanza_new (xml);
  guint count = 0;

  for (; count < 10; count++)
    {
      EnjStanza *again
        = enj_salvage_between_servers_new (on_loss, "here.test", stanza, 100 * ENJ_SECOND);
      g_autofree char *text = again ? enj_test_stanza_text_new (again) : NULL;

      if (!again)
        break;
      if (enj_stanza_get_kind (again) == ENJ_STANZA_MESSAGE)
        g_assert_cmpuint (count_in (text, DELAY), ==, 1);
      else
        g_assert_cmpstr (text, ==, xml);
      enj_stanza_unref (stanza);
      stanza = again;
    }
  return count;
}

/* Nobody could be told that an error is lost. */
static void
test_between_servers (void)
{
  const struct
  {
    const char *xml;
    guint by_kind, resend;
  } cases[] = {
    { "<message" HEAD " id='1'><body>x</body></message>", 0, 1 },
    { "<message" HEAD " id='1' type='error'/>", 8, 8 },
    { "<iq" HEAD " id='1' type='get'><q xmlns='urn:q'/></iq>", 0, 1 },
    { "<iq" HEAD " id='1' type='result'/>", 8, 8 },
    { "<presence" HEAD "/>", 0, 1 },
    { "<presence" HEAD " type='error'/>", 8, 8 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const char *xml = cases[i].xml;

      g_assert_cmpuint (count_between_servers (ENJ_ON_LOSS_BY_KIND, xml), ==, cases[i].by_kind);
      g_assert_cmpuint (count_between_servers (ENJ_ON_LOSS_RESEND, xml), ==, cases[i].resend);
      g_assert_cmpuint (count_between_servers (ENJ_ON_LOSS_BOUNCE, xml), ==, 0);
    }
}

/* The last word of each to each counts; what is in between of others keeps its place. */
static void
test_newest_presence (void)
{
  g_autoptr (EnjSalvage) salvage = enj_salvage_new (ENJ_ON_LOSS_BY_KIND, DOMAIN);

  enj_test_proves ("C24");
  take (salvage, "<presence" HEAD " type='subscribed'/>");
  take (salvage, "<presence" HEAD " id='1'/>");
  take (salvage, "<presence from='a@here.test' to='c@there.test' id='2'/>");
  take (salvage, "<presence" HEAD " id='3' type='unavailable'/>");
  take (salvage, "<iq" HEAD " id='4' type='get'/>");
  take (salvage, "<presence" HEAD " id='5'/>");
  take (salvage, "<presence" HEAD " type='error' id='6'/>");
  g_assert_cmpuint (enj_salvage_count_dropped (salvage), ==, 2);
  g_assert_cmpuint (enj_salvage_count_again (salvage), ==, 5);
  assert_again (salvage, "<presence" HEAD " id='6' type='error'/>");
  assert_again (salvage, "<presence" HEAD " id='5'/>");
  assert_again (salvage, "<iq" HEAD " id='4' type='get'/>");
  assert_again (salvage, "<presence from='a@here.test' to='c@there.test' id='2'/>");
  assert_again (salvage, "<presence" HEAD " type='subscribed'/>");
  assert_again (salvage, NULL);
}

/* The newest comes out first of those that go again, the oldest of those that go back: each is
 * what its owner puts in a queue one after the other. */
static void
test_order (void)
{
  g_autoptr (EnjSalvage) salvage = enj_salvage_new (ENJ_ON_LOSS_BY_KIND, DOMAIN);

  take (salvage, "<iq" HEAD " id='1' type='get'/>");
  take (salvage, "<iq" HEAD " id='2' type='set'/>");
  take (salvage, "<iq" HEAD " id='3' type='get'/>");
  take (salvage, "<iq" HEAD " id='4' type='set'/>");
  assert_again (salvage, "<iq" HEAD " id='3' type='get'/>");
  assert_again (salvage, "<iq" HEAD " id='1' type='get'/>");
  assert_lost (salvage, "<iq" HEAD " id='2' type='set'/>");
  assert_lost (salvage, "<iq" HEAD " id='4' type='set'/>");
}

static void
test_never_a_third_time (void)
{
  static const EnjOnLoss policies[] = { ENJ_ON_LOSS_BY_KIND, ENJ_ON_LOSS_RESEND };

  enj_test_proves ("C24");
  for (guint i = 0; i < G_N_ELEMENTS (policies); i++)
    {
      g_autoptr (EnjSalvage) first = enj_salvage_new (policies[i], DOMAIN);
      g_autoptr (EnjSalvage) second = enj_salvage_new (policies[i], DOMAIN);

      take (first, "<message" HEAD " id='1'/>");
      take (first, "<iq" HEAD " id='2' type='get'/>");
      enj_salvage_take (second, enj_salvage_steal_again (first), NOW, NOW);
      enj_salvage_take (second, enj_salvage_steal_again (first), NOW, NOW);
      g_assert_cmpuint (enj_salvage_count_again (second), ==, 0);
      assert_lost (second, "<iq" HEAD " id='2' type='get'/>");
      assert_lost (second, "<message" HEAD " id='1'>" DELAY "</message>");
    }
}

static void
end (gpointer user_data, guint64 number)
{
  *(guint64 *) user_data += number;
}

/* Whoever waits for the end of a stanza waits for that of the second sending. */
static void
test_holds_the_receipt (void)
{
  EnjSalvage *salvage = enj_salvage_new (ENJ_ON_LOSS_BY_KIND, DOMAIN);
  guint64 ended = 0;
  EnjReceipt *receipt = enj_receipt_new (end, &ended, 1);
  EnjStanza *message = enj_test_stanza_new ("<message" HEAD "/>");
  EnjStanza *iq = enj_test_stanza_new ("<iq type='get' id='1'" HEAD "/>");
  EnjStanza *again;

  enj_stanza_set_receipt (message, receipt);
  enj_stanza_set_receipt (iq, receipt);
  enj_receipt_unref (receipt);
  enj_salvage_take (salvage, message, 0, NOW);
  enj_salvage_take (salvage, iq, 0, NOW);
  again = enj_salvage_steal_again (salvage);
  g_assert_cmpuint (ended, ==, 0);
  enj_salvage_free (salvage);
  g_assert_cmpuint (ended, ==, 0);
  enj_stanza_unref (again);
  g_assert_cmpuint (ended, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  enj_wall_set (enj_test_wall);
  g_test_add_func ("/salvage/goes-by-kind", test_by_kind);
  g_test_add_func ("/salvage/has-one-policy-for-all", test_one_policy_for_all);
  g_test_add_func ("/salvage/sends-errors-to-servers-again", test_between_servers);
  g_test_add_func ("/salvage/keeps-the-newest-presence", test_newest_presence);
  g_test_add_func ("/salvage/keeps-the-order", test_order);
  g_test_add_func ("/salvage/sends-nothing-for-a-third-time", test_never_a_third_time);
  g_test_add_func ("/salvage/holds-the-receipt", test_holds_the_receipt);
  return g_test_run ();
}
