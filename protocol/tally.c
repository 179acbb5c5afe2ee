#include "config.h"

#include "protocol/tally.h"

static const char *const drops[ENJ_TALLY_N_DROPS] = {
#define X(name, word) [ENJ_TALLY_DROP_##name] = word,
  ENJ_TALLY_DROPS (X)
#undef X
};

static const char *const encryptions[ENJ_TALLY_N_ENCRYPTIONS] = {
#define X(name, word) [ENJ_TALLY_ENCRYPTION_##name] = word,
  ENJ_TALLY_ENCRYPTIONS (X)
#undef X
};

void
enj_tally_note_up (EnjTallyStreams *self, const char *version, guint proof, gboolean has_bidi)
{
  guint which = ENJ_TALLY_ENCRYPTION_NONE;

  g_return_if_fail (proof < ENJ_TALLY_N_PROOFS);

  for (guint i = 0; version && i < ENJ_TALLY_N_ENCRYPTIONS; i++)
    if (g_str_equal (version, encryptions[i]))
      which = i;
  self->encryptions[which]++;
  self->proofs[proof]++;
  self->bidi += has_bidi != FALSE;
}

void
enj_tally_note_end (EnjTally *self, const GError *reason)
{
  if (!reason)
    self->closed++;
  else if (reason->domain == ENJ_STREAM_ERROR && reason->code < ENJ_TALLY_N_FAILURES)
    self->failures[reason->code]++;
  else
    self->failures[ENJ_STREAM_DISCONNECTED]++;
}

const char *
enj_tally_format_drop (EnjTallyDrop drop)
{
  return drops[drop];
}

const char *
enj_tally_format_encryption (EnjTallyEncryption encryption)
{
  return encryptions[encryption];
}
