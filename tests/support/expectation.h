/* expectation.h - what one side of a stream should say, against what it said.
 *
 * Cuts text into the tokens of a stream (declaration, stream tag, element,
 * end tag, white space) with a parser of its own, and compares them as trees:
 * the order of attributes, prefixes of namespaces and quotes do not count.
 *
 * In what is expected
 * - `{any}` as a whole attribute or text takes anything, `{none}` no attribute,
 *   `{name}` takes anything and keeps it;
 * - of a stream tag only the attributes that are named count;
 * - an element without xmlns is in the content namespace, a child of it in the
 *   namespace of its parent, but below stream:* and db:* in any;
 * - `<text/>` in an error is left out at will;
 * - `{blank}` is white space between elements. */
#pragma once

#include <glib.h>

typedef enum
{
  ENJ_TEST_DECLARATION,
  ENJ_TEST_OPEN,
  ENJ_TEST_ELEMENT,
  ENJ_TEST_CLOSE,
  ENJ_TEST_BLANK,
  ENJ_TEST_PARTIAL, /* more bytes are needed */
  ENJ_TEST_BROKEN   /* no XML */
} EnjTestTokenType;

typedef struct EnjTestNode EnjTestNode;

typedef struct
{
  EnjTestTokenType type;
  EnjTestNode *node; /* of OPEN and ELEMENT */
  gsize used;        /* bytes of the text */
} EnjTestToken;

/* @scope: the stream tag that the text stands under, "" for what is expected. */
void enj_test_token_read (const char *scope, const char *text, gsize len, EnjTestToken *token);
void enj_test_token_clear (EnjTestToken *token);

/* Keeps what `{name}` took in @names.  NULL where they agree, else what differs. */
char *enj_test_token_compare (const EnjTestToken *expected, const EnjTestToken *actual,
                              const char *content_ns, GHashTable *names);

/* One value against its pattern. */
gboolean enj_test_value_matches (const char *pattern, const char *value, GHashTable *names);
