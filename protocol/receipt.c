#include "config.h"

#include "protocol/receipt.h"

struct EnjReceipt
{
  guint refs;
  EnjReceiptFunc func; /* NULL once the source is gone */
  gpointer user_data;
  guint64 number;
  gint64 since; /* G_MININT64: not known */
};

EnjReceipt *
enj_receipt_new (EnjReceiptFunc func, gpointer user_data, guint64 number)
{
  EnjReceipt *self = g_new (EnjReceipt, 1);

  *self = (EnjReceipt){ .refs = 1, .func = func, .user_data = user_data, .number = number,
                        .since = G_MININT64 };
  return self;
}

EnjReceipt *
enj_receipt_ref (EnjReceipt *self)
{
  self->refs++;
  return self;
}

void
enj_receipt_unref (EnjReceipt *self)
{
  EnjReceipt last;

  if (!self || --self->refs > 0)
    return;

  /* The function may free whatever led here, so nothing of ours is touched after it. */
  last = *self;
  g_free (self);
  if (last.func)
    last.func (last.user_data, last.number);
}

void
enj_receipt_cancel (EnjReceipt *self)
{
  self->func = NULL;
}

void
enj_receipt_set_since (EnjReceipt *self, gint64 since)
{
  self->since = since;
}

void
enj_receipt_measure (const EnjReceipt *self, EnjHistogram *histogram, gint64 now)
{
  if (self && self->since != G_MININT64)
    enj_histogram_observe (histogram, now - self->since);
}
