#include "config.h"

#include "protocol/prep.h"

#include <stringprep.h>

/* More than a profile has. */
#define STEPS_MAX 32

/* A part of 1023 bytes decomposes into fewer code points, whatever it holds.
 * One code point of the input may become eighteen. */
#define CODE_POINTS_MAX 2046

/* Where the second halves of compositions are that are no marks, of combining
 * class 0 that is, and all that decomposes to one: vowel signs of India and
 * Burma, and the letters of Hangul in every width (Unicode 3.2, by which
 * stringprep normalises). */
static const struct
{
  gunichar first;
  gunichar last;
} late_halves[] = {
  { 0x0900, 0x109f },
  { 0x1100, 0x11ff },
  { 0x3130, 0x318f },
  { 0xffa0, 0xffdf },
};

/* Fills @some with those steps of @profile whose bits are set in @steps. */
static void
select_steps (const Stringprep_profile *profile, guint steps, Stringprep_profile some[STEPS_MAX])
{
  guint n = 0;

  for (; profile->operation != 0 && n < STEPS_MAX - 1; profile++)
    if (steps & (1u << profile->operation))
      some[n++] = *profile;
  some[n].operation = 0;
}

static gboolean
is_bounded (const char *text)
{
  gsize n = 0;

  for (; *text; text = g_utf8_next_char (text))
    n += g_unichar_fully_decompose (g_utf8_get_char (text), TRUE, NULL, 0);

  return n <= CODE_POINTS_MAX;
}

static gboolean
has_late_half (const char *text)
{
  for (; *text; text = g_utf8_next_char (text))
    {
      gunichar c = g_utf8_get_char (text);

      for (guint i = 0; i < G_N_ELEMENTS (late_halves); i++)
        if (c >= late_halves[i].first && c <= late_halves[i].last)
          return TRUE;
    }

  return FALSE;
}

/* TRUE where two letters with marks between them would compose if they met. */
static gboolean
has_parted_halves (const char *text)
{
  gunichar starter = 0;
  gboolean has_marks = FALSE;
  gunichar composed;

  for (; *text; text = g_utf8_next_char (text))
    {
      gunichar c = g_utf8_get_char (text);

      if (g_unichar_combining_class (c) != 0)
        has_marks = TRUE;
      else
        {
          if (has_marks && g_unichar_compose (starter, c, &composed))
            return TRUE;
          starter = c;
          has_marks = FALSE;
        }
    }

  return FALSE;
}

/* FALSE where stringprep's own normalisation composes over marks, as others do
 * not, and as it does not again (Unicode Public Review Issue 29).  It is seen once
 * what maps to nothing is gone and the rest is composed rightly. */
static gboolean
is_stable (const char *text)
{
  Stringprep_profile map_to_nothing[STEPS_MAX];
  char mapped[ENJ_PREP_MAX + 1];
  g_autofree char *composed = NULL;

  if (!has_late_half (text))
    return TRUE;

  select_steps (stringprep_xmpp_resourceprep, 1u << STRINGPREP_MAP_TABLE, map_to_nothing);
  g_strlcpy (mapped, text, sizeof mapped);
  if (stringprep (mapped, sizeof mapped, 0, map_to_nothing) != STRINGPREP_OK)
    return FALSE;

  composed = g_utf8_normalize (mapped, -1, G_NORMALIZE_ALL_COMPOSE);
  return composed && !has_parted_halves (composed);
}

static const Stringprep_profile *
find_profile (EnjPrepProfile profile, Stringprep_profile some[STEPS_MAX])
{
  switch (profile)
    {
    case ENJ_PREP_NODE:
      return stringprep_xmpp_nodeprep;
    case ENJ_PREP_RESOURCE:
      return stringprep_xmpp_resourceprep;
    case ENJ_PREP_NAME_MAPPING:
      break;
    }

  select_steps (stringprep_nameprep, 1u << STRINGPREP_MAP_TABLE | 1u << STRINGPREP_NFKC, some);
  return some;
}

gboolean
enj_prep_run (char buffer[ENJ_PREP_MAX + 1], EnjPrepProfile profile, const char **why)
{
  Stringprep_profile some[STEPS_MAX];
  int rc;

  if (!g_utf8_validate (buffer, -1, NULL))
    {
      *why = "not UTF-8";
      return FALSE;
    }
  if (!is_bounded (buffer))
    {
      *why = "grows too long when it is prepared";
      return FALSE;
    }
  if (!is_stable (buffer))
    {
      *why = "cannot be normalised";
      return FALSE;
    }

  rc = stringprep (buffer, ENJ_PREP_MAX + 1, 0, find_profile (profile, some));
  if (rc != STRINGPREP_OK)
    {
      *why = stringprep_strerror (rc);
      return FALSE;
    }

  return TRUE;
}
