#include "config.h"

#include "component/verbs.h"

#include <stdio.h>

#include "component/caller.h"
#include "component/check.h"
#include "component/file.h"
#include "component/json.h"
#include "component/tables.h"

#define DEFAULT_SOCKET "/run/enjamb/control"

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

/* The last line has its newline already, or not. */
static void
tell_error (const Task *task, const char *message)
{
  if (task->options->json)
    print_json (g_variant_new_parsed ("{'error': %s}", message));
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
 * configuration names.  NULL where it says that there is none. */
static char *
socket_path_new (const EnjVerbOptions *options)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *value = NULL;

  if (options->socket)
    return g_strdup (options->socket);
  if (g_key_file_load_from_file (file, options->config, G_KEY_FILE_NONE, NULL))
    value = g_key_file_get_string (file, "control", "socket", NULL);
  if (!value)
    return g_strdup (DEFAULT_SOCKET);
  g_strstrip (value);
  return *value ? enj_file_resolve_new (options->config, value) : NULL;
}

static EnjCaller *
caller_new (const EnjVerbOptions *options, GError **error)
{
  g_autofree char *path = socket_path_new (options);

  if (path)
    return enj_caller_new (path, error);
  g_set_error (error, ENJ_CALLER_ERROR, ENJ_CALLER_UNREACHABLE,
               "%s: [control] socket is empty, so the daemon cannot be asked", options->config);
  return NULL;
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
      fputs (text, stdout);
    }
  return ENJ_VERB_DONE;
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
  GVariantIter iter;
  GVariant *route;

  if (!daemon->routes)
    {
      *why = g_strdup (daemon->error->message);
      return g_error_matches (daemon->error, ENJ_CALLER_ERROR, ENJ_CALLER_ABSENT)
               ? ENJ_CHECK_LINK_UNKNOWN
               : ENJ_CHECK_LINK_HIDDEN;
    }
  g_variant_iter_init (&iter, daemon->routes);
  while ((route = g_variant_iter_next_value (&iter)))
    {
      g_autoptr (GVariant) owned = route;
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
      tell_error (task, "what is to be checked is one of config, dns, certs, connectivity");
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
      fputs (text, stdout);
    }
  g_clear_pointer (&daemon.routes, g_variant_unref);
  g_clear_error (&daemon.error);
  return enj_findings_has_problems (findings) ? ENJ_VERB_NO : ENJ_VERB_DONE;
}

static const Verb verbs[] = {
  { "status", 0, 0, run_status, "", "how the daemon is" },
  { "reload", 0, 0, run_reload, "", "read configuration and certificates again" },
  { "check", 0, 1, run_check, "[AREA]",
    "what is wrong, and what to do: config, dns, certs, connectivity, or all" },
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
  fprintf (stderr, "enjambctl: %s; enjambctl --help names the verbs\n",
           words[0] ? "there is no such verb" : "a verb is missing");
  return ENJ_VERB_USAGE;
}

char *
enj_verbs_describe_new (void)
{
  GString *text = g_string_new ("Verbs:\n");

  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    {
      g_autofree char *start = g_strdup_printf ("%s %s", verbs[i].name, verbs[i].usage);

      g_string_append_printf (text, "  %-26s %s\n", start, verbs[i].text);
    }
  return g_string_free (text, FALSE);
}
