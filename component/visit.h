/* visit.h - a look at a port for servers, with the eyes of one that connects there.
 *
 * Goes as far as TLS and the features behind it, keeps the certificate that is shown, and
 * leaves in order.  Proves nothing of itself, and believes nothing. */
#pragma once

#include "protocol/address.h"
#include "protocol/settings.h"
#include "component/errand.h"

typedef struct
{
  gboolean is_reached; /* something listens there */
  char *tls;           /* "TLS1.3 AES-256-GCM"; NULL where it did not come that far */
  GBytes *certificate; /* DER, the leaf; NULL for none */
  GError *error;       /* what ended it before its time, or NULL */
} EnjVisit;

/* @domain, which is canonical, is the one that is asked for; with @direct_tls it starts with TLS
 * (XEP-0368).  @self is cleared afterwards. */
void enj_visit_make (EnjVisit *self, EnjErrand *errand, EnjSettings *settings,
                     const EnjAddress *address, const char *domain, gboolean direct_tls);
void enj_visit_clear (EnjVisit *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (EnjVisit, enj_visit_clear)
