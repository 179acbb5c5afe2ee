/* failing-malloc.c - one allocation of a process fails: the one whose number stands in a file.
 *
 * Loaded by LD_PRELOAD.  $FAILING_MALLOC is a file of three 64-bit numbers, shared with the test:
 * how many allocations there were, which of them fails, 0 for none, and whether the program itself
 * then used a pointer that leads nowhere.  Libraries that do so are not ours to mend; nor are their
 * threads, whose allocations are neither counted nor fail (libunbound's goes mute then). */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#define N_FRAMES 16

typedef struct
{
  uint64_t count;
  uint64_t failing;
  uint64_t is_ours;
} Control;

/* Of glibc, beneath the names that are taken here. */
void *__libc_malloc (size_t size);
void *__libc_calloc (size_t n, size_t size);
void *__libc_realloc (void *old, size_t size);
void *__libc_memalign (size_t alignment, size_t size);

static Control none;
static Control *control = &none;
static pthread_t first; /* of the threads */

/* Before the signal there is the C library, where it was given the pointer. */
static void
on_fault (int number)
{
  const char *program = (const char *) getauxval (AT_EXECFN);
  void *frames[N_FRAMES];
  int n = backtrace (frames, N_FRAMES);
  Dl_info info;

  for (int i = 1; i < n; i++)
    if (dladdr (frames[i], &info) && !strstr (info.dli_fname, "/libc.so"))
      {
        control->is_ours = strcmp (info.dli_fname, program) == 0;
        break;
      }
  (void) raise (number);
}

__attribute__ ((constructor)) static void
set_up (void)
{
  const struct sigaction action = { .sa_handler = on_fault, .sa_flags = (int) SA_RESETHAND };
  const char *path = getenv ("FAILING_MALLOC");
  int fd = path ? open (path, O_RDWR | O_CLOEXEC) : -1;
  void *shared, *frame;

  first = pthread_self ();
  if (fd < 0)
    return;
  shared = mmap (NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  (void) close (fd);
  (void) backtrace (&frame, 1); /* The first call allocates. */
  (void) sigaction (SIGSEGV, &action, NULL);
  if (shared != MAP_FAILED)
    control = shared;
}

static int
fails (void)
{
  uint64_t number;

  if (!pthread_equal (pthread_self (), first))
    return 0;
  number = __atomic_add_fetch (&control->count, 1, __ATOMIC_RELAXED);
  if (number != __atomic_load_n (&control->failing, __ATOMIC_RELAXED))
    return 0;
  errno = ENOMEM;
  return 1;
}

void *
malloc (size_t size)
{
  return fails () ? NULL : __libc_malloc (size);
}

void *
calloc (size_t n, size_t size)
{
  return fails () ? NULL : __libc_calloc (n, size);
}

void *
realloc (void *old, size_t size)
{
  return fails () ? NULL : __libc_realloc (old, size);
}

void *
memalign (size_t alignment, size_t size)
{
  return fails () ? NULL : __libc_memalign (alignment, size);
}

void *
aligned_alloc (size_t alignment, size_t size)
{
  return memalign (alignment, size);
}

int
posix_memalign (void **result, size_t alignment, size_t size)
{
  void *block = memalign (alignment, size);

  if (!block)
    return ENOMEM;
  *result = block;
  return 0;
}
