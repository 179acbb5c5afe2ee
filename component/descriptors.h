/* descriptors.h - how many connections the descriptors of the process allow. */
#pragma once

#include <glib.h>

/* Takes as many as the system allows: for programs, at their start. */
void enj_descriptors_raise (void);

/* @wanted or fewer: what is left beside the links, look-ups, files and the log.
 * Those must go on when all connections are taken. */
guint64 enj_descriptors_allow (guint64 wanted);

/* @fd was opened just now: hardly more are left beside it.  For whoever hands connections to a
 * library that does not live through want of them. */
gboolean enj_descriptors_is_one_of_last (int fd);
