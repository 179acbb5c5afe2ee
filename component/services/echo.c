#include "config.h"

#include "component/services/echo.h"

#include "protocol/ns.h"

struct EnjEcho
{
  EnjEchoSend send;
  gpointer user_data;
};

EnjEcho *
enj_echo_new (EnjEchoSend send, gpointer user_data)
{
  EnjEcho *self = g_new (EnjEcho, 1);

  self->send = send;
  self->user_data = user_data;
  return self;
}

void
enj_echo_free (EnjEcho *self)
{
  g_free (self);
}

static gboolean
deserves_echo (EnjStanza *message)
{
  const EnjElement *element = enj_stanza_get_element (message);

  return g_strcmp0 (enj_stanza_get_type (message), "groupchat") != 0
         && enj_element_find (element, ENJ_NS_CLIENT, "body")
         && !enj_element_find (element, ENJ_NS_DELAY, "delay")
         && !enj_element_find (element, ENJ_NS_DELAY_OLD, "x")
         && !enj_element_find (element, ENJ_NS_ECHO, "echo");
}

/* The mark keeps two echoes from talking to each other for ever. */
static EnjStanza *
new_marked_echo (EnjStanza *message)
{
  g_autoptr (EnjStanza) plain = enj_stanza_new_echo (message);
  g_autoptr (EnjElement) mark
    = enj_element_builder_end_new (enj_element_builder_new (ENJ_NS_ECHO, "echo"));

  return plain ? enj_stanza_new_added (plain, mark) : NULL;
}

static EnjStanza *
new_reply (EnjStanza *stanza)
{
  const char *type = enj_stanza_get_type (stanza);

  switch (enj_stanza_get_kind (stanza))
    {
    case ENJ_STANZA_MESSAGE:
      return deserves_echo (stanza) ? new_marked_echo (stanza) : NULL;
    case ENJ_STANZA_PRESENCE:
      if (g_strcmp0 (type, "subscribe") != 0 || !enj_stanza_get_from (stanza))
        return NULL;
      /* RFC 6121 3.1.3. */
      return enj_stanza_new (ENJ_STANZA_PRESENCE, "unsubscribed", enj_stanza_get_to (stanza),
                             enj_stanza_get_from (stanza), NULL, NULL);
    case ENJ_STANZA_IQ:
      return enj_stanza_new_error (stanza, ENJ_STANZA_SERVICE_UNAVAILABLE, NULL);
    }
  return NULL;
}

void
enj_echo_handle (EnjEcho *self, EnjStanza *stanza)
{
  g_autoptr (EnjStanza) reply = new_reply (stanza);

  if (reply)
    self->send (reply, self->user_data);
}
