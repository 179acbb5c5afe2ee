#include "config.h"

#include "component/descriptors.h"

#include <sys/resource.h>

/* For all but connections; of few descriptors a quarter. */
#define RESERVED 256

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
