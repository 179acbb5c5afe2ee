#include "config.h"

#include "component/prosody.h"

#include <string.h>

#include "tests/support/configs.h"

#define START "[component b.here.test]\nserver = 127.0.0.1:5347\nsecret = "

/* Read by Lua as it was. */
static const struct
{
  const char *secret; /* in the configuration */
  const char *lua;
} cases[] = {
  { "plain", "\"plain\"" },
  { "a\"b\\c", "\"a\\\"b\\\\c\"" },
  { "t\tab", "\"t\\009ab\"" },
  { "9\x1f" "9", "\"9\\0319\"" },
  { "gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\"" },
};

static void
test_block (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = g_strconcat (START, cases[i].secret, "\n", NULL);
      g_autoptr (EnjConfig) config = enj_test_config_new (text);
      g_autofree char *line = g_strconcat (
        "\nComponent \"b.here.test\"\n    component_secret = ", cases[i].lua, "\n", NULL);
      g_autofree char *block = enj_prosody_block_new (config->components->pdata[0]);

      g_assert_nonnull (strstr (block, line));
      g_assert_nonnull (strstr (block, "\n    modules_disabled = { \"s2s\" }\n"));
    }
}

static void
test_none (void)
{
  g_autoptr (EnjConfig) config = enj_test_config_new ("[component b.here.test]\nserver = none\n");

  g_assert_null (enj_prosody_block_new (config->components->pdata[0]));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/prosody/quotes-the-secret", test_block);
  g_test_add_func ("/prosody/wants-nothing-without-a-link", test_none);
  return g_test_run ();
}
