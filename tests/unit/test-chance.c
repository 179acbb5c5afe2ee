#include "config.h"

#include "protocol/chance.h"

#include <string.h>

/* Gives the bytes of a script, in order. */
static void
give_script (guint8 *data, gsize len, gpointer user_data)
{
  const guint8 **script = user_data;

  memcpy (data, *script, len);
  *script += len;
}

static void
test_kernel (void)
{
  guint8 first[1000] = { 0 };
  guint8 second[1000] = { 0 };
  guint zeros = 0;

  enj_chance_fill (first, sizeof first);
  enj_chance_fill (second, sizeof second);
  g_assert_cmpint (memcmp (first, second, sizeof first), !=, 0);

  /* About four are expected, and sixty are as likely as a collision of two keys. */
  for (guint i = 0; i < sizeof first; i++)
    zeros += first[i] == 0;
  g_assert_cmpuint (zeros, <, 60);
  enj_chance_fill (NULL, 0);
}

static void
test_source (void)
{
  static const guint8 script[] = { 1, 2, 3, 4 };
  const guint8 *place = script;
  guint8 data[4];

  enj_chance_set_source (give_script, &place);
  enj_chance_fill (data, 3);
  enj_chance_fill (data + 3, 1);
  enj_chance_set_source (NULL, NULL);
  g_assert_cmpmem (data, sizeof data, script, sizeof script);

  enj_chance_fill (data, sizeof data);
  g_assert_true (place == script + sizeof script);
}

static void
test_below (void)
{
  for (guint32 bound = 1; bound < 200; bound++)
    for (guint i = 0; i < 20; i++)
      g_assert_cmpuint (enj_chance_below (bound), <, bound);
}

static void
test_every_value (void)
{
  gboolean seen[6] = { FALSE };

  for (guint i = 0; i < 2000; i++)
    seen[enj_chance_below (6)] = TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (seen); i++)
    g_assert_true (seen[i]);
}

/* 2^32 = 3 * 1431655765 + 1: the number 2^32 - 1 is one too many. */
static void
test_no_bias (void)
{
  static const guint8 script[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
                                   0xff, 0xff, 0xff, 0xff, 0,    0,    1,    2 };
  const guint8 *place = script;

  enj_chance_set_source (give_script, &place);
  g_assert_cmpuint (enj_chance_below (3), ==, 2);
  g_assert_true (place == script + 8);
  g_assert_cmpuint (enj_chance_below (256), ==, 255);
  g_assert_cmpuint (enj_chance_below (256), ==, 2);
  enj_chance_set_source (NULL, NULL);
  g_assert_true (place == script + sizeof script);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/chance/kernel-fills-all-of-it", test_kernel);
  g_test_add_func ("/chance/source-of-a-test-comes-first", test_source);
  g_test_add_func ("/chance/stays-below-its-bound", test_below);
  g_test_add_func ("/chance/reaches-every-value", test_every_value);
  g_test_add_func ("/chance/draws-again-what-would-be-biased", test_no_bias);
  return g_test_run ();
}
