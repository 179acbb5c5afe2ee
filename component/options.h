/* options.h - the groups and keys of enjamb.conf, and their typed values.
 *
 * Holds the only table of keys and defaults (limits.h has those of [limits]).
 * A key that is missing reads as its default; a value that is wrong is a fault
 * of the key file and reads as the default too, so that one look finds all.
 *
 * Does not know what the values are for, nor how they depend on each other. */
#pragma once

#include "component/keyfile.h"

typedef struct
{
  char *host; /* an IP literal without brackets, or a name */
  guint16 port;
} EnjListen;

void enj_listen_free (EnjListen *self);

/* Which names with an asterisk may stand beside a plain domain. */
typedef enum
{
  ENJ_OPTIONS_EXACT = 0,
  ENJ_OPTIONS_BELOW = 1 << 0, /* "*.example.com" */
  ENJ_OPTIONS_ALL = 1 << 1    /* "*" */
} EnjOptionsStars;

/* The keys whose values are secrets; ends with NULL. */
extern const char *const enj_options_raw_keys[];

/* Every group and key must be known; what is not, is told with the nearest. */
void enj_options_check_names (EnjKeyfile *file);

/* The name behind the word in "component a.example"; NULL where the group is of
 * another kind, or stands in the file for the second time. */
const char *enj_options_group_domain (const EnjKeyfile *file, const EnjKeyfileGroup *group,
                                       const char *kind);

/* One group that is read, and how. */
typedef struct
{
  EnjKeyfile *file;
  const EnjKeyfileGroup *group; /* NULL: all of it has the defaults */
  const char *kind;             /* "component", "federation"... */
} EnjOptions;

/* The group of that very name. */
EnjOptions enj_options_get (EnjKeyfile *file, const char *kind);

gboolean enj_options_has (const EnjOptions *self, const char *key);

/* Missing, or written out as it is by default. */
gboolean enj_options_is_default (const EnjOptions *self, const char *key);

/* Missing, or nothing behind the sign. */
gboolean enj_options_is_empty (const EnjOptions *self, const char *key);

/* Trimmed; "" where it is empty.  New string. */
char *enj_options_dup (const EnjOptions *self, const char *key);
GStrv enj_options_dup_list (const EnjOptions *self, const char *key);
gboolean enj_options_get_boolean (const EnjOptions *self, const char *key);

/* @low to @high; @value is for a key of [limits], whose default is not in the
 * table here. */
guint64 enj_options_get_number (const EnjOptions *self, const char *key, guint64 value,
                                 guint64 low, guint64 high);

/* The index of the value among @words: "one | two | three". */
guint enj_options_get_choice (const EnjOptions *self, const char *key, const char *words);

/* The canonical form of one name; NULL with a fault at @key.  An IP literal may
 * stand without brackets, for a group's name cannot have them. */
char *enj_options_domain_new (const EnjOptions *self, const char *key, const char *text,
                               EnjOptionsStars stars);
GStrv enj_options_dup_domains (const EnjOptions *self, const char *key, EnjOptionsStars stars);

/* Splits "host:port" into @address; FALSE with a fault at @key where it is
 * none.  With @literal the host must be an IP address. */
gboolean enj_options_split (const EnjOptions *self, const char *key, const char *text,
                             gboolean literal, EnjListen *address);

/* "host:port"; NULL where the value is empty or @none, or with a fault.  NULL as
 * @none makes it a fault to be empty. */
EnjListen *enj_options_new_address (const EnjOptions *self, const char *key, const char *none,
                                    gboolean literal);

/* EnjListen elements that the array owns. */
GPtrArray *enj_options_new_listens (const EnjOptions *self, const char *key);

/* Where components connect, as port.h names it; one at least, or a fault. */
GStrv enj_options_dup_ports (const EnjOptions *self, const char *key);

/* A path, relative to the file; NULL where the value is empty or @none. */
char *enj_options_dup_path (const EnjOptions *self, const char *key, const char *none);

/* The same for what is to be read, which the sandbox must admit. */
char *enj_options_dup_readable (const EnjOptions *self, const char *key, const char *none);
GStrv enj_options_dup_readables (const EnjOptions *self, const char *key);

/* What is in the file that @key names, or in the systemd credential of its
 * name, which wins (systemd.exec(5), LoadCredential); less one newline at the
 * end.  NULL where the value is empty, or with a fault where nothing can be
 * read.  A NUL stands behind it; freed by enj_file_wipe(). */
char *enj_options_read_secret (const EnjOptions *self, const char *key, gsize *len);
