#include "config.h"

#include "tests/world/linked.h"

#include <string.h>

#include "protocol/handshake.h"

static EnjPuppet *
accept_link (EnjWorldServer *server, gboolean is_mute)
{
  EnjPuppet *puppet = enj_world_attach (server);
  g_autofree char *header
    = g_strdup_printf ("<stream:stream xmlns='jabber:component:accept' id='1' from='%s'"
                       " xmlns:stream='http://etherx.jabber.org/streams'>",
                       server->domain);

  puppet->is_mute = is_mute;
  enj_world_run (server->world);
  g_assert_null (strstr (puppet->heard->str, "<handshake>"));
  enj_world_say (server->world, puppet, header);
  g_assert_nonnull (strstr (puppet->heard->str, "<handshake>"));
  g_assert_null (strstr (puppet->heard->str, "<message"));
  enj_world_say (server->world, puppet, "<handshake/>");
  g_assert_true (g_str_has_suffix (server->events->str, "link-up "));
  return puppet;
}

EnjPuppet *
enj_linked_new (EnjWorldServer *server)
{
  return accept_link (server, FALSE);
}

EnjPuppet *
enj_linked_new_mute (EnjWorldServer *server)
{
  return accept_link (server, TRUE);
}

EnjPuppet *
enj_linked_new_knocking_with (EnjWorldServer *server, const char *behind)
{
  EnjPuppet *puppet = enj_world_host (server);
  g_autofree char *header
    = g_strdup_printf ("<stream:stream xmlns='jabber:component:accept' to='hosted.%s'"
                       " xmlns:stream='http://etherx.jabber.org/streams'>",
                       server->domain);
  g_autofree char *id = NULL;
  g_autofree char *proof = NULL;
  g_autofree char *xml = NULL;
  const char *place;

  g_assert_nonnull (puppet);
  enj_world_say (server->world, puppet, header);
  place = strstr (puppet->heard->str, " id=\"");
  g_assert_nonnull (place);
  place += strlen (" id=\"");
  id = g_strndup (place, strcspn (place, "\""));
  proof = enj_handshake_new (id, ENJ_WORLD_SECRET);
  xml = g_strdup_printf ("<handshake>%s</handshake>%s", proof, behind);
  enj_world_say (server->world, puppet, xml);
  return puppet;
}

EnjPuppet *
enj_linked_new_knocking (EnjWorldServer *server)
{
  return enj_linked_new_knocking_with (server, "");
}

EnjPuppet *
enj_linked_new_hosted (EnjWorldServer *server)
{
  EnjPuppet *puppet = enj_linked_new_knocking (server);

  g_assert_nonnull (strstr (puppet->heard->str, "<handshake/>"));
  g_assert_true (g_str_has_suffix (server->events->str, "hosted-up "));
  return puppet;
}

void
enj_linked_send_of_size (EnjWorldServer *server, const char *to, guint number, gsize size)
{
  g_autofree char *body = g_strnfill (size, 'x');
  g_autofree char *xml
    = g_strdup_printf ("<message from='a@%s' to='%s' id='%u'><body>%s</body></message>",
                       server->domain, to, number, body);

  g_assert_true (enj_world_send (server, xml));
}

void
enj_linked_send (EnjWorldServer *server, const char *to, guint number)
{
  enj_linked_send_of_size (server, to, number, 1);
}

guint
enj_linked_count_in (const char *text, guint number)
{
  g_autofree char *single = g_strdup_printf ("id='%u'", number);
  g_autofree char *pair = g_strdup_printf ("id=\"%u\"", number);
  guint n = 0;

  for (const char *at = text; (at = strstr (at, single)); at++)
    n++;
  for (const char *at = text; (at = strstr (at, pair)); at++)
    n++;
  return n;
}

guint
enj_linked_count_inbox (const EnjWorldServer *server, guint number, gboolean errors)
{
  guint n = 0;

  for (guint i = 0; i < server->inbox->len; i++)
    {
      const char *stanza = server->inbox->pdata[i];

      if ((strstr (stanza, "<error ") != NULL) == errors)
        n += enj_linked_count_in (stanza, number);
    }
  return n;
}

void
enj_linked_assert_in_order (const char *text, guint first, guint last)
{
  const char *at = text;

  for (guint i = first; i <= last; i++)
    {
      g_autofree char *id = g_strdup_printf ("id=\"%u\"", i);

      at = strstr (at, id);
      g_assert_nonnull (at);
      g_assert_cmpuint (enj_linked_count_in (text, i), ==, 1);
    }
}
