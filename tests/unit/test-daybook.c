#include "config.h"

#include "component/daybook.h"

#include <string.h>
#include <unistd.h>

#include "protocol/budget.h"
#include "component/journal.h"

static const EnjDaybookEntry from_link
  = { .origin = ENJ_ORIGIN_LINK, .component = "b.here.test", .link = 5, .position = 100,
      .wall = 1700000000 };

static EnjStanza *
message_new (const char *id, const char *content)
{
  const EnjStanzaHead head = { .kind = ENJ_STANZA_MESSAGE,
                               .from = "a@here.test/\"x\"",
                               .to = "b@there.test",
                               .id = id,
                               .lang = "la",
                               .extra = " y=\"&lt;\"" };

  return enj_stanza_new_raw (&head, (const guint8 *) content, strlen (content));
}

static guint64
enter (EnjDaybook *book, const char *id)
{
  g_autoptr (EnjStanza) stanza = message_new (id, "<body>salve</body><z xmlns='urn:z'/>");

  return enj_daybook_enter (book, &from_link, stanza);
}

/* As another process has it. */
static EnjDaybook *
reopen (EnjDaybook *book)
{
  g_autoptr (GError) error = NULL;
  int memory = dup (enj_daybook_get_memory (book));
  EnjDaybook *other;

  enj_daybook_free (book);
  other = enj_daybook_open (memory, &error);
  g_assert_no_error (error);
  return other;
}

static gboolean
note_id (const EnjDaybookEntry *entry, guint64 number, EnjStanza *stanza, gpointer data)
{
  g_assert_cmpuint (number, >, 0);
  g_assert_cmpint (entry->origin, ==, ENJ_ORIGIN_LINK);
  g_assert_cmpstr (entry->component, ==, "b.here.test");
  g_string_append_printf (data, "%s ", enj_stanza_get_id (stanza));
  return FALSE;
}

static void
test_carry_on (void)
{
  EnjDaybook *book = enj_daybook_new ();
  g_autoptr (GString) ids = g_string_new (NULL);
  guint64 second;

  (void) enter (book, "one");
  second = enter (book, "two");
  (void) enter (book, "three");
  enj_daybook_strike (book, second);
  book = reopen (book);
  g_assert_cmpuint (enj_daybook_count (book), ==, 2);
  g_assert_cmpuint (enj_daybook_get_position (book, 5), ==, 100);
  g_assert_cmpuint (enj_daybook_get_position (book, 6), ==, 0);
  g_assert_cmpuint (enj_daybook_carry_on (book, note_id, ids), ==, 2);
  g_assert_cmpstr (ids->str, ==, "one three ");
  g_assert_cmpuint (enj_daybook_count (book), ==, 0);
  g_assert_cmpuint (enter (book, "four"), >, second + 1);
  book = reopen (book);
  g_assert_cmpuint (enj_daybook_count (book), ==, 1);
  enj_daybook_free (book);
}

static gboolean
compare_one (const EnjDaybookEntry *entry, guint64 number, EnjStanza *stanza, gpointer data)
{
  EnjBytes was, is;
  gsize was_len, is_len;
  const guint8 *a, *b;

  (void) entry;
  (void) number;
  enj_bytes_init (&was, 4096);
  enj_bytes_init (&is, 4096);
  g_assert_true (enj_stanza_format (data, &was) && enj_stanza_format (stanza, &is));
  a = enj_bytes_peek (&was, &was_len);
  b = enj_bytes_peek (&is, &is_len);
  g_assert_cmpmem (a, was_len, b, is_len);
  enj_bytes_clear (&was);
  enj_bytes_clear (&is);
  return FALSE;
}

static void
test_same (void)
{
  EnjDaybook *book = enj_daybook_new ();
  g_autoptr (EnjStanza) stanza
    = message_new ("id", "<body>&amp;</body><z xmlns=\"urn:z\"><y/></z>");

  (void) enj_daybook_enter (book, &from_link, stanza);
  book = reopen (book);
  g_assert_cmpuint (enj_daybook_carry_on (book, compare_one, stanza), ==, 1);
  enj_daybook_free (book);
}

/* Ten times what fits at once, of which ten are there at a time. */
static gboolean
note_cut (const EnjDaybookEntry *entry, guint64 number, EnjStanza *stanza, gpointer data)
{
  EnjCut *cut = data;

  (void) entry;
  (void) number;
  *cut = enj_stanza_get_cut (stanza);
  return FALSE;
}

/* It would go on without what was in it. */
static void
test_cut (void)
{
  g_autoptr (EnjStanza) stanza = message_new ("large", "");
  EnjDaybook *book = enj_daybook_new ();
  EnjCut cut = ENJ_CUT_NOT;

  enj_stanza_mark_cut (stanza, ENJ_CUT_SIZE);
  g_assert_cmpuint (enj_daybook_enter (book, &from_link, stanza), >, 0);
  book = reopen (book);
  g_assert_cmpuint (enj_daybook_carry_on (book, note_cut, &cut), ==, 1);
  g_assert_cmpint (cut, ==, ENJ_CUT_SIZE);
  enj_daybook_free (book);
}

static void
test_moving (void)
{
  EnjDaybook *book = enj_daybook_new ();
  g_autofree char *body = g_strnfill (60000, 'x');
  g_autofree char *content = g_strdup_printf ("<body>%s</body>", body);
  g_autoptr (EnjStanza) stanza = message_new ("large", content);
  guint64 numbers[10] = { 0 };
  guint64 first = enter (book, "first");

  for (guint i = 0; i < 11000; i++)
    {
      if (i >= G_N_ELEMENTS (numbers))
        enj_daybook_strike (book, numbers[i % G_N_ELEMENTS (numbers)]);
      numbers[i % G_N_ELEMENTS (numbers)] = enj_daybook_enter (book, &from_link, stanza);
      g_assert_cmpuint (numbers[i % G_N_ELEMENTS (numbers)], >, first);
    }
  book = reopen (book);
  g_assert_cmpuint (enj_daybook_count (book), ==, 11);
  enj_daybook_strike (book, first);
  g_assert_cmpuint (enj_daybook_count (book), ==, 10);
  enj_daybook_free (book);
}

static void
test_full (void)
{
  g_autoptr (EnjDaybook) book = enj_daybook_new ();
  g_autofree char *body = g_strnfill (8 * 1024 * 1024, 'x');
  g_autofree char *content = g_strdup_printf ("<body>%s</body>", body);
  g_autoptr (EnjStanza) stanza = message_new ("large", content);
  guint n = 0;

  gsize held = enj_budget_get_held ();

  while (n < 10 && enj_daybook_enter (book, &from_link, stanza))
    n++;
  g_assert_cmpuint (n, ==, 7);
  g_assert_cmpuint (enter (book, "small"), >, 0);
  g_assert_cmpuint (enj_budget_get_held () - held, >, n * strlen (body));
  g_clear_pointer (&book, enj_daybook_free);
  g_assert_cmpuint (enj_budget_get_held (), ==, held);
}

/* One that is held, one that is not, and one that came since. */
static gboolean
note_state (const EnjDaybookEntry *entry, guint64 number, EnjStanza *stanza, gpointer data)
{
  (void) number;
  g_string_append_printf (data, "%s %s %u %u ", enj_stanza_get_id (stanza),
                          entry->was_held ? "held" : "doubtful", entry->tries,
                          (guint) entry->wall);
  return TRUE;
}

static void
test_held (void)
{
  EnjDaybook *book = enj_daybook_new ();
  g_autoptr (GString) ids = g_string_new (NULL);
  guint64 second;

  (void) enter (book, "one");
  second = enter (book, "two");
  enj_daybook_hold (book, second);
  book = reopen (book);
  (void) enter (book, "three");
  g_assert_cmpuint (enj_daybook_carry_on (book, note_state, ids), ==, 2);
  g_assert_cmpstr (ids->str, ==, "one doubtful 0 1700000000 two held 0 1700000000 ");
  /* They stay until somebody strikes them out, and may leave now. */
  g_assert_cmpuint (enj_daybook_count (book), ==, 3);
  enj_daybook_strike (book, second - 1);
  book = reopen (book);
  (void) g_string_truncate (ids, 0);
  g_assert_cmpuint (enj_daybook_carry_on (book, note_state, ids), ==, 2);
  g_assert_cmpstr (ids->str, ==, "two doubtful 0 1700000000 three doubtful 0 1700000000 ");
  enj_daybook_free (book);
}

/* Whether its process is killed while it is carried on, or later. */
static void
test_tries (void)
{
  EnjDaybook *book = enj_daybook_new ();
  g_autoptr (GString) ids = g_string_new (NULL);

  (void) enter (book, "one");
  for (guint i = 0; i < 3; i++)
    {
      book = reopen (book);
      g_assert_cmpuint (enj_daybook_carry_on (book, note_state, ids), ==, 1);
      g_assert_cmpuint (enj_daybook_count (book), ==, 1);
    }
  g_assert_cmpstr (ids->str, ==, "one doubtful 0 1700000000 one doubtful 1 1700000000 "
                                 "one doubtful 2 1700000000 ");
  book = reopen (book);
  enj_journal_expect (G_LOG_LEVEL_WARNING, "a stanza is given up: it is not read, or 3 *");
  g_assert_cmpuint (enj_daybook_carry_on (book, note_state, ids), ==, 0);
  enj_journal_assert_expected ();
  g_assert_cmpuint (enj_daybook_count (book), ==, 0);
  enj_daybook_free (book);
}

static void
test_refused (void)
{
  g_autoptr (GError) error = NULL;
  EnjDaybook *book = enj_daybook_new ();
  int memory = dup (enj_daybook_get_memory (book));
  int ends[2];

  (void) enter (book, "one");
  enj_daybook_free (book);
  /* A letter of the stanza. */
  g_assert_cmpint (pwrite (memory, "!", 1, 4096 + 100), ==, 1);
  g_assert_null (enj_daybook_open (dup (memory), &error));
  g_assert_cmpstr (error->message, ==, "damaged");
  g_clear_error (&error);
  g_assert_cmpint (pwrite (memory, "!", 1, 0), ==, 1);
  g_assert_null (enj_daybook_open (memory, &error));
  g_assert_cmpstr (error->message, ==, "of another version");
  g_clear_error (&error);
  g_assert_cmpint (pipe (ends), ==, 0);
  g_assert_null (enj_daybook_open (ends[0], &error));
  g_assert_cmpint (close (ends[1]), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  enj_journal_install_for_tests ();
  g_test_add_func ("/daybook/carries-on-what-was-not-struck-out", test_carry_on);
  g_test_add_func ("/daybook/gives-back-the-same-stanza", test_same);
  g_test_add_func ("/daybook/keeps-what-is-cut-apart", test_cut);
  g_test_add_func ("/daybook/moves-what-is-left-together", test_moving);
  g_test_add_func ("/daybook/takes-no-more-than-it-holds", test_full);
  g_test_add_func ("/daybook/tells-what-has-not-left", test_held);
  g_test_add_func ("/daybook/gives-up-what-processes-end-over", test_tries);
  g_test_add_func ("/daybook/refuses-what-is-damaged", test_refused);
  return g_test_run ();
}
