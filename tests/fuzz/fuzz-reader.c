/* The first byte of the input says how the rest is cut; the second and third
 * are limits.  What the reader gives, when written and read again, is the same
 * to the byte, and is within the limits. */
#include "config.h"

#include <string.h>

#include "protocol/condition.h"
#include "protocol/ns.h"
#include "protocol/reader.h"

#define AGAIN                                                                                      \
  "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'>"

/* What the language of the header may add to a stanza: 64 bytes, escaped. */
#define LANG_MAX 400

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
write_event (const EnjReaderEvent *event, EnjBytes *out)
{
  gboolean done = event->stanza ? enj_stanza_format (event->stanza, out)
                                : enj_element_format (event->element, ENJ_NS_SERVER, out);

  g_assert_true (done);
}

/* Canonical bytes are a fixed point. */
static void
read_again (const EnjReaderEvent *event, gsize limit)
{
  const EnjReaderLimits limits = {
    .size = 1 << 20, .elements = 1 << 20, .depth = 1 << 20, .attributes = 1 << 20
  };
  g_autoptr (EnjReader) reader = enj_reader_new (ENJ_NS_SERVER, &limits);
  EnjReaderEvent again;
  EnjBytes first;
  EnjBytes second;
  gsize len;
  gsize again_len;
  const guint8 *data;

  enj_bytes_init (&first, 1 << 20);
  enj_bytes_init (&second, 1 << 20);
  enj_reader_feed (reader, (const guint8 *) AGAIN, strlen (AGAIN));
  g_assert_true (enj_reader_next (reader, &again, NULL));
  enj_element_unref (again.element);
  g_assert_false (enj_reader_next (reader, &again, NULL));

  write_event (event, &first);
  data = enj_bytes_peek (&first, &len);
  g_assert_cmpuint (len, <=, limit);
  enj_reader_feed (reader, data, len);
  enj_reader_flush (reader);
  g_assert_true (enj_reader_next (reader, &again, NULL));
  g_assert_cmpint (again.type, ==, event->type);
  (void) enj_reader_get_rest (reader, &again_len);
  g_assert_cmpuint (again_len, ==, 0);
  write_event (&again, &second);
  g_assert_cmpmem (data, len, enj_bytes_peek (&second, &again_len), again_len);

  enj_element_unref (again.element);
  enj_stanza_unref (again.stanza);
  enj_bytes_clear (&first);
  enj_bytes_clear (&second);
}

#ifdef ENJ_PLANT_OVERFLOW
/* A fault that only a fuzzer finds: tests/fuzz/run shows by it that one would be found. */
static void
plant (const EnjReaderEvent *event)
{
  const char *name = event->element ? enj_element_get_name (event->element) : "";
  g_autofree char *small = g_malloc (4);

  if (strncmp (name, "over", 4) == 0)
    strcpy (small, name);
}
#endif

/* FALSE on a fault. */
static gboolean
take_events (EnjReader *reader, gsize limit)
{
  g_autoptr (GError) error = NULL;
  EnjReaderEvent event;
  gsize rest;

  while (enj_reader_next (reader, &event, &error))
    {
      if (event.type == ENJ_READER_STANZA || event.type == ENJ_READER_ELEMENT)
        read_again (&event, limit + LANG_MAX);
#ifdef ENJ_PLANT_OVERFLOW
      plant (&event);
#endif
      if (event.type != ENJ_READER_STANZA)
        (void) enj_reader_get_rest (reader, &rest);
      enj_element_unref (event.element);
      enj_stanza_unref (event.stanza);
    }

  g_assert_true (!error || error->domain == ENJ_STREAM_ERROR);
  return !error;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (EnjReader) reader = NULL;
  EnjReaderLimits limits;
  guint32 cut;

  if (size < 3)
    return 0;

  cut = data[0];
  limits = (EnjReaderLimits){ .size = 64 + data[1] * 64u,
                              .elements = 2 + data[2] / 16,
                              .depth = 2 + data[2] % 16,
                              .attributes = 2 + data[2] % 32 };
  reader = enj_reader_new (ENJ_NS_SERVER, &limits);
  for (gsize at = 3; at < size;)
    {
      gsize n = cut == 0 ? size - at : 1 + (cut >> 8) % (cut % 256 + 1);
      /* An allocation of its own: a byte too far is seen. */
      g_autofree guint8 *piece = NULL;

      n = MIN (n, size - at);
      piece = g_memdup2 (data + at, n);
      enj_reader_feed (reader, piece, n);
      if (cut % 3 == 1)
        enj_reader_flush (reader);
      if (!take_events (reader, limits.size))
        return 0;

      at += n;
      cut = cut * 1103515245 + data[0];
    }

  enj_reader_flush (reader);
  (void) take_events (reader, limits.size);
  return 0;
}
