#include "config.h"

#include "protocol/inquiry.h"

struct EnjInquiry
{
  EnjCalls *calls;
  EnjVerifier *questions;
  GQueue verdicts; /* of EnjVerdict */
};

EnjInquiry *
enj_inquiry_new (EnjCalls *calls)
{
  EnjInquiry *self = g_new0 (EnjInquiry, 1);

  self->calls = calls;
  self->questions = enj_verifier_new ();
  return self;
}

void
enj_verdict_clear (EnjVerdict *verdict)
{
  g_free (verdict->local);
  g_free (verdict->remote);
  *verdict = (EnjVerdict){ 0 };
}

static void
free_verdict (gpointer data)
{
  enj_verdict_clear (data);
  g_free (data);
}

void
enj_inquiry_free (EnjInquiry *self)
{
  if (!self)
    return;
  g_queue_clear_full (&self->verdicts, free_verdict);
  enj_verifier_free (self->questions);
  g_free (self);
}

/* ---- Answers --------------------------------------------------------------- */

static void
tell (EnjInquiry *self, const EnjQuestion *question, EnjDialbackType answer,
      EnjStanzaCondition condition, EnjProof proof, gint64 now)
{
  EnjCall *call = question->call ? enj_calls_find (self->calls, question->call) : NULL;
  EnjVerdict *verdict;

  if (question->call)
    {
      if (call && enj_call_get_outbound (call))
        enj_lane_answer (enj_outbound_get_lane (enj_call_get_outbound (call)), question->local,
                         question->remote, answer, condition, proof, now);
      return;
    }
  verdict = g_new0 (EnjVerdict, 1);
  verdict->asker = question->asker;
  verdict->local = g_strdup (question->local);
  verdict->remote = g_strdup (question->remote);
  verdict->answer = answer;
  verdict->condition = condition;
  verdict->proof = proof;
  g_queue_push_tail (&self->verdicts, verdict);
}

static void
settle (EnjInquiry *self, EnjQuestion *question, EnjDialbackType answer,
        EnjStanzaCondition condition, EnjProof proof, gint64 now)
{
  tell (self, question, answer, condition, proof, now);
  enj_verifier_remove (self->questions, question);
}

/* The stream that carries it is to wait for no answer. */
static void
take_off (EnjInquiry *self, const EnjQuestion *question)
{
  EnjCall *call = enj_calls_find (self->calls, question->way);

  if (call)
    enj_call_forget (call, question->local, question->remote, question->stream_id);
}

void
enj_inquiry_answer (EnjInquiry *self, EnjCall *call, const EnjNews *news, gint64 now)
{
  EnjQuestion *question = enj_verifier_find (self->questions, *enj_call_get_id (call),
                                             news->local, news->remote, news->id);

  enj_call_note_use (call);
  /* D33: whatever error it has, it is not the server of that domain. */
  if (question)
    settle (self, question, news->answer, ENJ_STANZA_REMOTE_SERVER_NOT_FOUND,
            ENJ_PROOF_DIALBACK, now);
}

gboolean
enj_inquiry_next (EnjInquiry *self, EnjVerdict *verdict)
{
  EnjVerdict *first = g_queue_pop_head (&self->verdicts);

  if (!first)
    return FALSE;
  *verdict = *first;
  g_free (first);
  return TRUE;
}

/* ---- Questions ------------------------------------------------------------- */

void
enj_inquiry_add (EnjInquiry *self, const EnjQuestion *question, gint64 now)
{
  EnjQuestion copy = *question;

  copy.way = 0;
  if (copy.needs_certificate && !copy.evidence)
    tell (self, &copy, ENJ_DIALBACK_ERROR, ENJ_STANZA_NOT_AUTHORIZED, ENJ_PROOF_NONE, now);
  else if (!enj_verifier_add (self->questions, &copy))
    tell (self, &copy, ENJ_DIALBACK_ERROR, ENJ_STANZA_RESOURCE_CONSTRAINT, ENJ_PROOF_NONE, now);
}

static gboolean
is_waiting (const EnjQuestion *question, const char *remote)
{
  return question->way == 0 && g_str_equal (question->remote, remote);
}

void
enj_inquiry_place (EnjInquiry *self, const char *remote, gint64 now)
{
  EnjQuestion *question;

  for (guint i = 0; (question = enj_verifier_get (self->questions, i)); i++)
    {
      EnjCall *call;

      if (!is_waiting (question, remote))
        continue;
      if (question->needs_certificate)
        {
          call = enj_calls_probe (self->calls, question->local, question->remote);
          question->way = *enj_call_get_id (call);
          continue;
        }
      call = enj_calls_find_ready (self->calls, question->local, question->remote,
                                   question->call);
      if (!call)
        continue;
      question->way = *enj_call_get_id (call);
      enj_outbound_verify (enj_call_get_outbound (call), question->local, question->remote,
                           question->stream_id, question->key, now);
    }
}

const char *
enj_inquiry_find_waiting (const EnjInquiry *self, const char *remote)
{
  const EnjQuestion *question;

  for (guint i = 0; (question = enj_verifier_get (self->questions, i)); i++)
    if (is_waiting (question, remote))
      return question->local;
  return NULL;
}

const char *
enj_inquiry_get_source (const EnjInquiry *self, const EnjCall *call)
{
  const EnjQuestion *question;

  for (guint i = 0; (question = enj_verifier_get (self->questions, i)); i++)
    if (question->source
        && (enj_call_is_probe (call) ? question->way == *enj_call_get_id (call)
                                     : is_waiting (question, enj_call_get_remote (call, 0))))
      return question->source;
  return "nobody";
}

gboolean
enj_inquiry_is_from (const EnjInquiry *self, const char *remote, guint64 call)
{
  const EnjQuestion *question;

  for (guint i = 0; (question = enj_verifier_get (self->questions, i)); i++)
    if (is_waiting (question, remote) && question->call == call)
      return TRUE;
  return FALSE;
}

gboolean
enj_inquiry_meet (EnjInquiry *self, const EnjCall *call, const EnjTarget *target, gint64 now)
{
  guint64 way = enj_call_is_probe (call) ? *enj_call_get_id (call) : 0;
  const char *remote = enj_call_get_remote (call, 0);
  EnjQuestion *question;

  for (guint i = 0; target->dane && (question = enj_verifier_get (self->questions, i));)
    {
      EnjDaneFit fit = ENJ_DANE_FITS_NOT;

      if (question->way == way && g_str_equal (question->remote, remote) && question->evidence)
        fit = enj_evidence_get_fit (question->evidence, target->dane, remote, target->host);
      if (fit == ENJ_DANE_FITS_NOT)
        i++;
      else
        settle (self, question, ENJ_DIALBACK_VALID, 0, enj_proof_of_fit (fit), now);
    }
  return enj_call_is_probe (call);
}

/* ---- The end --------------------------------------------------------------- */

void
enj_inquiry_fail (EnjInquiry *self, const char *remote, EnjStanzaCondition condition, gint64 now)
{
  EnjQuestion *question;

  for (guint i = 0; (question = enj_verifier_get (self->questions, i));)
    if (is_waiting (question, remote))
      settle (self, question, ENJ_DIALBACK_ERROR, condition, ENJ_PROOF_NONE, now);
    else
      i++;
}

void
enj_inquiry_hang_up (EnjInquiry *self, const EnjCall *call, EnjStanzaCondition condition,
                     gboolean is_ours, gint64 now)
{
  guint64 id = *enj_call_get_id (call);
  EnjQuestion *question;

  if (is_ours)
    enj_verifier_rewind (self->questions, id);
  for (guint i = 0; (question = enj_verifier_get (self->questions, i));)
    if (question->call == id)
      {
        take_off (self, question);
        enj_verifier_remove (self->questions, question);
      }
    else if (question->way == id)
      settle (self, question, ENJ_DIALBACK_ERROR,
              enj_call_is_probe (call) ? ENJ_STANZA_NOT_AUTHORIZED : condition, ENJ_PROOF_NONE,
              now);
    else
      i++;
}

void
enj_inquiry_forget (EnjInquiry *self, guint64 asker)
{
  EnjQuestion *question;

  for (guint i = 0; (question = enj_verifier_get (self->questions, i));)
    if (question->asker == asker)
      {
        take_off (self, question);
        enj_verifier_remove (self->questions, question);
      }
    else
      i++;
}

void
enj_inquiry_tick (EnjInquiry *self, gint64 now)
{
  EnjQuestion *question;

  for (guint i = 0; (question = enj_verifier_get (self->questions, i));)
    if (question->due <= now)
      {
        /* A stream for this question only has nothing to wait for now. */
        take_off (self, question);
        settle (self, question, ENJ_DIALBACK_ERROR, ENJ_STANZA_REMOTE_SERVER_TIMEOUT,
                ENJ_PROOF_NONE, now);
      }
    else
      i++;
}

gint64
enj_inquiry_deadline (const EnjInquiry *self)
{
  return enj_verifier_deadline (self->questions);
}
