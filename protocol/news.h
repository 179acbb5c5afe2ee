/* news.h - what server-to-server streams have to tell, in order.
 *
 * One kind of event for inbound and outbound, since with bidi (XEP-0288) each
 * does a part of the other's work.  @local and @remote are canonical. */
#pragma once

#include "protocol/dialback.h"
#include "protocol/evidence.h"
#include "protocol/stanza.h"
#include "protocol/wake.h"

/* How a pair was proved. */
typedef enum
{
  ENJ_PROOF_NONE,
  ENJ_PROOF_DIALBACK,
  ENJ_PROOF_EXTERNAL,
  ENJ_PROOF_CERTIFICATE, /* dialback answered by PKIX (XEP-0344) */
  ENJ_PROOF_DANE,        /* dialback answered by DANE */
  ENJ_PROOF_DANE_TRUSTED /* and by PKIX, which its usages 0 and 1 ask for */
} EnjProof;

const char *enj_proof_format (EnjProof proof); /* "dialback", "EXTERNAL"... */

/* Of a server that we have called: "peer by certificate", "peer by DANE", "peer not proved". */
const char *enj_proof_describe_peer (EnjProof proof);
const char *enj_proof_format_peer (EnjProof proof); /* "certificate", "DANE"; NULL for none */
EnjProof enj_proof_of_fit (EnjDaneFit fit);

/* Is it one of a certificate that has to be believed, and be in date, as long as it lasts? */
gboolean enj_proof_needs_trust (EnjProof proof);

typedef enum
{
  /* The peer proves itself to us. */
  ENJ_NEWS_STANZA,   /* stanza, with canonical addresses, of an admitted pair */
  ENJ_NEWS_QUESTION, /* local, remote, id (of the stream), key, evidence: is it yours? */
  ENJ_NEWS_ADMITTED, /* local, remote, proof, evidence: the remote domain may write here */
  /* We prove ourselves to the peer. */
  ENJ_NEWS_READY,   /* negotiated: pairs and questions may be put */
  ENJ_NEWS_UP,      /* local, remote, proof: stanzas of that pair may be sent */
  ENJ_NEWS_REFUSED, /* local, remote, answer, condition */
  ENJ_NEWS_ANSWER,  /* local, remote, id, answer, condition: to our question */
  ENJ_NEWS_MOVED    /* host, port: see-other-host of a peer that we trust (S25) */
} EnjNewsType;

/* Clear it; the receiver may steal what it wants. */
typedef struct
{
  EnjNewsType type;
  char *local;
  char *remote;
  EnjStanza *stanza;
  char *id;
  char *key;
  EnjEvidence *evidence;
  gboolean needs_certificate; /* QUESTION: policy takes no dialback for this remote */
  EnjProof proof;
  EnjDialbackType answer;
  EnjStanzaCondition condition;
  char *host;
  guint16 port;
} EnjNews;

void enj_news_clear (EnjNews *news);

typedef struct
{
  GQueue queue;
  EnjWake wake;
} EnjNewsQueue;

void enj_news_queue_init (EnjNewsQueue *self, EnjWake wake);
void enj_news_queue_clear (EnjNewsQueue *self);

/* A new one at the end, to be filled in; wakes. */
EnjNews *enj_news_queue_push (EnjNewsQueue *self, EnjNewsType type, const char *local,
                              const char *remote);

/* FALSE when there are none. */
gboolean enj_news_queue_pop (EnjNewsQueue *self, EnjNews *news);
