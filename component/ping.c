#include "config.h"

#include "component/ping.h"

#include <string.h>

#include "protocol/condition.h"
#include "protocol/element.h"
#include "protocol/jid.h"
#include "protocol/log.h"
#include "protocol/ns.h"

/* Whoever asks without end, and does not wait for the answers, must not fill our memory. */
#define WAITING_MAX 256

typedef struct
{
  EnjLoop *loop;
  const EnjHistory *history;
  EnjPingFunc func;
  gpointer data;
  EnjRealmKind kind; /* of who is asked */
  char *domain;      /* theirs */
  gint64 start;
} Ping;

/* ---- What came back ------------------------------------------------------------------- */

/* These are told by whoever could not bring it there: by us, as a rule. */
static gboolean
is_of_the_way (EnjStanzaCondition condition)
{
  return condition == ENJ_STANZA_REMOTE_SERVER_NOT_FOUND
         || condition == ENJ_STANZA_REMOTE_SERVER_TIMEOUT
         || condition == ENJ_STANZA_RESOURCE_CONSTRAINT || condition == ENJ_STANZA_NOT_ALLOWED
         || condition == ENJ_STANZA_POLICY_VIOLATION;
}

/* "remote-server-timeout: no server could be connected to"; new.  @condition may be told by
 * anybody. */
static char *
read_error_new (EnjStanza *answer, EnjStanzaCondition *condition)
{
  const EnjElement *iq = enj_stanza_get_element (answer);
  const EnjElement *error = NULL;
  const char *word = NULL;
  const char *text = NULL;
  g_autofree char *quoted = NULL;

  for (guint i = 0; i < enj_element_get_n_children (iq); i++)
    if (strcmp (enj_element_get_name (enj_element_get_child (iq, i)), "error") == 0)
      error = enj_element_get_child (iq, i);
  for (guint i = 0; error && i < enj_element_get_n_children (error); i++)
    {
      const EnjElement *child = enj_element_get_child (error, i);

      if (strcmp (enj_element_get_namespace (child), ENJ_NS_STANZA_ERRORS) != 0)
        continue;
      if (strcmp (enj_element_get_name (child), "text") == 0)
        text = enj_element_get_text (child);
      else
        word = enj_element_get_name (child);
    }
  *condition = enj_stanza_condition_parse (word);
  quoted = enj_log_quote (text);
  return g_strconcat (enj_stanza_condition_format (*condition), *quoted ? ": " : "", quoted, NULL);
}

/* ---- Times ---------------------------------------------------------------------------- */

/* The newest attempt that came to an end since we began; FALSE where there was none. */
static gboolean
find_attempt (const Ping *self, EnjAttempt *attempt)
{
  EnjAttempt attempts[ENJ_HISTORY_ATTEMPTS];
  guint n = self->kind == ENJ_REALM_REMOTE
              ? enj_history_find (self->history, self->domain, attempts)
              : 0;

  if (n == 0 || attempts[0].at < self->start)
    return FALSE;
  *attempt = attempts[0];
  return TRUE;
}

/* From one milestone to another, as far as we have waited for it. */
static gint64
measure (const Ping *self, const EnjMilestones *milestones, EnjMilestone from, EnjMilestone to)
{
  gint64 begin = MAX (milestones->at[from], self->start);

  return milestones->at[to] ? MAX (milestones->at[to] - begin, 0) : -1;
}

/* A stream that came up since we began; another pair may have come up on an old one. */
static gboolean
is_new (const Ping *self, const EnjAttempt *attempt)
{
  return attempt->succeeded && attempt->milestones.at[ENJ_MILESTONE_AUTHENTICATED] >= self->start;
}

static void
fill_steps (const Ping *self, const EnjMilestones *milestones, EnjPingResult *result, gint64 now)
{
  EnjMilestone before = milestones->at[ENJ_MILESTONE_ENCRYPTED] ? ENJ_MILESTONE_ENCRYPTED
                                                                : ENJ_MILESTONE_CONNECTED;

  result->way = "new stream";
  /* It may have waited for the one before it, and then for the DNS. */
  if (milestones->at[ENJ_MILESTONE_RESOLVED])
    result->dns = MAX (milestones->at[ENJ_MILESTONE_RESOLVED] - self->start, 0);
  result->tcp = measure (self, milestones, ENJ_MILESTONE_RESOLVED, ENJ_MILESTONE_CONNECTED);
  result->tls = measure (self, milestones, ENJ_MILESTONE_CONNECTED, ENJ_MILESTONE_ENCRYPTED);
  result->authentication
    = measure (self, milestones, before, ENJ_MILESTONE_AUTHENTICATED);
  if (result->is_answered)
    result->answer = now - milestones->at[ENJ_MILESTONE_AUTHENTICATED];
}

static const char *
get_way (const Ping *self)
{
  switch (self->kind)
    {
    case ENJ_REALM_REMOTE:
      return "stream";
    case ENJ_REALM_LOCAL:
      return "link";
    case ENJ_REALM_OURS:
      return "here";
    }
  return "";
}

/* ---- The ping -------------------------------------------------------------------------- */

static void
ping_free (Ping *self)
{
  g_free (self->domain);
  g_free (self);
}

static void
handle_answer (EnjBridge *bridge, EnjStanza *answer, gpointer user_data)
{
  Ping *self = user_data;
  gint64 now = enj_loop_now (self->loop);
  g_autofree char *error = NULL;
  g_autofree char *failure = NULL;
  EnjStanzaCondition condition = ENJ_STANZA_UNDEFINED_CONDITION;
  EnjPingResult result = { .way = get_way (self), .dns = -1, .tcp = -1, .tls = -1,
                           .authentication = -1, .answer = -1, .total = now - self->start };
  EnjAttempt attempt;

  (void) bridge;
  if (!answer)
    error = g_strdup ("no answer");
  else if (g_strcmp0 (enj_stanza_get_type (answer), "error") == 0)
    error = read_error_new (answer, &condition);
  result.is_answered = answer && !(error && is_of_the_way (condition));
  result.answer = result.is_answered ? result.total : -1;
  if (find_attempt (self, &attempt))
    {
      if (is_new (self, &attempt))
        fill_steps (self, &attempt.milestones, &result, now);
      else if (!attempt.succeeded && error)
        failure = g_strdup_printf ("%s (%s: %s)", error, attempt.step, attempt.reason);
    }
  result.error = failure ? failure : error;
  self->func (&result, self->data);
  ping_free (self);
}

static EnjStanza *
stanza_new (const char *from, const char *to)
{
  g_autoptr (EnjElement) ping
    = enj_element_builder_end_new (enj_element_builder_new (ENJ_NS_PING, "ping"));

  return enj_stanza_new (ENJ_STANZA_IQ, "get", from, to, NULL, ping);
}

gboolean
enj_ping_start (const EnjPingMeans *means, const char *from, const char *to, EnjPingFunc func,
                gpointer data, GError **error)
{
  g_autofree char *sender = enj_jid_prepare_new (from, error);
  g_autofree char *receiver = sender ? enj_jid_prepare_new (to, error) : NULL;
  g_autoptr (EnjStanza) stanza = NULL;
  const EnjConfigComponent *component;
  char domain[ENJ_JID_DOMAIN_SIZE];
  Ping *self;

  if (!receiver)
    return FALSE;
  component = enj_config_find_component (means->config, enj_jid_fill_domain (sender, domain));
  if (!component)
    {
      g_set_error (error, ENJ_STANZA_ERROR, ENJ_STANZA_ITEM_NOT_FOUND,
                   "%s is no domain of ours: FROM is an address of a [component]", domain);
      return FALSE;
    }
  if (enj_reception_count_requests (means->reception) >= WAITING_MAX)
    {
      g_set_error (error, ENJ_STANZA_ERROR, ENJ_STANZA_RESOURCE_CONSTRAINT,
                   "%d requests wait for their answers already", WAITING_MAX);
      return FALSE;
    }
  self = g_new0 (Ping, 1);
  self->loop = means->loop;
  self->history = means->history;
  self->func = func;
  self->data = data;
  self->domain = g_strdup (enj_jid_fill_domain (receiver, domain));
  self->kind = enj_realm_classify (means->config->realm, self->domain);
  self->start = enj_loop_now (means->loop);
  stanza = stanza_new (sender, receiver);
  if (stanza
      && enj_reception_request (means->reception, component->domain, stanza, handle_answer, self,
                                self->start))
    return TRUE;
  ping_free (self);
  g_set_error_literal (error, ENJ_STANZA_ERROR, ENJ_STANZA_NOT_ALLOWED,
                       "no ping can be sent now");
  return FALSE;
}

GVariant *
enj_ping_result_to_variant (const EnjPingResult *result)
{
  const struct
  {
    const char *name;
    gint64 time;
  } times[] = {
    { "dns-us", result->dns },
    { "tcp-us", result->tcp },
    { "tls-us", result->tls },
    { "authentication-us", result->authentication },
    { "answer-us", result->answer },
    { "total-us", result->total },
  };
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "answered",
                         g_variant_new_boolean (result->is_answered));
  g_variant_builder_add (&builder, "{sv}", "way", g_variant_new_string (result->way));
  if (result->error)
    g_variant_builder_add (&builder, "{sv}", "error", g_variant_new_string (result->error));
  for (guint i = 0; i < G_N_ELEMENTS (times); i++)
    if (times[i].time >= 0)
      g_variant_builder_add (&builder, "{sv}", times[i].name,
                             g_variant_new_int64 (times[i].time));
  return g_variant_builder_end (&builder);
}
