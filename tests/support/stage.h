/* stage.h - what a transcript says before anybody speaks: who we are, what we
 * want of whom, our limits.  Builds the settings and the machine from it. */
#pragma once

#include "tests/support/actor.h"
#include "tests/support/script.h"

typedef struct
{
  char **role; /* words of the line */
  EnjPeerPolicy fallback;
  GPtrArray *peers;  /* of char **, words of the line */
  GPtrArray *locals; /* of char *, patterns */
  EnjLimits limits;
  char *secret;
  gboolean has_certificates;
  gboolean trusts_nobody; /* that has signed what is shown */
  gboolean has_revoked;   /* what is shown */
  gboolean is_shared; /* other instances have our domains, too */
  gboolean direct_tls;
  char *secure_host; /* that DNSSEC vouches for; NULL for none */
  gboolean has_dane; /* of what the other side shows when the connection begins */
  guint8 dane_usage;
  char *peer; /* the certificate that the other side shows; NULL for none */
} EnjTestStage;

void enj_test_stage_init (EnjTestStage *self);
void enj_test_stage_clear (EnjTestStage *self);

/* FALSE where the word is none of: role, policy, local, limit, secret,
 * certificates, certificate, trust, shared, direct-tls, secure-host, dane.
 *
 * "certificate ISSUER NAME... [cn=NAME] [purpose=WORD] [end=SECONDS] [start=SECONDS] [ca]"
 * is what the other side shows from then on.  ISSUER is root, middle (below it; root is what we
 * trust), stranger or self; NAME is dns:A, xmpp:A or srv:_xmpp-server.A; WORD is server, client,
 * any, xmpp or code; SECONDS count from the beginning of the test.  "certificate none" takes it
 * away; "trust none" is trust in an authority that has signed nothing of it, "trust revoked"
 * in root, which has revoked what the other side shows by then.
 * "dane [USAGE]" is a TLSA record of the other side's certificate; DANE-EE by default. */
gboolean enj_test_stage_take (EnjTestStage *self, const EnjTestStep *step);

/* Makes the machine. */
void enj_test_stage_enter (const EnjTestStage *self, EnjTestActor *actor);

/* New settings, by what was said since, for an inbound or an outbound stream. */
void enj_test_stage_reload (const EnjTestStage *self, EnjTestActor *actor);

/* What the other side shows now; NULL for nothing.  Borrowed. */
EnjCredentials *enj_test_stage_get_peer (const EnjTestStage *self);

/* Something that nobody trusts, made once for each domain.  Borrowed. */
EnjCredentials *enj_test_stage_get_credentials (const char *domain);
