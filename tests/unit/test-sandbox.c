#include "config.h"

#include "component/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include <linux/capability.h>

#include "component/blocklist.h"
#include "component/journal.h"

/* The folders of a test: one that is admitted, one that is not, and one to write to. */
typedef struct
{
  char *top;
  char *named;
  char *other;
  char *runtime;
} Folders;

static char *
folder_new (const char *top, const char *name)
{
  char *path = g_build_filename (top, name, NULL);
  g_autofree char *file = g_build_filename (path, "file", NULL);

  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  g_assert_true (g_file_set_contents (file, "text", -1, NULL));
  return path;
}

static Folders
set_up (void)
{
  Folders self = { .top = g_dir_make_tmp ("enjamb-test-XXXXXX", NULL) };

  self.named = folder_new (self.top, "named");
  self.other = folder_new (self.top, "other");
  self.runtime = folder_new (self.top, "runtime");
  return self;
}

/* Not of the process that has closed the sandbox: that cannot. */
static void
tear_down (Folders *self)
{
  const char *const folders[] = { self->named, self->other, self->runtime };

  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      g_autofree char *file = g_build_filename (folders[i], "file", NULL);

      g_assert_cmpint (g_unlink (file), ==, 0);
      g_assert_cmpint (g_rmdir (folders[i]), ==, 0);
    }
  g_assert_cmpint (g_rmdir (self->top), ==, 0);
  g_free (self->top);
  g_free (self->named);
  g_free (self->other);
  g_free (self->runtime);
}

/* 0 or the error. */
static int
try_open (const char *folder, const char *name, int flags)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  int fd = open (path, flags | O_CLOEXEC, 0600);

  if (fd < 0)
    return errno;
  g_assert_cmpint (close (fd), ==, 0);
  return 0;
}

static gboolean
admits (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  return enj_sandbox_admit (path);
}

/* What is left to a process that has closed it. */
static void
assert_closed (const Folders *self)
{
  static const char *const blocked[] = { "a.test", NULL };
  g_autoptr (EnjBlocklist) list = enj_blocklist_new ();

  enj_blocklist_keep (list, self->runtime);
  g_assert_cmpint (try_open (self->named, "file", O_RDONLY), ==, 0);
  g_assert_cmpint (try_open (self->other, "file", O_RDONLY), ==, EACCES);
  g_assert_cmpint (try_open ("/etc", "passwd", O_RDONLY), ==, 0);
  g_assert_cmpint (try_open ("/dev", "null", O_RDONLY), ==, 0);
  g_assert_cmpint (try_open (self->top, ".", O_RDONLY), ==, EACCES);

  g_assert_cmpint (try_open (self->named, "file", O_WRONLY), ==, EACCES);
  g_assert_cmpint (try_open (self->named, "new", O_WRONLY | O_CREAT), ==, EACCES);
  g_assert_cmpint (g_rename (self->other, self->named), ==, -1);
  g_assert_cmpint (try_open (self->runtime, "new", O_WRONLY | O_CREAT), ==, 0);
  g_assert_true (enj_blocklist_replace (list, blocked, NULL));
  g_assert_true (enj_blocklist_is_kept (list));
  g_assert_true (enj_blocklist_replace (list, blocked, NULL));
  g_assert_true (enj_blocklist_is_kept (list));

  g_assert_true (admits (self->named, "file"));
  g_assert_true (admits (self->named, "to-come"));
  g_assert_false (admits (self->other, "file"));
  g_assert_false (admits (self->other, "to-come"));
  g_assert_false (admits (self->top, "named-alike"));
  g_assert_true (admits (self->top, "named"));
}

/* A child, for what is closed stays so; it exits with 77 where there is no landlock. */
static int
play (void (*body) (const Folders *), const Folders *folders)
{
  int status;
  pid_t child = fork ();

  if (child == 0)
    {
      enj_journal_install (G_LOG_LEVEL_MESSAGE);
      body (folders);
      _exit (0);
    }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFEXITED (status));
  return WEXITSTATUS (status);
}

static void
close_and_look (const Folders *self)
{
  g_assert_true (admits (self->named, "file"));
  if (!enj_sandbox_close ((const char *const[]){ self->runtime, NULL }))
    _exit (77);
  assert_closed (self);
}

static void
test_files (void)
{
  Folders folders = set_up ();
  g_autofree char *made = g_build_filename (folders.runtime, "new", NULL);
  g_autofree char *kept = g_build_filename (folders.runtime, "blocked", NULL);
  int status = play (close_and_look, &folders);

  if (status == 77)
    g_test_skip ("this kernel has no landlock");
  else
    g_assert_cmpint (status, ==, 0);
  (void) g_unlink (made); /* Skipped, they were not made. */
  (void) g_unlink (kept);
  tear_down (&folders);
}

/* Tools for certificates keep them elsewhere and put another link in the place of the old. */
static void
follow_link (const Folders *self)
{
  char target[PATH_MAX]; /* It may leave at once, and nothing is to be lost. */
  char link[PATH_MAX];

  g_snprintf (target, sizeof target, "%s/file", self->other);
  g_snprintf (link, sizeof link, "%s/link", self->named);
  g_assert_cmpint (symlink (target, link), ==, 0);
  g_assert_true (enj_sandbox_admit (link));
  if (!enj_sandbox_close ((const char *const[]){ NULL }))
    _exit (77);
  g_assert_cmpint (try_open (self->named, "link", O_RDONLY), ==, 0);
  g_assert_cmpint (try_open (self->other, ".", O_RDONLY), ==, 0);
  g_assert_cmpint (try_open (self->named, ".", O_RDONLY), ==, 0);
  g_assert_cmpint (try_open (self->runtime, "file", O_RDONLY), ==, EACCES);
  g_assert_cmpint (g_unlink (link), ==, -1);
}

static void
test_links (void)
{
  Folders folders = set_up ();
  g_autofree char *link = g_build_filename (folders.named, "link", NULL);
  int status = play (follow_link, &folders);

  if (status == 77)
    g_test_skip ("this kernel has no landlock");
  else
    g_assert_cmpint (status, ==, 0);
  g_assert_cmpint (g_unlink (link), ==, 0);
  tear_down (&folders);
}

static void
look_at_privileges (const Folders *self)
{
  struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
  struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

  memset (sets, 0xff, sizeof sets); /* The kernel writes both; valgrind knows of one. */
  (void) enj_sandbox_close ((const char *const[]){ self->runtime, NULL });
  g_assert_cmpint (prctl (PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), ==, 1);
  g_assert_cmpint (syscall (SYS_capget, &header, sets), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (sets); i++)
    g_assert_cmpuint (sets[i].effective | sets[i].permitted | sets[i].inheritable, ==, 0);
}

static void
test_privileges (void)
{
  Folders folders = set_up ();

  g_assert_cmpint (play (look_at_privileges, &folders), ==, 0);
  tear_down (&folders);
}

static void
test_open (void)
{
  g_assert_true (enj_sandbox_admit ("/"));
  g_assert_true (enj_sandbox_admit ("/nowhere/at/all"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sandbox/reads-what-was-named-and-writes-in-one-folder", test_files);
  g_test_add_func ("/sandbox/follows-links-to-what-was-named", test_links);
  g_test_add_func ("/sandbox/keeps-no-privilege", test_privileges);
  g_test_add_func ("/sandbox/admits-all-until-it-is-closed", test_open);
  return g_test_run ();
}
