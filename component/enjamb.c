/* enjamb.c - the daemon: options, log, and a bridge that runs. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <glib.h>

#include "component/blocklist.h"
#include "component/configuration.h"
#include "component/descriptors.h"
#include "component/journal.h"
#include "component/sandbox.h"

#define DEFAULT_CONFIG SYSCONFDIR "/enjamb/enjamb.conf"

static char *config_path;
static gboolean only_check;
static gboolean only_version;

static const GOptionEntry entries[] = {
  { "config", 'c', 0, G_OPTION_ARG_FILENAME, &config_path,
    "Read FILE instead of " DEFAULT_CONFIG, "FILE" },
  { "check", 0, 0, G_OPTION_ARG_NONE, &only_check,
    "Read the configuration with all that it names, print each problem, and end", NULL },
  { "version", 0, 0, G_OPTION_ARG_NONE, &only_version, "Print the version and end", NULL },
  G_OPTION_ENTRY_NULL
};

static gboolean
parse_options (int *argc, char ***argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_set_summary (context, "Attach a domain to Prosody and federate it.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, &error))
    {
      fprintf (stderr, "enjamb: %s\n", error->message);
      return FALSE;
    }
  if (*argc > 1)
    {
      fprintf (stderr, "enjamb: unexpected argument '%s'\n", (*argv)[1]);
      return FALSE;
    }
  return TRUE;
}

static int
check (const char *path)
{
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);

  enj_config_check (path, problems);
  for (guint i = 0; i < problems->len; i++)
    puts (problems->pdata[i]);
  return problems->len > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* A core would hold keys and secrets. */
static void
forbid_cores (void)
{
  const struct rlimit none = { 0, 0 };

  /* Where the kernel refuses, there is nothing better to do. */
  (void) prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
  (void) setrlimit (RLIMIT_CORE, &none);
}

/* Folders in which we make files: sockets, and what is kept. */
static char **
list_written (const EnjConfig *config)
{
  g_autoptr (GStrvBuilder) folders = g_strv_builder_new ();
  g_autofree char *state = enj_blocklist_dup_folder ();
  g_autofree char *runtime
    = config->control.socket ? g_path_get_dirname (config->control.socket) : NULL;

  if (runtime)
    g_strv_builder_add (folders, runtime);
  if (state)
    g_strv_builder_add (folders, state);
  for (guint i = 0; i < config->components->len; i++)
    {
      const EnjConfigComponent *component = config->components->pdata[i];

      for (char **name = component->hosted_listen; *name; name++)
        {
          g_autofree char *folder = g_path_get_dirname (*name);

          if (component->service == ENJ_SERVICE_HOSTED && **name == '/')
            g_strv_builder_add (folders, folder);
        }
    }
  return g_strv_builder_end (folders);
}

static int
run (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EnjConfig) config = NULL;
  g_autoptr (EnjBridge) bridge = NULL;
  g_auto (GStrv) written = NULL;

  /* Before the first secret is read. */
  forbid_cores ();
  enj_journal_install (G_LOG_LEVEL_MESSAGE);
  config = enj_config_new_for_daemon (path, &error);
  if (!config)
    {
      fprintf (stderr, "%s\n", error->message);
      return EXIT_FAILURE;
    }
  enj_journal_install (config->log_level);
  umask (077);
  enj_descriptors_raise ();

  bridge = enj_bridge_new (config);
  written = list_written (config);
  /* Where there is less of it, it has said so. */
  (void) enj_sandbox_close ((const char *const *) written);
  return bridge ? enj_bridge_run (bridge) : EXIT_FAILURE;
}

int
main (int argc, char **argv)
{
  const char *path;

  if (!parse_options (&argc, &argv))
    return 2;
  if (only_version)
    {
      puts (PACKAGE_STRING);
      return EXIT_SUCCESS;
    }
  path = config_path ? config_path : DEFAULT_CONFIG;
  return only_check ? check (path) : run (path);
}
