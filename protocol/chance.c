#include "config.h"

#include "protocol/chance.h"

#include <errno.h>
#include <sys/random.h>

static EnjChanceFunc source_func;
static gpointer source_data;

static void
fill_from_kernel (guint8 *data, gsize len)
{
  while (len > 0)
    {
      /* A signal may cut it short, and beyond 256 bytes it may give less than was asked for. */
      gssize n = getrandom (data, len, 0);

      if (n < 0 && errno != EINTR)
        g_error ("getrandom: %s", g_strerror (errno));
      if (n > 0)
        {
          data += n;
          len -= (gsize) n;
        }
    }
}

void
enj_chance_fill (guint8 *data, gsize len)
{
  if (source_func)
    source_func (data, len, source_data);
  else
    fill_from_kernel (data, len);
}

guint32
enj_chance_below (guint32 bound)
{
  guint32 surplus;
  guint32 value;

  g_return_val_if_fail (bound > 0, 0);

  /* The last, incomplete row of @bound numbers would favour the small ones: drawn again. */
  surplus = (G_MAXUINT32 % bound + 1) % bound;
  do
    {
      guint8 data[4];

      enj_chance_fill (data, sizeof data);
      value = (guint32) data[0] << 24 | (guint32) data[1] << 16 | (guint32) data[2] << 8 | data[3];
    }
  while (value > G_MAXUINT32 - surplus);

  return value % bound;
}

void
enj_chance_set_source (EnjChanceFunc func, gpointer user_data)
{
  source_func = func;
  source_data = user_data;
}
