/* A component that says anything at all when it connects to us.  The first byte of the input says
 * whether its domain is free, and how the rest is cut.  Nothing passes before the handshake, and
 * nothing of one that is refused; what passes is from its own domain; what we write to it before
 * it is let in holds no stanza; each stanza that was written is in one place; a connection of no
 * use comes to its end. */
#include "config.h"

#include <string.h>

#include "protocol/hosted.h"
#include "protocol/jid.h"

#include "tests/support/settings.h"
#include "tests/support/steady.h"

#define DOMAIN "comp.local.test"
#define PORT "here"

typedef struct
{
  EnjHosted *hosted;
  EnjCarrier *carrier;
  EnjStanza *stanza;
  gboolean is_free;
  gboolean is_refused;
  gboolean was_up;
  guint written;
  guint left;
  gint64 now;
} Play;

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static EnjSettings *
get_settings (void)
{
  static const char *const ports[] = { PORT, NULL };
  static EnjSettings *settings;
  EnjTerms *terms;

  if (settings)
    return settings;
  enj_test_be_steady ();
  settings = enj_test_settings_new ();
  terms = enj_terms_new ("s3cr3t", ports, FALSE);
  enj_settings_add_terms (settings, DOMAIN, terms);
  enj_terms_unref (terms);
  return settings;
}

static void
drain (Play *play)
{
  const guint8 *data;
  gsize len;

  while ((data = enj_session_peek (&play->carrier->session, &len)) && len > 0)
    {
      g_autofree char *text = g_strndup ((const char *) data, len);

      g_assert_true (play->was_up || !strstr (text, "<message"));
      enj_session_drained (&play->carrier->session, len, play->now);
    }
}

static void
take_events (Play *play)
{
  EnjCarrierEvent event;
  char domain[ENJ_JID_DOMAIN_SIZE];

  if (enj_hosted_get_wish (play->hosted))
    {
      g_assert_cmpstr (enj_hosted_get_wish (play->hosted), ==, DOMAIN);
      play->is_refused = !play->is_free;
      (play->is_free ? enj_hosted_admit : enj_hosted_refuse) (play->hosted, play->now);
    }
  while (enj_carrier_was_up (play->carrier) && enj_carrier_next (play->carrier, &event))
    {
      g_assert_false (play->is_refused);
      g_assert_true (play->was_up == (event.type == ENJ_CARRIER_STANZA));
      play->was_up = TRUE;
      if (event.stanza)
        g_assert_cmpstr (enj_jid_fill_domain (enj_stanza_get_from (event.stanza), domain), ==,
                         DOMAIN);
      enj_stanza_unref (event.stanza);
    }
  drain (play);
}

static void
feed (Play *play, const guint8 *data, gsize size)
{
  guint32 cut = data[0] / 2;

  for (gsize at = 1; at < size && !enj_session_is_over (&play->carrier->session);)
    {
      gsize n = cut == 0 ? size - at : MIN (size - at, 1 + (cut >> 8) % (cut % 256 + 1));
      /* An allocation of its own: a byte too far is seen. */
      g_autofree guint8 *piece = g_memdup2 (data + at, n);

      play->now += cut % 100 * 1000;
      enj_session_feed (&play->carrier->session, piece, n, play->now);
      take_events (play);
      if (play->was_up)
        play->written += enj_carrier_send (play->carrier, play->stanza, play->now);
      drain (play);
      at += n;
      cut = cut * 1103515245 + data[0];
    }
}

/* Nothing comes any more. */
static void
wait_for_the_end (Play *play)
{
  EnjSession *session = &play->carrier->session;

  for (guint i = 0; i < 64 && !enj_session_is_over (session); i++)
    {
      gint64 due;

      /* It may stay for ever, and the handshake may be read late. */
      if (enj_carrier_is_up (play->carrier))
        enj_carrier_close (play->carrier, play->now);
      due = enj_session_deadline (session);
      g_assert_cmpint (due, !=, ENJ_NEVER);
      play->now = MAX (play->now, due);
      enj_session_tick (session, play->now);
      take_events (play);
    }
  g_assert_true (enj_session_is_over (session));
}

static void
count_left (Play *play, EnjStanza *stanza)
{
  play->left += stanza != NULL;
  enj_stanza_unref (stanza);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  EnjCounters counters = { 0 };
  Play play = { 0 };
  EnjStanza *stanza;
  gint64 left;

  if (size < 1)
    return 0;
  play.is_free = data[0] % 2 == 0;
  play.hosted = enj_hosted_new (PORT, FALSE, get_settings (), &counters, (EnjWake){ 0 }, play.now);
  play.carrier = enj_hosted_get_carrier (play.hosted);
  play.stanza = enj_stanza_parse ("<message from='y@local.test' to='x@" DOMAIN "'><body>1</body>"
                                  "</message>", -1, NULL);

  feed (&play, data, size);
  wait_for_the_end (&play);
  while ((stanza = enj_session_steal_unsent (&play.carrier->session)))
    count_left (&play, stanza);
  while ((stanza = enj_carrier_steal_unproven (play.carrier, &left)))
    count_left (&play, stanza);
  g_assert_cmpuint (play.written, ==, counters.confirmed + counters.unproven + play.left);

  enj_stanza_unref (play.stanza);
  enj_carrier_free (play.carrier);
  return 0;
}
