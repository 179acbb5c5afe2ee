#include "config.h"

#include "tests/support/hunt.h"

#include <string.h>

#include "protocol/deadlines.h"

#define PLAIN "_xmpp-server._tcp.remote.example"
#define DIRECT "_xmpps-server._tcp.remote.example"

void
enj_test_hunt_start_at (EnjTestHunt *self, const char *host, guint16 port, gboolean direct_tls,
                        gboolean allow_private)
{
  *self = (EnjTestHunt){ .now = G_TIME_SPAN_HOUR };
  self->targets = enj_targets_new ("remote.example", host, port, direct_tls, allow_private);
}

void
enj_test_hunt_stop (EnjTestHunt *self)
{
  g_clear_pointer (&self->targets, enj_targets_free);
}

void
enj_test_hunt_asks (EnjTestHunt *self, EnjTargetsWishType type, const char *name)
{
  g_assert_true (enj_targets_next (self->targets, &self->wish, self->now));
  g_assert_cmpint (self->wish.type, ==, type);
  g_assert_cmpstr (self->wish.name, ==, name);
  g_assert_cmpuint (self->wish.ticket, !=, 0);
}

void
enj_test_hunt_quiet (EnjTestHunt *self)
{
  EnjTargetsWish wish;

  g_assert_false (enj_targets_next (self->targets, &wish, self->now));
}

void
enj_test_hunt_start (EnjTestHunt *self, gboolean allow_private)
{
  enj_test_hunt_start_at (self, NULL, 0, FALSE, allow_private);
  enj_test_hunt_asks (self, ENJ_TARGETS_LOOKUP_SRV, PLAIN);
  self->plain = self->wish.ticket;
  enj_test_hunt_asks (self, ENJ_TARGETS_LOOKUP_SRV, DIRECT);
  self->direct = self->wish.ticket;
  enj_test_hunt_quiet (self);
}

guint
enj_test_hunt_connects (EnjTestHunt *self, const char *address, gboolean direct_tls)
{
  char text[ENJ_ADDRESS_STRING];

  g_assert_true (enj_targets_next (self->targets, &self->wish, self->now));
  g_assert_cmpint (self->wish.type, ==, ENJ_TARGETS_CONNECT);
  g_assert_cmpstr (enj_address_format (&self->wish.target->address, text), ==, address);
  g_assert_cmpint (self->wish.target->direct_tls, ==, direct_tls);
  return self->wish.ticket;
}

void
enj_test_hunt_fails_at (EnjTestHunt *self, const char *address, gboolean direct_tls)
{
  enj_targets_failed (self->targets, enj_test_hunt_connects (self, address, direct_tls), "refused");
}

void
enj_test_hunt_gives_up (EnjTestHunt *self, EnjStanzaCondition condition, gboolean is_final)
{
  g_assert_true (enj_targets_next (self->targets, &self->wish, self->now));
  g_assert_cmpint (self->wish.type, ==, ENJ_TARGETS_GIVE_UP);
  g_assert_error (self->wish.error, ENJ_STANZA_ERROR, (gint) condition);
  g_assert_null (strstr (self->wish.error->message, "remote.example"));
  g_assert_cmpint (self->wish.is_final, ==, is_final);
  enj_test_hunt_quiet (self);
  g_assert_cmpint (enj_targets_deadline (self->targets), ==, ENJ_NEVER);
}

void
enj_test_hunt_srv (EnjTestHunt *self, guint ticket, gboolean secure, const char *const *lines)
{
  EnjSrvRecord records[32] = { 0 };
  guint n = 0;

  for (; lines[n]; n++)
    {
      g_auto (GStrv) words = g_strsplit (lines[n], " ", 4);

      records[n].priority = (guint16) g_ascii_strtoull (words[0], NULL, 10);
      records[n].weight = (guint16) g_ascii_strtoull (words[1], NULL, 10);
      records[n].port = (guint16) g_ascii_strtoull (words[2], NULL, 10);
      records[n].target = g_strdup (strcmp (words[3], ".") == 0 ? "" : words[3]);
    }

  enj_targets_srv (self->targets, ticket, n > 0 ? ENJ_LOOKUP_FOUND : ENJ_LOOKUP_NO_NAME, secure,
                   records, n);
  for (guint i = 0; i < n; i++)
    g_free (records[i].target);
}

void
enj_test_hunt_addresses (EnjTestHunt *self, gboolean secure, const char *const *texts)
{
  EnjAddress addresses[64];
  guint n = 0;

  for (; texts[n]; n++)
    g_assert_true (enj_address_parse (&addresses[n], texts[n], 0));
  enj_targets_addresses (self->targets, self->wish.ticket,
                         n > 0 ? ENJ_LOOKUP_FOUND : ENJ_LOOKUP_NO_DATA, secure, addresses, n);
}

void
enj_test_hunt_skip_srv (EnjTestHunt *self)
{
  enj_test_hunt_start (self, FALSE);
  enj_targets_srv (self->targets, self->plain, ENJ_LOOKUP_NO_NAME, FALSE, NULL, 0);
  enj_targets_srv (self->targets, self->direct, ENJ_LOOKUP_NO_DATA, FALSE, NULL, 0);
}

void
enj_test_hunt_tlsa (EnjTestHunt *self, EnjLookupResult result, gboolean secure,
                    const char *record)
{
  guint8 bytes[64];
  const EnjTlsaRecord parsed = { bytes, strlen (record) / 2 };

  g_assert_cmpuint (parsed.len, <=, sizeof bytes);
  for (gsize i = 0; i < parsed.len; i++)
    bytes[i] = (guint8) (g_ascii_xdigit_value (record[2 * i]) << 4
                         | g_ascii_xdigit_value (record[2 * i + 1]));
  enj_targets_tlsa (self->targets, self->wish.ticket, result, secure, &parsed,
                    parsed.len > 0 ? 1 : 0);
}
