#include "config.h"

#include "protocol/acceptor.h"

#include <string.h>

#include "protocol/jid.h"
#include "protocol/sasl.h"

/* RFC 6120 6.4.5: two to five. */
#define MAX_FAILURES 3

struct EnjAcceptor
{
  EnjSession *session;
  EnjEvidence *evidence;
  char *remote;    /* what is offered to be proved; NULL: nothing */
  char *claimed;
  gboolean is_challenged;
  guint failures;
};

EnjAcceptor *
enj_acceptor_new (EnjSession *session)
{
  EnjAcceptor *self = g_new0 (EnjAcceptor, 1);

  self->session = session;
  return self;
}

void
enj_acceptor_free (EnjAcceptor *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->evidence, enj_evidence_unref);
  g_free (self->remote);
  g_free (self->claimed);
  g_free (self);
}

gboolean
enj_acceptor_expect (EnjAcceptor *self, EnjEvidence *evidence, const char *remote)
{
  const char *why = "no domain in 'from'";
  gboolean proves = evidence && remote && enj_evidence_proves (evidence, remote, &why);

  g_clear_pointer (&self->evidence, enj_evidence_unref);
  g_clear_pointer (&self->remote, g_free);
  self->is_challenged = FALSE;
  if (proves)
    {
      self->evidence = enj_evidence_ref (evidence);
      self->remote = g_strdup (remote);
    }
  else if (evidence)
    {
      enj_log_info (&self->session->log, "EXTERNAL is not offered: %s", why);
    }
  return proves;
}

static void
send (EnjAcceptor *self, const EnjSasl *answer)
{
  (void) enj_sasl_format (answer, enj_stream_output (self->session->stream));
  enj_session_written (self->session);
}

static void
fail (EnjAcceptor *self, EnjSaslCondition condition)
{
  const EnjSasl failure = { .kind = ENJ_SASL_FAILURE, .condition = condition };

  enj_log_info (&self->session->log, "EXTERNAL failed: %s",
                enj_sasl_condition_format (condition));
  send (self, &failure);
  if (++self->failures >= MAX_FAILURES)
    enj_session_fail (self->session,
                      g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_POLICY_VIOLATION,
                                   "%u attempts to authenticate", self->failures));
}

static EnjAcceptorOutcome
refuse (EnjAcceptor *self, EnjSaslCondition condition)
{
  fail (self, condition);
  return ENJ_ACCEPTOR_FAILED;
}

static EnjAcceptorOutcome
complain (EnjAcceptor *self, EnjSaslCondition condition)
{
  fail (self, condition);
  return ENJ_ACCEPTOR_GOES_ON;
}

/* @authzid is NULL or "" where the peer leaves it to its header (XEP-0178 3). */
static EnjAcceptorOutcome
judge (EnjAcceptor *self, const char *authzid)
{
  const EnjSasl success = { .kind = ENJ_SASL_SUCCESS };

  g_free (self->claimed);
  self->claimed = authzid && *authzid ? enj_jid_domain_new (authzid, NULL)
                                      : g_strdup (self->remote);
  /* A certificate may have come to its end since it was offered. */
  if (!self->remote || !enj_evidence_proves (self->evidence, self->remote, NULL))
    return refuse (self, ENJ_SASL_NOT_AUTHORIZED);
  if (g_strcmp0 (self->claimed, self->remote) != 0)
    return refuse (self, ENJ_SASL_INVALID_AUTHZID);
  send (self, &success);
  /* Once is enough, whatever header comes next. */
  (void) enj_acceptor_expect (self, NULL, NULL);
  return ENJ_ACCEPTOR_SUCCEEDED;
}

static EnjAcceptorOutcome
handle_auth (EnjAcceptor *self, const EnjSasl *auth)
{
  const EnjSasl challenge = { .kind = ENJ_SASL_CHALLENGE };

  /* RFC 6120 6.4.2: it replaces the one under way. */
  self->is_challenged = FALSE;
  if (!enj_session_is_encrypted (self->session))
    return complain (self, ENJ_SASL_ENCRYPTION_REQUIRED);
  if (g_strcmp0 (auth->mechanism, "EXTERNAL") != 0)
    return complain (self, ENJ_SASL_INVALID_MECHANISM);
  if (auth->is_misencoded)
    return complain (self, ENJ_SASL_INCORRECT_ENCODING);
  if (auth->text || !self->remote)
    return judge (self, auth->text);
  /* RFC 6120 6.3.10. */
  self->is_challenged = TRUE;
  send (self, &challenge);
  return ENJ_ACCEPTOR_GOES_ON;
}

static EnjAcceptorOutcome
handle_response (EnjAcceptor *self, const EnjSasl *response)
{
  if (!self->is_challenged)
    return complain (self, ENJ_SASL_MALFORMED_REQUEST);
  self->is_challenged = FALSE;
  if (response->is_misencoded)
    return complain (self, ENJ_SASL_INCORRECT_ENCODING);
  return judge (self, response->text);
}

EnjAcceptorOutcome
enj_acceptor_handle (EnjAcceptor *self, const EnjElement *element)
{
  EnjAcceptorOutcome outcome = ENJ_ACCEPTOR_NOTHING;
  EnjSasl sasl;

  if (!enj_sasl_parse (element, &sasl))
    return ENJ_ACCEPTOR_NOTHING;
  switch (sasl.kind)
    {
    case ENJ_SASL_AUTH:
      outcome = handle_auth (self, &sasl);
      break;
    case ENJ_SASL_RESPONSE:
      outcome = handle_response (self, &sasl);
      break;
    case ENJ_SASL_ABORT:
      self->is_challenged = FALSE;
      outcome = complain (self, ENJ_SASL_ABORTED);
      break;
    case ENJ_SASL_CHALLENGE:
    case ENJ_SASL_SUCCESS:
    case ENJ_SASL_FAILURE:
      break;
    }
  enj_sasl_clear (&sasl);
  return outcome;
}

const char *
enj_acceptor_get_claimed (const EnjAcceptor *self)
{
  return self->claimed;
}
