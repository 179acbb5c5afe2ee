/* actor.h - one of our machines with a peer's hands on it: inbound, outbound,
 * link or hosted, driven as a wire would drive it.
 *
 * Bytes go in and out whole or in pieces, through TLS when the peer has
 * started it.  Time stands still but in wait(), and for the few milliseconds
 * after which a machine wants to look again at what expat deferred; the time
 * on the wall goes with wait(). */
#pragma once

#include "protocol/hosted.h"
#include "protocol/inbound.h"
#include "protocol/link.h"
#include "protocol/outbound.h"

typedef enum
{
  ENJ_TEST_WHOLE,
  ENJ_TEST_BYTES,     /* the peer's bytes come one by one */
  ENJ_TEST_CUT,       /* in random pieces */
  ENJ_TEST_DRAIN_ONE, /* ours leave one by one */
  ENJ_TEST_REST,      /* one by one, and the parser rests wherever it can */
  ENJ_TEST_N_WAYS
} EnjTestWay;

typedef struct
{
  EnjInbound *inbound; /* one of the three */
  EnjOutbound *outbound;
  EnjCarrier *link;
  EnjHosted *hosted;   /* where the link is that of a component */
  gboolean told_wish;
  EnjSession *session;
  EnjSettings *settings;
  EnjCounters counters;
  EnjTestWay way;
  GRand *chance;
  gint64 now;
  EnjTls *tls;       /* the peer's end */
  GString *said;     /* what our side has written, in clear */
  GString *ciphered; /* what waits for the peer's end */
  gboolean is_deaf;  /* the peer does not read */
} EnjTestActor;

/* The caller makes one of the three and takes its session. */
void enj_test_actor_init (EnjTestActor *self, EnjTestWay way, guint32 seed);
void enj_test_actor_clear (EnjTestActor *self);

/* The peer writes; or writes and closes the connection in the same moment. */
void enj_test_actor_feed (EnjTestActor *self, const char *data, gsize len);
void enj_test_actor_feed_last (EnjTestActor *self, const char *data, gsize len);

/* The peer reads what there is, unless it is deaf. */
void enj_test_actor_pump (EnjTestActor *self);

/* The peer starts TLS: FALSE where the handshake does not come to its end.
 * @server_name is sent by a client, or NULL; @own may be NULL for a client. */
gboolean enj_test_actor_start_tls (EnjTestActor *self, gboolean is_server,
                                   const char *server_name, EnjCredentials *own);
void enj_test_actor_close_tls (EnjTestActor *self);

void enj_test_actor_wait (EnjTestActor *self, gint64 time);

/* What the machine hands out next, in words, "" for nothing: "question from=a
 * to=b id=... key=... needs=yes|no" (a certificate), "up from=a to=b
 * proof=external|dialback|certificate|dane|dane-trusted",
 * "up", "wish DOMAIN" of a hosted component, "ready", "refused TYPE CONDITION",
 * "answer id=... TYPE CONDITION", each with local=a remote=b where that is outbound's; for
 * "stanza", and "cut" for one of which the head was kept, the text is in @xml. */
char *enj_test_actor_next_new (EnjTestActor *self, char **xml);
