#include "config.h"

#include "tests/support/expectation.h"

#include <string.h>

#include <expat.h>

#include "protocol/ns.h"

/* The namespace of what is expected without one. */
#define OPEN_NS "*"

/* Between the parts of a name. */
#define SEPARATOR '\n'

struct EnjTestNode
{
  char *ns;
  char *name;
  char *prefix;
  GPtrArray *attributes; /* name, value, name, value... */
  GPtrArray *children;   /* of EnjTestNode */
  GString *text;
};

typedef struct
{
  XML_Parser parser;
  EnjTestNode *root;
  GPtrArray *open;         /* of EnjTestNode, borrowed */
  GPtrArray *declarations; /* for the next element, as attributes */
  guint skip;              /* levels of the scope */
  guint depth;
  gboolean is_done;
} Builder;

static void
node_free (gpointer data)
{
  EnjTestNode *node = data;

  if (!node)
    return;
  g_free (node->ns);
  g_free (node->name);
  g_free (node->prefix);
  g_ptr_array_unref (node->attributes);
  g_ptr_array_unref (node->children);
  g_string_free (node->text, TRUE);
  g_free (node);
}

static EnjTestNode *
node_new (const char *name)
{
  EnjTestNode *node = g_new0 (EnjTestNode, 1);
  g_auto (GStrv) parts = g_strsplit (name, "\n", 3);
  guint n = g_strv_length (parts);

  node->ns = g_strdup (n > 1 ? parts[0] : "");
  node->name = g_strdup (n > 1 ? parts[1] : parts[0]);
  node->prefix = g_strdup (n > 2 ? parts[2] : "");
  node->attributes = g_ptr_array_new_with_free_func (g_free);
  node->children = g_ptr_array_new_with_free_func (node_free);
  node->text = g_string_new (NULL);
  return node;
}

/* ---- Parsing ------------------------------------------------------------ */

static void XMLCALL
handle_declaration (void *data, const XML_Char *prefix, const XML_Char *uri)
{
  Builder *self = data;

  g_ptr_array_add (self->declarations,
                   prefix ? g_strconcat ("xmlns:", prefix, NULL) : g_strdup ("xmlns"));
  g_ptr_array_add (self->declarations, g_strdup (uri ? uri : ""));
}

/* "xml:lang" and the like as they are written, others without a prefix. */
static char *
attribute_name_new (const char *name)
{
  g_auto (GStrv) parts = g_strsplit (name, "\n", 3);

  if (g_strv_length (parts) < 2)
    return g_strdup (name);
  if (strcmp (parts[0], "http://www.w3.org/XML/1998/namespace") == 0)
    return g_strconcat ("xml:", parts[1], NULL);
  return g_strconcat ("{", parts[0], "}", parts[1], NULL);
}

static void XMLCALL
handle_start (void *data, const XML_Char *name, const XML_Char **attributes)
{
  Builder *self = data;
  EnjTestNode *node;

  if (self->depth++ < self->skip)
    {
      g_ptr_array_set_size (self->declarations, 0);
      return;
    }
  node = node_new (name);
  g_ptr_array_extend_and_steal (node->attributes, g_steal_pointer (&self->declarations));
  self->declarations = g_ptr_array_new_with_free_func (g_free);
  for (; *attributes; attributes += 2)
    {
      g_ptr_array_add (node->attributes, attribute_name_new (attributes[0]));
      g_ptr_array_add (node->attributes, g_strdup (attributes[1]));
    }

  if (self->open->len == 0)
    self->root = node;
  else
    g_ptr_array_add (((EnjTestNode *) self->open->pdata[self->open->len - 1])->children, node);
  g_ptr_array_add (self->open, node);
}

static void XMLCALL
handle_end (void *data, const XML_Char *name)
{
  Builder *self = data;

  (void) name; /* Well-formed: it is the innermost. */
  self->depth--;
  if (self->open->len == 0)
    return;
  g_ptr_array_set_size (self->open, (gint) self->open->len - 1);
  if (self->open->len == 0)
    {
      self->is_done = TRUE;
      XML_StopParser (self->parser, XML_FALSE);
    }
}

static void XMLCALL
handle_text (void *data, const XML_Char *text, int len)
{
  Builder *self = data;

  if (self->open->len > 0)
    g_string_append_len (((EnjTestNode *) self->open->pdata[self->open->len - 1])->text, text,
                         len);
}

/* One element at the start of @text, inside @scope. */
static void
read_element (const char *scope, const char *text, gsize len, EnjTestToken *token)
{
  Builder builder = { .skip = *scope ? 1 : 0 };
  XML_Parser parser = XML_ParserCreateNS ("UTF-8", SEPARATOR);
  g_autofree char *whole = g_strndup (text, len);
  g_autofree char *all = g_strconcat (scope, whole, NULL);
  gboolean more;

  builder.parser = parser;
  builder.open = g_ptr_array_new ();
  builder.declarations = g_ptr_array_new_with_free_func (g_free);
  XML_SetReturnNSTriplet (parser, 1);
  XML_SetUserData (parser, &builder);
  XML_SetElementHandler (parser, handle_start, handle_end);
  XML_SetCharacterDataHandler (parser, handle_text);
  XML_SetStartNamespaceDeclHandler (parser, handle_declaration);
  XML_Parse (parser, all, (int) strlen (all), XML_TRUE);

  more = XML_GetErrorCode (parser) == XML_ERROR_NO_ELEMENTS
         || XML_GetErrorCode (parser) == XML_ERROR_UNCLOSED_TOKEN
         || XML_GetErrorCode (parser) == XML_ERROR_PARTIAL_CHAR;
  token->type = builder.is_done ? ENJ_TEST_ELEMENT : more ? ENJ_TEST_PARTIAL : ENJ_TEST_BROKEN;
  if (builder.is_done)
    {
      token->used = (gsize) XML_GetCurrentByteIndex (parser)
                    + (gsize) XML_GetCurrentByteCount (parser) - strlen (scope);
      token->node = builder.root;
    }
  else
    {
      node_free (builder.root);
    }
  g_ptr_array_unref (builder.open);
  g_ptr_array_unref (builder.declarations);
  XML_ParserFree (parser);
}

static gsize
tag_length (const char *text, gsize len)
{
  char quote = 0;

  for (gsize i = 0; i < len; i++)
    {
      if (quote)
        quote = text[i] == quote ? 0 : quote;
      else if (text[i] == '\'' || text[i] == '"')
        quote = text[i];
      else if (text[i] == '>')
        return i + 1;
    }
  return 0;
}

static gboolean
starts (const char *text, gsize len, const char *with)
{
  return strncmp (text, with, MIN (len, strlen (with))) == 0;
}

/* A stream tag alone is half an element: it is closed for the parser. */
static void
read_open (const char *scope, const char *text, gsize len, EnjTestToken *token)
{
  gsize tag = tag_length (text, len);
  g_autofree char *all = NULL;

  if (tag == 0)
    return;
  all = g_strdup_printf ("%.*s</stream:stream>", (int) tag, text);
  read_element (scope, all, strlen (all), token);
  if (token->type == ENJ_TEST_ELEMENT)
    token->type = ENJ_TEST_OPEN;
  token->used = tag;
}

void
enj_test_token_read (const char *scope, const char *text, gsize len, EnjTestToken *token)
{
  static const char expected_scope[]
    = "<expected xmlns='" OPEN_NS "' xmlns:stream='" ENJ_NS_STREAM "' xmlns:db='" ENJ_NS_DIALBACK
      "'>";
  gboolean is_expected = !*scope;
  gsize blanks = strspn (text, " \t\r\n");

  *token = (EnjTestToken){ .type = ENJ_TEST_PARTIAL };
  if (len == 0)
    return;
  if (blanks > 0)
    {
      token->type = ENJ_TEST_BLANK;
      token->used = MIN (blanks, len);
    }
  else if (starts (text, len, "<?xml"))
    {
      token->used = tag_length (text, len);
      token->type = token->used > 0 ? ENJ_TEST_DECLARATION : ENJ_TEST_PARTIAL;
    }
  else if (starts (text, len, "</stream:stream>"))
    {
      token->used = strlen ("</stream:stream>");
      token->type = len < token->used ? ENJ_TEST_PARTIAL : ENJ_TEST_CLOSE;
    }
  else if (starts (text, len, "<stream:stream"))
    {
      read_open (is_expected ? expected_scope : "", text, len, token);
    }
  else
    {
      read_element (is_expected ? expected_scope : scope, text, len, token);
    }
}

void
enj_test_token_clear (EnjTestToken *token)
{
  g_clear_pointer (&token->node, node_free);
}

/* ---- Comparing ------------------------------------------------------------ */

gboolean
enj_test_value_matches (const char *pattern, const char *value, GHashTable *names)
{
  gsize len = strlen (pattern);
  g_autofree char *name = NULL;
  const char *known;

  if (len < 3 || pattern[0] != '{' || pattern[len - 1] != '}')
    return strcmp (pattern, value) == 0;
  if (strcmp (pattern, "{any}") == 0)
    return TRUE;
  name = g_strndup (pattern + 1, len - 2);
  known = g_hash_table_lookup (names, name);
  if (known)
    return strcmp (known, value) == 0;
  g_hash_table_insert (names, g_steal_pointer (&name), g_strdup (value));
  return TRUE;
}

static const char *
find_attribute (const EnjTestNode *node, const char *name)
{
  for (guint i = 0; i < node->attributes->len; i += 2)
    if (strcmp (node->attributes->pdata[i], name) == 0)
      return node->attributes->pdata[i + 1];
  return NULL;
}

static char *
compare_attributes (const EnjTestNode *expected, const EnjTestNode *actual, gboolean all,
                    GHashTable *names)
{
  for (guint i = 0; i < expected->attributes->len; i += 2)
    {
      const char *name = expected->attributes->pdata[i];
      const char *pattern = expected->attributes->pdata[i + 1];
      const char *value = find_attribute (actual, name);

      if (all && g_str_has_prefix (name, "xmlns"))
        continue; /* The namespaces themselves are compared. */
      if (strcmp (pattern, "{none}") == 0 ? value != NULL
                                          : !value
                                              || !enj_test_value_matches (pattern, value, names))
        return g_strdup_printf ("%s is '%s' and not '%s'", name, value ? value : "absent",
                                pattern);
    }
  for (guint i = 0; all && i < actual->attributes->len; i += 2)
    if (!g_str_has_prefix (actual->attributes->pdata[i], "xmlns")
        && !find_attribute (expected, actual->attributes->pdata[i]))
      return g_strdup_printf ("%s='%s' was not expected", (char *) actual->attributes->pdata[i],
                              (char *) actual->attributes->pdata[i + 1]);
  return NULL;
}

/* @inherited: what an element without a namespace stands for; NULL is any. */
static char *compare_nodes (const EnjTestNode *expected, const EnjTestNode *actual,
                            const char *inherited, GHashTable *names);

static char *
compare_children (const EnjTestNode *expected, const EnjTestNode *actual, GHashTable *names)
{
  const char *inherited = strcmp (expected->ns, OPEN_NS) == 0 ? actual->ns : NULL;
  guint at = 0;

  for (guint i = 0; i < actual->children->len; i++)
    {
      EnjTestNode *child = actual->children->pdata[i];
      EnjTestNode *wanted = at < expected->children->len ? expected->children->pdata[at] : NULL;
      char *difference;

      if (strcmp (child->name, "text") == 0 && strcmp (actual->name, "error") == 0
          && (!wanted || strcmp (wanted->name, "text") != 0))
        continue;
      if (!wanted)
        return g_strdup_printf ("<%s/> in <%s/> was not expected", child->name, actual->name);
      difference = compare_nodes (wanted, child, inherited, names);
      if (difference)
        return difference;
      at++;
    }
  if (at < expected->children->len)
    return g_strdup_printf ("no <%s/> in <%s/>",
                            ((EnjTestNode *) expected->children->pdata[at])->name, actual->name);
  return NULL;
}

static char *
compare_nodes (const EnjTestNode *expected, const EnjTestNode *actual, const char *inherited,
               GHashTable *names)
{
  const char *ns = strcmp (expected->ns, OPEN_NS) == 0 ? inherited : expected->ns;
  g_autofree char *wanted = g_strstrip (g_strdup (expected->text->str));
  g_autofree char *text = g_strstrip (g_strdup (actual->text->str));
  char *difference;

  if (strcmp (expected->name, actual->name) != 0)
    return g_strdup_printf ("<%s/> and not <%s/>", actual->name, expected->name);
  if (ns && strcmp (ns, actual->ns) != 0)
    return g_strdup_printf ("<%s/> is in '%s' and not in '%s'", actual->name, actual->ns, ns);
  if (*expected->prefix && strcmp (expected->prefix, actual->prefix) != 0)
    return g_strdup_printf ("<%s/> has the prefix '%s'", actual->name, actual->prefix);
  difference = compare_attributes (expected, actual, TRUE, names);
  if (difference)
    return difference;
  if (!enj_test_value_matches (wanted, text, names))
    return g_strdup_printf ("<%s/> holds '%s' and not '%s'", actual->name, text, wanted);
  return compare_children (expected, actual, names);
}

static const char *
describe (const EnjTestToken *token)
{
  switch (token->type)
    {
    case ENJ_TEST_DECLARATION:
      return "an XML declaration";
    case ENJ_TEST_OPEN:
      return "a stream tag";
    case ENJ_TEST_ELEMENT:
      return token->node->name;
    case ENJ_TEST_CLOSE:
      return "the end of the stream";
    case ENJ_TEST_BLANK:
      return "white space";
    case ENJ_TEST_PARTIAL:
      return "nothing whole";
    case ENJ_TEST_BROKEN:
      return "no XML";
    }
  g_assert_not_reached ();
}

char *
enj_test_token_compare (const EnjTestToken *expected, const EnjTestToken *actual,
                        const char *content_ns, GHashTable *names)
{
  if (expected->type != actual->type)
    return g_strdup_printf ("%s and not %s", describe (actual), describe (expected));
  if (actual->type == ENJ_TEST_OPEN)
    return compare_attributes (expected->node, actual->node, FALSE, names);
  if (actual->type == ENJ_TEST_ELEMENT)
    return compare_nodes (expected->node, actual->node, content_ns, names);
  return NULL;
}
