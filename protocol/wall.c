#include "config.h"

#include "protocol/wall.h"

#include <time.h>

#include <gnutls/gnutls.h>

static EnjWallFunc wall;

static time_t
tell_gnutls (time_t *t)
{
  time_t now = (time_t) enj_wall_now ();

  if (t)
    *t = now;
  return now;
}

void
enj_wall_set (EnjWallFunc func)
{
  wall = func;
  gnutls_global_set_time_function (tell_gnutls);
}

gint64
enj_wall_now (void)
{
  return wall ? wall () : 0;
}
