/* caller.h - the other end of the control socket, for a command.
 *
 * Calls one method after the other, and waits for each answer. */
#pragma once

#include <glib.h>

typedef struct EnjCaller EnjCaller;

#define ENJ_CALLER_ERROR (enj_caller_error_quark ())

typedef enum
{
  ENJ_CALLER_ABSENT,      /* no daemon runs */
  ENJ_CALLER_UNREACHABLE, /* one may run, but cannot be asked, or does not answer */
  ENJ_CALLER_REFUSED      /* it has said no, in these words */
} EnjCallerError;

GQuark enj_caller_error_quark (void);

/* NULL with an error that names @path. */
EnjCaller *enj_caller_new (const char *path, GError **error);
void enj_caller_free (EnjCaller *self);

/* @arguments: a tuple, which it sinks; NULL for none.  A new tuple of type @type. */
GVariant *enj_caller_call_new (EnjCaller *self, const char *method, GVariant *arguments,
                               const char *type, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjCaller, enj_caller_free)
