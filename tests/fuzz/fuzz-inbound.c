/* A peer that says anything at all to an inbound stream in clear.  The first
 * byte of the input says how the rest is cut, the second how its questions are
 * answered; at a zero byte, which is not fed, the peer waits.  No stanza comes out
 * but of a pair that was answered as valid, and none is written but for the inverse
 * of such a pair; what we write is well formed; a stream that proves nothing comes
 * to its end. */
#include "config.h"

#include <string.h>

#include "protocol/inbound.h"
#include "protocol/jid.h"
#include "protocol/ns.h"
#include "protocol/reader.h"

#include "tests/support/settings.h"
#include "tests/support/steady.h"

/* Somebody who may or may not have asked. */
#define STRANGER "stranger.test"

typedef struct
{
  EnjInbound *inbound;
  EnjSession *session;
  EnjReader *reader;   /* of what we write */
  GHashTable *pending; /* sets of "from to" */
  GHashTable *valid;
  guint answers;
  gint64 now;
} Play;

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static EnjSettings *
get_settings (void)
{
  static EnjSettings *settings;

  if (!settings)
    {
      enj_test_be_steady ();
      settings = enj_test_settings_new ();
    }
  return settings;
}

static char *
pair_new (const char *from, const char *to)
{
  return g_strconcat (from, " ", to, NULL);
}

static char *
domain_new (const char *jid)
{
  gsize len;
  const char *start = enj_jid_find_domain (jid, &len);

  return g_strndup (start, len);
}

/* ---- What we write -------------------------------------------------------- */

/* With bidi, and to who has proved himself to the domain that it comes from. */
static void
check_written (Play *play, const EnjStanza *stanza)
{
  g_autofree char *local = domain_new (enj_stanza_get_from (stanza));
  g_autofree char *remote = domain_new (enj_stanza_get_to (stanza));
  g_autofree char *pair = pair_new (remote, local);

  g_assert_true (g_hash_table_contains (play->valid, pair));
}

static void
read_output (Play *play)
{
  g_autoptr (GError) error = NULL;
  EnjReaderEvent event;
  const guint8 *data;
  gsize len;

  while ((data = enj_session_peek (play->session, &len)) && len > 0)
    {
      enj_reader_feed (play->reader, data, len);
      enj_reader_flush (play->reader);
      while (enj_reader_next (play->reader, &event, &error))
        {
          if (event.stanza)
            check_written (play, event.stanza);
          enj_stanza_unref (event.stanza);
          enj_element_unref (event.element);
        }
      g_assert_no_error (error);
      enj_session_drained (play->session, len, play->now);
    }
}

/* ---- What comes out ------------------------------------------------------- */

static void
answer (Play *play, const EnjNews *question, EnjDialbackType type)
{
  g_autofree char *pair = pair_new (question->remote, question->local);
  g_autofree char *stranger = pair_new (STRANGER, question->local);
  EnjLane *lane = enj_inbound_get_lane (play->inbound);

  g_hash_table_remove (play->pending, pair);
  if (type == ENJ_DIALBACK_VALID)
    g_hash_table_add (play->valid, g_strdup (pair));
  enj_lane_answer (lane, question->local, question->remote, type,
                   ENJ_STANZA_REMOTE_SERVER_TIMEOUT, ENJ_PROOF_DIALBACK, play->now);
  /* A second answer, and one about somebody who has not asked, change nothing. */
  enj_lane_answer (lane, question->local, question->remote, ENJ_DIALBACK_VALID,
                   ENJ_STANZA_REMOTE_SERVER_TIMEOUT, ENJ_PROOF_DIALBACK, play->now);
  if (!g_hash_table_contains (play->pending, stranger)
      && !g_hash_table_contains (play->valid, stranger))
    {
      enj_lane_answer (lane, question->local, STRANGER, ENJ_DIALBACK_VALID,
                       ENJ_STANZA_REMOTE_SERVER_TIMEOUT, ENJ_PROOF_DIALBACK, play->now);
      g_assert_false (enj_inbound_has_pair (play->inbound, question->local, STRANGER));
    }
  if (type != ENJ_DIALBACK_VALID)
    g_assert_false (enj_inbound_has_pair (play->inbound, question->local, question->remote));
}

static void
take_question (Play *play, const EnjNews *question, guint8 rule)
{
  EnjSettings *settings = get_settings ();
  const EnjPeerPolicy *peer = enj_policy_find (settings->policy, question->remote);
  char *pair = pair_new (question->remote, question->local);

  g_assert_nonnull (question->key);
  g_assert_nonnull (question->id);
  g_assert_cmpint (enj_realm_classify (settings->realm, question->remote), ==, ENJ_REALM_REMOTE);
  g_assert_cmpint (enj_realm_classify (settings->realm, question->local), ==, ENJ_REALM_OURS);
  g_assert_true (peer->allow);
  g_assert_cmpint (peer->encryption, ==, ENJ_ENCRYPTION_OPTIONAL);
  g_assert_false (g_hash_table_contains (play->valid, pair));
  g_assert_true (g_hash_table_add (play->pending, pair));
  g_assert_cmpuint (g_hash_table_size (play->pending), <=, settings->limits.dialbacks_per_stream);

  switch (rule >> (2 * (play->answers++ % 4)) & 3)
    {
    case 0:
      answer (play, question, ENJ_DIALBACK_VALID);
      break;
    case 1:
      answer (play, question, ENJ_DIALBACK_INVALID);
      break;
    case 2:
      answer (play, question, ENJ_DIALBACK_ERROR);
      break;
    default:
      break; /* Never. */
    }
}

static void
take_stanza (Play *play, const EnjStanza *stanza)
{
  EnjSettings *settings = get_settings ();
  g_autofree char *from = domain_new (enj_stanza_get_from (stanza));
  g_autofree char *to = domain_new (enj_stanza_get_to (stanza));
  g_autofree char *pair = pair_new (from, to);

  g_assert_true (g_hash_table_contains (play->valid, pair));
  g_assert_cmpint (enj_realm_classify (settings->realm, from), ==, ENJ_REALM_REMOTE);
  g_assert_cmpint (enj_realm_classify (settings->realm, to), ==, ENJ_REALM_OURS);
}

/* Back the same way, where that is allowed; and never to a stranger. */
static void
write_back (Play *play, const EnjNews *news)
{
  g_autofree char *stranger = pair_new (STRANGER, news->local);
  g_autofree char *xml = g_strdup_printf ("<message from='a@%s' to='b@%s'/>", news->local,
                                          news->remote);

  if (!g_hash_table_contains (play->valid, stranger))
    g_assert_false (enj_inbound_may_send (play->inbound, news->local, STRANGER));
  if (enj_inbound_may_send (play->inbound, news->local, news->remote))
    {
      g_autoptr (EnjStanza) stanza = enj_stanza_parse (xml, -1, NULL);

      g_assert_nonnull (stanza);
      (void) enj_inbound_send (play->inbound, stanza, play->now);
    }
}

static void
take_events (Play *play, guint8 rule)
{
  EnjNews event;

  while (enj_lane_next (enj_inbound_get_lane (play->inbound), &event))
    {
      g_autofree char *pair = event.remote ? pair_new (event.remote, event.local) : NULL;

      switch (event.type)
        {
        case ENJ_NEWS_QUESTION:
          take_question (play, &event, rule);
          break;
        case ENJ_NEWS_ADMITTED:
          g_assert_true (g_hash_table_contains (play->valid, pair));
          write_back (play, &event);
          break;
        case ENJ_NEWS_STANZA:
          take_stanza (play, event.stanza);
          break;
        case ENJ_NEWS_READY:
        case ENJ_NEWS_UP:
        case ENJ_NEWS_REFUSED:
        case ENJ_NEWS_ANSWER:
        case ENJ_NEWS_MOVED:
          g_assert_not_reached ();
        }
      enj_news_clear (&event);
    }
  read_output (play);
}

/* ---- What goes in --------------------------------------------------------- */

static void
feed (Play *play, const guint8 *data, gsize size)
{
  guint32 cut = data[0];

  for (gsize at = 2; at < size && !enj_session_is_over (play->session);)
    {
      const guint8 *pause = memchr (data + at, 0, size - at);
      gsize most = pause ? (gsize) (pause - data) - at : size - at;
      gsize n = cut == 0 ? most : MIN (most, 1 + (cut >> 8) % (cut % 256 + 1));
      /* An allocation of its own: a byte too far is seen. */
      g_autofree guint8 *piece = NULL;

      piece = g_memdup2 (data + at, n);
      play->now += cut % 100 * 1000;
      enj_session_feed (play->session, piece, n, play->now);
      take_events (play, data[1]);
      at += n + (n == most);
      cut = cut * 1103515245 + data[0];
    }
}

/* Nothing comes any more. */
static void
wait_for_the_end (Play *play, guint8 rule)
{
  for (guint i = 0; i < 16 && !enj_session_is_over (play->session); i++)
    {
      gint64 due = enj_session_deadline (play->session);

      g_assert_cmpint (due, !=, ENJ_NEVER);
      play->now = MAX (play->now, due);
      enj_session_tick (play->session, play->now);
      take_events (play, rule);
    }
  g_assert_true (enj_session_is_over (play->session)
                 || g_hash_table_size (play->valid) > 0);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  const EnjReaderLimits limits = {
    .size = 1 << 20, .elements = 1 << 10, .depth = 1 << 10, .attributes = 1 << 10
  };
  EnjCounters counters = { 0 };
  Play play = { 0 };

  if (size < 2)
    return 0;

  play.inbound = enj_inbound_new (FALSE, get_settings (), &counters, (EnjWake){ 0 }, play.now);
  play.session = enj_inbound_get_session (play.inbound);
  play.reader = enj_reader_new (ENJ_NS_SERVER, &limits);
  play.pending = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  play.valid = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  feed (&play, data, size);
  wait_for_the_end (&play, data[1]);

  g_hash_table_unref (play.pending);
  g_hash_table_unref (play.valid);
  enj_reader_free (play.reader);
  enj_inbound_free (play.inbound);
  return 0;
}
