#include "config.h"

#include "tests/support/steady.h"

#include <string.h>

#include "protocol/chance.h"

static void
fill_chance (guint8 *data, gsize len, gpointer user_data G_GNUC_UNUSED)
{
  memset (data, 7, len);
}

static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields G_GNUC_UNUSED,
           gsize n_fields G_GNUC_UNUSED, gpointer user_data G_GNUC_UNUSED)
{
  g_assert_cmpint (level & G_LOG_LEVEL_MASK, >, G_LOG_LEVEL_WARNING);
  return G_LOG_WRITER_HANDLED;
}

void
enj_test_be_steady (void)
{
  enj_chance_set_source (fill_chance, NULL);
  g_log_set_writer_func (write_log, NULL, NULL);
}
