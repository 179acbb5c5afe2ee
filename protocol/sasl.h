/* sasl.h - the words of SASL EXTERNAL between servers (RFC 6120 6, XEP-0178 3).
 *
 * Elements to values and back.  Judges no certificate and keeps no state. */
#pragma once

#include "protocol/bytes.h"
#include "protocol/element.h"

typedef enum
{
  ENJ_SASL_AUTH, /* mechanism, text */
  ENJ_SASL_CHALLENGE,
  ENJ_SASL_RESPONSE, /* text */
  ENJ_SASL_ABORT,
  ENJ_SASL_SUCCESS,
  ENJ_SASL_FAILURE /* condition */
} EnjSaslKind;

/* RFC 6120 6.5.  An unknown one is read as not-authorized (E25). */
typedef enum
{
  ENJ_SASL_ABORTED,
  ENJ_SASL_ENCRYPTION_REQUIRED,
  ENJ_SASL_INCORRECT_ENCODING,
  ENJ_SASL_INVALID_AUTHZID,
  ENJ_SASL_INVALID_MECHANISM,
  ENJ_SASL_MALFORMED_REQUEST,
  ENJ_SASL_NOT_AUTHORIZED,
  ENJ_SASL_TEMPORARY_AUTH_FAILURE,
  ENJ_SASL_N_CONDITIONS
} EnjSaslCondition;

/* Clear it.  @text is decoded: "" for "=", NULL where there was none at all. */
typedef struct
{
  EnjSaslKind kind;
  char *mechanism;
  char *text;
  gboolean is_misencoded; /* no clean base64 (E09), or not of UTF-8; a NUL is none */
  EnjSaslCondition condition;
} EnjSasl;

/* FALSE: it is none of these. */
gboolean enj_sasl_parse (const EnjElement *element, EnjSasl *sasl);
void enj_sasl_clear (EnjSasl *sasl);

/* All or, FALSE, nothing.  @text of an AUTH or RESPONSE is encoded. */
gboolean enj_sasl_format (const EnjSasl *sasl, EnjBytes *out);
const char *enj_sasl_condition_format (EnjSaslCondition condition);
