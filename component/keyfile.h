/* keyfile.h - a GKeyFile text whose groups and keys know their line.
 *
 * Reads groups, keys, escapes and lists as GKeyFile does, and beyond it: a
 * group or a key given twice is a fault, a byte order mark and CRLF are no
 * matter.  Faults are collected, not returned: all of them are told at once,
 * each with its line.
 *
 * Values of the keys named as raw are secrets: they are kept as they stand,
 * are not given to GKeyFile, and are wiped when freed.
 *
 * Opens no file and does not know which groups and keys there may be. */
#pragma once

#include <glib.h>

typedef struct EnjKeyfile EnjKeyfile;
typedef struct EnjKeyfileGroup EnjKeyfileGroup;

/* @name is what the faults call the file; @raw_keys ends with NULL.  Never
 * NULL: what is wrong with the text is among the faults. */
EnjKeyfile *enj_keyfile_new (const char *name, const char *text, gsize len,
                             const char *const *raw_keys);
void enj_keyfile_free (EnjKeyfile *self);

const char *enj_keyfile_get_name (const EnjKeyfile *self);

/* In the order of the file; NULL past the end. */
const EnjKeyfileGroup *enj_keyfile_get_group (const EnjKeyfile *self, guint index);
const EnjKeyfileGroup *enj_keyfile_find (const EnjKeyfile *self, const char *name);

/* What stands between the brackets, with single blanks: "peer a.example". */
const char *enj_keyfile_group_get_name (const EnjKeyfileGroup *group);

/* In the order of the file; NULL past the end. */
const char *enj_keyfile_group_get_key (const EnjKeyfileGroup *group, guint index);
gboolean enj_keyfile_group_has (const EnjKeyfileGroup *group, const char *key);

/* Trimmed; NULL where the key is missing or, with a fault, has bad escapes. */
char *enj_keyfile_dup_value (EnjKeyfile *self, const EnjKeyfileGroup *group, const char *key);

/* Split at semicolons, each trimmed, empty ones left out. */
GStrv enj_keyfile_dup_list (EnjKeyfile *self, const EnjKeyfileGroup *group, const char *key);

/* From the first character that is not blank to the end of the line, trailing
 * blanks included; nothing is unescaped.  NULL where the key is missing. */
const char *enj_keyfile_get_raw (const EnjKeyfileGroup *group, const char *key);

/* Notes "NAME:LINE: [group] key: what".  Without @key, or where the group does
 * not have it, the line is the group's; without @group it is the first. */
void enj_keyfile_fault (EnjKeyfile *self, const EnjKeyfileGroup *group, const char *key,
                        const char *format, ...) G_GNUC_PRINTF (4, 5);

gboolean enj_keyfile_has_faults (const EnjKeyfile *self);

/* Adds the faults to @problems as new strings, in the order of their lines. */
void enj_keyfile_list_faults (const EnjKeyfile *self, GPtrArray *problems);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjKeyfile, enj_keyfile_free)
