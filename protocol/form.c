#include "config.h"

#include "protocol/form.h"

#include <string.h>

#include "protocol/ns.h"

/* ---- Writing ------------------------------------------------------------------------ */

static void
add_text (EnjElementBuilder *builder, const char *name, const char *text)
{
  enj_element_builder_start (builder, NULL, name);
  enj_element_builder_text (builder, text);
  enj_element_builder_end (builder);
}

static void
set_attribute (EnjElementBuilder *builder, const char *name, const char *value)
{
  if (value)
    enj_element_builder_attribute (builder, NULL, name, value);
}

static void
start_field (EnjElementBuilder *builder, const EnjFormField *field)
{
  enj_element_builder_start (builder, NULL, "field");
  set_attribute (builder, "var", field->name);
  set_attribute (builder, "type", field->type);
  set_attribute (builder, "label", field->label);
  if (field->is_required)
    {
      enj_element_builder_start (builder, NULL, "required");
      enj_element_builder_end (builder);
    }
}

void
enj_form_start (EnjElementBuilder *builder, EnjFormKind kind, const char *form_type)
{
  const EnjFormField type = { .name = "FORM_TYPE", .type = "hidden" };

  enj_element_builder_start (builder, ENJ_NS_DATA, "x");
  set_attribute (builder, "type", kind == ENJ_FORM_ASKING ? "form" : "result");
  if (form_type)
    enj_form_add (builder, &type, form_type);
}

void
enj_form_end (EnjElementBuilder *builder)
{
  enj_element_builder_end (builder);
}

void
enj_form_add_title (EnjElementBuilder *builder, const char *title, const char *instructions)
{
  add_text (builder, "title", title);
  if (instructions)
    add_text (builder, "instructions", instructions);
}

void
enj_form_add (EnjElementBuilder *builder, const EnjFormField *field, const char *value)
{
  const char *const values[] = { value, NULL };

  enj_form_add_values (builder, field, values);
}

void
enj_form_add_values (EnjElementBuilder *builder, const EnjFormField *field,
                     const char *const *values)
{
  start_field (builder, field);
  for (; *values; values++)
    add_text (builder, "value", *values);
  enj_element_builder_end (builder);
}

void
enj_form_add_choice (EnjElementBuilder *builder, const EnjFormField *field,
                     const char *const *options)
{
  start_field (builder, field);
  for (; *options; options++)
    {
      enj_element_builder_start (builder, NULL, "option");
      add_text (builder, "value", *options);
      enj_element_builder_end (builder);
    }
  enj_element_builder_end (builder);
}

void
enj_form_add_columns (EnjElementBuilder *builder, const EnjFormField *columns, guint n)
{
  enj_element_builder_start (builder, NULL, "reported");
  for (guint i = 0; i < n; i++)
    {
      start_field (builder, &columns[i]);
      enj_element_builder_end (builder);
    }
  enj_element_builder_end (builder);
}

void
enj_form_add_row (EnjElementBuilder *builder, const EnjFormField *columns, guint n,
                  const char *const *values)
{
  enj_element_builder_start (builder, NULL, "item");
  for (guint i = 0; i < n; i++)
    {
      const EnjFormField cell = { .name = columns[i].name };

      enj_form_add (builder, &cell, values[i]);
    }
  enj_element_builder_end (builder);
}

/* ---- Reading ------------------------------------------------------------------------- */

const EnjElement *
enj_form_find (const EnjElement *parent)
{
  const EnjElement *form = enj_element_find (parent, ENJ_NS_DATA, "x");
  const char *type = form ? enj_element_get_attribute (form, NULL, "type") : NULL;

  return g_strcmp0 (type, "submit") == 0 || g_strcmp0 (type, "cancel") == 0 ? form : NULL;
}

static const EnjElement *
find_field (const EnjElement *form, const char *name)
{
  const EnjElement *child;

  for (guint i = 0; (child = enj_element_get_child (form, i)); i++)
    if (enj_element_is (child, ENJ_NS_DATA, "field")
        && g_strcmp0 (enj_element_get_attribute (child, NULL, "var"), name) == 0)
      return child;
  return NULL;
}

GStrv
enj_form_dup_values (const EnjElement *form, const char *name)
{
  const EnjElement *field = find_field (form, name);
  g_autoptr (GStrvBuilder) values = g_strv_builder_new ();
  const EnjElement *child;

  if (!field)
    return NULL;
  for (guint i = 0; (child = enj_element_get_child (field, i)); i++)
    {
      g_autofree char *text = g_strstrip (g_strdup (enj_element_get_text (child)));

      if (enj_element_is (child, ENJ_NS_DATA, "value") && *text)
        g_strv_builder_add (values, text);
    }
  return g_strv_builder_end (values);
}

char *
enj_form_dup_value (const EnjElement *form, const char *name)
{
  g_auto (GStrv) values = enj_form_dup_values (form, name);

  return values ? g_strdup (values[0]) : NULL;
}
