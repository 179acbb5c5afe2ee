#include "config.h"

#include "protocol/targets.h"

#include <string.h>

#include "protocol/deadlines.h"
#include "protocol/jid.h"

#define ADDRESSES_MAX 8

/* RFC 1035 2.3.4, without the last dot. */
#define NAME_LENGTH_MAX 253

#define XMPP_SERVER_PORT 5269

/* Before the next server is turned to while the last one has not failed: that one comes first by
 * the domain's own word (RFC 2782), so a lost SYN is sent once more. */
#define SERVER_DELAY (1 * G_TIME_SPAN_SECOND)

/* XEP-0368 3: both kinds count as one. */
static const struct
{
  const char *prefix;
  gboolean direct_tls;
} kinds[] = {
  { "_xmpp-server._tcp.", FALSE },
  { "_xmpps-server._tcp.", TRUE },
};

#define N_KINDS G_N_ELEMENTS (kinds)

/* Something to look up. */
typedef struct
{
  char *name; /* NULL for nothing */
  guint ticket;
  gboolean is_open;  /* wished for */
  gboolean is_wanted;
  gboolean has_failed;
  gboolean is_secure; /* the answer */
} Question;

struct EnjTargets
{
  char *domain; /* A-labels */
  gboolean allow_private;
  gboolean is_moved; /* there by the word of a peer */
  GArray *forbidden; /* of EnjAddress */
  guint last_ticket;

  Question services[N_KINDS];
  EnjServers servers;
  guint server;       /* to be looked up, or being so */
  Question addresses; /* of that server */
  Question tlsa;
  EnjAddress found[ADDRESSES_MAX]; /* of that server */
  guint n_found;
  EnjRace race;
  gint64 next_server; /* not before, while an attempt is open */

  gboolean has_srv;      /* records were there, be it only "." */
  gboolean has_refusal;  /* the address policy left something out */
  gboolean has_no_reply; /* a look-up failed */
  gboolean has_no_turn;  /* a look-up was refused, by ourselves */
  gboolean has_tried;
  gboolean has_met; /* a server that was of no use */
  gboolean is_scarce; /* of us it was that an attempt failed */
  char *why;        /* an attempt failed, the most telling */
  GError *error;
  gboolean is_final;
  gboolean is_over;
};

/* ---- Questions -------------------------------------------------------- */

static void
question_set (EnjTargets *self, Question *question, char *name)
{
  g_free (question->name);
  *question = (Question){ .name = name, .ticket = ++self->last_ticket, .is_wanted = TRUE };
}

static void
question_clear (Question *question)
{
  g_free (question->name);
  *question = (Question){ 0 };
}

/* FALSE where @ticket is not that of an open question. */
static gboolean
question_close (Question *question, guint ticket)
{
  if (!question->is_open || question->ticket != ticket)
    return FALSE;
  question->is_open = FALSE;
  return TRUE;
}

static gboolean
question_ask (Question *question, EnjTargetsWishType type, EnjTargetsWish *wish)
{
  if (!question->is_wanted)
    return FALSE;
  question->is_wanted = FALSE;
  question->is_open = TRUE;
  *wish = (EnjTargetsWish){ .type = type, .ticket = question->ticket, .name = question->name };
  return TRUE;
}

static gboolean
question_is_pending (const Question *question)
{
  return question->is_wanted || question->is_open;
}

/* ---- Giving up -------------------------------------------------------- */

/* RFC 6120 10.4.3: not resolved is remote-server-not-found, not connected is
 * remote-server-timeout; that we did not even ask is our lack of room.  Final is what the DNS
 * has said for certain.  The text never names a host, for it may travel to somebody who must
 * not know it. */
static void
give_up (EnjTargets *self)
{
  EnjStanzaCondition condition = ENJ_STANZA_REMOTE_SERVER_NOT_FOUND;
  const char *text;

  if (self->is_scarce && !self->has_met)
    {
      condition = ENJ_STANZA_RESOURCE_CONSTRAINT;
      text = ENJ_TARGETS_SCARCE;
    }
  else if (self->has_tried)
    {
      condition = ENJ_STANZA_REMOTE_SERVER_TIMEOUT;
      text = self->why ? self->why : "no server of the domain could be reached";
    }
  else if (self->has_no_reply)
    text = "the DNS gave no answer";
  else if (self->has_no_turn)
    {
      condition = ENJ_STANZA_RESOURCE_CONSTRAINT;
      text = "too many names are being looked up";
    }
  else
    {
      self->is_final = TRUE;
      if (self->has_refusal)
        text = "address policy: the DNS leads to no address that is allowed";
      else if (self->has_srv)
        text = "the domain offers no server-to-server service";
      else
        text = "the domain has no address";
    }

  self->error = g_error_new (ENJ_STANZA_ERROR, (gint) condition, "%s", text);
}

/* FALSE where @result is none. */
static gboolean
note_failure (EnjTargets *self, EnjLookupResult result)
{
  gboolean has_no_reply = result == ENJ_LOOKUP_FAILED || result == ENJ_LOOKUP_FORGED;
  gboolean has_no_turn = result == ENJ_LOOKUP_REFUSED;

  self->has_no_reply |= has_no_reply;
  self->has_no_turn |= has_no_turn;
  return has_no_reply || has_no_turn;
}

/* ---- SRV records ------------------------------------------------------ */

/* The domain's own address instead of SRV records.  RFC 6120 3.2.1 and XEP-0368 5: not where there
 * are some, and be it ".".  RFC 7673 3.1: nor where the look-up of _xmpp-server has failed, though
 * RFC 6120 3.2.1 would have it.  A failure of _xmpps-server alone, which RFC 6120 knows nothing
 * of, says nothing about that; but if the zone is signed, as the answer to the other question
 * shows, somebody may be hiding what TLSA records belong to (RFC 7672 2.1). */
static gboolean
may_fall_back (const EnjTargets *self)
{
  const Question *starttls = &self->services[0];
  const Question *direct = &self->services[1];

  return !self->has_srv && !starttls->has_failed
         && !(direct->has_failed && starttls->is_secure);
}

/* Both kinds have been answered.  RFC 7673 3.1 ends the attempt "to connect to the desired
 * service" where its look-up has failed: each kind is a service of its own, and the records of
 * the other are as good as ever.  Who hides one kind gains no more than by blocking its servers,
 * which are passed over then, too. */
static void
finish_services (EnjTargets *self)
{
  if (self->servers.n == 0 && may_fall_back (self))
    enj_servers_add (&self->servers, self->domain, XMPP_SERVER_PORT, FALSE);
  else if (self->servers.n == 0)
    give_up (self);
  enj_servers_order (&self->servers);
}

/* Those whose name is too long cannot exist. */
static void
want_services (EnjTargets *self)
{
  for (guint i = 0; i < N_KINDS; i++)
    {
      g_autofree char *name = g_strconcat (kinds[i].prefix, self->domain, NULL);

      if (strlen (name) <= NAME_LENGTH_MAX)
        question_set (self, &self->services[i], g_steal_pointer (&name));
    }
  if (!self->services[0].name && !self->services[1].name)
    finish_services (self);
}

void
enj_targets_srv (EnjTargets *self, guint ticket, EnjLookupResult result, gboolean secure,
                 const EnjSrvRecord *records, guint n)
{
  guint kind = 0;

  while (kind < N_KINDS && !question_close (&self->services[kind], ticket))
    kind++;
  if (kind == N_KINDS || self->error)
    return;

  self->services[kind].is_secure = secure;
  switch (result)
    {
    case ENJ_LOOKUP_FOUND:
      self->has_srv |= n > 0;
      if (!enj_servers_add_records (&self->servers, records, n, kinds[kind].direct_tls,
                                    secure && !self->is_moved))
        self->has_refusal = TRUE;
      break;
    case ENJ_LOOKUP_NO_NAME:
    case ENJ_LOOKUP_NO_DATA:
      break;
    case ENJ_LOOKUP_FAILED:
    case ENJ_LOOKUP_REFUSED:
      self->services[kind].has_failed = note_failure (self, result);
      break;
    case ENJ_LOOKUP_FORGED:
      /* RFC 7673 3.1: somebody is at work there, whatever else is answered. */
      self->has_no_reply = TRUE;
      give_up (self);
      return;
    }

  if (!question_is_pending (&self->services[0]) && !question_is_pending (&self->services[1]))
    finish_services (self);
}

/* ---- Addresses -------------------------------------------------------- */

static void
turn_to_next (EnjTargets *self)
{
  question_clear (&self->addresses);
  question_clear (&self->tlsa);
  self->server++;
}

static void
enter_race (EnjTargets *self, EnjDane *dane)
{
  const EnjServer *server = &self->servers.list[self->server];

  for (guint i = 0; i < self->n_found; i++)
    {
      EnjTarget *target = enj_target_new (&self->found[i], server->host, server->direct_tls,
                                          server->is_secure, dane);

      target->needs_tls = self->is_moved;
      (void) enj_race_add_take (&self->race, target); /* What has no place is one too many. */
    }
  turn_to_next (self);
}

/* Keeps of @addresses those of one family that we may connect to. */
static guint
keep_family (EnjTargets *self, const EnjAddress *addresses, guint n, guint8 length,
             EnjAddress kept[ADDRESSES_MAX])
{
  guint n_kept = 0;

  for (guint i = 0; i < n && n_kept < ADDRESSES_MAX; i++)
    if (addresses[i].length != length)
      continue;
    else if (self->allow_private || !enj_address_is_private (&addresses[i]))
      {
        kept[n_kept] = addresses[i];
        kept[n_kept++].port = self->servers.list[self->server].port;
      }
    else
      self->has_refusal = TRUE;

  return n_kept;
}

/* RFC 8305 4: by turns, so that one family gone dark costs little. */
static void
keep_addresses (EnjTargets *self, const EnjAddress *addresses, guint n)
{
  EnjAddress v6[ADDRESSES_MAX];
  EnjAddress v4[ADDRESSES_MAX];
  guint n_v6 = keep_family (self, addresses, n, 16, v6);
  guint n_v4 = keep_family (self, addresses, n, 4, v4);

  self->n_found = 0;
  for (guint i = 0; i < ADDRESSES_MAX; i++)
    {
      if (i < n_v6 && self->n_found < ADDRESSES_MAX)
        self->found[self->n_found++] = v6[i];
      if (i < n_v4 && self->n_found < ADDRESSES_MAX)
        self->found[self->n_found++] = v4[i];
    }
}

void
enj_targets_addresses (EnjTargets *self, guint ticket, EnjLookupResult result, gboolean secure,
                       const EnjAddress *addresses, guint n)
{
  const EnjServer *server = &self->servers.list[self->server];
  g_autofree char *name = NULL;

  if (!question_close (&self->addresses, ticket))
    return;
  (void) note_failure (self, result); /* There are no addresses then. */
  keep_addresses (self, addresses, result == ENJ_LOOKUP_FOUND ? n : 0);

  /* RFC 7673 3.2: only where all that leads there is secure.  A name too long has no records. */
  name = g_strdup_printf ("_%u._tcp.%s", server->port, server->host);
  if (secure && server->is_secure && self->n_found > 0 && strlen (name) <= NAME_LENGTH_MAX)
    question_set (self, &self->tlsa, g_steal_pointer (&name));
  else
    enter_race (self, NULL);
}

void
enj_targets_tlsa (EnjTargets *self, guint ticket, EnjLookupResult result, gboolean secure,
                  const EnjTlsaRecord *records, guint n)
{
  g_autoptr (EnjDane) dane = NULL;

  if (!question_close (&self->tlsa, ticket))
    return;
  if (note_failure (self, result))
    {
      /* RFC 7673 3.4: not connected to, for we may not know what to ask of its certificate. */
      turn_to_next (self);
      return;
    }
  if (result == ENJ_LOOKUP_FOUND && secure)
    dane = enj_dane_new (records, n);
  enter_race (self, dane);
}

/* ---- Attempts --------------------------------------------------------- */

static gboolean
is_forbidden (const EnjTargets *self, const EnjAddress *address)
{
  for (guint i = 0; i < self->forbidden->len; i++)
    if (enj_address_equal (address, &g_array_index (self->forbidden, EnjAddress, i)))
      return TRUE;

  return FALSE;
}

static void
pass_over_forbidden (EnjTargets *self)
{
  for (guint i = 0; i < self->race.n; i++)
    {
      EnjRunner *runner = &self->race.runners[i];

      if (runner->state != ENJ_RUNNER_NEW || !is_forbidden (self, &runner->target->address))
        continue;
      runner->state = ENJ_RUNNER_OVER;
      self->has_refusal = TRUE;
    }
}

static gboolean
is_looking_up (const EnjTargets *self)
{
  return question_is_pending (&self->services[0]) || question_is_pending (&self->services[1])
         || question_is_pending (&self->addresses) || question_is_pending (&self->tlsa);
}

/* When the server at hand is to be looked up. */
static gint64
get_server_deadline (const EnjTargets *self)
{
  if (self->race.winner || self->race.n == ENJ_RACE_MAX || self->server == self->servers.n
      || is_looking_up (self) || enj_race_has (&self->race, ENJ_RUNNER_NEW))
    return ENJ_NEVER;
  return enj_race_has (&self->race, ENJ_RUNNER_OPEN) ? self->next_server : 0;
}

static void
start_attempt (EnjTargets *self, EnjTargetsWish *wish, gint64 now)
{
  guint ticket = ++self->last_ticket;
  EnjTarget *target = enj_race_start (&self->race, ticket, now);

  self->has_tried = TRUE;
  self->next_server = now + SERVER_DELAY;
  *wish = (EnjTargetsWish){
    .type = ENJ_TARGETS_CONNECT,
    .ticket = ticket,
    .target = target,
  };
}

void
enj_targets_connected (EnjTargets *self, guint ticket)
{
  (void) enj_race_win (&self->race, ticket); /* A ticket that is gone is ignored. */
}

void
enj_targets_failed (EnjTargets *self, guint ticket, const char *why)
{
  gboolean has_met = self->race.winner == ticket;

  if (!enj_race_lose (&self->race, ticket))
    return;

  self->is_scarce |= g_strcmp0 (why, ENJ_TARGETS_SCARCE) == 0;
  /* What a server did tells more than that another was not there. */
  if (!self->why || (has_met && !self->has_met))
    {
      g_free (self->why);
      self->why = g_strdup (why);
      self->has_met = has_met;
    }
}

void
enj_targets_forbid (EnjTargets *self, const EnjAddress *address)
{
  g_array_append_vals (self->forbidden, address, 1);
}

/* ---- Life ------------------------------------------------------------- */

/* Without SRV records. */
static void
want_host (EnjTargets *self, const char *host, guint16 port, gboolean direct_tls)
{
  EnjAddress literal;

  port = port ? port : XMPP_SERVER_PORT;
  if (!self->allow_private && !enj_servers_may_use_port (port))
    {
      self->has_refusal = TRUE;
      return;
    }
  enj_servers_add (&self->servers, host, port, direct_tls);
  if (enj_address_parse (&literal, host, port))
    {
      keep_addresses (self, &literal, 1);
      enter_race (self, NULL);
    }
}

static EnjTargets *
new_for (const char *domain, gboolean allow_private)
{
  EnjTargets *self = g_new0 (EnjTargets, 1);

  self->domain = enj_jid_domain_new_ascii (domain);
  self->forbidden = g_array_new (FALSE, FALSE, sizeof (EnjAddress));
  self->allow_private = allow_private;
  return self;
}

EnjTargets *
enj_targets_new (const char *domain, const char *host, guint16 port, gboolean direct_tls,
                 gboolean allow_private)
{
  EnjTargets *self = new_for (domain, allow_private);

  if (enj_jid_domain_is_ip (domain))
    {
      self->is_final = TRUE;
      self->error = g_error_new (ENJ_STANZA_ERROR, ENJ_STANZA_NOT_ALLOWED,
                                 "an IP address is no domain to talk to");
    }
  else if (host)
    want_host (self, host, port, direct_tls);
  else
    want_services (self);

  return self;
}

EnjTargets *
enj_targets_new_moved (const char *domain, const char *host, guint16 port, const EnjTarget *from,
                       gboolean allow_private)
{
  EnjTargets *self = new_for (host, allow_private);
  EnjAddress literal;

  self->is_moved = TRUE;
  if (enj_address_parse (&literal, host, port))
    want_host (self, host, port, from->direct_tls);
  else if (port == 0)
    want_services (self);
  else if ((strcmp (host, domain) == 0 || strcmp (self->domain, from->host) == 0)
           && enj_servers_may_use_port (port))
    {
      self->allow_private = TRUE; /* We have been there. */
      enj_servers_add (&self->servers, from->host, port, from->direct_tls);
      keep_addresses (self, &from->address, 1);
      enter_race (self, NULL);
    }
  else
    want_host (self, self->domain, port, from->direct_tls);
  return self;
}

void
enj_targets_free (EnjTargets *self)
{
  if (!self)
    return;

  for (guint i = 0; i < N_KINDS; i++)
    question_clear (&self->services[i]);
  question_clear (&self->addresses);
  question_clear (&self->tlsa);
  enj_servers_clear (&self->servers);
  enj_race_clear (&self->race);
  g_array_unref (self->forbidden);
  g_clear_error (&self->error);
  g_free (self->domain);
  g_free (self->why);
  g_free (self);
}

static gboolean
tell_error (EnjTargets *self, EnjTargetsWish *wish)
{
  if (self->is_over)
    return FALSE;
  self->is_over = TRUE;
  *wish = (EnjTargetsWish){
    .type = ENJ_TARGETS_GIVE_UP,
    .ticket = ++self->last_ticket,
    .error = self->error,
    .is_final = self->is_final,
  };
  return TRUE;
}

gboolean
enj_targets_next (EnjTargets *self, EnjTargetsWish *wish, gint64 now)
{
  if (self->error)
    return tell_error (self, wish);
  if (self->race.winner)
    return FALSE;
  for (guint i = 0; i < N_KINDS; i++)
    if (question_ask (&self->services[i], ENJ_TARGETS_LOOKUP_SRV, wish))
      return TRUE;

  pass_over_forbidden (self);
  if (enj_race_deadline (&self->race) <= now)
    {
      start_attempt (self, wish, now);
      return TRUE;
    }
  if (get_server_deadline (self) <= now)
    question_set (self, &self->addresses, g_strdup (self->servers.list[self->server].host));
  if (question_ask (&self->addresses, ENJ_TARGETS_LOOKUP_ADDRESSES, wish)
      || question_ask (&self->tlsa, ENJ_TARGETS_LOOKUP_TLSA, wish))
    return TRUE;
  if (is_looking_up (self) || enj_race_has (&self->race, ENJ_RUNNER_NEW)
      || enj_race_has (&self->race, ENJ_RUNNER_OPEN))
    return FALSE;

  give_up (self);
  return tell_error (self, wish);
}

gint64
enj_targets_deadline (const EnjTargets *self)
{
  if (self->error)
    return ENJ_NEVER;
  return MIN (enj_race_deadline (&self->race), get_server_deadline (self));
}
