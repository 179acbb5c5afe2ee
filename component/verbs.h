/* verbs.h - what enjambctl can do.
 *
 * Each prints text for people, or one JSON document; with that, errors are one as well,
 * {"error": "..."}, else they go to stderr. */
#pragma once

#include <glib.h>

/* The exit status of enjambctl(1). */
typedef enum
{
  ENJ_VERB_DONE,
  ENJ_VERB_NO,         /* done, and the answer is no */
  ENJ_VERB_USAGE,
  ENJ_VERB_UNREACHABLE /* the daemon is not there, or does not answer */
} EnjVerbStatus;

typedef struct
{
  const char *config;  /* the file */
  gboolean is_default; /* nobody has named it, and it need not be there */
  const char *socket;  /* NULL: as the file says */
  gboolean json;
} EnjVerbOptions;

/* @words: the verb and its arguments, NULL-terminated. */
EnjVerbStatus enj_verbs_run (const EnjVerbOptions *options, const char *const *words);

/* One line for each verb.  New string. */
char *enj_verbs_describe_new (void);
