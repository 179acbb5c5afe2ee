#include "config.h"

#include <string.h>

#include "protocol/farewell.h"

#include "tests/support/proves.h"
#include "tests/world/linked.h"
#include "tests/world/settings.h"
#include "tests/world/world.h"

#define HERE "here.example"
#define HOSTED "hosted." HERE
#define THERE "there.example"

typedef struct
{
  EnjWorld *world;
  EnjWorldServer *here;
  EnjWorldServer *there;
} Scene;

static void
scene_init (Scene *scene)
{
  scene->world = enj_world_new ();
  scene->here = enj_world_add (scene->world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  scene->there = enj_world_add (scene->world, THERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  enj_world_add_address (scene->world, HERE, &scene->here->address);
  enj_world_add_address (scene->world, HOSTED, &scene->here->address);
  enj_world_add_address (scene->world, THERE, &scene->there->address);
}

/* From the other server to the component. */
static void
send_there (Scene *scene, guint number)
{
  enj_linked_send (scene->there, "x@" HOSTED, number);
}

static void
say (Scene *scene, EnjPuppet *component, const char *to, guint number)
{
  g_autofree char *xml
    = g_strdup_printf ("<message from='x@" HOSTED "' to='%s' id='%u'><body>1</body></message>", to,
                       number);

  enj_world_say (scene->world, component, xml);
}

/* ---- Both ways ---------------------------------------------------------------------- */

static void
test_by_streams (void)
{
  Scene scene;
  EnjPuppet *component;

  enj_test_proves ("C15");
  scene_init (&scene);
  component = enj_linked_new_hosted (scene.here);
  send_there (&scene, 1);
  enj_world_run (scene.world);
  enj_linked_assert_in_order (component->heard->str, 1, 1);
  say (&scene, component, "b@" THERE, 2);
  g_assert_cmpuint (enj_linked_count_inbox (scene.there, 2, FALSE), ==, 1);
  enj_world_free (scene.world);
}

static void
test_to_services_of_ours (void)
{
  Scene scene;
  EnjPuppet *component;

  scene_init (&scene);
  component = enj_linked_new_hosted (scene.here);
  say (&scene, component, "b@" HERE, 1);
  g_assert_cmpuint (enj_linked_count_inbox (scene.here, 1, FALSE), ==, 1);
  enj_linked_send (scene.here, "x@Hosted.Here.Example", 2);
  enj_world_run (scene.world);
  enj_linked_assert_in_order (component->heard->str, 2, 2);
  g_assert_nonnull (strstr (component->heard->str, " to=\"x@" HOSTED "\""));
  say (&scene, component, "y@" HOSTED, 3);
  enj_linked_assert_in_order (component->heard->str, 3, 3);
  enj_world_free (scene.world);
}

/* What it cannot be rid of comes back to it. */
static void
test_bounces (void)
{
  Scene scene;
  EnjPuppet *component;

  scene_init (&scene);
  component = enj_linked_new_hosted (scene.here);
  say (&scene, component, "b@nowhere.example", 1);
  g_assert_nonnull (strstr (component->heard->str, "<remote-server-not-found "));
  enj_world_say (scene.world, component, "<message from='x@" HOSTED "' id='2'/>");
  g_assert_nonnull (strstr (component->heard->str, "<jid-malformed "));
  g_assert_false (component->is_gone);
  enj_world_free (scene.world);
}

/* ---- Away ------------------------------------------------------------------------------ */

static void
test_waits_for_its_return (void)
{
  Scene scene;
  EnjPuppet *component;

  enj_test_proves ("C17 C27");
  scene_init (&scene);
  component = enj_linked_new_hosted (scene.here);
  send_there (&scene, 1);
  enj_world_run (scene.world);
  component->is_deaf = TRUE;
  send_there (&scene, 2);
  enj_world_run (scene.world);
  enj_world_hang_up (scene.world, component);
  g_assert_true (g_str_has_suffix (scene.here->events->str, "hosted-down "));
  send_there (&scene, 3);
  enj_world_wait (scene.world, 30 * ENJ_SECOND);
  component = enj_linked_new_hosted (scene.here);
  enj_linked_assert_in_order (component->heard->str, 2, 3);
  g_assert_cmpuint (enj_linked_count_in (component->heard->str, 1), ==, 0);
  g_assert_cmpuint (scene.there->inbox->len, ==, 0);
  enj_world_free (scene.world);
}

static void
test_before_it_has_come (void)
{
  Scene scene;
  EnjPuppet *component;

  enj_test_proves ("C27");
  scene_init (&scene);
  send_there (&scene, 1);
  enj_world_wait (scene.world, 30 * ENJ_SECOND);
  component = enj_linked_new_hosted (scene.here);
  enj_linked_assert_in_order (component->heard->str, 1, 1);
  enj_world_free (scene.world);
}

/* Not for long: who writes then hears of it at once. */
static void
test_stays_away (void)
{
  Scene scene;
  EnjPuppet *component;

  enj_test_proves ("C27 S36");
  scene_init (&scene);
  component = enj_linked_new_hosted (scene.here);
  enj_world_hang_up (scene.world, component);
  send_there (&scene, 1);
  enj_world_wait (scene.world, 59 * ENJ_SECOND);
  g_assert_cmpuint (scene.there->inbox->len, ==, 0);
  enj_world_wait (scene.world, 2 * ENJ_SECOND);
  g_assert_cmpuint (enj_linked_count_inbox (scene.there, 1, TRUE), ==, 1);
  send_there (&scene, 2);
  enj_world_run (scene.world);
  g_assert_cmpuint (enj_linked_count_inbox (scene.there, 2, TRUE), ==, 1);
  g_assert_nonnull (strstr (scene.there->inbox->pdata[1], "<error type='wait'"));
  g_assert_nonnull (strstr (scene.there->inbox->pdata[1], "<remote-server-timeout "));
  component = enj_linked_new_hosted (scene.here);
  send_there (&scene, 3);
  enj_world_run (scene.world);
  enj_linked_assert_in_order (component->heard->str, 3, 3);
  enj_world_free (scene.world);
}

/* Killed with all that it had not worked through: that goes again, or back by its kind. */
static void
test_killed (void)
{
  Scene scene;
  EnjPuppet *component;
  EnjLoad load;

  enj_test_proves ("C24");
  scene_init (&scene);
  component = enj_linked_new_hosted (scene.here);
  component->is_mute = TRUE;
  for (guint i = 1; i <= 100; i++)
    send_there (&scene, i);
  g_assert_true (enj_world_send (scene.there, "<iq type='set' from='a@" THERE "' to='x@" HOSTED
                                              "' id='101'><q xmlns='urn:q'/></iq>"));
  enj_world_run (scene.world);
  enj_linked_assert_in_order (component->heard->str, 1, 101);
  load = enj_exchange_get_load (scene.here->exchange);
  g_assert_cmpuint (load.unproven_by_components, >=, 101);
  g_assert_cmpuint (load.unproven_by_links, ==, 0);
  enj_world_hang_up (scene.world, component);
  enj_world_run (scene.world);
  g_assert_cmpuint (enj_linked_count_inbox (scene.there, 101, TRUE), ==, 1);
  component = enj_linked_new_hosted (scene.here);
  enj_linked_assert_in_order (component->heard->str, 1, 100);
  g_assert_nonnull (strstr (component->heard->str, "<delay xmlns="));
  enj_world_free (scene.world);
}

/* It reads nothing: its own queue is full, and nobody else is held up. */
static void
test_reads_nothing (void)
{
  Scene scene;
  EnjPuppet *component;
  const EnjLimits limits = enj_limits_default ();

  scene_init (&scene);
  component = enj_linked_new_hosted (scene.here);
  component->is_deaf = TRUE;
  for (guint i = 1; i <= limits.queue_stanzas + 1; i++)
    enj_linked_send_of_size (scene.here, "x@" HOSTED, i, 5000);
  enj_world_run (scene.world);
  g_assert_cmpuint (scene.here->inbox->len, >, 0);
  g_assert_nonnull (strstr (scene.here->inbox->pdata[0], "<resource-constraint "));
  enj_linked_send (scene.there, "a@" HERE, 7777);
  enj_world_run (scene.world);
  g_assert_cmpuint (enj_linked_count_inbox (scene.here, 7777, FALSE), ==, 1);
  enj_world_free (scene.world);
}

static void
assert_told (const Scene *scene, const char *state, gboolean has_error, guint waiting)
{
  EnjReport *report = enj_exchange_get_report (scene->here->exchange);
  EnjLinkInfo info;

  g_assert_true (enj_report_describe_hosted (report, HOSTED, &info, enj_world_now (scene->world)));
  g_assert_cmpstr (info.state, ==, state);
  g_assert_cmpint (*info.error != '\0', ==, has_error);
  g_assert_cmpuint (info.waiting, ==, waiting);
  g_assert_false (enj_report_describe_hosted (report, HERE, &info, enj_world_now (scene->world)));
}

static void
test_is_told_of (void)
{
  Scene scene;
  EnjPuppet *component;
  EnjReport *report;
  EnjStreamInfo stream;
  guint64 ids[10];
  guint64 next;

  scene_init (&scene);
  report = enj_exchange_get_report (scene.here->exchange);
  assert_told (&scene, "down", FALSE, 0);
  component = enj_linked_new_hosted (scene.here);
  assert_told (&scene, "up", FALSE, 0);
  g_assert_cmpuint (enj_report_list_streams (report, 0, NULL, ids, 10, &next), ==, 1);
  g_assert_true (enj_report_describe_stream (report, ids[0], &stream,
                                             enj_world_now (scene.world)));
  g_assert_cmpstr (stream.direction, ==, "hosted");
  g_assert_cmpstr (stream.state, ==, "up");
  g_assert_cmpstr (stream.local, ==, HOSTED);
  g_assert_cmpstr (stream.peer_proof, ==, "secret");
  enj_world_hang_up (scene.world, component);
  enj_linked_send (scene.here, "x@" HOSTED, 1);
  enj_world_run (scene.world);
  assert_told (&scene, "down", TRUE, 1);
  g_assert_cmpuint (enj_exchange_get_load (scene.here->exchange).waiting_for_components, ==, 1);
  enj_world_free (scene.world);
}

/* ---- Two for one domain ------------------------------------------------------------------- */

static void
test_refuses_a_second (void)
{
  Scene scene;
  EnjPuppet *first;
  EnjPuppet *second;

  enj_test_proves ("C26");
  scene_init (&scene);
  first = enj_linked_new_hosted (scene.here);
  second = enj_linked_new_knocking (scene.here);
  g_assert_nonnull (strstr (second->heard->str, "<conflict "));
  g_assert_null (strstr (second->heard->str, "<handshake/>"));
  send_there (&scene, 1);
  enj_world_run (scene.world);
  enj_linked_assert_in_order (first->heard->str, 1, 1);
  g_assert_false (first->is_gone);
  enj_world_free (scene.world);
}

/* The first has died without a word: the second, when it comes again, has its place. */
static void
test_questions_the_first (void)
{
  Scene scene;
  EnjPuppet *first;

  enj_test_proves ("C26");
  scene_init (&scene);
  first = enj_linked_new_hosted (scene.here);
  first->is_deaf = TRUE;
  (void) enj_linked_new_knocking (scene.here);
  enj_world_wait (scene.world, 31 * ENJ_SECOND);
  g_assert_nonnull (enj_linked_new_hosted (scene.here));
  enj_world_free (scene.world);
}

static void
let_the_newest_have_it (Scene *scene)
{
  const EnjLimits limits = enj_limits_default ();
  const char *const ports[] = { ENJ_WORLD_PORT, NULL };
  g_autoptr (EnjTerms) terms = enj_terms_new (ENJ_WORLD_SECRET, ports, TRUE);
  g_autoptr (EnjSettings) settings
    = enj_world_settings_new (HERE, ENJ_ENCRYPTION_REQUIRED, &limits);

  enj_settings_add_terms (settings, HOSTED, terms);
  enj_exchange_set_settings (scene->here->exchange, settings, enj_world_now (scene->world));
}

static void
test_replaces_the_first (void)
{
  Scene scene;
  EnjPuppet *first;
  EnjPuppet *second;

  enj_test_proves ("C26");
  scene_init (&scene);
  let_the_newest_have_it (&scene);
  first = enj_linked_new_hosted (scene.here);
  first->is_mute = TRUE;
  send_there (&scene, 1);
  enj_world_run (scene.world);
  second = enj_linked_new_hosted (scene.here);
  g_assert_true (g_str_has_suffix (scene.here->events->str, "hosted-down hosted-up "));
  g_assert_nonnull (strstr (first->heard->str, "<conflict "));
  /* It may not have had that. */
  enj_linked_assert_in_order (second->heard->str, 1, 1);
  send_there (&scene, 2);
  enj_world_run (scene.world);
  enj_linked_assert_in_order (second->heard->str, 2, 2);
  g_assert_cmpuint (enj_linked_count_in (first->heard->str, 2), ==, 0);
  enj_world_wait (scene.world, 10 * ENJ_SECOND);
  g_assert_true (first->is_gone);
  enj_world_free (scene.world);
}

/* A newcomer that has failed already has nobody's place. */
static void
test_keeps_the_first_for_a_dead_one (void)
{
  Scene scene;
  EnjPuppet *first;
  EnjPuppet *second;

  enj_test_proves ("C26");
  scene_init (&scene);
  let_the_newest_have_it (&scene);
  first = enj_linked_new_hosted (scene.here);
  second = enj_linked_new_knocking_with (scene.here, "<message from='x@" HERE "' to='b@" THERE
                                                     "'/>");
  g_assert_nonnull (strstr (second->heard->str, "<invalid-from "));
  g_assert_null (strstr (second->heard->str, "<handshake"));
  g_assert_null (strstr (first->heard->str, "<conflict "));
  send_there (&scene, 1);
  enj_world_run (scene.world);
  enj_linked_assert_in_order (first->heard->str, 1, 1);
  g_assert_false (first->is_gone);
  enj_world_free (scene.world);
}

/* Of those that prove nothing there are only so many, and not for long. */
static void
test_bounds_the_unproved (void)
{
  Scene scene;
  EnjPuppet *component;

  scene_init (&scene);
  for (guint i = 0; i < 100; i++)
    g_assert_nonnull (enj_world_host (scene.here));
  enj_world_run (scene.world);
  g_assert_cmpuint (enj_exchange_get_load (scene.here->exchange).hosted, ==, 32);
  /* They keep nobody out. */
  component = enj_linked_new_hosted (scene.here);
  enj_world_wait (scene.world, 21 * ENJ_SECOND);
  g_assert_cmpuint (enj_exchange_get_load (scene.here->exchange).hosted, ==, 1);
  enj_world_hang_up (scene.world, component);
  g_assert_cmpuint (enj_exchange_get_load (scene.here->exchange).hosted, ==, 0);
  enj_world_free (scene.world);
}

/* ---- The end --------------------------------------------------------------------------------- */

static void
say_farewell (Scene *scene, EnjFarewell *farewell, EnjPuppet *component)
{
  gboolean has_answered = FALSE;

  for (guint i = 0; !enj_farewell_advance (farewell, enj_world_now (scene->world)); i++)
    {
      g_assert_cmpuint (i, <, 100);
      enj_world_run (scene->world);
      if (component && !has_answered && strstr (component->heard->str, "</stream:stream>"))
        {
          has_answered = TRUE;
          enj_world_say (scene->world, component, "</stream:stream>");
        }
      enj_world_wait (scene->world, ENJ_SECOND);
    }
  g_assert_true (!component || has_answered);
  enj_farewell_free (farewell);
}

static void
test_farewell (void)
{
  Scene scene;
  EnjPuppet *component;

  enj_test_proves ("C20 C23");
  scene_init (&scene);
  component = enj_linked_new_hosted (scene.here);
  send_there (&scene, 1);
  enj_world_run (scene.world);
  say_farewell (&scene, enj_farewell_new (scene.here->exchange, enj_world_now (scene.world)),
                component);
  g_assert_true (component->is_gone);
  g_assert_cmpuint (enj_exchange_count_owned (scene.here->exchange), ==, 0);
  g_assert_null (enj_world_host (scene.here));
  enj_world_free (scene.world);
}

/* What it has sent and cannot leave goes back to it, for as long as it is there. */
static void
test_farewell_while_stuck (void)
{
  Scene scene;
  EnjPuppet *component;
  const char *error;

  enj_test_proves ("C17 C20");
  scene_init (&scene);
  scene.there->is_silent = TRUE;
  component = enj_linked_new_hosted (scene.here);
  say (&scene, component, "b@" THERE, 7);
  enj_world_run (scene.world);
  g_assert_null (strstr (component->heard->str, " type=\"error\""));
  say_farewell (&scene, enj_farewell_new (scene.here->exchange, enj_world_now (scene.world)),
                component);
  error = strstr (component->heard->str, " type=\"error\"");
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error, "</stream:stream>"));
  g_assert_cmpuint (
    enj_exchange_get_counters (scene.here->exchange)->tally.drops[ENJ_TALLY_DROP_UNTOLD], ==, 0);
  enj_world_free (scene.world);
}

/* What waits for one that is away goes back before the streams to peers close. */
static void
test_farewell_while_away (void)
{
  Scene scene;

  scene_init (&scene);
  send_there (&scene, 1);
  enj_world_run (scene.world);
  say_farewell (&scene, enj_farewell_new (scene.here->exchange, enj_world_now (scene.world)),
                NULL);
  g_assert_cmpuint (enj_linked_count_inbox (scene.there, 1, TRUE), ==, 1);
  enj_world_free (scene.world);
}

static gboolean
write_down (EnjOrigin origin, const char *component, guint64 end, EnjStanza *stanza,
            EnjReceipt **receipt, gpointer data)
{
  (void) origin;
  (void) component;
  (void) end;
  (void) stanza;
  (void) data;
  (void) receipt;
  return TRUE;
}

/* The successor has it, and the component comes back to that. */
static void
test_hands_over_what_waits (void)
{
  Scene scene;
  EnjKeeper *keeper;

  scene_init (&scene);
  keeper = enj_exchange_get_keeper (scene.here->exchange);
  keeper->write = write_down;
  enj_linked_send (scene.here, "x@" HOSTED, 1);
  enj_world_run (scene.world);
  say_farewell (&scene,
                enj_farewell_new_handing_over (scene.here->exchange, enj_world_now (scene.world)),
                NULL);
  g_assert_cmpuint (keeper->held.length, ==, 1);
  g_assert_cmpuint (scene.here->inbox->len, ==, 0);
  enj_world_free (scene.world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/world/hosted/speaks-with-other-servers", test_by_streams);
  g_test_add_func ("/world/hosted/speaks-with-services-of-ours", test_to_services_of_ours);
  g_test_add_func ("/world/hosted/hears-what-cannot-be-delivered", test_bounces);
  g_test_add_func ("/world/hosted/a-short-absence-loses-nothing", test_waits_for_its_return);
  g_test_add_func ("/world/hosted/stanzas-wait-for-its-first-coming", test_before_it_has_come);
  g_test_add_func ("/world/hosted/a-long-absence-is-told-at-once", test_stays_away);
  g_test_add_func ("/world/hosted/a-kill-loses-nothing-in-silence", test_killed);
  g_test_add_func ("/world/hosted/one-that-reads-nothing-holds-up-nobody", test_reads_nothing);
  g_test_add_func ("/world/hosted/operators-see-it", test_is_told_of);
  g_test_add_func ("/world/hosted/a-second-is-refused", test_refuses_a_second);
  g_test_add_func ("/world/hosted/the-first-is-asked-when-a-second-comes",
                   test_questions_the_first);
  g_test_add_func ("/world/hosted/the-newest-has-it-where-that-is-wanted",
                   test_replaces_the_first);
  g_test_add_func ("/world/hosted/one-that-has-failed-has-nobodys-place",
                   test_keeps_the_first_for_a_dead_one);
  g_test_add_func ("/world/hosted/the-unproved-are-few", test_bounds_the_unproved);
  g_test_add_func ("/world/hosted/farewell-ends-it-in-order", test_farewell);
  g_test_add_func ("/world/hosted/farewell-returns-what-it-sent", test_farewell_while_stuck);
  g_test_add_func ("/world/hosted/farewell-returns-what-waits", test_farewell_while_away);
  g_test_add_func ("/world/hosted/what-waits-is-handed-over", test_hands_over_what_waits);
  return g_test_run ();
}
