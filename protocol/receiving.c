#include "config.h"

#include "protocol/receiving.h"

#include <string.h>

#include "protocol/admission.h"
#include "protocol/names.h"

/* After so many senders that were not what they said, the stream ends. */
#define MAX_FAILURES 10

/* No server's key is longer than 128 bytes; it is kept, and sent on to others. */
#define MAX_KEY 1024

/* A question that waits until fewer are open. */
typedef struct
{
  char *local;
  char *remote;
  char *key;
} Question;

struct EnjReceiving
{
  EnjSession *session;
  EnjCounters *counters;
  EnjNewsQueue *news;
  EnjPairs *pairs;
  GQueue waiting; /* of Question */
  guint asked;    /* questions that are open */
  char *stream_id;
  EnjEvidence *evidence;  /* NULL in clear */
  EnjNames distrusted; /* domains that have failed to prove themselves by it */
  EnjNames keyed;      /* domains that a key alone has proved */
  guint failures;
  gboolean is_certified; /* a certificate has proved somebody by PKIX, or with its help */
};

static void
question_free (gpointer data)
{
  Question *question = data;

  g_free (question->local);
  g_free (question->remote);
  g_free (question->key);
  g_free (question);
}

static void
fail (EnjReceiving *self, EnjStreamCondition condition, const char *why)
{
  enj_session_fail (self->session, g_error_new_literal (ENJ_STREAM_ERROR, (int) condition, why));
}

/* ---- What we say ---------------------------------------------------------- */

static void
send (EnjReceiving *self, const EnjDialback *answer)
{
  (void) enj_dialback_format (answer, enj_stream_output (self->session->stream));
  enj_session_written (self->session);
}

static void
send_verdict (EnjReceiving *self, const char *local, const char *remote, EnjDialbackType type)
{
  EnjDialback answer = { .kind = ENJ_DIALBACK_RESULT, .type = type, .from = (char *) local,
                         .to = (char *) remote };

  send (self, &answer);
}

static void
send_error (EnjReceiving *self, const EnjDialback *request, EnjStanzaCondition condition)
{
  EnjDialback answer = { .kind = request->kind, .type = ENJ_DIALBACK_ERROR, .from = request->to,
                         .to = request->from, .id = request->id, .condition = condition };

  send (self, &answer);
}

static void
count_failure (EnjReceiving *self)
{
  self->counters->pairs_failed++;
  if (++self->failures >= MAX_FAILURES)
    fail (self, ENJ_STREAM_POLICY_VIOLATION, "too many dialbacks failed on this stream");
}

static void
refuse (EnjReceiving *self, const EnjDialback *request, EnjStanzaCondition condition,
        const char *why)
{
  enj_log_info (&self->session->log, "dialback refused: %s", why);
  send_error (self, request, condition);
  count_failure (self);
}

/* XEP-0220 2.5: the pair may go to another stream; those that are proved here stay. */
static void
put_elsewhere (EnjReceiving *self, const EnjDialback *request)
{
  self->counters->pairs_failed++;
  enj_log_info (&self->session->log, "dialback refused: too many pairs");
  send_error (self, request, ENJ_STANZA_RESOURCE_CONSTRAINT);
}

/* ---- The receiving server --------------------------------------------------- */

/* Each question makes us look up and connect: only so many at once. */
static void
ask (EnjReceiving *self)
{
  while (self->waiting.length > 0
         && self->asked < self->session->settings->limits.dialbacks_per_stream)
    {
      Question *question = g_queue_pop_head (&self->waiting);
      EnjNews *news
        = enj_news_queue_push (self->news, ENJ_NEWS_QUESTION, question->local, question->remote);

      self->asked++;
      news->id = g_strdup (self->stream_id);
      news->key = g_steal_pointer (&question->key);
      news->evidence = self->evidence ? enj_evidence_ref (self->evidence) : NULL;
      news->needs_certificate
        = enj_admission_needs_certificate (self->session->settings, question->remote);
      question_free (question);
    }
}

/* XEP-0344 2.4: asked anew for each sender, and now, not at the handshake (X02). */
static gboolean
is_certified (const EnjReceiving *self, const char *remote)
{
  return self->evidence && !enj_names_has (&self->distrusted, remote)
         && enj_evidence_proves (self->evidence, remote, NULL);
}

/* By DANE a certificate may prove what it does not prove by itself. */
static gboolean
is_hopeless (const EnjReceiving *self, const char *remote)
{
  return enj_admission_needs_certificate (self->session->settings, remote)
         && !(self->evidence && enj_evidence_get_fingerprint (self->evidence));
}

static void
put_off (EnjReceiving *self, const EnjDialback *request)
{
  Question *question = g_new0 (Question, 1);

  enj_pairs_set (self->pairs, request->from, request->to, ENJ_PAIR_PENDING);
  question->local = g_strdup (request->to);
  question->remote = g_strdup (request->from);
  question->key = g_strdup (request->key);
  g_queue_push_tail (&self->waiting, question);
  ask (self);
}

static void
handle_new_pair (EnjReceiving *self, const EnjDialback *request)
{
  const EnjLimits *limits = &self->session->settings->limits;

  if (strlen (request->key) > MAX_KEY)
    {
      refuse (self, request, ENJ_STANZA_RESOURCE_CONSTRAINT, "a key too long");
    }
  else if (enj_pairs_count (self->pairs, ENJ_PAIR_PENDING)
             + enj_pairs_count (self->pairs, ENJ_PAIR_VALID)
           >= limits->pairs_per_stream)
    {
      put_elsewhere (self, request);
    }
  else if (is_certified (self, request->from))
    {
      enj_receiving_admit (self, request->to, request->from, ENJ_PROOF_CERTIFICATE);
      send_verdict (self, request->to, request->from, ENJ_DIALBACK_VALID);
    }
  else if (is_hopeless (self, request->from))
    {
      refuse (self, request, ENJ_STANZA_NOT_AUTHORIZED, "a certificate is asked for");
    }
  else
    {
      put_off (self, request);
    }
}

/* XEP-0220 2.2.1: a peer asks to be verified for a pair. */
static void
handle_result (EnjReceiving *self, const EnjDialback *request)
{
  g_autoptr (GError) error = NULL;

  if (!enj_admission_pair (self->session->settings, request->from, request->to,
                           enj_session_is_encrypted (self->session), &error))
    {
      refuse (self, request, (EnjStanzaCondition) error->code, error->message);
      return;
    }

  switch (enj_pairs_get (self->pairs, request->from, request->to))
    {
    case ENJ_PAIR_VALID:
      send_verdict (self, request->to, request->from, ENJ_DIALBACK_VALID);
      break;
    case ENJ_PAIR_PENDING:
      break; /* The answer to the first request is the answer to this one. */
    case ENJ_PAIR_NONE:
      handle_new_pair (self, request);
      break;
    }
}

static void
reject (EnjReceiving *self, const char *local, const char *remote, EnjDialbackType type,
        EnjStanzaCondition condition)
{
  EnjDialback request = { .kind = ENJ_DIALBACK_RESULT, .from = (char *) remote,
                          .to = (char *) local };

  enj_pairs_set (self->pairs, remote, local, ENJ_PAIR_NONE);
  if (type == ENJ_DIALBACK_INVALID && enj_pairs_count (self->pairs, ENJ_PAIR_VALID) == 0)
    {
      /* XEP-0220 2.2.1: the only pair is a lie. */
      self->counters->pairs_failed++;
      enj_log_info (&self->session->log, "%s is not who it says: key invalid", remote);
      send_verdict (self, local, remote, ENJ_DIALBACK_INVALID);
      enj_session_close (self->session);
      return;
    }
  send_error (self, &request, type == ENJ_DIALBACK_INVALID ? ENJ_STANZA_FORBIDDEN : condition);
  count_failure (self);
}

void
enj_receiving_answer (EnjReceiving *self, const char *local, const char *remote,
                      EnjDialbackType type, EnjStanzaCondition condition, EnjProof proof,
                      gint64 now)
{
  self->session->now = now;
  if (enj_pairs_get (self->pairs, remote, local) != ENJ_PAIR_PENDING
      || !enj_session_is_open (self->session))
    return;
  self->asked--;
  if (type == ENJ_DIALBACK_VALID && proof == ENJ_PROOF_DIALBACK
      && enj_admission_needs_certificate (self->session->settings, remote))
    {
      reject (self, local, remote, ENJ_DIALBACK_ERROR, ENJ_STANZA_NOT_AUTHORIZED);
    }
  else if (type == ENJ_DIALBACK_VALID)
    {
      enj_receiving_admit (self, local, remote, proof);
      send_verdict (self, local, remote, ENJ_DIALBACK_VALID);
    }
  else
    {
      reject (self, local, remote, type, condition);
    }
  if (enj_session_is_open (self->session))
    ask (self);
}

void
enj_receiving_admit_inverse (EnjReceiving *self, const char *local, const char *remote,
                             EnjProof proof)
{
  EnjSession *session = self->session;
  EnjNews *news;

  enj_pairs_set (self->pairs, remote, local, ENJ_PAIR_VALID);
  if (session->ways)
    enj_ways_open (session->ways, session->id, local, remote);
  if (proof == ENJ_PROOF_DIALBACK)
    enj_names_add_take (&self->keyed, g_strdup (remote));
  if (self->evidence && enj_proof_needs_trust (proof))
    {
      self->is_certified = TRUE;
      enj_session_expire_at (session, enj_evidence_get_expiry (self->evidence));
    }
  self->counters->pairs_verified++;
  enj_session_wait (session, ENJ_WAIT_NEGOTIATION, 0);
  enj_session_settle_in (session);
  enj_stream_raise_limits (session->stream, session->settings->limits.stanza_size);
  news = enj_news_queue_push (self->news, ENJ_NEWS_ADMITTED, local, remote);
  news->proof = proof;
  news->evidence = self->evidence ? enj_evidence_ref (self->evidence) : NULL;
}

void
enj_receiving_admit (EnjReceiving *self, const char *local, const char *remote, EnjProof proof)
{
  g_autofree char *how = enj_tls_describe (self->session->tls);
  EnjStanding *standing = &self->session->standing;

  if (!standing->peer_proof)
    standing->peer_proof = enj_proof_format (proof);
  if (enj_standing_add_pair (standing, &self->session->log, local, remote, how,
                             enj_proof_format (proof), NULL, self->session->now))
    {
      enj_pace_note (&self->counters->pace_in, &standing->milestones);
      enj_tally_note_up (&self->counters->tally.in, enj_tls_find_version (self->session->tls),
                         proof, standing->has_bidi);
    }
  enj_receiving_admit_inverse (self, local, remote, proof);
}

EnjStanza *
enj_receiving_pass_new (EnjReceiving *self, EnjStanza *stanza)
{
  GError *error = NULL;
  EnjStanza *admitted
    = enj_admission_stanza_new (self->session->settings, self->pairs,
                                enj_session_is_encrypted (self->session), stanza, &error);

  if (!admitted)
    {
      self->counters->refused++;
      enj_session_fail (self->session, error);
    }
  return admitted;
}

/* ---- The authoritative server ------------------------------------------------ */

/* XEP-0220 2.2.2: a receiving server asks whether a key is ours.  Needs no
 * state, and no authentication of this stream (D43, D44). */
static void
handle_verify (EnjReceiving *self, const EnjDialback *request)
{
  EnjSettings *settings = self->session->settings;
  gboolean ours = enj_realm_classify (settings->realm, request->to) == ENJ_REALM_OURS;
  gboolean valid = enj_dialback_key_check (settings->dialback_key, request->from, request->to,
                                           request->id, request->key);
  EnjDialback answer = { .kind = ENJ_DIALBACK_VERIFY,
                         .type = valid ? ENJ_DIALBACK_VALID : ENJ_DIALBACK_INVALID,
                         .from = request->to, .to = request->from, .id = request->id };

  if (!ours)
    send_error (self, request, ENJ_STANZA_ITEM_NOT_FOUND);
  else if (!self->session->tls && enj_admission_needs_tls (settings, request->from))
    send_error (self, request, ENJ_STANZA_POLICY_VIOLATION);
  else
    send (self, &answer);
}

void
enj_receiving_handle (EnjReceiving *self, const EnjDialback *request)
{
  gboolean is_verify = request->kind == ENJ_DIALBACK_VERIFY;

  if (!request->from || !request->to || (is_verify && !request->id))
    fail (self, ENJ_STREAM_IMPROPER_ADDRESSING,
          is_verify ? "dialback needs a domain in 'from' and 'to', and an id"
                    : "dialback needs a domain in 'from' and 'to'");
  else if (is_verify)
    handle_verify (self, request);
  else
    handle_result (self, request);
}

/* ---- Life ---------------------------------------------------------------------- */

EnjReceiving *
enj_receiving_new (EnjSession *session, EnjCounters *counters, EnjNewsQueue *news)
{
  EnjReceiving *self = g_new0 (EnjReceiving, 1);

  self->session = session;
  self->counters = counters;
  self->news = news;
  self->pairs = enj_pairs_new ();
  return self;
}

void
enj_receiving_free (EnjReceiving *self)
{
  if (!self)
    return;
  g_queue_clear_full (&self->waiting, question_free);
  g_clear_pointer (&self->pairs, enj_pairs_free);
  g_clear_pointer (&self->evidence, enj_evidence_unref);
  enj_names_clear (&self->distrusted);
  enj_names_clear (&self->keyed);
  g_free (self->stream_id);
  g_free (self);
}

void
enj_receiving_set_stream_id (EnjReceiving *self, const char *stream_id)
{
  g_free (self->stream_id);
  self->stream_id = g_strdup (stream_id);
}

void
enj_receiving_reset (EnjReceiving *self)
{
  if (self->session->ways)
    enj_ways_leave (self->session->ways, self->session->id);
  g_clear_pointer (&self->pairs, enj_pairs_free);
  self->pairs = enj_pairs_new ();
  g_queue_clear_full (&self->waiting, question_free);
  enj_names_clear (&self->keyed);
  self->asked = 0;
  self->is_certified = FALSE;
  enj_standing_reset (&self->session->standing);
}

void
enj_receiving_set_evidence (EnjReceiving *self, EnjEvidence *evidence)
{
  g_clear_pointer (&self->evidence, enj_evidence_unref);
  self->evidence = evidence ? enj_evidence_ref (evidence) : NULL;
  enj_names_clear (&self->distrusted);
}

void
enj_receiving_distrust (EnjReceiving *self, const char *domain)
{
  if (domain)
    enj_names_add_take (&self->distrusted, g_strdup (domain));
}

gboolean
enj_receiving_has_pair (const EnjReceiving *self, const char *local, const char *remote)
{
  return enj_pairs_get (self->pairs, remote, local) == ENJ_PAIR_VALID;
}

gboolean
enj_receiving_is_asking (const EnjReceiving *self)
{
  return enj_pairs_count (self->pairs, ENJ_PAIR_PENDING) > 0;
}

static gboolean
is_wanted (const EnjReceiving *self, const EnjSettings *settings, const char *remote)
{
  return enj_policy_find (settings->policy, remote)->allow
         && enj_realm_classify (settings->realm, remote) == ENJ_REALM_REMOTE
         && (self->session->tls || !enj_admission_needs_tls (settings, remote))
         && !(enj_admission_needs_certificate (settings, remote)
              && enj_names_has (&self->keyed, remote));
}

void
enj_receiving_check (EnjReceiving *self, EnjSettings *settings)
{
  const char *remote, *local;
  EnjPairState state;

  for (guint i = 0; enj_pairs_get_nth (self->pairs, i, &remote, &local, &state); i++)
    if (!is_wanted (self, settings, remote))
      {
        enj_session_fail (self->session,
                          g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_POLICY_VIOLATION,
                                       "communication with %s is not enabled this way", remote));
        return;
      }
  if (self->is_certified && !enj_evidence_is_believed (self->evidence))
    fail (self, ENJ_STREAM_RESET, "the peer's certificate is not believed any more");
}
