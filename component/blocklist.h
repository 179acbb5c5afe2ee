/* blocklist.h - remote domains that an operator has turned away while we run.
 *
 * Patterns as in [peer ...]: "remote.example", or "*.remote.example" for all below.  Laid over
 * the policy of the configuration, which it wins against.  With a folder it is kept there in the
 * file "blocked", one pattern in each line, and read from it by the next process.
 *
 * Puts nothing into force. */
#pragma once

#include "protocol/policy.h"

/* More are a matter for the configuration. */
#define ENJ_BLOCKLIST_MAX 1000

typedef struct EnjBlocklist EnjBlocklist;

EnjBlocklist *enj_blocklist_new (void);
void enj_blocklist_free (EnjBlocklist *self);

/* From now on it is kept below @folder; what the file there has is added.  A fault is a warning
 * in the log, and a file that cannot be read is not written either. */
void enj_blocklist_keep (EnjBlocklist *self, const char *folder);

/* The folder that the service manager has for what is kept, $STATE_DIRECTORY, and the first
 * where it has several; NULL for none.  New string. */
char *enj_blocklist_dup_folder (void);

/* @pattern is prepared.  FALSE with G_FILE_ERROR for what is there already, or is not there, and
 * for too many.  What cannot be kept holds all the same, with a warning in the log. */
gboolean enj_blocklist_add (EnjBlocklist *self, const char *pattern, GError **error);
gboolean enj_blocklist_remove (EnjBlocklist *self, const char *pattern, GError **error);

/* In the place of all that there is; NULL-terminated, each once or more. */
gboolean enj_blocklist_replace (EnjBlocklist *self, const char *const *patterns, GError **error);

/* Whether the last change is in the file, for the next process. */
gboolean enj_blocklist_is_kept (const EnjBlocklist *self);

/* In order of their spelling, NULL-terminated; borrowed until the next change. */
const char *const *enj_blocklist_get (const EnjBlocklist *self);

/* The pattern that @text means: NULL with ENJ_STANZA_JID_MALFORMED for none.  New string. */
char *enj_blocklist_pattern_new (const char *text, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjBlocklist, enj_blocklist_free)
