#include "config.h"

#include "component/store.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "protocol/chance.h"
#include "protocol/log.h"
#include "component/notify.h"
#include "component/sockaddr.h"

/* sd_listen_fds(3): the first of those that are passed, and no more than anybody would. */
#define FIRST 3
#define PASSED_MAX 1024

#define WAIT_MS 5000

typedef struct
{
  int fd;
  char *name;
} Passed;

struct EnjStore
{
  GArray *passed; /* of Passed, nobody has taken them yet */
};

static gboolean
read_number (const char *name, guint64 max, guint64 *value)
{
  const char *text = g_getenv (name);

  return text && g_ascii_string_to_unsigned (text, 10, 0, max, value, NULL);
}

/* They are for us alone, and not for what we might start. */
static void
note_passed (EnjStore *self, int fd, const char *name)
{
  Passed passed = { fd, g_strdup (name) };
  int flags = fcntl (fd, F_GETFL);

  if (flags < 0 || fcntl (fd, F_SETFD, FD_CLOEXEC) != 0
      || fcntl (fd, F_SETFL, flags | O_NONBLOCK) != 0)
    enj_log_debug (NULL, "descriptor %d from the service manager is none", fd);
  g_array_append_val (self->passed, passed);
}

EnjStore *
enj_store_new (void)
{
  EnjStore *self = g_new0 (EnjStore, 1);
  const char *text = g_getenv ("LISTEN_FDNAMES");
  g_auto (GStrv) names = g_strsplit (text ? text : "", ":", -1);
  guint n_names = g_strv_length (names);
  guint64 pid, n;

  self->passed = g_array_new (FALSE, FALSE, sizeof (Passed));
  if (read_number ("LISTEN_PID", G_MAXINT32, &pid) && (pid_t) pid == getpid ()
      && read_number ("LISTEN_FDS", PASSED_MAX, &n))
    for (guint i = 0; i < n; i++)
      note_passed (self, FIRST + (int) i, i < n_names ? names[i] : "unknown");
  g_unsetenv ("LISTEN_PID");
  g_unsetenv ("LISTEN_FDS");
  g_unsetenv ("LISTEN_FDNAMES");
  return self;
}

void
enj_store_free (EnjStore *self)
{
  if (!self)
    return;
  enj_store_discard (self);
  g_array_unref (self->passed);
  g_free (self);
}

/* systemd tells the number since its version 254; before, the unit file is to be believed. */
gboolean
enj_store_is_kept (const EnjStore *self)
{
  guint64 max;

  (void) self;
  if (!g_getenv ("NOTIFY_SOCKET"))
    return FALSE;
  return !g_getenv ("FDSTORE") || (read_number ("FDSTORE", G_MAXUINT32, &max) && max > 0);
}

static int
take (EnjStore *self, guint i, char **name)
{
  Passed passed = g_array_index (self->passed, Passed, i);

  g_array_remove_index (self->passed, i);
  *name = passed.name;
  return passed.fd;
}

int
enj_store_take (EnjStore *self, const char *kind, char **name)
{
  gsize len = strlen (kind);

  for (guint i = 0; i < self->passed->len; i++)
    {
      const char *one = g_array_index (self->passed, Passed, i).name;

      if (strncmp (one, kind, len) == 0 && one[len] == '-')
        return take (self, i, name);
    }
  return -1;
}

static gboolean
listens_at (int fd, const EnjAddress *address)
{
  struct sockaddr_storage storage;
  socklen_t len = sizeof storage;
  int listens = 0;
  socklen_t size = sizeof listens;
  EnjAddress bound;

  return getsockopt (fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens
         && getsockname (fd, (struct sockaddr *) &storage, &len) == 0
         && enj_sockaddr_to_address (&storage, &bound) && bound.length == address->length
         && bound.port == address->port && memcmp (bound.bytes, address->bytes, bound.length) == 0;
}

/* The length of what was passed, where none listens there. */
static guint
find_listening (const EnjStore *self, const EnjAddress *address)
{
  guint i = 0;

  while (i < self->passed->len
         && !listens_at (g_array_index (self->passed, Passed, i).fd, address))
    i++;
  return i;
}

int
enj_store_take_listening (EnjStore *self, const EnjAddress *address, char **name)
{
  guint i = find_listening (self, address);

  return i < self->passed->len ? take (self, i, name) : -1;
}

gboolean
enj_store_has_listening (const EnjStore *self, const EnjAddress *address)
{
  return find_listening (self, address) < self->passed->len;
}

void
enj_store_discard (EnjStore *self)
{
  while (self->passed->len > 0)
    {
      g_autofree char *name = NULL;
      int fd = take (self, self->passed->len - 1, &name);

      enj_log_debug (NULL, "nobody wants '%s' of the service manager", name);
      (void) close (fd); /* Of no use to anybody. */
      enj_store_forget (self, name);
    }
}

char *
enj_store_keep_new (EnjStore *self, const char *kind, int fd)
{
  g_autofree char *text = NULL;
  char *name;
  guint8 random[6];

  if (!enj_store_is_kept (self))
    return NULL;
  enj_chance_fill (random, sizeof random);
  name = g_strdup_printf ("%s-%02x%02x%02x%02x%02x%02x", kind, random[0], random[1], random[2],
                          random[3], random[4], random[5]);
  text = g_strdup_printf ("FDSTORE=1\nFDNAME=%s", name);
  if (!enj_notify_with (text, fd))
    g_clear_pointer (&name, g_free);
  return name;
}

void
enj_store_forget (EnjStore *self, const char *name)
{
  g_autofree char *text = g_strdup_printf ("FDSTOREREMOVE=1\nFDNAME=%s", name);

  (void) self;
  (void) enj_notify_with (text, -1); /* Without a manager there is nobody to let go of it. */
}

gboolean
enj_store_wait (const EnjStore *self)
{
  int ends[2];
  struct pollfd end = { 0 };
  gboolean done;

  if (!enj_store_is_kept (self) || pipe2 (ends, O_CLOEXEC) != 0)
    return FALSE;
  /* The manager closes its copy when it has come to it, and ours is closed: the pipe hangs up. */
  done = enj_notify_with ("BARRIER=1", ends[1]);
  (void) close (ends[1]);
  end.fd = ends[0];
  while (done && poll (&end, 1, WAIT_MS) < 0)
    done = errno == EINTR;
  (void) close (ends[0]);
  return done && (end.revents & POLLHUP);
}
