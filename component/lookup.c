#include "config.h"

#include "component/lookup.h"

#include "protocol/dns-answer.h"

/* Seconds; and what is left of it once a question had no answer in that time. */
#define PATIENCE 10
#define LITTLE_PATIENCE 1

#define TYPE_NS 2

struct EnjLookup
{
  EnjErrand *errand;
  EnjDns *dns;
  gboolean is_ready;
  gboolean is_silent; /* the server, to one question at least */
};

/* One question that is waited for. */
typedef struct
{
  gboolean is_in;
  EnjLookupResult result;
  gboolean is_secure;
  EnjLookupRead read;
  gpointer data;
} Question;

static void
note_ready (gpointer data)
{
  EnjLookup *self = data;

  self->is_ready = TRUE;
}

EnjLookup *
enj_lookup_new (EnjErrand *errand, const EnjConfigFederation *federation, GError **error)
{
  EnjLookup *self = g_new0 (EnjLookup, 1);
  const EnjListen *server = federation->dns_server;
  g_autofree char *place
    = server ? g_strdup_printf ("%s@%u", server->host, server->port) : NULL;

  self->errand = errand;
  self->dns = enj_dns_new (enj_errand_get_loop (errand), place, federation->dns_trust_anchor,
                           (EnjWake){ note_ready, self }, error);
  if (!self->dns)
    g_clear_pointer (&self, enj_lookup_free);
  return self;
}

void
enj_lookup_free (EnjLookup *self)
{
  if (!self)
    return;
  enj_dns_free (self->dns);
  g_free (self);
}

static void
handle_answer (const EnjDnsAnswer *answer, gpointer data)
{
  Question *question = data;

  question->is_in = TRUE;
  if (!answer)
    return;
  question->result = enj_dns_answer_judge (answer->rcode, answer->has_data, answer->bogus);
  question->is_secure = answer->secure;
  for (guint i = 0;
       question->result == ENJ_LOOKUP_FOUND && question->read && answer->data[i]; i++)
    question->read ((const guint8 *) answer->data[i], (gsize) MAX (answer->len[i], 0),
                    question->data);
}

EnjLookupResult
enj_lookup_ask (EnjLookup *self, const char *name, int type, EnjLookupRead read, gpointer data,
                gboolean *secure)
{
  Question question = { .result = ENJ_LOOKUP_FAILED, .read = read, .data = data };
  EnjDnsQuery query = { .func = handle_answer, .data = &question };

  if ((enj_dns_is_ready (self->dns) || enj_errand_wait (self->errand, &self->is_ready, PATIENCE))
      && enj_dns_ask (self->dns, &query, name, type)
      && !enj_errand_wait (self->errand, &question.is_in,
                           self->is_silent ? LITTLE_PATIENCE : PATIENCE))
    self->is_silent = TRUE;
  enj_dns_cancel (&query);
  if (secure)
    *secure = question.is_secure;
  return question.result;
}

gboolean
enj_lookup_is_validating (EnjLookup *self)
{
  gboolean secure = FALSE;

  return enj_lookup_ask (self, ".", TYPE_NS, NULL, NULL, &secure) == ENJ_LOOKUP_FOUND && secure;
}
