/* lookout.h - what may be seen of a bridge over HTTP: [metrics] listen.
 *
 * Listens, keeps the samples for the pictures, and gives the page that is asked for: metrics to
 * everybody, all that names others on loopback only (httpd.h). */
#pragma once

#include "component/loop.h"
#include "component/steward.h"

typedef struct EnjLookout EnjLookout;

/* On the addresses of the configuration that @steward has now.  G_FILE_ERROR with what cannot be
 * had. */
EnjLookout *enj_lookout_new (EnjLoop *loop, EnjSteward *steward, GError **error);
void enj_lookout_free (EnjLookout *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjLookout, enj_lookout_free)
