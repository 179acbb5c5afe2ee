#include "config.h"

#include "component/resolver.h"

#include "protocol/dns-answer.h"
#include "protocol/turns.h"
#include "component/dns.h"
#include "component/file.h"
#include "component/hosts.h"

#define HOSTS_FILE "/etc/hosts"
#define HOSTS_SIZE_MAX (1024 * 1024)

#define RECORDS_MAX 64

#define TRIES 2
#define TRY_TIME (10 * G_TIME_SPAN_SECOND)

/* The first of a crowd are slow for two tries, and then others have their places. */
#define WAITING_TIME (30 * G_TIME_SPAN_SECOND)

/* A healthy server has answered by then: the place goes to the next. */
#define SLOW_TIME (300 * G_TIME_SPAN_MILLISECOND)

/* When one family is known, the other is awaited for so long (RFC 8305 3 has even less). */
#define OTHER_FAMILY_TIME (1 * G_TIME_SPAN_SECOND)

typedef enum
{
  DUE_SLOW,  /* counted among the running no longer */
  DUE_TRY,   /* the end of a try, or of waiting for one */
  DUE_OTHER, /* one family is enough */
  N_DUE
} Due;

typedef struct Lookup Lookup;

typedef struct
{
  Lookup *lookup;
  int type;
  EnjDnsQuery query;
  gboolean is_in;
  EnjLookupResult result;
  gboolean is_secure;
} Question;

struct Lookup
{
  EnjResolver *resolver;
  guint64 id;
  char *name;
  EnjTurn turn;
  gboolean is_done;
  guint tries;
  Question questions[2]; /* SRV; TLSA; or AAAA and A */
  guint n_questions;
  GArray *services;     /* EnjSrvRecord */
  GArray *associations; /* EnjTlsaRecord, their data owned */
  GArray *addresses[2]; /* EnjAddress, those of each query */
  gint64 due[N_DUE];
  EnjWatch *timer;
  EnjDeferred report;
  EnjResolverSrvFunc srv;
  EnjResolverTlsaFunc tlsa;
  EnjResolverAddressesFunc found;
  gpointer data;
};

struct EnjResolver
{
  EnjLoop *loop;
  EnjDns *dns;
  GHashTable *lookups; /* id to Lookup */
  EnjTurns *turns;
  guint64 last_id;
  EnjDeferred starting; /* those that wait, as far as there is room */
};

/* ---- One look-up ------------------------------------------------------ */

static void
update_timer (Lookup *lookup)
{
  enj_watch_set_deadline (lookup->timer, enj_deadlines_earliest (lookup->due, N_DUE));
}

static void
stop_asking (Lookup *lookup)
{
  for (guint i = 0; i < lookup->n_questions; i++)
    enj_dns_cancel (&lookup->questions[i].query);
}

/* Of one that is done; what it was asked by may be gone. */
static void
lookup_free (Lookup *lookup)
{
  enj_watch_free (lookup->timer);
  enj_deferred_clear (&lookup->report);
  for (guint i = 0; lookup->services && i < lookup->services->len; i++)
    g_free (g_array_index (lookup->services, EnjSrvRecord, i).target);
  g_clear_pointer (&lookup->services, g_array_unref);
  for (guint i = 0; lookup->associations && i < lookup->associations->len; i++)
    g_free ((gpointer) g_array_index (lookup->associations, EnjTlsaRecord, i).data);
  g_clear_pointer (&lookup->associations, g_array_unref);
  for (guint i = 0; i < G_N_ELEMENTS (lookup->addresses); i++)
    g_clear_pointer (&lookup->addresses[i], g_array_unref);
  g_free (lookup->name);
  g_free (lookup);
}

static void
abandon (gpointer data)
{
  Lookup *lookup = data;

  stop_asking (lookup);
  enj_turn_leave (&lookup->turn);
  lookup_free (lookup);
}

/* By turns, so that a family that leads nowhere does not use up all attempts. */
static GArray *
interleave_new (GArray *const arrays[2])
{
  GArray *all = g_array_new (FALSE, FALSE, sizeof (EnjAddress));

  for (guint i = 0; i < MAX (arrays[0]->len, arrays[1]->len); i++)
    for (guint j = 0; j < 2; j++)
      if (i < arrays[j]->len)
        g_array_append_val (all, g_array_index (arrays[j], EnjAddress, i));

  return all;
}

static EnjLookupResult
get_result (const Lookup *lookup)
{
  EnjLookupResult result = lookup->questions[0].result;

  for (guint i = 1; i < lookup->n_questions; i++)
    result = enj_dns_answer_merge (result, lookup->questions[i].result);
  return result;
}

/* Of what was found; of services and associations also that there are none. */
static gboolean
is_secure (const Lookup *lookup)
{
  if (lookup->n_questions == 1)
    return lookup->questions[0].is_secure;
  for (guint i = 0; i < lookup->n_questions; i++)
    if (lookup->questions[i].is_secure && lookup->questions[i].result == ENJ_LOOKUP_FOUND)
      return TRUE;

  return FALSE;
}

static void
report (gpointer data)
{
  Lookup *lookup = data;
  EnjLookupResult result = get_result (lookup);

  /* The function may free the resolver. */
  g_hash_table_steal (lookup->resolver->lookups, &lookup->id);
  if (lookup->srv)
    lookup->srv (result, is_secure (lookup),
                 (const EnjSrvRecord *) (gpointer) lookup->services->data, lookup->services->len,
                 lookup->data);
  else if (lookup->tlsa)
    lookup->tlsa (result, is_secure (lookup),
                  (const EnjTlsaRecord *) (gpointer) lookup->associations->data,
                  lookup->associations->len, lookup->data);
  else
    {
      g_autoptr (GArray) all = interleave_new (lookup->addresses);

      lookup->found (result, is_secure (lookup), (const EnjAddress *) (gpointer) all->data,
                     all->len, lookup->data);
    }
  lookup_free (lookup);
}

/* What has not come has failed. */
static void
finish (Lookup *lookup)
{
  stop_asking (lookup);
  enj_turn_leave (&lookup->turn);
  lookup->is_done = TRUE;
  for (guint i = 0; i < N_DUE; i++)
    lookup->due[i] = ENJ_NEVER;
  update_timer (lookup);
  enj_loop_defer (lookup->resolver->loop, &lookup->report);
}

/* It has no turn: nothing was asked. */
static void
refuse (Lookup *lookup)
{
  for (guint i = 0; i < lookup->n_questions; i++)
    lookup->questions[i].result = ENJ_LOOKUP_REFUSED;
  finish (lookup);
}

/* ---- Answers ---------------------------------------------------------- */

/* FALSE for what cannot be read. */
static gboolean
read_record (Question *question, const guint8 *data, gsize len)
{
  Lookup *lookup = question->lookup;
  EnjSrvRecord service;
  EnjTlsaRecord association;
  EnjAddress address;

  switch (question->type)
    {
    case ENJ_DNS_SRV:
      return enj_dns_answer_parse_srv (data, len, &service)
             && g_array_append_val (lookup->services, service);
    case ENJ_DNS_TLSA:
      if (!enj_dns_answer_parse_tlsa (data, len, &association))
        return FALSE;
      association.data = g_memdup2 (association.data, association.len);
      return g_array_append_val (lookup->associations, association) != NULL;
    default:
      return enj_dns_answer_parse_address (data, len, &address)
             && g_array_append_val (lookup->addresses[question - lookup->questions], address);
    }
}

static void
read_records (Question *question, const EnjDnsAnswer *answer)
{
  guint n = 0;

  for (guint i = 0; answer->data[i] && n < RECORDS_MAX; i++)
    if (read_record (question, (const guint8 *) answer->data[i],
                     (gsize) MAX (answer->len[i], 0)))
      n++;

  /* There are records, and none that can be read: not the same as none. */
  if (n == 0)
    question->result = ENJ_LOOKUP_FAILED;
}

static void
on_answer (const EnjDnsAnswer *answer, gpointer data)
{
  Question *question = data;
  Lookup *lookup = question->lookup;
  gboolean is_complete = TRUE;

  question->is_in = TRUE;
  if (answer)
    {
      question->result = enj_dns_answer_judge (answer->rcode, answer->has_data, answer->bogus);
      question->is_secure = answer->secure;
    }
  if (question->result == ENJ_LOOKUP_FOUND)
    read_records (question, answer);

  for (guint i = 0; i < lookup->n_questions; i++)
    is_complete = is_complete && lookup->questions[i].is_in;
  if (is_complete)
    {
      finish (lookup);
      enj_loop_defer (lookup->resolver->loop, &lookup->resolver->starting);
    }
  else if (question->result == ENJ_LOOKUP_FOUND)
    {
      lookup->due[DUE_OTHER] = enj_loop_now (lookup->resolver->loop) + OTHER_FAMILY_TIME;
      update_timer (lookup);
    }
}

/* ---- Questions -------------------------------------------------------- */

static void
ask (Lookup *lookup, gint64 now)
{
  gboolean is_asked = FALSE;

  for (guint i = 0; i < lookup->n_questions; i++)
    {
      Question *question = &lookup->questions[i];

      if (!question->is_in
          && enj_dns_ask (lookup->resolver->dns, &question->query, lookup->name, question->type))
        is_asked = TRUE;
    }

  lookup->tries++;
  lookup->due[DUE_TRY] = now + TRY_TIME;
  if (is_asked)
    update_timer (lookup);
  else
    finish (lookup);
}

static void
start_waiting (gpointer data)
{
  EnjResolver *self = data;
  gint64 now = enj_loop_now (self->loop);
  EnjTurn *turn;

  while (enj_dns_is_ready (self->dns) && (turn = enj_turns_next (self->turns)))
    {
      Lookup *lookup = turn->owner;

      lookup->due[DUE_SLOW] = now + SLOW_TIME;
      ask (lookup, now);
    }
}

static void
on_due (guint32 events, gint64 now, gpointer data)
{
  Lookup *lookup = data;
  EnjResolver *self = lookup->resolver;
  guint which;

  (void) events;
  while (enj_deadlines_next_due (lookup->due, N_DUE, now, &which))
    {
      if (which == DUE_SLOW)
        enj_turn_slow_down (&lookup->turn);
      else if (lookup->turn.state == ENJ_TURN_WAITING)
        refuse (lookup);
      else if (which == DUE_TRY && lookup->tries < TRIES
               && get_result (lookup) != ENJ_LOOKUP_FOUND)
        {
          stop_asking (lookup);
          ask (lookup, now);
        }
      else
        finish (lookup);
    }
  if (!lookup->is_done)
    update_timer (lookup);
  enj_loop_defer (self->loop, &self->starting);
}

/* ---- What needs no name server ---------------------------------------- */

static void
add_address (Lookup *lookup, const EnjAddress *address)
{
  guint which = address->length == 16 ? 0 : 1;

  g_array_append_val (lookup->addresses[which], *address);
  lookup->questions[which].result = ENJ_LOOKUP_FOUND;
}

static void
read_hosts (Lookup *lookup)
{
  EnjAddress addresses[RECORDS_MAX];
  gsize len;
  char *text = enj_file_read_new (HOSTS_FILE, HOSTS_SIZE_MAX, &len, NULL);
  guint n = text ? enj_hosts_find (text, lookup->name, addresses, RECORDS_MAX) : 0;

  for (guint i = 0; i < n; i++)
    add_address (lookup, &addresses[i]);
  enj_file_wipe (text, text ? len : 0);
}

static gboolean
find_nearby (Lookup *lookup)
{
  EnjAddress address;

  if (enj_address_parse (&address, lookup->name, 0))
    add_address (lookup, &address);
  else if (enj_hosts_is_localhost (lookup->name))
    {
      (void) enj_address_parse (&address, "::1", 0); /* Both are literals. */
      add_address (lookup, &address);
      (void) enj_address_parse (&address, "127.0.0.1", 0);
      add_address (lookup, &address);
    }
  else
    read_hosts (lookup);
  return get_result (lookup) == ENJ_LOOKUP_FOUND;
}

/* ---- Public ----------------------------------------------------------- */

static Lookup *
lookup_new (EnjResolver *self, const char *name, gpointer data)
{
  Lookup *lookup = g_new0 (Lookup, 1);

  lookup->resolver = self;
  lookup->id = ++self->last_id;
  lookup->name = g_strdup (name);
  lookup->data = data;
  lookup->turn.owner = lookup;
  lookup->report = (EnjDeferred){ .func = report, .data = lookup };
  lookup->timer = enj_loop_watch (self->loop, -1, 0, on_due, lookup, NULL);
  for (guint i = 0; i < N_DUE; i++)
    lookup->due[i] = ENJ_NEVER;
  for (guint i = 0; i < G_N_ELEMENTS (lookup->questions); i++)
    lookup->questions[i] = (Question){
      .lookup = lookup,
      .query = { .func = on_answer, .data = &lookup->questions[i] },
      .result = ENJ_LOOKUP_FAILED,
    };
  g_hash_table_insert (self->lookups, &lookup->id, lookup);
  return lookup;
}

static void
wait_for_turn (Lookup *lookup, const char *source)
{
  EnjResolver *self = lookup->resolver;
  const EnjTurn *surplus = enj_turns_wait (self->turns, &lookup->turn, source);

  lookup->due[DUE_TRY] = enj_loop_now (self->loop) + WAITING_TIME;
  update_timer (lookup);
  if (surplus)
    refuse (surplus->owner);
  enj_loop_defer (self->loop, &self->starting);
}

static void
note_ready (gpointer data)
{
  EnjResolver *self = data;

  enj_loop_defer (self->loop, &self->starting);
}

EnjResolver *
enj_resolver_new (EnjLoop *loop, const EnjConfig *config, GError **error)
{
  const EnjConfigFederation *federation = &config->federation;
  EnjResolver *self = g_new0 (EnjResolver, 1);
  g_autofree char *server = NULL;

  self->loop = loop;
  self->turns = enj_turns_new (config->limits.lookups, config->limits.lookups_per_source);
  self->lookups = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, abandon);
  self->starting = (EnjDeferred){ .func = start_waiting, .data = self };
  if (federation->dns_server)
    server = g_strdup_printf ("%s@%u", federation->dns_server->host, federation->dns_server->port);
  self->dns = enj_dns_new (loop, server, federation->dns_trust_anchor,
                           (EnjWake){ note_ready, self }, error);
  if (!self->dns)
    g_clear_pointer (&self, enj_resolver_free);
  return self;
}

void
enj_resolver_set_limits (EnjResolver *self, const EnjLimits *limits)
{
  enj_turns_set_limits (self->turns, limits->lookups, limits->lookups_per_source);
  enj_loop_defer (self->loop, &self->starting);
}

void
enj_resolver_free (EnjResolver *self)
{
  if (!self)
    return;

  g_hash_table_unref (self->lookups);
  enj_turns_free (self->turns);
  enj_deferred_clear (&self->starting);
  enj_dns_free (self->dns);
  g_free (self);
}

guint64
enj_resolver_srv (EnjResolver *self, const char *name, const char *source,
                  EnjResolverSrvFunc func, gpointer data)
{
  Lookup *lookup = lookup_new (self, name, data);
  guint64 id = lookup->id;

  lookup->srv = func;
  lookup->services = g_array_new (FALSE, FALSE, sizeof (EnjSrvRecord));
  lookup->questions[0].type = ENJ_DNS_SRV;
  lookup->n_questions = 1;
  wait_for_turn (lookup, source);
  return id;
}

guint64
enj_resolver_tlsa (EnjResolver *self, const char *name, const char *source,
                   EnjResolverTlsaFunc func, gpointer data)
{
  Lookup *lookup = lookup_new (self, name, data);
  guint64 id = lookup->id;

  lookup->tlsa = func;
  lookup->associations = g_array_new (FALSE, FALSE, sizeof (EnjTlsaRecord));
  lookup->questions[0].type = ENJ_DNS_TLSA;
  lookup->n_questions = 1;
  wait_for_turn (lookup, source);
  return id;
}

guint64
enj_resolver_addresses (EnjResolver *self, const char *name, const char *source,
                        EnjResolverAddressesFunc func, gpointer data)
{
  Lookup *lookup = lookup_new (self, name, data);
  guint64 id = lookup->id;

  lookup->found = func;
  for (guint i = 0; i < G_N_ELEMENTS (lookup->addresses); i++)
    lookup->addresses[i] = g_array_new (FALSE, FALSE, sizeof (EnjAddress));
  lookup->questions[0].type = ENJ_DNS_AAAA;
  lookup->questions[1].type = ENJ_DNS_A;
  lookup->n_questions = 2;
  if (find_nearby (lookup))
    finish (lookup);
  else
    wait_for_turn (lookup, source);
  return id;
}

void
enj_resolver_cancel (EnjResolver *self, guint64 id)
{
  g_hash_table_remove (self->lookups, &id);
  enj_loop_defer (self->loop, &self->starting);
}
