/* keepsake.h - what a successor needs to go on with a link in the middle of a byte.
 *
 * Lives in memory of its own (memfd), of which the service manager keeps a copy: it
 * is right at each moment, so that it does not matter when we are killed.  Input is
 * received into it and stays until its stanzas are ended or in the daybook; output is
 * in it until the kernel has taken it.  Positions count the bytes of each direction
 * since the connection was made.
 *
 * The kernel knows what was taken and given (transit.h): a successor compares, and
 * refuses what does not fit.  What it holds counts in the budget.  Reads and writes no
 * socket. */
#pragma once

#include <glib.h>

typedef struct EnjKeepsake EnjKeepsake;

/* For the fresh connection @fd.  @server is where it leads, as the configuration has it, and
 * @secret what proves us there, which is not kept.  NULL where such memory or such counts are
 * not to be had. */
EnjKeepsake *enj_keepsake_new (int fd, const char *domain, const char *server,
                               const char *secret);

/* What another process left: takes @memory.  NULL with a G_FILE_ERROR that says what is
 * wrong with it; a link that was not up, or already closing, is wrong too. */
EnjKeepsake *enj_keepsake_open (int memory, GError **error);
void enj_keepsake_free (EnjKeepsake *self);
int enj_keepsake_get_memory (const EnjKeepsake *self);
const char *enj_keepsake_get_domain (const EnjKeepsake *self);
guint64 enj_keepsake_get_id (const EnjKeepsake *self); /* of the connection */

/* Was it made there and with that? */
gboolean enj_keepsake_is_of (const EnjKeepsake *self, const char *server, const char *secret);

/* Is @fd the connection that this is of, and does all fit?  Afterwards it is used as before.
 * Refused when three processes have gone on with it, and each ended at once; calm() tells
 * that this one ends in order. */
gboolean enj_keepsake_resume (EnjKeepsake *self, int fd, GError **error);
void enj_keepsake_calm (EnjKeepsake *self);

/* What the server said first, up to and with its stream tag; what of its later bytes is not
 * settled; what was to be written to it. */
const guint8 *enj_keepsake_get_header (const EnjKeepsake *self, gsize *len);
const guint8 *enj_keepsake_get_input (const EnjKeepsake *self, gsize *len);
const guint8 *enj_keepsake_get_output (const EnjKeepsake *self, gsize *len);
guint64 enj_keepsake_get_settled (const EnjKeepsake *self);

/* Input: at least @least bytes to receive into, or NULL, and then it is void; how many came. */
guint8 *enj_keepsake_reserve (EnjKeepsake *self, gsize least);
void enj_keepsake_received (EnjKeepsake *self, gsize len);

/* What stands before @position needs no keeping; never less than before. */
void enj_keepsake_settle (EnjKeepsake *self, guint64 position);

/* Output: all that waits to be written, before each attempt; how much of it was taken. */
void enj_keepsake_put (EnjKeepsake *self, const guint8 *data, gsize len);
void enj_keepsake_taken (EnjKeepsake *self, gsize len);

/* The link is up: @header is the length of get_header(), @settled as in settle().  From now on
 * a successor can go on with it. */
void enj_keepsake_begin (EnjKeepsake *self, gsize header, guint64 settled);

/* It cannot, any more: the link closes. */
void enj_keepsake_void (EnjKeepsake *self);
gboolean enj_keepsake_is_valid (const EnjKeepsake *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjKeepsake, enj_keepsake_free)
