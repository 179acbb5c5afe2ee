#include "config.h"

#include "component/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>
#ifdef HAVE_LINUX_LANDLOCK_H
#include <linux/landlock.h>
#endif

#include "protocol/log.h"

/* What the libraries read, now and later: names and their servers, time zones, authorities.  All
 * of /etc, for who edits a file there puts another in its place. */
static const char *const system_paths[] = {
  "/etc", "/usr", "/lib", "/lib64", "/proc/self", "/dev/null", "/dev/random", "/dev/urandom", NULL
};

static GHashTable *admitted; /* set of real paths */
static gboolean is_closed;

/* Where @path leads; as it is written where there is nothing. */
static char *
real_new (const char *path)
{
  char *real = realpath (path, NULL);
  char *copy = real ? g_strdup (real) : g_canonicalize_filename (path, NULL);

  free (real);
  return copy;
}

static void
add (const char *path)
{
  if (!admitted)
    admitted = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_add (admitted, g_strdup (path));
}

/* A file goes with its folder, where another may take its place; all that there is, is too much. */
static void
add_with_folder (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);

  add (!g_file_test (path, G_FILE_TEST_IS_DIR) && strcmp (folder, "/") != 0 ? folder : path);
}

static gboolean
is_below (const char *path, const char *folder)
{
  gsize len = strlen (folder);

  return strncmp (path, folder, len) == 0
         && (path[len] == '\0' || path[len] == '/' || strcmp (folder, "/") == 0);
}

static gboolean
is_admitted (const char *path)
{
  GHashTableIter iter;
  gpointer folder;

  g_hash_table_iter_init (&iter, admitted);
  while (g_hash_table_iter_next (&iter, &folder, NULL))
    if (is_below (path, folder))
      return TRUE;
  return FALSE;
}

gboolean
enj_sandbox_admit (const char *path)
{
  g_autofree char *real = real_new (path);
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *named = real_new (folder);

  if (is_closed)
    return is_admitted (real);
  add_with_folder (real);
  /* A link is replaced where it stands. */
  if (strcmp (named, "/") != 0 && !g_file_test (path, G_FILE_TEST_IS_DIR))
    add (named);
  return TRUE;
}

/* ---- Capabilities ------------------------------------------------------------------ */

static void
drop_capabilities (void)
{
  struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
  struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

  if (geteuid () == 0)
    enj_log_warning (NULL, "started as root: give it a user of its own; no capability is kept");
  /* Who may not do these has nothing to lose by them. */
  (void) prctl (PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (int capability = 0; prctl (PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
    (void) prctl (PR_CAPBSET_DROP, capability, 0, 0, 0);
  (void) syscall (SYS_capset, &header, none);
}

/* ---- Landlock ------------------------------------------------------------------------ */

#ifdef HAVE_LINUX_LANDLOCK_H

#define ACCESS_TRUNCATE (1ULL << 14) /* since the third version of the interface */

#define ACCESS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define ACCESS_FILE (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE)
#define ACCESS_MAKE                                                       \
  (ACCESS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE \
   | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK)
#define ACCESS_ALL ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)

/* What is not there, or not for us, needs no rule. */
static void
allow (int rules, const char *path, guint64 access)
{
  struct landlock_path_beneath_attr rule = { .allowed_access = access };
  struct stat status;

  rule.parent_fd = open (path, O_PATH | O_CLOEXEC);
  if (rule.parent_fd < 0)
    return;
  if (fstat (rule.parent_fd, &status) == 0 && !S_ISDIR (status.st_mode))
    rule.allowed_access &= ACCESS_FILE;
  (void) syscall (SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
  (void) close (rule.parent_fd); /* opened to be named */
}

static gboolean
restrict_files (const char *const *folders)
{
  long version = syscall (SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
  struct landlock_ruleset_attr attributes = { .handled_access_fs = ACCESS_ALL };
  GHashTableIter iter;
  gpointer path;
  int rules;
  gboolean done;

  if (version >= 2)
    attributes.handled_access_fs |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3)
    attributes.handled_access_fs |= ACCESS_TRUNCATE;
  rules = (int) syscall (SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
  if (rules < 0)
    return FALSE;
  g_hash_table_iter_init (&iter, admitted);
  while (g_hash_table_iter_next (&iter, &path, NULL))
    allow (rules, path, ACCESS_READ);
  for (; *folders; folders++)
    allow (rules, *folders, ACCESS_MAKE);
  done = syscall (SYS_landlock_restrict_self, rules, 0) == 0;
  (void) close (rules); /* in force, or of no use */
  return done;
}

#else

static gboolean
restrict_files (const char *const *folders)
{
  (void) folders;
  errno = ENOSYS;
  return FALSE;
}

#endif

gboolean
enj_sandbox_close (const char *const *folders)
{
  const char *credentials = g_getenv ("CREDENTIALS_DIRECTORY");

  for (guint i = 0; system_paths[i]; i++)
    {
      g_autofree char *real = real_new (system_paths[i]);

      add (real);
    }
  (void) enj_sandbox_admit ("/etc/resolv.conf"); /* It may be a link, into /run. */
  if (credentials)
    (void) enj_sandbox_admit (credentials); /* Not closed: it cannot refuse. */

  drop_capabilities ();
  /* Without it an unprivileged process gets no landlock. */
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && restrict_files (folders))
    {
      is_closed = TRUE;
      return TRUE;
    }
  enj_log_info (NULL, "no landlock here, all files stay as they are: %s", g_strerror (errno));
  return FALSE;
}
