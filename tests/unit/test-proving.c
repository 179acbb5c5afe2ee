#include "config.h"

#include "protocol/proving.h"

#include <string.h>

#include "protocol/ns.h"
#include "tests/support/proves.h"
#include "tests/support/quiet.h"
#include "tests/support/settings.h"
#include "tests/support/talk.h"

#define FROM "comp.local.test"
#define TO "local.test"
#define MOMENT (ENJ_SECOND / 20)

/* A session that does nothing but prove what it sends. */
typedef struct
{
  EnjSession session; /* must be first */
  EnjCounters counters;
  EnjProving *proving;
  guint strange; /* stanzas that prove nothing */
  guint wakes;
  GString *said;
} Host;

static void
handle_event (EnjSession *session, EnjStreamEvent *event)
{
  Host *self = (Host *) session;

  if (event->type == ENJ_STREAM_STANZA)
    self->strange += !enj_proving_handle (self->proving, event->stanza);
}

static void
handle_due (EnjSession *session, EnjWait which)
{
  g_assert_true (which == ENJ_WAIT_ACK || which == ENJ_WAIT_ANSWER);
  enj_proving_tick (((Host *) session)->proving, session->now);
}

static void
handle_left (EnjSession *session, EnjStanza *stanza)
{
  enj_proving_note_sent (((Host *) session)->proving, stanza);
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
  settings->limits.queue_bytes = 20000;
  enj_session_init (&self->session, &host_class, "link", ENJ_NS_SERVER, settings,
                    (EnjWake){ count_wake, self }, ENJ_TALK_START);
  self->said = g_string_new (NULL);
  self->proving = enj_proving_new (&self->session, &self->counters, FROM, TO);
  feed (self, ENJ_TALK_HEADER);
  self->session.header_sent = TRUE;
  return self;
}

static void
host_free (Host *self)
{
  enj_session_clear (&self->session);
  enj_proving_free (self->proving);
  g_string_free (self->said, TRUE);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Host, host_free)

/* At most @max bytes leave. */
static void
drain (Host *self, gsize max)
{
  const guint8 *data;
  gsize len;

  while ((data = enj_session_peek (&self->session, &len)) && len > 0 && max > 0)
    {
      len = MIN (len, max);
      max -= len;
      g_string_append_len (self->said, (const char *) data, (gssize) len);
      enj_session_drained (&self->session, len, self->session.now);
    }
}

static EnjSend
send (Host *self, guint n, gsize size)
{
  const EnjStanzaHead head = { .from = FROM, .to = TO };
  g_autofree char *content = g_strnfill (size, 'x');
  EnjSend last = ENJ_SEND_DONE;

  for (guint i = 0; i < n && last == ENJ_SEND_DONE; i++)
    {
      g_autoptr (EnjStanza) stanza
        = enj_stanza_new_raw (&head, (const guint8 *) content, size);

      last = enj_session_send (&self->session, stanza);
    }
  return last;
}

static void
pass (Host *self, gint64 time)
{
  gint64 end = self->session.now + time;

  while (enj_session_deadline (&self->session) <= end)
    {
      enj_session_tick (&self->session, enj_session_deadline (&self->session));
      drain (self, G_MAXSIZE);
    }
  self->session.now = end;
}

/* The id of the newest ping, "" for none; and how many there were. */
static char *
ping_new (Host *self, guint expected)
{
  static const char start[] = "<iq type='get' id='";
  const char *newest = NULL;
  const char *at = self->said->str;
  guint n = 0;

  for (; (at = strstr (at, start)); at += strlen (start), n++)
    newest = at + strlen (start);
  g_assert_cmpuint (n, ==, expected);
  return newest ? g_strndup (newest, strcspn (newest, "'")) : g_strdup ("");
}

static void
answer (Host *self, guint pings)
{
  g_autofree char *id = ping_new (self, pings);
  g_autofree char *xml
    = g_strdup_printf ("<iq type='result' id='%s' from='" TO "' to='" FROM "'/>", id);

  feed (self, xml);
  g_assert_cmpuint (self->strange, ==, 0);
}

static void
test_pings_stand_behind (void)
{
  g_autoptr (Host) self = host_new ();
  g_autofree char *none = NULL;

  enj_test_proves ("C21");
  g_assert_cmpint (send (self, 63, 0), ==, ENJ_SEND_DONE);
  drain (self, G_MAXSIZE);
  none = ping_new (self, 0);
  g_assert_cmpint (enj_session_deadline (&self->session), ==, self->session.now + MOMENT);
  g_assert_cmpint (send (self, 1, 0), ==, ENJ_SEND_DONE);
  drain (self, G_MAXSIZE);
  pass (self, 0);
  g_assert_true (g_str_has_suffix (self->said->str, "</iq>"));
  g_assert_cmpuint (self->counters.confirmed, ==, 0);
  g_assert_cmpuint (enj_proving_count (self->proving), ==, 64);
  answer (self, 1);
  g_assert_cmpuint (self->counters.confirmed, ==, 64);
  g_assert_true (enj_proving_is_done (self->proving));
  g_assert_cmpint (enj_session_deadline (&self->session), ==, ENJ_NEVER);
}

/* What has not left when the ping is written stands before it all the same. */
static void
test_proves_what_was_on_its_way (void)
{
  g_autoptr (Host) self = host_new ();

  enj_test_proves ("C21");
  g_assert_cmpint (send (self, 3, 0), ==, ENJ_SEND_DONE);
  drain (self, 60);
  enj_session_tick (&self->session, self->session.now + MOMENT);
  g_assert_false (enj_proving_is_done (self->proving));
  drain (self, G_MAXSIZE);
  answer (self, 1);
  g_assert_cmpuint (self->counters.confirmed, ==, 3);
  g_assert_true (enj_proving_is_done (self->proving));
}

/* Not proved is not gone: there may be so many, and the rest waits; by number and by bytes. */
static void
test_is_bounded (void)
{
  static const struct
  {
    guint n;
    gsize size;
  } cases[] = { { 100, 0 }, { 4, 5000 } };

  enj_test_proves ("C21");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Host) self = host_new ();
      guint wakes;

      g_assert_cmpint (send (self, cases[i].n - 1, cases[i].size), ==, ENJ_SEND_DONE);
      drain (self, G_MAXSIZE);
      g_assert_false (self->session.held);
      g_assert_cmpint (send (self, 1, cases[i].size), ==, ENJ_SEND_DONE);
      drain (self, G_MAXSIZE);
      g_assert_true (self->session.held);
      g_assert_cmpint (send (self, 1, 0), ==, ENJ_SEND_FULL);
      wakes = self->wakes;
      pass (self, 0); /* It waits no 50 ms: nothing else would come. */
      answer (self, 1);
      g_assert_false (self->session.held);
      g_assert_cmpuint (self->wakes, >, wakes);
      g_assert_cmpuint (self->counters.confirmed, ==, cases[i].n);
      g_assert_cmpint (send (self, 1, 0), ==, ENJ_SEND_DONE);
    }
}

static void
test_goes_off (void)
{
  g_autoptr (Host) self = host_new ();

  enj_test_proves ("C22");
  g_assert_cmpint (send (self, 100, 0), ==, ENJ_SEND_DONE);
  drain (self, G_MAXSIZE);
  g_assert_cmpint (send (self, 1, 0), ==, ENJ_SEND_FULL);
  pass (self, 20 * ENJ_SECOND);
  feed (self, "<message from='" TO "' to='" FROM "'/>");
  pass (self, 9 * ENJ_SECOND);
  g_assert_cmpuint (self->counters.unproven, ==, 0);
  pass (self, 2 * ENJ_SECOND);
  g_assert_cmpuint (self->counters.unproven, ==, 100);
  g_assert_cmpuint (self->counters.confirmed, ==, 0);
  g_assert_true (enj_proving_is_done (self->proving));

  g_assert_cmpint (send (self, 1, 0), ==, ENJ_SEND_DONE);
  drain (self, G_MAXSIZE);
  g_assert_cmpuint (self->counters.unproven, ==, 101);
  enj_proving_ask (self->proving);
  drain (self, G_MAXSIZE);
  pass (self, 29 * ENJ_SECOND);
  feed (self, "<message from='" TO "' to='" FROM "'/>");
  pass (self, 29 * ENJ_SECOND);
  g_assert_true (enj_session_is_open (&self->session));
  enj_proving_ask (self->proving);
  pass (self, 31 * ENJ_SECOND);
  g_assert_false (enj_session_is_open (&self->session));
}

static void
test_silence_ends_it (void)
{
  g_autoptr (Host) self = host_new ();
  gint64 left;
  g_autoptr (EnjStanza) oldest = NULL;

  enj_test_proves ("C21 S19");
  g_assert_cmpint (send (self, 2, 0), ==, ENJ_SEND_DONE);
  drain (self, G_MAXSIZE);
  pass (self, 30 * ENJ_SECOND);
  g_assert_true (enj_session_is_open (&self->session));
  pass (self, ENJ_SECOND);
  g_assert_false (enj_session_is_open (&self->session));
  g_assert_true (g_error_matches (self->session.reason, ENJ_STREAM_ERROR,
                                  ENJ_STREAM_CONNECTION_TIMEOUT));
  g_assert_cmpuint (enj_proving_count (self->proving), ==, 2);
  oldest = enj_proving_steal (self->proving, &left);
  g_assert_cmpint (left, ==, ENJ_TALK_START);
  g_assert_cmpuint (self->counters.unproven, ==, 0);
}

/* Who was stopped himself looks at what has come meanwhile before he gives up. */
static void
test_was_away (void)
{
  g_autoptr (Host) self = host_new ();

  g_assert_cmpint (send (self, 1, 0), ==, ENJ_SEND_DONE);
  drain (self, G_MAXSIZE);
  pass (self, ENJ_SECOND);
  enj_session_tick (&self->session, self->session.now + 100 * ENJ_SECOND);
  g_assert_true (enj_session_is_open (&self->session));
  answer (self, 1);
  pass (self, 2 * ENJ_SECOND);
  g_assert_true (enj_session_is_open (&self->session));

  g_assert_cmpint (send (self, 1, 0), ==, ENJ_SEND_DONE);
  drain (self, G_MAXSIZE);
  pass (self, ENJ_SECOND);
  enj_session_tick (&self->session, self->session.now + 100 * ENJ_SECOND);
  g_assert_true (enj_session_is_open (&self->session));
  pass (self, 2 * ENJ_SECOND);
  g_assert_false (enj_session_is_open (&self->session));
}

static void
test_last_ping (void)
{
  g_autoptr (Host) self = host_new ();
  g_autofree char *none = NULL;

  enj_test_proves ("C23");
  enj_proving_hurry (self->proving);
  drain (self, G_MAXSIZE);
  none = ping_new (self, 0);
  g_assert_cmpint (send (self, 2, 0), ==, ENJ_SEND_DONE);
  drain (self, G_MAXSIZE);
  enj_proving_hurry (self->proving);
  drain (self, G_MAXSIZE);
  answer (self, 1);
  g_assert_true (enj_proving_is_done (self->proving));
}

static void
note_done (gpointer data, guint64 number)
{
  *(guint64 *) data = number;
}

/* From when the source had it to the last byte, however often the others before it were late. */
static void
test_measures_the_route (void)
{
  guint64 done = 0; /* outlives what tells it */
  g_autoptr (Host) self = host_new ();
  const EnjStanzaHead head = { .from = FROM, .to = TO };
  EnjReceipt *receipt = enj_receipt_new (note_done, &done, 1);
  EnjStanza *stanza = enj_stanza_new_raw (&head, (const guint8 *) "xxxx", 4);

  enj_receipt_set_since (receipt, self->session.now - 4000);
  enj_stanza_set_receipt (stanza, receipt);
  enj_receipt_unref (receipt);
  g_assert_cmpint (send (self, 1, 0), ==, ENJ_SEND_DONE);
  g_assert_cmpint (enj_session_send (&self->session, stanza), ==, ENJ_SEND_DONE);
  enj_stanza_unref (stanza);
  drain (self, 5);
  g_assert_cmpuint (self->counters.route.sum, ==, 0);
  self->session.now += 3000;
  drain (self, G_MAXSIZE);
  g_assert_cmpuint (enj_histogram_count (&self->counters.route), ==, 1);
  g_assert_cmpuint (self->counters.route.sum, ==, 7000);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  enj_test_be_quiet ();
  g_test_add_func ("/proving/pings-stand-behind-what-was-sent", test_pings_stand_behind);
  g_test_add_func ("/proving/proves-what-was-on-its-way", test_proves_what_was_on_its_way);
  g_test_add_func ("/proving/is-bounded", test_is_bounded);
  g_test_add_func ("/proving/goes-off-where-answers-go-elsewhere", test_goes_off);
  g_test_add_func ("/proving/silence-ends-the-session", test_silence_ends_it);
  g_test_add_func ("/proving/looks-again-after-a-stop-of-our-own", test_was_away);
  g_test_add_func ("/proving/a-last-ping-goes-at-once", test_last_ping);
  g_test_add_func ("/proving/measures-the-route", test_measures_the_route);
  return g_test_run ();
}
