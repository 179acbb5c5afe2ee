#include "config.h"

#include "component/keepsake.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gnutls/crypto.h>

#include "protocol/address.h"
#include "protocol/budget.h"
#include "protocol/chance.h"
#include "protocol/log.h"
#include "component/shelf.h"
#include "component/sockaddr.h"
#include "component/transit.h"

#define MAGIC "enjlink"
#define LAYOUT_VERSION 1

#define NAME_MAX_SIZE 1280
#define HEADER_MAX 4096

/* The tail of the greatest stanza (stanza-size-link) and a reading more; one such that waits to
 * be written, and what stands before it.  Untouched pages cost nothing. */
#define HALF (12 * 1024 * 1024)

/* Above this what counts moves to the other half as soon as it is the smaller part. */
#define TURN_AT (256 * 1024)

#define TRIES_MAX 3

typedef struct
{
  guint64 base; /* the position of the first byte */
  guint64 len;
  guint8 data[HALF] __attribute__ ((aligned (4096))); /* pages can be given back */
} Half;

/* One half of each pair counts: the other is filled, then they change places by one store. */
typedef struct
{
  char magic[8];
  guint32 version;
  guint32 size;
  guint32 check; /* of what stands between here and `valid` */
  guint32 header_len;
  guint64 id;
  guint64 taken_before; /* the kernel's counts at position 0 */
  guint64 given_before;
  char domain[NAME_MAX_SIZE];
  char server[NAME_MAX_SIZE];
  guint32 trace; /* of the secret */
  char ends[2 * ENJ_ADDRESS_STRING]; /* the addresses of both sides */
  guint8 header[HEADER_MAX];
  guint32 valid;
  guint32 input;
  guint32 output;
  guint32 tries; /* of going on, without another byte read */
  guint64 settled;
  Half inputs[2];
  Half outputs[2];
} Layout;

struct EnjKeepsake
{
  int memory;
  Layout *at;
  guint64 taken; /* the position that the kernel has reached, as we know it */
  gsize charged;
  gboolean broken;
};

/* A store that nothing before it may follow: a kill comes between any two. */
#define PUBLISH(place, value) __atomic_store_n (&(place), (value), __ATOMIC_RELEASE)

/* FNV-1a: against accidents, for nobody else writes here. */
static guint32
calculate (const Layout *at)
{
  const guint8 *byte = (const guint8 *) &at->header_len;
  const guint8 *end = (const guint8 *) &at->valid;
  guint32 sum = 2166136261u;

  for (; byte < end; byte++)
    sum = (sum ^ *byte) * 16777619u;
  return sum;
}

static Half *
input_of (const EnjKeepsake *self)
{
  return &self->at->inputs[self->at->input & 1];
}

static Half *
output_of (const EnjKeepsake *self)
{
  return &self->at->outputs[self->at->output & 1];
}

/* What is kept is in the budget; the pages of a half that was left are given back, if many. */
static void
weigh (EnjKeepsake *self)
{
  gsize held = (gsize) (input_of (self)->len + output_of (self)->len);

  if (held > self->charged)
    enj_budget_charge (held - self->charged);
  else
    enj_budget_release (self->charged - held);
  self->charged = held;
}

static void
give_back (Half *half)
{
  if (half->len > TURN_AT)
    (void) madvise (half->data, HALF, MADV_REMOVE); /* else they are used again */
}

/* What stands from @position on moves to the other half. */
static void
turn_over (Half *halves, guint32 *which, guint64 position)
{
  Half *old = &halves[*which & 1];
  Half *fresh = &halves[(*which & 1) ^ 1];
  gsize skipped = (gsize) (position - old->base);

  fresh->base = position;
  fresh->len = old->len - skipped;
  memcpy (fresh->data, old->data + skipped, fresh->len);
  PUBLISH (*which, (*which & 1) ^ 1);
  give_back (old);
}

/* ---- Life ------------------------------------------------------------------------- */

static EnjKeepsake *
keepsake_new (int memory, Layout *at)
{
  EnjKeepsake *self = g_new0 (EnjKeepsake, 1);

  self->memory = memory;
  self->at = at;
  return self;
}

/* Sixteen bits are enough to notice that another secret is configured, and too few to find out
 * which it was. */
static guint32
trace_secret (const Layout *at, const char *secret)
{
  guint8 digest[32];

  if (gnutls_hmac_fast (GNUTLS_MAC_SHA256, &at->id, sizeof at->id, secret, strlen (secret), digest)
      < 0)
    return G_MAXUINT32;
  return (guint32) digest[0] << 8 | digest[1];
}

static gboolean
read_ends (int fd, char ends[2 * ENJ_ADDRESS_STRING])
{
  struct sockaddr_storage storage;
  socklen_t len = sizeof storage;
  EnjAddress address;
  char text[ENJ_ADDRESS_STRING];

  if (getsockname (fd, (struct sockaddr *) &storage, &len) != 0
      || !enj_sockaddr_to_address (&storage, &address))
    return FALSE;
  (void) g_strlcpy (ends, enj_address_format (&address, text), 2 * ENJ_ADDRESS_STRING);
  len = sizeof storage;
  if (getpeername (fd, (struct sockaddr *) &storage, &len) != 0
      || !enj_sockaddr_to_address (&storage, &address))
    return FALSE;
  (void) g_strlcat (ends, enj_address_format (&address, text), 2 * ENJ_ADDRESS_STRING);
  return TRUE;
}

EnjKeepsake *
enj_keepsake_new (int fd, const char *domain, const char *server, const char *secret)
{
  int memory;
  Layout *at = enj_shelf_new ("enjamb-link", sizeof *at, &memory);
  EnjKeepsake *self;

  if (!at)
    return NULL;
  self = keepsake_new (memory, at);
  memcpy (at->magic, MAGIC, sizeof at->magic);
  at->version = LAYOUT_VERSION;
  at->size = sizeof *at;
  enj_chance_fill ((guint8 *) &at->id, sizeof at->id);
  at->trace = trace_secret (at, secret);
  if (!enj_transit_count (fd, &at->taken_before, &at->given_before) || !read_ends (fd, at->ends)
      || g_strlcpy (at->domain, domain, NAME_MAX_SIZE) >= NAME_MAX_SIZE
      || g_strlcpy (at->server, server, NAME_MAX_SIZE) >= NAME_MAX_SIZE)
    g_clear_pointer (&self, enj_keepsake_free);
  return self;
}

void
enj_keepsake_free (EnjKeepsake *self)
{
  if (!self)
    return;
  enj_budget_release (self->charged);
  (void) munmap (self->at, sizeof *self->at);
  (void) close (self->memory); /* what is kept is in the manager's copy */
  g_free (self);
}

static gboolean
refuse (GError **error, const char *why)
{
  g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, why);
  return FALSE;
}

static gboolean
is_whole (const EnjKeepsake *self, GError **error)
{
  const Layout *at = self->at;

  if (memcmp (at->magic, MAGIC, sizeof at->magic) != 0)
    return refuse (error, "not what it is named");
  if (at->version != LAYOUT_VERSION || at->size != sizeof (Layout))
    return refuse (error, "of another version");
  if (!at->valid)
    return refuse (error, "of a link that was not up");
  if (at->check != calculate (at) || at->header_len > HEADER_MAX
      || at->domain[NAME_MAX_SIZE - 1] || at->server[NAME_MAX_SIZE - 1]
      || at->ends[sizeof at->ends - 1]
      || input_of (self)->len > HALF || output_of (self)->len > HALF)
    return refuse (error, "damaged");
  return TRUE;
}

EnjKeepsake *
enj_keepsake_open (int memory, GError **error)
{
  Layout *at = enj_shelf_open (memory, sizeof *at, error);
  EnjKeepsake *self = at ? keepsake_new (memory, at) : NULL;

  if (self && !is_whole (self, error))
    g_clear_pointer (&self, enj_keepsake_free);
  return self;
}

gboolean
enj_keepsake_resume (EnjKeepsake *self, int fd, GError **error)
{
  Half *input = input_of (self);
  const Half *output = output_of (self);
  guint64 taken, given;
  char ends[2 * ENJ_ADDRESS_STRING];

  if (self->at->tries >= TRIES_MAX)
    return refuse (error, "processes have ended over what came last");
  if (!read_ends (fd, ends) || strcmp (ends, self->at->ends) != 0)
    return refuse (error, "its connection is gone");
  if (!enj_transit_count (fd, &taken, &given))
    return refuse (error, "the connection is gone");
  taken -= self->at->taken_before;
  given -= self->at->given_before;
  if (taken < output->base || taken > output->base + output->len)
    return refuse (error, "more or less was written than is known");
  /* A kill between recv() and received() leaves bytes that only the kernel counted. */
  if (given < input->base + input->len || given > input->base + HALF)
    return refuse (error, "more or less was read than is known");
  if (self->at->settled < input->base || self->at->settled > given)
    return refuse (error, "damaged");
  self->taken = taken;
  PUBLISH (input->len, given - input->base);
  PUBLISH (self->at->tries, self->at->tries + 1);
  weigh (self);
  return TRUE;
}

void
enj_keepsake_calm (EnjKeepsake *self)
{
  PUBLISH (self->at->tries, 0);
}

int
enj_keepsake_get_memory (const EnjKeepsake *self)
{
  return self->memory;
}

const char *
enj_keepsake_get_domain (const EnjKeepsake *self)
{
  return self->at->domain;
}

gboolean
enj_keepsake_is_of (const EnjKeepsake *self, const char *server, const char *secret)
{
  return strcmp (self->at->server, server) == 0
         && self->at->trace == trace_secret (self->at, secret);
}

guint64
enj_keepsake_get_id (const EnjKeepsake *self)
{
  return self->at->id;
}

/* ---- Input --------------------------------------------------------------------------- */

const guint8 *
enj_keepsake_get_header (const EnjKeepsake *self, gsize *len)
{
  *len = self->at->header_len;
  return self->at->header;
}

const guint8 *
enj_keepsake_get_input (const EnjKeepsake *self, gsize *len)
{
  const Half *input = input_of (self);
  gsize skipped = (gsize) (self->at->settled - input->base);

  *len = (gsize) input->len - skipped;
  return input->data + skipped;
}

guint64
enj_keepsake_get_settled (const EnjKeepsake *self)
{
  return self->at->settled;
}

/* Before it is up all is kept: its header is. */
static gboolean
wants_turning (const EnjKeepsake *self, const Half *half, guint64 position)
{
  guint64 done = position - half->base;

  return self->at->valid && half->len > 0
         && (done == half->len || (half->len > TURN_AT && done > half->len / 2));
}

static void
grow_void (EnjKeepsake *self)
{
  enj_log_warning (NULL, "%s: so much is under way on the link that no successor could go on "
                         "with it", self->at->domain);
  enj_keepsake_void (self);
}

guint8 *
enj_keepsake_reserve (EnjKeepsake *self, gsize least)
{
  Half *input = input_of (self);

  if (self->broken)
    return NULL;
  if (HALF - input->len < least || wants_turning (self, input, self->at->settled))
    {
      turn_over (self->at->inputs, &self->at->input, self->at->settled);
      input = input_of (self);
    }
  if (HALF - input->len >= least)
    return input->data + input->len;
  grow_void (self);
  return NULL;
}

void
enj_keepsake_received (EnjKeepsake *self, gsize len)
{
  Half *input = input_of (self);

  PUBLISH (input->len, input->len + len);
  if (self->at->tries > 0)
    enj_keepsake_calm (self);
  weigh (self);
}

void
enj_keepsake_settle (EnjKeepsake *self, guint64 position)
{
  const Half *input = input_of (self);

  if (position > self->at->settled && position <= input->base + input->len)
    PUBLISH (self->at->settled, position);
}

/* ---- Output ------------------------------------------------------------------------------ */

const guint8 *
enj_keepsake_get_output (const EnjKeepsake *self, gsize *len)
{
  const Half *output = output_of (self);
  gsize skipped = (gsize) (self->taken - output->base);

  *len = (gsize) output->len - skipped;
  return output->data + skipped;
}

void
enj_keepsake_put (EnjKeepsake *self, const guint8 *data, gsize len)
{
  Half *output = output_of (self);
  gsize known = (gsize) (output->base + output->len - self->taken);
  gsize more = len > known ? len - known : 0;

  if (self->broken || more == 0)
    return;
  if (HALF - output->len < more || wants_turning (self, output, self->taken))
    {
      turn_over (self->at->outputs, &self->at->output, self->taken);
      output = output_of (self);
    }
  if (HALF - output->len < more)
    {
      grow_void (self);
      return;
    }
  memcpy (output->data + output->len, data + known, more);
  PUBLISH (output->len, output->len + more);
  weigh (self);
}

void
enj_keepsake_taken (EnjKeepsake *self, gsize len)
{
  self->taken += len;
}

/* ---- The link ------------------------------------------------------------------------------ */

void
enj_keepsake_begin (EnjKeepsake *self, gsize header, guint64 settled)
{
  Layout *at = self->at;
  const Half *input = input_of (self);
  Half *output = output_of (self);

  if (self->broken || header > HEADER_MAX || input->base != 0 || header > input->len)
    return;
  memcpy (at->header, input->data, header);
  at->header_len = (guint32) header;
  at->settled = MAX (at->settled, MIN (settled, input->len));
  at->check = calculate (at);
  /* The proof of the secret that we have sent could be searched for it. */
  turn_over (at->outputs, &at->output, self->taken);
  gnutls_memset (output->data, 0, output->len);
  PUBLISH (at->valid, 1);
}

void
enj_keepsake_void (EnjKeepsake *self)
{
  self->broken = TRUE;
  PUBLISH (self->at->valid, 0);
}

gboolean
enj_keepsake_is_valid (const EnjKeepsake *self)
{
  return self->at->valid != 0;
}
