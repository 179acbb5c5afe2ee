#include "config.h"

#include "protocol/tls.h"

#include <errno.h>
#include <string.h>

#include "protocol/bytes.h"
#include "tests/support/authority.h"

/* RSA of 2048 bits, whose exponent has 72: good, and slower than one of 17. */
static const char slow_key[]
  = "-----BEGIN RSA PRIVATE KEY-----\n"
    "MIIEqQIBAAKCAQEArBvc0IiCMOKCp+4oRjpaylhfCEVFMDmN5o/si7MhPd51FY7/\n"
    "BWxkjsC1c0NFAI7Hq2plQOEtV68K5wfISxJE/H+j+UpSUz+N7y8SsWbHDBt2cZC1\n"
    "SOoUcCDh4m8TfYxTuTHbkYW+kW3d3nvWzXZROLh/BR0sjhzXImYEYWG3WUIU6dlZ\n"
    "VOwwgto/oRHog6bvu/uocuac992O/xgzJaKQ5sD1EdUpbW2lnDNW/IiSnDlLQcao\n"
    "5CGtodY3/CtYYy1ZgQD/GjP17dBScTcKBf88yXywhXxpgMcUyw2X1vW2KM7G3hsb\n"
    "dV3XC4/Os9Gw2MaKl1n2SLcDupkCVPWXqdtWNQIKAIAAAAAAAAAACwKCAQANL3FK\n"
    "BG5bCKfWFM42zXKgZj5foncdI/i8VPIY+YxzZ5aNXuhdCj3ZC8HRjI20RpCQWQN6\n"
    "WKpgEmDvexacWkbuMnAbNq0y0z/qMjCRdMCZH5S5uxCxQdfDNiq97xGjomQ7KzCv\n"
    "eM0RIUKDStkd5nUwOW8IA9euLdVYzcp7VXQed3sQ/ybIkO+fpJzY8IJ40ldM3E36\n"
    "ao7wuIQEjuXRtVWq5zo8JIXNPnnzxdXJXhwxabQNQw55vT+SiXmttxUtn4EH0mFd\n"
    "eKXYBh2Rf8n7oAc7BySssZ7VbsBvvC45wp0CABqFJIiJ111KbLPt6LdUzpOo65D1\n"
    "uLCyjOmIFtrMrJ/vAoGBANXqMmq6X/4LcHKSckCTx5dz/t06AtrsegINPH5u5ffQ\n"
    "wAbRZ3+ofBSXKtDtwTVcDCWk5JfcR+ZnJR85AO9M3a8aeF5x5Y/aQcMcBgs+M04M\n"
    "+O3S/tQeRO9MYGbmRhUnQn9GpDhWFoxrweHLprcCCfgwGvidt3OJkYjkaIyvh853\n"
    "AoGBAM34HDL+cY0CozHBSri1bShbhMeb2GuSyncE3t9Vj0I7+sEf/55BLXJNKnj2\n"
    "aapdb2RMXVGhUJGXt/PhDL1tY8Ae29GhiaZrCikxildipg7ADrqjjMmemwjKkElY\n"
    "AmYlsWzEEFVevLXU504qn33BfZylL+CCQQeoi0TYLBmv2w+zAoGAYXO6bLdMYXqT\n"
    "Pd+IFmPhKu274aKgdKnbFvP7HsvBVPlrK5gHpMQwb6tPTaKOeaY4dcQzSWTCaEUt\n"
    "Zkx5NZxz10zKCexTjYwWJked4jufh5sIxuSDjsCgSkSAdeDqz+b/QB9nL1qiG27H\n"
    "bd8aUpg9QSzM5FINE9TT8MiIC4Vx46cCgYAxrBS18wi1XdsitIUUPRwdRmYMfYxY\n"
    "UpRifXeLJZnI5fnkvGM5WvobqVfMa5BIU3rhD7vit22E481WUxDBNyZAWZQpIzQK\n"
    "hri7mrwcJccA0ZWFuYaWgG7Onr4ql3jL19+IQGMAFPPPPnXCdEt57HyMxHwYIE/u\n"
    "GnTZgRoaOUq8hQKBgFXBx5Cm7P2V0xwbCtJmnQhKwtL7XABlIh8yTM+gbggWjx1d\n"
    "CBhV6cDYvjODim7FCPjzXyzhF9+d54198/Lyzm5OfBv+AtWtOcjdru61Ho29HA5V\n"
    "6KkkBvIBZVPUam7qCoUq226Jy81xPYHJ5qwlN4dvdkyTJnDiqAuzISJuD9j5\n"
    "-----END RSA PRIVATE KEY-----\n";

/* GnuTLS as anybody else uses it, with a certificate for whoever asks. */
typedef struct
{
  gnutls_session_t gnutls;
  EnjTls *tls; /* the other side */
  EnjBytes in;
  EnjBytes out;
} Peer;

static ssize_t
pull (gnutls_transport_ptr_t data, void *buffer, size_t size)
{
  Peer *peer = data;
  gsize len;
  const guint8 *bytes = enj_bytes_peek (&peer->in, &len);

  if (!bytes)
    {
      gnutls_transport_set_errno (peer->gnutls, EAGAIN);
      return -1;
    }
  len = MIN (len, size);
  memcpy (buffer, bytes, len);
  enj_bytes_drained (&peer->in, len);
  return (ssize_t) len;
}

static ssize_t
push (gnutls_transport_ptr_t data, const void *buffer, size_t size)
{
  Peer *peer = data;

  g_assert_true (enj_bytes_append (&peer->out, buffer, size));
  return (ssize_t) size;
}

static void
peer_init (Peer *peer, EnjTls *tls, unsigned role, EnjCredentials *own, const char *priority)
{
  *peer = (Peer){ .tls = tls };
  enj_bytes_init (&peer->in, 1000000);
  enj_bytes_init (&peer->out, 1000000);
  g_assert_cmpint (gnutls_init (&peer->gnutls, role | GNUTLS_NONBLOCK | GNUTLS_FORCE_CLIENT_CERT),
                   ==, 0);
  gnutls_credentials_set (peer->gnutls, GNUTLS_CRD_CERTIFICATE, enj_credentials_get (own));
  g_assert_cmpint (gnutls_priority_set_direct (peer->gnutls, priority, NULL), ==, 0);
  gnutls_transport_set_ptr (peer->gnutls, peer);
  gnutls_transport_set_pull_function (peer->gnutls, pull);
  gnutls_transport_set_push_function (peer->gnutls, push);
}

static void
peer_clear (Peer *peer)
{
  gnutls_deinit (peer->gnutls);
  enj_bytes_clear (&peer->in);
  enj_bytes_clear (&peer->out);
}

/* FALSE: our side has ended it, with @error. */
static gboolean
exchange (Peer *peer, GError **error)
{
  guint8 buffer[1000];
  gsize len;
  const guint8 *data = enj_bytes_peek (&peer->out, &len);
  gssize n;

  enj_tls_feed (peer->tls, data, len);
  do
    n = enj_tls_read (peer->tls, buffer, sizeof buffer, error);
  while (n > 0);
  enj_bytes_drained (&peer->out, len);
  data = enj_tls_peek (peer->tls, &len);
  g_assert_true (enj_bytes_append (&peer->in, data, len));
  enj_tls_drained (peer->tls, len);
  return n == 0;
}

static gboolean
shake_hands (Peer *peer, GError **error)
{
  gboolean is_up = FALSE;

  for (guint i = 0; i < 10; i++)
    {
      /* Once more would be a renegotiation. */
      is_up = is_up || gnutls_handshake (peer->gnutls) == GNUTLS_E_SUCCESS;
      if (!exchange (peer, error))
        return FALSE;
    }
  return is_up && enj_tls_is_up (peer->tls);
}

/* Whichever side it is, and in both versions, a peer's key is not computed with before we know
 * that this takes no time of its choice. */
static void
test_slow_keys (void)
{
  static const struct
  {
    unsigned role; /* the peer's */
    const char *key;
    const char *priority;
  } cases[] = {
    { GNUTLS_CLIENT, slow_key, "NORMAL:-VERS-ALL:+VERS-TLS1.3" },
    { GNUTLS_CLIENT, slow_key, "NORMAL:-VERS-ALL:+VERS-TLS1.2" },
    { GNUTLS_SERVER, slow_key, "NORMAL:-VERS-ALL:+VERS-TLS1.3" },
    { GNUTLS_SERVER, slow_key, "NORMAL:-VERS-ALL:+VERS-TLS1.2" },
    { GNUTLS_CLIENT, NULL, "NORMAL:-VERS-ALL:+VERS-TLS1.2" },
    { GNUTLS_SERVER, NULL, "NORMAL:-VERS-ALL:+VERS-TLS1.2" },
  };
  g_autoptr (EnjCredentials) ours
    = enj_credentials_new_self_signed ("a.example", ENJ_TEST_WALL, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const EnjTestLeaf leaf = { .names = "dns:b.example", .key = cases[i].key };
      g_autoptr (EnjCredentials) theirs = enj_test_authority_issue (NULL, &leaf);
      g_autoptr (EnjTls) tls = cases[i].role == GNUTLS_CLIENT
                                 ? enj_tls_new_server (ours, NULL, NULL)
                                 : enj_tls_new_client (ours, "b.example");
      g_autoptr (GError) error = NULL;
      Peer peer;

      g_test_message ("%u %s", cases[i].role, cases[i].priority);
      peer_init (&peer, tls, cases[i].role, theirs, cases[i].priority);
      g_assert_cmpint (shake_hands (&peer, &error), ==, cases[i].key == NULL);
      if (cases[i].key)
        g_assert_true (error && strstr (error->message, "certificate"));
      peer_clear (&peer);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tls/keys-that-take-long-end-the-handshake", test_slow_keys);
  return g_test_run ();
}
