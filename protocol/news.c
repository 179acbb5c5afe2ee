#include "config.h"

#include "protocol/news.h"

#include <string.h>

const char *
enj_proof_format (EnjProof proof)
{
  switch (proof)
    {
    case ENJ_PROOF_NONE:
      return "unproved";
    case ENJ_PROOF_DIALBACK:
      return "dialback";
    case ENJ_PROOF_EXTERNAL:
      return "EXTERNAL";
    case ENJ_PROOF_CERTIFICATE:
      return "dialback, certificate";
    case ENJ_PROOF_DANE:
    case ENJ_PROOF_DANE_TRUSTED:
      return "dialback, DANE";
    }
  g_assert_not_reached ();
}

const char *
enj_proof_describe_peer (EnjProof proof)
{
  switch (proof)
    {
    case ENJ_PROOF_NONE:
      return "peer not proved";
    case ENJ_PROOF_CERTIFICATE:
      return "peer by certificate";
    case ENJ_PROOF_DANE:
    case ENJ_PROOF_DANE_TRUSTED:
      return "peer by DANE";
    case ENJ_PROOF_DIALBACK:
    case ENJ_PROOF_EXTERNAL:
      break; /* By these the calling side proves itself. */
    }
  g_return_val_if_reached (NULL);
}

const char *
enj_proof_format_peer (EnjProof proof)
{
  return proof == ENJ_PROOF_NONE ? NULL : enj_proof_describe_peer (proof) + strlen ("peer by ");
}

EnjProof
enj_proof_of_fit (EnjDaneFit fit)
{
  switch (fit)
    {
    case ENJ_DANE_FITS_NOT:
      return ENJ_PROOF_NONE;
    case ENJ_DANE_FITS_TRUSTED:
      return ENJ_PROOF_DANE_TRUSTED;
    case ENJ_DANE_FITS:
      return ENJ_PROOF_DANE;
    }
  g_assert_not_reached ();
}

gboolean
enj_proof_needs_trust (EnjProof proof)
{
  return proof == ENJ_PROOF_EXTERNAL || proof == ENJ_PROOF_CERTIFICATE
         || proof == ENJ_PROOF_DANE_TRUSTED;
}

void
enj_news_clear (EnjNews *news)
{
  g_free (news->local);
  g_free (news->remote);
  enj_stanza_unref (news->stanza);
  g_free (news->id);
  g_free (news->key);
  enj_evidence_unref (news->evidence);
  g_free (news->host);
  *news = (EnjNews){ 0 };
}

static void
news_free (gpointer data)
{
  enj_news_clear (data);
  g_free (data);
}

void
enj_news_queue_init (EnjNewsQueue *self, EnjWake wake)
{
  g_queue_init (&self->queue);
  self->wake = wake;
}

void
enj_news_queue_clear (EnjNewsQueue *self)
{
  g_queue_clear_full (&self->queue, news_free);
}

EnjNews *
enj_news_queue_push (EnjNewsQueue *self, EnjNewsType type, const char *local, const char *remote)
{
  EnjNews *news = g_new0 (EnjNews, 1);

  news->type = type;
  news->local = g_strdup (local);
  news->remote = g_strdup (remote);
  g_queue_push_tail (&self->queue, news);
  enj_wake (self->wake);
  return news;
}

gboolean
enj_news_queue_pop (EnjNewsQueue *self, EnjNews *news)
{
  EnjNews *first = g_queue_pop_head (&self->queue);

  if (!first)
    return FALSE;
  *news = *first;
  g_free (first);
  return TRUE;
}
