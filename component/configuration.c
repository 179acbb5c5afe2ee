#include "config.h"

#include "component/configuration.h"

#include <string.h>
#include <sys/un.h>

#include "protocol/address.h"
#include "protocol/jid.h"
#include "component/authorities.h"
#include "component/certificates.h"
#include "component/file.h"
#include "component/sandbox.h"

#define FILE_MAX (1024 * 1024)

/* In the order of the enumerations. */
#define SERVICES "relay | echo | hosted | handler"
#define LOSSES "by-kind | resend | bounce"
#define ENCRYPTIONS "required | optional"
#define AUTHENTICATIONS "dialback | certificate"
#define LEVELS "critical | warning | message | info | debug"

/* ---- The end ------------------------------------------------------------- */

static void
wipe_text (char *secret)
{
  enj_file_wipe (secret, secret ? strlen (secret) : 0);
}

static void
component_free (gpointer data)
{
  EnjConfigComponent *component = data;

  g_free (component->domain);
  enj_listen_free (component->server);
  wipe_text (component->secret);
  g_strfreev (component->local_domains);
  g_strfreev (component->hosted_listen);
  wipe_text (component->hosted_secret);
  g_strfreev (component->relay_allow_local);
  g_strfreev (component->relay_allow_remote);
  g_free (component);
}

static void
config_clear (gpointer data)
{
  EnjConfig *self = data;
  EnjConfigFederation *federation = &self->federation;

  g_free (self->path);
  g_ptr_array_unref (self->components);
  g_ptr_array_unref (federation->listen);
  g_ptr_array_unref (federation->listen_tls);
  g_free (federation->certificates);
  g_free (federation->trust);
  g_strfreev (federation->crl);
  enj_file_wipe (federation->dialback_secret, federation->dialback_secret_len);
  enj_listen_free (federation->dns_server);
  g_free (federation->dns_trust_anchor);
  g_free (federation->source_address);
  g_free (self->control.socket);
  g_strfreev (self->control.admins);
  g_strfreev (self->control.contact_admin);
  g_strfreev (self->control.contact_abuse);
  g_ptr_array_unref (self->metrics_listen);
  enj_policy_unref (self->policy);
  enj_realm_unref (self->realm);
}

/* ---- [component DOMAIN] --------------------------------------------------- */

/* A file that is text: what follows a NUL would be lost without a word. */
static char *
read_text_secret (const EnjOptions *options, const char *key)
{
  g_autofree char *path = enj_options_dup_path (options, key, NULL);
  gsize len = 0;
  char *secret = enj_options_read_secret (options, key, &len);

  if (!path)
    enj_keyfile_fault (options->file, options->group, key, "names no file");
  if (!secret || strlen (secret) == len)
    return secret;
  enj_keyfile_fault (options->file, options->group, key, "the secret holds a NUL byte");
  enj_file_wipe (secret, len);
  return NULL;
}

static char *
read_link_secret (const EnjOptions *options, gboolean needed)
{
  const char *raw = options->group ? enj_keyfile_get_raw (options->group, "secret") : NULL;

  if (raw && enj_options_has (options, "secret-file"))
    enj_keyfile_fault (options->file, options->group, "secret",
                       "given beside secret-file: one of the two is enough");
  else if (raw && !*raw)
    enj_keyfile_fault (options->file, options->group, "secret", "the secret is empty");
  else if (raw)
    return g_strdup (raw);
  else if (enj_options_has (options, "secret-file"))
    return read_text_secret (options, "secret-file");
  else if (needed)
    enj_keyfile_fault (options->file, options->group, "secret-file",
                       "missing: the server wants a secret, here or as secret");
  return NULL;
}

/* The parent and all below it.  A parent of one label is a top-level domain or
 * a name like localhost: what is below it belongs to the world. */
static GStrv
default_local_domains_new (const char *domain)
{
  g_autoptr (GStrvBuilder) domains = g_strv_builder_new ();
  const char *parent = enj_jid_domain_is_ip (domain) ? NULL : strchr (domain, '.');

  if (parent)
    {
      g_autofree char *below = g_strconcat ("*", parent, NULL);

      g_strv_builder_add (domains, parent + 1);
      if (strchr (parent + 1, '.'))
        g_strv_builder_add (domains, below);
    }
  return g_strv_builder_end (domains);
}

static GStrv
read_local_domains (const EnjOptions *options, const EnjConfigComponent *component)
{
  GStrv domains = enj_options_dup_domains (options, "local-domains", ENJ_OPTIONS_BELOW);

  if (component->server && !enj_options_has (options, "local-domains"))
    {
      g_strfreev (domains);
      return default_local_domains_new (component->domain);
    }
  if (!component->server && *domains)
    enj_keyfile_fault (options->file, options->group, "local-domains",
                       "without a server there is no link to reach them");
  return domains;
}

/* A fault in what another service does not need is one all the same. */
static void
read_hosted (const EnjOptions *options, EnjConfigComponent *component)
{
  component->hosted_listen = enj_options_dup_ports (options, "hosted-listen");
  if (component->service == ENJ_SERVICE_HOSTED)
    component->hosted_secret = read_text_secret (options, "hosted-secret-file");
  component->hosted_replaces
    = enj_options_get_choice (options, "hosted-conflict", "refuse | replace") == 1;
}

static EnjConfigComponent *
read_component (const EnjOptions *options, char *domain, gboolean federated)
{
  EnjConfigComponent *component = g_new0 (EnjConfigComponent, 1);
  const EnjOptionsStars stars = ENJ_OPTIONS_BELOW | ENJ_OPTIONS_ALL;

  component->domain = domain;
  component->server = enj_options_new_address (options, "server", "none", FALSE);
  component->secret = read_link_secret (options, component->server != NULL);
  component->local_domains = read_local_domains (options, component);
  component->service = (EnjServiceKind) enj_options_get_choice (options, "service", SERVICES);
  read_hosted (options, component);
  component->relay_allow_local = enj_options_dup_domains (options, "relay-allow-local", stars);
  component->relay_allow_remote = enj_options_dup_domains (options, "relay-allow-remote", stars);
  /* A hosted component speaks for itself. */
  component->about = enj_options_get_boolean (options, "about")
                     && (component->service != ENJ_SERVICE_HOSTED
                         || enj_options_has (options, "about"));
  component->on_loss = (EnjOnLoss) enj_options_get_choice (options, "on-loss", LOSSES);

  if (!component->server && !federated)
    enj_keyfile_fault (options->file, options->group, "server",
                       "neither a server nor federation: the domain would reach nobody");
  return component;
}

static void
read_components (EnjConfig *self, EnjKeyfile *file, gboolean daemon)
{
  EnjOptions options = { .file = file, .kind = "component" };
  EnjConfigComponent *component;

  for (guint i = 0; (options.group = enj_keyfile_get_group (file, i)); i++)
    {
      const char *name = enj_options_group_domain (file, options.group, "component");
      char *domain;

      if (!name || !(domain = enj_options_domain_new (&options, NULL, name, ENJ_OPTIONS_EXACT)))
        continue;
      if (!enj_config_find_component (self, domain))
        {
          component = read_component (&options, domain, self->federation.enabled);
          g_ptr_array_add (self->components, component);
          if (daemon && component->service == ENJ_SERVICE_HANDLER)
            enj_keyfile_fault (file, options.group, "service",
                               "'handler' is for programs that use the library");
          continue;
        }
      enj_keyfile_fault (file, options.group, NULL, "%s has a group already", domain);
      g_free (domain);
    }
  if (self->components->len == 0 && !enj_keyfile_has_faults (file))
    enj_keyfile_fault (file, NULL, NULL, "there is no group [component DOMAIN]");
}

static EnjRealm *
realm_new (const EnjConfig *self)
{
  EnjRealm *realm = enj_realm_new ();

  for (guint i = 0; i < self->components->len; i++)
    {
      const EnjConfigComponent *component = self->components->pdata[i];

      enj_realm_add_component (realm, component->domain, component->server != NULL);
      for (char **domain = component->local_domains; *domain; domain++)
        enj_realm_add_local (realm, component->domain, *domain);
    }
  return realm;
}

/* ---- [federation] ---------------------------------------------------------- */

static void
check_trust (const EnjOptions *options, const EnjConfigFederation *federation)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EnjTrust) trust = NULL;

  if (!federation->trust && !*federation->crl)
    return;
  trust = enj_authorities_new (federation->trust, &error);
  if (!trust)
    enj_keyfile_fault (options->file, options->group, "trust", "%s", error->message);
  for (char **path = federation->crl; trust && *path; path++)
    if (!enj_authorities_add_crl (trust, *path, &error))
      {
        enj_keyfile_fault (options->file, options->group, "crl", "%s", error->message);
        g_clear_error (&error);
      }
}

/* Where the default is missing, all goes on without validation. */
static void
check_trust_anchor (const EnjOptions *options, const char *path)
{
  g_autoptr (GError) error = NULL;
  gsize len = 0;
  g_autofree char *text = NULL;

  if (!path || enj_options_is_default (options, "dns-trust-anchor"))
    return;
  text = enj_file_read_new (path, FILE_MAX, &len, &error);
  if (!text)
    enj_keyfile_fault (options->file, options->group, "dns-trust-anchor", "%s: %s", path,
                       error->message);
}

static void
check_certificates (const EnjOptions *options, const EnjConfig *self)
{
  const char *folder = self->federation.certificates;

  if (folder && !enj_options_is_default (options, "certificates") &&
      !g_file_test (folder, G_FILE_TEST_IS_DIR))
    enj_keyfile_fault (options->file, options->group, "certificates", "%s: is not a folder",
                       folder);

  for (guint i = 0; folder && i < self->components->len; i++)
    {
      const EnjConfigComponent *component = self->components->pdata[i];
      g_autoptr (GError) error = NULL;

      enj_credentials_unref (enj_certificates_find_new (folder, component->domain, &error));
      if (error)
        enj_keyfile_fault (options->file, options->group, "certificates",
                           options->group ? "%s" : "[federation] certificates: %s",
                           error->message);
    }
}

static void
read_dns (const EnjOptions *options, EnjConfigFederation *federation)
{
  EnjAddress ip;

  federation->dns_server = enj_options_new_address (options, "dns-server", "system", TRUE);
  federation->dns_trust_anchor = enj_options_dup_readable (options, "dns-trust-anchor", NULL);
  check_trust_anchor (options, federation->dns_trust_anchor);

  federation->source_address = enj_options_dup (options, "source-address");
  if (!*federation->source_address)
    g_clear_pointer (&federation->source_address, g_free);
  else if (!enj_address_parse (&ip, federation->source_address, 0))
    enj_keyfile_fault (options->file, options->group, "source-address",
                       "expected an IP address without a port, not '%s'",
                       federation->source_address);
}

static void
read_federation (EnjConfig *self, const EnjOptions *options)
{
  EnjConfigFederation *federation = &self->federation;

  federation->enabled = enj_options_get_boolean (options, "enabled");
  federation->listen = enj_options_new_listens (options, "listen");
  federation->listen_tls = enj_options_new_listens (options, "listen-tls");
  federation->encryption =
      (EnjEncryption) enj_options_get_choice (options, "encryption", ENCRYPTIONS);
  federation->authentication =
      (EnjAuthentication) enj_options_get_choice (options, "authentication", AUTHENTICATIONS);
  federation->dialback_secret =
      enj_options_read_secret (options, "dialback-secret-file", &federation->dialback_secret_len);
  federation->refuse_private_addresses =
      enj_options_get_choice (options, "private-addresses", "refuse | allow") == 0;
  read_dns (options, federation);

  federation->trust = enj_options_dup_readable (options, "trust", "system");
  federation->crl = enj_options_dup_readables (options, "crl");
  check_trust (options, federation);

  federation->certificates = enj_options_dup_readable (options, "certificates", NULL);
  if (!federation->certificates)
    enj_keyfile_fault (options->file, options->group, "certificates", "names no folder");
}

/* ---- [peer DOMAIN] ---------------------------------------------------------- */

/* host:port, or tls://host:port for direct TLS (XEP-0368). */
static void
read_peer_address (const EnjOptions *options, EnjPeerPolicy *peer)
{
  g_autofree char *value = enj_options_dup (options, "address");
  EnjListen address = { NULL, 0 };

  if (!*value)
    return;
  peer->direct_tls = g_str_has_prefix (value, "tls://");
  if (enj_options_split (options, "address", value + (peer->direct_tls ? strlen ("tls://") : 0),
                         FALSE, &address))
    {
      peer->host = address.host;
      peer->port = address.port;
    }
}

/* What is not given is as [federation] has it. */
static EnjPeerPolicy
read_peer (const EnjOptions *options, const EnjConfigFederation *federation)
{
  EnjPeerPolicy peer = {
    .allow = enj_options_get_choice (options, "policy", "allow | deny") == 0,
    .encryption = federation->encryption,
    .authentication = federation->authentication,
  };

  if (!enj_options_is_empty (options, "encryption"))
    peer.encryption = (EnjEncryption) enj_options_get_choice (options, "encryption", ENCRYPTIONS);
  if (!enj_options_is_empty (options, "authentication"))
    peer.authentication =
        (EnjAuthentication) enj_options_get_choice (options, "authentication", AUTHENTICATIONS);
  read_peer_address (options, &peer);
  return peer;
}

static void
add_peer (EnjConfig *self, const EnjOptions *options, const char *name)
{
  const EnjOptionsStars stars = ENJ_OPTIONS_BELOW | ENJ_OPTIONS_ALL;
  g_autofree char *pattern = enj_options_domain_new (options, NULL, name, stars);
  EnjPeerPolicy peer;

  /* "*" is the policy for all the others: it was read first. */
  if (!pattern || g_str_equal (pattern, "*"))
    return;
  if (enj_realm_classify (self->realm, pattern) != ENJ_REALM_REMOTE && *pattern != '*')
    enj_keyfile_fault (options->file, options->group, NULL,
                       "%s is not remote: it is a component or among local-domains", pattern);

  peer = read_peer (options, &self->federation);
  if (!enj_policy_add (self->policy, pattern, &peer))
    enj_keyfile_fault (options->file, options->group, NULL, "%s has a group already", pattern);
  g_free (peer.host);
}

static void
read_peers (EnjConfig *self, EnjKeyfile *file)
{
  EnjOptions options = { file, enj_keyfile_find (file, "peer *"), "peer" };
  EnjPeerPolicy fallback = read_peer (&options, &self->federation);

  self->policy = enj_policy_new (&fallback);
  g_free (fallback.host);

  for (guint i = 0; (options.group = enj_keyfile_get_group (file, i)); i++)
    {
      const char *name = enj_options_group_domain (file, options.group, "peer");

      if (name)
        add_peer (self, &options, name);
    }
}

/* ---- The other groups -------------------------------------------------------- */

static void
read_limits (EnjConfig *self, EnjKeyfile *file)
{
  const EnjOptions options = enj_options_get (file, "limits");

#define X(field, key, value, low, high) \
  self->limits.field = enj_options_get_number (&options, key, value, low, high);
  ENJ_LIMITS (X)
#undef X
}

static GStrv
read_admins (const EnjOptions *options)
{
  g_autoptr (GStrvBuilder) admins = g_strv_builder_new ();
  g_auto (GStrv) list = enj_options_dup_list (options, "admins");

  for (char **item = list; *item; item++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *jid = enj_jid_prepare_new (*item, &error);

      if (!jid)
        enj_keyfile_fault (options->file, options->group, "admins", "'%s' is not an address: %s",
                           *item, error->message);
      else if (strchr (jid, '/'))
        enj_keyfile_fault (options->file, options->group, "admins",
                           "'%s': expected an address without a resource", *item);
      else
        g_strv_builder_add (admins, jid);
    }
  return g_strv_builder_end (admins);
}

static GStrv
read_contacts (const EnjOptions *options, const char *key)
{
  GStrv list = enj_options_dup_list (options, key);

  for (char **item = list; *item; item++)
    if (!g_uri_peek_scheme (*item) || strpbrk (*item, " \t"))
      enj_keyfile_fault (options->file, options->group, key,
                         "expected a URI such as mailto:admin@example.com, not '%s'", *item);
  return list;
}

static void
read_control (EnjConfig *self, EnjKeyfile *file)
{
  const EnjOptions options = enj_options_get (file, "control");
  EnjConfigControl *control = &self->control;

  control->socket = enj_options_dup_path (&options, "socket", NULL);
  if (control->socket && strlen (control->socket) >= sizeof ((struct sockaddr_un *) 0)->sun_path)
    enj_keyfile_fault (file, options.group, "socket", "%s: longer than %u bytes", control->socket,
                       (guint) sizeof ((struct sockaddr_un *) 0)->sun_path - 1);
  control->admins = read_admins (&options);
  control->contact_admin = read_contacts (&options, "contact-admin");
  control->contact_abuse = read_contacts (&options, "contact-abuse");
}

/* Certificates come last: only now are the domains known. */
static void
read_all (EnjConfig *self, EnjKeyfile *file, gboolean daemon)
{
  const EnjOptions federation = enj_options_get (file, "federation");
  const EnjOptions metrics = enj_options_get (file, "metrics");
  const EnjOptions log = enj_options_get (file, "log");

  enj_options_check_names (file);
  read_federation (self, &federation);
  read_components (self, file, daemon);
  self->realm = realm_new (self);
  read_peers (self, file);
  read_limits (self, file);
  read_control (self, file);
  self->metrics_listen = enj_options_new_listens (&metrics, "listen");
  /* GLib's levels are bits in the order of the words. */
  self->log_level =
      (GLogLevelFlags) (G_LOG_LEVEL_CRITICAL << enj_options_get_choice (&log, "level", LEVELS));
  check_certificates (&federation, self);
}

/* Always a value, whole or not: what is wrong with it is in @problems. */
static EnjConfig *
load_new (const char *path, gboolean daemon, GPtrArray *problems)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EnjKeyfile) file = NULL;
  EnjConfig *self;
  gsize len = 0;
  char *text = enj_file_read_new (path, FILE_MAX, &len, &error);

  (void) enj_sandbox_admit (path); /* It has been read, or has not. */
  if (!text)
    {
      g_ptr_array_add (problems, g_strdup_printf ("%s: %s", path, error->message));
      return NULL;
    }
  file = enj_keyfile_new (path, text, len, enj_options_raw_keys);
  enj_file_wipe (text, len);

  self = g_rc_box_new0 (EnjConfig);
  self->path = g_strdup (path);
  self->components = g_ptr_array_new_with_free_func (component_free);
  read_all (self, file, daemon);
  enj_keyfile_list_faults (file, problems);
  return self;
}

/* ---- Public ------------------------------------------------------------------ */

gboolean
enj_config_check (const char *path, GPtrArray *problems)
{
  guint before = problems->len;

  enj_config_unref (load_new (path, TRUE, problems));
  return problems->len == before;
}

static EnjConfig *
load_or_fail (const char *path, gboolean daemon, GError **error)
{
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (EnjConfig) self = load_new (path, daemon, problems);
  g_autofree char *text = NULL;

  if (problems->len == 0)
    return g_steal_pointer (&self);
  g_ptr_array_add (problems, NULL);
  text = g_strjoinv ("\n", (char **) problems->pdata);
  g_set_error_literal (error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE, text);
  return NULL;
}

EnjConfig *
enj_config_new_from_file (const char *path, GError **error)
{
  return load_or_fail (path, FALSE, error);
}

EnjConfig *
enj_config_new_for_daemon (const char *path, GError **error)
{
  return load_or_fail (path, TRUE, error);
}

EnjConfig *
enj_config_ref (const EnjConfig *self)
{
  return g_rc_box_acquire ((gpointer) self);
}

void
enj_config_unref (EnjConfig *self)
{
  if (self)
    g_rc_box_release_full (self, config_clear);
}

const EnjConfigComponent *
enj_config_find_component (const EnjConfig *self, const char *domain)
{
  for (guint i = 0; i < self->components->len; i++)
    {
      const EnjConfigComponent *component = self->components->pdata[i];

      if (g_str_equal (component->domain, domain))
        return component;
    }
  return NULL;
}

const char *
enj_config_format_service (EnjServiceKind service)
{
  static const char *const words[] = { "relay", "echo", "hosted", "handler" };

  return words[service];
}
