/* What new streams cost, and idle ones hold, against GnuTLS alone in the same run.
 *
 *   bench-streams                   CPU time of a handshake, bytes of an idle stream
 *   bench-streams gnutls|streams N  N handshakes, for a profiler
 *
 * Both ends are in memory, TLS 1.3 with P-256 certificates on both sides, each of which the other
 * checks.  A stream begins in clear, STARTTLS and EXTERNAL follow: three headers. */
#include "config.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "protocol/inbound.h"
#include "protocol/log.h"
#include "protocol/outbound.h"
#include "protocol/wall.h"
#include "tests/support/authority.h"
#include "tests/support/quiet.h"

#define HERE "bridge.example"
#define THERE "there.example"
#define ROUNDS 501
#define IDLE 1000
#define QUIET (60 * G_USEC_PER_SEC)

/* The algorithms of protocol/tls.c, but for what no handshake here comes to. */
#define PRIORITY                                             \
  "SECURE128:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-X25519" \
  ":-CIPHER-ALL:+AES-256-GCM"

typedef struct
{
  EnjSettings *here;
  EnjSettings *there;
  gnutls_certificate_credentials_t server;
  gnutls_certificate_credentials_t client;
  gnutls_priority_t priority;
  EnjCounters counters;
} Bench;

static Bench bench;

/* ---- GnuTLS alone --------------------------------------------------------------- */

typedef struct
{
  gnutls_session_t session;
  EnjBytes in;
  EnjBytes *out;
} End;

typedef struct
{
  End client;
  End server;
} Bare;

static ssize_t
pull (gnutls_transport_ptr_t data, void *buffer, size_t size)
{
  End *self = data;
  gsize len;
  const guint8 *bytes = enj_bytes_peek (&self->in, &len);

  len = MIN (len, size);
  if (len == 0)
    {
      gnutls_transport_set_errno (self->session, EAGAIN);
      return -1;
    }
  memcpy (buffer, bytes, len);
  enj_bytes_drained (&self->in, len);
  return (ssize_t) len;
}

static ssize_t
push (gnutls_transport_ptr_t data, const void *buffer, size_t size)
{
  g_assert_true (enj_bytes_append (((End *) data)->out, buffer, size));
  return (ssize_t) size;
}

static void
end_init (End *self, End *other, unsigned flags, gnutls_certificate_credentials_t credentials,
          const char *peer)
{
  gnutls_init (&self->session, flags | GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS);
  enj_bytes_init (&self->in, 1 << 20);
  self->out = &other->in;
  gnutls_transport_set_ptr (self->session, self);
  gnutls_transport_set_pull_function (self->session, pull);
  gnutls_transport_set_push_function (self->session, push);
  gnutls_priority_set (self->session, bench.priority);
  gnutls_credentials_set (self->session, GNUTLS_CRD_CERTIFICATE, credentials);
  gnutls_session_set_verify_cert (self->session, peer, 0);
  if (flags & GNUTLS_SERVER)
    gnutls_certificate_server_set_request (self->session, GNUTLS_CERT_REQUIRE);
}

static gpointer
bare_new (void)
{
  Bare *self = g_new0 (Bare, 1);
  int client = -1;
  int server = -1;
  char byte;

  end_init (&self->client, &self->server, GNUTLS_CLIENT, bench.client, HERE);
  end_init (&self->server, &self->client, GNUTLS_SERVER, bench.server, THERE);
  while (client < 0 || server < 0)
    {
      client = client < 0 ? gnutls_handshake (self->client.session) : client;
      server = server < 0 ? gnutls_handshake (self->server.session) : server;
      g_assert_false (client < 0 && gnutls_error_is_fatal (client));
      g_assert_false (server < 0 && gnutls_error_is_fatal (server));
    }
  /* Some messages of TLS 1.3 come behind the handshake. */
  g_assert_cmpint (gnutls_record_recv (self->client.session, &byte, 1), ==, GNUTLS_E_AGAIN);
  return self;
}

static void
bare_free_client (gpointer data)
{
  gnutls_deinit (((Bare *) data)->client.session);
}

static void
bare_free_rest (gpointer data)
{
  gnutls_deinit (((Bare *) data)->server.session);
  g_free (data);
}

/* ---- Streams ---------------------------------------------------------------------- */

typedef struct
{
  EnjOutbound *outbound;
  EnjInbound *inbound;
  gint64 now;
} Pair;

static void
ignore_wake (gpointer data)
{
  g_assert_nonnull (data);
}

static gboolean
carry (EnjSession *from, EnjSession *to, gint64 now)
{
  gsize len;
  const guint8 *data = enj_session_peek (from, &len);

  if (len == 0)
    return FALSE;
  enj_session_feed (to, data, len, now);
  enj_session_drained (from, len, now);
  return TRUE;
}

static void
shuffle (Pair *self)
{
  EnjSession *out = enj_outbound_get_session (self->outbound);
  EnjSession *in = enj_inbound_get_session (self->inbound);

  while (carry (out, in, self->now) || carry (in, out, self->now))
    ;
}

static gpointer
pair_new (void)
{
  const EnjWake wake = { ignore_wake, &bench };
  Pair *self = g_new0 (Pair, 1);
  EnjNews news = { 0 };

  self->outbound = enj_outbound_new (THERE, HERE, NULL, bench.there, &bench.counters, wake, 0);
  self->inbound = enj_inbound_new (FALSE, bench.here, &bench.counters, wake, 0);
  shuffle (self);
  while (enj_lane_next (enj_outbound_get_lane (self->outbound), &news))
    enj_news_clear (&news);
  while (enj_lane_next (enj_inbound_get_lane (self->inbound), &news))
    enj_news_clear (&news);
  enj_outbound_authorise (self->outbound, THERE, HERE, 0);
  shuffle (self);
  g_assert_true (enj_outbound_is_up (self->outbound, THERE, HERE));
  g_assert_true (enj_inbound_has_pair (self->inbound, HERE, THERE));
  return self;
}

static void
pass_time (EnjSession *session, gint64 end)
{
  while (enj_session_deadline (session) <= end)
    enj_session_tick (session, enj_session_deadline (session));
}

static void
pair_be_quiet (gpointer data)
{
  Pair *self = data;

  pass_time (enj_outbound_get_session (self->outbound), QUIET);
  pass_time (enj_inbound_get_session (self->inbound), QUIET);
  self->now = QUIET;
  shuffle (self);
}

static void
pair_free_client (gpointer data)
{
  enj_outbound_free (((Pair *) data)->outbound);
}

static void
pair_free_rest (gpointer data)
{
  enj_inbound_free (((Pair *) data)->inbound);
  g_free (data);
}

/* ---- What is measured ----------------------------------------------------------------- */

static const struct
{
  gpointer (*create) (void);
  void (*be_quiet) (gpointer data);
  void (*free_client) (gpointer data);
  void (*free_rest) (gpointer data);
} kinds[] = {
  { bare_new, NULL, bare_free_client, bare_free_rest },
  { pair_new, pair_be_quiet, pair_free_client, pair_free_rest },
};

static void
shake_hands (guint kind, guint n)
{
  for (; n > 0; n--)
    {
      gpointer both = kinds[kind].create ();

      kinds[kind].free_client (both);
      kinds[kind].free_rest (both);
    }
}

static gint64
cpu_time (void)
{
  struct timespec time;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &time);
  return (gint64) time.tv_sec * 1000000000 + time.tv_nsec;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  const gint64 *left = a;
  const gint64 *right = b;

  return (*left > *right) - (*left < *right);
}

static double
find_median (gint64 *values)
{
  qsort (values, ROUNDS, sizeof *values, compare);
  return (double) values[ROUNDS / 2];
}

/* By turns, and one against the other of the same turn, so that whatever else the machine does
 * hits both alike: under load a processor has two speeds. */
static void
measure_time (void)
{
  gint64 times[G_N_ELEMENTS (kinds)][ROUNDS];
  gint64 thousandths[ROUNDS];
  double median[G_N_ELEMENTS (kinds)];

  for (guint i = 0; i < ROUNDS; i++)
    {
      for (guint kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
        {
          gint64 start = cpu_time ();

          shake_hands (kind, 1);
          times[kind][i] = cpu_time () - start;
        }
      thousandths[i] = times[1][i] * 1000 / times[0][i];
    }

  for (guint kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    median[kind] = find_median (times[kind]) / 1000;
  printf ("handshakes, both ends: GnuTLS alone %.0f us, a stream with EXTERNAL %.0f us, "
          "ratio %.2f\n",
          median[0], median[1], find_median (thousandths) / 1000);
}

static double
bytes_in_use (void)
{
  struct mallinfo2 info = mallinfo2 ();

  return (double) (info.uordblks + info.hblkhd);
}

/* One end at a time goes, and what it held is what there is less afterwards. */
static void
measure_end (gpointer *all, void (*free_end) (gpointer data), double *bytes)
{
  double before = bytes_in_use ();

  for (guint i = 0; i < IDLE; i++)
    free_end (all[i]);
  *bytes = (before - bytes_in_use ()) / IDLE;
}

static void
measure_memory (void)
{
  double client[G_N_ELEMENTS (kinds)];
  double server[G_N_ELEMENTS (kinds)];

  for (guint kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    {
      g_autofree gpointer *all = g_new (gpointer, IDLE);

      for (guint i = 0; i < IDLE; i++)
        {
          all[i] = kinds[kind].create ();
          if (kinds[kind].be_quiet)
            kinds[kind].be_quiet (all[i]);
        }
      measure_end (all, kinds[kind].free_client, &client[kind]);
      measure_end (all, kinds[kind].free_rest, &server[kind]);
    }
  printf ("idle streams: GnuTLS alone %.0f bytes a client, %.0f a server; "
          "outbound %.0f, inbound %.0f; ratios %.2f, %.2f\n",
          client[0], server[0], client[1], server[1], client[1] / client[0],
          server[1] / server[0]);
}

/* ---- Settings ---------------------------------------------------------------------------- */

static EnjSettings *
settings_new (EnjTestAuthority *authority, const char *domain, const char *cert, const char *key)
{
  const EnjPeerPolicy fallback = { .allow = TRUE, .encryption = ENJ_ENCRYPTION_REQUIRED };
  const EnjLimits limits = enj_limits_default ();
  g_autoptr (EnjRealm) realm = enj_realm_new ();
  g_autoptr (EnjPolicy) policy = enj_policy_new (&fallback);
  g_autoptr (EnjDialbackKey) dialback_key = enj_dialback_key_new_random ();
  g_autoptr (EnjCredentials) credentials = enj_credentials_new (cert, key, NULL);
  g_autoptr (EnjTrust) trust = enj_test_authority_trust_new (authority);
  EnjSettings *settings;

  enj_realm_add_component (realm, domain, TRUE);
  settings = enj_settings_new (realm, policy, dialback_key, &limits, TRUE, FALSE);
  enj_settings_add_credentials (settings, domain, credentials);
  enj_settings_set_trust (settings, trust);
  return settings;
}

static void
side_init (EnjTestAuthority *authority, const char *domain, EnjSettings **settings,
           gnutls_certificate_credentials_t *credentials)
{
  g_autofree char *names = g_strdup_printf ("dns:%s", domain);
  const EnjTestLeaf leaf = { .names = names };
  const char *root = enj_test_authority_get_pem (authority);
  const gnutls_datum_t anchor = { (guint8 *) root, (unsigned) strlen (root) };
  g_autofree char *cert = NULL;
  g_autofree char *key = NULL;

  enj_test_authority_issue_pem (authority, &leaf, &cert, &key);
  *settings = settings_new (authority, domain, cert, key);
  gnutls_certificate_allocate_credentials (credentials);
  gnutls_certificate_set_x509_key_mem (
    *credentials, &(gnutls_datum_t){ (guint8 *) cert, (unsigned) strlen (cert) },
    &(gnutls_datum_t){ (guint8 *) key, (unsigned) strlen (key) }, GNUTLS_X509_FMT_PEM);
  gnutls_certificate_set_x509_trust_mem (*credentials, &anchor, GNUTLS_X509_FMT_PEM);
}

int
main (int argc, char **argv)
{
  g_autoptr (EnjTestAuthority) authority = NULL;

  enj_test_be_quiet ();
  enj_log_set_lowest (G_LOG_LEVEL_MESSAGE); /* the default of [log] level */
  enj_wall_set (enj_test_wall);
  authority = enj_test_authority_new ("root", NULL);
  side_init (authority, HERE, &bench.here, &bench.server);
  side_init (authority, THERE, &bench.there, &bench.client);
  gnutls_priority_init (&bench.priority, PRIORITY, NULL);

  if (argc == 3)
    {
      shake_hands (strcmp (argv[1], "streams") == 0, (guint) atoi (argv[2]));
    }
  else
    {
      measure_time ();
      measure_memory ();
    }

  gnutls_priority_deinit (bench.priority);
  gnutls_certificate_free_credentials (bench.server);
  gnutls_certificate_free_credentials (bench.client);
  enj_settings_unref (bench.here);
  enj_settings_unref (bench.there);
  return 0;
}
