#include "config.h"

#include "tests/support/transcript.h"

#include <string.h>

#include "protocol/condition.h"
#include "protocol/ns.h"

const EnjReaderLimits enj_test_large = {
  .size = 10000000, .elements = 1000000, .depth = 100000, .attributes = 1000
};

static void
write_bytes (GString *out, EnjBytes *bytes)
{
  gsize len;
  const guint8 *data = enj_bytes_peek (bytes, &len);

  g_string_append_len (out, (const char *) data, (gssize) len);
  g_string_append_c (out, '\n');
  enj_bytes_clear (bytes);
}

static void
write_event (GString *out, EnjReaderEvent *event)
{
  EnjBytes bytes;

  enj_bytes_init (&bytes, 100000000);
  switch (event->type)
    {
    case ENJ_READER_HEADER:
      g_string_append_printf (out, "header %s\n", enj_element_get_name (event->element));
      break;
    case ENJ_READER_STANZA:
      g_assert_true (enj_stanza_format (event->stanza, &bytes));
      g_string_append (out, "stanza ");
      write_bytes (out, &bytes);
      break;
    case ENJ_READER_ELEMENT:
      g_assert_true (enj_element_format (event->element, ENJ_NS_SERVER, &bytes));
      g_string_append (out, "element ");
      write_bytes (out, &bytes);
      break;
    case ENJ_READER_CLOSED:
      g_string_append (out, "closed\n");
      break;
    }
  enj_element_unref (event->element);
  enj_stanza_unref (event->stanza);
}

gboolean
enj_test_take_events (EnjReader *reader, GString *out)
{
  g_autoptr (GError) error = NULL;
  EnjReaderEvent event;

  while (enj_reader_next (reader, &event, &error))
    write_event (out, &event);

  if (!error)
    return TRUE;
  g_assert_true (error->domain == ENJ_STREAM_ERROR);
  g_string_append_printf (out, "! %s\n",
                          error->code == ENJ_STREAM_STANZA_TOO_BIG
                              ? "stanza-too-big"
                              : enj_stream_condition_format ((EnjStreamCondition) error->code));
  return FALSE;
}

static char *
read_new (const char *xml, gsize len, gsize cut, const EnjReaderLimits *limits, gboolean rests)
{
  g_autoptr (EnjReader) reader = enj_reader_new (ENJ_NS_SERVER, limits);
  GString *out = g_string_new (NULL);
  gsize at = 0;

  while (at < len)
    {
      gsize n = cut == 0 ? 1 : at == 0 ? MIN (cut, len) : len - at;
      /* A copy of its own: a byte too far is seen. */
      g_autofree guint8 *piece = g_memdup2 (xml + at, n);

      enj_reader_feed (reader, piece, n);
      if (!enj_test_take_events (reader, out))
        return g_string_free (out, FALSE);
      if (rests)
        enj_reader_rest (reader);
      at += n;
    }

  enj_reader_flush (reader);
  (void) enj_test_take_events (reader, out);
  return g_string_free (out, FALSE);
}

char *
enj_test_read_new (const char *xml, gsize len, gsize cut, const EnjReaderLimits *limits)
{
  return read_new (xml, len, cut, limits, FALSE);
}

char *
enj_test_read_resting_new (const char *xml, gsize len, gsize cut, const EnjReaderLimits *limits)
{
  return read_new (xml, len, cut, limits, TRUE);
}

void
enj_test_assert_reads (const char *xml, gsize len, const char *expected,
                       const EnjReaderLimits *limits)
{
  for (gsize cut = 0; cut <= len; cut++)
    {
      g_autofree char *transcript = enj_test_read_new (xml, len, cut, limits);
      g_autofree char *resting = enj_test_read_resting_new (xml, len, cut, limits);

      if (strcmp (transcript, expected) != 0 || strcmp (resting, expected) != 0)
        g_test_message ("%.*s cut at %" G_GSIZE_FORMAT, (int) MIN (len, 2000), xml, cut);
      g_assert_cmpstr (transcript, ==, expected);
      g_assert_cmpstr (resting, ==, expected);
    }
}

void
enj_test_assert_stream (const char *xml, const char *expected, const EnjReaderLimits *limits)
{
  g_autofree char *stream = g_strconcat (ENJ_TEST_STREAM, xml, NULL);
  g_autofree char *lines = g_strconcat ("header stream\n", expected, NULL);

  enj_test_assert_reads (stream, strlen (stream), lines, limits);
}
