/* condition.h - stream and stanza errors: the code is the word on the wire.
 *
 * A GError of ENJ_STREAM_ERROR can be formatted straight into a stream error
 * (RFC 6120 4.9.3), one of ENJ_STANZA_ERROR (enjamb.h) into a stanza error
 * (8.3.3).  The message becomes the text for a person. */
#pragma once

#include "protocol/enjamb.h"

#define ENJ_STREAM_CONDITIONS(X)                                \
  X (BAD_FORMAT, "bad-format")                                  \
  X (BAD_NAMESPACE_PREFIX, "bad-namespace-prefix")              \
  X (CONFLICT, "conflict")                                      \
  X (CONNECTION_TIMEOUT, "connection-timeout")                  \
  X (HOST_GONE, "host-gone")                                    \
  X (HOST_UNKNOWN, "host-unknown")                              \
  X (IMPROPER_ADDRESSING, "improper-addressing")                \
  X (INTERNAL_SERVER_ERROR, "internal-server-error")            \
  X (INVALID_FROM, "invalid-from")                              \
  X (INVALID_NAMESPACE, "invalid-namespace")                    \
  X (INVALID_XML, "invalid-xml")                                \
  X (NOT_AUTHORIZED, "not-authorized")                          \
  X (NOT_WELL_FORMED, "not-well-formed")                        \
  X (POLICY_VIOLATION, "policy-violation")                      \
  X (REMOTE_CONNECTION_FAILED, "remote-connection-failed")      \
  X (RESET, "reset")                                            \
  X (RESOURCE_CONSTRAINT, "resource-constraint")                \
  X (RESTRICTED_XML, "restricted-xml")                          \
  X (SEE_OTHER_HOST, "see-other-host")                          \
  X (SYSTEM_SHUTDOWN, "system-shutdown")                        \
  X (UNDEFINED_CONDITION, "undefined-condition")                \
  X (UNSUPPORTED_ENCODING, "unsupported-encoding")              \
  X (UNSUPPORTED_FEATURE, "unsupported-feature")                \
  X (UNSUPPORTED_STANZA_TYPE, "unsupported-stanza-type")        \
  X (UNSUPPORTED_VERSION, "unsupported-version")

typedef enum
{
#define X(name, word) ENJ_STREAM_##name,
  ENJ_STREAM_CONDITIONS (X)
#undef X
  /* Over a size limit: policy-violation with <stanza-too-big/> (XEP-0205). */
  ENJ_STREAM_STANZA_TOO_BIG,
  /* More acknowledged than was sent: undefined-condition with
   * <handled-count-too-high/> (XEP-0198 6). */
  ENJ_STREAM_HANDLED_COUNT_TOO_HIGH,
  /* The connection ended without a word; nothing is sent for it. */
  ENJ_STREAM_DISCONNECTED
} EnjStreamCondition;

#define ENJ_STREAM_ERROR (enj_stream_error_quark ())
GQuark enj_stream_error_quark (void);

/* The word on the wire.  An unknown word, or NULL, is undefined-condition
 * (4.9.2, 8.3.2). */
const char *enj_stream_condition_format (EnjStreamCondition condition);
EnjStreamCondition enj_stream_condition_parse (const char *word);

const char *enj_stanza_condition_format (EnjStanzaCondition condition);
EnjStanzaCondition enj_stanza_condition_parse (const char *word);

/* The error type that 8.3.3 pairs with the condition: "cancel", "wait"...
 * Of two that it allows, the one that does not ask to try the same again. */
const char *enj_stanza_condition_type (EnjStanzaCondition condition);
