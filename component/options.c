#include "config.h"

#include "component/options.h"

#include <string.h>

#include "protocol/address.h"
#include "protocol/jid.h"
#include "protocol/limits.h"
#include "component/file.h"
#include "component/port.h"
#include "component/sandbox.h"

#define SECRET_MAX 4096

/* A group with a domain in its name, and each key with its default. */
static const struct
{
  const char *group;
  gboolean named;
} groups[] = {
  { "component", TRUE },
  { "federation", FALSE },
  { "peer", TRUE },
  { "limits", FALSE },
  { "control", FALSE },
  { "metrics", FALSE },
  { "log", FALSE },
};

static const struct
{
  const char *group;
  const char *key;
  const char *value;
} keys[] = {
  { "component", "server", "none" },
  { "component", "secret", "" },
  { "component", "secret-file", "" },
  { "component", "local-domains", "" },
  { "component", "service", "relay" },
  { "component", "hosted-listen", "127.0.0.1:5348" },
  { "component", "hosted-secret-file", "hosted.secret" },
  { "component", "hosted-conflict", "refuse" },
  { "component", "relay-allow-local", "*" },
  { "component", "relay-allow-remote", "*" },
  { "component", "about", "true" },
  { "component", "on-loss", "by-kind" },
  { "federation", "enabled", "true" },
  { "federation", "listen", "[::]:5269" },
  { "federation", "listen-tls", "" },
  { "federation", "certificates", "certs" },
  { "federation", "trust", "system" },
  { "federation", "crl", "" },
  { "federation", "encryption", "required" },
  { "federation", "authentication", "dialback" },
  { "federation", "dialback-secret-file", "" },
  { "federation", "dns-server", "system" },
  { "federation", "dns-trust-anchor", "/usr/share/dns/root.key" },
  { "federation", "source-address", "" },
  { "federation", "private-addresses", "refuse" },
  { "peer", "policy", "allow" },
  { "peer", "address", "" },
  { "peer", "encryption", "" },
  { "peer", "authentication", "" },
#define X(field, key, value, low, high) { "limits", key, #value },
  ENJ_LIMITS (X)
#undef X
  { "control", "socket", "/run/enjamb/control" },
  { "control", "admins", "" },
  { "control", "contact-admin", "" },
  { "control", "contact-abuse", "" },
  { "metrics", "listen", "" },
  { "log", "level", "message" },
};

const char *const enj_options_raw_keys[] = { "secret", NULL };

void
enj_listen_free (EnjListen *self)
{
  if (!self)
    return;
  g_free (self->host);
  g_free (self);
}

/* ---- Names -------------------------------------------------------------- */

/* Insertions, deletions, substitutions and swaps of neighbours. */
static guint
distance (const char *a, const char *b)
{
  gsize m = strlen (a), n = strlen (b), width = n + 1;
  g_autofree guint *d = g_new (guint, (m + 1) * width);

  for (gsize i = 0; i <= m; i++)
    for (gsize j = 0; j <= n; j++)
      {
        guint best = (guint) (i + j);

        if (i > 0 && j > 0)
          {
            best = d[(i - 1) * width + j - 1] + (a[i - 1] != b[j - 1]);
            best = MIN (best, d[(i - 1) * width + j] + 1);
            best = MIN (best, d[i * width + j - 1] + 1);
          }
        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
          best = MIN (best, d[(i - 2) * width + j - 2] + 1);
        d[i * width + j] = best;
      }
  return d[m * width + n];
}

/* The table is long, and the name may be as long as the file. */
static gboolean
is_nearer (const char *known, const char *text, guint *best)
{
  g_autofree char *start = g_strndup (text, 64);
  guint now = distance (known, start);

  if (now >= *best)
    return FALSE;
  *best = now;
  return TRUE;
}

/* The index of the group's kind in the table, or a fault with the nearest. */
static int
check_group (EnjKeyfile *file, const EnjKeyfileGroup *group)
{
  g_auto (GStrv) words = g_strsplit (enj_keyfile_group_get_name (group), " ", 2);
  guint nearest = 0, best = G_MAXUINT;

  for (guint i = 0; i < G_N_ELEMENTS (groups); i++)
    {
      if (g_str_equal (words[0], groups[i].group) && groups[i].named == (words[1] != NULL))
        return (int) i;
      if (is_nearer (groups[i].group, words[0], &best))
        nearest = i;
    }
  enj_keyfile_fault (file, group, NULL, "unknown group, the nearest known one is [%s%s]",
                     groups[nearest].group, groups[nearest].named ? " DOMAIN" : "");
  return -1;
}

static void
check_key (EnjKeyfile *file, const EnjKeyfileGroup *group, const char *kind, const char *key)
{
  const char *nearest = NULL;
  guint best = G_MAXUINT;

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      if (!g_str_equal (kind, keys[i].group))
        continue;
      if (g_str_equal (key, keys[i].key))
        return;
      if (is_nearer (keys[i].key, key, &best))
        nearest = keys[i].key;
    }
  enj_keyfile_fault (file, group, key, "unknown key, the nearest known one is %s", nearest);
}

void
enj_options_check_names (EnjKeyfile *file)
{
  const EnjKeyfileGroup *group;

  for (guint i = 0; (group = enj_keyfile_get_group (file, i)); i++)
    {
      const char *key;
      int kind;

      /* A group without a name could not be read, and that was told. */
      if (!*enj_keyfile_group_get_name (group) || (kind = check_group (file, group)) < 0)
        continue;
      for (guint j = 0; (key = enj_keyfile_group_get_key (group, j)); j++)
        check_key (file, group, groups[kind].group, key);
    }
}

const char *
enj_options_group_domain (const EnjKeyfile *file, const EnjKeyfileGroup *group, const char *kind)
{
  const char *name = enj_keyfile_group_get_name (group);
  gsize len = strlen (kind);

  if (!g_str_has_prefix (name, kind) || name[len] != ' ' || enj_keyfile_find (file, name) != group)
    return NULL;
  return name + len + 1;
}

/* ---- Values -------------------------------------------------------------- */

EnjOptions
enj_options_get (EnjKeyfile *file, const char *kind)
{
  return (EnjOptions){ .file = file, .group = enj_keyfile_find (file, kind), .kind = kind };
}

gboolean
enj_options_has (const EnjOptions *self, const char *key)
{
  return self->group && enj_keyfile_group_has (self->group, key);
}

gboolean
enj_options_is_empty (const EnjOptions *self, const char *key)
{
  g_autofree char *value =
      enj_options_has (self, key) ? enj_keyfile_dup_value (self->file, self->group, key) : NULL;

  return !value || !*value;
}

static const char *
get_default (const EnjOptions *self, const char *key)
{
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (g_str_equal (keys[i].group, self->kind) && g_str_equal (keys[i].key, key))
      return keys[i].value;
  g_return_val_if_reached ("");
}

char *
enj_options_dup (const EnjOptions *self, const char *key)
{
  char *value = self->group ? enj_keyfile_dup_value (self->file, self->group, key) : NULL;

  return value ? value : g_strdup (get_default (self, key));
}

gboolean
enj_options_is_default (const EnjOptions *self, const char *key)
{
  g_autofree char *value = enj_options_dup (self, key);

  return g_str_equal (value, get_default (self, key));
}

GStrv
enj_options_dup_list (const EnjOptions *self, const char *key)
{
  GStrv list = self->group ? enj_keyfile_dup_list (self->file, self->group, key) : NULL;
  const char *value = get_default (self, key);

  return list ? list : g_strsplit (value, ";", -1);
}

gboolean
enj_options_get_boolean (const EnjOptions *self, const char *key)
{
  g_autofree char *value = enj_options_dup (self, key);
  gboolean yes = g_str_equal (value, "true") || g_str_equal (value, "1");

  if (!yes && !g_str_equal (value, "false") && !g_str_equal (value, "0"))
    {
      enj_keyfile_fault (self->file, self->group, key, "expected true or false, not '%s'", value);
      return g_str_equal (get_default (self, key), "true");
    }
  return yes;
}

guint64
enj_options_get_number (const EnjOptions *self, const char *key, guint64 value, guint64 low,
                         guint64 high)
{
  g_autofree char *text = NULL;
  guint64 number;

  if (!enj_options_has (self, key))
    return value;
  text = enj_options_dup (self, key);
  if (g_ascii_string_to_unsigned (text, 10, low, high, &number, NULL))
    return number;
  enj_keyfile_fault (self->file, self->group, key,
                     "expected a whole number from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
                     ", not '%s'",
                     low, high, text);
  return value;
}

guint
enj_options_get_choice (const EnjOptions *self, const char *key, const char *words)
{
  g_auto (GStrv) list = g_strsplit (words, " | ", -1);
  g_autofree char *value = enj_options_dup (self, key);

  for (guint i = 0; list[i]; i++)
    if (g_str_equal (list[i], value))
      return i;
  enj_keyfile_fault (self->file, self->group, key, "expected %s, not '%s'", words, value);
  return 0;
}

/* ---- Domains ------------------------------------------------------------- */

static char *
canonical_new (const char *text, GError **error)
{
  EnjAddress address;
  g_autofree char *bracketed = NULL;

  if (enj_address_parse (&address, text, 0) && address.length == 16)
    bracketed = g_strdup_printf ("[%s]", text);
  return enj_jid_domain_new_strict (bracketed ? bracketed : text, error);
}

char *
enj_options_domain_new (const EnjOptions *self, const char *key, const char *text,
                         EnjOptionsStars stars)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *domain = NULL;
  gboolean below = (stars & ENJ_OPTIONS_BELOW) && g_str_has_prefix (text, "*.");

  if ((stars & ENJ_OPTIONS_ALL) && g_str_equal (text, "*"))
    return g_strdup (text);
  domain = canonical_new (below ? text + 2 : text, &error);
  if (domain && below && enj_jid_domain_is_ip (domain))
    enj_keyfile_fault (self->file, self->group, key, "'%s': nothing is below an IP address", text);
  else if (domain)
    return below ? g_strconcat ("*.", domain, NULL) : g_steal_pointer (&domain);
  else
    enj_keyfile_fault (self->file, self->group, key, "'%s' is not a domain: %s", text,
                       error->message);
  return NULL;
}

GStrv
enj_options_dup_domains (const EnjOptions *self, const char *key, EnjOptionsStars stars)
{
  g_autoptr (GStrvBuilder) domains = g_strv_builder_new ();
  g_auto (GStrv) list = enj_options_dup_list (self, key);

  for (char **item = list; *item; item++)
    {
      g_autofree char *domain = enj_options_domain_new (self, key, *item, stars);

      if (domain)
        g_strv_builder_add (domains, domain);
    }
  return g_strv_builder_end (domains);
}

/* ---- Addresses ------------------------------------------------------------ */

/* The resolver looks closer; what cannot be a host at all is told here. */
static gboolean
is_host (const char *host)
{
  return *host && host[strspn (host, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-._")] == '\0';
}

gboolean
enj_options_split (const EnjOptions *self, const char *key, const char *text, gboolean literal,
                    EnjListen *address)
{
  g_autofree char *host = NULL;
  EnjAddress ip;
  guint16 port = 0;

  if (!enj_address_split (text, &host, &port) || port == 0)
    enj_keyfile_fault (self->file, self->group, key,
                       "expected HOST:PORT with a port from 1 to 65535, not '%s'", text);
  else if (enj_address_parse (&ip, host, port) || (!literal && is_host (host)))
    {
      address->host = g_steal_pointer (&host);
      address->port = port;
      return TRUE;
    }
  else if (literal)
    enj_keyfile_fault (self->file, self->group, key,
                       "expected an IP address and a port, not '%s'", text);
  else
    enj_keyfile_fault (self->file, self->group, key, "'%s' is not a host name", host);
  return FALSE;
}

EnjListen *
enj_options_new_address (const EnjOptions *self, const char *key, const char *none,
                         gboolean literal)
{
  g_autofree char *value = enj_options_dup (self, key);
  EnjListen *address;

  if (none && (!*value || g_str_equal (value, none)))
    return NULL;
  address = g_new0 (EnjListen, 1);
  if (enj_options_split (self, key, value, literal, address))
    return address;
  enj_listen_free (address);
  return NULL;
}

GPtrArray *
enj_options_new_listens (const EnjOptions *self, const char *key)
{
  GPtrArray *listens = g_ptr_array_new_with_free_func ((GDestroyNotify) enj_listen_free);
  g_auto (GStrv) list = enj_options_dup_list (self, key);

  for (char **item = list; *item; item++)
    {
      EnjListen *listen = g_new0 (EnjListen, 1);

      if (enj_options_split (self, key, *item, TRUE, listen))
        g_ptr_array_add (listens, listen);
      else
        enj_listen_free (listen);
    }
  return listens;
}

GStrv
enj_options_dup_ports (const EnjOptions *self, const char *key)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  g_auto (GStrv) list = enj_options_dup_list (self, key);

  if (!*list)
    enj_keyfile_fault (self->file, self->group, key,
                       "names nothing: the component could not connect");
  for (char **item = list; *item; item++)
    {
      g_autoptr (GError) error = NULL;
      EnjPort port;

      if (enj_port_parse (*item, &port, &error))
        g_strv_builder_add (names, port.name);
      else
        enj_keyfile_fault (self->file, self->group, key, "%s", error->message);
      enj_port_clear (&port);
    }
  return g_strv_builder_end (names);
}

/* ---- Files ---------------------------------------------------------------- */

char *
enj_options_dup_path (const EnjOptions *self, const char *key, const char *none)
{
  g_autofree char *value = enj_options_dup (self, key);

  if (!*value || g_strcmp0 (value, none) == 0)
    return NULL;
  return enj_file_resolve_new (enj_keyfile_get_name (self->file), value);
}

static gboolean
check_readable (const EnjOptions *self, const char *key, const char *path)
{
  if (enj_sandbox_admit (path))
    return TRUE;
  enj_keyfile_fault (self->file, self->group, key,
                     "%s: outside of what the sandbox lets us read, restart enjamb", path);
  return FALSE;
}

char *
enj_options_dup_readable (const EnjOptions *self, const char *key, const char *none)
{
  char *path = enj_options_dup_path (self, key, none);

  if (!path || check_readable (self, key, path))
    return path;
  g_free (path);
  return NULL;
}

GStrv
enj_options_dup_readables (const EnjOptions *self, const char *key)
{
  GStrv list = enj_options_dup_list (self, key);

  for (char **item = list; *item; item++)
    {
      g_autofree char *name = *item;

      *item = enj_file_resolve_new (enj_keyfile_get_name (self->file), name);
      (void) check_readable (self, key, *item); /* With a fault, nobody will read it. */
    }
  return list;
}

/* systemd.exec(5): credentials are files below $CREDENTIALS_DIRECTORY. */
static char *
credential_path_new (const char *path)
{
  const char *folder = g_getenv ("CREDENTIALS_DIRECTORY");
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *credential = folder ? g_build_filename (folder, name, NULL) : NULL;

  if (credential && g_file_test (credential, G_FILE_TEST_EXISTS))
    return g_steal_pointer (&credential);
  return NULL;
}

char *
enj_options_read_secret (const EnjOptions *self, const char *key, gsize *len)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = enj_options_dup_path (self, key, NULL);
  g_autofree char *credential = path ? credential_path_new (path) : NULL;
  const char *used = credential ? credential : path;
  char *secret;

  if (!path || !check_readable (self, key, used))
    return NULL;
  secret = enj_file_read_new (used, SECRET_MAX, len, &error);
  if (!secret)
    {
      enj_keyfile_fault (self->file, self->group, key, "%s: %s", used, error->message);
      return NULL;
    }

  if (*len > 0 && secret[*len - 1] == '\n')
    *len -= *len > 1 && secret[*len - 2] == '\r' ? 2 : 1;
  secret[*len] = '\0';
  if (*len > 0)
    return secret;
  enj_keyfile_fault (self->file, self->group, key, "%s: the secret is empty", used);
  enj_file_wipe (secret, 0);
  return NULL;
}
