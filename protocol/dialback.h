/* dialback.h - the elements of server dialback (XEP-0220), read and written.
 *
 * Values only: who asked whom is the business of inbound, outbound and
 * verifier. */
#pragma once

#include "protocol/bytes.h"
#include "protocol/condition.h"
#include "protocol/element.h"

typedef enum
{
  ENJ_DIALBACK_RESULT,
  ENJ_DIALBACK_VERIFY
} EnjDialbackKind;

typedef enum
{
  ENJ_DIALBACK_REQUEST, /* no type: carries a key */
  ENJ_DIALBACK_VALID,
  ENJ_DIALBACK_INVALID,
  ENJ_DIALBACK_ERROR,
  ENJ_DIALBACK_UNKNOWN /* any other type: to be ignored */
} EnjDialbackType;

/* From parse(): from and to are canonical or NULL where they are missing or
 * no domain; clear() frees all.  For format(): borrowed. */
typedef struct
{
  EnjDialbackKind kind;
  EnjDialbackType type;
  char *from;
  char *to;
  char *id;
  char *key; /* without white space around it (D60) */
  EnjStanzaCondition condition;
  char *error_type; /* "cancel", "wait"...; NULL takes the condition's own */
} EnjDialback;

/* FALSE where the element is no dialback element at all. */
gboolean enj_dialback_parse (const EnjElement *element, EnjDialback *dialback);
void enj_dialback_clear (EnjDialback *dialback);

/* With the prefix db:, which our header declares (D03).  All or, FALSE,
 * nothing: half an element would take in what is sent behind it. */
gboolean enj_dialback_format (const EnjDialback *dialback, EnjBytes *out);
