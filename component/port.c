#include "config.h"

#include "component/port.h"

#include <string.h>
#include <sys/un.h>

#define TLS "tls://"
#define PATH_MAX_LEN (sizeof ((struct sockaddr_un *) 0)->sun_path - 1)

static gboolean
parse_path (const char *text, EnjPort *port, GError **error)
{
  if (strlen (text) > PATH_MAX_LEN)
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: longer than %u bytes", text,
                   (guint) PATH_MAX_LEN);
      return FALSE;
    }
  port->path = g_canonicalize_filename (text, NULL);
  port->name = g_strdup (port->path);
  return TRUE;
}

static gboolean
parse_address (const char *text, EnjPort *port, GError **error)
{
  const char *rest = port->direct_tls ? text + strlen (TLS) : text;
  g_autofree char *host = NULL;
  guint16 number = 0;
  char buffer[ENJ_ADDRESS_STRING];

  if (!enj_address_split (rest, &host, &number) || number == 0
      || !enj_address_parse (&port->address, host, number))
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                   "expected an IP address and a port, perhaps with " TLS
                   ", or the path of a Unix socket, not '%s'", text);
      return FALSE;
    }
  port->name = g_strconcat (port->direct_tls ? TLS : "",
                            enj_address_format (&port->address, buffer), NULL);
  return TRUE;
}

gboolean
enj_port_parse (const char *text, EnjPort *port, GError **error)
{
  *port = (EnjPort){ .direct_tls = g_str_has_prefix (text, TLS) };
  return *text == '/' ? parse_path (text, port, error) : parse_address (text, port, error);
}

void
enj_port_clear (EnjPort *self)
{
  g_clear_pointer (&self->name, g_free);
  g_clear_pointer (&self->path, g_free);
}
