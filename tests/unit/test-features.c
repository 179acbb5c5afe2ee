#include "config.h"

#include "protocol/features.h"

#include <string.h>

#include "protocol/ns.h"
#include "tests/support/proves.h"
#include "tests/support/reading.h"

#define TLS "xmlns='" ENJ_NS_TLS "'"
#define SASL "xmlns='" ENJ_NS_SASL "'"
#define DIALBACK "xmlns='" ENJ_NS_DIALBACK_FEATURE "'"

typedef struct
{
  const char *inside;
  guint features;
} Case;

static void
assert_parsed (const Case *cases, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *xml
          = g_strdup_printf ("<stream:features>%s</stream:features>", cases[i].inside);
      g_autoptr (EnjElement) element = enj_test_read_element_new (xml);

      g_test_message ("%s", xml);
      g_assert_cmphex (enj_features_parse (element), ==, cases[i].features);
    }
}

static void
test_reads (void)
{
  static const Case cases[] = {
    { "", 0 },
    { "<dialback " DIALBACK "/>", ENJ_FEATURE_DIALBACK },
    { "<dialback " DIALBACK "><errors/></dialback>",
      ENJ_FEATURE_DIALBACK | ENJ_FEATURE_DIALBACK_ERRORS },
    { "<dialback " DIALBACK "><required/></dialback>", ENJ_FEATURE_DIALBACK },
    { "<mechanisms " SASL "><mechanism>PLAIN</mechanism><mechanism>EXTERNAL</mechanism>"
      "</mechanisms>", ENJ_FEATURE_EXTERNAL },
    { "<mechanisms " SASL "><mechanism>\n EXTERNAL\n</mechanism></mechanisms>",
      ENJ_FEATURE_EXTERNAL },
    { "<mechanisms " SASL "><mechanism>EXTERNAL-PLUS</mechanism></mechanisms>", 0 },
    { "<mechanisms " SASL "/>", 0 },
    /* The feature has another namespace than the request (XEP-0288 2). */
    { "<bidi xmlns='" ENJ_NS_BIDI_FEATURE "'/>", ENJ_FEATURE_BIDI },
    { "<bidi xmlns='" ENJ_NS_BIDI "'/>", 0 },
    { "<sm xmlns='" ENJ_NS_SM "'/>", ENJ_FEATURE_SM },
    { "<sm xmlns='" ENJ_NS_SM "'><required/></sm>", ENJ_FEATURE_SM },
    { "<sm xmlns='urn:xmpp:sm:2'/>", 0 },
    { "<starttls xmlns='urn:x'/>", 0 },
    { "<dialback xmlns='urn:x'/>", 0 },
    { "<starttls " TLS "><required/></starttls><dialback " DIALBACK "><errors/></dialback>"
      "<mechanisms " SASL "><mechanism>EXTERNAL</mechanism></mechanisms>",
      ENJ_FEATURE_STARTTLS | ENJ_FEATURE_STARTTLS_REQUIRED | ENJ_FEATURE_DIALBACK
          | ENJ_FEATURE_DIALBACK_ERRORS | ENJ_FEATURE_EXTERNAL },
  };

  assert_parsed (cases, G_N_ELEMENTS (cases));
}

static void
test_starttls_alone_is_required (void)
{
  static const Case cases[] = {
    { "<starttls " TLS "/>", ENJ_FEATURE_STARTTLS | ENJ_FEATURE_STARTTLS_REQUIRED },
    { "<starttls " TLS "><required/></starttls>",
      ENJ_FEATURE_STARTTLS | ENJ_FEATURE_STARTTLS_REQUIRED },
    { "<starttls " TLS "/><dialback " DIALBACK "/>", ENJ_FEATURE_STARTTLS | ENJ_FEATURE_DIALBACK },
    { "<starttls " TLS "/><x xmlns='urn:x'/>", ENJ_FEATURE_STARTTLS },
  };

  enj_test_proves ("T02");
  assert_parsed (cases, G_N_ELEMENTS (cases));
}

static void
test_unknown_and_required (void)
{
  static const Case cases[] = {
    { "<x xmlns='urn:x'><required/></x>", ENJ_FEATURE_UNKNOWN_REQUIRED },
    { "<x xmlns='urn:x'><required xmlns='urn:y'/></x>", 0 },
    { "<x xmlns='urn:x'><optional/></x>", 0 },
    { "<x xmlns='urn:x'/>", 0 },
    { "<x xmlns='urn:x'/><y xmlns='urn:y'><required/></y>", ENJ_FEATURE_UNKNOWN_REQUIRED },
  };

  assert_parsed (cases, G_N_ELEMENTS (cases));
}

static void
test_writes (void)
{
  static const Case cases[] = {
    { "<stream:features></stream:features>", 0 },
    { "<stream:features><starttls " TLS "/></stream:features>", ENJ_FEATURE_STARTTLS },
    { "<stream:features><starttls " TLS "><required/></starttls></stream:features>",
      ENJ_FEATURE_STARTTLS | ENJ_FEATURE_STARTTLS_REQUIRED },
    { "<stream:features><dialback " DIALBACK "/></stream:features>", ENJ_FEATURE_DIALBACK },
    { "<stream:features><mechanisms " SASL "><mechanism>EXTERNAL</mechanism></mechanisms>"
      "<dialback " DIALBACK "><errors/></dialback></stream:features>",
      ENJ_FEATURE_EXTERNAL | ENJ_FEATURE_DIALBACK | ENJ_FEATURE_DIALBACK_ERRORS },
    { "<stream:features><bidi xmlns='urn:xmpp:features:bidi'/><sm xmlns='urn:xmpp:sm:3'/>"
      "</stream:features>", ENJ_FEATURE_BIDI | ENJ_FEATURE_SM },
  };

  enj_test_proves ("D50");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      EnjBytes out;
      const guint8 *data;
      gsize len;

      enj_bytes_init (&out, 10000);
      g_assert_true (enj_features_format ((EnjFeatures) cases[i].features, NULL, &out));
      data = enj_bytes_peek (&out, &len);
      g_assert_cmpmem (data, len, cases[i].inside, strlen (cases[i].inside));
      enj_bytes_clear (&out);
    }
}

static void
test_reads_what_it_writes (void)
{
  const guint all = ENJ_FEATURE_STARTTLS | ENJ_FEATURE_STARTTLS_REQUIRED | ENJ_FEATURE_DIALBACK
                    | ENJ_FEATURE_DIALBACK_ERRORS | ENJ_FEATURE_EXTERNAL | ENJ_FEATURE_BIDI
                    | ENJ_FEATURE_SM;
  const EnjStreamLimits limits = { .max_bytes = 12345, .idle_seconds = 678 };
  g_autoptr (EnjElement) element = NULL;
  g_autofree char *text = NULL;
  EnjBytes out;
  const guint8 *data;
  gsize len;

  enj_bytes_init (&out, 10000);
  g_assert_true (enj_features_format ((EnjFeatures) all, &limits, &out));
  data = enj_bytes_peek (&out, &len);
  text = g_strndup ((const char *) data, len);
  element = enj_test_read_element_new (text);
  g_assert_cmphex (enj_features_parse (element), ==, all);
  g_assert_cmpuint (enj_stream_limits_parse (element).max_bytes, ==, 12345);
  g_assert_cmpuint (enj_stream_limits_parse (element).idle_seconds, ==, 678);
  enj_bytes_clear (&out);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/features/reads-what-is-offered", test_reads);
  g_test_add_func ("/features/starttls-alone-is-required", test_starttls_alone_is_required);
  g_test_add_func ("/features/notes-unknown-ones-that-are-required", test_unknown_and_required);
  g_test_add_func ("/features/writes-what-we-offer", test_writes);
  g_test_add_func ("/features/reads-what-it-writes", test_reads_what_it_writes);
  return g_test_run ();
}
