/* element.h - an XML element as an immutable tree that formats itself.
 *
 * The public part is in enjamb.h.  Stream-level elements and what services
 * read come as trees; a routed stanza never does.  Nothing here recurses: the
 * depth is the peer's choice. */
#pragma once

#include "protocol/bytes.h"
#include "protocol/enjamb.h"

/* What a parser adds while it reads; the same as the public builder, with
 * names that need no terminator. */
guint enj_element_builder_get_depth (const EnjElementBuilder *self);
void enj_element_builder_text_len (EnjElementBuilder *self, const char *text, gsize len);

gboolean enj_element_is (const EnjElement *self, const char *ns, const char *name);

/* Attributes in order, for those who copy them; FALSE past the end. */
gboolean enj_element_get_nth_attribute (const EnjElement *self, guint index, const char **ns,
                                        const char **name, const char **value);

/* Canonical bytes: @default_ns stays implicit, every other namespace is
 * declared on the element that starts it, no prefixes but for attributes.
 * FALSE when the limit of @out is reached. */
gboolean enj_element_format (const EnjElement *self, const char *default_ns, EnjBytes *out);

/* The children and text only, inside an element of namespace @default_ns. */
gboolean enj_element_format_content (const EnjElement *self, const char *default_ns,
                                     EnjBytes *out);

/* As text, for logs and tests.  New string. */
char *enj_element_dup_text (const EnjElement *self, const char *default_ns);
