/* script.h - a transcript as it stands in its file, line by line.
 *
 * A step is a word in the first column and what follows it; lines that begin
 * with white space belong to the step above, `#` begins a comment. */
#pragma once

#include <glib.h>

typedef struct
{
  guint line;
  char *word;
  char *text; /* "" for none */
} EnjTestStep;

/* An array of EnjTestStep.  Aborts where the file cannot be read. */
GPtrArray *enj_test_script_read_new (const char *path);

/* What every transcript may name: strings to strings. */
GHashTable *enj_test_script_names_new (void);

/* Fills in
 * - `{name}`: what @names has for it, else it stays;
 * - `{key:SECRET:RECEIVING:ORIGINATING:ID}`: a dialback key, where ID may be such a name;
 * - `{proof:ID:SECRET}`: the handshake of a component;
 * - `{base64:TEXT}`;
 * - `{repeat:N:TEXT}`, `{bytes:FF FE}`, the latter for what is no UTF-8. */
GString *enj_test_script_expand_new (const char *text, GHashTable *names);
