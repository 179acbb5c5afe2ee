#include "config.h"

#include "protocol/bytes.h"

#include <string.h>

/* The address sanitizer would end the process where malloc() returns NULL. */
const char *__asan_default_options (void);

const char *
__asan_default_options (void)
{
  return "allocator_may_return_null=1";
}

static void
assert_holds (const EnjBytes *bytes, const char *expected)
{
  gsize len;
  const guint8 *data = enj_bytes_peek (bytes, &len);

  g_assert_cmpmem (data, len, expected, strlen (expected));
  g_assert_cmpuint (enj_bytes_length (bytes), ==, strlen (expected));
}

static void
test_first_in_first_out (void)
{
  EnjBytes bytes;

  enj_bytes_init (&bytes, 100);
  g_assert_true (enj_bytes_append (&bytes, "abc", 3));
  g_assert_true (enj_bytes_append (&bytes, "def", 3));
  assert_holds (&bytes, "abcdef");
  enj_bytes_drained (&bytes, 2);
  g_assert_true (enj_bytes_append (&bytes, "g", 1));
  assert_holds (&bytes, "cdefg");
  enj_bytes_clear (&bytes);
}

static void
test_no_memory_while_empty (void)
{
  EnjBytes bytes;
  gsize len = 99;

  enj_bytes_init (&bytes, 100);
  g_assert_null (bytes.data);
  g_assert_true (enj_bytes_append (&bytes, NULL, 0));
  g_assert_null (bytes.data);
  g_assert_null (enj_bytes_peek (&bytes, &len));
  g_assert_cmpuint (len, ==, 0);

  g_assert_true (enj_bytes_append (&bytes, "abc", 3));
  g_assert_nonnull (bytes.data);
  enj_bytes_drained (&bytes, 3);
  g_assert_null (bytes.data);

  g_assert_nonnull (enj_bytes_reserve (&bytes, 10));
  enj_bytes_commit (&bytes, 0);
  g_assert_null (bytes.data);
}

static void
test_all_or_nothing (void)
{
  EnjBytes bytes;

  enj_bytes_init (&bytes, 5);
  g_assert_true (enj_bytes_append (&bytes, "abc", 3));
  g_assert_false (enj_bytes_append (&bytes, "def", 3));
  assert_holds (&bytes, "abc");
  g_assert_true (enj_bytes_append (&bytes, "de", 2));
  assert_holds (&bytes, "abcde");
  g_assert_false (enj_bytes_append (&bytes, "f", 1));
  g_assert_null (enj_bytes_reserve (&bytes, 1));
  g_assert_cmpuint (bytes.size, <=, 5);

  enj_bytes_drained (&bytes, 1);
  g_assert_true (enj_bytes_append (&bytes, "f", 1));
  assert_holds (&bytes, "bcdef");
  enj_bytes_clear (&bytes);
}

static void
test_huge_lengths (void)
{
  EnjBytes bytes;

  enj_bytes_init (&bytes, 10);
  g_assert_true (enj_bytes_append (&bytes, "abc", 3));
  g_assert_null (enj_bytes_reserve (&bytes, G_MAXSIZE));
  g_assert_null (enj_bytes_reserve (&bytes, G_MAXSIZE - 2));
  assert_holds (&bytes, "abc");
  enj_bytes_clear (&bytes);

  enj_bytes_init (&bytes, 0);
  g_assert_false (enj_bytes_append (&bytes, "a", 1));
}

static void
test_memory_that_cannot_be_had (void)
{
  EnjBytes bytes;

  enj_bytes_init (&bytes, G_MAXSSIZE);
  g_assert_true (enj_bytes_append (&bytes, "abc", 3));
  g_assert_null (enj_bytes_reserve (&bytes, G_MAXSSIZE - 3));
  assert_holds (&bytes, "abc");
  enj_bytes_clear (&bytes);
}

static void
test_clear_keeps_the_limit (void)
{
  EnjBytes bytes;

  enj_bytes_init (&bytes, 3);
  g_assert_true (enj_bytes_append (&bytes, "abc", 3));
  enj_bytes_clear (&bytes);
  g_assert_cmpuint (enj_bytes_length (&bytes), ==, 0);
  g_assert_false (enj_bytes_append (&bytes, "abcd", 4));
  g_assert_true (enj_bytes_append (&bytes, "abc", 3));
  enj_bytes_clear (&bytes);
}

static void
test_written_in_place (void)
{
  EnjBytes bytes;
  guint8 *room;

  enj_bytes_init (&bytes, 1000);
  g_assert_true (enj_bytes_append (&bytes, "abc", 3));
  room = enj_bytes_reserve (&bytes, 900);
  g_assert_nonnull (room);
  memset (room, 'x', 900);
  memcpy (room, "def", 3);
  enj_bytes_commit (&bytes, 3);
  assert_holds (&bytes, "abcdef");
  enj_bytes_clear (&bytes);
}

/* A queue that never gets empty, but never holds much, stays small. */
static void
test_little_stays_little (void)
{
  static const guint8 data[100];
  EnjBytes bytes;

  enj_bytes_init (&bytes, 100000);
  g_assert_true (enj_bytes_append (&bytes, "x", 1));
  for (guint turn = 0; turn < 1000; turn++)
    {
      g_assert_true (enj_bytes_append (&bytes, data, sizeof data));
      enj_bytes_drained (&bytes, sizeof data);
    }

  g_assert_cmpuint (bytes.size, <=, 512);
  enj_bytes_clear (&bytes);
}

/* Whatever the sizes, what comes out is what went in. */
static void
test_long_run (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (5269);
  EnjBytes bytes;
  guint8 next_in = 0;
  guint8 next_out = 0;

  enj_bytes_init (&bytes, 3000);
  for (guint turn = 0; turn < 20000; turn++)
    {
      guint8 data[700];
      gsize n = (gsize) g_rand_int_range (rand, 0, sizeof data);
      gsize wanted = (gsize) g_rand_int_range (rand, 0, sizeof data);
      gsize before = enj_bytes_length (&bytes);
      const guint8 *out;
      gsize len;

      for (gsize i = 0; i < n; i++)
        data[i] = (guint8) (next_in + i);
      g_assert_true (enj_bytes_append (&bytes, data, n) == (before + n <= 3000));
      if (before + n <= 3000)
        next_in = (guint8) (next_in + n);
      g_assert_cmpuint (bytes.size, <=, 3000);

      out = enj_bytes_peek (&bytes, &len);
      len = MIN (len, wanted);
      for (gsize i = 0; i < len; i++)
        g_assert_cmpuint (out[i], ==, next_out++);
      enj_bytes_drained (&bytes, len);
    }

  enj_bytes_clear (&bytes);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bytes/first-in-first-out", test_first_in_first_out);
  g_test_add_func ("/bytes/holds-no-memory-while-empty", test_no_memory_while_empty);
  g_test_add_func ("/bytes/takes-all-or-nothing-at-the-limit", test_all_or_nothing);
  g_test_add_func ("/bytes/refuses-lengths-that-would-overflow", test_huge_lengths);
  g_test_add_func ("/bytes/survives-memory-that-cannot-be-had", test_memory_that_cannot_be_had);
  g_test_add_func ("/bytes/can-be-used-again-after-clear", test_clear_keeps_the_limit);
  g_test_add_func ("/bytes/can-be-written-in-place", test_written_in_place);
  g_test_add_func ("/bytes/stays-small-while-little-is-kept", test_little_stays_little);
  g_test_add_func ("/bytes/gives-out-what-went-in-over-a-long-run", test_long_run);
  return g_test_run ();
}
