/* wires.h - the connections of a world: bytes move when they are told to.
 *
 * Each has two ends; an end is a session of a server or a puppet.  Owns the
 * puppets.  Knows no names and keeps no time. */
#pragma once

#include "tests/world/world.h"

typedef struct EnjWorldWires EnjWorldWires;

EnjWorldWires *enj_world_wires_new (void);
void enj_world_wires_free (EnjWorldWires *self);

EnjPuppet *enj_world_wires_add_puppet (EnjWorldWires *self);
EnjPuppet *enj_world_wires_get_puppet (EnjWorldWires *self);

/* From @session of @server to @puppet or, where that is NULL, to @session of @other. */
void enj_world_wires_connect (EnjWorldWires *self, EnjWorldServer *server, EnjSession *session,
                              EnjWorldServer *other, EnjSession *accepted, EnjPuppet *puppet);

/* At most @max bytes to one end of a wire; FALSE where there is nothing. */
gboolean enj_world_wires_move (EnjWorldWires *self, guint index, guint to, gsize max, gint64 now);

/* Closes a wire that one end has done with; TRUE where it has. */
gboolean enj_world_wires_reap (EnjWorldWires *self, guint index, gint64 now);

/* Cuts all between @a and @b, of which NULL is anybody; or that of @puppet. */
void enj_world_wires_cut (EnjWorldWires *self, EnjWorldServer *a, EnjWorldServer *b, gint64 now);
void enj_world_wires_hang_up (EnjWorldWires *self, const EnjPuppet *puppet, gint64 now);

/* Between servers nothing arrives any longer, though it is sent. */
void enj_world_wires_freeze (EnjWorldWires *self, gboolean frozen);

guint enj_world_wires_count (const EnjWorldWires *self);
gint64 enj_world_wires_deadline (const EnjWorldWires *self);
void enj_world_wires_tick (EnjWorldWires *self, gint64 now);
