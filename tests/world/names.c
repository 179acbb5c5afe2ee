#include "config.h"

#include "tests/world/names.h"

#define PORT 5269

struct EnjWorldNames
{
  GHashTable *answers; /* name to Answer */
};

typedef struct
{
  guint result;
  GArray *records;   /* of EnjSrvRecord, targets owned */
  GArray *addresses; /* of EnjAddress */
} Answer;

static void
answer_free (gpointer data)
{
  Answer *answer = data;

  for (guint i = 0; i < answer->records->len; i++)
    g_free (g_array_index (answer->records, EnjSrvRecord, i).target);
  g_array_unref (answer->records);
  g_array_unref (answer->addresses);
  g_free (answer);
}

EnjWorldNames *
enj_world_names_new (void)
{
  EnjWorldNames *self = g_new0 (EnjWorldNames, 1);

  self->answers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, answer_free);
  return self;
}

void
enj_world_names_free (EnjWorldNames *self)
{
  g_hash_table_unref (self->answers);
  g_free (self);
}

static Answer *
get_answer (EnjWorldNames *self, const char *name)
{
  Answer *answer = g_hash_table_lookup (self->answers, name);

  if (!answer)
    {
      answer = g_new0 (Answer, 1);
      answer->records = g_array_new (FALSE, FALSE, sizeof (EnjSrvRecord));
      answer->addresses = g_array_new (FALSE, FALSE, sizeof (EnjAddress));
      g_hash_table_insert (self->answers, g_strdup (name), answer);
    }
  return answer;
}

void
enj_world_names_add_srv (EnjWorldNames *self, const char *domain, guint16 priority,
                         const char *target)
{
  g_autofree char *name = g_strconcat ("_xmpp-server._tcp.", domain, NULL);
  EnjSrvRecord record = { .priority = priority, .port = PORT, .target = g_strdup (target) };

  g_array_append_val (get_answer (self, name)->records, record);
}

void
enj_world_names_add_address (EnjWorldNames *self, const char *name, const EnjAddress *address)
{
  g_array_append_val (get_answer (self, name)->addresses, *address);
}

void
enj_world_names_set_result (EnjWorldNames *self, const char *name, guint result)
{
  get_answer (self, name)->result = result;
}

void
enj_world_names_answer (EnjWorldNames *self, EnjExchange *exchange, guint64 id, guint ticket,
                        const char *name, gboolean is_srv, gint64 now)
{
  Answer *answer = g_hash_table_lookup (self->answers, name);
  const GArray *found = !answer ? NULL : is_srv ? answer->records : answer->addresses;
  guint n = found ? found->len : 0;
  guint result = answer ? answer->result : ENJ_LOOKUP_NO_NAME;

  if (result == G_MAXUINT)
    return;
  if (result == ENJ_LOOKUP_FOUND && n == 0)
    result = ENJ_LOOKUP_NO_DATA;
  if (is_srv)
    enj_exchange_srv (exchange, id, ticket, (EnjLookupResult) result, FALSE,
                      n > 0 ? (const EnjSrvRecord *) found->data : NULL, n, now);
  else
    enj_exchange_addresses (exchange, id, ticket, (EnjLookupResult) result, FALSE,
                            n > 0 ? (const EnjAddress *) found->data : NULL, n, now);
}
