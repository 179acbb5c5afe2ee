/* Any bytes as what name servers answer, record by record, and as what becomes of
 * the connections that it leads to: records are read or refused, and whatever a
 * domain says, only public addresses are connected to, and few of them.
 *
 * Each answer is a byte for the kind of answer, one for the number of its records,
 * and for each of them a byte for the length and the data. */
#include "config.h"

#include <string.h>

#include "protocol/deadlines.h"
#include "protocol/dns-answer.h"
#include "protocol/targets.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

#define RECORDS_MAX 64
#define STEPS_MAX 1000

typedef struct
{
  const guint8 *data;
  gsize left;
  EnjTargets *targets;
  EnjTargetsWish wish;
  gboolean secure;
  guint winner;
  gint64 now;
} Play;

static guint8
take_byte (Play *play)
{
  if (play->left == 0)
    return 0;
  play->left--;
  return *play->data++;
}

static const guint8 *
take_record (Play *play, gsize *len)
{
  guint8 wanted = take_byte (play);
  const guint8 *data = play->data;

  *len = MIN (wanted, play->left);
  play->data += *len;
  play->left -= *len;
  return data;
}

static EnjLookupResult
take_result (Play *play)
{
  guint8 byte = take_byte (play);

  play->secure = (byte & 0x80) != 0;
  return enj_dns_answer_judge (byte & 0x0f, (byte & 0x10) != 0, (byte & 0x20) != 0);
}

static void
answer_srv (Play *play)
{
  EnjLookupResult result = take_result (play);
  guint8 count = take_byte (play);
  EnjSrvRecord records[RECORDS_MAX];
  guint n = 0;

  for (guint i = 0; i < count && n < RECORDS_MAX; i++)
    {
      gsize len;
      const guint8 *data = take_record (play, &len);

      if (!enj_dns_answer_parse_srv (data, len, &records[n]))
        continue;
      g_assert_cmpuint (strlen (records[n].target), <=, 253);
      g_assert_cmpuint (strspn (records[n].target, "abcdefghijklmnopqrstuvwxyz0123456789-_."), ==,
                        strlen (records[n].target));
      n++;
    }
  enj_targets_srv (play->targets, play->wish.ticket, result, play->secure, records, n);
  for (guint i = 0; i < n; i++)
    g_free (records[i].target);
}

static void
answer_addresses (Play *play)
{
  EnjLookupResult result = take_result (play);
  guint8 count = take_byte (play);
  EnjAddress addresses[RECORDS_MAX];
  guint n = 0;

  for (guint i = 0; i < count && n < RECORDS_MAX; i++)
    {
      gsize len;
      const guint8 *data = take_record (play, &len);

      n += enj_dns_answer_parse_address (data, len, &addresses[n]);
    }
  enj_targets_addresses (play->targets, play->wish.ticket, result, play->secure, addresses, n);
}

static void
answer_tlsa (Play *play)
{
  EnjLookupResult result = take_result (play);
  guint8 count = take_byte (play);
  EnjTlsaRecord records[RECORDS_MAX];
  guint n = 0;

  for (guint i = 0; i < count && n < RECORDS_MAX; i++)
    {
      gsize len;
      const guint8 *data = take_record (play, &len);

      n += enj_dns_answer_parse_tlsa (data, len, &records[n]);
    }
  enj_targets_tlsa (play->targets, play->wish.ticket, result, play->secure, records, n);
}

static void
connect_to (Play *play)
{
  const EnjTarget *target = play->wish.target;
  guint8 byte = take_byte (play);

  g_assert_false (enj_address_is_private (&target->address));
  g_assert_true (target->address.port >= 1024 || target->address.port == 443);
  g_assert_true (target->is_secure || !target->dane);
  if (byte & 1)
    enj_targets_failed (play->targets, play->wish.ticket, "refused");
  else if (byte & 2)
    {
      enj_targets_connected (play->targets, play->wish.ticket);
      play->winner = play->wish.ticket;
    }
}

/* FALSE at the end. */
static gboolean
step (Play *play)
{
  if (!enj_targets_next (play->targets, &play->wish, play->now))
    {
      gint64 due = enj_targets_deadline (play->targets);

      /* Attempts that hang, and what has connected and is of no use. */
      if (due == ENJ_NEVER && play->winner == 0)
        return FALSE;
      if (due == ENJ_NEVER)
        enj_targets_failed (play->targets, play->winner, "no TLS");
      play->winner = due == ENJ_NEVER ? 0 : play->winner;
      play->now = due == ENJ_NEVER ? play->now : MAX (play->now, due);
      return TRUE;
    }

  g_assert_cmpuint (play->wish.ticket, !=, 0);
  switch (play->wish.type)
    {
    case ENJ_TARGETS_LOOKUP_SRV:
      answer_srv (play);
      return TRUE;
    case ENJ_TARGETS_LOOKUP_ADDRESSES:
      answer_addresses (play);
      return TRUE;
    case ENJ_TARGETS_LOOKUP_TLSA:
      g_assert_cmpuint (strlen (play->wish.name), <=, 253);
      answer_tlsa (play);
      return TRUE;
    case ENJ_TARGETS_CONNECT:
      connect_to (play);
      return TRUE;
    case ENJ_TARGETS_GIVE_UP:
      g_assert_nonnull (play->wish.error);
      return FALSE;
    }
  g_assert_not_reached ();
}

/* Takes @targets. */
static void
look_for (EnjTargets *targets, const guint8 *data, gsize size)
{
  Play play = { .targets = targets, .data = data, .left = size, .now = G_TIME_SPAN_HOUR };
  guint steps = 0;

  while (step (&play))
    g_assert_cmpuint (++steps, <, STEPS_MAX);
  enj_targets_free (targets);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  EnjTarget from = { .host = (char *) "host.remote.example" };

  g_assert_true (enj_address_parse (&from.address, "192.0.2.7", 5269));
  look_for (enj_targets_new ("remote.example", NULL, 0, FALSE, FALSE), data, size);
  look_for (enj_targets_new_moved ("remote.example", "other.example", 0, &from, FALSE), data, size);
  look_for (enj_targets_new_moved ("remote.example", "other.example", 5270, &from, FALSE), data,
            size);
  look_for (enj_targets_new_moved ("remote.example", "remote.example", 5270, &from, FALSE), data,
            size);
  look_for (enj_targets_new_moved ("remote.example", "2001:db8::7", 5270, &from, FALSE), data,
            size);
  return 0;
}
