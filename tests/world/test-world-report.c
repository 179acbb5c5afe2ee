/* What an operator sees of the engine, and ends. */
#include "config.h"

#include <string.h>

#include "tests/world/linked.h"
#include "tests/world/pair.h"

#define MESSAGE "<message from='a@" HERE "' to='b@" THERE "' id='1'/>"

static EnjReport *
report_of (const EnjWorldServer *server)
{
  return enj_exchange_get_report (server->exchange);
}

/* All, where one page has room for them. */
static guint
close_streams (EnjReport *report, const char *local, const char *remote, gint64 now)
{
  guint64 next;
  guint n = enj_report_close_streams (report, local, remote, 0, &next, now);

  g_assert_cmpuint (next, ==, 0);
  return n;
}

/* The only stream, of @remote where it is not NULL; FALSE where there is none. */
static gboolean
find_stream (const EnjWorldServer *server, const char *remote, EnjStreamInfo *info)
{
  guint64 ids[2];
  guint64 next;
  guint n = enj_report_list_streams (report_of (server), 0, remote, ids, 2, &next);

  g_assert_cmpuint (n, <=, 1);
  g_assert_cmpuint (next, ==, 0);
  return n == 1
         && enj_report_describe_stream (report_of (server), ids[0], info,
                                        enj_world_now (server->world));
}

static void
test_streams (void)
{
  EnjPair pair = enj_pair_new (ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjStreamInfo info;
  char address[ENJ_ADDRESS_STRING];
  gint64 start = enj_world_now (pair.world);

  g_assert_false (find_stream (pair.here, NULL, &info));
  enj_world_send (pair.here, MESSAGE);
  enj_world_run (pair.world);
  enj_world_wait (pair.world, 7 * ENJ_SECOND);

  g_assert_true (find_stream (pair.here, THERE, &info));
  g_assert_cmpstr (info.direction, ==, "out");
  g_assert_true (g_str_has_prefix (info.name, "out-"));
  g_assert_cmpstr (info.state, ==, "up");
  g_assert_cmpstr (info.local, ==, HERE);
  g_assert_cmpstr (info.remote, ==, THERE);
  g_assert_cmpuint (info.pairs, ==, 1);
  g_assert_cmpstr (info.address, ==, enj_address_format (&pair.there->address, address));
  g_assert_false (info.direct_tls);
  g_assert_cmpstr (info.tls, ==, "TLS1.3");
  g_assert_cmpstr (info.cipher, ==, "AES-256-GCM");
  g_assert_cmpstr (info.own_proof, ==, "dialback");
  g_assert_cmpstr (info.peer_proof, ==, "");
  g_assert_true (info.bidi);
  g_assert_false (info.acknowledged);
  g_assert_cmpuint (info.queue + info.queue_bytes + info.unproven, ==, 0);
  g_assert_cmpint (info.age, >=, 7 * ENJ_SECOND);
  g_assert_cmpint (info.age, <=, enj_world_now (pair.world) - start);
  g_assert_cmpint (info.idle, <=, info.age);

  g_assert_true (find_stream (pair.there, HERE, &info));
  g_assert_cmpstr (info.direction, ==, "in");
  g_assert_cmpstr (info.local, ==, THERE);
  g_assert_cmpstr (info.remote, ==, HERE);
  g_assert_cmpstr (info.peer_proof, ==, "dialback");
  g_assert_cmpstr (info.own_proof, ==, "");

  g_assert_false (find_stream (pair.here, "elsewhere.example", &info));
  enj_world_free (pair.world);
}

/* A stream for several pairs is found by each of them. */
static void
test_several_pairs (void)
{
  EnjPair pair = enj_pair_new (ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjStreamInfo info;

  enj_world_add_address (pair.world, "also." HERE, &pair.here->address);
  enj_world_send (pair.here, MESSAGE);
  enj_world_run (pair.world);
  enj_world_send (pair.here, "<message from='a@also." HERE "' to='b@" THERE "'/>");
  enj_world_run (pair.world);
  g_assert_true (find_stream (pair.there, "also." HERE, &info));
  g_assert_cmpuint (info.pairs, ==, 2);
  g_assert_cmpstr (info.remote, ==, HERE);
  g_assert_cmpuint (close_streams (report_of (pair.there), THERE, "also." HERE,
                                   enj_world_now (pair.world)),
                    ==, 1);
  enj_world_run (pair.world);
  g_assert_false (find_stream (pair.there, NULL, &info));
  enj_world_free (pair.world);
}

static void
test_links (void)
{
  EnjPair pair = enj_pair_new (ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjPuppet *puppet;
  EnjLinkInfo link;
  EnjStreamInfo info;
  gint64 now;

  now = enj_world_now (pair.world);
  g_assert_false (enj_report_describe_link (report_of (pair.here), THERE, &link, now));
  g_assert_true (enj_report_describe_link (report_of (pair.here), HERE, &link, now));
  g_assert_cmpstr (link.state, ==, "down");
  g_assert_cmpint (link.age, ==, 0);
  g_assert_cmpuint (link.stream, ==, 0);
  enj_linked_send (pair.here, "a@home." HERE, 1);
  enj_world_run (pair.world);
  g_assert_cmpuint (enj_exchange_get_load (pair.here->exchange).waiting_for_links, ==, 1);
  g_assert_cmpuint (enj_exchange_get_load (pair.here->exchange).waiting_for_up_links, ==, 0);
  puppet = enj_linked_new_mute (pair.here);
  enj_world_wait (pair.world, 3 * ENJ_SECOND);

  now = enj_world_now (pair.world);
  g_assert_true (enj_report_describe_link (report_of (pair.here), HERE, &link, now));
  g_assert_cmpstr (link.state, ==, "up");
  g_assert_cmpstr (link.error, ==, "");
  g_assert_cmpint (link.age, >=, 3 * ENJ_SECOND);
  g_assert_cmpuint (link.waiting, ==, 0);
  g_assert_cmpuint (link.unproven, ==, 1);
  g_assert_true (enj_report_describe_stream (report_of (pair.here), link.stream, &info, now));
  g_assert_cmpstr (info.direction, ==, "link");
  g_assert_cmpstr (info.state, ==, "up");
  g_assert_cmpstr (info.local, ==, HERE);
  g_assert_cmpstr (info.own_proof, ==, "secret");
  g_assert_cmpstr (info.tls, ==, "");
  g_assert_cmpuint (info.unproven, ==, 1);

  enj_world_hang_up (pair.world, puppet);
  enj_world_run (pair.world);
  now = enj_world_now (pair.world);
  g_assert_true (enj_report_describe_link (report_of (pair.here), HERE, &link, now));
  g_assert_cmpstr (link.state, ==, "down");
  g_assert_cmpstr (link.error, !=, "");
  g_assert_cmpuint (link.stream, ==, 0);
  enj_world_free (pair.world);
}

static EnjRemoteInfo
describe_remote (const EnjWorldServer *server, const char *domain)
{
  EnjRemoteInfo info;

  enj_report_describe_remote (report_of (server), domain, &info, enj_world_now (server->world));
  return info;
}

static void
test_remotes (void)
{
  EnjPair pair = enj_pair_new (ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjRemoteInfo info;
  const char *domains[3];

  g_assert_cmpuint (enj_report_list_remotes (report_of (pair.here), NULL, domains, 3), ==, 0);
  enj_world_hold (pair.world, TRUE, FALSE);
  enj_world_send (pair.here, MESSAGE);
  enj_world_run (pair.world);
  g_assert_cmpuint (enj_report_list_remotes (report_of (pair.here), NULL, domains, 3), ==, 1);
  g_assert_cmpstr (domains[0], ==, THERE);
  info = describe_remote (pair.here, THERE);
  g_assert_true (info.connecting);
  g_assert_cmpuint (info.waiting, ==, 1);
  g_assert_cmpuint (info.n_attempts, ==, 0);

  pair.there->is_away = TRUE;
  enj_world_hold (pair.world, FALSE, FALSE);
  enj_world_run (pair.world);
  info = describe_remote (pair.here, THERE);
  g_assert_false (info.connecting);
  g_assert_cmpuint (info.waiting, ==, 0);
  g_assert_cmpint (info.rest, >, 0);
  g_assert_cmpuint (info.failures, ==, 1);
  g_assert_cmpuint (info.n_attempts, ==, 1);
  g_assert_false (info.attempts[0].succeeded);
  g_assert_cmpstr (info.attempts[0].step, ==, "TCP");
  g_assert_cmpstr (info.attempts[0].reason, !=, "");

  pair.there->is_away = FALSE;
  enj_world_wait (pair.world, 60 * ENJ_SECOND);
  enj_world_send (pair.here, MESSAGE);
  enj_world_run (pair.world);
  info = describe_remote (pair.here, THERE);
  g_assert_cmpint (info.rest, ==, 0);
  g_assert_cmpuint (info.failures, ==, 0);
  g_assert_cmpuint (info.n_attempts, ==, 2);
  g_assert_true (info.attempts[0].succeeded);
  for (guint i = 0; i < ENJ_N_MILESTONES; i++)
    g_assert_cmpint (info.attempts[0].milestones.at[i], >, i ? 0 : -1);
  g_assert_false (info.attempts[1].succeeded);
  enj_world_free (pair.world);
}

/* The step that an attempt failed at. */
static void
test_steps (void)
{
  static const struct
  {
    const char *says;
    const char *step;
    const char *reason;
  } cases[] = {
    { "this is no stream", "TLS", "" },
    { "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' id='1'"
      " from='" THERE "' version='1.0'><stream:error>"
      "<host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>",
      "TLS", "host-unknown" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      EnjPair pair = enj_pair_new (ENJ_ENCRYPTION_REQUIRED, NULL);
      EnjRemoteInfo info;

      pair.there->is_puppet = TRUE;
      enj_world_send (pair.here, MESSAGE);
      enj_world_run (pair.world);
      enj_world_say (pair.world, enj_world_get_puppet (pair.world), cases[i].says);
      enj_world_run (pair.world);
      info = describe_remote (pair.here, THERE);
      g_assert_cmpuint (info.n_attempts, ==, 1);
      g_assert_cmpstr (info.attempts[0].step, ==, cases[i].step);
      g_assert_nonnull (strstr (info.attempts[0].reason, cases[i].reason));
      enj_world_free (pair.world);
    }
  {
    EnjPair pair = enj_pair_new (ENJ_ENCRYPTION_REQUIRED, NULL);
    EnjRemoteInfo info;

    enj_world_send (pair.here, "<message from='a@" HERE "' to='b@nowhere.example'/>");
    enj_world_run (pair.world);
    info = describe_remote (pair.here, "nowhere.example");
    g_assert_cmpuint (info.n_attempts, ==, 1);
    g_assert_cmpstr (info.attempts[0].step, ==, "DNS");
    enj_world_free (pair.world);
  }
}

/* Both ways, and what comes next has a new stream. */
static void
test_close (void)
{
  EnjPair pair = enj_pair_new (ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjStreamInfo info;
  gint64 now;

  enj_world_send (pair.here, MESSAGE);
  enj_world_run (pair.world);
  now = enj_world_now (pair.world);
  g_assert_cmpuint (close_streams (report_of (pair.here), "other." HERE, THERE, now), ==, 0);
  g_assert_cmpuint (close_streams (report_of (pair.here), HERE, "other", now), ==, 0);
  g_assert_cmpuint (close_streams (report_of (pair.here), HERE, THERE, now), ==, 1);
  g_assert_cmpuint (close_streams (report_of (pair.here), HERE, THERE, now), ==, 0);
  enj_world_send (pair.here, MESSAGE);
  enj_world_run (pair.world);
  enj_world_wait (pair.world, 2 * ENJ_SECOND);
  g_assert_cmpuint (pair.there->inbox->len, ==, 2);
  g_assert_cmpuint (pair.here->inbox->len, ==, 0);

  g_assert_true (find_stream (pair.there, HERE, &info));
  now = enj_world_now (pair.world);
  g_assert_cmpuint (close_streams (report_of (pair.there), NULL, HERE, now), ==, 1);
  enj_world_run (pair.world);
  g_assert_false (find_stream (pair.there, HERE, &info));
  g_assert_cmpuint (enj_world_count_wires (pair.world), ==, 0);
  enj_world_free (pair.world);
}

/* All that waits on an attempt goes again. */
static void
test_close_early (void)
{
  EnjPair pair = enj_pair_new (ENJ_ENCRYPTION_REQUIRED, NULL);

  pair.there->is_puppet = TRUE;
  enj_world_send (pair.here, MESSAGE);
  enj_world_run (pair.world);
  pair.there->is_puppet = FALSE;
  g_assert_cmpuint (close_streams (report_of (pair.here), NULL, NULL, enj_world_now (pair.world)),
                    ==, 1);
  enj_world_run (pair.world);
  enj_world_wait (pair.world, 30 * ENJ_SECOND);
  g_assert_cmpuint (pair.there->inbox->len, ==, 1);
  g_assert_cmpuint (pair.here->inbox->len, ==, 0);
  enj_world_free (pair.world);
}

/* Each of what is counted has one reason. */
static void
test_tally (void)
{
  EnjPair pair = enj_pair_new (ENJ_ENCRYPTION_REQUIRED, NULL);
  const EnjCounters *counters = enj_exchange_get_counters (pair.here->exchange);
  const EnjTally *tally = &counters->tally;

  enj_world_send (pair.here, MESSAGE);
  enj_world_run (pair.world);
  g_assert_cmpuint (tally->out.encryptions[ENJ_TALLY_ENCRYPTION_TLS13], ==, 1);
  g_assert_cmpuint (tally->out.proofs[ENJ_PROOF_DIALBACK], ==, 1);
  g_assert_cmpuint (tally->out.bidi, ==, 1);
  tally = &enj_exchange_get_counters (pair.there->exchange)->tally;
  g_assert_cmpuint (tally->in.encryptions[ENJ_TALLY_ENCRYPTION_TLS13], ==, 1);
  g_assert_cmpuint (tally->in.proofs[ENJ_PROOF_DIALBACK], ==, 1);
  tally = &counters->tally;

  enj_world_send (pair.here, "<message from='a@" HERE "' to='b@nowhere.example'/>");
  enj_world_send (pair.here, "<message from='a@" HERE "' to='b@denied.example'/>");
  enj_world_send (pair.here, "<message type='error' from='a@" HERE "' to='b@denied.example'/>");
  enj_world_send (pair.there, "<message from='a@" THERE "' to='b@home." HERE "'/>");
  enj_world_run (pair.world);
  g_assert_cmpuint (counters->bounced, ==, 2);
  g_assert_cmpuint (tally->bounces[ENJ_STANZA_REMOTE_SERVER_NOT_FOUND], ==, 1);
  g_assert_cmpuint (tally->bounces[ENJ_STANZA_NOT_ALLOWED], ==, 1);
  g_assert_cmpuint (tally->drops[ENJ_TALLY_DROP_UNTOLD], ==, 1);
  g_assert_cmpuint (counters->dropped, ==,
                    tally->drops[ENJ_TALLY_DROP_UNTOLD] + tally->drops[ENJ_TALLY_DROP_TRANSIT]);

  g_assert_cmpuint (close_streams (report_of (pair.here), HERE, THERE, enj_world_now (pair.world)),
                    ==, 1);
  enj_world_run (pair.world);
  g_assert_cmpuint (tally->closed, >=, 1);
  enj_world_free (pair.world);
}

static void
end_all (EnjWorldServer *server, const GPtrArray *sessions)
{
  for (guint i = 0; i < sessions->len; i++)
    {
      enj_session_eof (sessions->pdata[i], NULL, 1);
      enj_exchange_closed (server->exchange, sessions->pdata[i], 1);
    }
}

/* Page by page each is there once, however many there are. */
static void
test_pages (void)
{
  const guint total = ENJ_REPORT_SCAN + 500;
  EnjLimits limits = enj_limits_default ();
  EnjWorld *world = enj_world_new ();
  g_autoptr (GPtrArray) sessions = g_ptr_array_new ();
  EnjWorldServer *here;
  guint64 ids[250];
  guint64 after = 0;
  guint64 last = 0;
  guint64 before = 0;
  guint seen = 0;
  guint n;

  limits.connections = limits.unauthenticated = 2 * total;
  limits.connections_per_address = limits.unauthenticated_per_address = 2 * total;
  limits.accept_rate_per_address = 2 * total;
  here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, &limits);
  for (guint i = 0; i < total; i++)
    {
      EnjSession *session = enj_exchange_accept (here->exchange, &here->address, FALSE, 1);

      g_assert_nonnull (session);
      g_ptr_array_add (sessions, session);
    }
  g_assert_cmpuint (enj_report_count_streams (report_of (here)), ==, total);
  do
    {
      n = enj_report_list_streams (report_of (here), after, NULL, ids, 250, &after);
      for (guint i = 0; i < n; i++)
        {
          g_assert_cmpuint (ids[i], >, last);
          last = ids[i];
        }
      seen += n;
    }
  while (after);
  g_assert_cmpuint (seen, ==, total);

  /* One that finds nothing looks no further than it may. */
  g_assert_cmpuint (enj_report_list_streams (report_of (here), 0, THERE, ids, 250, &after), ==, 0);
  g_assert_cmpuint (after, ==, ((EnjSession *) sessions->pdata[ENJ_REPORT_SCAN - 1])->id);

  /* Nor are all closed at once, and those that come meanwhile not at all. */
  for (guint left = total; left > 0; left -= n)
    {
      n = enj_report_close_streams (report_of (here), NULL, NULL, before, &before, 1);
      g_assert_cmpuint (n, ==, MIN (left, ENJ_REPORT_CLOSE));
      g_ptr_array_add (sessions, enj_exchange_accept (here->exchange, &here->address, FALSE, 1));
      g_assert_cmpuint (before, ==, left == n ? 0 : ((EnjSession *) sessions->pdata[left - n])->id);
    }
  for (guint i = 0; i < sessions->len; i++)
    g_assert_true (enj_session_is_open (sessions->pdata[i]) == (i >= total));
  end_all (here, sessions);
  g_assert_cmpuint (enj_report_count_streams (report_of (here)), ==, 0);
  enj_world_free (world);
}

/* What is looked at is bounded, however many pairs peers have brought and whether or not any is
 * of those that are wanted. */
static void
test_looks (void)
{
  const guint n_pairs = 64;
  const guint a_page = (ENJ_REPORT_SCAN + n_pairs - 1) / n_pairs;
  const guint total = 2 * a_page + 1;
  EnjLimits limits = enj_limits_default ();
  EnjWorld *world = enj_world_new ();
  g_autoptr (GPtrArray) sessions = g_ptr_array_new ();
  EnjWorldServer *here;
  guint64 ids[250];
  guint64 before = 0;
  guint64 after = 0;

  limits.connections_per_address = limits.unauthenticated_per_address = total;
  limits.accept_rate_per_address = total;
  here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, &limits);
  for (guint i = 0; i < total; i++)
    {
      EnjSession *session = enj_exchange_accept (here->exchange, &here->address, FALSE, 1);

      g_ptr_array_add (sessions, session);
      for (guint j = 0; j < n_pairs; j++)
        {
          g_autofree char *remote = g_strdup_printf ("r%u.example", j);

          (void) enj_standing_add_pair (&session->standing, &session->log, HERE, remote, "TLS1.3",
                                        "dialback", NULL, 1); /* It is the first, or not. */
        }
    }

  for (guint page = 1; page <= 3; page++)
    {
      EnjSession *last = sessions->pdata[page < 3 ? total - page * a_page : 0];

      g_assert_cmpuint (enj_report_close_streams (report_of (here), HERE, THERE, before, &before,
                                                  1),
                        ==, 0);
      g_assert_cmpuint (before, ==, page < 3 ? last->id : 0);
    }
  g_assert_cmpuint (enj_report_list_streams (report_of (here), 0, THERE, ids, 250, &after), ==, 0);
  g_assert_cmpuint (after, ==, ((EnjSession *) sessions->pdata[a_page - 1])->id);

  end_all (here, sessions);
  enj_world_free (world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/world/report/describes-streams", test_streams);
  g_test_add_func ("/world/report/finds-a-stream-by-each-pair", test_several_pairs);
  g_test_add_func ("/world/report/describes-links", test_links);
  g_test_add_func ("/world/report/remembers-attempts", test_remotes);
  g_test_add_func ("/world/report/names-the-step-that-failed", test_steps);
  g_test_add_func ("/world/report/closes-a-pair-both-ways", test_close);
  g_test_add_func ("/world/report/closing-loses-nothing", test_close_early);
  g_test_add_func ("/world/report/counts-by-reasons", test_tally);
  g_test_add_func ("/world/report/goes-by-pages", test_pages);
  g_test_add_func ("/world/report/looks-at-few-pairs-a-page", test_looks);
  return g_test_run ();
}
