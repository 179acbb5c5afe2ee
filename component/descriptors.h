/* descriptors.h - how many connections the descriptors of the process allow. */
#pragma once

#include <glib.h>

/* Takes as many as the system allows: for programs, at their start. */
void enj_descriptors_raise (void);

/* @wanted or fewer: what is left beside the links, look-ups, files and the log.
 * Those must go on when all connections are taken. */
guint64 enj_descriptors_allow (guint64 wanted);
