#include "config.h"

#include "component/succession.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "protocol/settings.h"
#include "component/journal.h"
#include "tests/support/pipe.h"

#define DOMAIN "b.here.test"
#define SERVER "127.0.0.1:5347"
#define HEADER "<stream:stream>"

static int manager, ours, theirs;
static EnjStore *store;
static EnjExchange *exchange;
static EnjPolicy *policy;
static EnjSuccession *succession;
static EnjKeepsake *keepsake;

static void
open_manager (void)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  g_autofree char *name = g_strdup_printf ("@enjamb-succession-%d", (int) getpid ());
  gsize len = strlen (name);

  manager = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  memcpy (address.sun_path + 1, name + 1, len - 1);
  g_assert_cmpint (bind (manager, (struct sockaddr *) &address,
                         (socklen_t) (offsetof (struct sockaddr_un, sun_path) + len)),
                   ==, 0);
  g_setenv ("NOTIFY_SOCKET", name, TRUE);
  g_unsetenv ("FDSTORE");
}

static EnjExchange *
exchange_new (void)
{
  const EnjPeerPolicy fallback = { .allow = TRUE };
  const EnjLimits limits = enj_limits_default ();
  g_autoptr (EnjRealm) realm = enj_realm_new ();
  g_autoptr (EnjDialbackKey) key = enj_dialback_key_new_random ();
  g_autoptr (EnjSettings) settings = NULL;

  policy = enj_policy_new (&fallback);
  enj_realm_add_component (realm, DOMAIN, TRUE);
  settings = enj_settings_new (realm, policy, key, &limits, TRUE, FALSE);
  return enj_exchange_new (settings, (EnjWake){ NULL, NULL });
}

/* Ten thousand bytes behind the header have come on the link. */
static void
set_up (void)
{
  guint8 *room;

  open_manager ();
  enj_test_connect (&ours, &theirs);
  exchange = exchange_new ();
  store = enj_store_new ();
  succession = enj_succession_new (store, exchange);
  g_assert_true (enj_succession_is_possible (succession));
  keepsake = enj_succession_note_link (succession, DOMAIN, SERVER, "enigma", ours);
  room = enj_keepsake_reserve (keepsake, 65536);
  memset (room, ' ', 10000 + strlen (HEADER));
  memcpy (room, HEADER, strlen (HEADER));
  enj_keepsake_received (keepsake, 10000 + strlen (HEADER));
  enj_succession_link_up (succession, DOMAIN, ours, strlen (HEADER), strlen (HEADER));
  g_assert_true (enj_keepsake_is_valid (keepsake));
}

static void
tear_down (void)
{
  enj_succession_free (succession);
  enj_store_free (store);
  enj_exchange_free (exchange);
  g_clear_pointer (&policy, enj_policy_unref);
  g_assert_cmpint (close (manager) | close (ours) | close (theirs), ==, 0);
  g_unsetenv ("NOTIFY_SOCKET");
}

static EnjStanza *
message_new (gsize size)
{
  const EnjStanzaHead head = { .kind = ENJ_STANZA_MESSAGE, .from = "a@here.test",
                               .to = "b@" DOMAIN, .id = "1" };
  g_autofree char *body = g_strnfill (size, 'x');
  g_autofree char *content = g_strdup_printf ("<body>%s</body>", body);

  return enj_stanza_new_raw (&head, (const guint8 *) content, strlen (content));
}

/* One that ends at @position of the link; the caller's, with its receipt. */
static EnjStanza *
write_new (gsize size, guint64 position, gboolean expected)
{
  EnjStanza *stanza = message_new (size);

  g_assert_true (enj_keeper_write (enj_exchange_get_keeper (exchange), ENJ_ORIGIN_LINK, DOMAIN,
                                   strlen (HEADER) + position, stanza)
                 == expected);
  return stanza;
}

static guint64
get_settled (void)
{
  return enj_keepsake_get_settled (keepsake) - strlen (HEADER);
}

static void
test_settle (void)
{
  EnjStanza *stanza;

  set_up ();
  g_assert_cmpuint (get_settled (), ==, 0);
  stanza = write_new (10, 100, TRUE);
  g_assert_cmpuint (get_settled (), ==, 100);
  enj_stanza_unref (stanza);
  tear_down ();
}

/* What the daybook has no room for, and all behind it, is the link's until it has ended. */
static void
test_gap (void)
{
  g_autoptr (GPtrArray) large
    = g_ptr_array_new_with_free_func ((GDestroyNotify) enj_stanza_unref);
  EnjStanza *first, *second, *small;

  set_up ();
  for (guint i = 1; i <= 7; i++)
    g_ptr_array_add (large, write_new (8 * 1024 * 1024, i, TRUE));
  g_assert_cmpuint (get_settled (), ==, 7);
  enj_journal_expect (G_LOG_LEVEL_WARNING, "so much is under way *");
  first = write_new (8 * 1024 * 1024, 100, FALSE);
  enj_journal_assert_expected ();
  second = write_new (8 * 1024 * 1024, 200, FALSE);
  small = write_new (10, 300, TRUE);
  g_assert_cmpuint (get_settled (), ==, 7);
  enj_stanza_unref (second);
  g_assert_cmpuint (get_settled (), ==, 7);
  enj_stanza_unref (first);
  g_assert_cmpuint (get_settled (), ==, 300);
  enj_stanza_unref (small);
  /* There is room again. */
  g_ptr_array_set_size (large, 0);
  enj_stanza_unref (write_new (8 * 1024 * 1024, 400, TRUE));
  g_assert_cmpuint (get_settled (), ==, 400);
  tear_down ();
}

/* The link goes first: its successor has nothing of it. */
static void
test_gone (void)
{
  g_autoptr (GPtrArray) large
    = g_ptr_array_new_with_free_func ((GDestroyNotify) enj_stanza_unref);
  EnjStanza *first;

  set_up ();
  for (guint i = 1; i <= 7; i++)
    g_ptr_array_add (large, write_new (8 * 1024 * 1024, i, TRUE));
  enj_journal_expect (G_LOG_LEVEL_WARNING, "so much is under way *");
  first = write_new (8 * 1024 * 1024, 100, FALSE);
  enj_succession_link_gone (succession, DOMAIN);
  g_assert_null (enj_succession_get_keepsake (succession, DOMAIN));
  enj_stanza_unref (first);
  /* What was written down is known for the stanzas' own sake. */
  enj_stanza_unref (write_new (10, 200, TRUE));
  tear_down ();
}

/* Ours is not the only copy of it, and the others would keep it open. */
static void
test_over (void)
{
  char text[256];
  guint n_forgotten = 0;

  set_up ();
  enj_keepsake_void (keepsake);
  g_clear_pointer (&succession, enj_succession_free);
  for (gssize n; (n = recv (manager, text, sizeof text - 1, MSG_DONTWAIT)) > 0;)
    {
      text[n] = '\0';
      n_forgotten += g_str_has_prefix (text, "FDSTOREREMOVE=1\nFDNAME=link-")
                     || g_str_has_prefix (text, "FDSTOREREMOVE=1\nFDNAME=keepsake-");
    }
  g_assert_cmpuint (n_forgotten, ==, 2);
  tear_down ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  enj_journal_install_for_tests ();
  g_test_add_func ("/succession/what-is-written-down-is-settled", test_settle);
  g_test_add_func ("/succession/what-is-not-written-down-is-not-settled", test_gap);
  g_test_add_func ("/succession/a-link-may-go-before-its-stanzas", test_gone);
  g_test_add_func ("/succession/a-link-that-is-over-is-left-to-nobody", test_over);
  return g_test_run ();
}
