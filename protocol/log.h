/* log.h - one line about one conversation.
 *
 * A context is filled once by each session; its fields go with each line to
 * the writer (component/journal.c).  Does not write anything itself.  Text
 * that came from a peer goes through enj_log_quote(). */
#pragma once

#include <glib.h>

#ifndef G_LOG_DOMAIN
#define G_LOG_DOMAIN "enjamb"
#endif

typedef struct
{
  char id[16];        /* "in-5", "out-7", "link-1" */
  const char *local;  /* borrowed or NULL */
  const char *remote; /* borrowed or NULL */
  const char *source; /* borrowed or NULL: the peer's address, as enj_address_format_source() */
} EnjLog;

/* A line about one of several pairs has a copy of the context, with that pair.
 * @self may be NULL.  The line goes out as the fields MESSAGE, PRIORITY,
 * GLIB_DOMAIN and, of those that are set, ENJAMB_STREAM (the id), ENJAMB_LOCAL,
 * ENJAMB_REMOTE and ENJAMB_SOURCE; the message itself repeats none of them. */
void enj_log (const EnjLog *self, GLogLevelFlags level, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/* What nobody will read is not even put into words: lines below @lowest, one of GLib's levels, are
 * dropped.  All are wanted until it is called. */
void enj_log_set_lowest (GLogLevelFlags lowest);

/* Escapes what is not printable ASCII as \xNN, the backslash as two, and cuts
 * to 256 bytes, "..." among them.  NULL is "".  New string. */
char *enj_log_quote (const char *text);

#define enj_log_warning(self, ...) enj_log (self, G_LOG_LEVEL_WARNING, __VA_ARGS__)
#define enj_log_message(self, ...) enj_log (self, G_LOG_LEVEL_MESSAGE, __VA_ARGS__)
#define enj_log_info(self, ...) enj_log (self, G_LOG_LEVEL_INFO, __VA_ARGS__)
#define enj_log_debug(self, ...) enj_log (self, G_LOG_LEVEL_DEBUG, __VA_ARGS__)
