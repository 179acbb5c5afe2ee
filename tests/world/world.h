/* world.h - several bridges in memory, with names, connections and time of
 * their own: no socket, no clock.
 *
 * A server is an EnjExchange that listens at 192.0.2.N.  What it wants to look
 * up is answered from a table, what it wants to dial leads to another server, to
 * a puppet that the test plays itself, or nowhere.  Its service keeps what it is
 * given, but answers pings (XEP-0199) of servers.  A puppet may also be what a server's link
 * leads to.
 *
 * run() goes on until nobody has anything to do; step() does one thing of those
 * that could be done, by chance. */
#pragma once

#include "protocol/exchange.h"

/* What the components of worlds need to be let in. */
#define ENJ_WORLD_PORT "port"
#define ENJ_WORLD_SECRET "s3cr3t"

typedef struct EnjWorld EnjWorld;

/* The far end of a connection, played by the test.  That of a link works through what it
 * hears, and answers pings as a server does, unless it is mute. */
typedef struct
{
  GString *heard;
  EnjBytes says;
  gsize handled;    /* of what was heard */
  gboolean is_link;
  gboolean is_mute;
  gboolean is_gone; /* the server has closed the connection */
  gboolean is_deaf;
} EnjPuppet;

typedef struct
{
  EnjWorld *world;
  char *domain;
  EnjExchange *exchange;
  EnjAddress address;
  gboolean is_away;   /* nobody listens */
  gboolean is_scarce; /* has no descriptor to connect with */
  gboolean is_silent; /* a connection is neither made nor refused */
  gboolean is_puppet; /* the test plays whoever is connected to */
  gboolean is_mute;   /* pings of servers go unanswered */
  gboolean is_busy;   /* it reads, and gets no further */
  GPtrArray *inbox;   /* stanzas for the service, as text */
  GPtrArray *asked;   /* names that were looked up */
  GString *sources;   /* who has caused that, each with a blank behind */
  GString *events;    /* "link-up", "link-down", "link-refused", "hosted-up", "up>remote"... */
} EnjWorldServer;

EnjWorld *enj_world_new (void);
void enj_world_free (EnjWorld *self);
gint64 enj_world_now (const EnjWorld *self);

/* @domain has a link, behind which home.@domain is; also.@domain has none; the service of
 * hosted.@domain, whose link leads there too, is a component that connects.  @limits may be
 * NULL. */
EnjWorldServer *enj_world_add (EnjWorld *self, const char *domain, EnjEncryption encryption,
                               const EnjLimits *limits);

/* One more record for _xmpp-server of @domain; "" is ".". */
void enj_world_add_srv (EnjWorld *self, const char *domain, guint16 priority, const char *target);
void enj_world_add_address (EnjWorld *self, const char *name, const EnjAddress *address);

/* What the look-up of @name (as it is asked for) gives; G_MAXUINT is no answer at all. */
void enj_world_set_result (EnjWorld *self, const char *name, guint result);

/* A stanza of the service of @server, but of hosted.@domain; FALSE where it is not taken. */
gboolean enj_world_send (EnjWorldServer *server, const char *xml);

void enj_world_run (EnjWorld *self);
void enj_world_wait (EnjWorld *self, gint64 time);
gboolean enj_world_step (EnjWorld *self, GRand *chance);

/* Look-ups and connections stay undone until they are allowed again. */
void enj_world_hold (EnjWorld *self, gboolean lookups, gboolean dials);

/* Connects the link of @server to a new puppet, which is owned by the world. */
EnjPuppet *enj_world_attach (EnjWorldServer *server);

/* A new puppet has connected to the listener for the component of hosted.@domain; NULL where it
 * is turned away. */
EnjPuppet *enj_world_host (EnjWorldServer *server);

/* The newest puppet that somebody has connected to. */
EnjPuppet *enj_world_get_puppet (EnjWorld *self);
void enj_world_say (EnjWorld *self, EnjPuppet *puppet, const char *xml);
void enj_world_hang_up (EnjWorld *self, EnjPuppet *puppet);

/* All connections between @a and @b are gone; NULL is anybody. */
void enj_world_cut (EnjWorld *self, EnjWorldServer *a, EnjWorldServer *b);

/* Between servers nothing arrives any longer, though it is sent. */
void enj_world_freeze (EnjWorld *self, gboolean frozen);
guint enj_world_count_wires (const EnjWorld *self);

/* @server has died, with all that it had, and comes back with usual limits. */
void enj_world_restart (EnjWorldServer *server, EnjEncryption encryption);

/* Fails the test where a stanza is not accounted for (law.h); the others do it, too. */
void enj_world_check_law (const EnjWorld *self);
