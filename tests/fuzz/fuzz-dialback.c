/* Any elements of a stream, taken for dialback: names come out canonical and keys
 * without blanks, and what is written of it is read as the same. */
#include "config.h"

#include <string.h>

#include "protocol/dialback.h"
#include "protocol/jid.h"
#include "protocol/ns.h"
#include "protocol/reader.h"

#define HEADER                                                                  \
  "<stream:stream xmlns='" ENJ_NS_SERVER "' xmlns:stream='" ENJ_NS_STREAM "'"   \
  " xmlns:db='" ENJ_NS_DIALBACK "'>"

static const EnjReaderLimits limits = {
  .size = 1 << 16, .elements = 1 << 8, .depth = 1 << 6, .attributes = 1 << 6
};

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static EnjReader *
open_reader_new (void)
{
  EnjReader *reader = enj_reader_new (ENJ_NS_SERVER, &limits);
  EnjReaderEvent event;

  enj_reader_feed (reader, (const guint8 *) HEADER, strlen (HEADER));
  g_assert_true (enj_reader_next (reader, &event, NULL));
  enj_element_unref (event.element);
  g_assert_false (enj_reader_next (reader, &event, NULL));
  return reader;
}

static void
check_domain (const char *domain)
{
  g_autofree char *again = domain ? enj_jid_domain_new (domain, NULL) : NULL;

  g_assert_cmpstr (again, ==, domain);
}

static void
check_again (const EnjDialback *first)
{
  g_autoptr (EnjReader) reader = open_reader_new ();
  EnjDialback second = { 0 };
  EnjReaderEvent event;
  EnjBytes out;
  gsize len;
  const guint8 *data;

  enj_bytes_init (&out, 1 << 20);
  g_assert_true (enj_dialback_format (first, &out));
  data = enj_bytes_peek (&out, &len);
  enj_reader_feed (reader, data, len);
  enj_reader_flush (reader);
  g_assert_true (enj_reader_next (reader, &event, NULL));
  g_assert_cmpint (event.type, ==, ENJ_READER_ELEMENT);
  g_assert_true (enj_dialback_parse (event.element, &second));

  g_assert_cmpint (second.kind, ==, first->kind);
  g_assert_cmpint (second.type, ==, first->type);
  g_assert_cmpstr (second.from, ==, first->from);
  g_assert_cmpstr (second.to, ==, first->to);
  if (first->kind == ENJ_DIALBACK_VERIFY)
    g_assert_cmpstr (second.id, ==, first->id);
  if (first->type == ENJ_DIALBACK_REQUEST)
    g_assert_cmpstr (second.key ? second.key : "", ==, first->key ? first->key : "");
  if (first->type == ENJ_DIALBACK_ERROR)
    g_assert_cmpint (second.condition, ==, first->condition);

  enj_dialback_clear (&second);
  enj_element_unref (event.element);
  enj_bytes_clear (&out);
}

static void
check (const EnjElement *element)
{
  EnjDialback dialback = { 0 };

  if (!enj_dialback_parse (element, &dialback))
    return;
  check_domain (dialback.from);
  check_domain (dialback.to);
  if (dialback.key && *dialback.key)
    {
      g_assert_null (strchr (" \t\r\n", dialback.key[0]));
      g_assert_null (strchr (" \t\r\n", dialback.key[strlen (dialback.key) - 1]));
    }
  if (dialback.from && dialback.to && dialback.type != ENJ_DIALBACK_UNKNOWN)
    check_again (&dialback);
  enj_dialback_clear (&dialback);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (EnjReader) reader = open_reader_new ();
  EnjReaderEvent event;

  enj_reader_feed (reader, data, size);
  for (guint flushed = 0; flushed < 2; flushed++)
    {
      while (enj_reader_next (reader, &event, NULL))
        {
          if (event.type == ENJ_READER_ELEMENT)
            check (event.element);
          enj_element_unref (event.element);
          enj_stanza_unref (event.stanza);
        }
      enj_reader_flush (reader);
    }
  return 0;
}
