#include "config.h"

#include "protocol/jid.h"

#include <string.h>

#include "tests/support/proves.h"

#define FULL_LOCAL "\xef\xbc\xac\xef\xbc\xaf\xef\xbc\xa3\xef\xbc\xa1\xef\xbc\xac"
#define BUECHER "b\xc3\xbc" "cher"
#define HEBREW "\xd7\x90\xd7\x91\xd7\x92"

/* Each of these is local.test to Prosody 0.12, to its resolver or to IDNA. */
static const char *const spellings_of_local[] = {
  "local.test",
  "LOCAL.TEST",
  "local.test.",
  "LoCaL.test.",
  FULL_LOCAL ".test",
  "lo\xc2\xad" "cal.test",                     /* soft hyphen */
  "loc\xe2\x80\x8d" "al.test",                 /* zero width joiner */
  "loc\xe2\x80\x8b" "al.test",                 /* zero width space */
  "\xef\xbb\xbflocal.test",                    /* byte order mark */
  "local\xef\xbc\x8etest",                     /* U+FF0E */
  "local\xe3\x80\x82test",                     /* U+3002 */
  "local\xef\xbd\xa1test",                     /* U+FF61 */
  "local\xe2\x80\xa4test",                     /* U+2024 */
  "\xe2\x84\x93ocal.test",                     /* script small l */
};

typedef struct
{
  const char *from;
  const char *to; /* NULL: malformed */
} Case;

static const Case domains[] = {
  { "localhost", "localhost" },
  { "a.b-c.9", "a.b-c.9" },
  { "\xe2\x84\xaa.test", "k.test" }, /* the Kelvin sign */
  { "stra\xc3\x9f" "e.test", "strasse.test" },
  { "\xef\xac\x80.test", "ff.test" },
  { BUECHER ".test", BUECHER ".test" },
  { "B\xc3\x9c" "CHER.Test", BUECHER ".test" },
  { "bu\xcc\x88" "cher.test", BUECHER ".test" },
  { "xn--bcher-kva.test", BUECHER ".test" },
  { "XN--BCHER-KVA.TEST.", BUECHER ".test" },
  { "\xef\xbd\x98n--bcher-kva.test", BUECHER ".test" },
  { HEBREW ".example.com", HEBREW ".example.com" },
  { "xn--80a.com", "\xd0\xb0.com" }, /* a homograph is another name */
  { "127.0.0.1", "127.0.0.1" },
  { "127.0.0.1.", "127.0.0.1" },
  { "\xef\xbc\x91" "27.0.0.1", "127.0.0.1" },
  { "[::1]", "[::1]" },
  { "[2001:DB8:0:0::1]", "[2001:db8::1]" },
  { "[::ffff:192.0.2.1]", "[::ffff:192.0.2.1]" },

  { "", NULL },
  { ".", NULL },
  { "..", NULL },
  { ".a", NULL },
  { "a..b", NULL },
  { "a.b..", NULL },
  { "local.test\xe3\x80\x82", NULL },
  { "local.test.\xc2\xad", NULL },
  { "\xc2\xad", NULL },
  { "a\xc2\xad..b", NULL },
  { "-a.test", NULL },
  { "a-.test", NULL },
  { "-" BUECHER ".test", NULL },
  { "_x.a", NULL },
  { "a b.test", NULL },
  { "a\xc2\xa0" "b.test", NULL },
  { "a/b", NULL },
  { "a@b", NULL },
  { "a\xef\xbc\xa0" "b.test", NULL }, /* full-width @ */
  { "a\xe2\x84\x80.test", NULL },     /* a/c */
  { "a'b", NULL },
  { "a&b", NULL },
  { "a\nb", NULL },
  { "a\x7f" "b", NULL },
  { "a\xe2\x80\xae" "b.test", NULL }, /* right-to-left override */
  { "a\xff" "b.test", NULL },
  { "a\xc0\x80.test", NULL },
  { "a\xed\xa0\x80.test", NULL },
  { HEBREW "a.test", NULL }, /* both directions in one label */
  { "[::1", NULL },
  { "[]", NULL },
  { "[127.0.0.1]", NULL },
  { "[fe80::1%eth0]", NULL },
  { "[v7.x]", NULL },
  { "::1", NULL },

  { "xn--.test", NULL },
  { "xn--local-.test", NULL },        /* of plain ASCII */
  { "xn--zzzzzzzz99999.test", NULL }, /* does not decode */
  { "xn--strae-oqa.test", NULL },     /* its U-label is strasse */
  { "xn--Bcher-Kva\xc2\xad!.test", NULL },
  { "xn--localtest-9j3h", NULL },     /* local U+3002 test in one label */
  { "xn--" BUECHER ".test", NULL },

  { "\xe1\x84\x80\xcc\x80\xe1\x85\xa1.test", NULL }, /* Public Review Issue 29 */
  { "\xe3\x85\x85\xd6\xab\xe1\x85\xb2.test", NULL },
};

static void
test_one_name (void)
{
  enj_test_proves ("D38");

  for (guint i = 0; i < G_N_ELEMENTS (spellings_of_local); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *domain = enj_jid_domain_new (spellings_of_local[i], &error);

      g_assert_no_error (error);
      g_assert_cmpstr (domain, ==, "local.test");
    }
}

static void
test_domains (void)
{
  enj_test_proves ("S37");

  for (guint i = 0; i < G_N_ELEMENTS (domains); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *domain = enj_jid_domain_new (domains[i].from, &error);

      g_test_message ("case %u", i);
      g_assert_cmpstr (domain, ==, domains[i].to);
      if (domain)
        {
          g_autofree char *again = enj_jid_domain_new (domain, &error);
          g_autofree char *strict = enj_jid_domain_new_strict (domains[i].from, NULL);

          g_assert_cmpstr (again, ==, domain);
          g_assert_cmpstr (strict, ==, domain);
          g_assert_no_error (error);
        }
      else
        g_assert_error (error, ENJ_STANZA_ERROR, ENJ_STANZA_JID_MALFORMED);
    }
}

static void
test_unassigned (void)
{
  /* U+0378 is not assigned in any version, U+2091 was after Unicode 3.2. */
  static const char *const names[] = { "a\xcd\xb8.test", "t\xe2\x82\x91st.test" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *wire = enj_jid_domain_new (names[i], &error);
      g_autofree char *ascii = NULL;

      g_assert_no_error (error);
      g_assert_cmpstr (wire, ==, names[i]);
      g_assert_null (enj_jid_domain_new_strict (names[i], &error));
      g_assert_error (error, ENJ_STANZA_ERROR, ENJ_STANZA_JID_MALFORMED);
      g_clear_error (&error);

      ascii = enj_jid_domain_new_ascii (wire);
      g_assert_true (g_str_has_prefix (ascii, "xn--"));
      g_assert_null (enj_jid_domain_new_strict (ascii, &error));
      g_assert_error (error, ENJ_STANZA_ERROR, ENJ_STANZA_JID_MALFORMED);
    }
}

/* A name of labels of @label bytes, @total bytes long. */
static char *
long_name (gsize label, gsize total)
{
  char *name = g_malloc (total + 1);

  for (gsize i = 0; i < total; i++)
    name[i] = i % (label + 1) == label ? '.' : 'a';
  name[total] = '\0';
  return name;
}

static gboolean
accepts (const char *domain)
{
  g_autofree char *canonical = enj_jid_domain_new (domain, NULL);

  return canonical != NULL;
}

static void
test_lengths (void)
{
  static const struct
  {
    gsize label;
    gsize total;
    gboolean valid;
  } cases[] = {
    { 63, 63, TRUE },    { 64, 64, FALSE },       { 63, 253, TRUE },
    { 63, 254, FALSE },  { 1, 253, TRUE },        { 1, 255, FALSE },
    { 63, 1023, FALSE }, { 3071, 3071, FALSE },   { 5000000, 5000000, FALSE },
  };
  g_autoptr (GString) wide = g_string_new (NULL);
  g_autofree char *dotted = NULL;
  g_autofree char *plain = long_name (63, 253);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *name = long_name (cases[i].label, cases[i].total);

      g_assert_cmpint (accepts (name), ==, cases[i].valid);
    }

  dotted = g_strconcat (plain, ".", NULL);
  g_assert_true (accepts (dotted));

  /* 253 bytes in letters, but more as A-labels; 85 labels of 3 bytes. */
  for (guint i = 0; i < 63; i++)
    g_string_append (wide, "\xc3\xbc.");
  g_assert_false (accepts (wide->str));

  /* A label of 63 characters that is over 63 bytes as an A-label. */
  g_string_truncate (wide, 0);
  for (guint i = 0; i < 60; i++)
    g_string_append (wide, "\xc3\xbc");
  g_assert_false (accepts (wide->str));
}

static void
test_ascii (void)
{
  static const Case cases[] = {
    { "local.test", "local.test" },
    { BUECHER ".local.test", "xn--bcher-kva.local.test" },
    { "[::1]", "[::1]" },
    { "192.0.2.1", "192.0.2.1" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *ascii = enj_jid_domain_new_ascii (cases[i].from);

      g_assert_cmpstr (ascii, ==, cases[i].to);
    }
}

static void
test_ip (void)
{
  g_assert_true (enj_jid_domain_is_ip ("192.0.2.1"));
  g_assert_true (enj_jid_domain_is_ip ("[2001:db8::1]"));
  g_assert_false (enj_jid_domain_is_ip ("192.0.2.1.test"));
  g_assert_false (enj_jid_domain_is_ip ("192.0.2"));
  g_assert_false (enj_jid_domain_is_ip ("local.test"));
}

static void
test_addresses (void)
{
  static const Case cases[] = {
    { "local.test", "local.test" },
    { "Juliet@Local.TEST/Balcony", "juliet@local.test/Balcony" },
    { "juliet@local.test./x", "juliet@local.test/x" },
    { "local.test/a@b/c", "local.test/a@b/c" },
    { "a@local.test/ b ", "a@local.test/ b " },
    { "a@local.test//", "a@local.test//" },
    { "fu\xc3\x9f" "ball@local.test", "fussball@local.test" },
    { "\xcf\x80@local.test/\xe2\x84\xa2", "\xcf\x80@local.test/TM" },
    { "a\xc2\xad" "b@local.test/c\xc2\xad" "d", "ab@local.test/cd" },
    { "a\\40b@local.test", "a\\40b@local.test" },
    { "a@[::1]/x", "a@[::1]/x" },

    { "", NULL },
    { "@local.test", NULL },
    { "local.test/", NULL },
    { "a@", NULL },
    { "a@/x", NULL },
    { "/x", NULL },
    { "a@b@local.test", NULL },
    { "\xc2\xad@local.test", NULL },
    { "local.test/\xc2\xad", NULL },
    { "a b@local.test", NULL },
    { "a\"b@local.test", NULL },
    { "a&b@local.test", NULL },
    { "a'b@local.test", NULL },
    { "a:b@local.test", NULL },
    { "a<b@local.test", NULL },
    { "a>b@local.test", NULL },
    { "a\x7f@local.test", NULL },
    { "a\xef\xbc\xa0" "b@local.test", NULL }, /* full-width @ */
    { "a\xef\xbc\x8f" "b@local.test", NULL }, /* full-width / */
    { "local.test/a\nb", NULL },
    { "local.test/a\x7f", NULL },
    { "local.test/\xff", NULL },
    { "a\xff@local.test", NULL },
  };

  enj_test_proves ("S37");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *jid = enj_jid_prepare_new (cases[i].from, &error);

      g_test_message ("case %u", i);
      g_assert_cmpstr (jid, ==, cases[i].to);
      if (!jid)
        g_assert_error (error, ENJ_STANZA_ERROR, ENJ_STANZA_JID_MALFORMED);
    }
}

static void
test_parts (void)
{
  g_autofree char *local = NULL;
  g_autofree char *domain = NULL;
  g_autofree char *resource = NULL;
  g_autofree char *joined = NULL;
  g_autofree char *bare = NULL;
  char *none = (char *) "untouched";
  gsize len;
  const char *jid = "Romeo@Remote.example/a/b@c";
  const char *start = enj_jid_find_domain (jid, &len);

  g_assert_true (start == jid + 6);
  g_assert_cmpuint (len, ==, strlen ("Remote.example"));
  g_assert_cmpstr (enj_jid_find_domain ("a@evil@local.test", &len), ==, "evil@local.test");

  g_assert_true (enj_jid_parse (jid, &local, &domain, &resource, NULL));
  g_assert_cmpstr (local, ==, "romeo");
  g_assert_cmpstr (domain, ==, "remote.example");
  g_assert_cmpstr (resource, ==, "a/b@c");

  joined = enj_jid_new (local, domain, resource);
  g_assert_cmpstr (joined, ==, "romeo@remote.example/a/b@c");
  bare = enj_jid_new (NULL, domain, NULL);
  g_assert_cmpstr (bare, ==, "remote.example");

  g_assert_true (enj_jid_parse ("remote.example", &none, NULL, NULL, NULL));
  g_assert_null (none);
}

static void
test_part_lengths (void)
{
  g_autofree char *fits = g_strnfill (1023, 'a');
  g_autofree char *over = g_strnfill (1024, 'a');
  g_autofree char *huge = g_strnfill (4000000, 'a');
  g_autoptr (GString) shrinks = g_string_new (NULL);
  const struct
  {
    const char *local;
    const char *resource;
    gboolean valid;
  } cases[] = {
    { fits, fits, TRUE },  { over, "a", FALSE }, { "a", over, FALSE },
    { huge, "a", FALSE },  { "a", huge, FALSE }, { "a", NULL, TRUE },
  };

  enj_test_proves ("S37 J08");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *text = g_strconcat (cases[i].local, "@local.test",
                                           cases[i].resource ? "/" : NULL, cases[i].resource, NULL);
      g_autofree char *prepared = enj_jid_prepare_new (text, &error);
      g_autofree char *joined = enj_jid_new (cases[i].local, "local.test", cases[i].resource);

      if (cases[i].valid)
        {
          g_assert_cmpstr (prepared, ==, text);
          g_assert_cmpstr (joined, ==, text);
          continue;
        }
      g_assert_error (error, ENJ_STANZA_ERROR, ENJ_STANZA_JID_MALFORMED);
      g_assert_null (joined);
    }

  /* The length counts after preparation: 1200 bytes become 600, and 900 far more than 1023. */
  for (guint i = 0; i < 600; i++)
    g_string_append (shrinks, i % 2 ? "\xc2\xad" : "bc");
  g_string_append (shrinks, "@local.test");
  g_clear_pointer (&over, g_free);
  over = enj_jid_prepare_new (shrinks->str, NULL);
  g_assert_cmpuint (strlen (over), ==, 600 + strlen ("@local.test"));

  g_string_assign (shrinks, "local.test/");
  for (guint i = 0; i < 300; i++)
    g_string_append (shrinks, "\xef\xb7\xba");
  g_assert_null (enj_jid_prepare_new (shrinks->str, NULL));
}

/* What would shrink to something short is not even looked at. */
static void
test_total_length (void)
{
  g_autoptr (GString) hyphens = g_string_new (NULL);
  g_autofree char *domain = NULL;
  g_autofree char *address = NULL;
  g_autofree char *part = NULL;

  for (guint i = 0; i < 800; i++)
    g_string_append (hyphens, "\xc2\xad");

  part = g_strconcat (hyphens->str, "a@local.test/x", NULL);
  address = g_strconcat (hyphens->str, "a@local.test/x", hyphens->str, NULL);
  domain = g_strconcat (hyphens->str, "locals.test", hyphens->str, NULL);

  g_assert_true (accepts (strrchr (domain, 'l')));
  g_assert_false (accepts (domain));
  g_assert_null (enj_jid_prepare_new (address, NULL));
  g_clear_pointer (&address, g_free);
  address = enj_jid_prepare_new (part, NULL);
  g_assert_cmpstr (address, ==, "a@local.test/x");
}

static void
test_escapes (void)
{
  /* The table of XEP-0106 5.1, then 4.2, 4.3 and 5.7. */
  static const Case cases[] = {
    { "space cadet", "space\\20cadet" },
    { "call me \"ishmael\"", "call\\20me\\20\\22ishmael\\22" },
    { "at&t guy", "at\\26t\\20guy" },
    { "d'artagnan", "d\\27artagnan" },
    { "/.fanboy", "\\2f.fanboy" },
    { "::foo::", "\\3a\\3afoo\\3a\\3a" },
    { "<foo>", "\\3cfoo\\3e" },
    { "user@host", "user\\40host" },
    { "c:\\net", "c\\3a\\net" },
    { "c:\\\\net", "c\\3a\\\\net" },
    { "c:\\cool stuff", "c\\3a\\cool\\20stuff" },
    { "c:\\5commas", "c\\3a\\5c5commas" },
    { "\\3and\\2is\\5cool", "\\5c3and\\2is\\5c5cool" },
    { "\\2plus\\2is\\4", "\\2plus\\2is\\4" },
    { "foo\\bar", "foo\\bar" },
    { "foob\\41r", "foob\\41r" },
    { "\\3A\\5C", "\\3A\\5C" }, /* case is significant (3.1) */
    { "\\5c5c", "\\5c5c5c" },
    { "\\20", "\\5c20" },
    { "\\", "\\" },
    { "\\2", "\\2" },
    { "", "" },
    { "a\\20", "a\\5c20" },

    { " a", NULL },
    { "a ", NULL },
    { " ", NULL },
  };

  enj_test_proves ("J01 J02 J03 J05");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *escaped = enj_jid_escape_new (cases[i].from);
      g_autofree char *back = escaped ? enj_jid_unescape_new (escaped) : NULL;

      g_assert_cmpstr (escaped, ==, cases[i].to);
      g_assert_cmpstr (back, ==, escaped ? cases[i].from : NULL);
    }
}

static void
test_escape_round_trip (void)
{
  static const char alphabet[] = "\\\\\\\\0234567acef \"&'/:<>@xC\xc3\xbc";
  static const char forbidden[] = " \"&'/:<>@";
  char text[24];

  enj_test_proves ("J02 J05 J07");

  for (guint round = 0; round < 100000; round++)
    {
      gsize len = g_test_rand_int_range (0, sizeof text);
      g_autofree char *escaped = NULL;
      g_autofree char *back = NULL;

      for (gsize i = 0; i < len; i++)
        text[i] = alphabet[g_test_rand_int_range (0, sizeof alphabet - 1)];
      text[len] = '\0';

      escaped = enj_jid_escape_new (text);
      if (!escaped)
        {
          g_assert_true (text[0] == ' ' || text[len - 1] == ' ');
          continue;
        }
      g_assert_null (strpbrk (escaped, forbidden));
      g_assert_false (g_str_has_prefix (escaped, "\\20"));
      g_assert_false (g_str_has_suffix (escaped, "\\20") && text[len - 1] == ' ');
      back = enj_jid_unescape_new (escaped);
      g_assert_cmpstr (back, ==, text);
    }
}

static void
test_escaped_are_compared (void)
{
  g_autofree char *escaped = enj_jid_prepare_new ("a\\40b\\2F@local.test", NULL);

  enj_test_proves ("J04");
  g_assert_cmpstr (escaped, ==, "a\\40b\\2f@local.test");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/jid/spellings-of-one-domain-are-one", test_one_name);
  g_test_add_func ("/jid/domains-are-host-names-in-u-labels", test_domains);
  g_test_add_func ("/jid/unassigned-code-points-only-from-the-wire", test_unassigned);
  g_test_add_func ("/jid/domains-keep-the-lengths-of-dns", test_lengths);
  g_test_add_func ("/jid/domains-in-a-labels", test_ascii);
  g_test_add_func ("/jid/knows-ip-literals", test_ip);
  g_test_add_func ("/jid/prepares-addresses-part-by-part", test_addresses);
  g_test_add_func ("/jid/splits-at-the-first-slash-then-the-first-at", test_parts);
  g_test_add_func ("/jid/parts-take-1-to-1023-bytes-once-prepared", test_part_lengths);
  g_test_add_func ("/jid/nothing-over-3071-bytes-is-prepared", test_total_length);
  g_test_add_func ("/jid/escapes-as-in-xep-0106", test_escapes);
  g_test_add_func ("/jid/unescaping-takes-escaping-back", test_escape_round_trip);
  g_test_add_func ("/jid/preparing-never-unescapes", test_escaped_are_compared);
  return g_test_run ();
}
