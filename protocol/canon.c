#include "config.h"

#include "protocol/canon.h"

#include <string.h>

#include "protocol/escape.h"
#include "protocol/ns.h"

/* Elements open at once before the stack grows. */
#define OPEN_MIN 16

/* A namespace is written once and is part of each name that inherits it: whoever reads this
 * with namespaces, as Prosody does, makes that many copies of it.  So many times the limit
 * of the output may they be in all. */
#define SPREAD_MAX 4

/* After @bytes refused to take at most @len: for want of memory, or of room within its limit? */
static gboolean
fail (EnjCanon *self, const EnjBytes *bytes, gsize len)
{
  gsize length = enj_bytes_length (bytes);

  self->no_memory = length <= bytes->limit && len <= bytes->limit - length;
  return FALSE;
}

/* Back to @len bytes with the memory kept, which drained() would give back each time. */
static void
cut (EnjBytes *bytes, gsize len)
{
  bytes->end = bytes->start + len;
}

static const char *
name_at (const EnjCanon *self, gsize offset)
{
  return (const char *) self->names.data + self->names.start + offset;
}

/* The fixed part of `names`: "" at 0, then the default namespace. */
static gboolean
make_names (EnjCanon *self)
{
  gsize len = strlen (self->default_ns) + 1;

  if (enj_bytes_length (&self->names) > 0)
    return TRUE;

  self->open = g_try_renew (EnjCanonOpen, self->open, OPEN_MIN);
  self->n_open = self->open ? OPEN_MIN : 0;
  if (!self->open || !enj_bytes_append (&self->names, "", 1)
      || !enj_bytes_append (&self->names, self->default_ns, len))
    {
      enj_canon_clear (self);
      self->no_memory = TRUE;
      return FALSE;
    }

  self->open[0] = (EnjCanonOpen){ .ns = len > 1, .ns_len = len - 1, .written = len > 1 };
  return TRUE;
}

static gboolean
make_open (EnjCanon *self)
{
  EnjCanonOpen *grown;

  if (self->depth + 1 < self->n_open)
    return TRUE;

  grown = g_try_renew (EnjCanonOpen, self->open, self->n_open * 2);
  if (!grown)
    {
      self->no_memory = TRUE;
      return FALSE;
    }
  self->open = grown;
  self->n_open *= 2;
  return TRUE;
}

static gboolean
is_same_ns (const char *triplet, const char *ns, gsize ns_len)
{
  if (ns_len == 0)
    return !strchr (triplet, ENJ_CANON_SEPARATOR);

  return strncmp (triplet, ns, ns_len) == 0 && triplet[ns_len] == ENJ_CANON_SEPARATOR;
}

/* Keeps the namespace of @open and finds the one to declare. */
static gboolean
change_ns (EnjCanon *self, EnjCanonOpen *open, const char *triplet, const char **declare)
{
  const char *ns;
  const char *name;

  if (!enj_canon_split (self, triplet, &ns, &name))
    return FALSE;

  *declare = enj_element_declared_ns (ns, name_at (self, open->written), self->default_ns);
  open->ns_len = strlen (ns);
  open->ns = 0;
  if (*ns)
    {
      open->ns = open->mark;
      cut (&self->names, open->mark + open->ns_len + 1);
    }
  if (*declare == ns)
    {
      open->written = open->ns;
    }
  else if (*declare)
    {
      gsize len = strlen (*declare) + 1;

      open->written = enj_bytes_length (&self->names);
      if (!enj_bytes_append (&self->names, *declare, len))
        return fail (self, &self->names, len);
    }
  return TRUE;
}

static const char *
tag_prefix (const EnjCanon *self, const EnjCanonOpen *open)
{
  return open->ns_len == strlen (ENJ_NS_XML)
             ? enj_element_tag_prefix (name_at (self, open->ns))
             : "";
}

void
enj_canon_init (EnjCanon *self, const char *default_ns, gsize limit)
{
  *self = (EnjCanon){ .default_ns = default_ns };
  enj_canon_set_limit (self, limit);
}

void
enj_canon_set_limit (EnjCanon *self, gsize limit)
{
  self->out.limit = limit;
  /* The namespaces that are open are each declared in the output, too; beside them stands one
   * name that is being looked at. */
  self->names.limit = MAX (self->names.limit, 2 * limit + 2 * strlen (self->default_ns) + 64);
}

void
enj_canon_clear (EnjCanon *self)
{
  enj_bytes_clear (&self->out);
  enj_bytes_clear (&self->names);
  g_clear_pointer (&self->open, g_free);
  self->n_open = self->depth = 0;
}

void
enj_canon_restart (EnjCanon *self)
{
  if (self->depth > 0)
    cut (&self->names, self->open[1].mark); /* The last one was not read to its end. */
  self->depth = 0;
  self->spread = 0;
  self->in_tag = FALSE;
  cut (&self->out, 0);
}

gboolean
enj_canon_split (EnjCanon *self, const char *triplet, const char **ns, const char **name)
{
  gsize length = enj_bytes_length (&self->names);
  gsize len = strlen (triplet) + 1;
  char *copy = (char *) enj_bytes_reserve (&self->names, len);
  char *separator;

  if (!copy)
    return fail (self, &self->names, len);

  memcpy (copy, triplet, len);
  *ns = copy + len - 1;
  *name = copy;
  separator = strchr (copy, ENJ_CANON_SEPARATOR);
  if (separator)
    {
      *separator = '\0';
      *ns = copy;
      *name = separator + 1;
      separator = strchr (separator + 1, ENJ_CANON_SEPARATOR);
      if (separator)
        *separator = '\0';
    }
  cut (&self->names, length);
  return TRUE;
}

gboolean
enj_canon_enter (EnjCanon *self, const char *triplet, EnjCanonName *name)
{
  const EnjCanonOpen *parent;
  const char *end;
  EnjCanonOpen *open;

  if (!make_names (self) || !make_open (self))
    return FALSE;

  parent = &self->open[self->depth++];
  open = &self->open[self->depth];
  *open = *parent;
  open->mark = enj_bytes_length (&self->names);
  name->declare = NULL;
  name->changed = !is_same_ns (triplet, name_at (self, parent->ns), parent->ns_len);
  if (name->changed && !change_ns (self, open, triplet, &name->declare))
    return FALSE;

  name->ns = name_at (self, open->ns);
  name->name = triplet + open->ns_len + (open->ns_len > 0);
  for (end = name->name; (guchar) *end > ENJ_CANON_SEPARATOR; end++)
    continue;
  name->len = open->name_len = (gsize) (end - name->name);

  self->spread += open->ns_len;
  self->no_memory = FALSE;
  return self->spread / SPREAD_MAX <= self->out.limit;
}

static gboolean
write_attributes (EnjCanon *self, const char **atts)
{
  guint prefixes = 0;

  for (; *atts; atts += 2)
    if (!enj_canon_write_attribute (self, &self->out, &prefixes, atts[0], atts[1]))
      return FALSE;

  return TRUE;
}

gboolean
enj_canon_start (EnjCanon *self, const EnjCanonName *name, const char **atts)
{
  const char *prefix = tag_prefix (self, &self->open[self->depth]);
  gsize prefix_len = strlen (prefix);
  gsize len = prefix_len + name->len + 2;
  guint8 *p = enj_bytes_reserve (&self->out, len);

  if (!p)
    return fail (self, &self->out, len);

  if (self->in_tag)
    *p++ = '>';
  *p++ = '<';
  memcpy (p, prefix, prefix_len);
  memcpy (p + prefix_len, name->name, name->len);
  enj_bytes_commit (&self->out, len - !self->in_tag);
  self->in_tag = TRUE;

  if (!enj_escape_write_attribute (&self->out, "xmlns", name->declare))
    return fail (self, &self->out, 6 * strlen (name->declare) + 9);

  return write_attributes (self, atts);
}

gboolean
enj_canon_build_attributes (EnjCanon *self, EnjElementBuilder *builder, const char **atts)
{
  const char *ns;
  const char *name;

  for (; *atts; atts += 2)
    {
      if (!enj_canon_split (self, atts[0], &ns, &name))
        return FALSE;
      enj_element_builder_attribute (builder, ns, name, atts[1]);
    }
  return TRUE;
}

gboolean
enj_canon_text (EnjCanon *self, const char *text, gsize len)
{
  if ((self->in_tag && !enj_bytes_append (&self->out, ">", 1))
      || !enj_escape_text (&self->out, text, len))
    return fail (self, &self->out, (enj_escape_is_plain (text, len) ? len : 6 * len) + 1);

  self->in_tag = FALSE;
  return TRUE;
}

void
enj_canon_leave (EnjCanon *self)
{
  cut (&self->names, self->open[self->depth--].mark);
}

gboolean
enj_canon_end (EnjCanon *self, const char *triplet)
{
  const EnjCanonOpen *open = &self->open[self->depth];
  const char *prefix = tag_prefix (self, open);
  gsize prefix_len = strlen (prefix);
  gsize len = self->in_tag ? 2 : prefix_len + open->name_len + 3;
  guint8 *p = enj_bytes_reserve (&self->out, len);

  if (!p)
    return fail (self, &self->out, len);

  if (self->in_tag)
    {
      memcpy (p, "/>", 2);
    }
  else
    {
      memcpy (p, "</", 2);
      memcpy (p + 2, prefix, prefix_len);
      memcpy (p + 2 + prefix_len, triplet + open->ns_len + (open->ns_len > 0), open->name_len);
      p[len - 1] = '>';
    }
  enj_bytes_commit (&self->out, len);
  self->in_tag = FALSE;
  enj_canon_leave (self);
  return TRUE;
}

gboolean
enj_canon_write_attribute (EnjCanon *self, EnjBytes *out, guint *prefixes, const char *triplet,
                           const char *value)
{
  const char *name = triplet;
  const char *ns = "";

  if (strchr (triplet, ENJ_CANON_SEPARATOR) && !enj_canon_split (self, triplet, &ns, &name))
    return FALSE;

  if (*ns ? enj_element_write_attribute (out, prefixes, ns, name, value)
          : enj_escape_write_attribute (out, name, value))
    return TRUE;

  return fail (self, out, 7 * strlen (triplet) + 6 * strlen (value) + 64);
}
