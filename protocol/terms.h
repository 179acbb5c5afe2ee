/* terms.h - on what terms a component may connect to us for one of our domains.
 *
 * Immutable and counted; the secret is wiped with it.  Listens nowhere, compares nothing. */
#pragma once

#include <glib.h>

typedef struct EnjTerms EnjTerms;

/* @ports names the listeners at which it may come, as whoever listens names them.  With
 * @replaces the newest connection has the domain, else the oldest. */
EnjTerms *enj_terms_new (const char *secret, const char *const *ports, gboolean replaces);
EnjTerms *enj_terms_ref (EnjTerms *self);
void enj_terms_unref (EnjTerms *self);

const char *enj_terms_get_secret (const EnjTerms *self);
gboolean enj_terms_has_port (const EnjTerms *self, const char *port);
gboolean enj_terms_replaces (const EnjTerms *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjTerms, enj_terms_unref)
