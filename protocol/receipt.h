/* receipt.h - what tells the source of a stanza that it has come to its end.
 *
 * A stanza holds one, its heirs (forward, reply, error) hold the same one.
 * When the last holder lets go, the function runs, once. */
#pragma once

#include "protocol/histogram.h"

typedef struct EnjReceipt EnjReceipt;
typedef void (*EnjReceiptFunc) (gpointer user_data, guint64 number);

EnjReceipt *enj_receipt_new (EnjReceiptFunc func, gpointer user_data, guint64 number);
EnjReceipt *enj_receipt_ref (EnjReceipt *self);
void enj_receipt_unref (EnjReceipt *self);

/* The source is gone: the function will not run any more. */
void enj_receipt_cancel (EnjReceipt *self);

/* When the source had the stanza, monotonic microseconds; and how long ago that is, for
 * @histogram.  Nothing is measured without: of NULL, or where it was never said. */
void enj_receipt_set_since (EnjReceipt *self, gint64 since);
void enj_receipt_measure (const EnjReceipt *self, EnjHistogram *histogram, gint64 now);
