/* verifier.h - dialback questions to authoritative servers, until answered.
 *
 * One table for all: who asked about which key, on what it was put, until when.
 * Bounded, for anybody can make us ask.  It only remembers; the streams that
 * carry the questions are found by others. */
#pragma once

#include "protocol/evidence.h"
#include "protocol/news.h"

/* For the process: each may cost look-ups and a connection to somebody else's server. */
#define ENJ_VERIFIER_MAX 256

/* Of them for each source. */
#define ENJ_VERIFIER_SOURCE_MAX 16

typedef struct EnjVerifier EnjVerifier;

/* Of add() all is copied; of get() and find() all is borrowed until removed. */
typedef struct
{
  guint64 asker; /* the id of the session that brought the key, or, where 0... */
  guint64 call;  /* ...that of the call on whose stream it came */
  char *source;  /* where that stream leads to: an address as enj_address_format_source() */
  char *local;
  char *remote; /* whose key it is said to be */
  char *stream_id;
  char *key;
  EnjEvidence *evidence;      /* what the asker has shown; may be NULL */
  gboolean needs_certificate; /* only DANE can answer it */
  gint64 due;                 /* when the answer is given up, monotonic microseconds */
  guint64 way;                /* the id of what carries it; 0 while nothing does */
} EnjQuestion;

/* What a QUESTION among the news asks; borrowed, without whoever asks. */
EnjQuestion enj_verifier_question (const EnjNews *news);

EnjVerifier *enj_verifier_new (void);
void enj_verifier_free (EnjVerifier *self);

/* FALSE when there are too many already, in all or from that source, or the same names and stream
 * id are asked about. */
gboolean enj_verifier_add (EnjVerifier *self, const EnjQuestion *question);

/* The oldest is 0; NULL past the end. */
EnjQuestion *enj_verifier_get (const EnjVerifier *self, guint index);

/* What an answer on @way is to (XEP-0220 3.1): the same names and stream, put there.  NULL
 * where nobody has asked that. */
EnjQuestion *enj_verifier_find (const EnjVerifier *self, guint64 way, const char *local,
                                const char *remote, const char *stream_id);
void enj_verifier_remove (EnjVerifier *self, EnjQuestion *question);

/* @way is gone: what it carried is carried by nothing. */
void enj_verifier_rewind (EnjVerifier *self, guint64 way);

gint64 enj_verifier_deadline (const EnjVerifier *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjVerifier, enj_verifier_free)
