/* race.h - attempts to connect, each a little behind the other (RFC 8305 5).
 *
 * Knows when the next may start and which one has won.
 *
 * Does not know where the targets come from, and does not connect. */
#pragma once

#include "protocol/address.h"
#include "protocol/dane.h"

#define ENJ_RACE_MAX 10

/* Where a connection leads, and what the DNS knows of it.  Immutable, counted. */
typedef struct
{
  EnjAddress address;
  char source[ENJ_ADDRESS_STRING]; /* enj_address_format_source() */
  char *host; /* A-labels */
  gboolean direct_tls;
  gboolean needs_tls; /* whatever policy says */
  gboolean is_secure; /* its SRV record is: the host is one more name (RFC 7673 4.1) */
  EnjDane *dane;      /* NULL: none that is usable */
} EnjTarget;

/* needs_tls is FALSE; to be set before sharing. */
EnjTarget *enj_target_new (const EnjAddress *address, const char *host, gboolean direct_tls,
                           gboolean is_secure, EnjDane *dane);
EnjTarget *enj_target_ref (EnjTarget *self);
void enj_target_unref (EnjTarget *self);

typedef enum
{
  ENJ_RUNNER_NEW,
  ENJ_RUNNER_OPEN,
  ENJ_RUNNER_OVER
} EnjRunnerState;

typedef struct
{
  EnjTarget *target;
  EnjRunnerState state;
  guint ticket; /* while it is open */
} EnjRunner;

/* Zeroed to start with. */
typedef struct
{
  EnjRunner runners[ENJ_RACE_MAX];
  guint n;
  guint winner;      /* a ticket; 0 while there is none */
  gint64 next_start; /* not before, while another is open */
} EnjRace;

void enj_race_clear (EnjRace *self);

/* Takes @target; FALSE when there is no place left. */
gboolean enj_race_add_take (EnjRace *self, EnjTarget *target);

gboolean enj_race_has (const EnjRace *self, EnjRunnerState state);

/* The first that is new, as @ticket, without looking at the time. */
EnjTarget *enj_race_start (EnjRace *self, guint ticket, gint64 now);

/* The others that are open become new again.  FALSE where no such one is open. */
gboolean enj_race_win (EnjRace *self, guint ticket);

/* Not connected, or, where it was the winner, no use: the race goes on.  FALSE as above. */
gboolean enj_race_lose (EnjRace *self, guint ticket);

/* When another new one may start, in monotonic microseconds; ENJ_NEVER where there is none, or
 * there is a winner. */
gint64 enj_race_deadline (const EnjRace *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjTarget, enj_target_unref)
