/* comeback.h - when to try again for a link, and what the operator hears of it.
 *
 * Fed with how each attempt and each link ended, it gives the delay, and news
 * where only a person can mend the cause or would want to know of it: each at
 * most once for as long as there is no link.
 *
 * Does not read the clock, connect or write the log. */
#pragma once

#include "protocol/backoff.h"

typedef enum
{
  ENJ_COMEBACK_NO_NEWS,
  ENJ_COMEBACK_UNREACHABLE, /* no connection */
  ENJ_COMEBACK_REFUSED,     /* the server ends the attempt: it may mend by itself */
  ENJ_COMEBACK_SECRET,      /* not-authorized: a wrong secret, on one of the two sides */
  ENJ_COMEBACK_UNKNOWN,     /* host-unknown for five minutes on end */
  ENJ_COMEBACK_CONFLICT     /* another connection has taken an established link over */
} EnjComebackNews;

typedef struct
{
  EnjBackoff backoff;
  gint64 up_since;      /* 0 while down */
  gint64 unknown_since; /* 0 unless the last that the server said was host-unknown */
  guint told;           /* a bit for each EnjComebackNews */
} EnjComeback;

/* @max: the longest delay in seconds, but for a conflict, which rests a minute. */
void enj_comeback_init (EnjComeback *self, guint64 max);
void enj_comeback_set_max (EnjComeback *self, guint64 max);

/* The server has taken the handshake. */
void enj_comeback_up (EnjComeback *self, gint64 now);

/* There was no connection.  @delay in microseconds. */
EnjComebackNews enj_comeback_missed (EnjComeback *self, gint64 *delay);

/* A connection has ended: the link, where enj_comeback_up() came before, or the
 * attempt at one.  @error is NULL for an end in order. */
EnjComebackNews enj_comeback_ended (EnjComeback *self, const GError *error, gint64 now,
                                    gint64 *delay);
