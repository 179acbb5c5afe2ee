#include "config.h"

#include "tests/support/script.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/dialback-key.h"
#include "protocol/handshake.h"
#include "protocol/ns.h"

#define DIALBACK "<dialback xmlns='" ENJ_NS_DIALBACK_FEATURE "'><errors/></dialback>"
#define LIMITS                                                              \
  "<limits xmlns='" ENJ_NS_STREAM_LIMITS "'><max-bytes>{any}</max-bytes>"   \
  "<idle-seconds>{any}</idle-seconds></limits>"

static void
step_free (gpointer data)
{
  EnjTestStep *step = data;

  g_free (step->word);
  g_free (step->text);
  g_free (step);
}

static EnjTestStep *
step_new (guint line, const char *text)
{
  EnjTestStep *step = g_new0 (EnjTestStep, 1);
  gsize len = strcspn (text, " \t");

  step->line = line;
  step->word = g_strndup (text, len);
  step->text = g_strstrip (g_strdup (text + len));
  return step;
}

static void
go_on (EnjTestStep *step, const char *text)
{
  g_autofree char *before = step->text;
  g_autofree char *more = g_strstrip (g_strdup (text));

  step->text = *before ? g_strconcat (before, "\n", more, NULL) : g_strdup (more);
}

GPtrArray *
enj_test_script_read_new (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *contents = NULL;
  GPtrArray *steps = g_ptr_array_new_with_free_func (step_free);
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents (path, &contents, NULL, &error))
    g_error ("%s", error->message);
  lines = g_strsplit (contents, "\n", -1);
  for (guint i = 0; lines[i]; i++)
    {
      if (!*lines[i] || *lines[i] == '#')
        continue;
      if (!g_ascii_isspace (*lines[i]))
        g_ptr_array_add (steps, step_new (i + 1, lines[i]));
      else if (steps->len > 0)
        go_on (steps->pdata[steps->len - 1], lines[i]);
    }
  return steps;
}

/* ---- Filling in ------------------------------------------------------------ */

static const char *
look_up (GHashTable *names, const char *name)
{
  const char *value = g_hash_table_lookup (names, name);

  return value ? value : name;
}

static void
append_key (GString *out, char **words, GHashTable *names)
{
  g_autoptr (EnjDialbackKey) secret = enj_dialback_key_new (words[1], strlen (words[1]));
  char key[ENJ_DIALBACK_KEY_SIZE];

  enj_dialback_key_compute (secret, words[2], words[3], look_up (names, words[4]), key);
  g_string_append (out, key);
}

static void
append_bytes (GString *out, const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);

  for (char **word = words; *word; word++)
    g_string_append_c (out, (char) strtoul (*word, NULL, 16));
}

static gboolean
append_filled (GString *out, const char *inside, GHashTable *names)
{
  g_auto (GStrv) words = g_strsplit (inside, ":", 5);
  guint n = g_strv_length (words);
  const char *known = g_hash_table_lookup (names, inside);

  if (known)
    {
      g_string_append (out, known);
    }
  else if (n == 5 && strcmp (words[0], "key") == 0)
    {
      append_key (out, words, names);
    }
  else if (n == 3 && strcmp (words[0], "proof") == 0)
    {
      g_autofree char *proof = enj_handshake_new (look_up (names, words[1]), words[2]);

      g_string_append (out, proof);
    }
  else if (n >= 3 && strcmp (words[0], "repeat") == 0)
    {
      const char *text = inside + strlen ("repeat:") + strlen (words[1]) + 1;

      for (gulong i = strtoul (words[1], NULL, 10); i > 0; i--)
        g_string_append (out, text);
    }
  else if (n == 2 && strcmp (words[0], "base64") == 0)
    {
      g_autofree char *encoded
        = g_base64_encode ((const guchar *) words[1], strlen (words[1]));

      g_string_append (out, encoded);
    }
  else if (n == 2 && strcmp (words[0], "bytes") == 0)
    {
      append_bytes (out, words[1]);
    }
  else
    {
      return FALSE;
    }
  return TRUE;
}

GString *
enj_test_script_expand_new (const char *text, GHashTable *names)
{
  GString *out = g_string_new (NULL);

  while (*text)
    {
      const char *end = *text == '{' ? strchr (text, '}') : NULL;
      g_autofree char *inside = end ? g_strndup (text + 1, (gsize) (end - text - 1)) : NULL;

      if (inside && append_filled (out, inside, names))
        text = end + 1;
      else
        g_string_append_c (out, *text++);
    }
  return out;
}

GHashTable *
enj_test_script_names_new (void)
{
  static const char *const known[][2] = {
    { "open", "<stream:stream xmlns='" ENJ_NS_SERVER "' xmlns:stream='" ENJ_NS_STREAM
              "' xmlns:db='" ENJ_NS_DIALBACK "'" },
    { "link", "<stream:stream xmlns='" ENJ_NS_COMPONENT "' xmlns:stream='" ENJ_NS_STREAM "'" },
    { "tls", ENJ_NS_TLS },
    { "sasl", ENJ_NS_SASL },
    { "stanzas", "urn:ietf:params:xml:ns:xmpp-stanzas" },
    { "streams", "urn:ietf:params:xml:ns:xmpp-streams" },
    { "dialback", ENJ_NS_DIALBACK_FEATURE },
    { "bidi", ENJ_NS_BIDI },
    { "sm", ENJ_NS_SM },
    { "limits", ENJ_NS_STREAM_LIMITS },
    /* What we offer to who is still to prove himself, and behind EXTERNAL. */
    { "offers", DIALBACK "<bidi xmlns='" ENJ_NS_BIDI_FEATURE "'/>" LIMITS },
    { "offers-proved", DIALBACK "<sm xmlns='" ENJ_NS_SM "'/>" LIMITS },
  };
  GHashTable *names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    g_hash_table_insert (names, g_strdup (known[i][0]), g_strdup (known[i][1]));
  return names;
}
