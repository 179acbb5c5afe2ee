/* rewritten - reads what stands in a stream, one such text behind the other with a
 * zero byte at the end of each, and prints each as we write it, with the same. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "protocol/ns.h"
#include "protocol/reader.h"

#define HEADER "<stream:stream xmlns='" ENJ_NS_SERVER "' xmlns:stream='" ENJ_NS_STREAM "'>"

static const EnjReaderLimits limits = {
  .size = 1 << 18, .elements = 1 << 12, .depth = 1 << 6, .attributes = 1 << 8
};

static void
rewrite (const char *text, gsize len)
{
  g_autoptr (EnjReader) reader = enj_reader_new (ENJ_NS_SERVER, &limits);
  g_autofree char *all = g_strdup_printf ("%s%.*s", HEADER, (int) len, text);
  EnjReaderEvent event;
  const guint8 *written;
  EnjBytes out;
  gsize n;

  enj_bytes_init (&out, 1 << 24);
  enj_reader_feed (reader, (const guint8 *) all, strlen (all));
  enj_reader_flush (reader);
  while (enj_reader_next (reader, &event, NULL))
    {
      if (event.stanza)
        g_assert_true (enj_stanza_format (event.stanza, &out));
      else if (event.type == ENJ_READER_ELEMENT)
        g_assert_true (enj_element_format (event.element, ENJ_NS_SERVER, &out));
      enj_stanza_unref (event.stanza);
      enj_element_unref (event.element);
    }

  written = enj_bytes_peek (&out, &n);
  fwrite (written, 1, n, stdout);
  putchar ('\0');
  enj_bytes_clear (&out);
}

int
main (void)
{
  g_autofree char *line = NULL;
  size_t room = 0;
  ssize_t len;

  while ((len = getdelim (&line, &room, '\0', stdin)) > 0)
    rewrite (line, (gsize) len - (line[len - 1] == '\0'));
  return 0;
}
