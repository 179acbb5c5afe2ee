#include "config.h"

#include "tests/transcripts/acts.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/jid.h"
#include "protocol/ns.h"

#include "tests/support/expectation.h"

/* Each says what is wrong, or NULL. */
typedef char *(*Action) (EnjTestPlayer *self, const char *text);

static const char *
content_ns (const EnjTestPlayer *self)
{
  return self->actor.link ? ENJ_NS_COMPONENT : ENJ_NS_SERVER;
}

/* ---- What we say ------------------------------------------------------------- */

static void
take_said (EnjTestPlayer *self, const EnjTestToken *token)
{
  GString *said = self->actor.said;

  if (token->type == ENJ_TEST_OPEN)
    {
      g_free (self->scope);
      self->scope = g_strndup (said->str, token->used);
    }
  g_string_erase (said, 0, (gssize) token->used);
}

/* @text, one token of it, is left behind that. */
static void
read_expected (const char **text, EnjTestToken *token)
{
  *text += strspn (*text, " \n");
  if (g_str_has_prefix (*text, "{blank}"))
    *token = (EnjTestToken){ .type = ENJ_TEST_BLANK, .used = strlen ("{blank}") };
  else
    enj_test_token_read ("", *text, strlen (*text), token);
  if (token->type == ENJ_TEST_PARTIAL || token->type == ENJ_TEST_BROKEN)
    g_error ("the transcript expects what is no XML: %s", *text);
  *text += token->used;
}

static char *
match_token (EnjTestPlayer *self, const char **text)
{
  GString *said = self->actor.said;
  EnjTestToken expected, actual;
  char *difference = NULL;

  read_expected (text, &expected);
  enj_test_token_read (self->scope ? self->scope : "", said->str, said->len, &actual);
  /* A declaration that is not asked for may stand there. */
  if (actual.type == ENJ_TEST_DECLARATION && expected.type == ENJ_TEST_OPEN)
    {
      take_said (self, &actual);
      enj_test_token_read ("", said->str, said->len, &actual);
    }
  difference = enj_test_token_compare (&expected, &actual, content_ns (self), self->names);
  if (!difference)
    take_said (self, &actual);
  enj_test_token_clear (&expected);
  enj_test_token_clear (&actual);
  return difference;
}

static char *
do_us (EnjTestPlayer *self, const char *text)
{
  g_autoptr (GString) expected = enj_test_script_expand_new (text, self->names);
  const char *rest = expected->str;
  char *difference = NULL;

  enj_test_actor_pump (&self->actor);
  while (!difference && rest[strspn (rest, " \n")])
    difference = match_token (self, &rest);
  return difference;
}

static char *
do_us_perhaps (EnjTestPlayer *self, const char *text)
{
  return self->actor.said->len > 0 ? do_us (self, text) : NULL;
}

/* Before anything else happens, all that we have said has to be expected. */
char *
enj_test_check_silence (EnjTestPlayer *self)
{
  g_autofree char *xml = NULL;
  g_autofree char *words = NULL;

  if (self->actor.said->len > 0)
    return g_strdup_printf ("nobody expected: %s", self->actor.said->str);
  words = enj_test_actor_next_new (&self->actor, &xml);
  return *words ? g_strdup_printf ("nobody expected the event: %s %s", words, xml ? xml : "")
                : NULL;
}

/* ---- What the peer does --------------------------------------------------------- */

static char *
do_peer (EnjTestPlayer *self, const char *text)
{
  g_autoptr (GString) xml = enj_test_script_expand_new (text, self->names);

  enj_test_actor_feed (&self->actor, xml->str, xml->len);
  return NULL;
}

static char *
do_last (EnjTestPlayer *self, const char *text)
{
  g_autoptr (GString) xml = enj_test_script_expand_new (text, self->names);

  enj_test_actor_feed_last (&self->actor, xml->str, xml->len);
  return NULL;
}

static char *
do_wait (EnjTestPlayer *self, const char *text)
{
  char *unit;
  gint64 time = (gint64) g_ascii_strtoull (text, &unit, 10);

  enj_test_actor_wait (&self->actor, time * (strcmp (unit, "ms") == 0 ? 1000 : ENJ_SECOND));
  return NULL;
}

/* A client sends the name.  A server shows a certificate for it that nobody trusts, unless
 * the scene gives it another. */
static char *
do_tls (EnjTestPlayer *self, const char *text)
{
  gboolean is_server = self->actor.outbound != NULL;
  EnjCredentials *own = enj_test_stage_get_peer (&self->stage);

  if (is_server && !own)
    own = enj_test_stage_get_credentials (text);
  if (!enj_test_actor_start_tls (&self->actor, is_server, *text ? text : NULL, own))
    return g_strdup ("TLS does not come up");
  return NULL;
}

static char *
do_tls_end (EnjTestPlayer *self, const char *text)
{
  (void) text;
  enj_test_actor_close_tls (&self->actor);
  return NULL;
}

static char *
do_eof (EnjTestPlayer *self, const char *text)
{
  enj_session_eof (self->actor.session, *text ? text : NULL, self->actor.now);
  return NULL;
}

static char *
do_deaf (EnjTestPlayer *self, const char *text)
{
  self->actor.is_deaf = strcmp (text, "no") != 0;
  enj_test_actor_pump (&self->actor);
  return NULL;
}

/* ---- What the driver does ---------------------------------------------------------- */

static char *
do_event (EnjTestPlayer *self, const char *text)
{
  g_autoptr (GString) filled = enj_test_script_expand_new (text, self->names);
  g_autofree char *xml = NULL;
  g_autofree char *words = enj_test_actor_next_new (&self->actor, &xml);
  g_auto (GStrv) expected = g_strsplit (filled->str, " ", -1);
  g_auto (GStrv) actual = g_strsplit (words, " ", -1);

  if (g_strcmp0 (expected[0], actual[0]) != 0)
    return g_strdup_printf ("the event is '%s'", words);
  if (xml)
    {
      g_autofree char *scope = g_strdup_printf ("<stanza xmlns='%s'>", content_ns (self));
      const char *rest = filled->str + strcspn (filled->str, " ");
      EnjTestToken wanted, came;
      char *difference;

      read_expected (&rest, &wanted);
      enj_test_token_read (scope, xml, strlen (xml), &came);
      difference = enj_test_token_compare (&wanted, &came, content_ns (self), self->names);
      enj_test_token_clear (&wanted);
      enj_test_token_clear (&came);
      return difference;
    }
  for (guint i = 1; expected[i]; i++)
    {
      gsize name = strcspn (expected[i], "=");
      gboolean found = FALSE;

      for (guint j = 1; actual[j] && !found; j++)
        found = strcspn (actual[j], "=") == name
                && strncmp (actual[j], expected[i], name) == 0
                && (!expected[i][name]
                    || enj_test_value_matches (expected[i] + name + 1, actual[j] + name + 1,
                                               self->names));
      if (!found)
        return g_strdup_printf ("the event is '%s'", words);
    }
  return NULL;
}

static EnjProof
find_proof (const char *word)
{
  if (g_strcmp0 (word, "dane") == 0)
    return ENJ_PROOF_DANE;
  if (g_strcmp0 (word, "dane-trusted") == 0)
    return ENJ_PROOF_DANE_TRUSTED;
  return ENJ_PROOF_DIALBACK;
}

/* FROM TO valid|invalid|CONDITION [dane|dane-trusted] */
static char *
do_answer (EnjTestPlayer *self, const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  EnjProof proof = find_proof (words[3]);
  EnjDialbackType type = strcmp (words[2], "valid") == 0     ? ENJ_DIALBACK_VALID
                         : strcmp (words[2], "invalid") == 0 ? ENJ_DIALBACK_INVALID
                                                             : ENJ_DIALBACK_ERROR;

  enj_lane_answer (self->actor.inbound ? enj_inbound_get_lane (self->actor.inbound)
                                       : enj_outbound_get_lane (self->actor.outbound),
                   words[1], words[0], type, enj_stanza_condition_parse (words[2]), proof,
                   self->actor.now);
  enj_test_actor_pump (&self->actor);
  return NULL;
}

/* The pair that @words begins with, else that of our header. */
static char **
find_pair (const EnjTestPlayer *self, char **words)
{
  static char *pair[2];

  pair[0] = words[0] && strchr (words[0], '.') ? words[0] : self->stage.role[1];
  pair[1] = pair[0] == words[0] ? words[1] : self->stage.role[3];
  return pair;
}

static char *
do_authorise (EnjTestPlayer *self, const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  char **pair = find_pair (self, words);

  enj_outbound_authorise (self->actor.outbound, pair[0], pair[1], self->actor.now);
  enj_test_actor_pump (&self->actor);
  return NULL;
}

/* [LOCAL REMOTE] ID KEY */
static char *
do_verify (EnjTestPlayer *self, const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  char **pair = find_pair (self, words);
  char **last = words + g_strv_length (words) - 2;

  enj_outbound_verify (self->actor.outbound, pair[0], pair[1], last[0], last[1], self->actor.now);
  enj_test_actor_pump (&self->actor);
  return NULL;
}

static char *
domain_new (const char *jid)
{
  gsize len;
  const char *domain = enj_jid_find_domain (jid, &len);

  return g_strndup (domain, len);
}

/* With bidi only, and for what is admitted the other way round. */
static gboolean
send_back (EnjTestPlayer *self, EnjStanza *stanza)
{
  g_autofree char *local = domain_new (enj_stanza_get_from (stanza));
  g_autofree char *remote = domain_new (enj_stanza_get_to (stanza));

  return enj_inbound_may_send (self->actor.inbound, local, remote)
         && enj_inbound_send (self->actor.inbound, stanza, self->actor.now) == ENJ_SEND_DONE;
}

static gboolean
send_out (EnjTestPlayer *self, EnjStanza *stanza)
{
  EnjOutbound *outbound = self->actor.outbound;
  char local[ENJ_JID_DOMAIN_SIZE];
  char remote[ENJ_JID_DOMAIN_SIZE];

  return enj_outbound_is_up (outbound,
                             enj_jid_fill_domain (enj_stanza_get_from (stanza), local),
                             enj_jid_fill_domain (enj_stanza_get_to (stanza), remote))
         && enj_outbound_send (outbound, stanza, self->actor.now) == ENJ_SEND_DONE;
}

static gboolean
send (EnjTestPlayer *self, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) xml = enj_test_script_expand_new (text, self->names);
  g_autoptr (EnjStanza) stanza = enj_stanza_parse (xml->str, (gssize) xml->len, &error);
  gboolean sent;

  g_assert_no_error (error);
  if (self->actor.link)
    sent = enj_carrier_may_send (self->actor.link, stanza)
           && enj_carrier_send (self->actor.link, stanza, self->actor.now);
  else if (self->actor.inbound)
    sent = send_back (self, stanza);
  else
    sent = send_out (self, stanza);
  enj_test_actor_pump (&self->actor);
  return sent;
}

static char *
do_send (EnjTestPlayer *self, const char *text)
{
  return send (self, text) ? NULL : g_strdup ("the stanza is refused");
}

static char *
do_refuse (EnjTestPlayer *self, const char *text)
{
  return send (self, text) ? g_strdup ("the stanza is taken") : NULL;
}

static char *
do_reload (EnjTestPlayer *self, const char *text)
{
  (void) text;
  enj_test_stage_reload (&self->stage, &self->actor);
  return NULL;
}

static char *
do_close (EnjTestPlayer *self, const char *text)
{
  (void) text;
  self->actor.session->now = self->actor.now;
  if (self->actor.link)
    enj_carrier_close (self->actor.link, self->actor.now);
  else
    enj_session_close (self->actor.session);
  enj_test_actor_pump (&self->actor);
  return NULL;
}

static char *
do_admit (EnjTestPlayer *self, const char *text)
{
  (void) text;
  enj_hosted_admit (self->actor.hosted, self->actor.now);
  enj_test_actor_pump (&self->actor);
  return NULL;
}

static char *
do_conflict (EnjTestPlayer *self, const char *text)
{
  (void) text;
  enj_hosted_refuse (self->actor.hosted, self->actor.now);
  enj_test_actor_pump (&self->actor);
  return NULL;
}

/* ---- What there is to be seen --------------------------------------------------------- */

static gboolean
look (const EnjTestPlayer *self, const char *what)
{
  const EnjTestActor *actor = &self->actor;

  if (strcmp (what, "idle") == 0)
    return enj_outbound_is_idle (actor->outbound);
  if (strcmp (what, "ready") == 0)
    return enj_outbound_is_ready (actor->outbound);
  if (strcmp (what, "settled") == 0)
    return enj_outbound_is_settled (actor->outbound);
  if (strcmp (what, "breach") == 0)
    return enj_outbound_is_breach (actor->outbound);
  if (strcmp (what, "up") == 0)
    return actor->link ? enj_carrier_is_up (actor->link)
                       : enj_outbound_is_up (actor->outbound, self->stage.role[1],
                                             self->stage.role[3]);
  if (strcmp (what, "over") == 0)
    return enj_session_is_over (actor->session);
  if (strcmp (what, "encrypted") == 0)
    return enj_session_is_encrypted (actor->session);
  if (strcmp (what, "tls-ended") == 0)
    return enj_tls_is_closed (actor->tls);
  g_error ("what is '%s'?", what);
}

/* LOCAL REMOTE */
static char *
do_may (EnjTestPlayer *self, const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);

  return enj_outbound_may_carry (self->actor.outbound, words[0], words[1])
           ? NULL
           : g_strdup ("it may not");
}

static char *
do_may_not (EnjTestPlayer *self, const char *text)
{
  g_autofree char *fault = do_may (self, text);

  return fault ? NULL : g_strdup ("it may");
}

static char *
do_is (EnjTestPlayer *self, const char *text)
{
  return look (self, text) ? NULL : g_strdup ("it is not");
}

static char *
do_isnt (EnjTestPlayer *self, const char *text)
{
  return look (self, text) ? g_strdup ("it is") : NULL;
}

static char *
do_count (EnjTestPlayer *self, const char *text)
{
  const EnjCounters *counters = &self->actor.counters;
  g_auto (GStrv) words = g_strsplit (text, "=", 2);
  guint64 count = G_MAXUINT64;

#define X(field, description)               \
  if (strcmp (words[0], #field) == 0)       \
    count = counters->field;
  ENJ_COUNTERS (X)
#undef X
  return count == strtoul (words[1], NULL, 10)
           ? NULL
           : g_strdup_printf ("it is %" G_GUINT64_FORMAT, count);
}

static char *
do_differ (EnjTestPlayer *self, const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", 2);
  const char *first = g_hash_table_lookup (self->names, words[0]);
  const char *second = g_hash_table_lookup (self->names, words[1]);

  return first && second && strcmp (first, second) != 0 ? NULL : g_strdup ("they are the same");
}

static char *
do_end (EnjTestPlayer *self, const char *text)
{
  const GError *reason = self->actor.session->reason;
  const char *word = "";

  if (!enj_session_is_over (self->actor.session))
    return g_strdup ("it is not over");
  if (reason)
    word = reason->code == ENJ_STREAM_DISCONNECTED  ? "disconnected"
           : reason->code == ENJ_STREAM_STANZA_TOO_BIG
             ? "stanza-too-big"
             : enj_stream_condition_format ((EnjStreamCondition) reason->code);
  return strcmp (text, "any") == 0 || strcmp (text, word) == 0
           ? NULL
           : g_strdup_printf ("it ended with '%s'", word);
}

/* ---- The words --------------------------------------------------------------------------- */

static const struct
{
  const char *word;
  Action act;
  gboolean is_quiet; /* goes on with what was said before */
} actions[] = {
  { "us", do_us, TRUE },
  { "us?", do_us_perhaps, TRUE },
  { "event", do_event, TRUE },
  { "differ", do_differ, TRUE },
  { "is", do_is, TRUE },
  { "isnt", do_isnt, TRUE },
  { "may", do_may, TRUE },
  { "may-not", do_may_not, TRUE },
  { "count", do_count, TRUE },
  { "peer", do_peer, FALSE },
  { "last", do_last, FALSE },
  { "wait", do_wait, FALSE },
  { "tls", do_tls, FALSE },
  { "tls-end", do_tls_end, FALSE },
  { "eof", do_eof, FALSE },
  { "deaf", do_deaf, FALSE },
  { "answer", do_answer, FALSE },
  { "authorise", do_authorise, FALSE },
  { "verify", do_verify, FALSE },
  { "send", do_send, FALSE },
  { "refuse", do_refuse, FALSE },
  { "reload", do_reload, FALSE },
  { "close", do_close, FALSE },
  { "admit", do_admit, FALSE },
  { "conflict", do_conflict, FALSE },
  { "end", do_end, FALSE },
};

char *
enj_test_act (EnjTestPlayer *self, const EnjTestStep *step)
{
  char *difference;

  if (enj_test_stage_take (&self->stage, step))
    return NULL;
  if (!self->actor.session)
    enj_test_stage_enter (&self->stage, &self->actor);
  for (guint i = 0; i < G_N_ELEMENTS (actions); i++)
    if (strcmp (actions[i].word, step->word) == 0)
      {
        difference = actions[i].is_quiet ? NULL : enj_test_check_silence (self);
        return difference ? difference : actions[i].act (self, step->text);
      }
  g_error ("line %u: what is '%s'?", step->line, step->word);
}
