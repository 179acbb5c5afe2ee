/* httpd.h - a few pages over HTTP, for whoever may reach the address.
 *
 * Accepts connections itself, few at a time and each for one answer within seconds; others wait
 * for a place, which who asks nothing makes for them.  A turn of the loop makes one page.  What
 * they say is libsoup's business.  GET and HEAD only.
 *
 * Private pages are given on loopback only, and there only to who asks for an address or for
 * localhost: a name may be anybody's, who has it lead here to let a browser fetch them.
 *
 * Knows nothing of what the pages tell. */
#pragma once

#include "component/listener.h"

typedef struct EnjHttpd EnjHttpd;

/* @page is the number of it.  @after is what the query says behind "after=", or "". */
typedef GString *(*EnjHttpdMake) (guint page, const char *after, gpointer data);

typedef struct
{
  const char *path;
  const char *type; /* Content-Type */
  gboolean is_private;
} EnjHttpdPage;

/* FALSE: built without libsoup. */
gboolean enj_httpd_is_built (void);

/* @pages are static, and end with one without a path.  Nothing listens yet.  G_FILE_ERROR as
 * enj_loop_watch(), or where it was not built. */
EnjHttpd *enj_httpd_new (EnjLoop *loop, const EnjHttpdPage *pages, EnjHttpdMake make, gpointer data,
                         GError **error);
void enj_httpd_free (EnjHttpd *self);

/* G_FILE_ERROR as enj_listener_new(). */
gboolean enj_httpd_listen (EnjHttpd *self, const EnjAddress *address, GError **error);

/* Where it listens in truth; the first is 0. */
const EnjAddress *enj_httpd_get_address (const EnjHttpd *self, guint index);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjHttpd, enj_httpd_free)
