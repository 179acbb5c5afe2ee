/* form.h - data forms (XEP-0004): written for others, and read when they come back.
 *
 * Writes into a builder of whoever carries the form; reads the fields of a tree.  Checks neither
 * what is required nor what a value may be: the one who asks knows. */
#pragma once

#include "protocol/element.h"

typedef enum
{
  ENJ_FORM_ASKING, /* to be filled in: "form" */
  ENJ_FORM_RESULT
} EnjFormKind;

typedef struct
{
  const char *name;
  const char *type;  /* "text-single", "jid-multi"...; NULL for none, as in results */
  const char *label; /* or NULL */
  gboolean is_required;
} EnjFormField;

/* <x/> inside the open element, with @form_type (XEP-0068) where that is not NULL. */
void enj_form_start (EnjElementBuilder *builder, EnjFormKind kind, const char *form_type);
void enj_form_end (EnjElementBuilder *builder);

/* What a person reads above the fields: before them.  NULL as @instructions for none. */
void enj_form_add_title (EnjElementBuilder *builder, const char *title, const char *instructions);

/* NULL for no value. */
void enj_form_add (EnjElementBuilder *builder, const EnjFormField *field, const char *value);
void enj_form_add_values (EnjElementBuilder *builder, const EnjFormField *field,
                          const char *const *values);

/* One or several of @options, NULL-terminated, as the type of @field has it; none is chosen yet. */
void enj_form_add_choice (EnjElementBuilder *builder, const EnjFormField *field,
                          const char *const *options);

/* A table: its columns once, then each row with a value for each of them. */
void enj_form_add_columns (EnjElementBuilder *builder, const EnjFormField *columns, guint n);
void enj_form_add_row (EnjElementBuilder *builder, const EnjFormField *columns, guint n,
                       const char *const *values);

/* The form that somebody sends back inside @parent, or NULL.  "cancel" counts as one (XEP-0050
 * 3.5.1). */
const EnjElement *enj_form_find (const EnjElement *parent);

/* The first value, without blanks at both ends; NULL where there is none, or only blanks. */
char *enj_form_dup_value (const EnjElement *form, const char *name);

/* All of them, likewise; empty for a field without any.  NULL where it is missing. */
GStrv enj_form_dup_values (const EnjElement *form, const char *name);
