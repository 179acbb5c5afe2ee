/* hunt.h - a test's view of EnjTargets: what it asks, what it is told. */
#pragma once

#include "protocol/targets.h"

/* One machine for remote.example, what it wished for last, and the time. */
typedef struct
{
  EnjTargets *targets;
  EnjTargetsWish wish;
  guint plain; /* tickets of the two first questions */
  guint direct;
  gint64 now;
} EnjTestHunt;

/* What enj_targets_new() takes. */
void enj_test_hunt_start_at (EnjTestHunt *self, const char *host, guint16 port,
                             gboolean direct_tls, gboolean allow_private);

/* From the DNS; both SRV questions are there at once. */
void enj_test_hunt_start (EnjTestHunt *self, gboolean allow_private);

/* The same, and there are no SRV records. */
void enj_test_hunt_skip_srv (EnjTestHunt *self);
void enj_test_hunt_stop (EnjTestHunt *self);

/* The next wish is this one, or there is none. */
void enj_test_hunt_asks (EnjTestHunt *self, EnjTargetsWishType type, const char *name);
guint enj_test_hunt_connects (EnjTestHunt *self, const char *address, gboolean direct_tls);
void enj_test_hunt_fails_at (EnjTestHunt *self, const char *address, gboolean direct_tls);
void enj_test_hunt_gives_up (EnjTestHunt *self, EnjStanzaCondition condition, gboolean is_final);
void enj_test_hunt_quiet (EnjTestHunt *self);

/* Lines of "priority weight port target", where "." is no target; without any, no such name. */
void enj_test_hunt_srv (EnjTestHunt *self, guint ticket, gboolean secure,
                        const char *const *lines);

/* To the last wish. */
void enj_test_hunt_addresses (EnjTestHunt *self, gboolean secure, const char *const *texts);

/* To the last wish; "030101ab" is a record. */
void enj_test_hunt_tlsa (EnjTestHunt *self, EnjLookupResult result, gboolean secure,
                         const char *record);

#define LINES(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Of _xmpp-server only; nothing is secure. */
#define SRV(hunt, ...)                                                                            \
  (enj_test_hunt_srv ((hunt), (hunt)->plain, FALSE, LINES (__VA_ARGS__)),                         \
   enj_test_hunt_srv ((hunt), (hunt)->direct, FALSE, LINES (NULL)))
#define ADDRESSES(hunt, ...) enj_test_hunt_addresses ((hunt), FALSE, LINES (__VA_ARGS__))
