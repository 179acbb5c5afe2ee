/* element.h - an XML element as an immutable tree that formats itself.
 *
 * The public part is in enjamb.h.  Stream-level elements and what services
 * read come as trees; a routed stanza never does.  Nothing here recurses: the
 * depth is the peer's choice. */
#pragma once

#include "protocol/bytes.h"
#include "protocol/enjamb.h"

/* What a parser adds while it reads: how many elements are open, and text that
 * needs no terminator and is known to be legal XML. */
guint enj_element_builder_get_depth (const EnjElementBuilder *self);
void enj_element_builder_text_len (EnjElementBuilder *self, const char *text, gsize len);

gboolean enj_element_is (const EnjElement *self, const char *ns, const char *name);

/* Attributes in order, for those who copy them; FALSE past the end.  @ns comes
 * NULL for an attribute without a prefix. */
gboolean enj_element_get_nth_attribute (const EnjElement *self, guint index, const char **ns,
                                        const char **name, const char **value);

/* ---- The canonical form, for all who write it ------------------------- */

/* The namespace to declare on an element of namespace @ns, or NULL for none.
 * @written is the namespace in force where it stands, @default_ns the one that
 * is implicit in the whole run; inside the element the one in force is the
 * result, or still @written where that is NULL.  An element in @default_ns
 * where another one is in force (a forwarded message) becomes jabber:client, and so
 * does one in the namespace of another kind of stream: whoever carries it on would make
 * it content, behind the back of whoever has looked at it (HARDENING V18).
 * "" is no namespace. */
const char *enj_element_declared_ns (const char *ns, const char *written, const char *default_ns);

/* What stands before the name in both tags: "", or "xml:" where @ns is XML's
 * own, which must not be declared as a default (Namespaces in XML 1.0, 3). */
const char *enj_element_tag_prefix (const char *ns);

/* Writes ` name="value"`, ` xml:name="value"`, or for any other @ns
 * ` xmlns:nN="ns" nN:name="value"`, where N is @prefixes, counted up: start
 * each element with 0.  @ns is NULL or "" for none.  Declarations
 * (ENJ_READER_XMLNS) are not written.  FALSE when the limit is reached. */
gboolean enj_element_write_attribute (EnjBytes *out, guint *prefixes, const char *ns,
                                      const char *name, const char *value);

/* Canonical bytes: @default_ns stays implicit, every other namespace is
 * declared on the element that starts it, no prefixes but for attributes.
 * NULL as @default_ns leaves none implicit.  All or, FALSE, nothing. */
gboolean enj_element_format (const EnjElement *self, const char *default_ns, EnjBytes *out);

/* The children and text only, inside an element of namespace @default_ns. */
gboolean enj_element_format_content (const EnjElement *self, const char *default_ns,
                                     EnjBytes *out);

/* As text, for logs and tests.  New string. */
char *enj_element_dup_text (const EnjElement *self, const char *default_ns);
