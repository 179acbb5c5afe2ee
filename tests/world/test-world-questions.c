#include "config.h"

#include <string.h>

#include "tests/support/proves.h"
#include "tests/world/settings.h"
#include "tests/world/world.h"

#define HERE "here.example"
#define THERE "there.example"

#define HEADER                                                                             \
  "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'"   \
  " xmlns:db='jabber:server:dialback' id='1' from='" THERE "' to='" HERE "' version='1.0'>"

#define FEATURES                                                                           \
  "<stream:features><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>"     \
  "</stream:features>"

#define REQUEST(key) "<db:result from='" THERE "' to='" HERE "'>" key "</db:result>"

#define MESSAGE "<message from='a@" HERE "' to='b@" THERE "'/>"

/* Somebody who says to be there.example, and the server that is to know. */
typedef struct
{
  EnjWorld *world;
  EnjWorldServer *here;
  EnjWorldServer *there;
  EnjSession *caller;
  GString *heard; /* by the caller */
} Scene;

static void
listen (Scene *self)
{
  const guint8 *data;
  gsize len;

  enj_world_run (self->world);
  while ((data = enj_session_peek (self->caller, &len)) && len > 0)
    {
      g_string_append_len (self->heard, (const char *) data, (gssize) len);
      enj_session_drained (self->caller, len, enj_world_now (self->world));
    }
}

static void
say (Scene *self, const char *xml)
{
  enj_session_feed (self->caller, (const guint8 *) xml, strlen (xml), enj_world_now (self->world));
  listen (self);
}

static void
wait (Scene *self, guint seconds)
{
  enj_world_wait (self->world, (gint64) seconds * ENJ_SECOND);
  listen (self);
}

/* A caller comes in place of the one before. */
static void
call (Scene *self)
{
  const EnjAddress address = { .bytes = { 192, 0, 2, 7 }, .length = 4 };

  self->caller = enj_exchange_accept (self->here->exchange, &address, FALSE,
                                      enj_world_now (self->world));
  g_string_truncate (self->heard, 0);
  say (self, HEADER);
}

static Scene
scene_new (void)
{
  Scene self = { .world = enj_world_new (), .heard = g_string_new (NULL) };

  self.here = enj_world_add (self.world, HERE, ENJ_ENCRYPTION_OPTIONAL, NULL);
  self.there = enj_world_add (self.world, THERE, ENJ_ENCRYPTION_OPTIONAL, NULL);
  self.there->is_puppet = TRUE;
  enj_world_add_srv (self.world, THERE, 1, "xmpp.there.example");
  enj_world_add_address (self.world, "xmpp.there.example", &self.there->address);
  call (&self);
  return self;
}

static void
scene_free (Scene *self)
{
  enj_world_free (self->world);
  g_string_free (self->heard, TRUE);
}

/* The answer to a question that the server has heard last. */
static void
answer (Scene *self, EnjPuppet *server, const char *type)
{
  const char *question = g_strrstr (server->heard->str, "<db:verify");
  const char *id = strstr (question, " id=\"") + strlen (" id=\"");
  g_autofree char *xml = g_strdup_printf ("<db:verify from='" THERE "' to='" HERE "' id='%.*s'"
                                          " type='%s'/>",
                                          (int) strcspn (id, "\""), id, type);

  enj_world_say (self->world, server, xml);
  listen (self);
}

/* A stream that was opened to ask is closed when nothing comes, for anybody can make us open it. */
static void
test_unanswered (void)
{
  Scene scene = scene_new ();
  EnjPuppet *server;

  enj_test_proves ("D24 D13");
  say (&scene, REQUEST ("k"));
  server = enj_world_get_puppet (scene.world);
  enj_world_say (scene.world, server, HEADER FEATURES);
  g_assert_nonnull (strstr (server->heard->str, ">k</db:verify>"));
  wait (&scene, 61);
  g_assert_nonnull (strstr (scene.heard->str, "<remote-server-timeout "));
  g_assert_true (g_str_has_suffix (server->heard->str, "</stream:stream>"));
  wait (&scene, 10);
  g_assert_true (server->is_gone);
  scene_free (&scene);
}

/* What the server says of one key in the end says nothing of the next. */
static void
test_late (void)
{
  Scene scene = scene_new ();
  EnjPuppet *server;

  enj_test_proves ("D28");
  enj_world_send (scene.here, MESSAGE);
  enj_world_run (scene.world);
  server = enj_world_get_puppet (scene.world);
  enj_world_say (scene.world, server, HEADER FEATURES);
  enj_world_say (scene.world, server, "<db:result from='" THERE "' to='" HERE "' type='valid'/>");
  say (&scene, REQUEST ("first"));
  g_assert_nonnull (strstr (server->heard->str, ">first</db:verify>"));
  wait (&scene, 61);
  g_assert_nonnull (strstr (scene.heard->str, "<remote-server-timeout "));
  answer (&scene, server, "valid");
  g_assert_null (strstr (scene.heard->str, "type=\"valid\""));
  g_assert_cmpuint (enj_exchange_get_counters (scene.here->exchange)->unsolicited, ==, 1);

  say (&scene, REQUEST ("second"));
  g_assert_nonnull (strstr (server->heard->str, ">second</db:verify>"));
  answer (&scene, server, "valid");
  g_assert_nonnull (strstr (scene.heard->str, "type=\"valid\""));
  scene_free (&scene);
}

/* A stream whose work is done is closing when the next question comes. */
static void
test_next_stream (void)
{
  Scene scene = scene_new ();
  EnjPuppet *first, *second;

  enj_test_proves ("D24");
  say (&scene, REQUEST ("one"));
  first = enj_world_get_puppet (scene.world);
  enj_world_say (scene.world, first, HEADER FEATURES);
  answer (&scene, first, "valid");
  g_assert_true (g_str_has_suffix (first->heard->str, "</stream:stream>"));

  call (&scene);
  say (&scene, REQUEST ("two"));
  enj_world_say (scene.world, first, "</stream:stream>");
  listen (&scene);
  g_assert_null (strstr (scene.heard->str, "<db:result"));
  second = enj_world_get_puppet (scene.world);
  g_assert_true (second != first);
  enj_world_say (scene.world, second, HEADER FEATURES);
  g_assert_nonnull (strstr (second->heard->str, ">two</db:verify>"));
  answer (&scene, second, "valid");
  g_assert_nonnull (strstr (scene.heard->str, "type=\"valid\""));
  scene_free (&scene);
}

/* Stanzas wait a second for the next stream of a server that has ended one; who has brought a
 * key, and waits for the verdict, does not. */
static void
test_no_pause (void)
{
  Scene scene = scene_new ();
  EnjPuppet *first, *second;

  enj_world_send (scene.here, MESSAGE);
  enj_world_run (scene.world);
  first = enj_world_get_puppet (scene.world);
  enj_world_say (scene.world, first, HEADER FEATURES);
  enj_world_say (scene.world, first, "<db:result from='" THERE "' to='" HERE "' type='valid'/>");
  enj_world_say (scene.world, first, "</stream:stream>");
  g_assert_true (first->is_gone);
  enj_world_send (scene.here, MESSAGE);
  enj_world_run (scene.world);
  g_assert_true (enj_world_get_puppet (scene.world) == first);

  say (&scene, REQUEST ("k"));
  second = enj_world_get_puppet (scene.world);
  g_assert_true (second != first);
  enj_world_say (scene.world, second, HEADER FEATURES);
  g_assert_nonnull (strstr (second->heard->str, ">k</db:verify>"));
  scene_free (&scene);
}

/* The reload that denies a domain, and asks for TLS, ends the stream in clear on which the
 * domain is asked about: it is not called once more. */
static void
test_denied (void)
{
  const EnjPeerPolicy nobody = { .encryption = ENJ_ENCRYPTION_REQUIRED };
  const EnjLimits limits = enj_limits_default ();
  g_autoptr (EnjSettings) settings
    = enj_world_settings_new (HERE, ENJ_ENCRYPTION_OPTIONAL, &limits);
  Scene scene = scene_new ();
  EnjPuppet *server;

  say (&scene, REQUEST ("k"));
  server = enj_world_get_puppet (scene.world);
  enj_world_say (scene.world, server, HEADER FEATURES);
  g_assert_nonnull (strstr (server->heard->str, ">k</db:verify>"));

  g_assert_true (enj_policy_add (settings->policy, THERE, &nobody));
  enj_exchange_set_settings (scene.here->exchange, settings, enj_world_now (scene.world));
  listen (&scene);
  g_assert_nonnull (strstr (scene.heard->str, "<policy-violation "));
  wait (&scene, 3);
  g_assert_true (enj_world_get_puppet (scene.world) == server);
  scene_free (&scene);
}

/* D33 is of who cannot be reached, which is not so where it is we who have run out of something. */
static void
test_whose_fault (void)
{
  static const struct
  {
    gboolean is_scarce;
    guint srv;
    const char *type;
    const char *condition;
  } cases[] = {
    { FALSE, ENJ_LOOKUP_FOUND, "type=\"cancel\"", "<remote-server-not-found " },
    { FALSE, ENJ_LOOKUP_NO_NAME, "type=\"cancel\"", "<remote-server-not-found " },
    { FALSE, ENJ_LOOKUP_FAILED, "type=\"wait\"", "<remote-server-timeout " },
    { TRUE, ENJ_LOOKUP_FOUND, "type=\"wait\"", "<resource-constraint " },
  };

  enj_test_proves ("D33");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Scene scene = scene_new ();

      scene.there->is_away = TRUE;
      scene.here->is_scarce = cases[i].is_scarce;
      if (cases[i].srv != ENJ_LOOKUP_FOUND)
        enj_world_set_result (scene.world, "_xmpp-server._tcp." THERE, cases[i].srv);
      say (&scene, REQUEST ("k"));
      wait (&scene, 20);
      g_assert_nonnull (strstr (scene.heard->str, cases[i].type));
      g_assert_nonnull (strstr (scene.heard->str, cases[i].condition));
      scene_free (&scene);
    }
}

/* Look-ups count to the address of who has asked, until one of our users wants
 * them, too: then to him. */
static void
test_sources (void)
{
  Scene scene = scene_new ();

  say (&scene, REQUEST ("k"));
  g_assert_cmpstr (scene.here->sources->str, ==, "192.0.2.7 192.0.2.7 192.0.2.7 ");
  enj_world_send (scene.here, "<message from='a@" HERE "/x' to='b@other.example'/>");
  enj_world_run (scene.world);
  g_assert_true (g_str_has_prefix (scene.here->sources->str,
                                   "192.0.2.7 192.0.2.7 192.0.2.7 user a@" HERE " user a@" HERE
                                   " "));
  scene_free (&scene);
}

/* Where we do not look up we know nothing of that server, and say so.  One of our users who waits
 * there, too, is told so, and costs the question nothing. */
static void
test_refused (void)
{
  Scene scene = scene_new ();

  enj_world_set_result (scene.world, "_xmpp-server._tcp." THERE, ENJ_LOOKUP_REFUSED);
  enj_world_hold (scene.world, TRUE, TRUE);
  enj_world_send (scene.here, MESSAGE);
  enj_world_run (scene.world);
  say (&scene, REQUEST ("k"));
  enj_world_hold (scene.world, FALSE, FALSE);
  listen (&scene);
  g_assert_cmpstr (scene.here->sources->str, ==,
                   "user a@" HERE " user a@" HERE " 192.0.2.7 192.0.2.7 ");
  g_assert_nonnull (strstr (scene.heard->str, "<resource-constraint "));
  g_assert_cmpuint (scene.here->inbox->len, ==, 1);
  scene_free (&scene);
}

/* Four on each stream, and sixteen of one address however many streams it has: who asks for more
 * is to try again later, and nothing is looked up for that. */
static void
test_flood (void)
{
  Scene scene = scene_new ();

  enj_world_hold (scene.world, TRUE, TRUE);
  for (guint i = 0; i < 6; i++)
    {
      if (i > 0)
        call (&scene);
      for (guint j = 0; j < 10; j++)
        {
          g_autofree char *xml = g_strdup_printf (
            "<db:result from='d%u-%u.example' to='" HERE "'>k</db:result>", i, j);

          say (&scene, xml);
        }
      g_assert_cmpuint (scene.here->asked->len, ==, 2 * MIN (4 * (i + 1), 16));
      g_assert_cmpint (strstr (scene.heard->str, "<resource-constraint ") != NULL, ==, i >= 4);
    }
  scene_free (&scene);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/world/questions/end-with-their-stream", test_unanswered);
  g_test_add_func ("/world/questions/are-not-answered-late", test_late);
  g_test_add_func ("/world/questions/wait-for-the-next-stream", test_next_stream);
  g_test_add_func ("/world/questions/do-not-wait-for-a-pause", test_no_pause);
  g_test_add_func ("/world/questions/do-not-call-who-is-denied-since", test_denied);
  g_test_add_func ("/world/questions/say-whose-fault-it-is", test_whose_fault);
  g_test_add_func ("/world/questions/cost-whoever-asks-their-look-ups", test_sources);
  g_test_add_func ("/world/questions/are-put-off-where-nothing-is-looked-up", test_refused);
  g_test_add_func ("/world/questions/are-few-for-one-address", test_flood);
  return g_test_run ();
}
