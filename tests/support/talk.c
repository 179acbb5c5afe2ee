#include "config.h"

#include "tests/support/talk.h"

#include <string.h>

#include "tests/support/settings.h"

static void
send_header (EnjTalk *self)
{
  const EnjHeader header
      = { .content_ns = ENJ_NS_SERVER, .id = "x", .has_version = TRUE, .major = 1 };

  g_assert_true (enj_stream_send_header (self->session.stream, &header));
  self->session.header_sent = TRUE;
  enj_session_written (&self->session);
}

static void
handle_element (EnjTalk *self, const EnjElement *element)
{
  gboolean is_starttls = enj_element_is (element, ENJ_NS_TLS, "starttls");

  g_string_append_printf (self->seen, "element %s\n", enj_element_get_name (element));
  if (is_starttls)
    {
      g_assert_true (enj_stream_send_text (self->session.stream, ENJ_TALK_PROCEED));
      enj_session_written (&self->session);
    }
  if (is_starttls || enj_element_is (element, ENJ_NS_TLS, "proceed"))
    enj_session_start_tls (&self->session, g_steal_pointer (&self->tls));
}

static void
handle_event (EnjSession *session, EnjStreamEvent *event)
{
  EnjTalk *self = (EnjTalk *) session;

  if (event->type == ENJ_STREAM_OPENED)
    g_string_append_printf (self->seen, "header %s\n", enj_stream_get_header (session->stream)->id);
  else if (event->type == ENJ_STREAM_STANZA)
    g_string_append_printf (self->seen, "stanza %s\n", enj_stanza_get_id (event->stanza));
  else
    handle_element (self, event->element);
}

static void
handle_secured (EnjSession *session)
{
  g_string_append (((EnjTalk *) session)->seen, "secured\n");
  send_header ((EnjTalk *) session);
}

static void
handle_due (EnjSession *session, EnjWait which)
{
  g_string_append_printf (((EnjTalk *) session)->seen, "due %d\n", which);
}

static void
handle_open (EnjSession *session)
{
  send_header ((EnjTalk *) session);
}

static void
handle_over (EnjSession *session)
{
  g_string_append (((EnjTalk *) session)->seen, "over\n");
}

static void
handle_left (EnjSession *session, EnjStanza *stanza)
{
  EnjTalk *self = (EnjTalk *) session;

  if (self->tells_all)
    g_string_append_printf (self->seen, "left %s\n", enj_stanza_get_id (stanza));
}

static void
handle_closing (EnjSession *session)
{
  EnjTalk *self = (EnjTalk *) session;

  if (self->tells_all)
    g_string_append (self->seen, "closing\n");
}

static const EnjSessionClass talk_class = {
  .event = handle_event,
  .secured = handle_secured,
  .due = handle_due,
  .open = handle_open,
  .over = handle_over,
  .left = handle_left,
  .closing = handle_closing,
};

static void
count_wake (gpointer data)
{
  ((EnjTalk *) data)->wakes++;
}

EnjTalk *
enj_talk_new (void)
{
  EnjTalk *self = g_new0 (EnjTalk, 1);
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();

  self->seen = g_string_new ("");
  enj_session_init (&self->session, &talk_class, "in", ENJ_NS_SERVER, settings,
                    (EnjWake){ count_wake, self }, ENJ_TALK_START);
  return self;
}

void
enj_talk_feed (EnjTalk *self, const char *xml)
{
  enj_session_feed (&self->session, (const guint8 *) xml, strlen (xml), self->session.now);
}

EnjTalk *
enj_talk_new_open (void)
{
  EnjTalk *self = enj_talk_new ();
  gsize len;

  enj_talk_feed (self, ENJ_TALK_HEADER);
  send_header (self);
  enj_session_peek (&self->session, &len);
  enj_session_drained (&self->session, len, ENJ_TALK_START);
  enj_stream_raise_limits (self->session.stream, 100000);
  g_string_truncate (self->seen, 0);
  return self;
}

void
enj_talk_free (EnjTalk *self)
{
  enj_session_clear (&self->session);
  enj_tls_free (self->tls);
  g_string_free (self->seen, TRUE);
  g_free (self);
}

GByteArray *
enj_talk_drain_new (EnjTalk *self, gsize len)
{
  GByteArray *bytes = g_byte_array_new ();
  const guint8 *data;
  gsize part;

  while (bytes->len < len && (data = enj_session_peek (&self->session, &part)) && part > 0)
    {
      part = MIN (part, len - bytes->len);
      g_byte_array_append (bytes, data, (guint) part);
      enj_session_drained (&self->session, part, self->session.now);
    }
  return bytes;
}

void
enj_talk_assert_written (EnjTalk *self, const char *expected)
{
  g_autoptr (GByteArray) bytes = enj_talk_drain_new (self, G_MAXSIZE);

  g_assert_cmpmem (bytes->data, bytes->len, expected, strlen (expected));
}

static EnjStanza *
stanza_new (const char *id, gsize size)
{
  const EnjStanzaHead head = { .from = "comp.local.test", .to = "remote.test", .id = id };
  g_autofree char *content = g_strnfill (size, 'x');

  return enj_stanza_new_raw (&head, (const guint8 *) content, size);
}

gboolean
enj_talk_send (EnjTalk *self, const char *id, gsize size)
{
  g_autoptr (EnjStanza) stanza = stanza_new (id, size);

  return enj_session_send (&self->session, stanza) == ENJ_SEND_DONE;
}
