#include "config.h"

#include "protocol/assurance.h"

#include <string.h>

#include "protocol/admission.h"

struct EnjAssurance
{
  char *domain;
  EnjTarget *target;
  EnjSettings *settings;
  EnjEvidence *evidence; /* NULL while in clear */
};

EnjAssurance *
enj_assurance_new (const char *domain, EnjTarget *target, EnjSettings *settings)
{
  EnjAssurance *self = g_new0 (EnjAssurance, 1);

  self->domain = g_strdup (domain);
  self->target = target ? enj_target_ref (target) : NULL;
  self->settings = enj_settings_ref (settings);
  return self;
}

void
enj_assurance_free (EnjAssurance *self)
{
  if (!self)
    return;
  g_free (self->domain);
  g_clear_pointer (&self->target, enj_target_unref);
  g_clear_pointer (&self->evidence, enj_evidence_unref);
  enj_settings_unref (self->settings);
  g_free (self);
}

void
enj_assurance_set_settings (EnjAssurance *self, EnjSettings *settings)
{
  enj_settings_unref (self->settings);
  self->settings = enj_settings_ref (settings);
  if (self->evidence)
    enj_evidence_set_trust (self->evidence, settings->trust);
}

/* What the DNS said is about the domain that was looked up, and about no other on its server. */
static const EnjTarget *
find_target (const EnjAssurance *self, const char *remote)
{
  return strcmp (remote, self->domain) == 0 ? self->target : NULL;
}

static gboolean
wants_certificate (const EnjAssurance *self, const char *remote)
{
  return enj_policy_find (self->settings->policy, remote)->authentication
         == ENJ_AUTHENTICATION_CERTIFICATE;
}

gboolean
enj_assurance_needs_tls (const EnjAssurance *self, const char *remote)
{
  const EnjTarget *target = find_target (self, remote);

  return enj_admission_needs_tls (self->settings, remote) || wants_certificate (self, remote)
         || (target && (target->dane || target->needs_tls));
}

void
enj_assurance_take_evidence (EnjAssurance *self, EnjEvidence *evidence)
{
  g_clear_pointer (&self->evidence, enj_evidence_unref);
  self->evidence = evidence;
}

EnjEvidence *
enj_assurance_get_evidence (const EnjAssurance *self)
{
  return self->evidence;
}

static EnjProof
judge (const EnjAssurance *self, const char *remote, const char **why)
{
  const EnjTarget *target = find_target (self, remote);
  const char *unimportant;

  *why = "no TLS";
  if (!self->evidence)
    return ENJ_PROOF_NONE;
  if (target && target->dane)
    {
      /* RFC 7673 4, 7671 10.1: records that do not fit are not made up for by PKIX. */
      *why = "no TLSA record fits";
      return enj_proof_of_fit (
        enj_evidence_get_fit (self->evidence, target->dane, remote, target->host));
    }
  if (enj_evidence_proves (self->evidence, remote, why)
      || (target && target->is_secure
          && enj_evidence_proves (self->evidence, target->host, &unimportant)))
    return ENJ_PROOF_CERTIFICATE; /* RFC 7673 4.1 for the latter. */
  return ENJ_PROOF_NONE;
}

EnjProof
enj_assurance_get_proof (const EnjAssurance *self, const char *remote)
{
  const char *why;

  return judge (self, remote, &why);
}

gboolean
enj_assurance_is_enough (const EnjAssurance *self, const char *remote, const char **why)
{
  const EnjTarget *target = find_target (self, remote);

  if (!wants_certificate (self, remote) && !(target && target->dane))
    {
      *why = "no TLS";
      return self->evidence || !enj_assurance_needs_tls (self, remote);
    }
  return judge (self, remote, why) != ENJ_PROOF_NONE;
}
