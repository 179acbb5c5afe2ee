#include "config.h"

#include "tests/support/reading.h"

#include <string.h>

#include "protocol/ns.h"
#include "protocol/reader.h"

#define HEADER                                                                  \
  "<stream:stream xmlns='" ENJ_NS_SERVER "' xmlns:stream='" ENJ_NS_STREAM "'"   \
  " xmlns:db='" ENJ_NS_DIALBACK "'>"

static const EnjReaderLimits limits
  = { .size = 10000, .elements = 100, .depth = 10, .attributes = 20 };

static EnjElement *
read_next (EnjReader *reader, EnjReaderEventType type)
{
  g_autoptr (GError) error = NULL;
  EnjReaderEvent event = { 0 };

  (void) enj_reader_next (reader, &event, &error);
  g_assert_no_error (error);
  g_assert_cmpint (event.type, ==, type);
  g_assert_nonnull (event.element);
  return event.element;
}

EnjElement *
enj_test_read_header_new (const char *xml)
{
  g_autoptr (EnjReader) reader = enj_reader_new (ENJ_NS_SERVER, &limits);

  enj_reader_feed (reader, (const guint8 *) xml, strlen (xml));
  return read_next (reader, ENJ_READER_HEADER);
}

EnjElement *
enj_test_read_element_new (const char *xml)
{
  g_autoptr (EnjReader) reader = enj_reader_new (ENJ_NS_SERVER, &limits);
  g_autofree char *all = g_strconcat (HEADER, xml, NULL);

  enj_reader_feed (reader, (const guint8 *) all, strlen (all));
  enj_element_unref (read_next (reader, ENJ_READER_HEADER));
  return read_next (reader, ENJ_READER_ELEMENT);
}
