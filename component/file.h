/* file.h - the whole of a small file that the operator named.
 *
 * Regular files only, so that nothing here can wait; at most @max bytes.
 * Does not write, and does not look into what it reads. */
#pragma once

#include <glib.h>

/* The contents with a NUL behind them, or NULL with a GError of G_FILE_ERROR
 * whose message does not name the file: "No such file or directory". */
char *enj_file_read_new (const char *path, gsize max, gsize *len, GError **error);

/* Overwrites what read_new() gave, then frees it; for all that may be secret. */
void enj_file_wipe (char *data, gsize len);

/* @name where it is absolute, else below the folder of the file @beside, which
 * is made absolute.  New string. */
char *enj_file_resolve_new (const char *beside, const char *name);
