/* tables.h - what the steward tells, as text for people.
 *
 * Takes the dictionaries of org.enjamb.Control1.xml, wherever they come from; what a newer enjamb
 * has added is passed over, what an older one does not say is left out.  Control characters are
 * replaced, so a terminal can be shown it.  Each result is a new string of whole lines. */
#pragma once

#include <glib.h>

/* @wall is the time in seconds since 1970. */
char *enj_tables_status_new (GVariant *status, gint64 wall);

/* aa{sv} each.  Streams that need more than @width columns as a table, 0 for any, take several
 * lines each.  Of the remote domains only those that something is wrong with, or all. */
char *enj_tables_streams_new (GVariant *streams, guint width);
char *enj_tables_remotes_new (GVariant *remotes, gboolean all);
char *enj_tables_routes_new (GVariant *routes);

/* a{sv} */
char *enj_tables_ping_new (GVariant *result);

/* A time for people: "3 d 4 h", "12 s", "84 ms".  New. */
char *enj_tables_duration_new (gint64 microseconds);
