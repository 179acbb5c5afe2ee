#include "config.h"

#include "protocol/stream-limits.h"

#include <string.h>

#include "protocol/ns.h"
#include "tests/support/proves.h"
#include "tests/support/reading.h"

#define LIMITS "<limits xmlns='" ENJ_NS_STREAM_LIMITS "'"

typedef struct
{
  const char *xml;
  EnjStreamLimits limits;
} Case;

static void
assert_parsed (const Case *cases, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (EnjElement) element = enj_test_read_element_new (cases[i].xml);
      EnjStreamLimits limits = enj_stream_limits_parse (element);

      g_test_message ("%s", cases[i].xml);
      g_assert_cmpuint (limits.max_bytes, ==, cases[i].limits.max_bytes);
      g_assert_cmpuint (limits.idle_seconds, ==, cases[i].limits.idle_seconds);
    }
}

static void
test_reads (void)
{
  static const Case cases[] = {
    { "<stream:features>" LIMITS "><max-bytes>10000</max-bytes>"
      "<idle-seconds>1800</idle-seconds></limits></stream:features>", { 10000, 1800 } },
    { "<bidi xmlns='urn:xmpp:bidi'>" LIMITS "><idle-seconds>9</idle-seconds></limits></bidi>",
      { 0, 9 } },
    { LIMITS "><max-bytes>\n 262144 </max-bytes></limits>", { 262144, 0 } },
    { LIMITS "><max-bytes>4294967295</max-bytes></limits>", { 4294967295u, 0 } },
  };

  enj_test_proves ("L01");
  assert_parsed (cases, G_N_ELEMENTS (cases));
}

static void
test_unknown (void)
{
  static const Case cases[] = {
    { "<stream:features/>", { 0, 0 } },
    { LIMITS "/>", { 0, 0 } },
    { LIMITS "><max-bytes/><idle-seconds>soon</idle-seconds></limits>", { 0, 0 } },
    { LIMITS "><max-bytes>-1</max-bytes><idle-seconds>1e3</idle-seconds></limits>", { 0, 0 } },
    { LIMITS "><max-bytes>4294967296</max-bytes></limits>", { 0, 0 } },
    { LIMITS "><max-bytes xmlns='urn:x'>10</max-bytes></limits>", { 0, 0 } },
    { "<limits xmlns='urn:x'><max-bytes>10</max-bytes></limits>", { 0, 0 } },
  };

  enj_test_proves ("L06");
  assert_parsed (cases, G_N_ELEMENTS (cases));
}

static void
assert_written (EnjStreamLimits limits, const char *expected)
{
  EnjBytes out;
  const guint8 *data;
  gsize len;

  enj_bytes_init (&out, 1000);
  g_assert_true (enj_stream_limits_format (&limits, &out));
  data = enj_bytes_peek (&out, &len);
  g_assert_cmpmem (data, len, expected, strlen (expected));
  enj_bytes_clear (&out);
}

static void
test_writes (void)
{
  enj_test_proves ("L01");
  assert_written ((EnjStreamLimits){ 10000, 1800 },
                  LIMITS "><max-bytes>10000</max-bytes>"
                         "<idle-seconds>1800</idle-seconds></limits>");
  assert_written ((EnjStreamLimits){ 0, 1800 },
                  LIMITS "><idle-seconds>1800</idle-seconds></limits>");
}

static void
test_no_room (void)
{
  const EnjStreamLimits limits = { 10000, 1800 };
  EnjBytes out;

  enj_bytes_init (&out, 60);
  g_assert_false (enj_stream_limits_format (&limits, &out));
  g_assert_cmpuint (enj_bytes_length (&out), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/stream-limits/reads-what-a-peer-takes", test_reads);
  g_test_add_func ("/stream-limits/what-is-no-number-is-unknown", test_unknown);
  g_test_add_func ("/stream-limits/writes-what-we-take", test_writes);
  g_test_add_func ("/stream-limits/all-or-nothing", test_no_room);
  return g_test_run ();
}
