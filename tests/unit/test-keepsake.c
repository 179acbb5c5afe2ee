#include "config.h"

#include "component/keepsake.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protocol/budget.h"
#include "component/journal.h"
#include "component/transit.h"
#include "tests/support/pipe.h"

#define HEADER "<stream:stream>"
#define PROOF "<handshake/>"

static int ours, theirs;

static void
disconnect (void)
{
  g_assert_cmpint (close (ours) | close (theirs), ==, 0);
}

/* They say @text, and it is received; killed at once, nobody notes it. */
static void
receive (EnjKeepsake *keepsake, const char *text, gboolean killed)
{
  gsize len = strlen (text);
  guint8 *room = enj_keepsake_reserve (keepsake, 65536);

  g_assert_nonnull (room);
  g_assert_cmpint (send (theirs, text, len, 0), ==, len);
  g_assert_cmpint (recv (ours, room, len, MSG_WAITALL), ==, len);
  if (!killed)
    enj_keepsake_received (keepsake, len);
}

/* @text waits to be written, @len of it is taken. */
static void
write_out (EnjKeepsake *keepsake, const char *text, gsize len, gboolean killed)
{
  enj_keepsake_put (keepsake, (const guint8 *) text, strlen (text));
  g_assert_cmpint (send (ours, text, len, 0), ==, len);
  if (!killed)
    enj_keepsake_taken (keepsake, len);
}

static EnjKeepsake *
begin (void)
{
  EnjKeepsake *keepsake;

  enj_test_connect (&ours, &theirs);
  keepsake = enj_keepsake_new (ours, "b.here.test", "127.0.0.1:5347", "enigma");
  g_assert_nonnull (keepsake);
  write_out (keepsake, "<open>", 6, FALSE);
  receive (keepsake, HEADER PROOF, FALSE);
  enj_keepsake_begin (keepsake, strlen (HEADER), strlen (HEADER PROOF));
  return keepsake;
}

/* As another process has it. */
static EnjKeepsake *
reopen (EnjKeepsake *keepsake, GError **error)
{
  int memory = dup (enj_keepsake_get_memory (keepsake));

  enj_keepsake_free (keepsake);
  return enj_keepsake_open (memory, error);
}

static EnjKeepsake *
resume (EnjKeepsake *keepsake)
{
  g_autoptr (GError) error = NULL;

  keepsake = reopen (keepsake, &error);
  g_assert_no_error (error);
  g_assert_true (enj_keepsake_resume (keepsake, ours, &error));
  g_assert_no_error (error);
  return keepsake;
}

static void
assert_left (EnjKeepsake *keepsake, const char *input, const char *output)
{
  gsize len;
  const guint8 *data = enj_keepsake_get_header (keepsake, &len);

  g_assert_cmpmem (data, len, HEADER, strlen (HEADER));
  data = enj_keepsake_get_input (keepsake, &len);
  g_assert_cmpmem (data, len, input, strlen (input));
  data = enj_keepsake_get_output (keepsake, &len);
  g_assert_cmpmem (data, len, output, strlen (output));
}

static void
test_tail (void)
{
  EnjKeepsake *keepsake = begin ();

  receive (keepsake, "<a/><b/><c", FALSE);
  enj_keepsake_settle (keepsake, strlen (HEADER PROOF "<a/><b/>"));
  write_out (keepsake, "<x/><y/>", 5, FALSE);
  keepsake = resume (keepsake);
  g_assert_cmpstr (enj_keepsake_get_domain (keepsake), ==, "b.here.test");
  g_assert_true (enj_keepsake_is_of (keepsake, "127.0.0.1:5347", "enigma"));
  g_assert_false (enj_keepsake_is_of (keepsake, "127.0.0.1:5348", "enigma"));
  g_assert_false (enj_keepsake_is_of (keepsake, "127.0.0.1:5347", "enigmb"));
  assert_left (keepsake, "<c", "y/>");

  /* It goes on as before, and is left again. */
  write_out (keepsake, "y/><z/>", 4, FALSE);
  receive (keepsake, "/>", FALSE);
  keepsake = resume (keepsake);
  assert_left (keepsake, "<c/>", "z/>");
  enj_keepsake_free (keepsake);
  disconnect ();
}

/* Between a system call and our note of it. */
static void
test_killed (void)
{
  EnjKeepsake *keepsake = begin ();

  write_out (keepsake, "<x/><y/>", 3, TRUE);
  receive (keepsake, "<a/>", TRUE);
  keepsake = resume (keepsake);
  assert_left (keepsake, "<a/>", ">" "<y/>");
  enj_keepsake_free (keepsake);
  disconnect ();
}

/* More than it holds at a time, both ways. */
static void
test_long (void)
{
  EnjKeepsake *keepsake = begin ();
  g_autofree char *text = g_strnfill (60000, 'x');
  g_autofree guint8 *sink = g_malloc (60000);
  guint64 position = strlen (HEADER PROOF);

  g_assert_cmpint (recv (theirs, sink, 6, MSG_WAITALL), ==, 6);
  for (guint i = 0; i < 100; i++)
    {
      receive (keepsake, text, FALSE);
      enj_keepsake_settle (keepsake, position + 30000);
      position += 60000;
      write_out (keepsake, text, 60000, FALSE);
      g_assert_cmpint (recv (theirs, sink, 60000, MSG_WAITALL), ==, 60000);
    }
  g_assert_true (enj_keepsake_is_valid (keepsake));
  keepsake = resume (keepsake);
  assert_left (keepsake, text + 30000, "");
  enj_keepsake_free (keepsake);
  disconnect ();
}

static void
test_too_long (void)
{
  EnjKeepsake *keepsake = begin ();
  g_autoptr (GError) error = NULL;
  gsize held = enj_budget_get_held ();
  guint n = 0;

  enj_journal_expect (G_LOG_LEVEL_WARNING, "b.here.test: so much is under way on the link *");
  while (n < 1000 && enj_keepsake_reserve (keepsake, 65536))
    {
      enj_keepsake_received (keepsake, 65536);
      n++;
    }
  enj_journal_assert_expected ();
  g_assert_cmpuint (n, ==, 12 * 16);
  g_assert_cmpuint (enj_budget_get_held () - held, >=, n * 65536 - 4096);
  g_assert_false (enj_keepsake_is_valid (keepsake));
  enj_keepsake_begin (keepsake, 1, 1);
  g_assert_null (reopen (keepsake, &error));
  g_assert_cmpstr (error->message, ==, "of a link that was not up");
  g_assert_cmpuint (enj_budget_get_held (), <=, held);
  disconnect ();
}

static void
test_refused (void)
{
  EnjKeepsake *keepsake = begin ();
  g_autoptr (GError) error = NULL;
  int memory = dup (enj_keepsake_get_memory (keepsake));
  char byte;

  /* Somebody else has read. */
  g_assert_cmpint (send (theirs, "<a/>", 4, 0), ==, 4);
  g_assert_cmpint (recv (ours, &byte, 1, 0), ==, 1);
  g_assert_true (enj_keepsake_resume (keepsake, ours, &error));
  g_assert_cmpint (send (ours, "!", 1, 0), ==, 1);
  g_assert_false (enj_keepsake_resume (keepsake, ours, &error));
  g_assert_cmpstr (error->message, ==, "more or less was written than is known");
  g_clear_error (&error);
  g_assert_false (enj_keepsake_resume (keepsake, theirs, &error));
  g_assert_cmpstr (error->message, ==, "its connection is gone");
  g_clear_error (&error);

  /* A letter of the domain. */
  g_assert_cmpint (pwrite (memory, "x", 1, 48), ==, 1);
  g_assert_null (reopen (keepsake, &error));
  g_assert_cmpstr (error->message, ==, "damaged");
  g_clear_error (&error);
  g_assert_cmpint (close (memory), ==, 0);
  disconnect ();
}

/* The peer has said its last while nobody was there to read it. */
static void
test_end (void)
{
  EnjKeepsake *keepsake = begin ();
  char bytes[8];

  g_assert_cmpint (send (theirs, "<a/>", 4, 0), ==, 4);
  g_assert_cmpint (shutdown (theirs, SHUT_WR), ==, 0);
  keepsake = resume (keepsake);
  assert_left (keepsake, "", "");
  g_assert_cmpint (recv (ours, bytes, sizeof bytes, 0), ==, 4);
  enj_keepsake_free (keepsake);
  disconnect ();
}

/* What has been said to prove us is not kept, nor is the secret. */
static void
test_secret (void)
{
  EnjKeepsake *keepsake = begin ();
  gsize size = (gsize) lseek (enj_keepsake_get_memory (keepsake), 0, SEEK_END);
  g_autofree char *all = g_malloc (size);

  g_assert_cmpint (pread (enj_keepsake_get_memory (keepsake), all, size, 0), ==, size);
  g_assert_nonnull (memmem (all, size, HEADER, strlen (HEADER)));
  g_assert_null (memmem (all, size, "<open>", 6));
  g_assert_null (memmem (all, size, "enigma", 6));
  enj_keepsake_free (keepsake);
  disconnect ();
}

/* Stanzas come behind the proof, and are settled, before anybody says that it is up. */
static void
test_early (void)
{
  EnjKeepsake *keepsake;

  enj_test_connect (&ours, &theirs);
  keepsake = enj_keepsake_new (ours, "b.here.test", "127.0.0.1:5347", "enigma");
  receive (keepsake, HEADER PROOF "<a/>", FALSE);
  enj_keepsake_settle (keepsake, strlen (HEADER PROOF "<a/>"));
  receive (keepsake, "<b", FALSE);
  enj_keepsake_begin (keepsake, strlen (HEADER), strlen (HEADER PROOF));
  keepsake = resume (keepsake);
  assert_left (keepsake, "<b", "");
  enj_keepsake_free (keepsake);
  disconnect ();
}

/* Those who go on with it are killed by what is in it, or end in order. */
static void
test_tries (void)
{
  EnjKeepsake *keepsake = begin ();
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 10; i++)
    {
      keepsake = resume (keepsake);
      enj_keepsake_calm (keepsake);
    }
  for (guint i = 0; i < 3; i++)
    keepsake = resume (keepsake);
  receive (keepsake, "<a/>", FALSE);
  for (guint i = 0; i < 3; i++)
    keepsake = resume (keepsake);
  keepsake = reopen (keepsake, &error);
  g_assert_false (enj_keepsake_resume (keepsake, ours, &error));
  g_assert_cmpstr (error->message, ==, "processes have ended over what came last");
  enj_keepsake_free (keepsake);
  disconnect ();
}

static void
test_transit (void)
{
  guint64 taken, given, taken_later, given_later;
  char bytes[8];

  enj_test_connect (&ours, &theirs);
  g_assert_true (enj_transit_count (ours, &taken, &given));
  g_assert_cmpint (send (ours, "12345", 5, 0), ==, 5);
  g_assert_cmpint (send (theirs, "12345678", 8, 0), ==, 8);
  g_assert_cmpint (recv (ours, bytes, 8, MSG_WAITALL), ==, 8);
  g_assert_cmpint (send (theirs, "9", 1, 0), ==, 1);
  g_assert_true (enj_transit_count (ours, &taken_later, &given_later));
  g_assert_cmpuint (taken_later - taken, ==, 5);
  g_assert_cmpuint (given_later - given, ==, 8);
  disconnect ();
  g_assert_false (enj_transit_count (ours, &taken, &given));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  enj_journal_install_for_tests ();
  g_test_add_func ("/keepsake/leaves-what-is-not-settled-and-not-taken", test_tail);
  g_test_add_func ("/keepsake/knows-what-a-kill-kept-from-being-noted", test_killed);
  g_test_add_func ("/keepsake/goes-on-for-ever", test_long);
  g_test_add_func ("/keepsake/is-void-where-a-stanza-is-too-long", test_too_long);
  g_test_add_func ("/keepsake/refuses-what-does-not-fit", test_refused);
  g_test_add_func ("/keepsake/does-not-take-the-end-for-a-byte", test_end);
  g_test_add_func ("/keepsake/keeps-no-secret", test_secret);
  g_test_add_func ("/keepsake/is-whole-though-stanzas-come-early", test_early);
  g_test_add_func ("/keepsake/is-not-tried-for-ever", test_tries);
  g_test_add_func ("/keepsake/the-kernel-counts-what-was-taken-and-given", test_transit);
  return g_test_run ();
}
