#include "config.h"

#include "protocol/arrivals.h"

#include <string.h>

#include "protocol/budget.h"
#include "protocol/ns.h"
#include "tests/support/proves.h"
#include "tests/support/quiet.h"
#include "tests/support/settings.h"

#define HERE "comp.local.test"
#define THERE "there.test"
#define NOW (100 * ENJ_SECOND)

#define HEADER                                                                            \
  "<stream:stream xmlns='" ENJ_NS_SERVER "' xmlns:stream='" ENJ_NS_STREAM "' "            \
  "xmlns:db='" ENJ_NS_DIALBACK "' from='" THERE "' to='" HERE "' version='1.0'>"
#define BIDI "<bidi xmlns='" ENJ_NS_BIDI "'/>"
#define REQUEST "<db:result from='" THERE "' to='" HERE "'>key</db:result>"

typedef struct
{
  EnjArrivals *arrivals;
  EnjCounters counters;
} Hall;

static void
hall_init (Hall *self)
{
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();

  *self = (Hall){ 0 };
  self->arrivals = enj_arrivals_new (settings, &self->counters, (EnjWake){ 0 });
}

static void
hall_clear (Hall *self)
{
  enj_arrivals_free (self->arrivals);
}

static void
say (EnjSession *session, const char *xml)
{
  enj_session_feed (session, (const guint8 *) xml, strlen (xml), NOW);
  /* Past what expat sits on. */
  enj_session_tick (session, NOW + ENJ_SECOND);
}

/* The peer reads it all. */
static void
drain (EnjSession *session)
{
  gsize len;

  while (enj_session_peek (session, &len) && len > 0)
    enj_session_drained (session, len, NOW);
}

static void
expect (Hall *self, EnjArrivalType type, EnjSession *session)
{
  EnjArrival arrival;

  g_assert_true (enj_arrivals_next (self->arrivals, &arrival));
  g_assert_cmpint (arrival.type, ==, type);
  g_assert_true (arrival.session == session);
  enj_news_clear (&arrival.news);
}

static void
expect_nothing (Hall *self)
{
  EnjArrival arrival;

  g_assert_false (enj_arrivals_next (self->arrivals, &arrival));
}

static void
answer (Hall *self, guint64 id)
{
  enj_arrivals_answer (self->arrivals, id, HERE, THERE, ENJ_DIALBACK_VALID,
                       ENJ_STANZA_FORBIDDEN, ENJ_PROOF_DIALBACK, NOW);
}

static EnjSession *
enter_from (Hall *self, guint8 host)
{
  const EnjAddress address = { .bytes = { 192, 0, 2, host }, .length = 4 };

  return enj_arrivals_accept (self->arrivals, &address, FALSE, NOW);
}

static EnjSession *
enter (Hall *self)
{
  return enter_from (self, 1);
}

/* A stream that has proved its pair. */
static EnjSession *
admit (Hall *self, const char *before)
{
  EnjSession *session = enter (self);

  say (session, HEADER);
  say (session, before);
  say (session, REQUEST);
  expect (self, ENJ_ARRIVAL_NEWS, session);
  answer (self, session->id);
  expect (self, ENJ_ARRIVAL_NEWS, session);
  drain (session);
  return session;
}

static void
close_by_peer (Hall *self, EnjSession *session)
{
  say (session, "</stream:stream>");
  g_assert_true (enj_session_is_over (session));
  expect (self, ENJ_ARRIVAL_OVER, session);
  expect_nothing (self);
}

static void
test_answers_whoever_asked (void)
{
  Hall hall;
  EnjSession *first, *second;

  hall_init (&hall);
  first = enter (&hall);
  second = enter (&hall);
  g_assert_cmpuint (enj_arrivals_count (hall.arrivals), ==, 2);
  say (first, HEADER REQUEST);
  say (second, HEADER REQUEST);
  expect (&hall, ENJ_ARRIVAL_NEWS, first);
  expect (&hall, ENJ_ARRIVAL_NEWS, second);
  expect_nothing (&hall);

  answer (&hall, second->id);
  expect (&hall, ENJ_ARRIVAL_NEWS, second);
  expect_nothing (&hall);
  /* Somebody who is not here any more. */
  answer (&hall, second->id + 1000);
  expect_nothing (&hall);
  hall_clear (&hall);
}

/* Eight of one address; those that have proved themselves are not counted. */
static void
test_turns_away (void)
{
  Hall hall;

  hall_init (&hall);
  (void) admit (&hall, "");
  for (guint i = 0; i < 8; i++)
    g_assert_nonnull (enter (&hall));
  g_assert_null (enter (&hall));
  g_assert_cmpuint (enj_arrivals_count (hall.arrivals), ==, 9);
  g_assert_nonnull (enter_from (&hall, 2));
  hall_clear (&hall);
}

static void
test_cuts_the_oldest (void)
{
  EnjLimits limits = enj_limits_default ();
  g_autoptr (EnjSettings) settings = NULL;
  EnjSession *sessions[3], *proved;
  Hall hall;
  gsize len;

  hall_init (&hall);
  limits.unauthenticated = 2;
  settings = enj_test_settings_new_full (&limits, ENJ_ENCRYPTION_OPTIONAL);
  enj_arrivals_set_settings (hall.arrivals, settings, NOW);
  proved = admit (&hall, "");
  for (guint i = 0; i < 3; i++)
    sessions[i] = enter_from (&hall, (guint8) (10 + i));

  g_assert_true (enj_session_is_over (sessions[0]));
  g_assert_true (sessions[0]->cut);
  g_assert_null (enj_session_peek (sessions[0], &len));
  g_assert_false (enj_session_is_over (sessions[1]));
  g_assert_true (enj_arrivals_make_room (hall.arrivals, NOW));
  g_assert_true (sessions[1]->cut);
  g_assert_true (enj_arrivals_make_room (hall.arrivals, NOW));
  g_assert_true (sessions[2]->cut);
  g_assert_false (enj_arrivals_make_room (hall.arrivals, NOW));
  g_assert_false (enj_session_is_over (proved));
  for (guint i = 0; i < 3; i++)
    g_assert_true (enj_arrivals_closed (hall.arrivals, sessions[i]));
  hall_clear (&hall);
}

/* limits.memory is used up: nobody comes in, and the oldest that has proved nothing goes. */
static void
test_no_memory (void)
{
  Hall hall;
  EnjSession *proved, *first, *second;

  hall_init (&hall);
  proved = admit (&hall, "");
  first = enter (&hall);
  second = enter (&hall);
  enj_budget_set_limit (enj_budget_get_held ());
  g_assert_null (enter_from (&hall, 2));
  g_assert_true (first->cut);
  g_assert_false (second->cut);
  g_assert_false (proved->cut);
  enj_budget_set_limit (G_MAXUINT64);
  g_assert_nonnull (enter_from (&hall, 2));
  hall_clear (&hall);
}

/* What a peer does not finish grows no more then; what is small is taken all the same. */
static void
test_partial (void)
{
  g_autofree char *text = g_strnfill (6000, 'x');
  Hall hall;
  EnjSession *session, *modest;

  hall_init (&hall);
  session = admit (&hall, "");
  modest = admit (&hall, "");
  say (session, "<message from='a@" THERE "' to='b@" HERE "'><body>");
  enj_budget_set_limit (enj_budget_get_held ());
  say (modest, "<message from='a@" THERE "' to='b@" HERE "'><body>x</body></message>");
  expect (&hall, ENJ_ARRIVAL_NEWS, modest);
  say (session, text);
  enj_budget_set_limit (G_MAXUINT64);
  g_assert_error (session->reason, ENJ_STREAM_ERROR, ENJ_STREAM_RESOURCE_CONSTRAINT);
  g_assert_null (modest->reason);
  hall_clear (&hall);
}

static void
test_tells_the_end_once (void)
{
  Hall hall;
  EnjSession *session, *stranger;

  hall_init (&hall);
  session = admit (&hall, "");
  stranger = enter (&hall);
  say (stranger, HEADER "</stream:stream>");
  close_by_peer (&hall, session);
  g_assert_true (enj_arrivals_closed (hall.arrivals, session));
  g_assert_true (enj_arrivals_closed (hall.arrivals, stranger));
  g_assert_cmpuint (enj_arrivals_count (hall.arrivals), ==, 0);
  hall_clear (&hall);
}

static void
test_finds_the_oldest_to_write_to (void)
{
  Hall hall;
  EnjSession *without, *first, *second;
  EnjInbound *found;

  enj_test_proves ("B08 B17");
  hall_init (&hall);
  without = admit (&hall, "");
  g_assert_null (enj_arrivals_find (hall.arrivals, HERE, THERE));
  first = admit (&hall, BIDI);
  second = admit (&hall, BIDI);
  found = enj_arrivals_find (hall.arrivals, HERE, THERE);
  g_assert_nonnull (found);
  g_assert_true (enj_inbound_get_session (found) == first);
  g_assert_null (enj_arrivals_find (hall.arrivals, THERE, HERE));
  g_assert_null (enj_arrivals_find (hall.arrivals, HERE, "second.test"));

  /* One that is at its end is passed over, before it is gone and after. */
  close_by_peer (&hall, first);
  found = enj_arrivals_find (hall.arrivals, HERE, THERE);
  g_assert_true (enj_inbound_get_session (found) == second);
  g_assert_true (enj_arrivals_closed (hall.arrivals, first));
  found = enj_arrivals_find (hall.arrivals, HERE, THERE);
  g_assert_true (enj_inbound_get_session (found) == second);
  close_by_peer (&hall, second);
  g_assert_true (enj_arrivals_closed (hall.arrivals, second));
  g_assert_null (enj_arrivals_find (hall.arrivals, HERE, THERE));
  close_by_peer (&hall, without);
  hall_clear (&hall);
}

static void
test_tells_of_room (void)
{
  g_autofree char *body = g_strnfill (100000, 'x');
  g_autofree char *xml = g_strdup_printf ("<message from='a@" HERE "' to='b@" THERE "'><body>%s"
                                          "</body></message>", body);
  g_autoptr (EnjStanza) stanza = enj_stanza_parse (xml, -1, NULL);
  EnjInbound *inbound;
  EnjSession *session;
  Hall hall;

  hall_init (&hall);
  session = admit (&hall, BIDI);
  inbound = enj_arrivals_find (hall.arrivals, HERE, THERE);
  while (enj_inbound_send (inbound, stanza, NOW) == ENJ_SEND_DONE)
    continue;
  expect_nothing (&hall);
  drain (session);
  expect (&hall, ENJ_ARRIVAL_ROOM, session);
  expect_nothing (&hall);
  g_assert_cmpint (enj_inbound_send (inbound, stanza, NOW), ==, ENJ_SEND_DONE);
  hall_clear (&hall);
}

static void
test_closes_all (void)
{
  Hall hall;
  EnjSession *one, *other;

  hall_init (&hall);
  one = admit (&hall, "");
  other = admit (&hall, BIDI);
  enj_arrivals_close_all (hall.arrivals, NOW);
  g_assert_false (enj_session_is_open (one));
  g_assert_false (enj_session_is_open (other));
  g_assert_null (enj_arrivals_find (hall.arrivals, HERE, THERE));
  hall_clear (&hall);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  enj_test_be_quiet ();
  g_test_add_func ("/arrivals/answers-whoever-asked", test_answers_whoever_asked);
  g_test_add_func ("/arrivals/turns-away-an-address-over-its-limit", test_turns_away);
  g_test_add_func ("/arrivals/cuts-the-oldest-that-has-proved-nothing", test_cuts_the_oldest);
  g_test_add_func ("/arrivals/lets-nobody-in-without-memory", test_no_memory);
  g_test_add_func ("/arrivals/ends-who-grows-without-memory", test_partial);
  g_test_add_func ("/arrivals/tells-the-end-once", test_tells_the_end_once);
  g_test_add_func ("/arrivals/finds-the-oldest-to-write-to", test_finds_the_oldest_to_write_to);
  g_test_add_func ("/arrivals/tells-of-room", test_tells_of_room);
  g_test_add_func ("/arrivals/closes-all", test_closes_all);
  return g_test_run ();
}
