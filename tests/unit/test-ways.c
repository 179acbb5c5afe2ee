#include "config.h"

#include "protocol/ways.h"

#include "tests/support/stanzas.h"

static void
test_streams (void)
{
  g_autoptr (EnjWays) ways = enj_ways_new ();

  g_assert_false (enj_ways_lead_back (ways, "a.example", "b.example"));
  enj_ways_open (ways, 1, "a.example", "b.example");
  enj_ways_open (ways, 1, "a.example", "c.example");
  enj_ways_open (ways, 2, "a.example", "b.example");
  g_assert_true (enj_ways_lead_back (ways, "a.example", "b.example"));
  g_assert_false (enj_ways_lead_back (ways, "b.example", "a.example"));
  enj_ways_leave (ways, 1);
  enj_ways_leave (ways, 1);
  g_assert_true (enj_ways_lead_back (ways, "a.example", "b.example"));
  g_assert_false (enj_ways_lead_back (ways, "a.example", "c.example"));
  enj_ways_leave (ways, 2);
  g_assert_false (enj_ways_lead_back (ways, "a.example", "b.example"));
}

static void
count (gpointer user_data, const char *id)
{
  g_assert_cmpstr (id, ==, "p1");
  ++*(guint *) user_data;
}

static gboolean
take (EnjWays *ways, const char *xml)
{
  g_autoptr (EnjStanza) stanza = enj_test_stanza_new (xml);

  return enj_ways_take (ways, stanza);
}

static void
test_answers (void)
{
  static const char *const strangers[] = {
    "<iq type='result' from='b.example' to='a.example' id='p2'/>",
    "<iq type='result' from='c.example' to='a.example' id='p1'/>",
    "<iq type='result' from='x@b.example' to='a.example' id='p1'/>",
    "<iq type='result' from='b.example' to='c.example' id='p1'/>",
    "<iq type='get' from='b.example' to='a.example' id='p1'><ping xmlns='urn:xmpp:ping'/></iq>",
    "<message from='b.example' to='a.example' id='p1'/>",
    "<iq type='result' from='b.example' to='a.example'/>",
  };
  g_autoptr (EnjWays) ways = enj_ways_new ();
  guint answers = 0;

  enj_ways_expect (ways, "p1", "a.example", "b.example", count, &answers);
  for (gsize i = 0; i < G_N_ELEMENTS (strangers); i++)
    g_assert_false (take (ways, strangers[i]));
  g_assert_false (enj_ways_has_answered (ways, "b.example"));
  g_assert_true (take (ways, "<iq type='error' from='b.example' to='a.example' id='p1'/>"));
  g_assert_false (take (ways, "<iq type='error' from='b.example' to='a.example' id='p1'/>"));
  g_assert_cmpuint (answers, ==, 1);
  g_assert_true (enj_ways_has_answered (ways, "b.example"));
  enj_ways_note_silence (ways, "b.example");
  g_assert_false (enj_ways_has_answered (ways, "b.example"));

  enj_ways_expect (ways, "p1", "a.example", "b.example", count, &answers);
  enj_ways_forget (ways, "p1");
  g_assert_false (take (ways, "<iq type='result' from='b.example' to='a.example' id='p1'/>"));
  g_assert_cmpuint (answers, ==, 1);
}

/* The pings of barrier.h are nobody else's, whenever the answer comes. */
static void
test_late (void)
{
#define ID "enj-b-abcdefghijklmnopqrstuvwxyz234567"
  static const struct
  {
    const char *xml;
    gboolean taken;
  } cases[] = {
    { "<iq type='result' from='b.example' to='a.example' id='" ID "'/>", TRUE },
    { "<iq type='error' from='b.example' to='a.example' id='" ID "'/>", TRUE },
    { "<iq type='result' from='b.example' to='a.example' id='" ID "x'/>", FALSE },
    { "<iq type='result' from='b.example' to='a.example' id='enj-b-1'/>", FALSE },
    { "<iq type='result' from='x@b.example' to='a.example' id='" ID "'/>", FALSE },
    { "<iq type='result' from='b.example' to='x@a.example' id='" ID "'/>", FALSE },
    { "<iq type='result' from='b.example/r' to='a.example' id='" ID "'/>", FALSE },
    { "<iq type='result' from='b.example' to='a.example/r' id='" ID "'/>", FALSE },
    { "<iq type='get' from='b.example' to='a.example' id='" ID "'><q xmlns='u'/></iq>", FALSE },
    { "<message type='error' from='b.example' to='a.example' id='" ID "'/>", FALSE },
  };
  g_autoptr (EnjWays) ways = enj_ways_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%s", cases[i].xml);
      g_assert_cmpint (take (ways, cases[i].xml), ==, cases[i].taken);
    }
  g_assert_false (enj_ways_has_answered (ways, "b.example"));
#undef ID
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ways/last-as-long-as-a-stream", test_streams);
  g_test_add_func ("/ways/answers-come-from-whom-was-asked", test_answers);
  g_test_add_func ("/ways/late-answers-are-for-nobody", test_late);
  return g_test_run ();
}
