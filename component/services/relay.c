#include "config.h"

#include "component/services/relay.h"

#include <string.h>

#include "protocol/jid.h"

struct EnjRelay
{
  char *domain;
  EnjRealm *realm;
  GStrv allow_local;
  GStrv allow_remote;
  EnjRelaySend send;
  gpointer user_data;
};

/* Somebody on one of the two sides. */
typedef struct
{
  char *bare;
  char *domain;
  char *resource;
} Party;

static void
party_clear (Party *party)
{
  g_free (party->bare);
  g_free (party->domain);
  g_free (party->resource);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Party, party_clear)

static gboolean
party_parse (const char *jid, Party *party)
{
  g_autofree char *local = NULL;

  if (!jid || !enj_jid_parse (jid, &local, &party->domain, &party->resource, NULL))
    return FALSE;
  party->bare = enj_jid_new (local, party->domain, NULL);
  return party->bare != NULL;
}

static gboolean
is_listed (const GStrv list, const char *domain)
{
  for (guint i = 0; list[i]; i++)
    {
      const char *pattern = list[i];

      if (strcmp (pattern, "*") == 0 || strcmp (pattern, domain) == 0)
        return TRUE;
      if (g_str_has_prefix (pattern, "*.") && g_str_has_suffix (domain, pattern + 1))
        return TRUE;
    }
  return FALSE;
}

/* The two are on different sides, and both may use the relay. */
static gboolean
may_meet (const EnjRelay *self, const Party *from, const Party *to)
{
  gboolean from_local = enj_realm_is_local_to (self->realm, self->domain, from->domain);
  gboolean to_local = enj_realm_is_local_to (self->realm, self->domain, to->domain);
  const Party *local = from_local ? from : to;
  const Party *remote = from_local ? to : from;

  return from_local != to_local
         && enj_realm_classify (self->realm, remote->domain) == ENJ_REALM_REMOTE
         && is_listed (self->allow_local, local->domain)
         && is_listed (self->allow_remote, remote->domain);
}

static void
refuse (EnjRelay *self, EnjStanza *stanza, EnjStanzaCondition condition, const char *text)
{
  g_autoptr (EnjStanza) error = enj_stanza_new_error (stanza, condition, text);

  if (error)
    self->send (error, self->user_data);
}

/* For the bridge itself, and nothing that it answers elsewhere. */
static void
handle_own (EnjRelay *self, EnjStanza *stanza)
{
  g_autoptr (EnjStanza) declined = NULL;

  if (enj_stanza_get_kind (stanza) != ENJ_STANZA_PRESENCE)
    {
      refuse (self, stanza, ENJ_STANZA_SERVICE_UNAVAILABLE,
              "write to user\\40domain at this address");
      return;
    }
  if (g_strcmp0 (enj_stanza_get_type (stanza), "subscribe") != 0
      || !enj_stanza_get_from (stanza))
    return;
  /* RFC 6121 3.1.3. */
  declined = enj_stanza_new (ENJ_STANZA_PRESENCE, "unsubscribed", enj_stanza_get_to (stanza),
                             enj_stanza_get_from (stanza), NULL, NULL);
  if (declined)
    self->send (declined, self->user_data);
}

/* juliet@example.com/balcony as seen from the other side.  NULL where that is no address: in one
 * part there must not be letters of both directions (RFC 3454 6), nor too many. */
static char *
alias_new (const EnjRelay *self, const Party *party)
{
  g_autofree char *local = enj_jid_escape_new (party->bare);
  g_autofree char *alias = local ? enj_jid_new (local, self->domain, party->resource) : NULL;

  return alias ? enj_jid_prepare_new (alias, NULL) : NULL;
}

static void
forward (EnjRelay *self, EnjStanza *stanza, const char *local, const char *resource)
{
  g_auto (Party) from = { 0 };
  g_auto (Party) to = { 0 };
  g_autofree char *bare = enj_jid_unescape_new (local);
  g_autofree char *alias = NULL;
  g_autofree char *target = NULL;
  g_autoptr (EnjStanza) forwarded = NULL;

  if (!party_parse (enj_stanza_get_from (stanza), &from))
    return; /* Nobody to tell. */
  if (strchr (bare, '/') || !party_parse (bare, &to))
    {
      refuse (self, stanza, ENJ_STANZA_ITEM_NOT_FOUND, "the localpart is no escaped address");
      return;
    }
  if (!may_meet (self, &from, &to))
    {
      refuse (self, stanza, ENJ_STANZA_FORBIDDEN,
              "the relay is for people of one side writing to the other");
      return;
    }

  alias = alias_new (self, &from);
  target = resource ? g_strconcat (to.bare, "/", resource, NULL) : g_strdup (to.bare);
  forwarded = alias ? enj_stanza_new_forward (stanza, alias, target) : NULL;
  if (forwarded)
    self->send (forwarded, self->user_data);
  else
    refuse (self, stanza, ENJ_STANZA_JID_MALFORMED,
            "the relay cannot write your address as the localpart of its own");
}

void
enj_relay_handle (EnjRelay *self, EnjStanza *stanza)
{
  g_autofree char *local = NULL;
  g_autofree char *resource = NULL;

  if (!enj_jid_parse (enj_stanza_get_to (stanza), &local, NULL, &resource, NULL))
    refuse (self, stanza, ENJ_STANZA_JID_MALFORMED, NULL);
  else if (!local)
    handle_own (self, stanza);
  else
    forward (self, stanza, local, resource);
}

EnjRelay *
enj_relay_new (const char *domain, EnjRealm *realm, const char *const *allow_local,
               const char *const *allow_remote, EnjRelaySend send, gpointer user_data)
{
  EnjRelay *self = g_new0 (EnjRelay, 1);

  self->domain = g_strdup (domain);
  self->realm = enj_realm_ref (realm);
  self->allow_local = g_strdupv ((GStrv) allow_local);
  self->allow_remote = g_strdupv ((GStrv) allow_remote);
  self->send = send;
  self->user_data = user_data;
  return self;
}

void
enj_relay_free (EnjRelay *self)
{
  if (!self)
    return;
  g_free (self->domain);
  enj_realm_unref (self->realm);
  g_strfreev (self->allow_local);
  g_strfreev (self->allow_remote);
  g_free (self);
}
