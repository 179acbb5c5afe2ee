/* limits.h - every bound that the protocol keeps, with its default.
 *
 * The table is the [limits] group of the configuration: field, key, default,
 * lowest and highest value.  Times are seconds, sizes bytes. */
#pragma once

#include <glib.h>

#define ENJ_LIMITS(X)                                                               \
  X (connections, "connections", 8192, 1, 1000000)                                  \
  X (connections_per_address, "connections-per-address", 256, 1, 1000000)           \
  X (unauthenticated, "unauthenticated", 512, 1, 1000000)                           \
  X (unauthenticated_per_address, "unauthenticated-per-address", 8, 1, 1000000)     \
  X (accept_rate_per_address, "accept-rate-per-address", 10, 0, 1000000)            \
  X (tls_handshakes, "tls-handshakes", 64, 1, 1000000)                              \
  X (connect_timeout, "connect-timeout", 10, 1, 3600)                               \
  X (header_timeout, "header-timeout", 30, 1, 3600)                                 \
  X (tls_timeout, "tls-timeout", 30, 1, 3600)                                       \
  X (negotiation_timeout, "negotiation-timeout", 90, 1, 3600)                       \
  X (link_handshake_timeout, "link-handshake-timeout", 15, 1, 3600)                 \
  X (keepalive, "keepalive", 300, 1, 86400)                                         \
  X (idle_timeout, "idle-timeout", 3600, 1, 604800)                                 \
  X (stall_timeout, "stall-timeout", 180, 1, 86400)                                 \
  X (close_timeout, "close-timeout", 5, 1, 3600)                                    \
  X (retry_max, "retry-max", 300, 1, 86400)                                         \
  X (link_retry_max, "link-retry-max", 60, 1, 86400)                                \
  X (stanza_size, "stanza-size", 262144, 10000, 10485760)                           \
  X (stanza_size_unauthenticated, "stanza-size-unauthenticated", 10000, 10000, 10485760) \
  X (stanza_size_link, "stanza-size-link", 512000, 10000, 10485760)                 \
  X (elements, "elements", 10000, 32, 1000000)                                      \
  X (elements_unauthenticated, "elements-unauthenticated", 32, 16, 1000000)         \
  X (depth, "depth", 64, 8, 1000)                                                   \
  X (attributes, "attributes", 64, 16, 10000)                                       \
  X (pairs_per_stream, "pairs-per-stream", 64, 1, 100000)                           \
  X (dialbacks_per_stream, "dialbacks-per-stream", 4, 1, 1000)                      \
  X (lookups, "lookups", 64, 1, 100000)                                             \
  X (lookups_per_source, "lookups-per-source", 4, 1, 100000)                        \
  X (queue_stanzas, "queue-stanzas", 1024, 1, 10000000)                             \
  X (queue_bytes, "queue-bytes", 4194304, 10000, 1073741824)                        \
  X (queue_age, "queue-age", 60, 1, 86400)                                          \
  X (memory, "memory", 268435456, 1048576, 1099511627776)                           \
  X (rate, "rate", 1048576, 0, 1099511627776)

typedef struct
{
#define X(field, key, value, low, high) guint64 field;
  ENJ_LIMITS (X)
#undef X
} EnjLimits;

#define ENJ_SECOND G_USEC_PER_SEC

static inline EnjLimits
enj_limits_default (void)
{
  return (EnjLimits){
#define X(field, key, value, low, high) .field = value,
    ENJ_LIMITS (X)
#undef X
  };
}
