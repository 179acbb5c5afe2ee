/* terminal.h - the screen of whoever reads: how wide it is, and text that fits.
 *
 * Does not print. */
#pragma once

#include <glib.h>

/* Columns of the terminal at standard output; 0 where there is none, as before a pipe. */
guint enj_terminal_get_width (void);

/* Lines of @text that are longer than @width are broken at blanks, and go on below their second
 * column, which stands behind two blanks, or four further in where there is none.  Left whole are
 * those that are indented by more than eight and have no second column, for they are to be
 * copied, and words.  With 0 all is as it was.  New string. */
char *enj_terminal_fit_new (const char *text, guint width);
