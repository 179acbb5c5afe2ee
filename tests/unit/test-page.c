#include "config.h"

#include "component/page.h"

#include <string.h>

#include "protocol/report.h"
#include "protocol/wall.h"
#include "tests/support/configs.h"
#include "tests/support/settings.h"

#define NOW ((gint64) 100000 * ENJ_SECOND)

static gint64
get_wall (void)
{
  return 1000000000;
}

typedef struct
{
  EnjExchange *exchange;
  EnjSteward *steward;
  EnjSights *sights;
} Scene;

static void
scene_init (Scene *self)
{
  static const char *const ports[] = { NULL };
  g_autoptr (EnjTerms) terms = enj_terms_new ("s", ports, FALSE);
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();
  g_autoptr (EnjCredentials) credentials
    = enj_credentials_new_self_signed ("b.here.test", 1000000000, NULL);
  g_autoptr (EnjConfig) config = enj_test_config_new (
    "[component b.here.test]\nserver = none\nservice = echo\n"
    "[component c.here.test]\nserver = 127.0.0.1:5347\nsecret = s\nservice = relay\n"
    "[component alone.test]\nserver = none\nservice = echo\n");
  const EnjStewardBridge bridge = { .data = self };

  enj_settings_add_credentials (settings, "b.here.test", credentials);
  enj_settings_add_terms (settings, "alone.test", terms);
  self->exchange = enj_exchange_new (settings, (EnjWake){ 0 });
  self->steward = enj_steward_new (self->exchange, config, settings, &bridge,
                                   NOW - 90061 * (gint64) ENJ_SECOND);
  self->sights = enj_sights_new (self->exchange);
}

static void
scene_clear (Scene *self)
{
  enj_sights_free (self->sights);
  enj_steward_free (self->steward);
  enj_exchange_free (self->exchange);
}

/* In that order.  Takes @page. */
static void
assert_has (GString *page, const char *const *texts)
{
  const char *at = page->str;

  g_test_message ("%s", page->str);
  for (guint i = 0; texts[i]; i++)
    {
      g_test_message ("looking for %s", texts[i]);
      at = strstr (at, texts[i]);
      g_assert_nonnull (at);
    }
  g_string_free (page, TRUE);
}

static void
tells_all_at_a_glance (void)
{
  static const char *const texts[] = {
    "<!DOCTYPE html>",
    "<link rel=\"stylesheet\" href=\"/style.css\">",
    "<p>" PACKAGE_VERSION ", up for 1 d 1 h. 0 of 0 links up; 1 streams in, 0 out; 0 of "
    "components.",
    "<td>b.here.test</td><td>echo</td><td class=\"\">none</td>",
    "self-signed, ",
    "<td>c.here.test</td><td>relay</td><td class=\"bad\">down</td>",
    "Components that connect to us",
    "<tbody>\n<tr><td>alone.test</td><td class=\"bad\">down</td>",
    "<figure><figcaption>Stanzas taken over",
    "Last failures",
    "Streams: 1<",
    "<td>192.0.2.1:5269</td><td>in clear ",
    "<td>streams accepted</td><td class=\"n\">1</td>",
    "<tr><td>remote-server-timeout</td><td class=\"n\">17</td></tr>",
    "</body></html>\n",
    NULL,
  };
  EnjAddress peer;
  Scene scene;

  scene_init (&scene);
  g_assert_true (enj_address_parse (&peer, "192.0.2.1", 5269));
  g_assert_nonnull (enj_exchange_accept (scene.exchange, &peer, FALSE, NOW));
  ((EnjCounters *) enj_exchange_get_counters (scene.exchange))
    ->tally.bounces[ENJ_STANZA_REMOTE_SERVER_TIMEOUT] = 17;
  assert_has (enj_page_new (scene.steward, scene.sights, NOW), texts);
  scene_clear (&scene);
}

static void
long_lists_go_on (void)
{
  static const char *const first[] = { ">192.0.2.0:5269<", ">192.0.2.99:5269<", "?after=", NULL };
  static const char *const second[]
    = { ">192.0.2.100:5269<", ">192.0.2.119:5269<", "</html>", NULL };
  GString *page;
  EnjAddress peer;
  Scene scene;
  char *after;

  scene_init (&scene);
  for (guint i = 0; i < 120; i++)
    {
      g_autofree char *address = g_strdup_printf ("192.0.2.%u", i);

      g_assert_true (enj_address_parse (&peer, address, 5269));
      g_assert_nonnull (enj_exchange_accept (scene.exchange, &peer, FALSE, NOW));
    }
  page = enj_page_streams_new (scene.steward, "", NOW);
  after = strstr (page->str, "?after=");
  g_assert_nonnull (after);
  after = g_strndup (after + 7, strspn (after + 7, "0123456789"));
  g_assert_null (strstr (page->str, ">192.0.2.100:5269<"));
  assert_has (page, first);
  page = enj_page_streams_new (scene.steward, after, NOW);
  g_assert_null (strstr (page->str, "?after="));
  assert_has (page, second);
  g_free (after);
  scene_clear (&scene);
}

/* What the browser asks for, though nobody wrote a page for it. */
static void
any_beginning_will_do (void)
{
  static const char *const texts[] = { "</html>", NULL };
  static const char *const afters[] = { "-1", "99999999999999999999999", "<b>", "a b", "\xff" };
  Scene scene;

  scene_init (&scene);
  for (guint i = 0; i < G_N_ELEMENTS (afters); i++)
    {
      assert_has (enj_page_streams_new (scene.steward, afters[i], NOW), texts);
      assert_has (enj_page_peers_new (scene.steward, afters[i], NOW), texts);
    }
  scene_clear (&scene);
}

/* Failures that a peer can bring about, in its own words. */
static void
what_peers_say_is_text (void)
{
  static const char *const texts[] = {
    "<td>there.example</td><td class=\"n\">2 s</td><td>TLS</td>"
    "<td>&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;</td>",
    "</html>",
    NULL,
  };
  const EnjMilestones milestones = { .at = { NOW - 5, NOW - 4, NOW - 3 } };
  EnjHistory *history;
  GString *page;
  Scene scene;

  scene_init (&scene);
  history = (EnjHistory *) enj_report_get_history (enj_exchange_get_report (scene.exchange));
  enj_history_begin (history, "there.example", NOW);
  enj_history_note (history, "there.example", &milestones, "<script>alert(\"&\")</script>", NOW);
  page = enj_page_new (scene.steward, scene.sights, NOW + 2 * ENJ_SECOND);
  g_assert_null (strstr (page->str, "<script"));
  assert_has (page, texts);
  page = enj_page_peers_new (scene.steward, "", NOW + 2 * ENJ_SECOND);
  g_assert_null (strstr (page->str, "<script"));
  assert_has (page, &texts[1]);
  scene_clear (&scene);
}

/* Of many servers those that failed last, whatever they are called. */
static void
the_last_failures_are_there (void)
{
  static const char *const texts[] = { "Last failures",
                                       "<td>s17.example</td><td class=\"n\">13 s</td>",
                                       "<td>s16.example</td>",
                                       "<td>s3.example</td><td class=\"n\">27 s</td>",
                                       NULL };
  const EnjMilestones milestones = { .at = { NOW } };
  EnjHistory *history;
  GString *page;
  Scene scene;

  scene_init (&scene);
  history = (EnjHistory *) enj_report_get_history (enj_exchange_get_report (scene.exchange));
  for (guint i = 0; i < 18; i++)
    {
      guint number = (i * 7) % 18; /* not in order */
      g_autofree char *domain = g_strdup_printf ("s%u.example", number);
      gint64 at = NOW + (gint64) number * ENJ_SECOND;

      enj_history_begin (history, domain, at);
      enj_history_note (history, domain, &milestones, "x", at);
    }
  page = enj_page_new (scene.steward, scene.sights, NOW + 30 * ENJ_SECOND);
  *strstr (strstr (page->str, "Last failures"), "</table>") = '\0';
  g_assert_null (strstr (strstr (page->str, "Last failures"), "s2.example"));
  assert_has (page, texts);
  scene_clear (&scene);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  enj_wall_set (get_wall);
  g_test_add_func ("/page/tells-all-at-a-glance", tells_all_at_a_glance);
  g_test_add_func ("/page/long-lists-go-on", long_lists_go_on);
  g_test_add_func ("/page/any-beginning-will-do", any_beginning_will_do);
  g_test_add_func ("/page/what-peers-say-is-text", what_peers_say_is_text);
  g_test_add_func ("/page/the-last-failures-are-there", the_last_failures_are_there);
  return g_test_run ();
}
