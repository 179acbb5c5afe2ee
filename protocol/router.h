/* router.h - to whom a stanza goes.  Decides; does not deliver.
 *
 * The exact domain first: our own domains to their service, what the link
 * reaches by the link, the rest by server-to-server streams; never from one
 * remote server to another, and never out under a name that is not ours. */
#pragma once

#include "protocol/jid.h"
#include "protocol/settings.h"
#include "protocol/stanza.h"
#include "protocol/tally.h"

typedef enum
{
  ENJ_ORIGIN_LINK,   /* came over a component link */
  ENJ_ORIGIN_PEER,   /* came over a stream, its pair verified */
  ENJ_ORIGIN_SERVICE, /* sent by one of our services, or an error of our own */
  ENJ_ORIGIN_HOSTED   /* came from a component that is connected to us */
} EnjOrigin;

#define ENJ_N_ORIGINS (ENJ_ORIGIN_HOSTED + 1)

typedef enum
{
  ENJ_ROUTE_SERVICE, /* domain: the component */
  ENJ_ROUTE_LINK,    /* domain: the component whose link it is */
  ENJ_ROUTE_PEER,    /* local, domain: the pair */
  ENJ_ROUTE_BOUNCE,  /* condition, error_type, text */
  ENJ_ROUTE_DROP     /* drop, text: by which rule */
} EnjRoute;

/* Domains are canonical, "" where there is none. */
typedef struct
{
  EnjRoute route;
  EnjStanzaCondition condition;
  EnjTallyDrop drop;
  const char *error_type;
  const char *text;
  char local[ENJ_JID_DOMAIN_SIZE]; /* of `from` */
  char domain[ENJ_JID_DOMAIN_SIZE];
} EnjDecision;

void enj_router_decide (const EnjSettings *settings, EnjOrigin origin, const EnjStanza *stanza,
                        EnjDecision *decision);

/* The stanza for a LINK or a PEER: the domain of its `from` as @decision spells it, for servers
 * compare bytes.  A new reference; NULL when memory cannot be had. */
EnjStanza *enj_router_spell_new (const EnjDecision *decision, EnjStanza *stanza);

/* The same for a component that is connected to us: the domain of its `to` is @domain, and
 * errors of our own, about what was to nobody, come from there. */
EnjStanza *enj_router_spell_to_new (const char *domain, EnjStanza *stanza);

/* Tells that it is dropped, by which rule and why (or NULL), as a line about the remote domain
 * among its addresses: who has many dropped hides nothing of others. */
void enj_router_log_drop (const EnjSettings *settings, const EnjStanza *stanza, const char *rule,
                          const char *why);

/* May a service of @component send it: is `from` within, and is there a `to`? */
gboolean enj_router_may_send (const char *component, const EnjStanza *stanza);
