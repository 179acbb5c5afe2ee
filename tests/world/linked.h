/* linked.h - a server of a world whose link leads to a puppet, and numbered messages. */
#pragma once

#include "tests/world/world.h"

/* The puppet that has accepted the link of @server; mute from the start. */
EnjPuppet *enj_linked_new (EnjWorldServer *server);
EnjPuppet *enj_linked_new_mute (EnjWorldServer *server);

/* A component that comes to hosted.DOMAIN of @server, and has said its handshake; the same with
 * XML right @behind that; one that is let in. */
EnjPuppet *enj_linked_new_knocking (EnjWorldServer *server);
EnjPuppet *enj_linked_new_knocking_with (EnjWorldServer *server, const char *behind);
EnjPuppet *enj_linked_new_hosted (EnjWorldServer *server);

/* From the service; the number is the id.  The second has a body of @size bytes. */
void enj_linked_send (EnjWorldServer *server, const char *to, guint number);
void enj_linked_send_of_size (EnjWorldServer *server, const char *to, guint number, gsize size);

/* How often the number is in @text; in what the service was given, as errors or as others. */
guint enj_linked_count_in (const char *text, guint number);
guint enj_linked_count_inbox (const EnjWorldServer *server, guint number, gboolean errors);

/* Each once. */
void enj_linked_assert_in_order (const char *text, guint first, guint last);
