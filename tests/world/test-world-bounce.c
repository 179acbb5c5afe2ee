#include "config.h"

#include <string.h>

#include "tests/support/proves.h"
#include "tests/world/settings.h"
#include "tests/world/world.h"

#define HERE "here.example"
#define THERE "there.example"
#define SRV "_xmpp-server._tcp." THERE

#define MESSAGE "<message from='a@" HERE "' to='b@" THERE "' id='1'><body>x</body></message>"

static const char header[]
  = "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'"
    " xmlns:db='jabber:server:dialback' id='1' from='" THERE "' to='" HERE "' version='1.0'>";

static const char features[]
  = "<stream:features><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>"
    "</stream:features>";

/* What becomes of a stanza for a domain that cannot be reached. */
typedef struct
{
  const char *name;
  const char *to;    /* the domain; NULL for THERE */
  guint srv;         /* the look-ups; G_MAXUINT is no answer */
  guint addresses;
  const char *target; /* of a record; NULL for none, "" for "." */
  gboolean has_address;
  gboolean is_away;
  gboolean needs_tls;
  const char *says[4]; /* of the peer that answers: header, features, verdict */
  gboolean hangs_up;
  const char *type;
  const char *condition;
} Row;

#define RESULT(type)                                                            \
  "<db:result from='" THERE "' to='" HERE "' type='" type "'/>"
#define RESULT_ERROR(condition)                                                 \
  "<db:result from='" THERE "' to='" HERE "' type='error'><error type='cancel'>" \
  "<" condition " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></db:result>"
#define STREAM_ERROR(condition)                                                 \
  "<stream:error><" condition " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"  \
  "</stream:error></stream:stream>"
#define UP .target = "xmpp", .has_address = TRUE
#define NOT_FOUND "remote-server-not-found"
#define TIMEOUT "remote-server-timeout"

static const Row rows[] = {
  { .name = "no-such-domain", .srv = ENJ_LOOKUP_NO_NAME, .addresses = ENJ_LOOKUP_NO_NAME,
    .type = "cancel", .condition = NOT_FOUND },
  { .name = "no-address", .srv = ENJ_LOOKUP_NO_DATA, .addresses = ENJ_LOOKUP_NO_DATA,
    .type = "cancel", .condition = NOT_FOUND },
  { .name = "names-fail", .srv = ENJ_LOOKUP_FAILED, .has_address = TRUE, .type = "wait",
    .condition = NOT_FOUND },
  { .name = "names-are-not-asked-for", .srv = ENJ_LOOKUP_REFUSED, .has_address = TRUE,
    .type = "wait", .condition = "resource-constraint" },
  { .name = "addresses-are-not-asked-for", .target = "xmpp", .addresses = ENJ_LOOKUP_REFUSED,
    .type = "wait", .condition = "resource-constraint" },
  { .name = "addresses-fail", .target = "xmpp", .addresses = ENJ_LOOKUP_FAILED, .type = "wait",
    .condition = NOT_FOUND },
  { .name = "refused-by-a-dot", .target = "", .has_address = TRUE, .type = "cancel",
    .condition = NOT_FOUND },
  { .name = "names-never-come", .srv = G_MAXUINT, .type = "wait", .condition = TIMEOUT },
  { .name = "connection-refused", UP, .is_away = TRUE, .type = "wait", .condition = TIMEOUT },
  { .name = "denied", .to = "denied.example", .type = "cancel", .condition = "not-allowed" },
  { .name = "needs-certificate", UP, .to = "proven.example",
    .says = { header, features,
              "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>" },
    .type = "cancel", .condition = TIMEOUT },
  { .name = "ip-address", .to = "192.0.2.7", .type = "cancel", .condition = "not-allowed" },
  { .name = "no-stream", UP, .hangs_up = TRUE, .type = "wait", .condition = TIMEOUT },
  { .name = "host-unknown", UP, .says = { header, STREAM_ERROR ("host-unknown") },
    .type = "cancel", .condition = NOT_FOUND },
  { .name = "another-stream-error", UP, .says = { header, STREAM_ERROR ("policy-violation") },
    .type = "wait", .condition = TIMEOUT },
  { .name = "no-tls-where-required", UP, .needs_tls = TRUE,
    .says = { header, features,
              "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>" },
    .type = "cancel", .condition = TIMEOUT },
  { .name = "broken-tls", UP, .needs_tls = TRUE,
    .says = { header, features, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
              "this is no handshake" },
    .type = "cancel", .condition = TIMEOUT },
  { .name = "lost-in-the-handshake", UP, .needs_tls = TRUE,
    .says = { header, features, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>" },
    .hangs_up = TRUE, .type = "wait", .condition = TIMEOUT },
  { .name = "no-dialback", UP,
    .says = { "<stream:stream xmlns='jabber:server' id='1' version='1.0'"
              " xmlns:stream='http://etherx.jabber.org/streams'>",
              "<stream:features/>" },
    .type = "wait", .condition = TIMEOUT },
  { .name = "larger-than-the-peer-takes", UP,
    .says = { header,
              "<stream:features><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>"
              "<limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>20</max-bytes></limits>"
              "</stream:features>",
              RESULT ("valid") },
    .type = "modify", .condition = "policy-violation" },
  { .name = "key-invalid", UP, .says = { header, features, RESULT ("invalid") },
    .type = "cancel", .condition = "internal-server-error" },
  { .name = "dialback-error", UP,
    .says = { header, features, RESULT_ERROR ("remote-server-not-found") }, .type = "wait",
    .condition = TIMEOUT },
  { .name = "lost-while-waiting", UP, .says = { header, features }, .hangs_up = TRUE,
    .type = "wait", .condition = TIMEOUT },
  { .name = "never-answered", UP, .says = { header, features }, .type = "wait",
    .condition = TIMEOUT },
};

static void
assert_bounced (const EnjWorldServer *server, guint index, const Row *row)
{
  g_autofree char *type = g_strdup_printf ("<error type='%s'", row->type);
  g_autofree char *condition = g_strdup_printf ("<%s ", row->condition);
  const char *error;

  g_assert_cmpuint (server->inbox->len, >, index);
  error = server->inbox->pdata[index];
  if (!strstr (error, type) || !strstr (error, condition))
    g_error ("%s is not %s %s", error, type, condition);
  g_assert_nonnull (strstr (error, "type='error'"));
  g_assert_null (strstr (error, " by='"));
  g_assert_nonnull (strstr (error, "id='1'"));
  g_assert_nonnull (strstr (error, "to='a@" HERE "'"));
}

static void
set_names (EnjWorld *world, const Row *row, const EnjWorldServer *there)
{
  gboolean has_target = row->target && *row->target;
  const char *host = has_target ? row->target : THERE;

  if (row->target)
    enj_world_add_srv (world, row->to ? row->to : THERE, 1, row->target);
  enj_world_set_result (world, SRV, row->srv);
  if (row->has_address)
    enj_world_add_address (world, host, &there->address);
  enj_world_set_result (world, host, row->addresses);
}

static void
play_peer (EnjWorld *world, const Row *row)
{
  for (guint i = 0; i < G_N_ELEMENTS (row->says) && row->says[i]; i++)
    enj_world_say (world, enj_world_get_puppet (world), row->says[i]);
  if (row->hangs_up)
    enj_world_hang_up (world, enj_world_get_puppet (world));
}

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  EnjEncryption encryption
    = row->needs_tls ? ENJ_ENCRYPTION_REQUIRED : ENJ_ENCRYPTION_OPTIONAL;
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = enj_world_add (world, HERE, encryption, NULL);
  EnjWorldServer *there = enj_world_add (world, THERE, encryption, NULL);
  g_autofree char *message = NULL;
  g_auto (GStrv) parts = g_strsplit (MESSAGE, "@" THERE, 2);

  enj_test_proves (strcmp (row->condition, "policy-violation") == 0 ? "L03" : "S36 S33");
  there->is_puppet = TRUE;
  there->is_away = row->is_away;
  set_names (world, row, there);
  message = g_strdup_printf ("%s@%s%s", parts[0], row->to ? row->to : THERE, parts[1]);
  g_assert_true (enj_world_send (here, message));
  enj_world_run (world);
  play_peer (world, row);
  enj_world_wait (world, 100 * ENJ_SECOND);
  g_assert_cmpuint (here->inbox->len, ==, 1);
  assert_bounced (here, 0, row);
  enj_world_free (world);
}

/* Errors and results have no answer, whatever becomes of them. */
static void
test_never_answered (void)
{
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);

  enj_test_proves ("S33");
  g_assert_true (enj_world_send (here, "<iq type='result' id='1' from='a@" HERE "' to='b@" THERE
                                       "'/>"));
  g_assert_true (enj_world_send (here, "<message type='error' from='a@" HERE "' to='b@" THERE
                                       "'><error type='cancel'/></message>"));
  enj_world_wait (world, 100 * ENJ_SECOND);
  g_assert_cmpuint (here->inbox->len, ==, 0);
  g_assert_cmpuint (enj_exchange_get_counters (here->exchange)->dropped, ==, 2);
  enj_world_free (world);
}

/* All records, all addresses, in order; each attempt asks afresh. */
static void
test_dead_targets (void)
{
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjWorldServer *dead = enj_world_add (world, "dead.example", ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjWorldServer *there = enj_world_add (world, THERE, ENJ_ENCRYPTION_REQUIRED, NULL);

  enj_test_proves ("N01 N14 S27");
  dead->is_away = TRUE;
  enj_world_add_srv (world, HERE, 1, HERE);
  enj_world_add_address (world, HERE, &here->address);
  enj_world_add_srv (world, THERE, 3, "third");
  enj_world_add_srv (world, THERE, 1, "first");
  enj_world_add_srv (world, THERE, 2, "second");
  enj_world_add_address (world, "first", &dead->address);
  enj_world_add_address (world, "third", &dead->address);
  enj_world_add_address (world, "third", &there->address);
  enj_world_send (here, MESSAGE);
  enj_world_run (world);
  g_assert_cmpuint (there->inbox->len, ==, 1);
  g_assert_cmpstr (here->asked->pdata[2], ==, "first");
  g_assert_cmpstr (here->asked->pdata[3], ==, "second");
  g_assert_cmpstr (here->asked->pdata[4], ==, "third");

  enj_world_cut (world, here, there);
  enj_world_wait (world, 2 * ENJ_SECOND);
  g_ptr_array_set_size (here->asked, 0);
  enj_world_send (here, MESSAGE);
  enj_world_run (world);
  g_assert_cmpuint (there->inbox->len, ==, 2);
  g_assert_cmpstr (here->asked->pdata[0], ==, SRV);
  enj_world_free (world);
}

/* RFC 6120 3.2.1: records were there, so the domain itself is not tried. */
static void
test_no_fallback (void)
{
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjWorldServer *there = enj_world_add (world, THERE, ENJ_ENCRYPTION_REQUIRED, NULL);

  enj_test_proves ("N04");
  enj_world_add_srv (world, THERE, 1, "nowhere");
  enj_world_add_address (world, THERE, &there->address);
  enj_world_send (here, MESSAGE);
  enj_world_run (world);
  g_assert_cmpuint (there->inbox->len, ==, 0);
  g_assert_cmpuint (here->inbox->len, ==, 1);
  enj_world_free (world);
}

/* A domain that a reload denies: its stream ends, and nothing goes there. */
static void
test_denied_by_reload (void)
{
  const EnjPeerPolicy nobody = { .allow = FALSE };
  const EnjLimits limits = enj_limits_default ();
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjWorldServer *there = enj_world_add (world, THERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  g_autoptr (EnjSettings) settings
    = enj_world_settings_new (HERE, ENJ_ENCRYPTION_REQUIRED, &limits);

  enj_world_add_srv (world, HERE, 1, HERE);
  enj_world_add_address (world, HERE, &here->address);
  enj_world_add_srv (world, THERE, 1, THERE);
  enj_world_add_address (world, THERE, &there->address);
  enj_world_send (here, MESSAGE);
  enj_world_run (world);
  g_assert_cmpuint (there->inbox->len, ==, 1);
  g_assert_cmpuint (enj_exchange_get_load (here->exchange).outbound, ==, 1);

  g_assert_true (enj_policy_add (settings->policy, THERE, &nobody));
  enj_exchange_set_settings (here->exchange, settings, enj_world_now (world));
  enj_world_run (world);
  g_assert_cmpuint (enj_exchange_get_load (here->exchange).outbound, ==, 0);
  enj_world_send (here, MESSAGE);
  enj_world_run (world);
  g_assert_cmpuint (there->inbox->len, ==, 1);
  g_assert_nonnull (strstr (here->inbox->pdata[0], "<not-allowed "));
  enj_world_free (world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/world/bounce/%s", rows[i].name);

      g_test_add_data_func (path, &rows[i], test_row);
    }
  g_test_add_func ("/world/bounce/errors-and-results-never", test_never_answered);
  g_test_add_func ("/world/bounce/only-when-all-targets-are-dead", test_dead_targets);
  g_test_add_func ("/world/bounce/without-trying-the-domain-behind-its-records",
                   test_no_fallback);
  g_test_add_func ("/world/bounce/when-a-reload-denies-the-domain", test_denied_by_reload);
  return g_test_run ();
}
