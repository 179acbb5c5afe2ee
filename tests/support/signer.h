/* signer.h - the key of a root zone, and its signatures (RFC 4034). */
#pragma once

#include <glib.h>

#define ENJ_TEST_NS 2
#define ENJ_TEST_DS 43
#define ENJ_TEST_RRSIG 46
#define ENJ_TEST_NSEC 47
#define ENJ_TEST_DNSKEY 48

/* Time to live of all that is signed, in seconds. */
#define ENJ_TEST_TTL 60

typedef struct EnjTestSigner EnjTestSigner;

EnjTestSigner *enj_test_signer_new (void);
void enj_test_signer_free (EnjTestSigner *self);

/* A line for a file of trust anchors. */
char *enj_test_signer_new_anchor (const EnjTestSigner *self);

/* The data of its DNSKEY record. */
GBytes *enj_test_signer_get_key (const EnjTestSigner *self);

/* The data of the RRSIG record for @records, of GBytes, of @name in lower case. */
GBytes *enj_test_signer_new_signature (const EnjTestSigner *self, const char *name, int type,
                                       GPtrArray *records);

/* "a.example" as in a packet. */
void enj_test_signer_append_name (GByteArray *bytes, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjTestSigner, enj_test_signer_free)
