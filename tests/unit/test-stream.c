#include "config.h"

#include "protocol/stream.h"

#include <string.h>

#include "protocol/deadlines.h"
#include "protocol/ns.h"
#include "tests/support/proves.h"

#define TAG "<stream:stream xmlns='" ENJ_NS_SERVER "' xmlns:stream='" ENJ_NS_STREAM "'"
#define HEADER "<?xml version='1.0'?>" TAG " from='a.example' id='i1' version='1.0'>"
#define STARTTLS "<starttls xmlns='" ENJ_NS_TLS "'/>"
#define MESSAGE(id) \
  "<message from='u@a.example' to='v@b.example' id='" id "'><body>x</body></message>"

#define MILLISECOND (G_USEC_PER_SEC / 1000)

/* How the bytes of a peer come. */
typedef enum
{
  WHOLE,
  BYTES_AT_ONCE,   /* one by one, and no time passes */
  BYTES_WITH_TIME, /* one by one, each followed by what is due */
  RANDOM_CUTS,
  N_WAYS
} Way;

typedef struct
{
  EnjStream *stream;
  GString *seen;
  gint64 now;
} Player;

static void
note (Player *self, const EnjStreamEvent *event)
{
  switch (event->type)
    {
    case ENJ_STREAM_OPENED:
      g_string_append_printf (self->seen, "opened %s\n", enj_stream_get_header (self->stream)->id);
      break;
    case ENJ_STREAM_STANZA:
      g_string_append_printf (self->seen, "stanza %s\n", enj_stanza_get_id (event->stanza));
      break;
    case ENJ_STREAM_ELEMENT:
      g_string_append_printf (self->seen, "element %s\n", enj_element_get_name (event->element));
      break;
    case ENJ_STREAM_CLOSED:
      g_string_append (self->seen, "closed\n");
      break;
    case ENJ_STREAM_FAILED:
      g_assert_error (event->error, ENJ_STREAM_ERROR, event->error->code);
      g_string_append_printf (
          self->seen, "failed %s\n",
          enj_stream_condition_format ((EnjStreamCondition) event->error->code));
      break;
    }
}

static void
drain (Player *self)
{
  EnjStreamEvent event;

  while (enj_stream_next (self->stream, &event))
    {
      note (self, &event);
      g_clear_pointer (&event.stanza, enj_stanza_unref);
      g_clear_pointer (&event.element, enj_element_unref);
      g_clear_error (&event.error);
    }
  g_assert_null (event.stanza);
}

/* In memory of its own, so that a byte too far or a look too late is seen. */
static void
feed (Player *self, const char *data, gsize len)
{
  g_autofree guint8 *copy = g_memdup2 (data, len);

  enj_stream_feed (self->stream, copy, len, self->now);
  drain (self);
}

static void
pass_time (Player *self, gint64 until)
{
  while (enj_stream_deadline (self->stream) <= until)
    {
      self->now = MAX (self->now, enj_stream_deadline (self->stream));
      enj_stream_tick (self->stream, self->now);
      drain (self);
    }
  self->now = MAX (self->now, until);
}

/* Time passes only where something waits for it. */
static void
settle (Player *self)
{
  while (enj_stream_deadline (self->stream) != ENJ_NEVER)
    pass_time (self, enj_stream_deadline (self->stream));
}

static void
play (Player *self, const char *xml, Way way)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (6120);
  gsize len = strlen (xml);
  gsize piece;

  for (gsize at = 0; at < len; at += piece)
    {
      piece = 1;
      if (way == WHOLE)
        piece = len;
      else if (way == RANDOM_CUTS)
        piece = (gsize) g_rand_int_range (rand, 1, (gint32) MIN (len - at, 40) + 1);

      feed (self, xml + at, piece);
      if (way == BYTES_WITH_TIME)
        settle (self);
      else if (way == RANDOM_CUTS)
        pass_time (self, self->now + g_rand_int_range (rand, 0, 50) * MILLISECOND);
    }
  settle (self);
}

static Player
player (void)
{
  const EnjLimits limits = enj_limits_default ();

  return (Player){ enj_stream_new (ENJ_NS_SERVER, &limits), g_string_new (NULL), 1000 };
}

static void
player_clear (Player *self)
{
  enj_stream_free (self->stream);
  g_string_free (self->seen, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Player, player_clear)

static void
test_four_ways (void)
{
  static const struct
  {
    const char *xml;
    const char *seen;
  } cases[] = {
    { HEADER, "opened i1\n" },
    { HEADER MESSAGE ("1") " \n" MESSAGE ("2") "<presence from='a.example' to='b.example' id='3'/>",
      "opened i1\nstanza 1\nstanza 2\nstanza 3\n" },
    { HEADER "<stream:features>" STARTTLS "</stream:features>" MESSAGE ("1") STARTTLS MESSAGE ("2")
      "</stream:stream>",
      "opened i1\nelement features\nstanza 1\nelement starttls\nstanza 2\nclosed\n" },
    { HEADER MESSAGE ("1") "</stream:stream>" MESSAGE ("2"), "opened i1\nstanza 1\nclosed\n" },
    { HEADER MESSAGE ("1") "<!-- x -->" MESSAGE ("2"),
      "opened i1\nstanza 1\nfailed restricted-xml\n" },
    { HEADER MESSAGE ("1") "<message></presence>" MESSAGE ("2"),
      "opened i1\nstanza 1\nfailed not-well-formed\n" },
    { "<stream:stream xmlns='" ENJ_NS_CLIENT "' xmlns:stream='" ENJ_NS_STREAM "'>" MESSAGE ("1"),
      "failed invalid-namespace\n" },
    { TAG " version='x'>", "failed unsupported-version\n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (guint way = 0; way < N_WAYS; way++)
      {
        g_auto (Player) peer = player ();

        g_test_message ("%s, way %u", cases[i].xml, way);
        play (&peer, cases[i].xml, (Way) way);
        g_assert_cmpstr (peer.seen->str, ==, cases[i].seen);
      }
}

static void
test_header_is_kept (void)
{
  g_auto (Player) peer = player ();

  g_assert_null (enj_stream_get_header (peer.stream)->id);
  play (&peer, HEADER MESSAGE ("1"), WHOLE);
  g_assert_cmpstr (enj_stream_get_header (peer.stream)->from, ==, "a.example");
  g_assert_cmpstr (enj_stream_get_header (peer.stream)->id, ==, "i1");
  g_assert_cmpuint (enj_stream_get_header (peer.stream)->major, ==, 1);
}

/* Two segments, 1 ms apart, then silence: where expat's deferral would wait for ever. */
static void
test_every_split_is_reported_in_time (void)
{
  static const char xml[] = MESSAGE ("1");
  gint64 start;

  for (gsize cut = 1; cut < strlen (xml); cut++)
    {
      g_auto (Player) peer = player ();

      play (&peer, HEADER, WHOLE);
      feed (&peer, xml, cut);
      pass_time (&peer, peer.now + MILLISECOND);
      feed (&peer, xml + cut, strlen (xml) - cut);
      start = peer.now;
      settle (&peer);
      g_assert_cmpint (peer.now - start, <=, 50 * MILLISECOND);
      g_assert_cmpstr (peer.seen->str, ==, "opened i1\nstanza 1\n");
    }
}

static void
test_a_quiet_stream_waits_for_nothing (void)
{
  g_auto (Player) peer = player ();

  g_assert_cmpint (enj_stream_deadline (peer.stream), ==, ENJ_NEVER);
  feed (&peer, HEADER, strlen (HEADER));
  g_assert_cmpint (enj_stream_deadline (peer.stream), ==, ENJ_NEVER);
  play (&peer, MESSAGE ("1"), WHOLE);
  g_assert_cmpint (enj_stream_deadline (peer.stream), ==, ENJ_NEVER);

  /* An open token that was looked at once holds nothing new until more bytes come. */
  play (&peer, "<message id='", BYTES_AT_ONCE);
  g_assert_cmpint (enj_stream_deadline (peer.stream), ==, ENJ_NEVER);
  peer.now += 10 * ENJ_SECOND;
  enj_stream_tick (peer.stream, peer.now);
  drain (&peer);
  g_assert_cmpint (enj_stream_deadline (peer.stream), ==, ENJ_NEVER);
}

static void
test_dribbled_bytes_are_not_looked_at_each_time (void)
{
  g_auto (Player) peer = player ();
  const guint n = 2000;
  guint looks = 0;

  play (&peer, HEADER "<message id='", WHOLE);
  for (guint i = 0; i < n; i++)
    {
      gint64 due;

      feed (&peer, "a", 1);
      due = enj_stream_deadline (peer.stream);
      if (due <= peer.now + MILLISECOND)
        looks++;
      pass_time (&peer, peer.now + MILLISECOND);
    }

  g_assert_cmpuint (looks, >=, n / 200);
  g_assert_cmpuint (looks, <=, n / 50);

  /* That was this stanza's fault, the next one waits no longer than any other. */
  play (&peer, "'/>", WHOLE);
  pass_time (&peer, peer.now + ENJ_SECOND);
  feed (&peer, "<message", 8);
  feed (&peer, "/>", 2);
  g_assert_cmpint (enj_stream_deadline (peer.stream), <=, peer.now + 50 * MILLISECOND);
}

/* Whoever has proved himself may send long tokens, whose scan is dear; only `>` ends a tag. */
static void
test_what_cannot_end_a_tag_is_not_looked_at (void)
{
  g_auto (Player) peer = player ();

  play (&peer, HEADER, WHOLE);
  enj_stream_raise_limits (peer.stream, 262144);
  play (&peer, "<message id='", BYTES_AT_ONCE);
  for (guint i = 0; i < 100; i++)
    {
      feed (&peer, "a", 1);
      g_assert_cmpint (enj_stream_deadline (peer.stream), ==, ENJ_NEVER);
      pass_time (&peer, peer.now + MILLISECOND);
    }
  feed (&peer, "'/>", 3);
  settle (&peer);
  g_assert_nonnull (strstr (peer.seen->str, "stanza"));
}

static void
test_a_tick_too_early_does_nothing (void)
{
  g_auto (Player) peer = player ();
  gint64 due;

  play (&peer, HEADER "<message id='", WHOLE);
  feed (&peer, "a", 1);
  due = enj_stream_deadline (peer.stream);
  g_assert_cmpint (due, >, peer.now);
  g_assert_cmpint (due, !=, ENJ_NEVER);
  enj_stream_tick (peer.stream, due - 1);
  drain (&peer);
  g_assert_cmpint (enj_stream_deadline (peer.stream), ==, due);
  enj_stream_tick (peer.stream, due);
  drain (&peer);
  g_assert_cmpint (enj_stream_deadline (peer.stream), ==, ENJ_NEVER);
}

static void
test_ended_it_waits_for_nothing (void)
{
  g_autofree char *filler = g_strnfill (20000, 'x');
  g_auto (Player) peer = player ();

  play (&peer, HEADER "<message id='", WHOLE);
  feed (&peer, "a", 1);
  g_assert_cmpint (enj_stream_deadline (peer.stream), !=, ENJ_NEVER);
  feed (&peer, filler, strlen (filler));
  g_assert_cmpstr (peer.seen->str, ==, "opened i1\nfailed policy-violation\n");
  g_assert_cmpint (enj_stream_deadline (peer.stream), ==, ENJ_NEVER);
}

/* No deadline is asked for by a stream that is fed so often that feed() itself may look. */
static void
test_feeding_looks_by_itself (void)
{
  static const char xml[] = MESSAGE ("1");
  g_auto (Player) peer = player ();

  feed (&peer, HEADER, strlen (HEADER));
  for (gsize i = 0; xml[i]; i++)
    {
      peer.now += 200 * MILLISECOND;
      feed (&peer, xml + i, 1);
      g_assert_cmpint (enj_stream_deadline (peer.stream), ==, ENJ_NEVER);
    }
  g_assert_cmpstr (peer.seen->str, ==, "opened i1\nstanza 1\n");
}

static void
test_restart (void)
{
  for (guint way = 0; way < N_WAYS; way++)
    {
      g_auto (Player) peer = player ();

      play (&peer, HEADER STARTTLS, (Way) way);
      g_assert_true (enj_stream_restart (peer.stream));
      g_assert_null (enj_stream_get_header (peer.stream)->id);
      g_assert_null (enj_stream_get_header (peer.stream)->from);
      g_assert_false (enj_stream_get_header (peer.stream)->has_version);
      g_assert_cmpint (enj_stream_deadline (peer.stream), ==, ENJ_NEVER);
      drain (&peer);
      play (&peer, TAG " id='i2'>" MESSAGE ("1"), (Way) way);
      g_assert_cmpstr (peer.seen->str, ==,
                       "opened i1\nelement starttls\nopened i2\nstanza 1\n");
    }
}

static void
test_no_restart_over_more_bytes (void)
{
  static const char *const more[] = { "<", " ", "<auth xmlns='urn:x'/>", HEADER, "\x16\x03\x01" };

  for (guint i = 0; i < G_N_ELEMENTS (more); i++)
    {
      g_autofree char *xml = g_strconcat (HEADER STARTTLS, more[i], NULL);
      g_auto (Player) peer = player ();
      EnjStreamEvent event;

      enj_stream_feed (peer.stream, (const guint8 *) xml, strlen (xml), peer.now);
      g_assert_true (enj_stream_next (peer.stream, &event));
      g_assert_true (enj_stream_next (peer.stream, &event));
      g_assert_cmpint (event.type, ==, ENJ_STREAM_ELEMENT);
      enj_element_unref (event.element);
      g_assert_false (enj_stream_restart (peer.stream));
    }
}

static void
test_no_restart_over_an_open_token (void)
{
  g_auto (Player) peer = player ();

  play (&peer, HEADER STARTTLS "<auth", WHOLE);
  g_assert_false (enj_stream_restart (peer.stream));
}

static void
test_no_restart_after_the_end (void)
{
  g_auto (Player) closed = player ();
  g_auto (Player) failed = player ();

  play (&closed, HEADER "</stream:stream>", WHOLE);
  g_assert_false (enj_stream_restart (closed.stream));
  play (&failed, HEADER "</stream>", WHOLE);
  g_assert_false (enj_stream_restart (failed.stream));
}

static void
test_limits_before_and_after (void)
{
  g_autofree char *filler = g_strnfill (20000, 'x');
  g_autofree char *big = g_strconcat ("<message id='1'><body>", filler, "</body></message>", NULL);
  g_autoptr (GString) many = g_string_new ("<message id='2'>");

  for (guint i = 0; i < 40; i++)
    g_string_append (many, "<x/>");
  g_string_append (many, "</message>");

  for (guint way = 0; way < N_WAYS; way++)
    {
      g_auto (Player) early = player ();
      g_auto (Player) early_many = player ();
      g_auto (Player) late = player ();

      play (&early, HEADER, (Way) way);
      play (&early, big, (Way) way);
      g_assert_cmpstr (early.seen->str, ==, "opened i1\nfailed policy-violation\n");

      play (&early_many, HEADER, (Way) way);
      play (&early_many, many->str, (Way) way);
      g_assert_cmpstr (early_many.seen->str, ==, "opened i1\nfailed policy-violation\n");

      play (&late, HEADER, (Way) way);
      enj_stream_raise_limits (late.stream, 30000);
      play (&late, big, (Way) way);
      play (&late, many->str, (Way) way);
      g_assert_cmpstr (late.seen->str, ==, "opened i1\nstanza 1\nstanza 2\n");
      play (&late, big, (Way) way);
      enj_stream_raise_limits (late.stream, 10000);
      play (&late, big, (Way) way);
      g_assert_true (g_str_has_suffix (late.seen->str, "stanza 1\nfailed policy-violation\n"));
    }
}

static void
test_raised_limits_outlive_a_restart (void)
{
  g_autofree char *filler = g_strnfill (20000, 'x');
  g_autofree char *big = g_strconcat ("<message id='1'><body>", filler, "</body></message>", NULL);
  g_auto (Player) peer = player ();

  play (&peer, HEADER STARTTLS, WHOLE);
  enj_stream_raise_limits (peer.stream, 30000);
  g_assert_true (enj_stream_restart (peer.stream));
  play (&peer, HEADER, WHOLE);
  play (&peer, big, WHOLE);
  g_assert_true (g_str_has_suffix (peer.seen->str, "opened i1\nstanza 1\n"));
}

static void
assert_output (EnjStream *stream, const char *expected)
{
  gsize len;
  const guint8 *data = enj_bytes_peek (enj_stream_output (stream), &len);

  g_assert_cmpmem (data, len, expected, strlen (expected));
  enj_bytes_drained (enj_stream_output (stream), len);
}

static void
test_output (void)
{
  const EnjHeader header = { .content_ns = ENJ_NS_SERVER, .to = "b.example" };
  g_auto (Player) peer = player ();
  g_autoptr (GError) error
      = g_error_new_literal (ENJ_STREAM_ERROR, ENJ_STREAM_HOST_UNKNOWN, "not here");
  g_autoptr (GError) gone = g_error_new_literal (ENJ_STREAM_ERROR, ENJ_STREAM_DISCONNECTED, "x");
  g_autoptr (EnjElement) element
      = enj_element_builder_end_new (enj_element_builder_new (ENJ_NS_TLS, "proceed"));
  g_autoptr (EnjElement) inherited
      = enj_element_builder_end_new (enj_element_builder_new (ENJ_NS_SERVER, "x"));
  g_autoptr (EnjStanza) stanza
      = enj_stanza_new (ENJ_STANZA_PRESENCE, NULL, "a.example", "b.example", NULL, NULL);

  g_assert_true (enj_stream_send_header (peer.stream, &header));
  assert_output (peer.stream, "<?xml version='1.0'?><stream:stream xmlns=\"" ENJ_NS_SERVER
                              "\" xmlns:stream=\"" ENJ_NS_STREAM "\" to=\"b.example\">");
  g_assert_true (enj_stream_send_element (peer.stream, element));
  assert_output (peer.stream, "<proceed xmlns=\"" ENJ_NS_TLS "\"/>");
  g_assert_true (enj_stream_send_element (peer.stream, inherited));
  assert_output (peer.stream, "<x/>");
  g_assert_true (enj_stream_send_stanza (peer.stream, stanza));
  assert_output (peer.stream, "<presence from=\"a.example\" to=\"b.example\"/>");
  g_assert_true (enj_stream_send_text (peer.stream, " "));
  g_assert_true (enj_stream_send_error (peer.stream, gone));
  g_assert_true (enj_stream_send_error (peer.stream, error));
  g_assert_true (enj_stream_send_close (peer.stream));
  assert_output (peer.stream,
                 " <stream:error><host-unknown xmlns='" ENJ_NS_STREAM_ERRORS
                 "'/><text xmlns='" ENJ_NS_STREAM_ERRORS "' xml:lang='en'>not here</text>"
                 "</stream:error></stream:stream>");
}

static void
test_too_big_is_told (void)
{
  g_autofree char *filler = g_strnfill (10001, ' ');
  g_autofree char *xml = g_strconcat (HEADER "<message>", filler, NULL);
  g_auto (Player) peer = player ();
  const char *output;
  EnjStreamEvent event;
  gsize len;

  enj_test_proves ("S43");

  enj_stream_feed (peer.stream, (const guint8 *) xml, strlen (xml), peer.now);
  g_assert_true (enj_stream_next (peer.stream, &event));
  g_assert_true (enj_stream_next (peer.stream, &event));
  g_assert_error (event.error, ENJ_STREAM_ERROR, ENJ_STREAM_STANZA_TOO_BIG);
  g_assert_true (enj_stream_send_error (peer.stream, event.error));
  output = (const char *) enj_bytes_peek (enj_stream_output (peer.stream), &len);
  g_assert_nonnull (g_strstr_len (output, (gssize) len, "<policy-violation "));
  g_assert_nonnull (
      g_strstr_len (output, (gssize) len, "<stanza-too-big xmlns='urn:xmpp:errors'/>"));
  g_error_free (event.error);
}

static void
test_output_is_bounded (void)
{
  EnjLimits limits = enj_limits_default ();
  const EnjHeader header = { .content_ns = ENJ_NS_SERVER, .to = "b.example" };
  g_autoptr (EnjStream) stream = NULL;
  g_autoptr (GError) error = g_error_new_literal (ENJ_STREAM_ERROR, ENJ_STREAM_RESET, "x");
  g_autoptr (EnjElement) element
      = enj_element_builder_end_new (enj_element_builder_new (ENJ_NS_TLS, "proceed"));

  limits.queue_bytes = 10;
  limits.stanza_size = 5;
  limits.stanza_size_link = 10;
  stream = enj_stream_new (ENJ_NS_SERVER, &limits);

  g_assert_false (enj_stream_send_header (stream, &header));
  g_assert_false (enj_stream_send_element (stream, element));
  g_assert_false (enj_stream_send_error (stream, error));
  g_assert_cmpuint (enj_bytes_length (enj_stream_output (stream)), ==, 0);
  g_assert_true (enj_stream_send_close (stream));
  g_assert_false (enj_stream_send_close (stream));
  assert_output (stream, "</stream:stream>");
}

static void
hear (Player *self, const char *xml)
{
  feed (self, xml, strlen (xml));
}

/* It rests when it is told that it may, and only when it has been quiet for long enough. */
static void
test_rests (void)
{
  g_auto (Player) peer = player ();
  EnjStream *stream = peer.stream;

  hear (&peer, HEADER MESSAGE ("1"));
  g_assert_cmpint (enj_stream_deadline (stream), ==, ENJ_NEVER);
  enj_stream_allow_rest (stream);
  g_assert_cmpint (enj_stream_deadline (stream), ==, peer.now + 5 * G_USEC_PER_SEC);
  peer.now += 3 * G_USEC_PER_SEC;
  hear (&peer, MESSAGE ("2"));
  enj_stream_tick (stream, peer.now + 2 * G_USEC_PER_SEC);
  g_assert_cmpint (enj_stream_deadline (stream), ==, peer.now + 5 * G_USEC_PER_SEC);
  enj_stream_tick (stream, peer.now + 5 * G_USEC_PER_SEC);
  g_assert_cmpint (enj_stream_deadline (stream), ==, ENJ_NEVER);
  peer.now += 60 * G_USEC_PER_SEC;
  hear (&peer, MESSAGE ("3"));
  hear (&peer, "<stream:features/></stream:stream>");
  g_assert_cmpstr (peer.seen->str, ==,
                   "opened i1\nstanza 1\nstanza 2\nstanza 3\nelement features\nclosed\n");
  g_assert_cmpint (enj_stream_deadline (stream), ==, ENJ_NEVER);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/stream/is-the-same-in-four-ways", test_four_ways);
  g_test_add_func ("/stream/keeps-the-header", test_header_is_kept);
  g_test_add_func ("/stream/every-split-is-reported-in-time", test_every_split_is_reported_in_time);
  g_test_add_func ("/stream/quiet-it-waits-for-nothing", test_a_quiet_stream_waits_for_nothing);
  g_test_add_func ("/stream/dribbled-bytes-are-not-looked-at-each-time",
                   test_dribbled_bytes_are_not_looked_at_each_time);
  g_test_add_func ("/stream/what-cannot-end-a-tag-is-not-looked-at",
                   test_what_cannot_end_a_tag_is_not_looked_at);
  g_test_add_func ("/stream/a-tick-too-early-does-nothing", test_a_tick_too_early_does_nothing);
  g_test_add_func ("/stream/ended-it-waits-for-nothing", test_ended_it_waits_for_nothing);
  g_test_add_func ("/stream/feeding-looks-by-itself", test_feeding_looks_by_itself);
  g_test_add_func ("/stream/restarts-and-forgets", test_restart);
  g_test_add_func ("/stream/no-restart-over-more-bytes", test_no_restart_over_more_bytes);
  g_test_add_func ("/stream/no-restart-over-an-open-token", test_no_restart_over_an_open_token);
  g_test_add_func ("/stream/no-restart-after-the-end", test_no_restart_after_the_end);
  g_test_add_func ("/stream/limits-before-and-after", test_limits_before_and_after);
  g_test_add_func ("/stream/raised-limits-outlive-a-restart", test_raised_limits_outlive_a_restart);
  g_test_add_func ("/stream/sends", test_output);
  g_test_add_func ("/stream/tells-that-it-was-too-big", test_too_big_is_told);
  g_test_add_func ("/stream/its-output-is-bounded", test_output_is_bounded);
  g_test_add_func ("/stream/rests-when-quiet", test_rests);
  return g_test_run ();
}
