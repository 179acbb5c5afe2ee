/* configuration.h - enjamb.conf as one immutable, counted value.
 *
 * The public half, EnjConfig with new_from_file(), ref() and unref(), is in
 * enjamb.h; here is what the rest of the program reads from it.  (The name
 * config.h belongs to what configure makes.)  Everything is checked, defaults
 * are filled in, domains are canonical, paths are absolute; enjamb.conf(5) has
 * the meaning of each key.
 *
 * Reads the file, its secrets and, to check them only, certificates and trust
 * anchors.  Keeps no credentials, listens nowhere, resolves no name.  Secrets
 * are wiped with it. */
#pragma once

#include "protocol/enjamb.h"
#include "protocol/limits.h"
#include "protocol/policy.h"
#include "protocol/realm.h"
#include "protocol/settings.h"
#include "component/options.h"

typedef enum
{
  ENJ_SERVICE_RELAY,
  ENJ_SERVICE_ECHO,
  ENJ_SERVICE_HOSTED,
  ENJ_SERVICE_HANDLER
} EnjServiceKind;

/* [component DOMAIN] */
typedef struct
{
  char *domain;
  EnjListen *server;   /* NULL: no link */
  char *secret;        /* NULL only where there is no server */
  GStrv local_domains; /* canonical, "*.example.com" too; empty without a link */
  EnjServiceKind service;
  GStrv hosted_listen; /* as port.h names them */
  char *hosted_secret; /* NULL for the other services */
  gboolean hosted_replaces; /* the newest connection has the domain */
  GStrv relay_allow_local; /* canonical, "*.example.com" and "*" too */
  GStrv relay_allow_remote;
  gboolean about;
  EnjOnLoss on_loss;
} EnjConfigComponent;

/* [federation] */
typedef struct
{
  gboolean enabled;
  GPtrArray *listen; /* EnjListen; empty for none */
  GPtrArray *listen_tls;
  char *certificates; /* a folder, which need not exist */
  char *trust;        /* a PEM file; NULL for the system's */
  GStrv crl;          /* PEM files; empty for none */
  EnjEncryption encryption;
  EnjAuthentication authentication;
  char *dialback_secret; /* bytes; NULL: a fresh one at each start */
  gsize dialback_secret_len;
  EnjListen *dns_server;  /* NULL for the system's */
  char *dns_trust_anchor; /* a file, which may be missing; NULL for none */
  char *source_address;   /* an IP literal or NULL */
  gboolean refuse_private_addresses;
} EnjConfigFederation;

/* [control] */
typedef struct
{
  char *socket;
  GStrv admins; /* prepared bare addresses */
  GStrv contact_admin; /* URIs, XEP-0157 */
  GStrv contact_abuse;
} EnjConfigControl;

/* Read only: all who hold a reference see the same. */
struct EnjConfig
{
  char *path;             /* as it was given */
  GPtrArray *components;  /* EnjConfigComponent, in the order of the file; never empty */
  EnjConfigFederation federation;
  EnjConfigControl control;
  GPtrArray *metrics_listen; /* EnjListen; empty for none */
  EnjLimits limits;
  EnjPolicy *policy; /* from [peer ...] and [federation]; may be kept with a reference */
  EnjRealm *realm;   /* from [component ...]; likewise */
  GLogLevelFlags log_level; /* the least that is written */
};

/* As new_from_file(), for the daemon: it has no handlers of its own. */
EnjConfig *enj_config_new_for_daemon (const char *path, GError **error);

/* All that is wrong with the file, for the daemon, and with what it names is added to @problems
 * as strings "FILE:LINE: [group] key: what is wrong".  TRUE for nothing. */
gboolean enj_config_check (const char *path, GPtrArray *problems);

const EnjConfigComponent *enj_config_find_component (const EnjConfig *self, const char *domain);

/* As the file has it. */
const char *enj_config_format_service (EnjServiceKind service);
