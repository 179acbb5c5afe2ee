#include "config.h"

#include "component/daybook.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "protocol/budget.h"
#include "protocol/limits.h"
#include "protocol/log.h"
#include "protocol/ns.h"
#include "protocol/reader.h"
#include "component/shelf.h"

#define MAGIC "enjbook"
#define LAYOUT_VERSION 1
#define HALF (64 * 1024 * 1024)

/* Below this it does not pay to move anything. */
#define MOVE_AT (1024 * 1024)

/* What three processes have ended over may be why. */
#define TRIES_MAX 3

#define HEADER "<stream:stream xmlns='" ENJ_NS_SERVER "' xmlns:stream='" ENJ_NS_STREAM "'>"

typedef struct
{
  guint32 size;  /* with all that follows, a multiple of 8 */
  guint32 check; /* of what follows `tries` */
  guint32 live;  /* or HELD */
  guint32 tries;
  guint32 origin;
  guint32 cut; /* EnjCut */
  guint64 number;
  guint64 link;
  guint64 position;
  guint32 component_len; /* with the NUL behind it */
  guint32 text_len;
  guint64 wall;
} Record;

G_STATIC_ASSERT (sizeof (Record) % 8 == 0);

/* A value of `live`. */
#define HELD 2

/* One half counts; the other takes what is left, then they change places by one store. */
typedef struct
{
  char magic[8];
  guint32 version;
  guint32 active;
  guint64 used[2];
  guint8 records[2][HALF] __attribute__ ((aligned (4096))); /* pages can be given back */
} Layout;

struct EnjDaybook
{
  int memory;
  Layout *at;
  guint64 last;         /* number */
  guint64 inherited;    /* the last of another process */
  gsize live;           /* bytes */
  GHashTable *places;   /* number of what is not struck out to where it stands */
  EnjBytes text;        /* of the stanza that is written down */
};

#define PUBLISH(place, value) __atomic_store_n (&(place), (value), __ATOMIC_RELEASE)

/* FNV-1a over eight bytes at a time: against accidents, for nobody else writes here. */
static guint32
calculate (const Record *record)
{
  const guint64 *word = &record->number;
  const guint64 *end = (const guint64 *) record + record->size / 8;
  guint64 sum = (G_GUINT64_CONSTANT (14695981039346656037) ^ record->origin
                 ^ (guint64) record->cut << 32)
                * G_GUINT64_CONSTANT (1099511628211);

  for (; word < end; word++)
    sum = (sum ^ *word) * G_GUINT64_CONSTANT (1099511628211);
  return (guint32) (sum ^ sum >> 32);
}

static Record *
record_at (const EnjDaybook *self, gsize place)
{
  return (Record *) (gpointer) (self->at->records[self->at->active & 1] + place);
}

static gsize
used_of (const EnjDaybook *self)
{
  return (gsize) self->at->used[self->at->active & 1];
}

static void
note_place (EnjDaybook *self, const Record *record, gsize place)
{
  g_hash_table_insert (self->places, GSIZE_TO_POINTER ((gsize) record->number),
                       GSIZE_TO_POINTER (place));
}

static void
note_live (EnjDaybook *self, const Record *record, gsize place)
{
  note_place (self, record, place);
  self->live += record->size;
  enj_budget_charge (record->size);
}

/* ---- Life ---------------------------------------------------------------------------- */

static EnjDaybook *
daybook_new (int memory, Layout *at)
{
  EnjDaybook *self = g_new0 (EnjDaybook, 1);

  self->memory = memory;
  self->at = at;
  self->places = g_hash_table_new (NULL, NULL);
  enj_bytes_init (&self->text, HALF);
  return self;
}

EnjDaybook *
enj_daybook_new (void)
{
  int memory;
  Layout *at = enj_shelf_new ("enjamb-daybook", sizeof *at, &memory);

  if (!at)
    return NULL;
  at->version = LAYOUT_VERSION;
  memcpy (at->magic, MAGIC, sizeof at->magic);
  return daybook_new (memory, at);
}

void
enj_daybook_free (EnjDaybook *self)
{
  if (!self)
    return;
  (void) munmap (self->at, sizeof *self->at);
  (void) close (self->memory); /* what is kept is in the manager's copy */
  enj_budget_release (self->live);
  g_hash_table_unref (self->places);
  enj_bytes_clear (&self->text);
  g_free (self);
}

static gboolean
is_whole (const Record *record, gsize room)
{
  return room >= sizeof *record && record->size <= room && record->size % 8 == 0
         && record->component_len > 0 && record->component_len < record->size
         && record->text_len < record->size
         && sizeof *record + record->component_len + record->text_len <= record->size
         && record->check == calculate (record) && record->origin < ENJ_N_ORIGINS
         && record->cut <= ENJ_CUT_MEMORY
         && ((const char *) (record + 1))[record->component_len - 1] == '\0';
}

/* What stands behind a record that is not whole was never published. */
static gboolean
find_records (EnjDaybook *self)
{
  gsize used = used_of (self);

  for (gsize place = 0; place < used; place += record_at (self, place)->size)
    {
      const Record *record = record_at (self, place);

      if (!is_whole (record, used - place))
        return FALSE;
      self->last = MAX (self->last, record->number);
      if (!record->live)
        continue;
      note_live (self, record, place);
    }
  self->inherited = self->last;
  return TRUE;
}

static EnjDaybook *
refuse (EnjDaybook *self, GError **error, const char *why)
{
  g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, why);
  enj_daybook_free (self);
  return NULL;
}

EnjDaybook *
enj_daybook_open (int memory, GError **error)
{
  Layout *at = enj_shelf_open (memory, sizeof *at, error);
  EnjDaybook *self = at ? daybook_new (memory, at) : NULL;

  if (!self)
    return NULL;
  if (memcmp (at->magic, MAGIC, sizeof at->magic) != 0 || at->version != LAYOUT_VERSION)
    return refuse (self, error, "of another version");
  if (used_of (self) > HALF || !find_records (self))
    return refuse (self, error, "damaged");
  return self;
}

int
enj_daybook_get_memory (const EnjDaybook *self)
{
  return self->memory;
}

/* ---- Writing ------------------------------------------------------------------------------ */

static void
move_together (EnjDaybook *self)
{
  guint old = self->at->active & 1;
  guint fresh = old ^ 1;
  gsize used = used_of (self);
  gsize size, end = 0;

  g_hash_table_remove_all (self->places);
  for (gsize place = 0; place < used; place += size)
    {
      const Record *record = record_at (self, place);

      size = record->size;
      if (!record->live)
        continue;
      memcpy (self->at->records[fresh] + end, record, size);
      note_place (self, record, end);
      end += size;
    }
  self->at->used[fresh] = end;
  PUBLISH (self->at->active, fresh);
  /* Its pages are given back; where the kernel does not, they are used again later. */
  (void) madvise (self->at->records[old], HALF, MADV_REMOVE);
}

static gboolean
make_room (EnjDaybook *self, gsize size)
{
  gsize used = used_of (self);

  /* Where more than half is live, it would be done again at once. */
  if (used > MOVE_AT && self->live < used / 2)
    move_together (self);
  return used_of (self) + size <= HALF;
}

static void
write_record (EnjDaybook *self, const EnjDaybookEntry *entry, gsize component_len, EnjCut cut)
{
  guint active = self->at->active & 1;
  gsize place = used_of (self);
  Record *record = record_at (self, place);
  gsize text_len;
  const guint8 *text = enj_bytes_peek (&self->text, &text_len);
  guint8 *behind = (guint8 *) (record + 1);
  gsize size = (sizeof *record + component_len + text_len + 7) & ~(gsize) 7;

  *record = (Record){ .size = (guint32) size,
                      .live = TRUE,
                      .origin = (guint32) entry->origin,
                      .cut = (guint32) cut,
                      .number = ++self->last,
                      .link = entry->link,
                      .position = entry->position,
                      .component_len = (guint32) component_len,
                      .text_len = (guint32) text_len,
                      .wall = entry->wall };
  memcpy (behind, entry->component, component_len);
  memcpy (behind + component_len, text, text_len);
  memset (behind + component_len + text_len, 0, size - sizeof *record - component_len - text_len);
  record->check = calculate (record);
  note_live (self, record, place);
  PUBLISH (self->at->used[active], place + size);
}

guint64
enj_daybook_enter (EnjDaybook *self, const EnjDaybookEntry *entry, EnjStanza *stanza)
{
  gsize component_len = strlen (entry->component) + 1;
  gsize size = sizeof (Record) + component_len + enj_stanza_get_size (stanza) + 8;

  if (!make_room (self, size))
    return 0;
  enj_bytes_drained (&self->text, enj_bytes_length (&self->text));
  if (!enj_stanza_format (stanza, &self->text)
      || sizeof (Record) + component_len + enj_bytes_length (&self->text) + 8 > size)
    return 0;
  write_record (self, entry, component_len, enj_stanza_get_cut (stanza));
  return self->last;
}

void
enj_daybook_strike (EnjDaybook *self, guint64 number)
{
  gpointer place;
  Record *record;

  if (!g_hash_table_steal_extended (self->places, GSIZE_TO_POINTER ((gsize) number), NULL, &place))
    return;
  record = record_at (self, GPOINTER_TO_SIZE (place));
  PUBLISH (record->live, 0);
  self->live -= record->size;
  enj_budget_release (record->size);
}

void
enj_daybook_hold (EnjDaybook *self, guint64 number)
{
  gpointer place;

  if (g_hash_table_lookup_extended (self->places, GSIZE_TO_POINTER ((gsize) number), NULL, &place))
    PUBLISH (record_at (self, GPOINTER_TO_SIZE (place))->live, HELD);
}

/* ---- Reading -------------------------------------------------------------------------------- */

guint64
enj_daybook_get_position (const EnjDaybook *self, guint64 link)
{
  gsize used = used_of (self);
  guint64 position = 0;

  for (gsize place = 0; place < used; place += record_at (self, place)->size)
    if (record_at (self, place)->link == link)
      position = MAX (position, record_at (self, place)->position);
  return position;
}

/* It was one when it was written down: of our own writer's making, so no limit applies. */
static EnjStanza *
parse_new (const Record *record)
{
  const EnjReaderLimits limits = {
    .size = HALF, .elements = G_MAXUINT, .depth = G_MAXUINT, .attributes = G_MAXUINT
  };
  g_autoptr (EnjReader) reader = enj_reader_new (ENJ_NS_SERVER, &limits);
  const guint8 *text = (const guint8 *) (record + 1) + record->component_len;
  EnjReaderEvent event;
  EnjStanza *stanza = NULL;

  enj_reader_feed (reader, (const guint8 *) HEADER, strlen (HEADER));
  while (enj_reader_next (reader, &event, NULL))
    enj_element_unref (event.element);
  enj_reader_feed (reader, text, record->text_len);
  enj_reader_flush (reader);
  while (enj_reader_next (reader, &event, NULL))
    {
      enj_element_unref (event.element);
      enj_stanza_unref (stanza);
      stanza = event.stanza;
    }
  if (stanza)
    enj_stanza_mark_cut (stanza, (EnjCut) record->cut);
  return stanza;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  guint64 x = *(const guint64 *) a, y = *(const guint64 *) b;

  return x < y ? -1 : x > y;
}

static gboolean
carry (EnjDaybook *self, guint64 number, EnjDaybookFunc func, gpointer data)
{
  gsize place = GPOINTER_TO_SIZE (g_hash_table_lookup (self->places,
                                                       GSIZE_TO_POINTER ((gsize) number)));
  Record *record = record_at (self, place);
  /* The record may move when another is written down. */
  g_autofree char *component = g_strdup ((const char *) (record + 1));
  EnjDaybookEntry entry = { .origin = (EnjOrigin) record->origin,
                            .component = component,
                            .wall = record->wall,
                            .was_held = record->live == HELD,
                            .tries = record->tries };
  guint tries = entry.was_held ? 0 : entry.tries + 1;
  g_autoptr (EnjStanza) stanza = NULL;

  /* Before anything is tried with it. */
  PUBLISH (record->tries, tries);
  PUBLISH (record->live, TRUE);
  if (tries <= TRIES_MAX)
    stanza = parse_new (record);
  if (!stanza)
    enj_log_warning (NULL, "a stanza is given up: it is not read, or %u processes have ended "
                           "over it", entry.tries);
  if (!stanza || !func (&entry, number, stanza, data))
    enj_daybook_strike (self, number);
  return stanza != NULL;
}

guint
enj_daybook_carry_on (EnjDaybook *self, EnjDaybookFunc func, gpointer data)
{
  g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (guint64));
  GHashTableIter iter;
  gpointer key;
  guint n = 0;

  g_hash_table_iter_init (&iter, self->places);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      guint64 number = GPOINTER_TO_SIZE (key);

      if (number > self->inherited)
        continue;
      g_array_append_val (numbers, number);
    }
  g_array_sort (numbers, compare);
  for (guint i = 0; i < numbers->len; i++)
    n += carry (self, g_array_index (numbers, guint64, i), func, data);
  return n;
}

guint
enj_daybook_count (const EnjDaybook *self)
{
  return g_hash_table_size (self->places);
}
