#include "config.h"

#include "protocol/targets.h"

#include <string.h>

#include "protocol/chance.h"
#include "protocol/jid.h"

#define RECORDS_MAX 16
#define ADDRESSES_MAX 8
#define ATTEMPTS_MAX 10

/* RFC 1035 2.3.4, without the last dot. */
#define NAME_LENGTH_MAX 253

#define XMPP_SERVER_PORT 5269

typedef enum
{
  ASK_SRV,
  ASK_ADDRESSES,
  CONNECT,
  GIVE_UP
} State;

typedef struct
{
  char *name;
  guint16 priority;
  guint16 weight;
  guint16 port;
} Target;

struct EnjTargets
{
  State state;
  char *domain; /* A-labels */
  guint kind;   /* of SRV record, an index of kinds[] */
  char *question;
  gboolean direct_tls;
  gboolean is_configured; /* a [peer] address: nothing is refused, nothing else is tried */
  gboolean allow_private;

  Target targets[RECORDS_MAX];
  guint n_targets;
  guint target;
  EnjAddress addresses[ADDRESSES_MAX];
  guint n_addresses;
  guint address;
  GArray *forbidden;

  guint attempts;
  gboolean has_srv;      /* records were there, be it only "." */
  gboolean has_refusal;  /* the address policy left something out */
  gboolean has_no_reply; /* a look-up failed */
  char *why;             /* the last attempt failed */
  GError *error;
  gboolean is_final;
};

/* XEP-0368 3 lets us prefer one kind: the second is asked for where the first
 * has led nowhere, and nobody else waits for one more answer. */
static const struct
{
  const char *prefix;
  gboolean direct_tls;
} kinds[] = {
  { "_xmpp-server._tcp.", FALSE },
  { "_xmpps-server._tcp.", TRUE },
};

static void
clear_targets (EnjTargets *self)
{
  for (guint i = 0; i < self->n_targets; i++)
    g_free (self->targets[i].name);
  self->n_targets = self->target = 0;
}

static void
ask (EnjTargets *self, State state, char *question)
{
  g_free (self->question);
  self->question = question;
  self->state = state;
}

/* RFC 6120 10.4.3: not resolved is remote-server-not-found, not connected is
 * remote-server-timeout.  Final is what the DNS has said for certain.  The
 * text never names a host, for it may travel to somebody who must not know it. */
static void
give_up (EnjTargets *self)
{
  EnjStanzaCondition condition = ENJ_STANZA_REMOTE_SERVER_NOT_FOUND;
  const char *text;

  self->state = GIVE_UP;
  if (self->attempts > 0)
    {
      condition = ENJ_STANZA_REMOTE_SERVER_TIMEOUT;
      text = self->why;
    }
  else if (self->has_no_reply)
    text = "the DNS gave no answer";
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

static void
add_target (EnjTargets *self, const char *name, guint16 port, guint16 priority, guint16 weight)
{
  self->targets[self->n_targets++] = (Target){
    .name = g_strdup (name),
    .priority = priority,
    .weight = weight,
    .port = port,
  };
}

/* Two kinds of SRV record, then, where there was none of either, the domain itself. */
static void
ask_srv (EnjTargets *self, guint kind)
{
  clear_targets (self);

  for (self->kind = kind; self->kind < G_N_ELEMENTS (kinds); self->kind++)
    {
      g_autofree char *name = g_strconcat (kinds[self->kind].prefix, self->domain, NULL);

      /* No name of that length can exist. */
      if (strlen (name) > NAME_LENGTH_MAX)
        continue;

      self->direct_tls = kinds[self->kind].direct_tls;
      ask (self, ASK_SRV, g_steal_pointer (&name));
      return;
    }

  /* RFC 6120 3.2.1 and XEP-0368 5: no fallback where SRV is known there. */
  if (self->has_srv)
    {
      give_up (self);
      return;
    }

  self->direct_tls = FALSE;
  add_target (self, self->domain, XMPP_SERVER_PORT, 0, 0);
  ask (self, ASK_ADDRESSES, g_strdup (self->domain));
}

static void
try_target (EnjTargets *self)
{
  if (self->target < self->n_targets)
    ask (self, ASK_ADDRESSES, g_strdup (self->targets[self->target].name));
  else if (self->is_configured || self->kind == G_N_ELEMENTS (kinds))
    give_up (self);
  else
    ask_srv (self, self->kind + 1);
}

static gboolean
is_forbidden (const EnjTargets *self, const EnjAddress *address)
{
  for (guint i = 0; i < self->forbidden->len; i++)
    if (enj_address_equal (address, &g_array_index (self->forbidden, EnjAddress, i)))
      return TRUE;

  return FALSE;
}

static void
try_address (EnjTargets *self)
{
  for (; self->address < self->n_addresses; self->address++)
    {
      if (!is_forbidden (self, &self->addresses[self->address]))
        {
          self->state = CONNECT;
          return;
        }
      self->has_refusal = TRUE;
    }

  self->target++;
  try_target (self);
}

EnjTargets *
enj_targets_new (const char *domain, const char *host, guint16 port, gboolean direct_tls,
                 gboolean allow_private)
{
  EnjTargets *self = g_new0 (EnjTargets, 1);

  self->domain = enj_jid_domain_new_ascii (domain);
  self->forbidden = g_array_new (FALSE, FALSE, sizeof (EnjAddress));
  self->is_configured = host != NULL;
  self->allow_private = allow_private || self->is_configured;

  if (enj_jid_domain_is_ip (domain))
    {
      self->state = GIVE_UP;
      self->is_final = TRUE;
      self->error = g_error_new (ENJ_STANZA_ERROR, ENJ_STANZA_NOT_ALLOWED,
                                 "an IP address is no domain to talk to");
    }
  else if (!host)
    ask_srv (self, 0);
  else
    {
      self->direct_tls = direct_tls;
      add_target (self, host, port ? port : XMPP_SERVER_PORT, 0, 0);
      try_target (self);
      if (enj_address_parse (&self->addresses[0], host, self->targets[0].port))
        {
          self->n_addresses = 1;
          self->state = CONNECT;
        }
    }

  return self;
}

void
enj_targets_free (EnjTargets *self)
{
  if (!self)
    return;

  clear_targets (self);
  g_array_unref (self->forbidden);
  g_clear_error (&self->error);
  g_free (self->domain);
  g_free (self->question);
  g_free (self->why);
  g_free (self);
}

void
enj_targets_next (EnjTargets *self, EnjTargetsWish *wish)
{
  *wish = (EnjTargetsWish){ .name = self->question, .direct_tls = self->direct_tls };

  switch (self->state)
    {
    case ASK_SRV:
      wish->type = ENJ_TARGETS_LOOKUP_SRV;
      break;
    case ASK_ADDRESSES:
      wish->type = ENJ_TARGETS_LOOKUP_ADDRESSES;
      break;
    case CONNECT:
      wish->type = ENJ_TARGETS_CONNECT;
      wish->address = self->addresses[self->address];
      break;
    case GIVE_UP:
      wish->type = ENJ_TARGETS_GIVE_UP;
      wish->name = NULL;
      wish->error = self->error;
      wish->is_final = self->is_final;
      break;
    }
}

/* RFC 2782: by priority; those of weight 0 stand first among equals, so that
 * they have a chance at all. */
static gint
compare_targets (gconstpointer a, gconstpointer b, gpointer user_data G_GNUC_UNUSED)
{
  const Target *left = a;
  const Target *right = b;

  if (left->priority != right->priority)
    return left->priority < right->priority ? -1 : 1;
  return (left->weight > 0) - (right->weight > 0);
}

/* Brings to the front of @targets, which are of one priority, the one that chance
 * picks by weight; the others keep their order. */
static void
pick_by_weight (Target *targets, guint n)
{
  guint32 sum = 0;
  guint32 running = 0;
  guint32 random;
  guint picked = 0;
  Target target;

  for (guint i = 0; i < n; i++)
    sum += targets[i].weight;

  random = enj_chance_below (sum + 1);
  for (guint i = 0; i < n; i++)
    {
      running += targets[i].weight;
      picked = i;
      if (running >= random)
        break;
    }

  target = targets[picked];
  memmove (targets + 1, targets, picked * sizeof *targets);
  targets[0] = target;
}

static void
order_targets (EnjTargets *self)
{
  Target *targets = self->targets;

  g_qsort_with_data (targets, (gint) self->n_targets, sizeof *targets, compare_targets, NULL);

  for (guint first = 0; first < self->n_targets; first++)
    {
      guint end = first + 1;

      while (end < self->n_targets && targets[end].priority == targets[first].priority)
        end++;
      if (end - first > 1)
        pick_by_weight (targets + first, end - first);
    }
}

/* Whatever listens below 1024 is no XMPP server that hides behind another's
 * name; 443 is what XEP-0368 4 is for. */
static gboolean
is_port_allowed (guint16 port)
{
  return port >= 1024 || port == 443;
}

void
enj_targets_srv (EnjTargets *self, EnjLookupResult result, const EnjSrvRecord *records, guint n)
{
  g_return_if_fail (self->state == ASK_SRV);

  switch (result)
    {
    case ENJ_LOOKUP_FOUND:
      break;
    case ENJ_LOOKUP_NO_NAME:
    case ENJ_LOOKUP_NO_DATA:
      n = 0;
      break;
    case ENJ_LOOKUP_FAILED:
      /* RFC 7673 3.1: no fallback to what an attacker can forge more easily. */
      self->has_no_reply = TRUE;
      give_up (self);
      return;
    }

  self->has_srv |= n > 0;
  for (guint i = 0; i < MIN (n, RECORDS_MAX); i++)
    if (records[i].target[0] == '\0')
      continue; /* "." of RFC 2782: not offered */
    else if (is_port_allowed (records[i].port))
      add_target (self, records[i].target, records[i].port, records[i].priority,
                  records[i].weight);
    else
      self->has_refusal = TRUE;

  order_targets (self);
  try_target (self);
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
        kept[n_kept++].port = self->targets[self->target].port;
      }
    else
      self->has_refusal = TRUE;

  return n_kept;
}

void
enj_targets_addresses (EnjTargets *self, EnjLookupResult result, const EnjAddress *addresses,
                       guint n)
{
  EnjAddress v6[ADDRESSES_MAX];
  EnjAddress v4[ADDRESSES_MAX];
  guint n_v6 = 0;
  guint n_v4 = 0;

  g_return_if_fail (self->state == ASK_ADDRESSES);

  switch (result)
    {
    case ENJ_LOOKUP_FOUND:
      n_v6 = keep_family (self, addresses, n, 16, v6);
      n_v4 = keep_family (self, addresses, n, 4, v4);
      break;
    case ENJ_LOOKUP_NO_NAME:
    case ENJ_LOOKUP_NO_DATA:
      break;
    case ENJ_LOOKUP_FAILED:
      self->has_no_reply = TRUE;
      break;
    }

  /* RFC 8305 4: by turns, so that one family gone dark costs little. */
  self->n_addresses = self->address = 0;
  for (guint i = 0; i < ADDRESSES_MAX; i++)
    {
      if (i < n_v6 && self->n_addresses < ADDRESSES_MAX)
        self->addresses[self->n_addresses++] = v6[i];
      if (i < n_v4 && self->n_addresses < ADDRESSES_MAX)
        self->addresses[self->n_addresses++] = v4[i];
    }
  try_address (self);
}

void
enj_targets_failed (EnjTargets *self, const char *why)
{
  g_return_if_fail (self->state == CONNECT);

  g_free (self->why);
  self->why = g_strdup (why);
  self->address++;
  if (++self->attempts < ATTEMPTS_MAX)
    try_address (self);
  else
    give_up (self);
}

void
enj_targets_forbid (EnjTargets *self, const EnjAddress *address)
{
  g_array_append_vals (self->forbidden, address, 1);
  if (self->state == CONNECT)
    try_address (self);
}
