#include "config.h"

#include "protocol/news.h"

#include "tests/support/proves.h"

static void
count (gpointer data)
{
  ++*(guint *) data;
}

static void
come_out_in_order (void)
{
  EnjNewsQueue queue;
  EnjNews news;
  guint woken = 0;

  enj_news_queue_init (&queue, (EnjWake){ count, &woken });
  g_assert_false (enj_news_queue_pop (&queue, &news));
  enj_news_queue_push (&queue, ENJ_NEWS_QUESTION, "here.test", "there.test")->key
    = g_strdup ("key");
  enj_news_queue_push (&queue, ENJ_NEWS_ADMITTED, "here.test", "there.test")->proof
    = ENJ_PROOF_EXTERNAL;
  enj_news_queue_push (&queue, ENJ_NEWS_MOVED, NULL, NULL)->host = g_strdup ("elsewhere.test");
  g_assert_cmpuint (woken, ==, 3);

  g_assert_true (enj_news_queue_pop (&queue, &news));
  g_assert_cmpint (news.type, ==, ENJ_NEWS_QUESTION);
  g_assert_cmpstr (news.local, ==, "here.test");
  g_assert_cmpstr (news.remote, ==, "there.test");
  g_assert_cmpstr (news.key, ==, "key");
  enj_news_clear (&news);
  g_assert_null (news.key);

  g_assert_true (enj_news_queue_pop (&queue, &news));
  g_assert_cmpint (news.type, ==, ENJ_NEWS_ADMITTED);
  g_assert_cmpint (news.proof, ==, ENJ_PROOF_EXTERNAL);
  enj_news_clear (&news);

  enj_news_queue_clear (&queue);
  g_assert_false (enj_news_queue_pop (&queue, &news));
}

static void
name_each_proof (void)
{
  enj_test_proves ("X05");
  g_assert_cmpstr (enj_proof_format (ENJ_PROOF_NONE), ==, "unproved");
  g_assert_cmpstr (enj_proof_format (ENJ_PROOF_DIALBACK), ==, "dialback");
  g_assert_cmpstr (enj_proof_format (ENJ_PROOF_EXTERNAL), ==, "EXTERNAL");
  g_assert_cmpstr (enj_proof_format (ENJ_PROOF_CERTIFICATE), ==, "dialback, certificate");
  g_assert_cmpstr (enj_proof_format (ENJ_PROOF_DANE), ==, "dialback, DANE");
  g_assert_cmpstr (enj_proof_format (ENJ_PROOF_DANE_TRUSTED), ==, "dialback, DANE");

  g_assert_cmpstr (enj_proof_describe_peer (ENJ_PROOF_NONE), ==, "peer not proved");
  g_assert_cmpstr (enj_proof_describe_peer (ENJ_PROOF_CERTIFICATE), ==, "peer by certificate");
  g_assert_cmpstr (enj_proof_describe_peer (ENJ_PROOF_DANE), ==, "peer by DANE");
  g_assert_cmpstr (enj_proof_describe_peer (ENJ_PROOF_DANE_TRUSTED), ==, "peer by DANE");
}

/* Trust may end before a stream does. */
static void
test_trust (void)
{
  static const struct
  {
    EnjDaneFit fit;
    EnjProof proof;
    gboolean needs_trust;
  } cases[] = {
    { ENJ_DANE_FITS_NOT, ENJ_PROOF_NONE, FALSE },
    { ENJ_DANE_FITS_TRUSTED, ENJ_PROOF_DANE_TRUSTED, TRUE },
    { ENJ_DANE_FITS, ENJ_PROOF_DANE, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_assert_cmpint (enj_proof_of_fit (cases[i].fit), ==, cases[i].proof);
      g_assert_cmpint (enj_proof_needs_trust (cases[i].proof), ==, cases[i].needs_trust);
    }
  g_assert_true (enj_proof_needs_trust (ENJ_PROOF_EXTERNAL));
  g_assert_true (enj_proof_needs_trust (ENJ_PROOF_CERTIFICATE));
  g_assert_false (enj_proof_needs_trust (ENJ_PROOF_DIALBACK));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/news/come-out-in-order", come_out_in_order);
  g_test_add_func ("/news/name-each-proof", name_each_proof);
  g_test_add_func ("/news/some-proofs-need-trust", test_trust);
  return g_test_run ();
}
