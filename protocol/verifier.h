/* verifier.h - dialback questions for one authoritative server, until answered.
 *
 * A table: who asked, about which key, until when.  It only remembers; the
 * stream that carries the questions is asked for by others. */
#pragma once

#include <glib.h>

typedef struct EnjVerifier EnjVerifier;

/* @asker is the id of the inbound session; strings are borrowed and valid
 * until the question is removed. */
typedef struct
{
  guint64 asker;
  const char *stream_id;
  const char *key;
} EnjQuestion;

EnjVerifier *enj_verifier_new (void);
void enj_verifier_free (EnjVerifier *self);

/* @due: when the answer is given up, monotonic microseconds. */
void enj_verifier_add (EnjVerifier *self, guint64 asker, const char *stream_id, const char *key,
                       gint64 due);

/* The oldest that was not put to a stream yet, and marks it as put; FALSE
 * when there is none. */
gboolean enj_verifier_next (EnjVerifier *self, EnjQuestion *question);

/* Who asked about the stream @stream_id, and forgets it; 0 when nobody did. */
guint64 enj_verifier_steal (EnjVerifier *self, const char *stream_id);

/* The same for the oldest that is due at @now; pass G_MAXINT64 for any.
 * @stream_id, newly allocated, may be NULL. */
guint64 enj_verifier_steal_due (EnjVerifier *self, gint64 now, char **stream_id);

/* Questions that were put to a stream which is gone count as not put. */
void enj_verifier_rewind (EnjVerifier *self);

gint64 enj_verifier_deadline (const EnjVerifier *self);
guint enj_verifier_length (const EnjVerifier *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjVerifier, enj_verifier_free)
