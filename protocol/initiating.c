#include "config.h"

#include "protocol/initiating.h"

#include <string.h>

#include "protocol/dialback-key.h"
#include "protocol/names.h"

/* One pair of ours that the peer has proved, or is to prove. */
typedef struct
{
  char *local;
  char *remote;
  gboolean is_up;
  gint64 due; /* for the answer, while it is not up */
} Pair;

struct EnjInitiating
{
  EnjSession *session;
  EnjCounters *counters;
  EnjNewsQueue *news;
  char *stream_id;       /* of the newest header of the peer (D05) */
  GArray *pairs;         /* of Pair: few, and no more than pairs-per-stream */
  EnjNames questions; /* set of "LOCAL REMOTE ID", asked on this stream */
  gboolean is_spoiled;   /* a key of ours was found invalid: nothing more is sent (D09) */
};

static void
pair_clear (gpointer data)
{
  Pair *pair = data;

  g_free (pair->local);
  g_free (pair->remote);
}

static Pair *
find (const EnjInitiating *self, const char *local, const char *remote)
{
  for (guint i = 0; i < self->pairs->len; i++)
    {
      Pair *pair = &g_array_index (self->pairs, Pair, i);

      if (g_strcmp0 (pair->local, local) == 0 && g_strcmp0 (pair->remote, remote) == 0)
        return pair;
    }
  return NULL;
}

static Pair *
add (EnjInitiating *self, const char *local, const char *remote)
{
  Pair fresh = { .local = g_strdup (local), .remote = g_strdup (remote), .due = ENJ_NEVER };

  g_array_append_val (self->pairs, fresh);
  return &g_array_index (self->pairs, Pair, self->pairs->len - 1);
}

static void
drop (EnjInitiating *self, Pair *pair)
{
  g_array_remove_index_fast (self->pairs, (guint) (pair - (Pair *) (gpointer) self->pairs->data));
}

/* No domain has a space in it. */
static char *
question_new (const char *local, const char *remote, const char *id)
{
  return g_strjoin (" ", local, remote, id, NULL);
}

static void
send (EnjInitiating *self, const EnjDialback *dialback)
{
  (void) enj_dialback_format (dialback, enj_stream_output (self->session->stream));
  enj_session_written (self->session);
}

/* ---- Answers --------------------------------------------------------------- */

static void
raise_up (EnjInitiating *self, Pair *pair, EnjProof proof)
{
  pair->is_up = TRUE;
  pair->due = ENJ_NEVER;
  enj_news_queue_push (self->news, ENJ_NEWS_UP, pair->local, pair->remote)->proof = proof;
}

static void
refuse (EnjInitiating *self, Pair *pair, EnjDialbackType answer, EnjStanzaCondition condition)
{
  EnjNews *news = enj_news_queue_push (self->news, ENJ_NEWS_REFUSED, pair->local, pair->remote);

  news->answer = answer;
  news->condition = condition;
  drop (self, pair);
}

/* The peer's verdict on us. */
static gboolean
handle_result (EnjInitiating *self, const EnjDialback *answer)
{
  Pair *pair = find (self, answer->to, answer->from);

  if (!pair || pair->is_up)
    return FALSE;
  if (answer->type == ENJ_DIALBACK_VALID && self->is_spoiled)
    {
      /* It comes too late: another stream has to be found for that pair, too. */
      refuse (self, pair, ENJ_DIALBACK_ERROR, ENJ_STANZA_REMOTE_SERVER_TIMEOUT);
      return TRUE;
    }
  if (answer->type == ENJ_DIALBACK_VALID)
    {
      raise_up (self, pair, ENJ_PROOF_DIALBACK);
      return TRUE;
    }
  /* XEP-0220 2.1.1: an error leaves the stream as it is, and another try to us; behind an
   * "invalid" nothing of any pair is sent. */
  self->is_spoiled |= answer->type == ENJ_DIALBACK_INVALID;
  refuse (self, pair, answer->type, answer->condition);
  return TRUE;
}

static gboolean
handle_verdict (EnjInitiating *self, const EnjDialback *answer)
{
  g_autofree char *question = NULL;
  EnjNews *news;

  if (!answer->id)
    return FALSE;
  question = question_new (answer->to, answer->from, answer->id);
  if (!enj_names_remove (&self->questions, question))
    return FALSE;
  news = enj_news_queue_push (self->news, ENJ_NEWS_ANSWER, answer->to, answer->from);
  news->id = g_strdup (answer->id);
  news->answer = answer->type;
  news->condition = answer->condition;
  return TRUE;
}

void
enj_initiating_handle (EnjInitiating *self, const EnjDialback *answer)
{
  gboolean is_answer = answer->from && answer->to && answer->type != ENJ_DIALBACK_REQUEST
                       && answer->type != ENJ_DIALBACK_UNKNOWN;
  gboolean is_taken = FALSE;

  /* XEP-0220 3.1: only what was asked on this stream, of this domain, once. */
  if (is_answer && answer->kind == ENJ_DIALBACK_RESULT)
    is_taken = handle_result (self, answer);
  else if (is_answer)
    is_taken = handle_verdict (self, answer);
  if (is_taken)
    return;
  self->counters->unsolicited++;
  enj_log_info (&self->session->log, "unsolicited dialback answer ignored");
}

/* ---- Requests -------------------------------------------------------------- */

void
enj_initiating_authorise (EnjInitiating *self, const char *local, const char *remote)
{
  EnjSession *session = self->session;
  char key[ENJ_DIALBACK_KEY_SIZE];
  EnjDialback request = { .kind = ENJ_DIALBACK_RESULT,
                          .type = ENJ_DIALBACK_REQUEST,
                          .from = (char *) local,
                          .to = (char *) remote,
                          .key = key };

  if (self->is_spoiled || find (self, local, remote))
    return;
  if (!self->stream_id || !*self->stream_id)
    {
      enj_session_fail (session,
                        g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_BAD_FORMAT,
                                     "stream header without an id, dialback needs one"));
      return;
    }
  enj_dialback_key_compute (session->settings->dialback_key, remote, local, self->stream_id, key);
  add (self, local, remote)->due
    = session->now + (gint64) session->settings->limits.negotiation_timeout * ENJ_SECOND;
  send (self, &request);
}

void
enj_initiating_accept (EnjInitiating *self, const char *local, const char *remote, EnjProof proof)
{
  Pair *pair = find (self, local, remote);

  raise_up (self, pair ? pair : add (self, local, remote), proof);
}

void
enj_initiating_verify (EnjInitiating *self, const char *local, const char *remote, const char *id,
                       const char *key)
{
  EnjDialback request = { .kind = ENJ_DIALBACK_VERIFY,
                          .type = ENJ_DIALBACK_REQUEST,
                          .from = (char *) local,
                          .to = (char *) remote,
                          .id = (char *) id,
                          .key = (char *) key };

  enj_names_add_take (&self->questions, question_new (local, remote, id));
  send (self, &request);
}

/* What comes too late is not an answer to the same question put again. */
void
enj_initiating_forget (EnjInitiating *self, const char *local, const char *remote, const char *id)
{
  g_autofree char *question = question_new (local, remote, id);

  (void) enj_names_remove (&self->questions, question); /* It may have been answered. */
}

/* ---- Life ------------------------------------------------------------------ */

EnjInitiating *
enj_initiating_new (EnjSession *session, EnjCounters *counters, EnjNewsQueue *news)
{
  EnjInitiating *self = g_new0 (EnjInitiating, 1);

  self->session = session;
  self->counters = counters;
  self->news = news;
  self->pairs = g_array_new (FALSE, FALSE, sizeof (Pair));
  g_array_set_clear_func (self->pairs, pair_clear);
  return self;
}

void
enj_initiating_free (EnjInitiating *self)
{
  if (!self)
    return;
  g_free (self->stream_id);
  g_array_unref (self->pairs);
  enj_names_clear (&self->questions);
  g_free (self);
}

void
enj_initiating_set_stream_id (EnjInitiating *self, const char *stream_id)
{
  g_free (self->stream_id);
  self->stream_id = g_strdup (stream_id);
}

void
enj_initiating_refuse (EnjInitiating *self, const EnjDialback *request)
{
  const EnjDialback refusal = { .kind = request->kind,
                                .type = ENJ_DIALBACK_ERROR,
                                .from = request->to,
                                .to = request->from,
                                .id = request->id,
                                .condition = ENJ_STANZA_NOT_ACCEPTABLE };

  send (self, &refusal);
}

void
enj_initiating_tick (EnjInitiating *self, gint64 now)
{
  for (guint i = self->pairs->len; i-- > 0;)
    {
      Pair *pair = &g_array_index (self->pairs, Pair, i);

      if (pair->due <= now)
        refuse (self, pair, ENJ_DIALBACK_ERROR, ENJ_STANZA_REMOTE_SERVER_TIMEOUT);
    }
}

gint64
enj_initiating_deadline (const EnjInitiating *self)
{
  gint64 due = ENJ_NEVER;

  for (guint i = 0; i < self->pairs->len; i++)
    due = MIN (due, g_array_index (self->pairs, Pair, i).due);
  return due;
}

gboolean
enj_initiating_is_up (const EnjInitiating *self, const char *local, const char *remote)
{
  const Pair *pair = find (self, local, remote);

  return pair && pair->is_up && !self->is_spoiled;
}

gboolean
enj_initiating_has (const EnjInitiating *self, const char *local, const char *remote)
{
  return find (self, local, remote) != NULL;
}

const char *
enj_initiating_get_remote (const EnjInitiating *self, guint index)
{
  return index < self->pairs->len ? g_array_index (self->pairs, Pair, index).remote : NULL;
}

gboolean
enj_initiating_is_spoiled (const EnjInitiating *self)
{
  return self->is_spoiled;
}

guint
enj_initiating_count_up (const EnjInitiating *self)
{
  guint n = 0;

  for (guint i = 0; i < self->pairs->len; i++)
    n += g_array_index (self->pairs, Pair, i).is_up;
  return n;
}

guint
enj_initiating_count_pairs (const EnjInitiating *self)
{
  return self->pairs->len;
}

guint
enj_initiating_count_questions (const EnjInitiating *self)
{
  return enj_names_count (&self->questions);
}
