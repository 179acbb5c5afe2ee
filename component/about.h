/* about.h - what a bridge's own address answers: who it is, and that it lives.
 *
 * disco#info with contact addresses (XEP-0030, XEP-0157) and #items, version (XEP-0092), ping
 * (XEP-0199), how long it has been up (XEP-0012) and what time it is (XEP-0202), at the bare
 * domain only.  Everything else is for the service behind.
 *
 * Commands (XEP-0050) are named among the features, and answered by others. */
#pragma once

#include "protocol/enjamb.h"

typedef struct
{
  const char *category; /* of the disco identity */
  const char *type;
  const char *name;
  const char *const *features; /* beyond about's own; NULL-terminated, or NULL */
  const char *const *contact_admin; /* URIs; the same */
  const char *const *contact_abuse;
  gboolean has_commands;
  gint64 started; /* monotonic microseconds */
} EnjAbout;

/* The reply, an error too; NULL for a stanza that is none of its business. */
EnjStanza *enj_about_new_reply (const EnjAbout *self, EnjStanza *stanza, gint64 now);
