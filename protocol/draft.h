/* draft.h - the head of a stanza while it is read.
 *
 * Keeps the values of the attributes that a head has a field for, and knows
 * how long both tags of the stanza will be in canonical form.
 *
 * Makes no stanza, and writes no attribute itself: `extra` is filled by who
 * reads the others. */
#pragma once

#include "protocol/bytes.h"

/* In the order in which they find room: whether a stanza may be answered, and by whom to
 * whom, is known whatever else is too long. */
#define ENJ_DRAFT_FIELDS(X) \
  X (TYPE, "type")          \
  X (FROM, "from")          \
  X (TO, "to")              \
  X (ID, "id")              \
  X (LANG, "xml:lang")

typedef enum
{
#define X(name, word) ENJ_DRAFT_##name,
  ENJ_DRAFT_FIELDS (X)
#undef X
  ENJ_DRAFT_OTHER
} EnjDraftField;

typedef struct
{
  EnjBytes extra; /* canonical, each with a blank before it */

  /* Private. */
  EnjBytes values;           /* terminated */
  gsize at[ENJ_DRAFT_OTHER]; /* 1 + where in there, 0 for an absent one */
  gsize kind_len;
  gsize plain; /* of the fields in canonical form, if nothing has to be escaped */
} EnjDraft;

/* Empty, with the memory kept.  @kind_len: of the stanza's name.  @limit: of
 * the whole stanza, in bytes. */
void enj_draft_restart (EnjDraft *self, gsize kind_len, gsize limit);
void enj_draft_clear (EnjDraft *self);

/* @triplet is a name as canon.h takes it. */
EnjDraftField enj_draft_find (const char *triplet);

/* All fields, NULL for one that is absent.  FALSE, with those that there was room for, where
 * they are over the limit together, or, as @no_memory tells, memory could not be had. */
gboolean enj_draft_take (EnjDraft *self, const char *const values[ENJ_DRAFT_OTHER],
                         gboolean *no_memory);

/* NULL for an absent one; borrowed until the next take(). */
const char *enj_draft_get (const EnjDraft *self, EnjDraftField field);

/* `extra` with a terminator, NULL for none.  FALSE when there is no room for it. */
gboolean enj_draft_get_extra (EnjDraft *self, const char **extra);

/* What the limit leaves for content, at the most. */
gsize enj_draft_get_room (const EnjDraft *self, gsize limit);

/* Both tags with @content bytes between them are within @limit. */
gboolean enj_draft_fits (const EnjDraft *self, gsize content, gsize limit);
