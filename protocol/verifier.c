#include "config.h"

#include "protocol/verifier.h"

#include "protocol/budget.h"
#include "protocol/deadlines.h"

struct EnjVerifier
{
  GPtrArray *questions; /* the oldest first */
};

static void
question_free (gpointer data)
{
  EnjQuestion *question = data;

  enj_budget_release (ENJ_BUDGET_NAMED);
  g_free (question->source);
  g_free (question->local);
  g_free (question->remote);
  g_free (question->stream_id);
  g_free (question->key);
  enj_evidence_unref (question->evidence);
  g_free (question);
}

EnjQuestion
enj_verifier_question (const EnjNews *news)
{
  return (EnjQuestion){ .local = news->local,
                        .remote = news->remote,
                        .stream_id = news->id,
                        .key = news->key,
                        .evidence = news->evidence,
                        .needs_certificate = news->needs_certificate };
}

EnjVerifier *
enj_verifier_new (void)
{
  EnjVerifier *self = g_new0 (EnjVerifier, 1);

  self->questions = g_ptr_array_new_with_free_func (question_free);
  return self;
}

void
enj_verifier_free (EnjVerifier *self)
{
  if (!self)
    return;
  g_ptr_array_unref (self->questions);
  g_free (self);
}

/* An answer does not say which key it is about (XEP-0220 2.1.2), and with bidi it is the peer that
 * chooses the id. */
static gboolean
is_asked (const EnjVerifier *self, const EnjQuestion *question)
{
  for (guint i = 0; i < self->questions->len; i++)
    {
      const EnjQuestion *other = self->questions->pdata[i];

      if (g_str_equal (other->stream_id, question->stream_id)
          && g_str_equal (other->local, question->local)
          && g_str_equal (other->remote, question->remote))
        return TRUE;
    }
  return FALSE;
}

/* Whoever has many streams must not have all places. */
static gboolean
is_greedy (const EnjVerifier *self, const char *source)
{
  guint n = 0;

  for (guint i = 0; source && i < self->questions->len; i++)
    if (g_strcmp0 (((const EnjQuestion *) self->questions->pdata[i])->source, source) == 0)
      n++;
  return n >= ENJ_VERIFIER_SOURCE_MAX;
}

gboolean
enj_verifier_add (EnjVerifier *self, const EnjQuestion *question)
{
  EnjQuestion *copy;

  if (self->questions->len >= ENJ_VERIFIER_MAX || is_greedy (self, question->source)
      || is_asked (self, question))
    return FALSE;
  enj_budget_charge (ENJ_BUDGET_NAMED);
  copy = g_new0 (EnjQuestion, 1);
  *copy = *question;
  copy->source = g_strdup (question->source);
  copy->local = g_strdup (question->local);
  copy->remote = g_strdup (question->remote);
  copy->stream_id = g_strdup (question->stream_id);
  copy->key = g_strdup (question->key);
  copy->evidence = question->evidence ? enj_evidence_ref (question->evidence) : NULL;
  g_ptr_array_add (self->questions, copy);
  return TRUE;
}

EnjQuestion *
enj_verifier_get (const EnjVerifier *self, guint index)
{
  return index < self->questions->len ? self->questions->pdata[index] : NULL;
}

EnjQuestion *
enj_verifier_find (const EnjVerifier *self, guint64 way, const char *local, const char *remote,
                   const char *stream_id)
{
  for (guint i = 0; i < self->questions->len; i++)
    {
      EnjQuestion *question = self->questions->pdata[i];

      if (question->way == way && g_strcmp0 (question->stream_id, stream_id) == 0
          && g_strcmp0 (question->local, local) == 0
          && g_strcmp0 (question->remote, remote) == 0)
        return question;
    }
  return NULL;
}

void
enj_verifier_remove (EnjVerifier *self, EnjQuestion *question)
{
  g_ptr_array_remove (self->questions, question);
}

void
enj_verifier_rewind (EnjVerifier *self, guint64 way)
{
  for (guint i = 0; i < self->questions->len; i++)
    {
      EnjQuestion *question = self->questions->pdata[i];

      if (question->way == way)
        question->way = 0;
    }
}

gint64
enj_verifier_deadline (const EnjVerifier *self)
{
  gint64 due = ENJ_NEVER;

  for (guint i = 0; i < self->questions->len; i++)
    due = MIN (due, ((const EnjQuestion *) self->questions->pdata[i])->due);
  return due;
}
