/* A peer that says anything at all on a stream that we open in clear.  The first
 * byte of the input says how the rest is cut, the second what we ask for; at a
 * zero byte, which is not fed, the peer waits.  Nothing is up, and no answer
 * comes out, but what was asked for on this stream, once; nobody writes to us;
 * what we write is well formed; a stream of no use comes to its end. */
#include "config.h"

#include <string.h>

#include "protocol/ns.h"
#include "protocol/outbound.h"
#include "protocol/reader.h"

#include "tests/support/settings.h"
#include "tests/support/steady.h"

#define LOCAL "comp.local.test"
#define REMOTE "there.test"

/* Pairs and questions, by the bits of the second byte. */
static const char *const asked[][2] = {
  { LOCAL, REMOTE }, { "alone.test", REMOTE }, { LOCAL, "further.test" }, { LOCAL, "proven.test" },
};

typedef struct
{
  EnjOutbound *outbound;
  EnjSession *session;
  EnjReader *reader;     /* of what we write */
  GHashTable *pending;   /* sets of "local remote" */
  GHashTable *up;
  GHashTable *questions; /* set of "local remote id" */
  gboolean was_ready;
  gboolean is_spoiled;
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

static void
read_output (Play *play)
{
  g_autoptr (GError) error = NULL;
  EnjReaderEvent event;
  const guint8 *data;
  gsize len;

  while ((data = enj_session_peek (play->session, &len)) && len > 0)
    {
      gboolean is_xml = !play->session->tls || play->session->clear_left > 0;

      if (is_xml)
        {
          enj_reader_feed (play->reader, data, len);
          enj_reader_flush (play->reader);
        }
      while (is_xml && enj_reader_next (play->reader, &event, &error))
        {
          g_assert_null (event.stanza);
          enj_element_unref (event.element);
        }
      g_assert_no_error (error);
      enj_session_drained (play->session, len, play->now);
    }
}

/* ---- What we ask for ------------------------------------------------------- */

static void
ask (Play *play, guint8 wish)
{
  for (guint i = 0; i < G_N_ELEMENTS (asked); i++)
    {
      const char *local = asked[i][0];
      const char *remote = asked[i][1];

      if (i > 0 && !(wish & 1 << i))
        continue;
      if (enj_outbound_may_carry (play->outbound, local, remote))
        {
          g_assert_cmpstr (remote, !=, "proven.test");
          g_hash_table_add (play->pending, g_strconcat (local, " ", remote, NULL));
          enj_outbound_authorise (play->outbound, local, remote, play->now);
        }
      if (enj_outbound_is_ready (play->outbound) && wish & 16 << i)
        {
          g_hash_table_add (play->questions, g_strconcat (local, " ", remote, " 7", NULL));
          enj_outbound_verify (play->outbound, local, remote, "7", "k3y", play->now);
        }
    }
}

/* ---- What comes out -------------------------------------------------------- */

static void
take (Play *play, const EnjNews *news, guint8 wish)
{
  g_autofree char *pair = g_strconcat (news->local ? news->local : "", " ", news->remote, NULL);
  g_autofree char *question = g_strconcat (pair, " ", news->id, NULL);

  switch (news->type)
    {
    case ENJ_NEWS_READY:
      g_assert_false (play->was_ready);
      play->was_ready = TRUE;
      ask (play, wish);
      break;
    case ENJ_NEWS_UP:
      g_assert_cmpint (news->proof, ==, ENJ_PROOF_DIALBACK);
      g_assert_true (g_hash_table_remove (play->pending, pair));
      g_assert_true (g_hash_table_add (play->up, g_strdup (pair)));
      g_assert_false (play->is_spoiled);
      break;
    case ENJ_NEWS_REFUSED:
      g_assert_true (g_hash_table_remove (play->pending, pair));
      play->is_spoiled |= news->answer == ENJ_DIALBACK_INVALID;
      break;
    case ENJ_NEWS_ANSWER:
      g_assert_true (g_hash_table_remove (play->questions, question));
      break;
    case ENJ_NEWS_STANZA:
    case ENJ_NEWS_QUESTION:
    case ENJ_NEWS_ADMITTED:
    case ENJ_NEWS_MOVED:
      g_assert_not_reached (); /* In clear there is no bidi, and nobody to be trusted. */
    }
}

static void
take_events (Play *play, guint8 wish)
{
  EnjNews news;

  while (enj_lane_next (enj_outbound_get_lane (play->outbound), &news))
    {
      take (play, &news, wish);
      enj_news_clear (&news);
    }
  for (guint i = 0; i < G_N_ELEMENTS (asked); i++)
    {
      g_autofree char *pair = g_strconcat (asked[i][0], " ", asked[i][1], NULL);

      g_assert_cmpint (enj_outbound_is_up (play->outbound, asked[i][0], asked[i][1]), ==,
                       g_hash_table_contains (play->up, pair) && !play->is_spoiled
                         && enj_session_is_open (play->session));
    }
  read_output (play);
}

/* ---- What goes in ---------------------------------------------------------- */

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
      g_autofree guint8 *piece = g_memdup2 (data + at, n);

      play->now += cut % 100 * 1000;
      enj_session_feed (play->session, piece, n, play->now);
      take_events (play, data[1]);
      at += n + (n == most);
      cut = cut * 1103515245 + data[0];
    }
}

/* Nothing comes any more. */
static void
wait_for_the_end (Play *play, guint8 wish)
{
  for (guint i = 0; i < 16 && !enj_session_is_over (play->session); i++)
    {
      gint64 due = enj_session_deadline (play->session);

      g_assert_cmpint (due, !=, ENJ_NEVER);
      play->now = MAX (play->now, due);
      enj_session_tick (play->session, play->now);
      take_events (play, wish);
    }
  g_assert_true (enj_session_is_over (play->session) || g_hash_table_size (play->up) > 0);
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

  play.outbound = enj_outbound_new (LOCAL, REMOTE, NULL, get_settings (), &counters,
                                    (EnjWake){ 0 }, play.now);
  play.session = enj_outbound_get_session (play.outbound);
  play.reader = enj_reader_new (ENJ_NS_SERVER, &limits);
  play.pending = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  play.up = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  play.questions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  read_output (&play);
  feed (&play, data, size);
  wait_for_the_end (&play, data[1]);

  g_hash_table_unref (play.pending);
  g_hash_table_unref (play.up);
  g_hash_table_unref (play.questions);
  enj_reader_free (play.reader);
  enj_outbound_free (play.outbound);
  return 0;
}
