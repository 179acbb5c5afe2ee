/* standby.h - whether other servers may connect to us, or another instance has our place.
 *
 * Where the server takes one connection for a component, the second of two instances is
 * refused with conflict, and waits.  Other servers are not to find it meanwhile: what they
 * brought could go no further.  So, from how it stands with each link:
 *
 * UNDECIDED  while no link is up and not all have been tried
 * SERVING    a link is up; or the first attempts have failed, but none by conflict; or a
 *            component has no link.  The server may go away and come back meanwhile.
 * WAITING    no link is up, and another instance has one: we were thrown out, or were refused
 *            so at our first attempts, or, while serving, for five seconds on end, for a
 *            connection of our own may not have ended there yet.  Until a link is up.
 *
 * Listens nowhere and reads no clock. */
#pragma once

#include <glib.h>

typedef struct EnjStandby EnjStandby;

typedef enum
{
  ENJ_STANDBY_UNDECIDED,
  ENJ_STANDBY_SERVING,
  ENJ_STANDBY_WAITING
} EnjStandbyState;

EnjStandby *enj_standby_new (void);
void enj_standby_free (EnjStandby *self);

/* A component of ours; all of them before the rest. */
void enj_standby_add (EnjStandby *self, const char *domain, gboolean has_link);

/* Other servers are coming already: to our predecessor. */
void enj_standby_serve (EnjStandby *self);

/* No connection to the server; the link is up; it has ended, where @was_up, or the attempt at
 * one.  @error as the server gave it, or NULL.  Nothing for a domain without a link. */
void enj_standby_note_missed (EnjStandby *self, const char *domain);
void enj_standby_note_up (EnjStandby *self, const char *domain);
void enj_standby_note_down (EnjStandby *self, const char *domain, const GError *error,
                            gboolean was_up, gint64 now);

EnjStandbyState enj_standby_get_state (const EnjStandby *self);

/* The link of @domain is not ours, for another instance has one: that, or another. */
gboolean enj_standby_is_waiting (const EnjStandby *self, const char *domain);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjStandby, enj_standby_free)
