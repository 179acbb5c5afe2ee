#include "config.h"

#include "component/reach.h"

#include "component/dialer.h"

#define ADDRESSES_MAX 8

/* Beyond what the resolver and the dialer give themselves. */
#define PATIENCE 60

typedef struct
{
  gboolean is_done;
  EnjAddress list[ADDRESSES_MAX];
  guint n;
} Addresses;

typedef struct
{
  gboolean is_done;
  int fd;
  GError **error;
} Attempt;

static void
note_end (int fd, const char *why, gpointer data)
{
  Attempt *attempt = data;

  attempt->is_done = TRUE;
  attempt->fd = fd;
  if (fd < 0)
    g_set_error_literal (attempt->error, G_FILE_ERROR, G_FILE_ERROR_FAILED, why);
}

int
enj_reach_dial (EnjErrand *errand, const EnjAddress *address, guint64 timeout, GError **error)
{
  Attempt attempt = { .fd = -1, .error = error };
  EnjDialer *dialer = enj_dialer_new (enj_errand_get_loop (errand), address, NULL, timeout,
                                      note_end, &attempt);

  /* The dialer always comes to an end of its own. */
  if (!enj_errand_wait (errand, &attempt.is_done, (guint) timeout + PATIENCE))
    g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "no answer in time");
  enj_dialer_free (dialer);
  return attempt.fd;
}

static void
note_addresses (EnjLookupResult result, gboolean secure, const EnjAddress *addresses, guint n,
                gpointer data)
{
  Addresses *found = data;

  (void) secure; /* The operator has named the host. */
  found->is_done = TRUE;
  if (result != ENJ_LOOKUP_FOUND)
    return;
  found->n = MIN (n, ADDRESSES_MAX);
  for (guint i = 0; i < found->n; i++)
    found->list[i] = addresses[i];
}

static void
look_up (Addresses *found, EnjErrand *errand, EnjResolver *resolver, const char *host)
{
  guint64 id;

  found->n = 0;
  if (enj_address_parse (&found->list[0], host, 0))
    {
      found->n = 1;
      return;
    }
  found->is_done = FALSE;
  id = enj_resolver_addresses (resolver, host, NULL, note_addresses, found);
  (void) enj_errand_wait (errand, &found->is_done, PATIENCE); /* Or there is no address. */
  enj_resolver_cancel (resolver, id);
}

int
enj_reach_connect (EnjErrand *errand, EnjResolver *resolver, const char *host, guint16 port,
                   guint64 timeout, GError **error)
{
  Addresses addresses;
  int fd = -1;

  look_up (&addresses, errand, resolver, host);
  if (addresses.n == 0)
    g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "its name has no address");
  for (guint i = 0; i < addresses.n && fd < 0; i++)
    {
      g_clear_error (error);
      addresses.list[i].port = port;
      fd = enj_reach_dial (errand, &addresses.list[i], timeout, error);
    }
  return fd;
}
