/* authority.h - certificate authorities, and what they sign, made for a test.
 *
 *   g_autoptr (EnjTestAuthority) root = enj_test_authority_new ("root", NULL);
 *   const EnjTestLeaf leaf = { .names = "dns:a.example xmpp:a.example" };
 *   g_autoptr (EnjCredentials) a = enj_test_authority_issue (root, &leaf);
 *   g_autoptr (EnjTrust) trust = enj_test_authority_trust_new (root);
 *   enj_wall_set (enj_test_wall);
 *
 * All is P-256 with SHA-256, valid around ENJ_TEST_WALL unless told otherwise.
 * Whatever does not work ends the test. */
#pragma once

#include "protocol/credentials.h"
#include "protocol/trust.h"

#define ENJ_TEST_WALL G_GINT64_CONSTANT (1700000000)
#define ENJ_TEST_DAY G_GINT64_CONSTANT (86400)

/* The time of all tests: ENJ_TEST_WALL, until it is moved. */
gint64 enj_test_wall (void);
void enj_test_wall_move (gint64 wall);

/* What is not given stays out of the certificate. */
typedef struct
{
  const char *names;       /* "dns:A xmpp:B srv:_xmpp-server.C mail:D"; ^ stands for a NUL byte */
  const char *common_name; /* "leaf" by default */
  const char *purposes;    /* extended key usage: OIDs, blanks between them */
  gint64 start;            /* seconds since 1970; 0: a year before ENJ_TEST_WALL */
  gint64 end;              /* 0: a year behind it */
  gboolean is_ca;
  const char *key;         /* PEM; by default a new one */
} EnjTestLeaf;

typedef struct EnjTestAuthority EnjTestAuthority;

/* Signed by @above, which must live as long, or by itself where that is NULL. */
EnjTestAuthority *enj_test_authority_new (const char *name, EnjTestAuthority *above);
void enj_test_authority_free (EnjTestAuthority *self);

/* The same, for names below @dns (RFC 5280 4.2.1.10) only. */
EnjTestAuthority *enj_test_authority_new_limited (const char *name, EnjTestAuthority *above,
                                                  const char *dns);

/* The certificate of the authority, PEM. */
const char *enj_test_authority_get_pem (const EnjTestAuthority *self);

/* What believes this authority alone. */
EnjTrust *enj_test_authority_trust_new (const EnjTestAuthority *self);

/* A key and its certificate as PEM texts; behind the leaf come the authorities up to,
 * and without, the root.  With NULL as @self it is signed by itself. */
void enj_test_authority_issue_pem (EnjTestAuthority *self, const EnjTestLeaf *leaf,
                                   char **certificate, char **key);
EnjCredentials *enj_test_authority_issue (EnjTestAuthority *self, const EnjTestLeaf *leaf);

/* A list of all that it has revoked until now, and of the leaf of @certificate, which may
 * be NULL.  Up to date for a month from ENJ_TEST_WALL on.  PEM, new string. */
char *enj_test_authority_revoke (EnjTestAuthority *self, const char *certificate);

/* The leaf of a PEM text; and the whole chain in DER, cleared by enj_test_chain_clear(). */
gnutls_x509_crt_t enj_test_leaf_new (const char *pem);

typedef struct
{
  gnutls_datum_t der[8];
  guint n;
} EnjTestChain;

void enj_test_chain_fill (EnjTestChain *self, const char *pem);
void enj_test_chain_clear (EnjTestChain *self);

/* What @trust says of it. */
const char *enj_test_chain_check (const EnjTestChain *self, EnjTrust *trust);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjTestAuthority, enj_test_authority_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (EnjTestChain, enj_test_chain_clear)
