#include "config.h"

#include "tests/support/actor.h"

#include <string.h>

#include "tests/support/authority.h"

/* How long a machine may keep a token that is complete. */
#define PATIENCE (100 * 1000)

/* The longest of random pieces. */
#define PIECE 40

/* Any moment but nought. */
#define START (1000 * ENJ_SECOND)

void
enj_test_actor_init (EnjTestActor *self, EnjTestWay way, guint32 seed)
{
  *self = (EnjTestActor){ .way = way, .now = START };
  self->chance = g_rand_new_with_seed (seed);
  self->said = g_string_new (NULL);
  self->ciphered = g_string_new (NULL);
}

void
enj_test_actor_clear (EnjTestActor *self)
{
  enj_inbound_free (self->inbound);
  enj_outbound_free (self->outbound);
  enj_carrier_free (self->link);
  g_clear_pointer (&self->settings, enj_settings_unref);
  g_clear_pointer (&self->tls, enj_tls_free);
  g_rand_free (self->chance);
  g_string_free (self->said, TRUE);
  g_string_free (self->ciphered, TRUE);
}

/* ---- Bytes ------------------------------------------------------------------- */

static void
read_tls (EnjTestActor *self)
{
  guint8 plain[4096];
  gssize n;

  if (!self->tls || self->ciphered->len == 0)
    return;
  enj_tls_feed (self->tls, (const guint8 *) self->ciphered->str, self->ciphered->len);
  do
    {
      g_autoptr (GError) error = NULL;

      n = enj_tls_read (self->tls, plain, sizeof plain, &error);
      if (n > 0)
        g_string_append_len (self->said, (const char *) plain, n);
    }
  while (n > 0);
  g_string_truncate (self->ciphered, 0);
}

void
enj_test_actor_pump (EnjTestActor *self)
{
  gsize len;
  const guint8 *data;

  while (!self->is_deaf && (data = enj_session_peek (self->session, &len)) && len > 0)
    {
      gboolean in_clear = !self->session->tls || self->session->clear_left > 0;

      if (self->way == ENJ_TEST_DRAIN_ONE)
        len = 1;
      g_string_append_len (in_clear ? self->said : self->ciphered, (const char *) data,
                           (gssize) len);
      enj_session_drained (self->session, len, self->now);
    }
  read_tls (self);
}

/* What the machine wants to look at again. */
static void
settle (EnjTestActor *self)
{
  enj_test_actor_pump (self);
  while (enj_session_deadline (self->session) <= self->now + PATIENCE)
    {
      self->now = MAX (self->now, enj_session_deadline (self->session));
      enj_session_tick (self->session, self->now);
      enj_test_actor_pump (self);
    }
}

static gsize
choose_piece (EnjTestActor *self, gsize len)
{
  gsize piece;

  switch (self->way)
    {
    case ENJ_TEST_BYTES:
    case ENJ_TEST_REST:
      return 1;
    case ENJ_TEST_CUT:
      piece = (gsize) g_rand_int_range (self->chance, 1, PIECE);
      return MIN (len, piece);
    case ENJ_TEST_WHOLE:
    case ENJ_TEST_DRAIN_ONE:
    case ENJ_TEST_N_WAYS:
      break;
    }
  return len;
}

static void
deliver (EnjTestActor *self, const guint8 *data, gsize len)
{
  while (len > 0 && !enj_session_is_over (self->session))
    {
      gsize piece = choose_piece (self, len);
      /* A copy of its own: a byte too far is seen. */
      g_autofree guint8 *copy = g_memdup2 (data, piece);

      enj_session_feed (self->session, copy, piece, self->now);
      if (self->way == ENJ_TEST_REST)
        enj_stream_rest (self->session->stream);
      enj_test_actor_pump (self);
      data += piece;
      len -= piece;
    }
}

/* Both ends of TLS until neither has anything to say. */
static void
shuffle (EnjTestActor *self)
{
  gsize len;
  const guint8 *data;

  while (self->tls && (data = enj_tls_peek (self->tls, &len)) && len > 0)
    {
      g_autofree guint8 *copy = g_memdup2 (data, len);

      enj_tls_drained (self->tls, len);
      deliver (self, copy, len);
    }
  settle (self);
}

void
enj_test_actor_feed (EnjTestActor *self, const char *data, gsize len)
{
  if (self->tls)
    {
      g_autoptr (GError) error = NULL;

      (void) enj_tls_write (self->tls, (const guint8 *) data, len, &error);
      shuffle (self);
    }
  else
    {
      deliver (self, (const guint8 *) data, len);
      settle (self);
    }
}

void
enj_test_actor_feed_last (EnjTestActor *self, const char *data, gsize len)
{
  deliver (self, (const guint8 *) data, len);
  enj_session_eof (self->session, NULL, self->now);
}

/* ---- TLS ---------------------------------------------------------------------- */

gboolean
enj_test_actor_start_tls (EnjTestActor *self, gboolean is_server, const char *server_name,
                          EnjCredentials *own)
{
  guint8 byte;
  g_autoptr (GError) error = NULL;

  self->tls = is_server ? enj_tls_new_server (own, NULL, NULL)
                        : enj_tls_new_client (own, server_name);
  (void) enj_tls_read (self->tls, &byte, 0, &error);
  read_tls (self);
  shuffle (self);
  return enj_tls_is_up (self->tls);
}

void
enj_test_actor_close_tls (EnjTestActor *self)
{
  enj_tls_close (self->tls);
  shuffle (self);
}

/* ---- Time ----------------------------------------------------------------------- */

void
enj_test_actor_wait (EnjTestActor *self, gint64 time)
{
  gint64 end = self->now + time;

  enj_test_wall_move (enj_test_wall () + time / ENJ_SECOND);
  while (enj_session_deadline (self->session) <= end)
    {
      self->now = MAX (self->now, enj_session_deadline (self->session));
      enj_session_tick (self->session, self->now);
      enj_test_actor_pump (self);
    }
  self->now = end;
  enj_session_tick (self->session, self->now);
  enj_test_actor_pump (self);
}

/* ---- Events ----------------------------------------------------------------------- */

static char *
dup_stanza (EnjStanza *stanza)
{
  EnjBytes bytes;
  gsize len;
  const guint8 *data;
  char *xml;

  enj_bytes_init (&bytes, 100000000);
  g_assert_true (enj_stanza_format (stanza, &bytes));
  data = enj_bytes_peek (&bytes, &len);
  xml = g_strndup ((const char *) data, len);
  enj_bytes_clear (&bytes);
  return xml;
}

static const char *
name_type (EnjDialbackType type)
{
  switch (type)
    {
    case ENJ_DIALBACK_REQUEST:
      return "request";
    case ENJ_DIALBACK_VALID:
      return "valid";
    case ENJ_DIALBACK_INVALID:
      return "invalid";
    case ENJ_DIALBACK_ERROR:
      return "error";
    case ENJ_DIALBACK_UNKNOWN:
      return "unknown";
    }
  g_assert_not_reached ();
}

static gboolean
take_news (EnjTestActor *self, EnjNews *news)
{
  return enj_lane_next (self->inbound ? enj_inbound_get_lane (self->inbound)
                                      : enj_outbound_get_lane (self->outbound),
                        news);
}

static const char *
name_proof (EnjProof proof)
{
  switch (proof)
    {
    case ENJ_PROOF_NONE:
      return "none";
    case ENJ_PROOF_DIALBACK:
      return "dialback";
    case ENJ_PROOF_EXTERNAL:
      return "external";
    case ENJ_PROOF_CERTIFICATE:
      return "certificate";
    case ENJ_PROOF_DANE:
      return "dane";
    case ENJ_PROOF_DANE_TRUSTED:
      return "dane-trusted";
    }
  g_assert_not_reached ();
}

static char *
next_news (EnjTestActor *self, char **xml)
{
  EnjNews news;
  const char *condition;
  char *words = NULL;

  if (!take_news (self, &news))
    return g_strdup ("");
  condition = news.answer == ENJ_DIALBACK_ERROR ? enj_stanza_condition_format (news.condition)
                                                : "";
  switch (news.type)
    {
    case ENJ_NEWS_STANZA:
      *xml = dup_stanza (news.stanza);
      words = g_strdup ("stanza");
      break;
    case ENJ_NEWS_QUESTION:
      words = g_strdup_printf ("question from=%s to=%s id=%s key=%s needs=%s", news.remote,
                               news.local, news.id, news.key,
                               news.needs_certificate ? "yes" : "no");
      break;
    case ENJ_NEWS_ADMITTED:
      words = g_strdup_printf ("up from=%s to=%s proof=%s", news.remote, news.local,
                               name_proof (news.proof));
      break;
    case ENJ_NEWS_READY:
      words = g_strdup ("ready");
      break;
    case ENJ_NEWS_UP:
      words = g_strdup_printf ("up local=%s remote=%s proof=%s", news.local, news.remote,
                               name_proof (news.proof));
      break;
    case ENJ_NEWS_REFUSED:
      words = g_strdup_printf ("refused %s %s local=%s remote=%s", name_type (news.answer),
                               condition, news.local, news.remote);
      break;
    case ENJ_NEWS_ANSWER:
      words = g_strdup_printf ("answer id=%s %s %s local=%s remote=%s", news.id,
                               name_type (news.answer), condition, news.local, news.remote);
      break;
    case ENJ_NEWS_MOVED:
      words = g_strdup_printf ("moved host=%s port=%u", news.host, news.port);
      break;
    }
  enj_news_clear (&news);
  return words;
}

static char *
next_link (EnjTestActor *self, char **xml)
{
  EnjCarrierEvent event;
  const char *words;

  if (self->hosted && enj_hosted_get_wish (self->hosted))
    {
      /* Nothing is fetched before that is decided. */
      if (self->told_wish)
        return g_strdup ("");
      self->told_wish = TRUE;
      return g_strconcat ("wish ", enj_hosted_get_wish (self->hosted), NULL);
    }
  if (!enj_carrier_next (self->link, &event))
    return g_strdup ("");
  if (event.type == ENJ_CARRIER_UP)
    return g_strdup ("up");
  *xml = dup_stanza (event.stanza);
  words = enj_stanza_get_cut (event.stanza) ? "cut" : "stanza";
  enj_stanza_unref (event.stanza);
  return g_strdup (words);
}

char *
enj_test_actor_next_new (EnjTestActor *self, char **xml)
{
  *xml = NULL;
  return self->link ? next_link (self, xml) : next_news (self, xml);
}
