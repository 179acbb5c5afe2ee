#include "config.h"

#include "protocol/exchange-event.h"

#include "protocol/budget.h"

#include "tests/support/proves.h"

#define ROOM 16000
#define ALL 100000

typedef struct
{
  EnjExchangeEventQueue queue;
  EnjStanza *message;
  EnjStanza *error;
} Scene;

static EnjStanza *
stanza_new (const char *type)
{
  const EnjStanzaHead head
    = { .from = "a@there.example", .to = "b@here.example", .type = type };

  return enj_stanza_new_raw (&head, NULL, 0);
}

static void
set_up (Scene *scene)
{
  *scene = (Scene){ .message = stanza_new (NULL), .error = stanza_new ("error") };
}

static void
tear_down (Scene *scene)
{
  enj_exchange_event_queue_clear (&scene->queue);
  enj_stanza_unref (scene->message);
  enj_stanza_unref (scene->error);
}

/* How many of @most go in. */
static guint
flood (Scene *scene, EnjStanza *stanza, EnjOrigin origin, const char *remote, guint most)
{
  guint n = 0;

  while (
    n < most
    && enj_exchange_event_queue_deliver (&scene->queue, origin, "here.example", remote, stanza))
    n++;
  return n;
}

static void
test_one_peer (void)
{
  Scene scene;

  set_up (&scene);
  g_assert_cmpuint (flood (&scene, scene.message, ENJ_ORIGIN_PEER, "there.example", ALL), ==,
                    ROOM / 2);
  g_assert_cmpuint (flood (&scene, scene.message, ENJ_ORIGIN_PEER, "other.example", ALL), ==,
                    ROOM / 2);
  g_assert_cmpuint (flood (&scene, scene.message, ENJ_ORIGIN_PEER, "third.example", ALL), ==, 0);
  tear_down (&scene);
}

/* S36: resource-constraint is not for who has caused nothing. */
static void
test_users (void)
{
  Scene scene;

  enj_test_proves ("S36");
  set_up (&scene);
  for (guint i = 0; i < 10; i++)
    {
      g_autofree char *remote = g_strdup_printf ("n%u.example", i);

      (void) flood (&scene, scene.message, ENJ_ORIGIN_PEER, remote, ALL);
      (void) flood (&scene, scene.error, ENJ_ORIGIN_PEER, remote, ALL);
    }
  g_assert_cmpuint (flood (&scene, scene.message, ENJ_ORIGIN_LINK, "home.example", ALL), ==, ROOM);
  g_assert_cmpuint (flood (&scene, scene.error, ENJ_ORIGIN_LINK, "home.example", ALL), ==, ROOM);
  g_assert_cmpuint (flood (&scene, scene.message, ENJ_ORIGIN_SERVICE, "here.example", 3 * ROOM), ==,
                    3 * ROOM);
  tear_down (&scene);
}

static void
test_room_again (void)
{
  EnjExchangeEvent event;
  Scene scene;

  set_up (&scene);
  for (guint i = 0; i < 3; i++)
    {
      g_assert_cmpuint (flood (&scene, scene.message, ENJ_ORIGIN_PEER, "there.example", ALL), ==,
                        ROOM / 2);
      g_assert_cmpuint (enj_exchange_event_queue_count_deliveries (&scene.queue), ==, ROOM / 2);
      while (enj_exchange_event_queue_pop (&scene.queue, &event))
        enj_exchange_event_clear (&event);
    }
  g_assert_cmpuint (flood (&scene, scene.message, ENJ_ORIGIN_PEER, "there.example", ALL), >, 0);
  enj_exchange_event_queue_clear (&scene.queue);
  g_assert_cmpuint (flood (&scene, scene.message, ENJ_ORIGIN_PEER, "there.example", ALL), ==,
                    ROOM / 2);
  tear_down (&scene);
}

/* Other news takes no places of stanzas. */
static void
test_other_news (void)
{
  Scene scene;

  set_up (&scene);
  for (guint i = 0; i < ROOM; i++)
    (void) enj_exchange_event_queue_push (&scene.queue, ENJ_EXCHANGE_STREAM_DOWN, "here.example",
                                          "there.example");
  g_assert_cmpuint (flood (&scene, scene.message, ENJ_ORIGIN_LINK, "home.example", ALL), ==, ROOM);
  tear_down (&scene);
}

static void
test_without_memory (void)
{
  gsize before = enj_budget_get_held ();
  Scene scene;

  set_up (&scene);
  enj_budget_set_limit (1);
  g_assert_cmpuint (flood (&scene, scene.message, ENJ_ORIGIN_PEER, "there.example", ALL), ==, 50);
  g_assert_cmpuint (flood (&scene, scene.message, ENJ_ORIGIN_LINK, "home.example", ALL), ==, 100);
  g_assert_cmpuint (flood (&scene, scene.error, ENJ_ORIGIN_LINK, "home.example", ALL), ==, 100);
  enj_budget_set_limit (G_MAXUINT64);
  tear_down (&scene);
  g_assert_cmpuint (enj_budget_get_held (), ==, before);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/exchange-event/one-peer-has-half-of-the-room", test_one_peer);
  g_test_add_func ("/exchange-event/peers-take-no-room-of-users", test_users);
  g_test_add_func ("/exchange-event/what-is-fetched-makes-room", test_room_again);
  g_test_add_func ("/exchange-event/other-news-takes-no-room", test_other_news);
  g_test_add_func ("/exchange-event/there-is-little-room-without-memory", test_without_memory);
  return g_test_run ();
}
