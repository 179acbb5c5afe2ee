/* dns-answer.h - what name servers answer: bytes to values.
 *
 * The bytes are a stranger's: every length is checked, and a name that could
 * not be a host's makes the record void.
 *
 * Does not ask, follow aliases or sort. */
#pragma once

#include "protocol/address.h"
#include "protocol/dane.h"
#include "protocol/servers.h"

/* @rcode as in RFC 1035 4.1.1; @bogus where DNSSEC found a forgery. */
EnjLookupResult enj_dns_answer_judge (int rcode, gboolean has_data, gboolean bogus);

/* What two look-ups of one name say together: a forgery if either is one, data if either has
 * some, else the worse.  Their order does not matter. */
EnjLookupResult enj_dns_answer_merge (EnjLookupResult a, EnjLookupResult b);

/* RFC 2782: the data of one record, names not compressed.  On TRUE the target is
 * newly allocated, in lower case. */
gboolean enj_dns_answer_parse_srv (const guint8 *data, gsize len, EnjSrvRecord *record);

/* The data of an A or AAAA record; port 0. */
gboolean enj_dns_answer_parse_address (const guint8 *data, gsize len, EnjAddress *address);

/* RFC 6698 2.1: three numbers, and data behind them.  @record borrows @data. */
gboolean enj_dns_answer_parse_tlsa (const guint8 *data, gsize len, EnjTlsaRecord *record);
