/* nameserver.h - a name server on loopback, in the loop of the test. */
#pragma once

#include "component/loop.h"
#include "tests/support/signer.h"

#define ENJ_TEST_A 1
#define ENJ_TEST_CNAME 5
#define ENJ_TEST_AAAA 28
#define ENJ_TEST_SRV 33
#define ENJ_TEST_TLSA 52

/* Types that no record has: the name is there and nothing else; SERVFAIL; no answer, but where
 * something else was found. */
#define ENJ_TEST_NOTHING 0
#define ENJ_TEST_FAILS -1
#define ENJ_TEST_IS_SILENT -2

/* A name that is in none of them does not exist. */
typedef struct
{
  const char *name;
  int type;
  const char *data;
  gsize len;
} EnjTestRecord;

typedef struct EnjTestNameserver EnjTestNameserver;

EnjTestNameserver *enj_test_nameserver_new (EnjLoop *loop, const EnjTestRecord *zone, guint n);
void enj_test_nameserver_free (EnjTestNameserver *self);

guint16 enj_test_nameserver_get_port (const EnjTestNameserver *self);
guint enj_test_nameserver_count (const EnjTestNameserver *self); /* questions so far */

/* All is one zone, signed from now on, and what does not exist has no data.  Below names that
 * begin with "insecure" is another zone, which is not signed; signatures of names that begin with
 * "forged" are not true. */
void enj_test_nameserver_sign (EnjTestNameserver *self, const EnjTestSigner *signer);

/* For "." there is no answer. */
void enj_test_nameserver_hide_root (EnjTestNameserver *self);
