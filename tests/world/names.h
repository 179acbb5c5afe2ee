/* names.h - the names of a world: what a look-up finds. */
#pragma once

#include "protocol/exchange.h"

typedef struct EnjWorldNames EnjWorldNames;

EnjWorldNames *enj_world_names_new (void);
void enj_world_names_free (EnjWorldNames *self);

/* One more record for _xmpp-server of @domain; "" is ".". */
void enj_world_names_add_srv (EnjWorldNames *self, const char *domain, guint16 priority,
                              const char *target);
void enj_world_names_add_address (EnjWorldNames *self, const char *name,
                                  const EnjAddress *address);

/* What the look-up of @name gives; G_MAXUINT is no answer at all. */
void enj_world_names_set_result (EnjWorldNames *self, const char *name, guint result);

/* Answers the question @id and @ticket of @exchange. */
void enj_world_names_answer (EnjWorldNames *self, EnjExchange *exchange, guint64 id,
                             guint ticket, const char *name, gboolean is_srv, gint64 now);
