#include "config.h"

#include "component/administration.h"

#include <string.h>

#include "protocol/form.h"
#include "protocol/report.h"
#include "component/tables.h"

/* Of XEP-0133 4.11, with its form. */
#define NODE_BLACKLIST "http://jabber.org/protocol/admin#edit-blacklist"
#define FORM_ADMIN "http://jabber.org/protocol/admin"

/* A stanza with more rows is more than clients care for. */
#define ROWS 50

/* Pages of the steward looked through for them: each is short (report.h). */
#define PAGES 10

struct EnjAdministration
{
  EnjSteward *steward;
  const EnjAdministrationHands *hands;
  EnjCommands *commands;
};

/* ---- Values ------------------------------------------------------------------------------ */

static char *
date_new (gint64 seconds)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (seconds);

  return date ? g_date_time_format (date, "%Y-%m-%d") : g_strdup ("");
}

/* As a person reads it; @name tells what a number is. */
static char *
text_new (const char *name, GVariant *value)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return g_variant_dup_string (value, NULL);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    return g_strdup (g_variant_get_boolean (value) ? "yes" : "no");
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_INT64) && g_str_has_suffix (name, "-us"))
    return enj_tables_duration_new (g_variant_get_int64 (value));
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_INT64) && strcmp (name, "expires") == 0)
    return date_new (g_variant_get_int64 (value));
  return g_variant_print (value, FALSE);
}

/* "" where it is missing. */
static char *
lookup_new (GVariant *dictionary, const char *name)
{
  g_autoptr (GVariant) value = g_variant_lookup_value (dictionary, name, NULL);

  return value ? text_new (name, value) : g_strdup ("");
}

/* ---- What is filled in ------------------------------------------------------------------- */

static gboolean
misses (const char *what, GError **error)
{
  g_set_error (error, ENJ_STANZA_ERROR, ENJ_STANZA_BAD_REQUEST, "%s is missing", what);
  return FALSE;
}

/* @number stays as it is where nothing was filled in. */
static gboolean
get_number (const EnjElement *form, const char *name, guint64 *number, GError **error)
{
  g_autofree char *text = enj_form_dup_value (form, name);

  if (!text || g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT64, number, NULL))
    return TRUE;
  g_set_error (error, ENJ_STANZA_ERROR, ENJ_STANZA_BAD_REQUEST, "%s: expected a number", name);
  return FALSE;
}

/* What is no domain can be mended by who has written it.  Takes @fault. */
static gboolean
fail (GError *fault, GError **error)
{
  if (g_error_matches (fault, ENJ_STANZA_ERROR, ENJ_STANZA_JID_MALFORMED))
    fault->code = ENJ_STANZA_BAD_REQUEST;
  g_propagate_error (error, fault);
  return FALSE;
}

/* ---- Status ------------------------------------------------------------------------------ */

static const EnjFormField status_fields[] = {
  { .name = "version", .label = "Version" },
  { .name = "uptime-us", .label = "Up for" },
  { .name = "links-up", .label = "Links that are up" },
  { .name = "links", .label = "Links" },
  { .name = "streams-in", .label = "Streams that others opened" },
  { .name = "streams-out", .label = "Streams that we opened" },
  { .name = "waiting-for-peers", .label = "Stanzas that wait for a stream" },
  { .name = "waiting-for-links", .label = "Stanzas that wait for a link" },
  { .name = "waiting-for-components", .label = "Stanzas that wait for a component" },
  { .name = "owned", .label = "Stanzas under way" },
  { .name = "missing", .label = "Stanzas not accounted for" },
};

static void
add_counters (EnjElementBuilder *builder, GVariant *status)
{
  g_autoptr (GVariant) counters
    = g_variant_lookup_value (status, "counters", G_VARIANT_TYPE ("a{st}"));
  GVariantIter iter;
  const char *name;
  guint64 n;

  if (!counters)
    return;
  g_variant_iter_init (&iter, counters);
  while (g_variant_iter_next (&iter, "{&st}", &name, &n))
    {
      g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, n);
      g_autofree char *label = g_strdelimit (g_strdup (name), "-", ' ');
      const EnjFormField field = { .name = name, .label = label };

      enj_form_add (builder, &field, text);
    }
}

static void
add_certificates (EnjElementBuilder *builder, GVariant *status)
{
  const EnjFormField field
    = { .name = "certificates", .type = "text-multi", .label = "Certificates" };
  g_autoptr (GVariant) certificates
    = g_variant_lookup_value (status, "certificates", G_VARIANT_TYPE ("aa{sv}"));
  g_autoptr (GStrvBuilder) lines = g_strv_builder_new ();
  g_auto (GStrv) values = NULL;

  for (gsize i = 0; certificates && i < g_variant_n_children (certificates); i++)
    {
      g_autoptr (GVariant) certificate = g_variant_get_child_value (certificates, i);
      g_autofree char *domain = lookup_new (certificate, "domain");
      g_autofree char *expires = lookup_new (certificate, "expires");
      gboolean self_signed = FALSE;
      g_autofree char *line = NULL;

      (void) g_variant_lookup (certificate, "self-signed", "b", &self_signed);
      line = g_strdup_printf ("%s until %s%s", domain, expires, self_signed ? ", self-signed" : "");
      g_strv_builder_add (lines, line);
    }
  values = g_strv_builder_end (lines);
  enj_form_add_values (builder, &field, (const char *const *) values);
}

static gboolean
run_status (const EnjElement *form, EnjElementBuilder *builder, gint64 now, gpointer data,
            GError **error)
{
  EnjAdministration *self = data;
  const EnjFormField blocked = { .name = "blocked", .type = "text-multi", .label = "Blocked" };
  g_autoptr (GVariant) status = g_variant_ref_sink (self->hands->status (self->steward, now));

  (void) form;
  (void) error;
  enj_form_start (builder, ENJ_FORM_RESULT, NULL);
  enj_form_add_title (builder, "Status", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (status_fields); i++)
    {
      g_autofree char *text = lookup_new (status, status_fields[i].name);

      enj_form_add (builder, &status_fields[i], text);
    }
  add_counters (builder, status);
  add_certificates (builder, status);
  enj_form_add_values (builder, &blocked, self->hands->get_blocked (self->steward));
  enj_form_end (builder);
  return TRUE;
}

/* ---- Streams ----------------------------------------------------------------------------- */

static const EnjFormField stream_columns[] = {
  { .name = "name", .label = "Stream" },
  { .name = "state", .label = "State" },
  { .name = "local", .label = "Local" },
  { .name = "remote", .label = "Remote" },
  { .name = "address", .label = "Address" },
  { .name = "tls", .label = "TLS" },
  { .name = "cipher", .label = "Cipher" },
  { .name = "peer-proof", .label = "They proved themselves by" },
  { .name = "own-proof", .label = "We did by" },
  { .name = "queue", .label = "Queue" },
  { .name = "age-us", .label = "Age" },
  { .name = "idle-us", .label = "Idle" },
};

static void
ask_streams (EnjElementBuilder *builder, gpointer data)
{
  const EnjFormField domain
    = { .name = "domain", .type = "jid-single", .label = "Remote domain, empty for all" };
  const EnjFormField after
    = { .name = "after", .type = "text-single", .label = "Behind the stream with the number" };

  (void) data;
  enj_form_start (builder, ENJ_FORM_ASKING, NULL);
  enj_form_add_title (builder, "Streams", NULL);
  enj_form_add (builder, &domain, NULL);
  enj_form_add (builder, &after, "0");
  enj_form_end (builder);
}

static void
add_stream (EnjElementBuilder *builder, GVariant *stream)
{
  g_autoptr (GPtrArray) cells = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < G_N_ELEMENTS (stream_columns); i++)
    g_ptr_array_add (cells, lookup_new (stream, stream_columns[i].name));
  enj_form_add_row (builder, stream_columns, G_N_ELEMENTS (stream_columns),
                    (const char *const *) cells->pdata);
}

/* Behind @after, which comes where to go on: 0 behind the last. */
static gboolean
add_streams (EnjAdministration *self, EnjElementBuilder *builder, const char *remote,
             guint64 *after, gint64 now, GError **error)
{
  guint room = ROWS;

  for (guint page = 0; page < PAGES && room > 0; page++)
    {
      guint64 next = 0;
      g_autoptr (GVariant) streams
        = self->hands->streams (self->steward, remote, *after, room, &next, now, error);
      gsize n;

      if (!streams)
        return FALSE;
      g_variant_ref_sink (streams);
      n = g_variant_n_children (streams);
      for (gsize i = 0; i < n; i++)
        {
          g_autoptr (GVariant) stream = g_variant_get_child_value (streams, i);

          add_stream (builder, stream);
        }
      *after = next;
      if (next == 0)
        break;
      room -= (guint) MIN (n, room);
    }
  return TRUE;
}

static gboolean
run_streams (const EnjElement *form, EnjElementBuilder *builder, gint64 now, gpointer data,
             GError **error)
{
  EnjAdministration *self = data;
  g_autofree char *domain = enj_form_dup_value (form, "domain");
  GError *fault = NULL;
  guint64 after = 0;

  if (!get_number (form, "after", &after, error))
    return FALSE;
  enj_form_start (builder, ENJ_FORM_RESULT, NULL);
  enj_form_add_title (builder, "Streams", NULL);
  enj_form_add_columns (builder, stream_columns, G_N_ELEMENTS (stream_columns));
  if (!add_streams (self, builder, domain ? domain : "", &after, now, &fault))
    return fail (fault, error);
  enj_form_end (builder);
  if (after > 0)
    {
      g_autofree char *note
        = g_strdup_printf ("there are more behind %" G_GUINT64_FORMAT, after);

      enj_commands_add_note (builder, note);
    }
  return TRUE;
}

/* ---- Close ------------------------------------------------------------------------------- */

static void
ask_close (EnjElementBuilder *builder, gpointer data)
{
  const EnjFormField local
    = { .name = "local", .type = "text-single", .label = "Our domain, * for all" };
  const EnjFormField remote = { .name = "remote", .type = "text-single",
                                .label = "Remote domain, * for all", .is_required = TRUE };
  const EnjFormField before = { .name = "before", .type = "text-single",
                                .label = "Before the stream with the number, 0 for all" };

  (void) data;
  enj_form_start (builder, ENJ_FORM_ASKING, NULL);
  enj_form_add_title (builder, "Close streams",
                      "What waits for them goes by the next that come up.");
  enj_form_add (builder, &local, "*");
  enj_form_add (builder, &remote, NULL);
  enj_form_add (builder, &before, "0");
  enj_form_end (builder);
}

static gboolean
run_close (const EnjElement *form, EnjElementBuilder *builder, gint64 now, gpointer data,
           GError **error)
{
  EnjAdministration *self = data;
  g_autofree char *local = enj_form_dup_value (form, "local");
  g_autofree char *remote = enj_form_dup_value (form, "remote");
  g_autoptr (GString) note = g_string_new (NULL);
  GError *fault = NULL;
  guint64 place = 0;
  guint n = 0;

  if (!local || !remote)
    return misses (local ? "remote" : "local", error);
  if (!get_number (form, "before", &place, error))
    return FALSE;
  if (!self->hands->close (self->steward, local, remote, &place, &n, now, &fault))
    return fail (fault, error);
  g_string_append_printf (note, "%u streams are being closed", n);
  if (place > 0)
    g_string_append_printf (note, "; there may be more before %" G_GUINT64_FORMAT
                                  ": give the command again with that",
                            place);
  enj_commands_add_note (builder, note->str);
  return TRUE;
}

/* ---- Reload ------------------------------------------------------------------------------ */

static gboolean
run_reload (const EnjElement *form, EnjElementBuilder *builder, gint64 now, gpointer data,
            GError **error)
{
  EnjAdministration *self = data;

  (void) form;
  (void) now;
  if (!self->hands->reload (self->steward, error))
    return FALSE;
  enj_commands_add_note (builder, "reloaded");
  return TRUE;
}

/* ---- Blocked domains --------------------------------------------------------------------- */

static const EnjFormField domain_field = { .name = "domain",
                                           .type = "text-single",
                                           .label = "Remote domain, or *.domain for all below",
                                           .is_required = TRUE };

/* Behind what was done. */
#define NOT_KEPT " until enjamb ends: it cannot be kept"

static void
add_change (EnjAdministration *self, EnjElementBuilder *builder, const char *what,
            const char *domain)
{
  g_autofree char *note
    = g_strdup_printf ("%s %s%s", what, domain,
                       self->hands->keeps_blocked (self->steward) ? "" : NOT_KEPT);

  enj_commands_add_note (builder, note);
}

typedef gboolean (*Change) (EnjSteward *steward, const char *domain, gint64 now, GError **error);

static gboolean
change_domain (EnjAdministration *self, Change change, const char *what, const EnjElement *form,
               EnjElementBuilder *builder, gint64 now, GError **error)
{
  g_autofree char *domain = enj_form_dup_value (form, "domain");
  GError *fault = NULL;

  if (!domain)
    return misses ("domain", error);
  if (!change (self->steward, domain, now, &fault))
    return fail (fault, error);
  add_change (self, builder, what, domain);
  return TRUE;
}

static void
ask_block (EnjElementBuilder *builder, gpointer data)
{
  (void) data;
  enj_form_start (builder, ENJ_FORM_ASKING, NULL);
  enj_form_add_title (builder, "Block a domain", "Streams with it end, and none comes up.");
  enj_form_add (builder, &domain_field, NULL);
  enj_form_end (builder);
}

static gboolean
run_block (const EnjElement *form, EnjElementBuilder *builder, gint64 now, gpointer data,
           GError **error)
{
  EnjAdministration *self = data;

  return change_domain (self, self->hands->block, "blocked", form, builder, now, error);
}

static void
ask_unblock (EnjElementBuilder *builder, gpointer data)
{
  EnjAdministration *self = data;
  const EnjFormField field = { .name = "domain", .type = "list-single",
                               .label = "Blocked domain", .is_required = TRUE };

  enj_form_start (builder, ENJ_FORM_ASKING, NULL);
  enj_form_add_title (builder, "Unblock a domain", NULL);
  enj_form_add_choice (builder, &field, self->hands->get_blocked (self->steward));
  enj_form_end (builder);
}

static gboolean
run_unblock (const EnjElement *form, EnjElementBuilder *builder, gint64 now, gpointer data,
             GError **error)
{
  EnjAdministration *self = data;

  return change_domain (self, self->hands->unblock, "unblocked", form, builder, now, error);
}

static void
ask_blacklist (EnjElementBuilder *builder, gpointer data)
{
  EnjAdministration *self = data;
  const EnjFormField field
    = { .name = "blacklistjids", .type = "jid-multi", .label = "Blocked domains" };

  enj_form_start (builder, ENJ_FORM_ASKING, FORM_ADMIN);
  enj_form_add_title (builder, "Edit the list of blocked domains", NULL);
  enj_form_add_values (builder, &field, self->hands->get_blocked (self->steward));
  enj_form_end (builder);
}

static gboolean
run_blacklist (const EnjElement *form, EnjElementBuilder *builder, gint64 now, gpointer data,
               GError **error)
{
  EnjAdministration *self = data;
  g_auto (GStrv) domains = enj_form_dup_values (form, "blacklistjids");
  GError *fault = NULL;

  if (!domains)
    return misses ("blacklistjids", error);
  if (!self->hands->set_blocked (self->steward, (const char *const *) domains, now, &fault))
    return fail (fault, error);
  if (!self->hands->keeps_blocked (self->steward))
    enj_commands_add_note (builder, "the list holds" NOT_KEPT);
  return TRUE;
}

/* ---- Public ------------------------------------------------------------------------------ */

static const EnjCommand table[] = {
  { "urn:enjamb:status", "Status", NULL, run_status },
  { "urn:enjamb:streams", "Streams", ask_streams, run_streams },
  { "urn:enjamb:close", "Close streams", ask_close, run_close },
  { "urn:enjamb:reload", "Reload configuration and certificates", NULL, run_reload },
  { "urn:enjamb:block", "Block a domain", ask_block, run_block },
  { "urn:enjamb:unblock", "Unblock a domain", ask_unblock, run_unblock },
  { NODE_BLACKLIST, "Edit the list of blocked domains", ask_blacklist, run_blacklist },
};

static const EnjAdministrationHands steward_hands = {
  enj_steward_status,
  enj_steward_streams,
  enj_steward_close,
  enj_steward_reload,
  enj_steward_block,
  enj_steward_unblock,
  enj_steward_set_blocked,
  enj_steward_get_blocked,
  enj_steward_keeps_blocked,
};

EnjAdministration *
enj_administration_new (EnjSteward *steward, const EnjAdministrationHands *hands)
{
  EnjAdministration *self = g_new0 (EnjAdministration, 1);

  self->steward = steward;
  self->hands = hands ? hands : &steward_hands;
  self->commands = enj_commands_new (table, G_N_ELEMENTS (table), self);
  return self;
}

void
enj_administration_free (EnjAdministration *self)
{
  if (!self)
    return;
  enj_commands_free (self->commands);
  g_free (self);
}

EnjCommands *
enj_administration_get_commands (EnjAdministration *self)
{
  return self->commands;
}
