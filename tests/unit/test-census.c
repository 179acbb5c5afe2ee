#include "config.h"

#include "protocol/census.h"

#include "protocol/condition.h"
#include "tests/support/proves.h"

static const EnjCensus small
  = { .max_elements = 3, .max_depth = 4, .max_attributes = 5, .max_declared = 2, .max_value = 6 };

/* A tag with so many of each, the longest of @size bytes. */
static gboolean
enter (EnjCensus *census, guint depth, guint declared, guint attributes, gsize size)
{
  g_autofree char *value = g_strnfill (size, 'v');
  const char *atts[2 * 20 + 1] = { NULL };
  g_autoptr (GError) error = NULL;
  gboolean ok;

  for (guint i = 0; i < declared; i++)
    enj_census_declare (census, i == 0 && attributes == 0 ? value : i == 1 ? NULL : "urn:n");
  for (guint i = 0; i < 2 * attributes; i++)
    atts[i] = i == 1 ? value : "a";
  ok = enj_census_enter (census, depth, atts, &error);
  if (!ok)
    g_assert_error (error, ENJ_STREAM_ERROR, ENJ_STREAM_POLICY_VIOLATION);
  return ok;
}

static void
test_tag (void)
{
  static const struct
  {
    guint depth;
    guint declared;
    guint attributes;
    gsize size;
    gboolean fits;
  } cases[] = {
    { 4, 0, 0, 0, TRUE },  { 5, 0, 0, 0, FALSE }, /* nested */
    { 1, 0, 5, 1, TRUE },  { 1, 0, 6, 1, FALSE }, /* attributes */
    { 1, 2, 3, 1, TRUE },  { 1, 2, 4, 1, FALSE }, /* declarations among them */
    { 1, 2, 0, 1, TRUE },  { 1, 3, 0, 1, FALSE }, /* declarations */
    { 1, 0, 1, 6, TRUE },  { 1, 0, 1, 7, FALSE }, /* bytes of an attribute */
    { 1, 1, 0, 6, TRUE },  { 1, 1, 0, 7, FALSE }, /* and of a namespace */
    { 0, 1, 0, 6, TRUE },  { 0, 1, 0, 7, FALSE }, /* of the stream's own tag, too */
  };

  enj_test_proves ("S45");
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      EnjCensus census = small;

      g_assert_cmpint (
        enter (&census, cases[i].depth, cases[i].declared, cases[i].attributes, cases[i].size), ==,
        cases[i].fits);
    }
}

static void
test_elements (void)
{
  EnjCensus census = small;

  for (guint child = 0; child < 2; child++)
    {
      enj_census_restart (&census);
      for (guint i = 0; i < 3; i++)
        g_assert_true (enter (&census, 1 + i, 0, 0, 0));
    }
  g_assert_false (enter (&census, 1, 0, 0, 0));
}

/* What one tag declares is not counted against the next. */
static void
test_each (void)
{
  EnjCensus census = small;

  for (guint i = 0; i < 3; i++)
    g_assert_true (enter (&census, 1, 2, 3, 6));
}

static void
test_none (void)
{
  EnjCensus census = small;

  census.max_declared = 0;
  census.max_value = 0;
  g_assert_true (enter (&census, 1, 5, 0, 100000));
  g_assert_true (enter (&census, 1, 0, 5, 100000));
  g_assert_false (enter (&census, 1, 6, 0, 0));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/census/a-tag-has-at-most-that", test_tag);
  g_test_add_func ("/census/a-child-has-at-most-so-many-elements", test_elements);
  g_test_add_func ("/census/counts-each-tag-for-itself", test_each);
  g_test_add_func ("/census/two-limits-may-be-none", test_none);
  return g_test_run ();
}
