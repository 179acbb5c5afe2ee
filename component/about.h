/* about.h - what a bridge's own address answers: who it is, and that it lives.
 *
 * disco#info and #items (XEP-0030), version (XEP-0092), ping (XEP-0199), at
 * the bare domain only.  Everything else is for the service behind. */
#pragma once

#include "protocol/enjamb.h"

typedef struct
{
  const char *category; /* of the disco identity */
  const char *type;
  const char *name;
  const char *const *features; /* beyond about's own; NULL-terminated, or NULL */
} EnjAbout;

/* The reply, an error too; NULL for a stanza that is none of its business. */
EnjStanza *enj_about_new_reply (const EnjAbout *self, EnjStanza *stanza);
