#include "config.h"

#include "component/descriptors.h"

#include <sys/resource.h>

/* For all but connections; of few descriptors a quarter. */
#define RESERVED 256

/* GLib takes some for itself: a wake-up for a context or a cancellable. */
#define LAST 32

void
enj_descriptors_raise (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  (void) setrlimit (RLIMIT_NOFILE, &limit); /* The old limit then stays. */
}

guint64
enj_descriptors_allow (guint64 wanted)
{
  struct rlimit limit;
  guint64 all;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return wanted;
  all = limit.rlim_cur;
  return MIN (wanted, all - MIN (RESERVED, all / 4));
}

/* The kernel gives the lowest that is free. */
gboolean
enj_descriptors_is_one_of_last (int fd)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return FALSE;
  return (rlim_t) fd + LAST >= limit.rlim_cur;
}
