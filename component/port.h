/* port.h - where a component connects to us: its text in the configuration, and what it means.
 *
 * Does not listen. */
#pragma once

#include "protocol/address.h"

typedef struct
{
  char *name;     /* the one spelling of it: "127.0.0.1:5348", "tls://[::1]:5349", "/run/x" */
  char *path;     /* of a Unix socket; NULL for TCP */
  EnjAddress address;
  gboolean direct_tls;
} EnjPort;

/* "IP:PORT", "tls://IP:PORT", or the absolute path of a Unix socket.  FALSE with a
 * G_FILE_ERROR_INVAL that says what was expected. */
gboolean enj_port_parse (const char *text, EnjPort *port, GError **error);
void enj_port_clear (EnjPort *self);
