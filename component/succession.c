#include "config.h"

#include "component/succession.h"

#include <unistd.h>

#include "protocol/jid.h"
#include "protocol/log.h"
#include "protocol/salvage.h"
#include "protocol/wall.h"
#include "component/daybook.h"

/* Stanzas of a link that the daybook has no room for.  Until all of them have ended nothing of
 * that link is settled: the successor would read them again. */
typedef struct
{
  EnjKeepsake *keepsake; /* NULL: the link is gone, or the successor's */
  guint n;
  guint64 reached; /* the position behind the last stanza */
} Gap;

/* A link of ours.  Names are those of the store; NULL while it is not kept there. */
typedef struct
{
  EnjKeepsake *keepsake;
  Gap *gap;
  int fd; /* of a link that nobody has taken yet, or -1 */
  char *link_name;
  char *memory_name;
} Line;

/* What strikes out a stanza; it may come to its end after we are gone. */
typedef struct
{
  EnjDaybook *daybook; /* NULL: the successor's */
  gboolean holds;      /* what ends now was held */
} Pen;

struct EnjSuccession
{
  EnjStore *store;
  EnjExchange *exchange;
  GHashTable *lines; /* component domain to Line */
  EnjDaybook *daybook;
  Pen *pen;
  guint n_doubtful;
  gboolean is_full;  /* and that has been told */
  guint64 carried;   /* during carry_on(): the number in the daybook */
  EnjConfig *config; /* during carry_on() */
  gint64 now;
};

static void
line_free (gpointer data)
{
  Line *line = data;

  if (line->fd >= 0)
    (void) close (line->fd); /* nobody goes on with it */
  line->gap->keepsake = NULL;
  g_rc_box_release (line->gap);
  enj_keepsake_free (line->keepsake);
  g_free (line->link_name);
  g_free (line->memory_name);
  g_free (line);
}

static void
add_line (EnjSuccession *self, EnjKeepsake *keepsake, char *memory_name)
{
  Line *line = g_new0 (Line, 1);

  line->keepsake = keepsake;
  line->gap = g_rc_box_new0 (Gap);
  line->gap->keepsake = keepsake;
  line->fd = -1;
  line->memory_name = memory_name;
  g_hash_table_insert (self->lines, g_strdup (enj_keepsake_get_domain (keepsake)), line);
}

static void
forget (EnjSuccession *self, const Line *line)
{
  enj_keepsake_void (line->keepsake);
  if (line->link_name)
    enj_store_forget (self->store, line->link_name);
  if (line->memory_name)
    enj_store_forget (self->store, line->memory_name);
}

/* ---- Stanzas ----------------------------------------------------------------------- */

static void
strike (gpointer data, guint64 number)
{
  Pen *pen = data;

  if (pen->daybook && pen->holds)
    enj_daybook_hold (pen->daybook, number);
  else if (pen->daybook)
    enj_daybook_strike (pen->daybook, number);
  g_rc_box_release (pen);
}

static void
close_gap (gpointer data, guint64 number)
{
  Gap *gap = data;

  (void) number; /* Any. */
  if (--gap->n == 0 && gap->keepsake)
    enj_keepsake_settle (gap->keepsake, gap->reached);
  g_rc_box_release (gap);
}

static EnjReceipt *
miss (EnjSuccession *self, Gap *gap)
{
  if (!self->is_full)
    enj_log_warning (NULL, "so much is under way that it cannot be kept for a successor: "
                           "stanzas go back to their senders");
  self->is_full = TRUE;
  if (!gap)
    return NULL;
  gap->n++;
  return enj_receipt_new (close_gap, g_rc_box_acquire (gap), 0);
}

/* What the predecessor had is in the daybook; another is written there.  0: it has no room.
 * Behind a gap the daybook does not tell how far the link was read. */
static guint64
find_number (EnjSuccession *self, const Gap *gap, const EnjDaybookEntry *origin, EnjStanza *stanza)
{
  EnjDaybookEntry entry = *origin;
  guint64 number = self->carried;

  self->carried = 0;
  if (number)
    return number;
  entry.link = gap && gap->n == 0 ? enj_keepsake_get_id (gap->keepsake) : 0;
  entry.wall = (guint64) enj_wall_now ();
  return enj_daybook_enter (self->daybook, &entry, stanza);
}

static gboolean
write_down (EnjOrigin origin, const char *component, guint64 end, EnjStanza *stanza,
            EnjReceipt **receipt, gpointer data)
{
  EnjSuccession *self = data;
  const Line *line = end > 0 ? g_hash_table_lookup (self->lines, component) : NULL;
  Gap *gap = line ? line->gap : NULL;
  guint64 number = find_number (self, gap,
                                &(EnjDaybookEntry){ .origin = origin, .component = component,
                                                    .position = end }, stanza);

  if (number)
    *receipt = enj_receipt_new (strike, g_rc_box_acquire (self->pen), number);
  else
    *receipt = miss (self, gap);
  if (gap)
    gap->reached = end;
  /* In this order: twice is better than never. */
  if (gap && gap->n == 0)
    enj_keepsake_settle (gap->keepsake, end);
  return number > 0;
}

/* That of whom it is for, or came from. */
static const EnjConfigComponent *
find_component (const EnjSuccession *self, const EnjDaybookEntry *entry, const EnjStanza *stanza)
{
  char to[ENJ_JID_DOMAIN_SIZE];

  if (*entry->component)
    return enj_config_find_component (self->config, entry->component);
  return enj_jid_fill_domain (enj_stanza_get_to (stanza), to)
           ? enj_config_find_component (self->config, to)
           : NULL;
}

/* As after the loss of a link (salvage.h). */
static void
carry_on_doubtful (EnjSuccession *self, const EnjDaybookEntry *entry, EnjStanza *stanza)
{
  const EnjConfigComponent *component = find_component (self, entry, stanza);
  g_autoptr (EnjSalvage) salvage
    = enj_salvage_new (component ? component->on_loss : ENJ_ON_LOSS_BY_KIND,
                       component ? component->domain : entry->component);
  gint64 age = MAX (enj_wall_now () - (gint64) entry->wall, 0) * ENJ_SECOND;
  g_autoptr (EnjStanza) again = NULL;

  if (entry->tries > 0)
    enj_stanza_mark_again (stanza);
  enj_salvage_take (salvage, enj_stanza_ref (stanza), self->now - age, self->now);
  again = enj_salvage_steal_again (salvage);
  if (again)
    enj_exchange_take_over (self->exchange, entry->origin, entry->component, 0, again, self->now);
  else
    enj_exchange_give_back (self->exchange, entry->origin, entry->component, stanza, self->now);
}

static gboolean
carry_on (const EnjDaybookEntry *entry, guint64 number, EnjStanza *stanza, gpointer data)
{
  EnjSuccession *self = data;

  self->carried = number;
  self->n_doubtful += !entry->was_held;
  if (entry->was_held)
    enj_exchange_take_over (self->exchange, entry->origin, entry->component, 0, stanza,
                            self->now);
  else
    carry_on_doubtful (self, entry, stanza);
  return TRUE;
}

/* Whoever is still connected there must not be left talking to nobody. */
static void
drop_rest (EnjSuccession *self)
{
  GHashTableIter iter;
  gpointer domain, value;

  g_hash_table_iter_init (&iter, self->lines);
  while (g_hash_table_iter_next (&iter, &domain, &value))
    if (((const Line *) value)->fd >= 0)
      {
        enj_log_message (NULL, "%s: the link that was left to us is of no use", (char *) domain);
        forget (self, value);
        g_hash_table_iter_remove (&iter);
      }
}

void
enj_succession_carry_on (EnjSuccession *self, EnjConfig *config, gint64 now)
{
  guint n;

  drop_rest (self);
  if (!self->daybook)
    return;
  self->config = config;
  self->now = now;
  n = enj_daybook_carry_on (self->daybook, carry_on, self);
  self->config = NULL;
  if (n > 0)
    enj_log_message (NULL, "%u stanzas carried on, %u of which may have arrived", n,
                     self->n_doubtful);
}

/* ---- What is left ------------------------------------------------------------------- */

static void
refuse (EnjSuccession *self, const char *what, const char *name, const GError *error)
{
  enj_log_warning (NULL, "%s that was left to us is refused: %s", what, error->message);
  enj_store_forget (self->store, name);
}

static void
read_daybook (EnjSuccession *self)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *name = NULL;
  int memory = enj_store_take (self->store, "daybook", &name);

  if (memory >= 0)
    self->daybook = enj_daybook_open (memory, &error);
  if (memory >= 0 && !self->daybook)
    refuse (self, "a daybook", name, error);
  if (self->daybook)
    return;
  self->daybook = enj_daybook_new ();
  if (self->daybook)
    g_free (enj_store_keep_new (self->store, "daybook",
                                enj_daybook_get_memory (self->daybook)));
}

static void
read_keepsakes (EnjSuccession *self)
{
  char *name;
  int memory;

  while ((memory = enj_store_take (self->store, "keepsake", &name)) >= 0)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *taken = name;
      EnjKeepsake *keepsake = enj_keepsake_open (memory, &error);

      if (!keepsake)
        {
          refuse (self, "a link", taken, error);
          continue;
        }
      /* The older was told to be forgotten, and was not in time. */
      enj_succession_link_gone (self, enj_keepsake_get_domain (keepsake));
      add_line (self, keepsake, g_steal_pointer (&taken));
    }
}

/* Sockets come in any order: the kernel's counts tell whose each is. */
static void
match_link (EnjSuccession *self, int fd, char *name)
{
  g_autoptr (GError) error = NULL;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->lines);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Line *line = value;

      g_clear_error (&error);
      if (line->fd < 0 && enj_keepsake_resume (line->keepsake, fd, &error))
        {
          line->fd = fd;
          line->link_name = name;
          return;
        }
    }
  if (error)
    refuse (self, "a link", name, error);
  else
    enj_store_forget (self->store, name);
  (void) close (fd); /* nobody knows what was said on it */
  g_free (name);
}

EnjSuccession *
enj_succession_new (EnjStore *store, EnjExchange *exchange)
{
  EnjSuccession *self = g_new0 (EnjSuccession, 1);
  EnjKeeper *keeper = enj_exchange_get_keeper (exchange);
  char *name;
  int fd;

  self->store = store;
  self->exchange = exchange;
  self->lines = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, line_free);
  if (!enj_store_is_kept (store))
    return self;
  read_daybook (self);
  read_keepsakes (self);
  while ((fd = enj_store_take (store, "link", &name)) >= 0)
    match_link (self, fd, name);
  if (!self->daybook)
    return self;
  self->pen = g_rc_box_new0 (Pen);
  self->pen->daybook = self->daybook;
  keeper->write = write_down;
  keeper->data = self;
  return self;
}

void
enj_succession_free (EnjSuccession *self)
{
  EnjKeeper *keeper;
  GHashTableIter iter;
  gpointer value;

  if (!self)
    return;
  keeper = enj_exchange_get_keeper (self->exchange);
  keeper->write = NULL;
  if (self->pen)
    {
      self->pen->holds = TRUE;
      enj_keeper_clear_held (keeper);
      self->pen->daybook = NULL;
      g_rc_box_release (self->pen);
    }
  g_hash_table_iter_init (&iter, self->lines);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Line *line = value;

      if (enj_keepsake_is_valid (line->keepsake))
        enj_keepsake_calm (line->keepsake);
      else
        forget (self, line);
    }
  g_hash_table_unref (self->lines);
  enj_daybook_free (self->daybook);
  g_free (self);
}

/* ---- Links ----------------------------------------------------------------------------- */

void
enj_succession_link_gone (EnjSuccession *self, const char *domain)
{
  Line *line = g_hash_table_lookup (self->lines, domain);

  if (!line)
    return;
  forget (self, line);
  g_hash_table_remove (self->lines, domain);
}

int
enj_succession_take_link (EnjSuccession *self, const char *domain, const char *server,
                          const char *secret, EnjLinkPast *past)
{
  Line *line = g_hash_table_lookup (self->lines, domain);
  int fd;

  if (!line)
    return -1;
  if (line->fd < 0 || !enj_keepsake_is_of (line->keepsake, server, secret))
    {
      enj_log_message (NULL, "%s: the link that was left to us is of no use", domain);
      enj_succession_link_gone (self, domain);
      return -1;
    }
  /* What was written down counts, though the kill came before it was settled. */
  if (self->daybook)
    enj_keepsake_settle (line->keepsake,
                         enj_daybook_get_position (self->daybook,
                                                   enj_keepsake_get_id (line->keepsake)));
  past->header = enj_keepsake_get_header (line->keepsake, &past->header_len);
  past->output = enj_keepsake_get_output (line->keepsake, &past->output_len);
  past->position = enj_keepsake_get_settled (line->keepsake);
  fd = line->fd;
  line->fd = -1;
  return fd;
}

EnjKeepsake *
enj_succession_note_link (EnjSuccession *self, const char *domain, const char *server,
                          const char *secret, int fd)
{
  EnjKeepsake *keepsake;

  if (!self->daybook)
    return NULL;
  enj_succession_link_gone (self, domain);
  keepsake = enj_keepsake_new (fd, domain, server, secret);
  if (keepsake)
    add_line (self, keepsake, NULL);
  return keepsake;
}

EnjKeepsake *
enj_succession_get_keepsake (const EnjSuccession *self, const char *domain)
{
  const Line *line = g_hash_table_lookup (self->lines, domain);

  return line ? line->keepsake : NULL;
}

void
enj_succession_link_up (EnjSuccession *self, const char *domain, int fd, guint64 header,
                        guint64 end)
{
  Line *line = g_hash_table_lookup (self->lines, domain);

  if (!line || line->link_name)
    return;
  enj_keepsake_begin (line->keepsake, (gsize) header, end);
  if (!enj_keepsake_is_valid (line->keepsake))
    return;
  line->link_name = enj_store_keep_new (self->store, "link", fd);
  line->memory_name = enj_store_keep_new (self->store, "keepsake",
                                          enj_keepsake_get_memory (line->keepsake));
}

gboolean
enj_succession_is_possible (const EnjSuccession *self)
{
  return self->daybook && enj_store_is_kept (self->store);
}

gboolean
enj_succession_wait (const EnjSuccession *self)
{
  return enj_store_wait (self->store);
}
