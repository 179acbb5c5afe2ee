/* handshake.h - the proof of an external component (XEP-0114 3). */
#pragma once

#include "protocol/element.h"

/* <handshake/>, of the stream's namespace or of none. */
gboolean enj_handshake_is (const EnjElement *element);

/* Lower-case hexadecimal SHA-1 of stream id and secret.  New string. */
char *enj_handshake_new (const char *stream_id, const char *secret);

/* In constant time; upper case is accepted (C05). */
gboolean enj_handshake_check (const char *stream_id, const char *secret, const char *claimed);
