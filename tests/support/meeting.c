#include "config.h"

#include "tests/support/meeting.h"

static gboolean
carry (EnjTls *from, EnjTls *to)
{
  guint8 buffer[100];
  gsize len;
  const guint8 *data = enj_tls_peek (from, &len);

  if (!data)
    return FALSE;
  enj_tls_feed (to, data, len);
  g_assert_cmpint (enj_tls_read (to, buffer, sizeof buffer, NULL), ==, 0);
  enj_tls_drained (from, len);
  return TRUE;
}

EnjEvidence *
enj_test_meet_new (EnjCredentials *shown, EnjCredentials *ours, EnjTrust *trust)
{
  g_autoptr (EnjTls) client = enj_tls_new_client (shown, "b.example");
  g_autoptr (EnjTls) server = enj_tls_new_server (ours, NULL, NULL);
  guint8 buffer[1];
  gboolean moved;

  g_assert_cmpint (enj_tls_read (client, buffer, 1, NULL), ==, 0);
  do
    {
      moved = carry (client, server);
      moved |= carry (server, client);
    }
  while (moved);
  g_assert_true (enj_tls_is_up (server));
  return enj_evidence_new (server, trust);
}
