/* enjambctl.c - asks the daemon, and looks at what it needs of the world. */
#include "config.h"

#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <glib.h>

#include "component/verbs.h"

#define DEFAULT_CONFIG SYSCONFDIR "/enjamb/enjamb.conf"

static char *config_path;
static char *socket_path;
static gboolean json;
static gboolean only_version;
static char **words;

static const GOptionEntry entries[] = {
  { "config", 'c', 0, G_OPTION_ARG_FILENAME, &config_path,
    "The configuration of the daemon, instead of " DEFAULT_CONFIG, "FILE" },
  { "socket", 's', 0, G_OPTION_ARG_FILENAME, &socket_path,
    "Where the daemon listens, instead of what the configuration says", "PATH" },
  { "json", 'j', 0, G_OPTION_ARG_NONE, &json, "Print one JSON document", NULL },
  { "version", 0, 0, G_OPTION_ARG_NONE, &only_version, "Print the version and end", NULL },
  { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &words, NULL, "VERB [ARGUMENT...]" },
  G_OPTION_ENTRY_NULL
};

static gboolean
parse_options (int *argc, char ***argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autofree char *verbs = enj_verbs_describe_new ();
  g_autoptr (GError) error = NULL;

  g_option_context_set_summary (context, verbs);
  g_option_context_set_description (
    context, "Exit status: 0 done, 1 the answer is no, 2 wrong usage, 3 the daemon cannot be\n"
             "reached.  enjambctl(1) has the rest.\n");
  g_option_context_add_main_entries (context, entries, NULL);
  if (g_option_context_parse (context, argc, argv, &error))
    return TRUE;
  fprintf (stderr, "enjambctl: %s\n", error->message);
  return FALSE;
}

/* Addresses are UTF-8 in any locale. */
static gboolean
check_words (void)
{
  for (char **word = words; word && *word; word++)
    if (!g_utf8_validate (*word, -1, NULL))
      {
        fputs ("enjambctl: an argument is not in UTF-8\n", stderr);
        return FALSE;
      }
  return TRUE;
}

/* Some verbs read secrets, which a core would hold. */
static void
forbid_cores (void)
{
  const struct rlimit none = { 0, 0 };

  /* Where the kernel refuses, there is nothing better to do. */
  (void) prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
  (void) setrlimit (RLIMIT_CORE, &none);
}

int
main (int argc, char **argv)
{
  static const char *const none[] = { NULL };
  EnjVerbOptions options;

  forbid_cores ();
  if (!parse_options (&argc, &argv) || !check_words ())
    return ENJ_VERB_USAGE;
  if (only_version)
    {
      puts (PACKAGE_STRING);
      return ENJ_VERB_DONE;
    }
  options = (EnjVerbOptions){ .config = config_path ? config_path : DEFAULT_CONFIG,
                              .is_default = !config_path,
                              .socket = socket_path,
                              .json = json };
  return (int) enj_verbs_run (&options, words ? (const char *const *) words : none);
}
