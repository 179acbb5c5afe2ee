#include "config.h"

#include "component/verbs.h"

#include <stdio.h>

#include "protocol/report.h"
#include "component/caller.h"
#include "component/check.h"
#include "component/file.h"
#include "component/json.h"
#include "component/keyfile.h"
#include "component/options.h"
#include "component/prosody.h"
#include "component/tables.h"
#include "component/terminal.h"

/* The daemon gives less where that would take too long. */
#define PAGE 1000

#define DEFAULT_SOCKET "/run/enjamb/control"

/* As much as the daemon reads. */
#define CONFIG_MAX (1024 * 1024)

typedef struct
{
  const EnjVerbOptions *options;
  const char *const *arguments;
} Task;

typedef struct
{
  const char *name;
  guint min;
  guint max; /* arguments */
  EnjVerbStatus (*run) (const Task *task);
  const char *usage;
  const char *text;
} Verb;

/* ---- What is printed ------------------------------------------------------------------ */

static void
print_json (GVariant *value)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (value);
  g_autofree char *json = enj_json_new (owned);

  puts (json);
}

/* For a person, who may have a narrow screen. */
static void
print_text (const char *text)
{
  g_autofree char *fit = enj_terminal_fit_new (text, enj_terminal_get_width ());

  fputs (fit, stdout);
}

/* Names of files may be any bytes, and JSON is UTF-8. */
static void
tell_error (const Task *task, const char *message)
{
  g_autofree char *text = g_utf8_make_valid (message, -1);

  if (task->options->json)
    print_json (g_variant_new_parsed ("{'error': %s}", text));
  else
    fprintf (stderr, "enjambctl: %s\n", message);
}

static EnjVerbStatus
fail (const Task *task, const GError *error)
{
  tell_error (task, error->message);
  return g_error_matches (error, ENJ_CALLER_ERROR, ENJ_CALLER_REFUSED) ? ENJ_VERB_NO
                                                                       : ENJ_VERB_UNREACHABLE;
}

/* ---- The daemon ------------------------------------------------------------------------ */

/* Only the one key: whoever may ask the daemon need not be able to read all that the
 * configuration names.  What else is wrong with the text does not lead to another daemon. */
static char *
read_socket_new (const EnjVerbOptions *options, const char *text, gsize len, GError **error)
{
  g_autoptr (EnjKeyfile) file = enj_keyfile_new (options->config, text, len, enj_options_raw_keys);
  g_autofree char *value
    = enj_keyfile_dup_value (file, enj_keyfile_find (file, "control"), "socket");

  if (!value)
    return g_strdup (DEFAULT_SOCKET);
  if (*value)
    return enj_file_resolve_new (options->config, value);
  g_set_error (error, ENJ_CALLER_ERROR, ENJ_CALLER_UNREACHABLE,
               "%s: [control] socket is empty, so the daemon cannot be asked", options->config);
  return NULL;
}

static char *
socket_path_new (const EnjVerbOptions *options, GError **error)
{
  g_autoptr (GError) reason = NULL;
  gsize len = 0;
  char *text = NULL;
  char *path = NULL;

  if (options->socket)
    return g_strdup (options->socket);
  text = enj_file_read_new (options->config, CONFIG_MAX, &len, &reason);
  if (text)
    path = read_socket_new (options, text, len, error);
  else if (!options->is_default)
    g_set_error (error, ENJ_CALLER_ERROR, ENJ_CALLER_UNREACHABLE,
                 "%s: %s; it tells where the socket is, and so does --socket", options->config,
                 reason->message);
  else
    path = g_strdup (DEFAULT_SOCKET);
  enj_file_wipe (text, len);
  return path;
}

static EnjCaller *
caller_new (const EnjVerbOptions *options, GError **error)
{
  g_autofree char *path = socket_path_new (options, error);

  return path ? enj_caller_new (path, error) : NULL;
}

/* The answer to one call. */
static GVariant *
ask_new (const Task *task, const char *method, GVariant *arguments, const char *type,
         GError **error)
{
  g_autoptr (GVariant) sunk = arguments ? g_variant_ref_sink (arguments) : NULL;
  g_autoptr (EnjCaller) caller = caller_new (task->options, error);

  return caller ? enj_caller_call_new (caller, method, sunk, type, error) : NULL;
}

/* ---- Verbs ------------------------------------------------------------------------------- */

static EnjVerbStatus
run_status (const Task *task)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = ask_new (task, "Status", NULL, "(a{sv})", &error);
  g_autoptr (GVariant) status = NULL;
  g_autofree char *text = NULL;

  if (!answer)
    return fail (task, error);
  status = g_variant_get_child_value (answer, 0);
  if (task->options->json)
    print_json (status);
  else
    {
      text = enj_tables_status_new (status, g_get_real_time () / G_USEC_PER_SEC);
      print_text (text);
    }
  return ENJ_VERB_DONE;
}

/* All pages of one list in one value, aa{sv}, where @next, after which the last page ends, is
 * of the type of the cursor: "t" or "s". */
static GVariant *
collect_new (EnjCaller *caller, const char *method, const char *remote, GVariant *cursor,
             const char *type, GError **error)
{
  g_autoptr (GVariant) start = g_variant_ref_sink (cursor);
  g_autoptr (GVariant) after = g_variant_ref (start);
  g_autoptr (GVariantBuilder) all = g_variant_builder_new (G_VARIANT_TYPE ("aa{sv}"));

  do
    {
      g_autoptr (GVariant) answer = enj_caller_call_new (
        caller, method, g_variant_new ("(s@*u)", remote, after, PAGE), type, error);
      g_autoptr (GVariant) page = NULL;

      if (!answer)
        return NULL;
      page = g_variant_get_child_value (answer, 0);
      for (gsize i = 0; i < g_variant_n_children (page); i++)
        {
          g_autoptr (GVariant) entry = g_variant_get_child_value (page, i);

          g_variant_builder_add_value (all, entry);
        }
      g_variant_unref (after);
      after = g_variant_get_child_value (answer, 1);
    }
  while (!g_variant_equal (after, start));
  return g_variant_ref_sink (g_variant_builder_end (all));
}

static EnjVerbStatus
run_streams (const Task *task)
{
  const char *remote = task->arguments[0] ? task->arguments[0] : "";
  g_autoptr (GError) error = NULL;
  g_autoptr (EnjCaller) caller = caller_new (task->options, &error);
  g_autoptr (GVariant) streams = NULL;
  g_autoptr (GVariant) remotes = NULL;
  g_autofree char *text = NULL;
  g_autofree char *more = NULL;

  if (caller)
    streams = collect_new (caller, "Streams", remote, g_variant_new_uint64 (0), "(aa{sv}t)",
                           &error);
  if (streams)
    remotes = collect_new (caller, "Remotes", remote, g_variant_new_string (""), "(aa{sv}s)",
                           &error);
  if (!remotes)
    return fail (task, error);
  if (task->options->json)
    {
      print_json (g_variant_new_parsed ("{'streams': %@aa{sv}, 'remotes': %@aa{sv}}", streams,
                                        remotes));
      return ENJ_VERB_DONE;
    }
  text = enj_tables_streams_new (streams, enj_terminal_get_width ());
  more = enj_tables_remotes_new (remotes, *remote != '\0');
  print_text (text);
  if (*more)
    {
      puts ("");
      print_text (more);
    }
  return ENJ_VERB_DONE;
}

static EnjVerbStatus
run_routes (const Task *task)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = ask_new (task, "Routes", NULL, "(aa{sv})", &error);
  g_autoptr (GVariant) routes = NULL;
  g_autofree char *text = NULL;

  if (!answer)
    return fail (task, error);
  routes = g_variant_get_child_value (answer, 0);
  if (task->options->json)
    print_json (g_variant_new_parsed ("{'routes': %@aa{sv}}", routes));
  else
    {
      text = enj_tables_routes_new (routes);
      print_text (text);
    }
  return ENJ_VERB_DONE;
}

static EnjVerbStatus
run_ping (const Task *task)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer
    = ask_new (task, "Ping", g_variant_new ("(ss)", task->arguments[0], task->arguments[1]),
               "(a{sv})", &error);
  g_autoptr (GVariant) result = NULL;
  g_autofree char *text = NULL;
  gboolean answered = FALSE;

  if (!answer)
    return fail (task, error);
  result = g_variant_get_child_value (answer, 0);
  g_variant_lookup (result, "answered", "b", &answered);
  if (task->options->json)
    print_json (result);
  else
    {
      text = enj_tables_ping_new (result);
      print_text (text);
    }
  return answered ? ENJ_VERB_DONE : ENJ_VERB_NO;
}

/* A turn of the daemon has room for one page.  The next one is of older streams: those that come
 * back meanwhile are in none. */
static EnjVerbStatus
run_close (const Task *task)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EnjCaller) caller = caller_new (task->options, &error);
  guint64 next = 0;
  guint all = 0;
  guint n = 0;

  if (!caller)
    return fail (task, error);
  do
    {
      g_autoptr (GVariant) answer = enj_caller_call_new (
        caller, "Close",
        g_variant_new ("(sst)", task->arguments[0], task->arguments[1], next), "(ut)", &error);

      if (!answer)
        return fail (task, error);
      g_variant_get (answer, "(ut)", &n, &next);
      all += n;
    }
  while (next != 0);
  if (task->options->json)
    print_json (g_variant_new_parsed ("{'closed': %u}", all));
  else
    printf ("%u streams closed\n", all);
  return all > 0 ? ENJ_VERB_DONE : ENJ_VERB_NO;
}

static EnjVerbStatus
run_reload (const Task *task)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = ask_new (task, "Reload", NULL, "()", &error);

  if (!answer)
    return fail (task, error);
  if (task->options->json)
    print_json (g_variant_new_parsed ("{'reloaded': true}"));
  else
    puts ("reloaded");
  return ENJ_VERB_DONE;
}

/* ---- Check ------------------------------------------------------------------------------- */

/* What the daemon says of its links, asked once. */
typedef struct
{
  GVariant *routes; /* NULL where it cannot be asked */
  GError *error;    /* why not */
} Daemon;

/* One that knows the domain and has no link is not disturbed by a login. */
static EnjCheckLink
tell_link (const char *domain, char **why, gpointer data)
{
  const Daemon *daemon = data;

  if (!daemon->routes)
    {
      *why = g_strdup (daemon->error->message);
      return g_error_matches (daemon->error, ENJ_CALLER_ERROR, ENJ_CALLER_ABSENT)
               ? ENJ_CHECK_LINK_UNKNOWN
               : ENJ_CHECK_LINK_HIDDEN;
    }
  for (gsize i = 0; i < g_variant_n_children (daemon->routes); i++)
    {
      g_autoptr (GVariant) route = g_variant_get_child_value (daemon->routes, i);
      const char *name = "";
      const char *link = "";

      (void) g_variant_lookup (route, "domain", "&s", &name); /* It stays "", as below. */
      if (!g_str_equal (name, domain))
        continue;
      (void) g_variant_lookup (route, "link", "&s", &link);
      if (g_str_equal (link, "up"))
        return ENJ_CHECK_LINK_UP;
      (void) g_variant_lookup (route, "link-error", "s", why);
      return ENJ_CHECK_LINK_DOWN;
    }
  *why = g_strdup ("it was started with another configuration");
  return ENJ_CHECK_LINK_DOWN;
}

static GVariant *
ask_routes_new (const Task *task, GError **error)
{
  g_autoptr (GVariant) answer = ask_new (task, "Routes", NULL, "(aa{sv})", error);

  return answer ? g_variant_get_child_value (answer, 0) : NULL;
}

static EnjVerbStatus
run_check (const Task *task)
{
  EnjCheckArea areas = enj_check_parse_area (task->arguments[0]);
  g_autoptr (EnjFindings) findings = NULL;
  g_autofree char *text = NULL;
  Daemon daemon = { NULL, NULL };

  if (!areas)
    {
      fputs ("enjambctl: what is to be checked is one of config, dns, certs, connectivity\n",
             stderr);
      return ENJ_VERB_USAGE;
    }
  if (areas & ENJ_CHECK_CONNECTIVITY)
    daemon.routes = ask_routes_new (task, &daemon.error);
  findings = enj_check_run_new (task->options->config, areas, tell_link, &daemon);
  if (task->options->json)
    print_json (g_variant_new_parsed ("{'problems': <%u>, 'findings': %v}",
                                      enj_findings_count (findings, ENJ_FINDING_PROBLEM),
                                      g_variant_new_variant (enj_findings_to_variant (findings))));
  else
    {
      text = enj_findings_format_new (findings);
      print_text (text);
    }
  g_clear_pointer (&daemon.routes, g_variant_unref);
  g_clear_error (&daemon.error);
  return enj_findings_has_problems (findings) ? ENJ_VERB_NO : ENJ_VERB_DONE;
}

static EnjVerbStatus
run_prosody (const Task *task)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EnjConfig) config = enj_config_new_from_file (task->options->config, &error);
  GVariantBuilder blocks;
  guint n = 0;

  if (!config)
    {
      tell_error (task, error->message);
      return ENJ_VERB_NO;
    }
  g_variant_builder_init (&blocks, G_VARIANT_TYPE ("aa{ss}"));
  for (guint i = 0; i < config->components->len; i++)
    {
      const EnjConfigComponent *component = config->components->pdata[i];
      g_autofree char *block = enj_prosody_block_new (component);
      g_autofree char *text = block ? g_utf8_make_valid (block, -1) : NULL;

      if (!block)
        continue;
      if (!task->options->json)
        printf ("%s%s", n > 0 ? "\n" : "", block);
      g_variant_builder_open (&blocks, G_VARIANT_TYPE ("a{ss}"));
      g_variant_builder_add (&blocks, "{ss}", "domain", component->domain);
      g_variant_builder_add (&blocks, "{ss}", "block", text);
      g_variant_builder_close (&blocks);
      n++;
    }
  if (task->options->json)
    print_json (g_variant_new_parsed ("{'components': %@aa{ss}}", g_variant_builder_end (&blocks)));
  else
    g_variant_builder_clear (&blocks);
  return ENJ_VERB_DONE;
}

static const Verb verbs[] = {
  { "status", 0, 0, run_status, "", "how the daemon is" },
  { "streams", 0, 1, run_streams, "[DOMAIN]", "the streams there are, and what fails" },
  { "routes", 0, 0, run_routes, "", "our domains, their links, and what goes where" },
  { "ping", 2, 2, run_ping, "FROM TO", "is TO there, and how long does each step take" },
  { "close", 2, 2, run_close, "FROM TO", "end the streams of a pair of domains; * is any" },
  { "reload", 0, 0, run_reload, "", "read configuration and certificates again" },
  { "check", 0, 1, run_check, "[AREA]",
    "what is wrong, and what to do: config, dns, certs, connectivity, or all" },
  { "prosody", 0, 0, run_prosody, "", "print what Prosody needs, with the secret" },
};

EnjVerbStatus
enj_verbs_run (const EnjVerbOptions *options, const char *const *words)
{
  const Task task = { options, words[0] ? words + 1 : words };
  guint n = g_strv_length ((char **) task.arguments);

  for (guint i = 0; words[0] && i < G_N_ELEMENTS (verbs); i++)
    {
      if (!g_str_equal (verbs[i].name, words[0]))
        continue;
      if (n >= verbs[i].min && n <= verbs[i].max)
        return verbs[i].run (&task);
      fprintf (stderr, "enjambctl: usage: enjambctl %s%s%s\n", verbs[i].name,
               *verbs[i].usage ? " " : "", verbs[i].usage);
      return ENJ_VERB_USAGE;
    }
  if (words[0])
    fprintf (stderr, "enjambctl: there is no verb %s; enjambctl --help names them\n", words[0]);
  else
    fputs ("enjambctl: a verb is missing; enjambctl --help names them\n", stderr);
  return ENJ_VERB_USAGE;
}

char *
enj_verbs_describe_new (void)
{
  GString *text = g_string_new ("Verbs:\n");

  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    {
      g_autofree char *start = g_strdup_printf ("%s %s", verbs[i].name, verbs[i].usage);

      g_string_append_printf (text, "  %-40s %s\n", start, verbs[i].text);
    }
  return g_string_free (text, FALSE);
}
