#include "config.h"

#include "protocol/form.h"

#include "tests/support/stanzas.h"

#define WRITTEN(content) "<r xmlns='urn:x'>" content "</r>"
#define X(type) "<x xmlns='jabber:x:data' type='" type "'>"

/* Ends @builder, whose outermost element is <r/>. */
static void
assert_written (EnjElementBuilder *builder, const char *expected)
{
  g_autoptr (EnjElement) element = enj_element_builder_end_new (builder);
  g_autofree char *text = enj_element_dup_text (element, NULL);

  g_strdelimit (text, "\"", '\'');
  g_assert_cmpstr (text, ==, expected);
}

static void
test_asks (void)
{
  const EnjFormField fields[] = {
    { "domain", "text-single", "Which domain", TRUE },
    { "list", "jid-multi", NULL, FALSE },
  };
  const char *const values[] = { "a", "b<", NULL };
  EnjElementBuilder *builder = enj_element_builder_new ("urn:x", "r");

  enj_form_start (builder, ENJ_FORM_ASKING, "urn:form");
  enj_form_add_title (builder, "T", "I");
  enj_form_add (builder, &fields[0], NULL);
  enj_form_add_values (builder, &fields[1], values);
  enj_form_end (builder);
  assert_written (builder,
                  WRITTEN (X ("form") "<field var='FORM_TYPE' type='hidden'><value>urn:form</value>"
                           "</field><title>T</title><instructions>I</instructions>"
                           "<field var='domain' type='text-single' label='Which domain'>"
                           "<required/></field><field var='list' type='jid-multi'>"
                           "<value>a</value><value>b&lt;</value></field></x>"));
}

static void
test_choice (void)
{
  const EnjFormField field = { .name = "one", .type = "list-single" };
  const char *const options[] = { "a", "b&", NULL };
  EnjElementBuilder *builder = enj_element_builder_new ("urn:x", "r");

  enj_form_start (builder, ENJ_FORM_ASKING, NULL);
  enj_form_add_choice (builder, &field, options);
  enj_form_end (builder);
  assert_written (builder, WRITTEN (X ("form") "<field var='one' type='list-single'>"
                                               "<option><value>a</value></option>"
                                               "<option><value>b&amp;</value></option>"
                                               "</field></x>"));
}

static void
test_table (void)
{
  const EnjFormField columns[] = { { .name = "a", .label = "A" }, { .name = "b" } };
  const char *const first[] = { "1", "2" };
  const char *const second[] = { "3", NULL };
  EnjElementBuilder *builder = enj_element_builder_new ("urn:x", "r");

  enj_form_start (builder, ENJ_FORM_RESULT, NULL);
  enj_form_add_title (builder, "T", NULL);
  enj_form_add_columns (builder, columns, 2);
  enj_form_add_row (builder, columns, 2, first);
  enj_form_add_row (builder, columns, 2, second);
  enj_form_end (builder);
  assert_written (builder,
                  WRITTEN (X ("result") "<title>T</title><reported><field var='a' label='A'/>"
                           "<field var='b'/></reported>"
                           "<item><field var='a'><value>1</value></field>"
                           "<field var='b'><value>2</value></field></item>"
                           "<item><field var='a'><value>3</value></field><field var='b'/></item>"
                           "</x>"));
}

/* @values: of the field "a", joined; NULL where there is no such field, "-" for no form. */
static const struct
{
  const char *name;
  const char *xml;
  const char *values;
} read_cases[] = {
  { "one value", X ("submit") "<field var='a'><value>1</value></field></x>", "1" },
  { "several", X ("submit") "<field var='a'><value>1</value><value>2</value></field></x>", "1,2" },
  { "blanks", X ("submit") "<field var='a'><value> 1\n</value><value> </value></field></x>", "1" },
  { "no value", X ("submit") "<field var='a'/></x>", "" },
  { "no field", X ("submit") "<field var='b'><value>1</value></field></x>", NULL },
  { "a field without a name", X ("submit") "<field><value>1</value></field></x>", NULL },
  { "the first of two", X ("submit") "<field var='a'><value>1</value></field>"
                        "<field var='a'><value>2</value></field></x>", "1" },
  { "another element inside", X ("submit") "<field var='a'><other>1</other></field></x>", "" },
  { "another namespace inside",
    X ("submit") "<field var='a'><value xmlns='urn:o'>1</value></field></x>", "" },
  { "another namespace", X ("submit") "<field xmlns='urn:o' var='a'><value>1</value></field></x>",
    NULL },
  { "cancel is submit", X ("cancel") "<field var='a'><value>1</value></field></x>", "1" },
  { "a form to fill in", X ("form") "<field var='a'><value>1</value></field></x>", "-" },
  { "no type", "<x xmlns='jabber:x:data'><field var='a'><value>1</value></field></x>", "-" },
  { "no form", "<y xmlns='jabber:x:data' type='submit'/>", "-" },
  { "nothing", "", "-" },
};

static void
test_reads (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (read_cases); i++)
    {
      g_autofree char *xml = g_strdup_printf ("<iq>%s</iq>", read_cases[i].xml);
      g_autoptr (EnjStanza) stanza = enj_test_stanza_new (xml);
      const EnjElement *form = enj_form_find (enj_stanza_get_element (stanza));
      g_auto (GStrv) values = form ? enj_form_dup_values (form, "a") : NULL;
      g_autofree char *value = form ? enj_form_dup_value (form, "a") : NULL;
      g_autofree char *joined = values ? g_strjoinv (",", values) : NULL;

      g_test_message ("%s", read_cases[i].name);
      g_assert_cmpstr (form ? joined : "-", ==, read_cases[i].values);
      g_assert_cmpstr (value, ==, values ? values[0] : NULL);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/form/asks-for-what-it-wants", test_asks);
  g_test_add_func ("/form/offers-a-choice", test_choice);
  g_test_add_func ("/form/shows-a-table", test_table);
  g_test_add_func ("/form/reads-what-comes-back", test_reads);
  return g_test_run ();
}
