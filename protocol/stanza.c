#include "config.h"

#include "protocol/stanza.h"

#include <string.h>

#include "protocol/budget.h"
#include "protocol/condition.h"
#include "protocol/escape.h"
#include "protocol/legal.h"
#include "protocol/ns.h"

/* The most bytes that one character of an attribute becomes. */
#define ESCAPED_MAX 6

/* An error must arrive: RFC 6120 13.12 lets a server refuse stanzas of more than 10000 bytes. */
#define ERROR_ID_MAX 4096

/* Shared by all heads over the same bytes. */
typedef struct
{
  guint refs;
  EnjCut cut; /* it is left out */
  gsize len;
  guint8 data[];
} Content;

/* The strings of a head in the order of the wire, with their names. */
#define ATTRIBUTES(X)        \
  X (from, "from")           \
  X (to, "to")               \
  X (id, "id")               \
  X (type, "type")           \
  X (lang, "xml:lang")

struct EnjStanza
{
  guint refs;
  EnjStanzaHead head; /* points into strings */
#define X(field, name) guint32 field##_len;
  ATTRIBUTES (X)
#undef X
  gboolean is_plain; /* no value of the head has anything to escape */
  guint again; /* so often it has been sent before */
  gsize size;
  gsize held; /* in the budget, without the content */
  gint64 due; /* until then it may wait; 0 while nobody has said */
  Content *content;
  EnjReceipt *receipt;
  EnjElement *element;
  char strings[];
};

static const char *const kind_names[] = {
  [ENJ_STANZA_MESSAGE] = "message",
  [ENJ_STANZA_PRESENCE] = "presence",
  [ENJ_STANZA_IQ] = "iq",
};

static Content *
content_try_new (const guint8 *data, gsize len)
{
  Content *self
    = len <= G_MAXSSIZE - sizeof (Content) ? g_try_malloc (sizeof (Content) + len) : NULL;

  if (!self)
    return NULL;

  enj_budget_charge (sizeof (Content) + len);
  *self = (Content){ .refs = 1, .len = len };
  if (len > 0)
    memcpy (self->data, data, len);
  return self;
}

static void
content_unref (Content *self)
{
  if (--self->refs > 0)
    return;
  enj_budget_release (sizeof (Content) + self->len);
  g_free (self);
}

/* The length of @value; what it may take on the wire is added to @size. */
static gsize
measure (const char *value, gsize *size, gboolean *is_plain)
{
  gsize len = strlen (value);

  *size += len;
  if (enj_escape_is_plain (value, len))
    return len;

  *is_plain = FALSE;
  for (gsize i = 0; i < len; i++)
    *size += enj_escape_is_plain (value + i, 1) ? 0 : ESCAPED_MAX - 1;
  return len;
}

static const char *
put_string (char **end, const char *value, gsize len)
{
  char *start = *end;

  if (!value)
    return NULL;

  memcpy (start, value, len + 1);
  *end += len + 1;
  return start;
}

/* Takes one holder of @content, also when it fails. */
static EnjStanza *
stanza_try_new (const EnjStanzaHead *head, Content *content)
{
  gsize name_len = strlen (kind_names[head->kind]);
  gsize size = content->len > 0 ? 2 * name_len + strlen ("<></>") + content->len
                                : name_len + strlen ("</>");
  gsize extra_len = head->extra ? strlen (head->extra) : 0;
  gsize strings = extra_len + 1;
  gboolean is_plain = TRUE;
  EnjStanza *self;
  char *end;

#define X(field, name)                                                            \
  gsize field##_len = head->field ? measure (head->field, &size, &is_plain) : 0;  \
  if (head->field)                                                                \
    {                                                                             \
      size += strlen (" " name "=\"\"");                                          \
      strings += field##_len + 1;                                                 \
    }
  ATTRIBUTES (X)
#undef X

  self = g_try_malloc (sizeof (EnjStanza) + strings);
  if (!self)
    {
      content_unref (content);
      return NULL;
    }

  enj_budget_charge (sizeof (EnjStanza) + strings);
  *self = (EnjStanza){ .refs = 1,
                       .size = size + extra_len,
                       .held = sizeof (EnjStanza) + strings,
                       .content = content,
                       .is_plain = is_plain,
                       .head.kind = head->kind };
  end = self->strings;
#define X(field, name)                                                            \
  self->head.field = put_string (&end, head->field, field##_len);                 \
  self->field##_len = (guint32) field##_len;
  ATTRIBUTES (X)
#undef X
  self->head.extra = put_string (&end, head->extra, extra_len);
  return self;
}

/* ---- Heads and contents ------------------------------------------------- */

EnjStanza *
enj_stanza_new_raw (const EnjStanzaHead *head, const guint8 *content, gsize len)
{
  Content *copy = content_try_new (content, len);

  return copy ? stanza_try_new (head, copy) : NULL;
}

/* @heir, which may be NULL, with the receipt of @self. */
static EnjStanza *
endow (EnjStanza *heir, const EnjStanza *self)
{
  if (heir && self->receipt)
    heir->receipt = enj_receipt_ref (self->receipt);
  return heir;
}

EnjStanza *
enj_stanza_new_headed (EnjStanza *self, const EnjStanzaHead *head)
{
  self->content->refs++;
  return endow (stanza_try_new (head, self->content), self);
}

EnjStanza *
enj_stanza_ref (const EnjStanza *self)
{
  EnjStanza *shared = (EnjStanza *) self;

  shared->refs++;
  return shared;
}

void
enj_stanza_unref (EnjStanza *self)
{
  EnjReceipt *receipt;

  if (!self || --self->refs > 0)
    return;

  receipt = self->receipt;
  content_unref (self->content);
  enj_element_unref (self->element);
  enj_budget_release (self->held);
  g_free (self);
  enj_receipt_unref (receipt);
}

const EnjStanzaHead *
enj_stanza_get_head (const EnjStanza *self)
{
  return &self->head;
}

const guint8 *
enj_stanza_get_content (const EnjStanza *self, gsize *len)
{
  *len = self->content->len;
  return self->content->data;
}

EnjStanzaKind
enj_stanza_get_kind (const EnjStanza *self)
{
  return self->head.kind;
}

const char *
enj_stanza_get_from (const EnjStanza *self)
{
  return self->head.from;
}

const char *
enj_stanza_get_to (const EnjStanza *self)
{
  return self->head.to;
}

const char *
enj_stanza_get_id (const EnjStanza *self)
{
  return self->head.id;
}

const char *
enj_stanza_get_type (const EnjStanza *self)
{
  return self->head.type;
}

const char *
enj_stanza_kind_format (EnjStanzaKind kind)
{
  return kind_names[kind];
}

gboolean
enj_stanza_kind_parse (const char *name, EnjStanzaKind *kind)
{
  for (guint i = 0; i < G_N_ELEMENTS (kind_names); i++)
    if (strcmp (name, kind_names[i]) == 0)
      {
        *kind = (EnjStanzaKind) i;
        return TRUE;
      }

  return FALSE;
}

void
enj_stanza_set_receipt (EnjStanza *self, EnjReceipt *receipt)
{
  EnjReceipt *before = self->receipt;

  self->receipt = enj_receipt_ref (receipt);
  enj_receipt_unref (before);
}

EnjReceipt *
enj_stanza_get_receipt (const EnjStanza *self)
{
  return self->receipt;
}

void
enj_stanza_mark_again (EnjStanza *self)
{
  self->again++;
}

guint
enj_stanza_count_again (const EnjStanza *self)
{
  return self->again;
}

gint64
enj_stanza_wait_until (EnjStanza *self, gint64 due)
{
  return self->due = self->due > 0 ? MIN (self->due, due) : due;
}

void
enj_stanza_mark_cut (EnjStanza *self, EnjCut cut)
{
  self->content->cut = cut;
}

EnjCut
enj_stanza_get_cut (const EnjStanza *self)
{
  return self->content->cut;
}

const EnjElement *
enj_stanza_peek_element (const EnjStanza *self)
{
  return self->element;
}

void
enj_stanza_take_element (EnjStanza *self, EnjElement *element)
{
  g_return_if_fail (!self->element);

  self->element = element;
}

/* ---- On the wire -------------------------------------------------------- */

gsize
enj_stanza_get_size (const EnjStanza *self)
{
  return self->size;
}

static gboolean
put (EnjBytes *out, const char *text)
{
  return enj_bytes_append (out, text, strlen (text));
}

static gboolean
put_content (EnjBytes *out, const char *name, const Content *content)
{
  if (content->len == 0)
    return put (out, "/>");

  return put (out, ">") && enj_bytes_append (out, content->data, content->len)
         && put (out, "</") && put (out, name) && put (out, ">");
}

/* Nearly all stanzas: every length is known and nothing is escaped. */
static gsize
format_plain (const EnjStanza *self, guint8 *start)
{
  const char *name = kind_names[self->head.kind];
  guint8 *p = start;

  p = mempcpy (p, "<", 1);
  p = mempcpy (p, name, strlen (name));
#define X(field, attribute)                                                       \
  if (self->head.field)                                                           \
    {                                                                             \
      p = mempcpy (p, " " attribute "=\"", strlen (" " attribute "=\""));         \
      p = mempcpy (p, self->head.field, self->field##_len);                       \
      *p++ = '"';                                                                 \
    }
  ATTRIBUTES (X)
#undef X
  if (self->head.extra)
    p = mempcpy (p, self->head.extra, strlen (self->head.extra));
  if (self->content->len == 0)
    return (gsize) ((guint8 *) mempcpy (p, "/>", 2) - start);

  *p++ = '>';
  p = mempcpy (p, self->content->data, self->content->len);
  p = mempcpy (p, "</", 2);
  p = mempcpy (p, name, strlen (name));
  *p++ = '>';
  return (gsize) (p - start);
}

gboolean
enj_stanza_format (const EnjStanza *self, EnjBytes *out)
{
  const EnjStanzaHead *head = &self->head;
  const char *name = kind_names[head->kind];
  guint8 *room = enj_bytes_reserve (out, self->size);

  /* With room for all of it nothing below can fail. */
  if (!room)
    return FALSE;
  if (self->is_plain)
    {
      enj_bytes_commit (out, format_plain (self, room));
      return TRUE;
    }

#define X(field, attribute) && enj_escape_write_attribute (out, attribute, head->field)
  return put (out, "<") && put (out, name) ATTRIBUTES (X)
         && (!head->extra || put (out, head->extra)) && put_content (out, name, self->content);
#undef X
}

/* ---- Made by services --------------------------------------------------- */

/* A stanza whose strings come from a program: they are made legal first. */
static EnjStanza *
legal_new (const EnjStanzaHead *head, Content *content)
{
  EnjStanzaHead legal = *head;

#define X(field, name) g_autofree char *field = enj_legal_text_new (head->field);
  ATTRIBUTES (X)
#undef X
#define X(field, name) legal.field = field;
  ATTRIBUTES (X)
#undef X
  return stanza_try_new (&legal, content);
}

/* What @out holds as the content of a stanza; clears @out. */
static Content *
content_take_bytes (EnjBytes *out, gboolean complete)
{
  gsize len;
  const guint8 *data = enj_bytes_peek (out, &len);
  Content *content = complete ? content_try_new (data, len) : NULL;

  enj_bytes_clear (out);
  return content;
}

static Content *
payload_content (const EnjElement *payload)
{
  EnjBytes out;

  enj_bytes_init (&out, G_MAXSSIZE);
  return content_take_bytes (&out, !payload || enj_element_format (payload, ENJ_NS_CLIENT, &out));
}

EnjStanza *
enj_stanza_new (EnjStanzaKind kind, const char *type, const char *from, const char *to,
                const char *id, const EnjElement *payload)
{
  EnjStanzaHead head = { .kind = kind, .from = from, .to = to, .id = id, .type = type };
  Content *content;

  g_return_val_if_fail ((guint) kind < G_N_ELEMENTS (kind_names), NULL);

  content = payload_content (payload);
  return content ? legal_new (&head, content) : NULL;
}

gboolean
enj_stanza_is_answerable (const EnjStanza *self)
{
  const char *type = self->head.type;

  if (g_strcmp0 (type, "error") == 0)
    return FALSE;

  return self->head.kind != ENJ_STANZA_IQ || g_strcmp0 (type, "result") != 0;
}

/* The head of an answer, its type left to the caller.  FALSE where there is nobody or nothing
 * to answer. */
static gboolean
answer_head (const EnjStanza *self, EnjStanzaHead *head)
{
  if (!self->head.from || !enj_stanza_is_answerable (self))
    return FALSE;

  *head = (EnjStanzaHead){
    .kind = self->head.kind, .from = self->head.to, .to = self->head.from, .id = self->head.id
  };
  return TRUE;
}

static gboolean
reply_head (const EnjStanza *self, EnjStanzaHead *head)
{
  if (!answer_head (self, head))
    return FALSE;

  head->type = self->head.type;
  if (head->kind == ENJ_STANZA_IQ)
    {
      /* Of another type it can only be refused (RFC 6120 8.2.3). */
      if (g_strcmp0 (head->type, "get") != 0 && g_strcmp0 (head->type, "set") != 0)
        return FALSE;
      head->type = "result";
    }
  return TRUE;
}

EnjStanza *
enj_stanza_new_reply (EnjStanza *self, const EnjElement *payload)
{
  EnjStanzaHead head;
  Content *content;

  if (!reply_head (self, &head))
    return NULL;

  content = payload_content (payload);
  return endow (content ? stanza_try_new (&head, content) : NULL, self);
}

EnjStanza *
enj_stanza_new_echo (EnjStanza *self)
{
  EnjStanzaHead head;

  if (!reply_head (self, &head))
    return NULL;

  /* The words are the same, and so is their language. */
  head.lang = self->head.lang;
  return enj_stanza_new_headed (self, &head);
}

/* RFC 6120 8.3.2. */
static Content *
error_content (EnjStanzaCondition condition, const char *type, const char *text)
{
  g_autofree char *legal = enj_legal_text_new (text);
  EnjBytes out;
  gboolean complete;

  enj_bytes_init (&out, G_MAXSSIZE);
  complete = put (&out, "<error") && enj_escape_write_attribute (&out, "type", type)
             && put (&out, "><") && put (&out, enj_stanza_condition_format (condition))
             && put (&out, " xmlns=\"" ENJ_NS_STANZA_ERRORS "\"/>");
  if (legal)
    complete = complete
               && put (&out, "<text xmlns=\"" ENJ_NS_STANZA_ERRORS "\" xml:lang=\"en\">")
               && enj_escape_text (&out, legal, strlen (legal)) && put (&out, "</text>");
  complete = complete && put (&out, "</error>");
  return content_take_bytes (&out, complete);
}

EnjStanza *
enj_stanza_new_error_full (EnjStanza *self, EnjStanzaCondition condition, const char *type,
                           const char *text)
{
  EnjStanzaHead head;
  Content *content;

  if (!answer_head (self, &head))
    return NULL;

  head.type = "error";
  if (self->id_len > ERROR_ID_MAX)
    head.id = NULL;
  content = error_content (condition, type ? type : enj_stanza_condition_type (condition), text);
  return endow (content ? stanza_try_new (&head, content) : NULL, self);
}

EnjStanza *
enj_stanza_new_error (EnjStanza *self, EnjStanzaCondition condition, const char *text)
{
  return enj_stanza_new_error_full (self, condition, NULL, text);
}

EnjStanza *
enj_stanza_new_forward (EnjStanza *self, const char *from, const char *to)
{
  EnjStanzaHead head = self->head;

  head.from = from;
  head.to = to;
  self->content->refs++;
  return endow (legal_new (&head, self->content), self);
}

EnjStanza *
enj_stanza_new_added (EnjStanza *self, const EnjElement *child)
{
  const Content *old = self->content;
  EnjBytes out;
  gboolean complete;
  Content *content;

  enj_bytes_init (&out, G_MAXSSIZE);
  complete = enj_bytes_append (&out, old->data, old->len)
             && enj_element_format (child, ENJ_NS_CLIENT, &out);
  content = content_take_bytes (&out, complete);
  if (content)
    content->cut = old->cut;
  return endow (content ? stanza_try_new (&self->head, content) : NULL, self);
}
