/* header.h - the tag that opens a stream (RFC 6120 4.7, XEP-0114 3). */
#pragma once

#include "protocol/bytes.h"
#include "protocol/element.h"

/* Borrowed or owned strings as the maker says; NULL for an absent attribute. */
typedef struct
{
  const char *content_ns; /* the default namespace declared, or NULL */
  const char *from;
  const char *to;
  const char *id;
  const char *lang;
  gboolean has_version;
  guint major;
  guint minor;
  gboolean has_dialback; /* declares jabber:server:dialback (D51) */
} EnjHeader;

/* Everything in @header is borrowed from @element, and is filled where the
 * header is refused too, for the answer (RFC 6120 4.9.1.2).  FALSE with
 * ENJ_STREAM_ERROR: no stream tag, invalid-namespace, unsupported-version...
 * @content_ns: what the port is for; a declared other one is invalid (S09). */
gboolean enj_header_parse (const EnjElement *element, const char *content_ns, EnjHeader *header,
                           GError **error);

/* XML declaration and tag, with xmlns:db where has_dialback.  All or, FALSE,
 * nothing. */
gboolean enj_header_format (const EnjHeader *header, EnjBytes *out);
