#include "config.h"

#include "component/about.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "protocol/element.h"
#include "protocol/form.h"
#include "protocol/limits.h"
#include "protocol/ns.h"
#include "protocol/wall.h"

#define FORM_CONTACTS "http://jabber.org/network/serverinfo"

static gboolean
is_empty (const char *const *list)
{
  return !list || !*list;
}

static void
add_addresses (EnjElementBuilder *builder, const char *name, const char *const *addresses)
{
  const EnjFormField field = { .name = name, .type = "list-multi" }; /* 7.1 */

  if (!is_empty (addresses))
    enj_form_add_values (builder, &field, addresses);
}

/* XEP-0157 3, in the manner of XEP-0128. */
static void
add_contacts (const EnjAbout *self, EnjElementBuilder *builder)
{
  if (is_empty (self->contact_admin) && is_empty (self->contact_abuse))
    return;
  enj_form_start (builder, ENJ_FORM_RESULT, FORM_CONTACTS);
  add_addresses (builder, "abuse-addresses", self->contact_abuse);
  add_addresses (builder, "admin-addresses", self->contact_admin);
  enj_form_end (builder);
}

static void
add_features (EnjElementBuilder *builder, const char *const *features)
{
  for (; features && *features; features++)
    {
      enj_element_builder_start (builder, NULL, "feature");
      enj_element_builder_attribute (builder, NULL, "var", *features);
      enj_element_builder_end (builder);
    }
}

static EnjStanza *
reply_info (const EnjAbout *self, EnjStanza *iq, const EnjElement *query)
{
  static const char *const own[] = { ENJ_NS_DISCO_INFO, ENJ_NS_DISCO_ITEMS, ENJ_NS_VERSION,
                                     ENJ_NS_PING, ENJ_NS_LAST, ENJ_NS_TIME, NULL };
  static const char *const commands[] = { ENJ_NS_COMMANDS, NULL };
  g_autoptr (EnjElement) payload = NULL;
  EnjElementBuilder *builder;

  /* XEP-0030 7: a node that is not known. */
  if (enj_element_get_attribute (query, NULL, "node"))
    return enj_stanza_new_error (iq, ENJ_STANZA_ITEM_NOT_FOUND, NULL);

  builder = enj_element_builder_new (ENJ_NS_DISCO_INFO, "query");
  enj_element_builder_start (builder, NULL, "identity");
  enj_element_builder_attribute (builder, NULL, "category", self->category);
  enj_element_builder_attribute (builder, NULL, "type", self->type);
  enj_element_builder_attribute (builder, NULL, "name", self->name);
  enj_element_builder_end (builder);
  add_features (builder, own);
  add_features (builder, self->has_commands ? commands : NULL);
  add_features (builder, self->features);
  add_contacts (self, builder);
  payload = enj_element_builder_end_new (builder);
  return enj_stanza_new_reply (iq, payload);
}

static EnjStanza *
reply_items (EnjStanza *iq, const EnjElement *query)
{
  g_autoptr (EnjElement) payload = NULL;

  if (enj_element_get_attribute (query, NULL, "node"))
    return enj_stanza_new_error (iq, ENJ_STANZA_ITEM_NOT_FOUND, NULL);
  /* XEP-0030 4.1: none is an empty query. */
  payload = enj_element_builder_end_new (enj_element_builder_new (ENJ_NS_DISCO_ITEMS, "query"));
  return enj_stanza_new_reply (iq, payload);
}

static void
add_text (EnjElementBuilder *builder, const char *name, const char *text)
{
  enj_element_builder_start (builder, NULL, name);
  enj_element_builder_text (builder, text);
  enj_element_builder_end (builder);
}

static EnjStanza *
reply_version (EnjStanza *iq)
{
  g_autoptr (EnjElement) payload = NULL;
  EnjElementBuilder *builder = enj_element_builder_new (ENJ_NS_VERSION, "query");

  add_text (builder, "name", PACKAGE_NAME);
  add_text (builder, "version", PACKAGE_VERSION);
  payload = enj_element_builder_end_new (builder);
  return enj_stanza_new_reply (iq, payload);
}

/* XEP-0012 5: for how long we run, and no text. */
static EnjStanza *
reply_last (const EnjAbout *self, EnjStanza *iq, gint64 now)
{
  g_autofree char *seconds
    = g_strdup_printf ("%" G_GINT64_FORMAT, (now - self->started) / ENJ_SECOND);
  g_autoptr (EnjElement) payload = NULL;
  EnjElementBuilder *builder = enj_element_builder_new (ENJ_NS_LAST, "query");

  enj_element_builder_attribute (builder, NULL, "seconds", seconds);
  payload = enj_element_builder_end_new (builder);
  return enj_stanza_new_reply (iq, payload);
}

/* XEP-0202 2: both as XEP-0082 writes them. */
static EnjStanza *
reply_time (EnjStanza *iq)
{
  const time_t wall = (time_t) enj_wall_now ();
  struct tm utc = { 0 };
  struct tm local = { 0 };
  long minutes;
  char text[sizeof "+1234567890-12-31T23:59:59Z"] = "";
  g_autofree char *offset = NULL;
  g_autoptr (EnjElement) payload = NULL;
  EnjElementBuilder *builder = enj_element_builder_new (ENJ_NS_TIME, "time");

  (void) gmtime_r (&wall, &utc); /* A year of ten digits is not met. */
  (void) localtime_r (&wall, &local);
  minutes = local.tm_gmtoff / 60;
  offset = g_strdup_printf ("%c%02ld:%02ld", minutes < 0 ? '-' : '+', labs (minutes) / 60,
                            labs (minutes) % 60);
  (void) strftime (text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc); /* It has room. */
  add_text (builder, "tzo", offset);
  add_text (builder, "utc", text);
  payload = enj_element_builder_end_new (builder);
  return enj_stanza_new_reply (iq, payload);
}

EnjStanza *
enj_about_new_reply (const EnjAbout *self, EnjStanza *stanza, gint64 now)
{
  const char *to = enj_stanza_get_to (stanza);
  const char *type = enj_stanza_get_type (stanza);
  const EnjElement *payload;

  if (enj_stanza_get_kind (stanza) != ENJ_STANZA_IQ || !to || strpbrk (to, "@/")
      || (g_strcmp0 (type, "get") != 0 && g_strcmp0 (type, "set") != 0))
    return NULL;

  /* RFC 6120 8.2.3: a request has exactly one child. */
  if (enj_element_get_n_children (enj_stanza_get_element (stanza)) != 1)
    return enj_stanza_new_error (stanza, ENJ_STANZA_BAD_REQUEST,
                                 "a request has exactly one child");
  if (strcmp (type, "get") != 0)
    return NULL;

  payload = enj_element_get_child (enj_stanza_get_element (stanza), 0);
  if (enj_element_is (payload, ENJ_NS_PING, "ping"))
    return enj_stanza_new_reply (stanza, NULL);
  if (enj_element_is (payload, ENJ_NS_DISCO_INFO, "query"))
    return reply_info (self, stanza, payload);
  if (enj_element_is (payload, ENJ_NS_DISCO_ITEMS, "query"))
    return reply_items (stanza, payload);
  if (enj_element_is (payload, ENJ_NS_VERSION, "query"))
    return reply_version (stanza);
  if (enj_element_is (payload, ENJ_NS_LAST, "query"))
    return reply_last (self, stanza, now);
  if (enj_element_is (payload, ENJ_NS_TIME, "time"))
    return reply_time (stanza);
  return NULL;
}
