#include "config.h"

#include "protocol/dialback-key.h"

#include <string.h>

#include "protocol/chance.h"
#include "protocol/jid.h"
#include "tests/support/proves.h"

#define SECRET "s3cr3tf0rd14lb4ck"

static void
test_vectors (void)
{
  static const struct
  {
    const char *secret;
    const char *receiving;
    const char *originating;
    const char *id;
    const char *key;
  } vectors[] = {
    { SECRET, "xmpp.example.com", "example.org", "D60000229F",
      "37c69b1cf07a3f67c04a5ef5902fa5114f2c76fe4a2686482ba5b89323075643" },
    { SECRET, "montague.example", "capulet.example", "D60000229F",
      "b4835385f37fe2895af6c196b59097b16862406db80559900d96bf6fa7d23df3" },
    { "d14lb4ck43v3r", "capulet.example", "montague.example", "417GAF25",
      "225cc5aa6a071133249d25fef42ae516fc7a86c523aa1c6980a7f73e784c972d" },
  };

  enj_test_proves ("K01 K02 K03 K04 K05");

  for (guint i = 0; i < G_N_ELEMENTS (vectors); i++)
    {
      g_autoptr (EnjDialbackKey) self
          = enj_dialback_key_new (vectors[i].secret, strlen (vectors[i].secret));
      char key[ENJ_DIALBACK_KEY_SIZE];

      enj_dialback_key_compute (self, vectors[i].receiving, vectors[i].originating, vectors[i].id,
                                key);
      g_assert_cmpstr (key, ==, vectors[i].key);
      g_assert_true (enj_dialback_key_check (self, vectors[i].receiving, vectors[i].originating,
                                             vectors[i].id, key));
    }
}

static void
test_spelling_of_the_key (void)
{
  static const struct
  {
    const char *before;
    gsize len; /* of the key */
    const char *after;
    gboolean valid;
  } cases[] = {
    { "", 64, "", TRUE },         { "\n  ", 64, "\r\n\t", TRUE }, { "", 64, " ", TRUE },
    { " ", 64, "", TRUE },        { "", 64, "a", FALSE },         { "a", 64, "", FALSE },
    { "", 64, " b", FALSE },      { "", 63, "", FALSE },          { "", 63, " ", FALSE },
    { "\v", 64, "", FALSE },      { "", 0, "", FALSE },           { "  ", 0, "  ", FALSE },
    { "", 32, " ", FALSE },
  };
  g_autoptr (EnjDialbackKey) self = enj_dialback_key_new (SECRET, strlen (SECRET));
  char key[ENJ_DIALBACK_KEY_SIZE];
  char zeros[ENJ_DIALBACK_KEY_SIZE];

  enj_test_proves ("D60");
  enj_dialback_key_compute (self, "a.test", "b.test", "id", key);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *claimed
          = g_strdup_printf ("%s%.*s%s", cases[i].before, (int) cases[i].len, key, cases[i].after);

      g_assert_cmpint (enj_dialback_key_check (self, "a.test", "b.test", "id", claimed), ==,
                       cases[i].valid);
    }

  memset (zeros, '0', sizeof zeros - 1);
  zeros[sizeof zeros - 1] = '\0';
  g_assert_false (enj_dialback_key_check (self, "a.test", "b.test", "id", zeros));

  /* Each of the digits counts, and so does their case. */
  for (guint i = 0; i < sizeof key - 1; i++)
    {
      char original = key[i];

      key[i] = original == '0' ? '1' : '0';
      g_assert_false (enj_dialback_key_check (self, "a.test", "b.test", "id", key));
      key[i] = g_ascii_toupper (original);
      if (key[i] != original)
        g_assert_false (enj_dialback_key_check (self, "a.test", "b.test", "id", key));
      key[i] = original;
    }
}

static void
test_only_for_its_pair (void)
{
  static const char *const others[][3] = {
    { "originating.test", "receiving.test", "id" }, { "receiving.test", "originating.test", "i" },
    { "receiving.test", "originating.test", "idd" }, { "receiving.test", "originating.test", "" },
    { "xreceiving.test", "originating.test", "id" }, { "receiving.test", "riginating.test", "id" },
  };
  g_autoptr (EnjDialbackKey) self = enj_dialback_key_new (SECRET, strlen (SECRET));
  g_autoptr (EnjDialbackKey) other = enj_dialback_key_new (SECRET, strlen (SECRET) - 1);
  char key[ENJ_DIALBACK_KEY_SIZE];

  enj_dialback_key_compute (self, "receiving.test", "originating.test", "id", key);
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    g_assert_false (enj_dialback_key_check (self, others[i][0], others[i][1], others[i][2], key));
  for (gsize i = 0; key[i]; i++)
    {
      key[i] ^= 1;
      g_assert_false (
          enj_dialback_key_check (self, "receiving.test", "originating.test", "id", key));
      key[i] ^= 1;
    }

  g_assert_true (enj_dialback_key_check (self, "receiving.test", "originating.test", "id", key));
  g_assert_false (enj_dialback_key_check (other, "receiving.test", "originating.test", "id", key));
}

/* CVE-2016-0756: the same letters cut elsewhere are another key. */
static void
test_fields_are_apart (void)
{
  g_autoptr (EnjDialbackKey) self = enj_dialback_key_new (SECRET, strlen (SECRET));

  enj_test_proves ("K01");

  for (guint round = 0; round < 2000; round++)
    {
      char letters[24];
      gsize len = g_test_rand_int_range (4, sizeof letters);
      g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      guint cuts = 0;

      for (gsize i = 0; i < len; i++)
        letters[i] = "aab."[g_test_rand_int_range (0, 4)];
      letters[len] = '\0';

      for (gsize first = 1; first < len - 1; first++)
        for (gsize second = first + 1; second < len; second++)
          {
            g_autofree char *receiving = g_strndup (letters, first);
            g_autofree char *originating = g_strndup (letters + first, second - first);
            char key[ENJ_DIALBACK_KEY_SIZE];

            enj_dialback_key_compute (self, receiving, originating, letters + second, key);
            g_hash_table_add (seen, g_strdup (key));
            cuts++;
          }
      g_assert_cmpuint (g_hash_table_size (seen), ==, cuts);
    }
}

static void
test_domains_are_canonical (void)
{
  static const char *const spellings[] = {
    "b\xc3\xbc" "cher.test",  "B\xc3\x9c" "CHER.TEST", "xn--bcher-kva.test",
    "b\xc3\xbc" "cher.test.", "bu\xcc\x88" "cher\xe3\x80\x82test",
  };
  g_autoptr (EnjDialbackKey) self = enj_dialback_key_new (SECRET, strlen (SECRET));
  char key[ENJ_DIALBACK_KEY_SIZE];

  enj_test_proves ("K07");
  enj_dialback_key_compute (self, "b\xc3\xbc" "cher.test", "local.test", "id", key);

  for (guint i = 0; i < G_N_ELEMENTS (spellings); i++)
    {
      g_autofree char *domain = enj_jid_domain_new (spellings[i], NULL);

      g_assert_true (enj_dialback_key_check (self, domain, "local.test", "id", key));
    }
}

static void
fill (guint8 *data, gsize len, gpointer user_data)
{
  memset (data, *(guint8 *) user_data, len);
}

static void
test_random (void)
{
  g_autoptr (EnjDialbackKey) one = enj_dialback_key_new_random ();
  g_autoptr (EnjDialbackKey) two = enj_dialback_key_new_random ();
  g_autoptr (EnjDialbackKey) chosen = NULL;
  g_autoptr (EnjDialbackKey) same = NULL;
  guint8 byte = 7;
  guint8 secret[32];
  char key[ENJ_DIALBACK_KEY_SIZE];

  enj_test_proves ("K06");
  enj_dialback_key_compute (one, "a.test", "b.test", "id", key);
  g_assert_false (enj_dialback_key_check (two, "a.test", "b.test", "id", key));

  enj_chance_set_source (fill, &byte);
  chosen = enj_dialback_key_new_random ();
  enj_chance_set_source (NULL, NULL);
  memset (secret, byte, sizeof secret);
  same = enj_dialback_key_new (secret, sizeof secret);
  enj_dialback_key_compute (chosen, "a.test", "b.test", "id", key);
  g_assert_true (enj_dialback_key_check (same, "a.test", "b.test", "id", key));
}

static void
test_counted (void)
{
  EnjDialbackKey *self = enj_dialback_key_new (SECRET, strlen (SECRET));
  EnjDialbackKey *again = enj_dialback_key_ref (self);
  char key[ENJ_DIALBACK_KEY_SIZE];

  enj_dialback_key_unref (self);
  enj_dialback_key_compute (again, "a.test", "b.test", "id", key);
  g_assert_cmpuint (strlen (key), ==, 64);
  enj_dialback_key_unref (again);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dialback-key/makes-the-keys-of-xep-0185-and-0220", test_vectors);
  g_test_add_func ("/dialback-key/white-space-around-it-does-not-count", test_spelling_of_the_key);
  g_test_add_func ("/dialback-key/holds-only-for-its-pair-and-stream", test_only_for_its_pair);
  g_test_add_func ("/dialback-key/the-same-letters-cut-elsewhere-differ", test_fields_are_apart);
  g_test_add_func ("/dialback-key/every-spelling-of-a-domain-is-one", test_domains_are_canonical);
  g_test_add_func ("/dialback-key/a-random-secret-is-fresh", test_random);
  g_test_add_func ("/dialback-key/lives-as-long-as-somebody-holds-it", test_counted);
  return g_test_run ();
}
