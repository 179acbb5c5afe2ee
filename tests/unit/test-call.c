#include "config.h"

#include "protocol/call.h"

#include <string.h>

#include "protocol/calls.h"
#include "protocol/wall.h"
#include "tests/support/authority.h"
#include "tests/support/proves.h"
#include "tests/support/settings.h"

#define HERE "alone.test"
#define THERE "there.test"

#define OPEN                                                                                    \
  "<stream:stream xmlns='jabber:server' xmlns:db='jabber:server:dialback' "                     \
  "xmlns:stream='http://etherx.jabber.org/streams' id='theirs' from='" THERE "' version='1.0'>"
#define STARTTLS                                                                                \
  "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>"
#define OPEN_WITHOUT_TLS                                                                        \
  OPEN "<stream:features><dialback xmlns='urn:xmpp:features:dialback'/></stream:features>"
#define MECHANISMS                                                                              \
  "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism>"        \
  "</mechanisms>"
#define DIALBACK "<dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>"
#define OFFER(features) OPEN "<stream:features>" features "</stream:features>"
#define REFUSE                                                                                  \
  "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>"
#define END "</stream:stream>"
#define VALID "<db:result from='" THERE "' to='" HERE "' type='valid'/>"
#define PROCEED "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
#define ELSEWHERE(host)                                                                         \
  "<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>" host             \
  "</see-other-host></stream:error></stream:stream>"

static EnjTestAuthority *root;
static EnjTrust *trust;
static EnjCredentials *theirs;
static EnjCredentials *ours;

typedef struct
{
  EnjSettings *settings;
  EnjCounters counters;
  EnjCalls *calls;
  EnjCall *call;
  EnjSession *session;
  EnjTls *tls; /* of the other side */
  GString *heard; /* by it, behind TLS */
} Scene;

static void
start (Scene *scene)
{
  *scene = (Scene){ .settings = enj_test_settings_new (), .heard = g_string_new (NULL) };
  enj_settings_set_trust (scene->settings, trust);
  enj_settings_add_credentials (scene->settings, HERE, ours);
  scene->calls = enj_calls_new (scene->settings, &scene->counters, (EnjWake){ 0 });
  scene->call = enj_calls_start (scene->calls, HERE, THERE);
}

static void
stop (Scene *scene)
{
  enj_tls_free (scene->tls);
  enj_calls_free (scene->calls);
  enj_settings_unref (scene->settings);
  g_string_free (scene->heard, TRUE);
}

/* Answers until there is somebody to connect to; the host that was looked up last, or NULL. */
static char *
find_new (Scene *scene, guint *ticket)
{
  const EnjAddress address = { .bytes = { 192, 0, 2, 1 }, .length = 4, .port = 5269 };
  g_autofree char *host = NULL;
  EnjTargetsWish wish;

  *ticket = 0;
  while (enj_call_next_wish (scene->call, &wish, 0))
    {
      EnjTargets *targets = enj_call_get_targets (scene->call);

      if (wish.type == ENJ_TARGETS_CONNECT)
        {
          *ticket = wish.ticket;
          return g_steal_pointer (&host);
        }
      g_free (host);
      host = g_strdup (wish.name);
      if (wish.type == ENJ_TARGETS_LOOKUP_SRV)
        enj_targets_srv (targets, wish.ticket, ENJ_LOOKUP_NO_DATA, FALSE, NULL, 0);
      else
        enj_targets_addresses (targets, wish.ticket, ENJ_LOOKUP_FOUND, FALSE, &address, 1);
    }
  return NULL;
}

static void
connect_to (Scene *scene, const char *expected)
{
  guint ticket;
  g_autofree char *host = find_new (scene, &ticket);

  g_assert_cmpstr (host, ==, expected);
  scene->session = enj_calls_dialled (scene->calls, scene->call, ticket, 0);
  g_assert_nonnull (scene->session);
  g_clear_pointer (&scene->tls, enj_tls_free);
}

/* What we have written goes to the other side, and what TLS has to say to that comes back. */
static void
pump (Scene *scene)
{
  gboolean moved;

  do
    {
      guint8 buffer[1000];
      const guint8 *data;
      gssize n;
      gsize len;

      moved = FALSE;
      while ((data = enj_session_peek (scene->session, &len)))
        {
          moved = TRUE;
          if (scene->tls)
            enj_tls_feed (scene->tls, data, len);
          while (scene->tls
                 && (n = enj_tls_read (scene->tls, buffer, sizeof buffer, NULL)) > 0)
            g_string_append_len (scene->heard, (const char *) buffer, n);
          enj_session_drained (scene->session, len, 0);
        }
      while (scene->tls && (data = enj_tls_peek (scene->tls, &len)))
        {
          moved = TRUE;
          enj_session_feed (scene->session, data, len, 0);
          enj_tls_drained (scene->tls, len);
        }
    }
  while (moved);
}

static void
say (Scene *scene, const char *xml)
{
  if (scene->tls)
    g_assert_true (enj_tls_write (scene->tls, (const guint8 *) xml, strlen (xml), NULL));
  else
    enj_session_feed (scene->session, (const guint8 *) xml, strlen (xml), 0);
  pump (scene);
}

static void
secure (Scene *scene)
{
  say (scene, OPEN STARTTLS);
  enj_session_feed (scene->session, (const guint8 *) PROCEED, strlen (PROCEED), 0);
  scene->tls = enj_tls_new_server (theirs, NULL, NULL);
  pump (scene);
  g_assert_true (enj_tls_is_up (scene->tls));
  g_string_truncate (scene->heard, 0);
}

/* The connection ends, and the call looks at what has come. */
static void
end (Scene *scene)
{
  EnjNews news;

  if (!enj_session_is_over (scene->session))
    enj_session_eof (scene->session, NULL, 0);
  while (enj_call_next (scene->call, &news))
    {
      if (news.type == ENJ_NEWS_UP)
        (void) enj_call_note_up (scene->call, news.local, news.remote);
      enj_news_clear (&news);
    }
  (void) enj_call_process (scene->call);
}

/* The other side, behind TLS if it is to be believed, sends us to @error; the connection ends. */
static void
send_away (Scene *scene, gboolean is_proved, const char *error)
{
  pump (scene);
  if (is_proved)
    secure (scene);
  say (scene, OPEN);
  say (scene, error);
  end (scene);
}

static void
assert_goes_nowhere (Scene *scene)
{
  guint ticket;

  g_assert_null (find_new (scene, &ticket));
  g_assert_cmpuint (ticket, ==, 0);
  g_assert_true (enj_call_is_over (scene->call));
  g_assert_nonnull (enj_call_get_reason (scene->call));
}

/* Two servers could send us to and fro without end. */
static void
test_once (void)
{
  Scene scene;

  enj_test_proves ("S25");
  start (&scene);
  connect_to (&scene, THERE);
  send_away (&scene, TRUE, ELSEWHERE ("b.test:5299"));
  g_assert_false (enj_call_is_over (scene.call));
  connect_to (&scene, "b.test");
  g_assert_cmpuint (enj_call_get_address (scene.call)->port, ==, 5299);
  send_away (&scene, TRUE, ELSEWHERE ("c.test"));
  assert_goes_nowhere (&scene);
  stop (&scene);
}

/* Who may be anybody sends nobody anywhere. */
static void
test_unproved (void)
{
  Scene scene;

  enj_test_proves ("S25");
  start (&scene);
  connect_to (&scene, THERE);
  send_away (&scene, FALSE, ELSEWHERE ("b.test"));
  assert_goes_nowhere (&scene);
  stop (&scene);
}

/* RFC 6120 4.9.3.19: the policy of the stream that sent us away is that of the next. */
static void
test_encrypted (void)
{
  static const char starttls[] = "<starttls ";
  const guint8 *data;
  Scene scene;
  gsize len;

  enj_test_proves ("S25");
  start (&scene);
  connect_to (&scene, THERE);
  send_away (&scene, TRUE, ELSEWHERE ("b.test"));
  connect_to (&scene, "b.test");
  pump (&scene);
  enj_session_feed (scene.session, (const guint8 *) OPEN_WITHOUT_TLS, strlen (OPEN_WITHOUT_TLS),
                    0);
  data = enj_session_peek (scene.session, &len);
  g_assert_nonnull (data);
  g_assert_nonnull (g_strstr_len ((const char *) data, (gssize) len, starttls));
  pump (&scene);
  stop (&scene);
}

static GString *logged; /* NULL: nobody looks */

static GLogWriterOutput
keep_log (GLogLevelFlags level, const GLogField *fields, gsize n, gpointer user_data)
{
  for (gsize i = 0; logged && i < n; i++)
    if (strcmp (fields[i].key, "MESSAGE") == 0)
      g_string_append_printf (logged, "%s\n", (const char *) fields[i].value);
  return logged ? G_LOG_WRITER_HANDLED : g_log_writer_default (level, fields, n, user_data);
}

static void
call_again (Scene *scene)
{
  enj_calls_drop (scene->calls, scene->call);
  scene->call = enj_calls_start (scene->calls, HERE, THERE);
}

/* A stream as far as the features; does it try EXTERNAL? */
static void
meet (Scene *scene, const char *offer, gboolean tries_external)
{
  connect_to (scene, THERE);
  pump (scene);
  secure (scene);
  say (scene, offer);
  g_assert_true ((strstr (scene->heard->str, "<auth ") != NULL) == tries_external);
}

static void
hang_up_behind_external (Scene *scene)
{
  meet (scene, OFFER (MECHANISMS DIALBACK), TRUE);
  say (scene, REFUSE END);
  end (scene);
}

/* Who hangs up behind EXTERNAL is called once more, and then as long as it does not
 * refuse that, too, it has dialback at once. */
static void
test_shunned (void)
{
  Scene scene;

  enj_test_proves ("E10");
  start (&scene);
  hang_up_behind_external (&scene);
  g_assert_false (enj_call_is_over (scene.call));
  meet (&scene, OFFER (MECHANISMS DIALBACK), FALSE);
  enj_outbound_authorise (enj_call_get_outbound (scene.call), HERE, THERE, 0);
  pump (&scene);
  g_assert_nonnull (strstr (scene.heard->str, "<db:result "));
  say (&scene, VALID END);
  end (&scene);
  g_assert_true (enj_call_is_over (scene.call));
  g_assert_null (enj_call_get_reason (scene.call));

  call_again (&scene);
  meet (&scene, OFFER (MECHANISMS DIALBACK), FALSE);
  say (&scene, END);
  end (&scene);
  assert_goes_nowhere (&scene);

  /* Nor was that of use: both by turns. */
  call_again (&scene);
  hang_up_behind_external (&scene);
  g_assert_false (enj_call_is_over (scene.call));
  stop (&scene);
}

/* The log tells by what each side has proved itself. */
static void
test_told (void)
{
  Scene scene;

  enj_test_proves ("T11");
  start (&scene);
  meet (&scene, OFFER (DIALBACK), FALSE);
  enj_outbound_authorise (enj_call_get_outbound (scene.call), HERE, THERE, 0);
  logged = g_string_new (NULL);
  say (&scene, VALID);
  g_assert_nonnull (strstr (logged->str, ", dialback, peer by certificate\n"));
  g_string_free (g_steal_pointer (&logged), TRUE);
  stop (&scene);
}

/* Where there is no other way, or it was tried, nobody is called twice. */
static void
test_not_shunned (void)
{
  static const struct
  {
    const char *offer;
    const char *says;
  } cases[] = {
    { OFFER (MECHANISMS DIALBACK), END },
    { OFFER (DIALBACK), END },
    { OFFER (MECHANISMS DIALBACK), REFUSE "<db:result from='" THERE "' to='" HERE "' type='error'/>"
                                   END },
    { "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'"
      " id='theirs' from='" THERE "' version='1.0'><stream:features>" MECHANISMS
      "</stream:features>", REFUSE END },
  };

  enj_test_proves ("E10");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gboolean is_offered = strstr (cases[i].offer, MECHANISMS) != NULL;
      Scene scene;

      start (&scene);
      meet (&scene, cases[i].offer, is_offered);
      say (&scene, cases[i].says);
      end (&scene);
      assert_goes_nowhere (&scene);
      call_again (&scene);
      meet (&scene, cases[i].offer, is_offered);
      stop (&scene);
    }
}

/* It is forgotten with new settings, which may be of a new certificate, and after a while. */
static void
test_shunned_no_more (void)
{
  const gint64 hour = G_TIME_SPAN_HOUR;

  for (guint i = 0; i < 3; i++)
    {
      Scene scene;
      guint ticket;

      start (&scene);
      hang_up_behind_external (&scene);
      call_again (&scene);
      if (i == 0)
        enj_calls_set_settings (scene.calls, scene.settings, 0);
      g_free (find_new (&scene, &ticket));
      scene.session = enj_calls_dialled (scene.calls, scene.call, ticket, i == 1 ? hour : 0);
      g_clear_pointer (&scene.tls, enj_tls_free);
      pump (&scene);
      secure (&scene);
      say (&scene, OFFER (MECHANISMS DIALBACK));
      g_assert_true ((strstr (scene.heard->str, "<auth ") != NULL) == (i < 2));
      stop (&scene);
    }
}

/* A reload may find fault with a stream in more ways than one: the peer is told of one. */
static void
test_denied (void)
{
  static const char tag[] = "</stream:stream>";

  for (guint i = 0; i < 2; i++)
    {
      const char *error;
      const guint8 *data;
      Scene scene;
      gsize len;

      start (&scene);
      connect_to (&scene, THERE);
      pump (&scene);
      enj_session_feed (scene.session, (const guint8 *) OPEN, strlen (OPEN), 0);
      if (i == 0)
        enj_call_retire (scene.call, 0);
      else
        enj_call_deny (scene.call, 0);
      enj_call_deny (scene.call, 0);
      g_assert_false (enj_session_is_over (scene.session));
      data = enj_session_peek (scene.session, &len);
      g_assert_nonnull (data);
      error = g_strstr_len ((const char *) data, (gssize) len, "<policy-violation ");
      g_assert_true ((error != NULL) == (i == 1));
      g_assert_cmpuint (len, >=, strlen (tag));
      g_assert_cmpmem (data + len - strlen (tag), strlen (tag), tag, strlen (tag));
      pump (&scene);
      enj_session_feed (scene.session, (const guint8 *) tag, strlen (tag), 0);
      enj_session_eof (scene.session, NULL, 0);
      (void) enj_call_process (scene.call);
      g_assert_true (enj_call_is_over (scene.call));
      g_assert_null (enj_call_get_reason (scene.call));
      stop (&scene);
    }
}

int
main (int argc, char **argv)
{
  const EnjTestLeaf leaf = { .names = "dns:" THERE };
  const EnjTestLeaf own = { .names = "dns:" HERE };
  int status;

  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (keep_log, NULL, NULL);
  enj_wall_set (enj_test_wall);
  root = enj_test_authority_new ("root", NULL);
  trust = enj_test_authority_trust_new (root);
  theirs = enj_test_authority_issue (root, &leaf);
  ours = enj_test_authority_issue (root, &own);
  g_test_add_func ("/call/is-sent-elsewhere-once", test_once);
  g_test_add_func ("/call/is-not-sent-away-by-anybody", test_unproved);
  g_test_add_func ("/call/is-not-sent-away-from-encryption", test_encrypted);
  g_test_add_func ("/call/turns-to-dialback-where-external-is-hung-up-on", test_shunned);
  g_test_add_func ("/call/turns-to-dialback-for-nothing-else", test_not_shunned);
  g_test_add_func ("/call/turns-to-dialback-for-a-while", test_shunned_no_more);
  g_test_add_func ("/call/tells-how-the-peer-is-known", test_told);
  g_test_add_func ("/call/is-denied-in-order", test_denied);
  status = g_test_run ();
  enj_credentials_unref (theirs);
  enj_credentials_unref (ours);
  enj_trust_unref (trust);
  enj_test_authority_free (root);
  return status;
}
