/* echo.h - says back what it is told.
 *
 * Answers messages with a body; never group chat, a delayed message, or an
 * echo.  A request for subscription is declined, an iq refused. */
#pragma once

#include "protocol/enjamb.h"

typedef struct EnjEcho EnjEcho;
typedef void (*EnjEchoSend) (EnjStanza *stanza, gpointer user_data);

EnjEcho *enj_echo_new (EnjEchoSend send, gpointer user_data);
void enj_echo_free (EnjEcho *self);

void enj_echo_handle (EnjEcho *self, EnjStanza *stanza);
