#include "config.h"

#include "protocol/calls.h"

/* The peers choose the names. */
#define SHUNNED_MAX 1024

struct EnjCalls
{
  EnjCallCommon common;
  GHashTable *by_id;      /* to EnjCall, owned */
  GHashTable *by_remote;  /* domain to GPtrArray of EnjCall */
  GHashTable *by_address; /* as text, to GPtrArray of EnjCall that have a stream there */
  guint64 last_id;
};

EnjCalls *
enj_calls_new (EnjSettings *settings, EnjCounters *counters, EnjWake wake)
{
  EnjCalls *self = g_new0 (EnjCalls, 1);

  self->common.settings = enj_settings_ref (settings);
  self->common.counters = counters;
  self->common.wake = wake;
  self->common.forbidden = g_array_new (FALSE, FALSE, sizeof (EnjAddress));
  self->common.berths = enj_berths_new (&settings->limits, wake);
  self->common.berthed
    = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) enj_berth_free);
  self->common.dying
    = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) enj_outbound_free);
  self->common.shunned = enj_memory_new (SHUNNED_MAX, g_free);
  self->common.history = enj_history_new ();
  self->by_id = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL,
                                       (GDestroyNotify) enj_call_free);
  self->by_remote
    = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  self->by_address
    = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  return self;
}

void
enj_calls_free (EnjCalls *self)
{
  if (!self)
    return;
  self->common.wake = (EnjWake){ 0 };
  g_queue_clear (&self->common.dirty);
  g_hash_table_unref (self->by_remote);
  g_hash_table_unref (self->by_address);
  g_hash_table_unref (self->by_id);
  g_hash_table_unref (self->common.dying);
  g_hash_table_unref (self->common.berthed);
  enj_berths_free (self->common.berths);
  g_array_unref (self->common.forbidden);
  enj_memory_free (self->common.shunned);
  enj_history_free (self->common.history);
  enj_settings_unref (self->common.settings);
  g_free (self);
}

void
enj_calls_set_settings (EnjCalls *self, EnjSettings *settings, gint64 now)
{
  GHashTableIter iter;
  gpointer call;

  enj_settings_unref (self->common.settings);
  self->common.settings = enj_settings_ref (settings);
  enj_berths_set_limits (self->common.berths, &settings->limits);
  enj_memory_forget_all (self->common.shunned); /* We may have another certificate. */
  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, &call))
    enj_call_set_settings (call, settings, now);
}

void
enj_calls_forbid (EnjCalls *self, const EnjAddress *address)
{
  GArray *forbidden = self->common.forbidden;

  for (guint i = 0; i < forbidden->len; i++)
    if (enj_address_equal (&g_array_index (forbidden, EnjAddress, i), address))
      return;
  g_array_append_val (forbidden, *address);
}

/* ---- Tables ---------------------------------------------------------------- */

static void
enlist (GHashTable *table, const char *key, EnjCall *call)
{
  GPtrArray *calls = g_hash_table_lookup (table, key);

  if (!calls)
    {
      calls = g_ptr_array_new ();
      g_hash_table_insert (table, g_strdup (key), calls);
    }
  if (!g_ptr_array_find (calls, call, NULL))
    g_ptr_array_add (calls, call);
}

static void
strike (GHashTable *table, const char *key, EnjCall *call)
{
  GPtrArray *calls = g_hash_table_lookup (table, key);

  if (calls && g_ptr_array_remove (calls, call) && calls->len == 0)
    g_hash_table_remove (table, key);
}

static EnjCall *
add_call (EnjCalls *self, const char *local, const char *remote, gboolean is_probe)
{
  EnjCall *call = enj_call_new (&self->common, ++self->last_id, local, remote, is_probe);

  g_hash_table_insert (self->by_id, (gpointer) enj_call_get_id (call), call);
  return call;
}

EnjCall *
enj_calls_start (EnjCalls *self, const char *local, const char *remote)
{
  EnjCall *call = add_call (self, local, remote, FALSE);

  enlist (self->by_remote, remote, call);
  return call;
}

EnjCall *
enj_calls_probe (EnjCalls *self, const char *local, const char *remote)
{
  return add_call (self, local, remote, TRUE);
}

void
enj_calls_add_remote (EnjCalls *self, EnjCall *call, const char *remote)
{
  if (enj_call_leads_to (call, remote))
    return;
  enj_call_add_remote (call, remote);
  enlist (self->by_remote, remote, call);
}

/* ---- Finding --------------------------------------------------------------- */

EnjCall *
enj_calls_find (const EnjCalls *self, guint64 id)
{
  return g_hash_table_lookup (self->by_id, &id);
}

EnjCall *
enj_calls_find_attempt (const EnjCalls *self, const char *remote)
{
  const GPtrArray *calls = g_hash_table_lookup (self->by_remote, remote);

  for (guint i = 0; calls && i < calls->len; i++)
    if (enj_call_is_attempt (calls->pdata[i]))
      return calls->pdata[i];
  return NULL;
}

EnjCall *
enj_calls_find_ready (const EnjCalls *self, const char *local, const char *remote, guint64 asker)
{
  const GPtrArray *calls = g_hash_table_lookup (self->by_remote, remote);

  for (guint i = 0; calls && i < calls->len; i++)
    if (*enj_call_get_id (calls->pdata[i]) != asker
        && enj_call_may_carry (calls->pdata[i], local, remote))
      return calls->pdata[i];
  return NULL;
}

EnjCall *
enj_calls_find_at (const EnjCalls *self, const EnjAddress *address, const char *local,
                   const char *remote)
{
  char key[ENJ_ADDRESS_STRING];
  const GPtrArray *calls
    = g_hash_table_lookup (self->by_address, enj_address_format (address, key));

  for (guint i = 0; calls && i < calls->len; i++)
    if (enj_call_may_carry (calls->pdata[i], local, remote))
      return calls->pdata[i];
  return NULL;
}

EnjCall *
enj_calls_find_of (const EnjCalls *self, const EnjSession *session)
{
  const GPtrArray *calls = g_hash_table_lookup (self->by_remote, session->log.remote);

  for (guint i = 0; calls && i < calls->len; i++)
    {
      EnjOutbound *outbound = enj_call_get_outbound (calls->pdata[i]);

      if (outbound && enj_outbound_get_session (outbound) == session)
        return calls->pdata[i];
    }
  return NULL;
}

GPtrArray *
enj_calls_list_new (const EnjCalls *self)
{
  GPtrArray *calls = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer call;

  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, &call))
    g_ptr_array_add (calls, call);
  return calls;
}

/* ---- Connections ----------------------------------------------------------- */

EnjCall *
enj_calls_next_dial (EnjCalls *self, EnjTargetsWish *wish, gint64 now)
{
  EnjCall *call;
  guint64 id;

  *wish = (EnjTargetsWish){ .type = ENJ_TARGETS_CONNECT };
  if (!enj_berths_next (self->common.berths, &id, &wish->ticket, now))
    return NULL;
  call = enj_calls_find (self, id); /* Berths go with their calls. */
  wish->target = enj_attempts_find (enj_call_get_attempts (call), wish->ticket);
  return call;
}

EnjSession *
enj_calls_dialled (EnjCalls *self, EnjCall *call, guint ticket, gint64 now)
{
  EnjSession *session = enj_call_dialled (call, ticket, now);
  char key[ENJ_ADDRESS_STRING];

  if (session)
    enlist (self->by_address, enj_address_format (enj_call_get_address (call), key), call);
  return session;
}

void
enj_calls_hang_up (EnjCalls *self, EnjCall *call)
{
  const EnjAddress *address = enj_call_get_address (call);
  char key[ENJ_ADDRESS_STRING];

  if (address)
    strike (self->by_address, enj_address_format (address, key), call);
}

void
enj_calls_close_idle (EnjCalls *self, const char *remote, gint64 now)
{
  const GPtrArray *calls = g_hash_table_lookup (self->by_remote, remote);

  for (guint i = 0; calls && i < calls->len; i++)
    {
      EnjCall *call = calls->pdata[i];

      if (enj_call_is_ready (call) && enj_outbound_is_idle (enj_call_get_outbound (call)))
        enj_call_retire (call, now);
    }
}

void
enj_calls_drop (EnjCalls *self, EnjCall *call)
{
  const char *remote;

  enj_calls_hang_up (self, call);
  for (guint i = 0; (remote = enj_call_get_remote (call, i)); i++)
    strike (self->by_remote, remote, call);
  g_hash_table_remove (self->by_id, enj_call_get_id (call));
}

gboolean
enj_calls_closed (EnjCalls *self, EnjSession *session)
{
  g_hash_table_remove (self->common.berthed, session);
  return g_hash_table_remove (self->common.dying, session);
}

EnjHistory *
enj_calls_get_history (const EnjCalls *self)
{
  return self->common.history;
}

/* ---- Turns ----------------------------------------------------------------- */

EnjCall *
enj_calls_next_dirty (EnjCalls *self)
{
  return g_queue_pop_head (&self->common.dirty);
}

gint64
enj_calls_deadline (const EnjCalls *self)
{
  return enj_berths_deadline (self->common.berths);
}

void
enj_calls_tick (EnjCalls *self, gint64 now)
{
  enj_berths_tick (self->common.berths, now);
}

/* Over all calls. */
static guint
add_up (const EnjCalls *self, guint (*count) (const EnjCall *call))
{
  GHashTableIter iter;
  gpointer call;
  guint n = 0;

  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, &call))
    n += count (call);
  return n;
}

static guint
count_stream (const EnjCall *call)
{
  return enj_call_get_outbound (call) != NULL;
}

static guint
count_unsent (const EnjCall *call)
{
  EnjOutbound *outbound = enj_call_get_outbound (call);

  return outbound ? enj_departures_count (&enj_outbound_get_session (outbound)->unsent) : 0;
}

static guint
count_spent (const EnjCall *call)
{
  return enj_call_is_spent (call);
}

guint
enj_calls_count_streams (const EnjCalls *self)
{
  return g_hash_table_size (self->common.dying) + add_up (self, count_stream);
}

guint
enj_calls_count_unsent (const EnjCalls *self)
{
  return add_up (self, count_unsent);
}

guint
enj_calls_count_ending (const EnjCalls *self)
{
  return add_up (self, count_spent);
}

void
enj_calls_retire_stuck (EnjCalls *self, gint64 now)
{
  g_autoptr (GPtrArray) calls = enj_calls_list_new (self);

  for (guint i = 0; i < calls->len; i++)
    if (enj_call_is_attempt (calls->pdata[i]) || count_unsent (calls->pdata[i]) > 0)
      enj_call_retire (calls->pdata[i], now);
}

void
enj_calls_retire_ready (EnjCalls *self, gint64 now)
{
  g_autoptr (GPtrArray) calls = enj_calls_list_new (self);

  for (guint i = 0; i < calls->len; i++)
    if (enj_call_is_ready (calls->pdata[i]))
      enj_call_retire (calls->pdata[i], now);
}

guint
enj_calls_count_owned (const EnjCalls *self)
{
  GHashTableIter iter;
  gpointer value;
  guint n = 0;

  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (enj_call_get_outbound (value))
      n += enj_lane_count_owned (enj_outbound_get_lane (enj_call_get_outbound (value)));
  g_hash_table_iter_init (&iter, self->common.dying);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    n += enj_lane_count_owned (enj_outbound_get_lane (value));
  return n;
}
