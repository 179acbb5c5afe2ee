#include "config.h"

#include "tests/support/stanzas.h"

EnjStanza *
enj_test_stanza_new (const char *xml)
{
  g_autoptr (GError) error = NULL;
  EnjStanza *stanza = enj_stanza_parse (xml, -1, &error);

  g_assert_no_error (error);
  return stanza;
}

char *
enj_test_stanza_text_new (const EnjStanza *stanza)
{
  EnjBytes out;
  gsize len;
  char *text;

  enj_bytes_init (&out, G_MAXSSIZE);
  g_assert_true (enj_stanza_format (stanza, &out));
  text = (char *) enj_bytes_peek (&out, &len);
  text = g_strdelimit (g_strndup (text, len), "\"", '\'');
  enj_bytes_clear (&out);
  return text;
}

void
enj_test_stanza_collect (EnjStanza *stanza, gpointer string)
{
  g_autofree char *text = enj_test_stanza_text_new (stanza);

  g_string_append (string, text);
}
