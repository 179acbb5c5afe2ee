/* commands.h - commands given over XMPP (XEP-0050), by those who may.
 *
 * Lists them in service discovery, hands out forms, and keeps the sessions between a form and its
 * answer: a few for each who may give commands, and for ten minutes.  Everybody else hears
 * "forbidden", and an empty list; where nobody may, there are no commands at all.
 *
 * What a command asks and does is in a table of functions.  Listens at bare domains only, and
 * keeps no clock: sessions that are too old are gone when the next request comes. */
#pragma once

#include "protocol/enjamb.h"

typedef struct EnjCommands EnjCommands;

typedef struct
{
  const char *node;
  const char *name; /* for people */

  /* The form to fill in, into @builder; NULL where nothing is asked. */
  void (*ask) (EnjElementBuilder *builder, gpointer data);

  /* Does it, with what was filled in (NULL where nothing was asked), and writes what came of it
   * into @builder: a form of results, or nothing.  FALSE with ENJ_STANZA_BAD_REQUEST where the form
   * cannot be understood: it may be sent again.  Any other error is the outcome. */
  gboolean (*run) (const EnjElement *form, EnjElementBuilder *builder, gint64 now, gpointer data,
                   GError **error);
} EnjCommand;

/* @table is static; @data is what its functions are called with. */
EnjCommands *enj_commands_new (const EnjCommand *table, guint n, gpointer data);
void enj_commands_free (EnjCommands *self);

/* Prepared bare addresses, NULL-terminated; copied.  Sessions of others end. */
void enj_commands_set_admins (EnjCommands *self, const char *const *admins);
gboolean enj_commands_has_admins (const EnjCommands *self);

/* The reply, an error too; NULL for a stanza that is none of its business.  What a command
 * does is done when it returns. */
EnjStanza *enj_commands_new_reply (EnjCommands *self, EnjStanza *stanza, gint64 now);

/* A text for people, beside or in the place of a form. */
void enj_commands_add_note (EnjElementBuilder *builder, const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjCommands, enj_commands_free)
