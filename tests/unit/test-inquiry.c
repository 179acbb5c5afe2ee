#include "config.h"

#include "protocol/inquiry.h"

#include <string.h>

#include <gnutls/crypto.h>

#include "protocol/wall.h"
#include "tests/support/authority.h"
#include "tests/support/meeting.h"
#include "tests/support/proves.h"
#include "tests/support/settings.h"

#define HERE "alone.test"
#define THERE "there.test"
#define ASKER 7
#define SECOND G_TIME_SPAN_SECOND

static EnjTestAuthority *root;
static EnjCredentials *shown;
static EnjCredentials *ours;

typedef struct
{
  EnjSettings *settings;
  EnjCounters counters;
  EnjCalls *calls;
  EnjInquiry *inquiry;
  EnjTrust *trust; /* borrowed; NULL: nobody is believed */
  guint n_asked;
} Scene;

static void
start (Scene *scene)
{
  *scene = (Scene){ .settings = enj_test_settings_new () };
  scene->calls = enj_calls_new (scene->settings, &scene->counters, (EnjWake){ 0 });
  scene->inquiry = enj_inquiry_new (scene->calls);
}

static void
stop (Scene *scene)
{
  enj_inquiry_free (scene->inquiry);
  enj_calls_free (scene->calls);
  enj_settings_unref (scene->settings);
}

/* A record of the very certificate that was shown, or of another one. */
static EnjTarget *
target_new (gboolean is_right, guint8 usage)
{
  const EnjAddress address = { .bytes = { 192, 0, 2, 1 }, .length = 4, .port = 5269 };
  guint8 data[3 + 32] = { usage, 0, 1 };
  const EnjTlsaRecord record = { data, sizeof data };
  g_autoptr (EnjDane) dane = NULL;
  gnutls_datum_t der;

  g_assert_cmpint (gnutls_certificate_get_crt_raw (enj_credentials_get (shown), 0, 0, &der), ==,
                   0);
  g_assert_cmpint (gnutls_hash_fast (GNUTLS_DIG_SHA256, der.data, der.size, data + 3), ==, 0);
  if (!is_right)
    data[3] ^= 1;
  dane = enj_dane_new (&record, 1);
  return enj_target_new (&address, "x.test", FALSE, TRUE, dane);
}

static void
ask (Scene *scene, gboolean shows, gboolean needs_certificate, guint64 call)
{
  g_autoptr (EnjEvidence) evidence = shows ? enj_test_meet_new (shown, ours, scene->trust)
                                        : NULL;
  g_autofree char *id = g_strdup_printf ("id%u", ++scene->n_asked);
  const EnjQuestion question = { .asker = call ? 0 : ASKER,
                                 .call = call,
                                 .local = (char *) HERE,
                                 .remote = (char *) THERE,
                                 .stream_id = id,
                                 .key = (char *) "key",
                                 .evidence = evidence,
                                 .needs_certificate = needs_certificate,
                                 .due = 30 * SECOND };

  enj_inquiry_add (scene->inquiry, &question, 0);
}

static void
assert_verdict (Scene *scene, EnjDialbackType answer, EnjStanzaCondition condition, EnjProof proof)
{
  EnjVerdict verdict;

  g_assert_true (enj_inquiry_next (scene->inquiry, &verdict));
  g_assert_cmpint (verdict.asker, ==, ASKER);
  g_assert_cmpstr (verdict.local, ==, HERE);
  g_assert_cmpstr (verdict.remote, ==, THERE);
  g_assert_cmpint (verdict.answer, ==, answer);
  g_assert_cmpint (verdict.proof, ==, proof);
  if (answer == ENJ_DIALBACK_ERROR)
    g_assert_cmpint (verdict.condition, ==, condition);
  enj_verdict_clear (&verdict);
}

static void
assert_no_verdict (Scene *scene)
{
  EnjVerdict verdict;

  g_assert_false (enj_inquiry_next (scene->inquiry, &verdict));
}

/* Where the records of the sender's servers name what it has shown, nobody is asked. */
static void
test_dane (void)
{
  g_autoptr (EnjTarget) right = target_new (TRUE, 3);
  g_autoptr (EnjTarget) wrong = target_new (FALSE, 3);
  EnjCall *call;
  Scene scene;

  enj_test_proves ("A12");
  start (&scene);
  call = enj_calls_start (scene.calls, HERE, THERE);
  ask (&scene, TRUE, FALSE, 0);
  g_assert_false (enj_inquiry_meet (scene.inquiry, call, wrong, 0));
  assert_no_verdict (&scene);
  g_assert_cmpstr (enj_inquiry_find_waiting (scene.inquiry, THERE), ==, HERE);
  g_assert_false (enj_inquiry_meet (scene.inquiry, call, right, 0));
  assert_verdict (&scene, ENJ_DIALBACK_VALID, 0, ENJ_PROOF_DANE);
  g_assert_null (enj_inquiry_find_waiting (scene.inquiry, THERE));

  /* Who has shown nothing, and who says to be somebody else. */
  ask (&scene, FALSE, FALSE, 0);
  g_assert_false (enj_inquiry_meet (scene.inquiry, call, right, 0));
  ask (&scene, TRUE, FALSE, 0);
  call = enj_calls_start (scene.calls, HERE, "third.test");
  g_assert_false (enj_inquiry_meet (scene.inquiry, call, right, 0));
  assert_no_verdict (&scene);
  stop (&scene);
}

/* Who has signed it must be believed as well where the records ask for that. */
static void
test_dane_trusted (void)
{
  g_autoptr (EnjTarget) target = target_new (TRUE, 1);
  g_autoptr (EnjTrust) trust = enj_test_authority_trust_new (root);
  EnjCall *call;
  Scene scene;

  enj_test_proves ("A06 A12");
  start (&scene);
  call = enj_calls_start (scene.calls, HERE, THERE);
  ask (&scene, TRUE, FALSE, 0);
  g_assert_false (enj_inquiry_meet (scene.inquiry, call, target, 0));
  assert_no_verdict (&scene);
  scene.trust = trust;
  ask (&scene, TRUE, FALSE, 0);
  g_assert_false (enj_inquiry_meet (scene.inquiry, call, target, 0));
  assert_verdict (&scene, ENJ_DIALBACK_VALID, 0, ENJ_PROOF_DANE_TRUSTED);
  stop (&scene);
}

/* Where a certificate is needed, the DNS is asked, and nobody else. */
static void
test_needs_certificate (void)
{
  const gboolean cases[] = { TRUE, FALSE };

  enj_test_proves ("A12 D34");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (EnjTarget) target = target_new (cases[i], 3);
      g_autoptr (GPtrArray) calls = NULL;
      Scene scene;

      start (&scene);
      ask (&scene, TRUE, TRUE, 0);
      enj_inquiry_place (scene.inquiry, THERE, 0);
      g_assert_null (enj_inquiry_find_waiting (scene.inquiry, THERE));
      g_assert_null (enj_calls_find_attempt (scene.calls, THERE));
      calls = enj_calls_list_new (scene.calls);
      g_assert_cmpuint (calls->len, ==, 1);
      g_assert_true (enj_call_is_probe (calls->pdata[0]));
      g_assert_true (enj_inquiry_meet (scene.inquiry, calls->pdata[0], target, 0));
      enj_inquiry_hang_up (scene.inquiry, calls->pdata[0], ENJ_STANZA_REMOTE_SERVER_TIMEOUT,
                           FALSE, 0);
      if (cases[i])
        assert_verdict (&scene, ENJ_DIALBACK_VALID, 0, ENJ_PROOF_DANE);
      else
        assert_verdict (&scene, ENJ_DIALBACK_ERROR, ENJ_STANZA_NOT_AUTHORIZED, ENJ_PROOF_NONE);
      assert_no_verdict (&scene);
      stop (&scene);
    }
}

static void
test_nothing_shown (void)
{
  Scene scene;

  enj_test_proves ("D34");
  start (&scene);
  ask (&scene, FALSE, TRUE, 0);
  assert_verdict (&scene, ENJ_DIALBACK_ERROR, ENJ_STANZA_NOT_AUTHORIZED, ENJ_PROOF_NONE);
  g_assert_null (enj_inquiry_find_waiting (scene.inquiry, THERE));
  stop (&scene);
}

static void
hear (EnjSession *session, const char *xml)
{
  enj_session_feed (session, (const guint8 *) xml, strlen (xml), 0);
}

/* What is written there by now. */
static char *
read_new (EnjSession *session)
{
  g_autoptr (GString) text = g_string_new (NULL);
  const guint8 *data;
  gsize len;

  while ((data = enj_session_peek (session, &len)))
    {
      g_string_append_len (text, (const char *) data, (gssize) len);
      enj_session_drained (session, len, 0);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* A stream of ours to there.test that may carry questions. */
static EnjCall *
connect_to (Scene *scene, EnjSession **session)
{
  const EnjAddress address = { .bytes = { 192, 0, 2, 1 }, .length = 4, .port = 5269 };
  EnjCall *call = enj_calls_start (scene->calls, HERE, THERE);
  g_autofree char *header = NULL;
  EnjTargetsWish wish;

  while (enj_call_next_wish (call, &wish, 0) && wish.type != ENJ_TARGETS_CONNECT)
    if (wish.type == ENJ_TARGETS_LOOKUP_SRV)
      enj_targets_srv (enj_call_get_targets (call), wish.ticket, ENJ_LOOKUP_NO_DATA, FALSE, NULL,
                       0);
    else
      enj_targets_addresses (enj_call_get_targets (call), wish.ticket, ENJ_LOOKUP_FOUND, FALSE,
                             &address, 1);
  g_assert_cmpint (wish.type, ==, ENJ_TARGETS_CONNECT);
  *session = enj_calls_dialled (scene->calls, call, wish.ticket, 0);
  g_assert_nonnull (*session);
  header = read_new (*session);
  hear (*session, "<stream:stream xmlns='jabber:server' xmlns:db='jabber:server:dialback' "
                  "xmlns:stream='http://etherx.jabber.org/streams' id='theirs' from='" THERE
                  "' version='1.0'><stream:features><dialback "
                  "xmlns='urn:xmpp:features:dialback'><errors/></dialback></stream:features>");
  g_assert_true (enj_call_is_ready (call));
  return call;
}

/* Whoever has sent a key over our own stream could say himself that it is right. */
static void
test_another_stream (void)
{
  EnjSession *first, *second;
  g_autofree char *silence = NULL;
  g_autofree char *asked = NULL;
  EnjCall *asker;
  Scene scene;

  enj_test_proves ("D25 B13");
  start (&scene);
  asker = connect_to (&scene, &first);
  ask (&scene, FALSE, FALSE, *enj_call_get_id (asker));
  enj_inquiry_place (scene.inquiry, THERE, 0);
  g_assert_cmpstr (enj_inquiry_find_waiting (scene.inquiry, THERE), ==, HERE);
  g_assert_true (enj_inquiry_is_from (scene.inquiry, THERE, *enj_call_get_id (asker)));
  silence = read_new (first);
  g_assert_cmpstr (silence, ==, "");

  (void) connect_to (&scene, &second);
  enj_inquiry_place (scene.inquiry, THERE, 0);
  asked = read_new (second);
  g_assert_nonnull (strstr (asked, "<db:verify "));
  g_assert_null (enj_inquiry_find_waiting (scene.inquiry, THERE));
  stop (&scene);
}

static void
test_any_stream (void)
{
  EnjSession *session;
  g_autofree char *asked = NULL;
  Scene scene;

  enj_test_proves ("D24");
  start (&scene);
  (void) connect_to (&scene, &session);
  ask (&scene, FALSE, FALSE, 0);
  enj_inquiry_place (scene.inquiry, THERE, 0);
  asked = read_new (session);
  g_assert_nonnull (strstr (asked, "<db:verify "));
  stop (&scene);
}

static void
test_time (void)
{
  Scene scene;

  enj_test_proves ("D33");
  start (&scene);
  ask (&scene, FALSE, FALSE, 0);
  g_assert_cmpint (enj_inquiry_deadline (scene.inquiry), ==, 30 * SECOND);
  enj_inquiry_tick (scene.inquiry, 30 * SECOND - 1);
  assert_no_verdict (&scene);
  enj_inquiry_tick (scene.inquiry, 30 * SECOND);
  assert_verdict (&scene, ENJ_DIALBACK_ERROR, ENJ_STANZA_REMOTE_SERVER_TIMEOUT, ENJ_PROOF_NONE);
  assert_no_verdict (&scene);
  stop (&scene);
}

int
main (int argc, char **argv)
{
  const EnjTestLeaf leaf = { .names = "dns:x.test" };
  int status;

  g_test_init (&argc, &argv, NULL);
  enj_wall_set (enj_test_wall);
  root = enj_test_authority_new ("root", NULL);
  shown = enj_test_authority_issue (root, &leaf);
  ours = enj_test_authority_issue (root, &leaf);
  g_test_add_func ("/inquiry/dane-answers-before-anybody-is-asked", test_dane);
  g_test_add_func ("/inquiry/dane-may-need-an-authority-besides", test_dane_trusted);
  g_test_add_func ("/inquiry/no-key-where-a-certificate-is-needed", test_needs_certificate);
  g_test_add_func ("/inquiry/nothing-is-asked-about-who-shows-nothing", test_nothing_shown);
  g_test_add_func ("/inquiry/never-on-the-stream-that-brought-the-key", test_another_stream);
  g_test_add_func ("/inquiry/on-any-stream-that-leads-there", test_any_stream);
  g_test_add_func ("/inquiry/is-not-waited-for-without-end", test_time);
  status = g_test_run ();
  enj_credentials_unref (shown);
  enj_credentials_unref (ours);
  enj_test_authority_free (root);
  return status;
}
