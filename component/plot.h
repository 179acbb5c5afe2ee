/* plot.h - numbers as a small picture: SVG to stand within a page.
 *
 * Knows neither what they are nor when they were. */
#pragma once

#include <glib.h>

/* @n of them, the oldest first, from the right edge to the left, where @max fit.  The highest
 * reaches the top.  @name says what is seen, to who cannot see it. */
void enj_plot_append (GString *page, const guint64 *values, guint n, guint max, const char *name);
