#include "config.h"

#include "tests/support/quiet.h"

#include <glib.h>

/* What is no fault would stand in the middle of the lines of the report. */
static GLogWriterOutput
write_faults (GLogLevelFlags level, const GLogField *fields, gsize n, gpointer user_data)
{
  if ((level & G_LOG_LEVEL_MASK) <= G_LOG_LEVEL_WARNING)
    return g_log_writer_default (level, fields, n, user_data);
  return G_LOG_WRITER_HANDLED;
}

void
enj_test_be_quiet (void)
{
  g_log_set_writer_func (write_faults, NULL, NULL);
}
