/* canon.h - writes the canonical form of XML while it is read.
 *
 * Takes names as expat gives them with ENJ_CANON_SEPARATOR and triplets:
 * namespace, local name and prefix.  Resolves prefixes, escapes, and knows
 * which namespace is in force.  element.h says what the form is.
 *
 * Keeps no tree, and no limits but those of its buffers; what names inherit counts. */
#pragma once

#include "protocol/bytes.h"
#include "protocol/element.h"

/* U+0001 is no character of XML, so no namespace can hold it (CVE-2022-25236). */
#define ENJ_CANON_SEPARATOR '\001'

/* A tag's name, borrowed until the next call. */
typedef struct
{
  const char *ns;      /* "" for none */
  const char *name;    /* with ENJ_CANON_SEPARATOR or a terminator behind it */
  gsize len;           /* of @name */
  const char *declare; /* the namespace to declare, or NULL */
  gboolean changed;    /* not in the namespace of the parent */
} EnjCanonName;

/* An element that is open.  Namespaces are offsets into `names`, which moves. */
typedef struct
{
  gsize ns;
  gsize ns_len;
  gsize written; /* the one in force inside it, in canonical form */
  gsize name_len;
  gsize mark; /* the length of `names` before it */
} EnjCanonOpen;

typedef struct
{
  EnjBytes out;       /* the limit is the caller's to change */
  gboolean no_memory; /* why a call said FALSE; if not, the limit of @out was reached */

  /* Private. */
  const char *default_ns;
  EnjBytes names;
  EnjCanonOpen *open; /* [0] is what stands around the first one */
  gsize n_open;
  gsize depth;
  gsize spread;    /* bytes of the namespaces of all elements so far */
  gboolean in_tag; /* the start tag is written but for its end */
} EnjCanon;

/* @default_ns is implicit, and borrowed.  @limit: of the output, in bytes. */
void enj_canon_init (EnjCanon *self, const char *default_ns, gsize limit);
void enj_canon_set_limit (EnjCanon *self, gsize limit);
void enj_canon_clear (EnjCanon *self);

/* Forgets what was written, and keeps the memory for the next. */
void enj_canon_restart (EnjCanon *self);

/* An element begins: enter() gives its name, start() writes its tag.  Without
 * start() only its content is written.  FALSE as @no_memory tells. */
gboolean enj_canon_enter (EnjCanon *self, const char *triplet, EnjCanonName *name);
gboolean enj_canon_start (EnjCanon *self, const EnjCanonName *name, const char **atts);

/* As start() does, but into a tree. */
gboolean enj_canon_build_attributes (EnjCanon *self, EnjElementBuilder *builder,
                                     const char **atts);

gboolean enj_canon_text (EnjCanon *self, const char *text, gsize len);

/* leave() ends an element, end() writes its tag first. */
void enj_canon_leave (EnjCanon *self);
gboolean enj_canon_end (EnjCanon *self, const char *triplet);

/* One attribute to some other place, as enj_element_write_attribute(). */
gboolean enj_canon_write_attribute (EnjCanon *self, EnjBytes *out, guint *prefixes,
                                    const char *triplet, const char *value);

/* Takes a name apart, both parts terminated and borrowed until the next call. */
gboolean enj_canon_split (EnjCanon *self, const char *triplet, const char **ns,
                          const char **name);
