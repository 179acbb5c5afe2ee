/* Plays the transcripts of this folder, each in five ways; example.xt explains the words. */
#include "config.h"

#include <string.h>

#include "protocol/chance.h"

#include "tests/support/proves.h"
#include "tests/support/quiet.h"
#include "tests/transcripts/acts.h"

typedef struct
{
  char *path;
  EnjTestWay way;
} Case;

/* Words that look like "D20" are lines of the checklist, the others a clause for readers. */
static void
cite (const EnjTestStep *step)
{
  g_auto (GStrv) words = g_strsplit (step->text, " ", -1);

  for (char **word = words; *word; word++)
    if (strlen (*word) == 3 && g_ascii_isupper ((*word)[0]) && g_ascii_isdigit ((*word)[1])
        && g_ascii_isdigit ((*word)[2]))
      enj_test_proves (*word);
}

static char *
play_file (EnjTestPlayer *self, const char *path, gboolean *has_ended)
{
  g_autoptr (GPtrArray) steps = enj_test_script_read_new (path);

  for (guint i = 0; i < steps->len; i++)
    {
      const EnjTestStep *step = steps->pdata[i];
      g_autofree char *difference = NULL;

      if (strcmp (step->word, "proves") == 0)
        {
          cite (step);
        }
      else if (strcmp (step->word, "after") == 0)
        {
          g_autofree char *folder = g_path_get_dirname (path);
          g_autofree char *before = g_strdup_printf ("%s/%s.part", folder, step->text);
          char *fault = play_file (self, before, has_ended);

          if (fault)
            return fault;
        }
      else if ((difference = enj_test_act (self, step)))
        {
          return g_strdup_printf ("%s:%u: %s %.200s\n%s\nunread: %.500s", path, step->line,
                                  step->word, step->text, difference, self->actor.said->str);
        }
      *has_ended = strcmp (step->word, "end") == 0;
    }
  return NULL;
}

/* A transcript without an end leaves the stream open. */
static char *
play_whole (EnjTestPlayer *self, const char *path)
{
  gboolean has_ended = FALSE;
  char *fault = play_file (self, path, &has_ended);

  if (fault)
    return fault;
  if (!has_ended && enj_session_is_over (self->actor.session))
    return g_strdup ("it has ended");
  return enj_test_check_silence (self);
}

/* Repeatable ids: the n-th byte of each run. */
static void
fill (guint8 *data, gsize len, gpointer user_data)
{
  GRand *chance = user_data;

  for (gsize i = 0; i < len; i++)
    data[i] = (guint8) g_rand_int_range (chance, 0, 256);
}

static void
play (gconstpointer user_data)
{
  const Case *one = user_data;
  guint32 seed = g_str_hash (one->path);
  GRand *chance = g_rand_new_with_seed (seed);
  g_autofree char *fault = NULL;
  EnjTestPlayer player = { 0 };

  enj_chance_set_source (fill, chance);
  enj_test_stage_init (&player.stage);
  enj_test_actor_init (&player.actor, one->way, seed);
  player.names = enj_test_script_names_new ();

  fault = play_whole (&player, one->path);
  if (fault)
    g_test_fail_printf ("%s", fault);

  enj_test_actor_clear (&player.actor);
  enj_test_stage_clear (&player.stage);
  g_hash_table_unref (player.names);
  g_free (player.scope);
  enj_chance_set_source (NULL, NULL);
  g_rand_free (chance);
}

static void
case_free (gpointer data)
{
  Case *one = data;

  g_free (one->path);
  g_free (one);
}

static void
add_case (const char *folder, const char *name, EnjTestWay way)
{
  static const char *const ways[ENJ_TEST_N_WAYS] = {
    [ENJ_TEST_WHOLE] = "whole",
    [ENJ_TEST_BYTES] = "byte-by-byte",
    [ENJ_TEST_CUT] = "cut",
    [ENJ_TEST_DRAIN_ONE] = "written-byte-by-byte",
    [ENJ_TEST_REST] = "with-rests",
  };
  Case *one = g_new0 (Case, 1);
  g_autofree char *title = g_strndup (name, strlen (name) - strlen (".xt"));
  g_autofree char *path = g_strdup_printf ("/transcripts/%s/%s", title, ways[way]);

  one->path = g_build_filename (folder, name, NULL);
  one->way = way;
  g_test_add_data_func_full (path, one, play, case_free);
}

int
main (int argc, char **argv)
{
  g_autofree char *folder = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = NULL;
  const char *name;

  g_test_init (&argc, &argv, NULL);
  enj_test_be_quiet ();
  folder = g_test_build_filename (G_TEST_DIST, "tests", "transcripts", NULL);
  dir = g_dir_open (folder, 0, &error);
  if (!dir)
    g_error ("%s", error->message);

  while ((name = g_dir_read_name (dir)))
    for (guint way = 0; g_str_has_suffix (name, ".xt") && way < ENJ_TEST_N_WAYS; way++)
      add_case (folder, name, (EnjTestWay) way);

  return g_test_run ();
}
