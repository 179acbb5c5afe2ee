/* A server that says anything at all on a component's link.  The first byte of the
 * input says how the rest is cut; at a zero byte, which is not fed, the server waits
 * and we write a stanza.  Nothing is up before the handshake is answered, no stanza
 * comes or leaves before that; what we write is well formed, and of our own domain;
 * each stanza that was written is in one place; a link of no use comes to its end. */
#include "config.h"

#include <string.h>

#include "protocol/link.h"
#include "protocol/ns.h"
#include "protocol/reader.h"

#include "tests/support/settings.h"
#include "tests/support/steady.h"

#define DOMAIN "comp.local.test"
#define PARENT "local.test"

typedef struct
{
  EnjCarrier *link;
  EnjSession *session;
  EnjReader *reader; /* of what we write */
  EnjStanza *stanza;
  guint written;
  guint seen;        /* of those, in what we wrote */
  gboolean was_up;
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
check_written (Play *play, const EnjStanza *stanza)
{
  const char *from = enj_stanza_get_from (stanza);

  g_assert_true (play->was_up);
  g_assert_nonnull (from);
  g_assert_true (g_str_equal (from, DOMAIN) || g_str_has_suffix (from, "@" DOMAIN));
  play->seen += enj_stanza_get_kind (stanza) == ENJ_STANZA_MESSAGE;
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
          enj_element_unref (event.element);
          enj_stanza_unref (event.stanza);
        }
      g_assert_no_error (error);
      enj_session_drained (play->session, len, play->now);
    }
}

static void
take_events (Play *play)
{
  EnjCarrierEvent event;

  while (enj_carrier_next (play->link, &event))
    {
      if (event.type == ENJ_CARRIER_UP)
        {
          g_assert_false (play->was_up);
          play->was_up = TRUE;
          continue;
        }
      g_assert_true (play->was_up);
      enj_stanza_unref (event.stanza);
    }
  g_assert_true (play->was_up || !enj_carrier_is_up (play->link));
  read_output (play);
}

static void
write_stanza (Play *play)
{
  gboolean may_send = enj_carrier_is_up (play->link);
  gboolean is_sent = enj_carrier_send (play->link, play->stanza, play->now);

  g_assert_true (may_send || !is_sent);
  play->written += is_sent;
  take_events (play);
}

static void
feed (Play *play, const guint8 *data, gsize size)
{
  guint32 cut = data[0];

  for (gsize at = 1; at < size && !enj_session_is_over (play->session);)
    {
      const guint8 *pause = memchr (data + at, 0, size - at);
      gsize most = pause ? (gsize) (pause - data) - at : size - at;
      gsize n = cut == 0 ? most : MIN (most, 1 + (cut >> 8) % (cut % 256 + 1));
      /* An allocation of its own: a byte too far is seen. */
      g_autofree guint8 *piece = g_memdup2 (data + at, n);

      play->now += cut % 100 * 1000;
      enj_session_feed (play->session, piece, n, play->now);
      take_events (play);
      if (n == most)
        write_stanza (play);
      at += n + (n == most);
      cut = cut * 1103515245 + data[0];
    }
}

/* Nothing comes any more. */
static void
wait_for_the_end (Play *play)
{
  for (guint i = 0; i < 64 && !enj_session_is_over (play->session); i++)
    {
      gint64 due = enj_session_deadline (play->session);

      g_assert_cmpint (due, !=, ENJ_NEVER);
      play->now = MAX (play->now, due);
      enj_session_tick (play->session, play->now);
      take_events (play);
    }
  g_assert_true (enj_session_is_over (play->session));
  g_assert_cmpuint (play->seen, ==, play->written);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  const EnjReaderLimits limits = {
    .size = 1 << 20, .elements = 1 << 10, .depth = 1 << 10, .attributes = 1 << 10
  };
  EnjCounters counters = { 0 };
  Play play = { 0 };

  if (size < 1)
    return 0;

  play.link = enj_link_new (DOMAIN, PARENT, "s3cr3t", get_settings (), &counters, (EnjWake){ 0 },
                            play.now);
  play.session = &play.link->session;
  play.reader = enj_reader_new (ENJ_NS_COMPONENT, &limits);
  play.stanza = enj_stanza_parse ("<message from='x@" DOMAIN "' to='y@" PARENT "'><body>1</body>"
                                  "</message>", -1, NULL);

  read_output (&play);
  feed (&play, data, size);
  wait_for_the_end (&play);

  enj_stanza_unref (play.stanza);
  enj_reader_free (play.reader);
  enj_carrier_free (play.link);
  return 0;
}
