/* receipt.h - what tells the source of a stanza that it has come to its end.
 *
 * A stanza holds one, its heirs (forward, reply, error) hold the same one.
 * When the last holder lets go, the function runs, once. */
#pragma once

#include <glib.h>

typedef struct EnjReceipt EnjReceipt;
typedef void (*EnjReceiptFunc) (gpointer user_data, guint64 number);

EnjReceipt *enj_receipt_new (EnjReceiptFunc func, gpointer user_data, guint64 number);
EnjReceipt *enj_receipt_ref (EnjReceipt *self);
void enj_receipt_unref (EnjReceipt *self);

/* The source is gone: the function will not run any more. */
void enj_receipt_cancel (EnjReceipt *self);
