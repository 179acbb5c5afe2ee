#include "config.h"

#include "protocol/management.h"

#include <string.h>

#include "protocol/ns.h"
#include "tests/support/proves.h"
#include "tests/support/settings.h"
#include "tests/support/talk.h"

#define SM "xmlns='" ENJ_NS_SM "'"
#define ENABLE "<enable " SM "/>"
#define ENABLED "<enabled " SM "/>"
#define REQUEST "<r " SM "/>"
#define ANSWER(h) "<a " SM " h='" h "'/>"
#define FAILED(condition) \
  "<failed " SM "><" condition " xmlns='" ENJ_NS_STANZA_ERRORS "'/></failed>"
#define MESSAGE "<message from='a@remote.test' to='comp.local.test'/>"
#define SECOND G_USEC_PER_SEC

/* A session that does nothing but acknowledge. */
typedef struct
{
  EnjSession session; /* must be first */
  EnjManagement *management;
  EnjCounters counters;
  GQueue received; /* of EnjStanza */
  guint strange;   /* elements that nobody knew */
  guint wakes;
} Host;

static void
handle_event (EnjSession *session, EnjStreamEvent *event)
{
  Host *self = (Host *) session;

  if (event->type == ENJ_STREAM_STANZA)
    {
      enj_management_note_received (self->management, event->stanza);
      g_queue_push_tail (&self->received, g_steal_pointer (&event->stanza));
    }
  else if (event->type == ENJ_STREAM_ELEMENT)
    {
      self->strange += !enj_management_handle (self->management, event->element);
    }
}

static void
handle_due (EnjSession *session, EnjWait which)
{
  g_assert_cmpint (which, ==, ENJ_WAIT_ACK);
  enj_management_tick (((Host *) session)->management, session->now);
}

static void
handle_left (EnjSession *session, EnjStanza *stanza)
{
  Host *self = (Host *) session;

  if (!enj_management_note_sent (self->management, stanza))
    self->counters.unproven++;
}

static void
handle_closing (EnjSession *session)
{
  enj_management_note_closing (((Host *) session)->management);
}

static gboolean
handle_quiet (EnjSession *session)
{
  return enj_management_probe (((Host *) session)->management);
}

static void
handle_nothing (EnjSession *session)
{
  g_assert_nonnull (session->stream);
}

static const EnjSessionClass host_class = {
  .event = handle_event,
  .secured = handle_nothing,
  .due = handle_due,
  .open = handle_nothing,
  .over = handle_nothing,
  .left = handle_left,
  .closing = handle_closing,
  .quiet = handle_quiet,
};

static void
count_wake (gpointer data)
{
  ((Host *) data)->wakes++;
}

static void
feed (Host *self, const char *xml)
{
  enj_session_feed (&self->session, (const guint8 *) xml, strlen (xml), self->session.now);
}

static Host *
host_new (void)
{
  Host *self = g_new0 (Host, 1);
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();

  settings->limits.queue_stanzas = 100;
  enj_session_init (&self->session, &host_class, "in", ENJ_NS_SERVER, settings,
                    (EnjWake){ count_wake, self }, ENJ_TALK_START);
  self->management = enj_management_new (&self->session, &self->counters);
  feed (self, ENJ_TALK_HEADER);
  self->session.header_sent = TRUE;
  return self;
}

static void
host_free (Host *self)
{
  g_queue_clear_full (&self->received, (GDestroyNotify) enj_stanza_unref);
  enj_session_clear (&self->session);
  enj_management_free (self->management);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Host, host_free)

/* All that it has to say, without the stanzas. */
static void
assert_says (Host *self, const char *expected)
{
  g_autoptr (GString) said = g_string_new (NULL);
  g_auto (GStrv) parts = NULL;
  const guint8 *data;
  gsize len;

  while ((data = enj_session_peek (&self->session, &len)) && len > 0)
    {
      g_string_append_len (said, (const char *) data, (gssize) len);
      enj_session_drained (&self->session, len, self->session.now);
    }
  parts = g_strsplit (said->str, "<message from=\"comp.local.test\" to=\"remote.test\"/>", -1);
  g_string_truncate (said, 0);
  for (guint i = 0; parts[i]; i++)
    g_string_append (said, parts[i]);
  g_assert_cmpstr (said->str, ==, expected);
}

static EnjSend
send (Host *self, guint n)
{
  const EnjStanzaHead head = { .from = "comp.local.test", .to = "remote.test" };
  EnjSend last = ENJ_SEND_DONE;

  for (guint i = 0; i < n && last == ENJ_SEND_DONE; i++)
    {
      g_autoptr (EnjStanza) stanza = enj_stanza_new_raw (&head, NULL, 0);

      last = enj_session_send (&self->session, stanza);
    }
  return last;
}

static void
pass (Host *self, gint64 seconds)
{
  gint64 end = self->session.now + seconds * SECOND;

  while (enj_session_deadline (&self->session) <= end)
    enj_session_tick (&self->session, enj_session_deadline (&self->session));
  self->session.now = end;
}

static guint
count_unconfirmed (Host *self)
{
  EnjStanza *stanza;
  guint n = 0;

  for (; (stanza = enj_management_steal_unconfirmed (self->management, NULL)); n++)
    enj_stanza_unref (stanza);
  return n;
}

static Host *
enabling_new (void)
{
  Host *self = host_new ();

  enj_management_enable (self->management);
  assert_says (self, ENABLE);
  feed (self, ENABLED);
  g_assert_true (self->session.standing.is_acknowledged);
  return self;
}

static Host *
enabled_new (void)
{
  Host *self = host_new ();

  enj_management_allow (self->management);
  feed (self, ENABLE);
  assert_says (self, ENABLED);
  g_assert_true (self->session.standing.is_acknowledged);
  return self;
}

static void
assert_failed (Host *self, EnjStreamCondition condition, const char *word)
{
  const guint8 *data;
  gsize len;

  g_assert_error (self->session.reason, ENJ_STREAM_ERROR, (gint) condition);
  data = enj_session_peek (&self->session, &len);
  g_assert_nonnull (g_strstr_len ((const char *) data, (gssize) len, word));
}

/* ---- Beginning ------------------------------------------------------------------ */

static void
test_not_yet (void)
{
  g_autoptr (Host) host = host_new ();

  enj_test_proves ("M02");
  feed (host, ENABLE);
  assert_says (host, FAILED ("unexpected-request"));
  feed (host, REQUEST ANSWER ("0"));
  assert_says (host, FAILED ("unexpected-request") FAILED ("unexpected-request"));
  g_assert_false (host->session.standing.is_acknowledged);
  enj_management_allow (host->management);
  feed (host, ENABLE);
  assert_says (host, ENABLED);
  g_assert_true (enj_session_is_open (&host->session));
}

static void
test_twice (void)
{
  g_autoptr (Host) acceptor = enabled_new ();
  g_autoptr (Host) initiator = enabling_new ();

  enj_test_proves ("M02");
  feed (acceptor, ENABLE);
  assert_failed (acceptor, ENJ_STREAM_POLICY_VIOLATION, "<policy-violation");
  feed (initiator, ENABLED);
  assert_failed (initiator, ENJ_STREAM_POLICY_VIOLATION, "<policy-violation");
}

static void
test_refused (void)
{
  g_autoptr (Host) host = host_new ();

  enj_management_enable (host->management);
  assert_says (host, ENABLE);
  g_assert_cmpint (send (host, 40), ==, ENJ_SEND_DONE);
  assert_says (host, "");
  feed (host, FAILED ("unexpected-request"));
  g_assert_false (host->session.standing.is_acknowledged);
  g_assert_cmpuint (count_unconfirmed (host), ==, 0);
  pass (host, 100);
  assert_says (host, "");
  g_assert_true (enj_session_is_open (&host->session));
}

static void
test_resume (void)
{
  g_autoptr (Host) host = enabled_new ();

  enj_test_proves ("M11");
  feed (host, "<resume " SM " previd='x' h='0'/>");
  assert_says (host, FAILED ("feature-not-implemented"));
  feed (host, "<unknown " SM "/><x xmlns='urn:x'/>");
  g_assert_cmpuint (host->strange, ==, 2);
}

/* The counts start with <enable/>: what stands before it in the queue is not in them. */
static void
test_counts_from_enable (void)
{
  g_autoptr (Host) host = host_new ();

  enj_test_proves ("M03 M09");
  g_assert_cmpint (send (host, 2), ==, ENJ_SEND_DONE);
  enj_management_enable (host->management);
  g_assert_cmpint (send (host, 3), ==, ENJ_SEND_DONE);
  assert_says (host, ENABLE);
  feed (host, MESSAGE ENABLED MESSAGE REQUEST);
  g_queue_clear_full (&host->received, (GDestroyNotify) enj_stanza_unref);
  assert_says (host, ANSWER ("0"));
  feed (host, REQUEST);
  assert_says (host, ANSWER ("1"));
  feed (host, ANSWER ("3"));
  g_assert_cmpuint (count_unconfirmed (host), ==, 0);
  g_assert_true (enj_session_is_open (&host->session));
}

static void
test_counts_from_enabled (void)
{
  g_autoptr (Host) host = host_new ();

  enj_test_proves ("M03 M10");
  enj_management_allow (host->management);
  g_assert_cmpint (send (host, 1), ==, ENJ_SEND_DONE);
  feed (host, ENABLE);
  g_assert_cmpint (send (host, 1), ==, ENJ_SEND_DONE);
  assert_says (host, ENABLED);
  g_assert_cmpuint (count_unconfirmed (host), ==, 1);
}

/* ---- What the peer sends ----------------------------------------------------------- */

static void
test_answers (void)
{
  g_autoptr (Host) host = enabled_new ();

  enj_test_proves ("M04");
  feed (host, MESSAGE MESSAGE MESSAGE REQUEST);
  assert_says (host, ANSWER ("0"));
  enj_stanza_unref (g_queue_pop_head (&host->received));
  feed (host, REQUEST);
  assert_says (host, ANSWER ("1"));
  /* Asked or not, when all are done with the peer hears of it. */
  g_queue_clear_full (&host->received, (GDestroyNotify) enj_stanza_unref);
  pass (host, 0);
  assert_says (host, ANSWER ("3"));
  pass (host, 100);
  assert_says (host, "");
}

static void
test_stops_reading (void)
{
  g_autoptr (Host) host = enabled_new ();

  for (guint i = 0; i < 400; i++)
    feed (host, MESSAGE);
  g_assert_false (host->session.input_paused);
  host->session.output = host->session.wake;
  host->wakes = 0;
  feed (host, MESSAGE);
  g_assert_true (host->session.input_paused);
  g_assert_cmpuint (host->wakes, ==, 1);

  /* What it asks meanwhile is not read, and answered all the same. */
  pass (host, 10);
  assert_says (host, ANSWER ("0"));
  for (guint i = 0; i < 200; i++)
    enj_stanza_unref (g_queue_pop_head (&host->received));
  g_assert_true (host->session.input_paused);
  enj_stanza_unref (g_queue_pop_head (&host->received));
  g_assert_false (host->session.input_paused);
  pass (host, 10);
  assert_says (host, ANSWER ("201"));
}

static void
test_last_word (void)
{
  g_autoptr (Host) host = enabled_new ();
  g_autoptr (Host) sender = enabling_new ();

  enj_test_proves ("M07");
  feed (host, MESSAGE MESSAGE);
  g_queue_clear_full (&host->received, (GDestroyNotify) enj_stanza_unref);
  enj_session_close (&host->session);
  assert_says (host, ANSWER ("2") ENJ_TALK_END);

  g_assert_cmpint (send (sender, 2), ==, ENJ_SEND_DONE);
  assert_says (sender, "");
  enj_session_close (&sender->session);
  assert_says (sender, ANSWER ("0") REQUEST ENJ_TALK_END);
  feed (sender, ANSWER ("1") ENJ_TALK_END);
  g_assert_true (enj_session_is_over (&sender->session));
  g_assert_cmpuint (count_unconfirmed (sender), ==, 1);
}

/* ---- What we send --------------------------------------------------------------------- */

static void
test_asks (void)
{
  g_autoptr (Host) host = enabling_new ();

  g_assert_cmpint (send (host, 31), ==, ENJ_SEND_DONE);
  assert_says (host, "");
  pass (host, 4);
  assert_says (host, "");
  pass (host, 1);
  assert_says (host, REQUEST);
  feed (host, ANSWER ("30"));
  pass (host, 5);
  assert_says (host, REQUEST);
  feed (host, ANSWER ("31"));
  g_assert_cmpint (send (host, 32), ==, ENJ_SEND_DONE);
  assert_says (host, REQUEST);
  /* One question at a time. */
  g_assert_cmpint (send (host, 32), ==, ENJ_SEND_DONE);
  assert_says (host, "");
  feed (host, ANSWER ("63"));
  assert_says (host, REQUEST);
  feed (host, ANSWER ("95"));
  pass (host, 100);
  assert_says (host, "");
}

static void
test_not_answered (void)
{
  g_autoptr (Host) host = enabling_new ();

  enj_test_proves ("M12 S19");
  g_assert_cmpint (send (host, 32), ==, ENJ_SEND_DONE);
  assert_says (host, REQUEST);
  pass (host, 29);
  g_assert_true (enj_session_is_open (&host->session));
  pass (host, 1);
  assert_failed (host, ENJ_STREAM_CONNECTION_TIMEOUT, "<connection-timeout");
  g_assert_cmpuint (count_unconfirmed (host), ==, 32);
}

/* The peer reads slowly: it has not seen the question yet. */
static void
test_not_asked (void)
{
  g_autoptr (Host) host = enabling_new ();

  g_assert_cmpint (send (host, 32), ==, ENJ_SEND_DONE);
  assert_says (host, REQUEST);
  g_assert_cmpint (send (host, 1), ==, ENJ_SEND_DONE);
  pass (host, 31);
  g_assert_true (enj_session_is_open (&host->session));
  assert_says (host, "");
  pass (host, 30);
  assert_failed (host, ENJ_STREAM_CONNECTION_TIMEOUT, "<connection-timeout");
}

/* We do not read, and so what we do not hear is not the peer's fault. */
static void
test_not_heard (void)
{
  g_autoptr (Host) host = enabling_new ();

  g_assert_cmpint (send (host, 100), ==, ENJ_SEND_DONE);
  assert_says (host, REQUEST);
  host->session.input_paused = TRUE;
  pass (host, 1000);
  g_assert_true (enj_session_is_open (&host->session));
  host->session.input_paused = FALSE;
  pass (host, 30);
  g_assert_false (enj_session_is_open (&host->session));
}

static void
test_too_high (void)
{
  g_autoptr (Host) host = enabling_new ();

  enj_test_proves ("M06");
  g_assert_cmpint (send (host, 2), ==, ENJ_SEND_DONE);
  assert_says (host, "");
  feed (host, ANSWER ("3"));
  assert_failed (host, ENJ_STREAM_HANDLED_COUNT_TOO_HIGH,
                 "<undefined-condition xmlns='" ENJ_NS_STREAM_ERRORS "'/>");
  assert_failed (host, ENJ_STREAM_HANDLED_COUNT_TOO_HIGH, "<handled-count-too-high " SM "/>");
}

/* In our queue it cannot be with the peer. */
static void
test_too_early (void)
{
  g_autoptr (Host) host = enabling_new ();

  g_assert_cmpint (send (host, 1), ==, ENJ_SEND_DONE);
  feed (host, ANSWER ("1"));
  assert_failed (host, ENJ_STREAM_HANDLED_COUNT_TOO_HIGH, "<handled-count-too-high");
}

/* TLS has it all, and so may the peer, though some of it seems not to be written yet. */
static void
test_quicker_than_tls (void)
{
  g_autoptr (Host) host = enabling_new ();
  EnjBytes *output = enj_stream_output (host->session.stream);

  g_assert_cmpint (send (host, 2), ==, ENJ_SEND_DONE);
  enj_departures_take (&host->session.unsent, enj_bytes_length (output));
  feed (host, ANSWER ("1"));
  g_assert_cmpuint (enj_departures_count (&host->session.unsent), ==, 1);
  g_assert_true (enj_session_is_open (&host->session));
  g_assert_cmpuint (count_unconfirmed (host), ==, 0);
}

static void
test_no_number (void)
{
  static const char *const cases[]
    = { "<a " SM "/>", "<a " SM " h=''/>", "<a " SM " h='-1'/>", "<a " SM " h='4294967296'/>" };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Host) host = enabling_new ();

      feed (host, cases[i]);
      assert_failed (host, ENJ_STREAM_BAD_FORMAT, "<bad-format");
    }
}

/* What is kept is bounded: then nothing more is sent until the peer has confirmed some. */
static void
test_holds (void)
{
  g_autoptr (Host) host = enabling_new ();

  g_assert_cmpint (send (host, 100), ==, ENJ_SEND_DONE);
  assert_says (host, REQUEST);
  g_assert_cmpint (send (host, 1), ==, ENJ_SEND_FULL);
  host->wakes = 0;
  feed (host, ANSWER ("1"));
  g_assert_cmpuint (host->wakes, ==, 1);
  g_assert_cmpint (send (host, 1), ==, ENJ_SEND_DONE);
}

/* It answers, and yet nothing moves. */
static void
test_left_at_last (void)
{
  g_autoptr (Host) host = enabling_new ();

  g_assert_cmpint (send (host, 100), ==, ENJ_SEND_DONE);
  assert_says (host, REQUEST);
  for (guint i = 0; i < 35; i++)
    {
      feed (host, ANSWER ("0"));
      pass (host, 5);
      assert_says (host, REQUEST);
    }
  g_assert_true (enj_session_is_open (&host->session));
  feed (host, ANSWER ("0"));
  pass (host, 5);
  assert_failed (host, ENJ_STREAM_RESOURCE_CONSTRAINT, "<resource-constraint");
  g_assert_cmpuint (count_unconfirmed (host), ==, 100);
}

static void
test_keepalive (void)
{
  g_autoptr (Host) host = enabling_new ();
  g_autoptr (Host) off = host_new ();

  enj_session_settle_in (&host->session);
  pass (host, 300);
  assert_says (host, REQUEST);
  pass (host, 30);
  assert_failed (host, ENJ_STREAM_CONNECTION_TIMEOUT, "<connection-timeout");
  enj_session_settle_in (&off->session);
  pass (off, 300);
  assert_says (off, " ");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/management/refuses-what-comes-too-early", test_not_yet);
  g_test_add_func ("/management/refuses-what-comes-twice", test_twice);
  g_test_add_func ("/management/goes-on-where-it-is-refused", test_refused);
  g_test_add_func ("/management/resumes-nothing", test_resume);
  g_test_add_func ("/management/counts-from-enable", test_counts_from_enable);
  g_test_add_func ("/management/counts-from-enabled", test_counts_from_enabled);
  g_test_add_func ("/management/answers-with-what-is-done", test_answers);
  g_test_add_func ("/management/reads-no-more-than-it-can-do", test_stops_reading);
  g_test_add_func ("/management/has-a-last-word", test_last_word);
  g_test_add_func ("/management/asks-by-number-and-by-time", test_asks);
  g_test_add_func ("/management/leaves-who-does-not-answer", test_not_answered);
  g_test_add_func ("/management/leaves-nobody-who-was-not-asked", test_not_asked);
  g_test_add_func ("/management/leaves-nobody-who-was-not-heard", test_not_heard);
  g_test_add_func ("/management/refuses-more-than-was-sent", test_too_high);
  g_test_add_func ("/management/refuses-what-has-not-left", test_too_early);
  g_test_add_func ("/management/believes-who-is-quicker", test_quicker_than_tls);
  g_test_add_func ("/management/wants-a-number", test_no_number);
  g_test_add_func ("/management/holds-what-would-be-too-much", test_holds);
  g_test_add_func ("/management/leaves-who-confirms-nothing", test_left_at_last);
  g_test_add_func ("/management/asks-when-quiet", test_keepalive);
  return g_test_run ();
}
