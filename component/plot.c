#include "config.h"

#include "component/plot.h"

/* In its own units; the page makes it as large as it likes. */
#define WIDTH 240
#define HEIGHT 48

void
enj_plot_append (GString *page, const guint64 *values, guint n, guint max, const char *name)
{
  g_autofree char *escaped = g_markup_escape_text (name, -1);
  guint64 top = 1;
  guint first = max - n;

  for (guint i = 0; i < n; i++)
    top = MAX (top, values[i]);
  g_string_append_printf (page,
                          "<svg viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" role=\"img\">"
                          "<title>%s</title>",
                          WIDTH, HEIGHT, escaped);
  if (n > 0)
    {
      g_string_append (page, "<polyline points=\"");
      for (guint i = 0; i < n; i++)
        /* Whole numbers: a locale could write a comma. */
        g_string_append_printf (page, "%s%u,%u", i > 0 ? " " : "",
                                (first + i) * WIDTH / MAX (max - 1, 1),
                                HEIGHT - 1 - (guint) (values[i] * (HEIGHT - 2) / top));
      g_string_append (page, "\"/>");
    }
  g_string_append (page, "</svg>");
}
