/* dns.h - libunbound in the loop: one question, the answer of a name server.
 *
 * A thread of libunbound's own asks and validates; all functions here run in the
 * loop.  Before the first question it finds out whether the server passes on
 * what DNSSEC needs, and goes on without where it does not, with one warning;
 * now and then, when it is asked for something, it finds out anew.
 *
 * Does not ask a question again, mind its time or read records. */
#pragma once

#include "protocol/wake.h"
#include "component/loop.h"

/* RFC 1035 3.2.2; RFC 3596; RFC 2782; RFC 6698 7.1. */
#define ENJ_DNS_A 1
#define ENJ_DNS_AAAA 28
#define ENJ_DNS_SRV 33
#define ENJ_DNS_TLSA 52

typedef struct EnjDns EnjDns;
typedef struct EnjDnsSource EnjDnsSource;

/* NULL-terminated @data with lengths; valid inside the function only. */
typedef struct
{
  int rcode;
  gboolean has_data;
  gboolean bogus;  /* DNSSEC found a forgery */
  gboolean secure; /* DNSSEC vouches for all of it, aliases too */
  char *const *data;
  const int *len;
} EnjDnsAnswer;

/* From the loop; NULL where there is no answer.  Must not free the EnjDns. */
typedef void (*EnjDnsFunc) (const EnjDnsAnswer *answer, gpointer data);

/* One question, kept by who asks it. */
typedef struct
{
  EnjDnsFunc func;
  gpointer data;
  EnjDnsSource *source; /* these two are ours: where it was asked, and libunbound's */
  int id;
  gboolean is_asked;
} EnjDnsQuery;

/* @server is "ip@port", NULL for those of resolv.conf.  @anchor is a file, NULL
 * for none; one that cannot be read is none.  @ready: is_ready() has become TRUE. G_FILE_ERROR. */
EnjDns *enj_dns_new (EnjLoop *loop, const char *server, const char *anchor, EnjWake ready,
                     GError **error);

/* After the last question. */
void enj_dns_free (EnjDns *self);

/* FALSE while it does not know yet what to trust; the first call makes it ask. */
gboolean enj_dns_is_ready (EnjDns *self);

/* Only when ready.  FALSE: there will be no answer. */
gboolean enj_dns_ask (EnjDns *self, EnjDnsQuery *query, const char *name, int type);

/* No answer then; one that is not asked is left alone. */
void enj_dns_cancel (EnjDnsQuery *query);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjDns, enj_dns_free)
