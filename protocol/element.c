#include "config.h"

#include "protocol/element.h"

#include <string.h>

#include "protocol/escape.h"
#include "protocol/legal.h"
#include "protocol/ns.h"

typedef struct
{
  GRefString *ns; /* NULL for none */
  char *name;
  char *value;
} Attribute;

typedef struct
{
  EnjElement *element;
  char *tail; /* the text behind it, or NULL */
} Child;

struct EnjElement
{
  guint refs;
  guint n_attributes;
  guint n_children;
  gboolean mixed;  /* there is text behind a child */
  GRefString *ns;  /* shared down the tree: a long one costs its bytes once */
  char *name;
  Attribute *attributes;
  Child *children;
  char *text;            /* before the first child, or NULL */
  char *joined;          /* what get_text() made of mixed content */
  EnjElement *next_dead; /* while it waits to be freed */
};

/* An element that is open. */
typedef struct
{
  EnjElement *element;
  GArray *attributes; /* of Attribute; NULL while there are none */
  GArray *children;   /* of Child; NULL while there are none */
} Frame;

struct EnjElementBuilder
{
  GArray *frames; /* of Frame, the root first, never empty */
  GString *text;  /* not yet in the tree */
};

/* An element on the way to the one that is being written. */
typedef struct
{
  const EnjElement *element;
  guint next;
  const char *written;
} Step;

static gboolean
same (const char *a, const char *b)
{
  return a == b || strcmp (a, b) == 0;
}

/* ---- The tree ----------------------------------------------------------- */

static EnjElement *
element_new (GRefString *ns, const char *name)
{
  EnjElement *self = g_new0 (EnjElement, 1);

  self->refs = 1;
  self->ns = ns;
  self->name = g_strdup (name);
  return self;
}

/* Lets go of one holder; the last one puts the element on the list of the dead. */
static void
drop (EnjElement *self, EnjElement **dead)
{
  if (--self->refs > 0)
    return;

  self->next_dead = *dead;
  *dead = self;
}

static void
element_free (EnjElement *self, EnjElement **dead)
{
  for (guint i = 0; i < self->n_attributes; i++)
    {
      g_clear_pointer (&self->attributes[i].ns, g_ref_string_release);
      g_free (self->attributes[i].name);
      g_free (self->attributes[i].value);
    }
  for (guint i = 0; i < self->n_children; i++)
    {
      drop (self->children[i].element, dead);
      g_free (self->children[i].tail);
    }
  g_ref_string_release (self->ns);
  g_free (self->attributes);
  g_free (self->children);
  g_free (self->name);
  g_free (self->text);
  g_free (self->joined);
  g_free (self);
}

EnjElement *
enj_element_ref (const EnjElement *self)
{
  EnjElement *shared = (EnjElement *) self;

  shared->refs++;
  return shared;
}

void
enj_element_unref (EnjElement *self)
{
  EnjElement *dead = NULL;

  if (!self)
    return;

  drop (self, &dead);
  while (dead)
    {
      EnjElement *next = dead;

      dead = next->next_dead;
      element_free (next, &dead);
    }
}

const char *
enj_element_get_name (const EnjElement *self)
{
  return self->name;
}

const char *
enj_element_get_namespace (const EnjElement *self)
{
  return self->ns;
}

static Attribute *
find_attribute (Attribute *attributes, guint n, const char *ns, const char *name)
{
  for (guint i = 0; i < n; i++)
    if (strcmp (attributes[i].name, name) == 0 && g_strcmp0 (attributes[i].ns, ns) == 0)
      return &attributes[i];

  return NULL;
}

const char *
enj_element_get_attribute (const EnjElement *self, const char *ns, const char *name)
{
  const Attribute *found = find_attribute (self->attributes, self->n_attributes,
                                           ns && *ns ? ns : NULL, name);

  return found ? found->value : NULL;
}

const char *
enj_element_get_text (const EnjElement *self)
{
  GString *joined;

  if (!self->mixed)
    return self->text ? self->text : "";
  if (self->joined)
    return self->joined;

  joined = g_string_new (self->text);
  for (guint i = 0; i < self->n_children; i++)
    if (self->children[i].tail)
      g_string_append (joined, self->children[i].tail);

  return ((EnjElement *) self)->joined = g_string_free (joined, FALSE);
}

guint
enj_element_get_n_children (const EnjElement *self)
{
  return self->n_children;
}

const EnjElement *
enj_element_get_child (const EnjElement *self, guint index)
{
  return index < self->n_children ? self->children[index].element : NULL;
}

gboolean
enj_element_is (const EnjElement *self, const char *ns, const char *name)
{
  return (!name || strcmp (self->name, name) == 0) && (!ns || same (self->ns, ns));
}

const EnjElement *
enj_element_find (const EnjElement *self, const char *ns, const char *name)
{
  for (guint i = 0; i < self->n_children; i++)
    if (enj_element_is (self->children[i].element, ns, name))
      return self->children[i].element;

  return NULL;
}

gboolean
enj_element_get_nth_attribute (const EnjElement *self, guint index, const char **ns,
                               const char **name, const char **value)
{
  if (index >= self->n_attributes)
    return FALSE;

  *ns = self->attributes[index].ns;
  *name = self->attributes[index].name;
  *value = self->attributes[index].value;
  return TRUE;
}

/* ---- The builder -------------------------------------------------------- */

static Frame *
top (const EnjElementBuilder *self)
{
  return &g_array_index (self->frames, Frame, self->frames->len - 1);
}

static GRefString *
ns_new (const char *ns)
{
  g_autofree char *legal = enj_legal_text_new (ns);

  return g_ref_string_new (legal);
}

static void
push (EnjElementBuilder *self, EnjElement *element)
{
  Frame frame = { .element = element };

  g_array_append_val (self->frames, frame);
}

/* Text goes in front of the first child or behind the last. */
static void
flush_text (EnjElementBuilder *self)
{
  Frame *frame = top (self);
  char *text;

  if (self->text->len == 0)
    return;

  text = g_strndup (self->text->str, self->text->len);
  g_string_truncate (self->text, 0);
  if (frame->children)
    {
      g_array_index (frame->children, Child, frame->children->len - 1).tail = text;
      frame->element->mixed = TRUE;
    }
  else
    {
      frame->element->text = text;
    }
}

static void
add_child (EnjElementBuilder *self, EnjElement *element)
{
  Frame *frame = top (self);
  Child child = { .element = element };

  if (!frame->children)
    frame->children = g_array_new (FALSE, FALSE, sizeof (Child));
  g_array_append_val (frame->children, child);
}

static gpointer
steal_array (GArray *array, guint *n)
{
  *n = array ? array->len : 0;
  return array ? g_array_free (array, FALSE) : NULL;
}

/* Closes the innermost element, which the caller then owns. */
static EnjElement *
pop (EnjElementBuilder *self)
{
  Frame frame;

  flush_text (self);
  frame = *top (self);
  g_array_set_size (self->frames, self->frames->len - 1);
  frame.element->attributes = steal_array (frame.attributes, &frame.element->n_attributes);
  frame.element->children = steal_array (frame.children, &frame.element->n_children);
  return frame.element;
}

EnjElementBuilder *
enj_element_builder_new (const char *ns, const char *name)
{
  EnjElementBuilder *self;

  g_return_val_if_fail (enj_legal_is_name (name), NULL);

  self = g_new (EnjElementBuilder, 1);
  self->frames = g_array_new (FALSE, FALSE, sizeof (Frame));
  self->text = g_string_new (NULL);
  push (self, element_new (ns_new (ns ? ns : ENJ_NS_CLIENT), name));
  return self;
}

void
enj_element_builder_free (EnjElementBuilder *self)
{
  if (self)
    enj_element_unref (enj_element_builder_end_new (self));
}

void
enj_element_builder_start (EnjElementBuilder *self, const char *ns, const char *name)
{
  GRefString *outer;

  g_return_if_fail (enj_legal_is_name (name));

  flush_text (self);
  outer = top (self)->element->ns;
  if (!ns || same (ns, outer))
    push (self, element_new (g_ref_string_acquire (outer), name));
  else
    push (self, element_new (ns_new (ns), name));
}

void
enj_element_builder_end (EnjElementBuilder *self)
{
  g_return_if_fail (self->frames->len > 1);

  add_child (self, pop (self));
}

void
enj_element_builder_attribute (EnjElementBuilder *self, const char *ns, const char *name,
                               const char *value)
{
  Frame *frame = top (self);
  Attribute *old, attribute;

  g_return_if_fail (enj_legal_is_name (name) || g_strcmp0 (ns, ENJ_NS_XMLNS) == 0);
  g_return_if_fail (value);

  ns = ns && *ns ? ns : NULL;
  if (!frame->attributes)
    frame->attributes = g_array_new (FALSE, FALSE, sizeof (Attribute));

  /* A name twice in one tag is not XML: the last value counts. */
  old = find_attribute ((Attribute *) (gpointer) frame->attributes->data, frame->attributes->len,
                        ns, name);
  if (old)
    {
      g_free (old->value);
      old->value = enj_legal_text_new (value);
      return;
    }

  attribute = (Attribute){ ns ? ns_new (ns) : NULL, g_strdup (name), enj_legal_text_new (value) };
  g_array_append_val (frame->attributes, attribute);
}

void
enj_element_builder_text (EnjElementBuilder *self, const char *text)
{
  enj_legal_text_append (self->text, text, strlen (text));
}

void
enj_element_builder_child (EnjElementBuilder *self, const EnjElement *child)
{
  flush_text (self);
  add_child (self, enj_element_ref (child));
}

EnjElement *
enj_element_builder_end_new (EnjElementBuilder *self)
{
  EnjElement *root;

  while (self->frames->len > 1)
    enj_element_builder_end (self);

  root = pop (self);
  g_array_free (self->frames, TRUE);
  g_string_free (self->text, TRUE);
  g_free (self);
  return root;
}

guint
enj_element_builder_get_depth (const EnjElementBuilder *self)
{
  return self->frames->len;
}

void
enj_element_builder_text_len (EnjElementBuilder *self, const char *text, gsize len)
{
  g_string_append_len (self->text, text, (gssize) len);
}

/* ---- The canonical form ------------------------------------------------- */

const char *
enj_element_declared_ns (const char *ns, const char *written, const char *default_ns)
{
  if (same (ns, written) || strcmp (ns, ENJ_NS_XML) == 0)
    return NULL;

  /* What stands outside would be read in the namespace of whatever stream carries it on; so would
   * what another stream's namespace is, where that is the one. */
  if ((default_ns && *default_ns && same (ns, default_ns)) || strcmp (ns, ENJ_NS_SERVER) == 0
      || strcmp (ns, ENJ_NS_COMPONENT) == 0)
    return same (written, ENJ_NS_CLIENT) ? NULL : ENJ_NS_CLIENT;

  return ns;
}

const char *
enj_element_tag_prefix (const char *ns)
{
  return strcmp (ns, ENJ_NS_XML) == 0 ? "xml:" : "";
}

static gboolean
put (EnjBytes *out, const char *text)
{
  return enj_bytes_append (out, text, strlen (text));
}

/* Writes `name="value"` behind what there is of the name already. */
static gboolean
put_attribute (EnjBytes *out, const char *name, const char *value)
{
  return put (out, name) && put (out, "=\"")
         && enj_escape_attribute (out, value, strlen (value)) && put (out, "\"");
}

gboolean
enj_element_write_attribute (EnjBytes *out, guint *prefixes, const char *ns, const char *name,
                             const char *value)
{
  char prefix[16];

  if (!ns || !*ns)
    return enj_escape_write_attribute (out, name, value);
  if (strcmp (ns, ENJ_NS_XMLNS) == 0)
    return TRUE;
  if (strcmp (ns, ENJ_NS_XML) == 0)
    return put (out, " xml:") && put_attribute (out, name, value);

  g_snprintf (prefix, sizeof prefix, "n%u", (*prefixes)++);
  return put (out, " xmlns:") && put_attribute (out, prefix, ns) && put (out, " ")
         && put (out, prefix) && put (out, ":") && put_attribute (out, name, value);
}

static gboolean
put_text (EnjBytes *out, const char *text)
{
  return !text || enj_escape_text (out, text, strlen (text));
}

static gboolean
is_empty (const EnjElement *self)
{
  return self->n_children == 0 && !self->text;
}

/* The start tag and the text behind it. */
static gboolean
put_start (EnjBytes *out, const EnjElement *element, const char *declared)
{
  gboolean fits = put (out, "<") && put (out, enj_element_tag_prefix (element->ns))
                  && put (out, element->name)
                  && enj_escape_write_attribute (out, "xmlns", declared);
  guint prefixes = 0;

  for (guint i = 0; fits && i < element->n_attributes; i++)
    fits = enj_element_write_attribute (out, &prefixes, element->attributes[i].ns,
                                        element->attributes[i].name,
                                        element->attributes[i].value);

  return fits && put (out, is_empty (element) ? "/>" : ">") && put_text (out, element->text);
}

static gboolean
put_end (EnjBytes *out, const EnjElement *element)
{
  return is_empty (element)
         || (put (out, "</") && put (out, enj_element_tag_prefix (element->ns))
             && put (out, element->name) && put (out, ">"));
}

/* The next child of @step, begun on the wire and pushed to @path. */
static gboolean
enter_child (EnjBytes *out, GArray *path, Step *step, const char *default_ns)
{
  const EnjElement *child = step->element->children[step->next++].element;
  const char *declared = enj_element_declared_ns (child->ns, step->written, default_ns);
  Step inner = { .element = child, .written = declared ? declared : step->written };

  g_array_append_val (path, inner);
  return put_start (out, child, declared);
}

/* What stands inside @self but for the text before the first child. */
static gboolean
put_children (EnjBytes *out, const EnjElement *self, const char *written, const char *default_ns)
{
  g_autoptr (GArray) path = g_array_new (FALSE, FALSE, sizeof (Step));
  Step step = { .element = self, .written = written };
  gboolean fits = TRUE;

  g_array_append_val (path, step);
  while (fits)
    {
      Step *last = &g_array_index (path, Step, path->len - 1);
      const EnjElement *done = last->element;

      if (last->next < done->n_children)
        {
          fits = enter_child (out, path, last, default_ns);
          continue;
        }
      if (path->len == 1)
        break;

      g_array_set_size (path, path->len - 1);
      last = &g_array_index (path, Step, path->len - 1);
      fits = put_end (out, done) && put_text (out, last->element->children[last->next - 1].tail);
    }

  return fits;
}

gboolean
enj_element_format (const EnjElement *self, const char *default_ns, EnjBytes *out)
{
  gsize length = enj_bytes_length (out);
  const char *outer = default_ns ? default_ns : "";
  const char *declared = enj_element_declared_ns (self->ns, outer, default_ns);

  if (put_start (out, self, declared)
      && put_children (out, self, declared ? declared : outer, default_ns) && put_end (out, self))
    return TRUE;

  out->end = out->start + length;
  return FALSE;
}

gboolean
enj_element_format_content (const EnjElement *self, const char *default_ns, EnjBytes *out)
{
  gsize length = enj_bytes_length (out);

  if (put_text (out, self->text) && put_children (out, self, default_ns, default_ns))
    return TRUE;

  out->end = out->start + length;
  return FALSE;
}

char *
enj_element_dup_text (const EnjElement *self, const char *default_ns)
{
  EnjBytes out;
  const guint8 *data;
  gsize len;
  char *text;

  enj_bytes_init (&out, G_MAXSSIZE);
  (void) enj_element_format (self, default_ns, &out); /* "" where memory cannot be had. */
  data = enj_bytes_peek (&out, &len);
  text = g_strndup (data ? (const char *) data : "", len);
  enj_bytes_clear (&out);
  return text;
}
