#include "config.h"

#include "protocol/farewell.h"

/* For each step; a stream that does not answer our end tag ends by itself in
 * the same time. */
#define PATIENCE (6 * ENJ_SECOND)

/* For the links: the answer to a last ping, and then the end tag. */
#define PATIENCE_LINKS (2 * PATIENCE)

/* The same in a hurry: long enough for what is written to leave, and for a server that is busy
 * to end the link, for what it has sent by then must be read. */
#define HURRY (ENJ_SECOND / 2)
#define HURRY_LINKS (2 * ENJ_SECOND)

typedef enum
{
  STEP_INBOUND,  /* inbound streams are closing, queues are being emptied */
  STEP_REFUSAL,  /* what does not get on goes back, and outbound streams that do stay */
  STEP_HOSTED,   /* components have heard what goes back, and their streams are closing */
  STEP_LINKS,    /* links are closing */
  STEP_OUTBOUND, /* outbound streams are closing */
  STEP_DONE
} Step;

struct EnjFarewell
{
  EnjExchange *exchange;
  Step step;
  gboolean hurried;
  gboolean hands_over;
  gint64 due;
};

static gint64
get_patience (const EnjFarewell *self)
{
  if (self->step == STEP_LINKS)
    return self->hurried ? HURRY_LINKS : PATIENCE_LINKS;
  return self->hurried ? HURRY : PATIENCE;
}

static void
enter (EnjFarewell *self, Step step, gint64 now)
{
  self->step = step;
  self->due = now + get_patience (self);

  switch (step)
    {
    case STEP_INBOUND:
      /* At once: what goes back to peers may need a stream of its own. */
      if (!self->hands_over)
        enj_exchange_close (self->exchange, ENJ_CLOSING_DOWN_LINKS, now);
      else
        enj_exchange_get_keeper (self->exchange)->mode = ENJ_KEEPER_HOLDS_FOR_HOSTED;
      enj_exchange_close (self->exchange, ENJ_CLOSING_INBOUND, now);
      /* What waits for a component is held, and so is what would go back to it. */
      if (self->hands_over)
        enj_exchange_close (self->exchange, ENJ_CLOSING_HOSTED, now);
      break;
    case STEP_REFUSAL:
      enj_exchange_close (self->exchange, ENJ_CLOSING_DOWN_LINKS, now);
      enj_exchange_close (self->exchange, ENJ_CLOSING_STUCK_OUTBOUND, now);
      break;
    case STEP_HOSTED:
      enj_exchange_close (self->exchange, ENJ_CLOSING_HOSTED, now);
      break;
    case STEP_OUTBOUND:
      enj_exchange_get_keeper (self->exchange)->mode
        = self->hands_over ? ENJ_KEEPER_HOLDS_FOR_PEERS : ENJ_KEEPER_HOLDS_ALL;
      enj_exchange_close (self->exchange, ENJ_CLOSING_OUTBOUND, now);
      break;
    case STEP_LINKS:
      /* What still comes until the server has seen our end tag cannot go back. */
      enj_exchange_get_keeper (self->exchange)->mode = ENJ_KEEPER_HOLDS_FOR_OTHERS;
      enj_exchange_close (self->exchange, ENJ_CLOSING_LINKS, now);
      break;
    case STEP_DONE:
      self->due = ENJ_NEVER;
      break;
    }
}

EnjFarewell *
enj_farewell_new (EnjExchange *exchange, gint64 now)
{
  EnjFarewell *self = g_new0 (EnjFarewell, 1);

  self->exchange = exchange;
  enter (self, STEP_INBOUND, now);
  return self;
}

EnjFarewell *
enj_farewell_new_handing_over (EnjExchange *exchange, gint64 now)
{
  EnjFarewell *self = g_new0 (EnjFarewell, 1);

  self->exchange = exchange;
  self->hands_over = TRUE;
  enter (self, STEP_INBOUND, now);
  return self;
}

void
enj_farewell_free (EnjFarewell *self)
{
  g_free (self);
}

/* Nothing is on its way to peers and services, or back; for links that are down it cannot be. */
static gboolean
is_quiet (const EnjLoad *load)
{
  return load->waiting_for_peers == 0 && load->waiting_for_up_links == 0 && load->events == 0;
}

static gboolean
is_step_done (const EnjFarewell *self)
{
  const EnjKeeper *keeper = enj_exchange_get_keeper (self->exchange);
  EnjLoad load = enj_exchange_get_load (self->exchange);

  if (enj_exchange_deadline (self->exchange) == 0)
    return FALSE; /* It has not seen to all that it was told. */

  switch (self->step)
    {
    case STEP_INBOUND:
      /* What waits for peers is held in the end, or delivered. */
      if (self->hands_over)
        return load.inbound == 0 && load.hosted == 0 && load.events == 0;
      return load.inbound == 0 && load.events == 0 && load.waiting_for_peers == 0;
    case STEP_REFUSAL:
      /* What the services make of the bounces has to reach the links first. */
      return load.ending == 0 && is_quiet (&load);
    case STEP_HOSTED:
      /* Until the end tag of each has come, it may write. */
      return load.hosted == 0 && is_quiet (&load);
    case STEP_LINKS:
      return load.links == 0;
    case STEP_OUTBOUND:
      /* What the successor does not know to have arrived would be sent again. */
      if (self->hands_over)
        return load.outbound == 0 && is_quiet (&load) && load.unproven_by_links == 0;
      return load.outbound == 0
             && enj_exchange_count_owned (self->exchange) == enj_keeper_count (keeper);
    case STEP_DONE:
      return FALSE;
    }
  return FALSE;
}

/* The links are the successor's. */
static Step
get_next (const EnjFarewell *self)
{
  return self->hands_over && self->step == STEP_INBOUND ? STEP_OUTBOUND : self->step + 1;
}

gboolean
enj_farewell_advance (EnjFarewell *self, gint64 now)
{
  /* One at a time: the bounces of a step are moved before the next is looked at. */
  if (self->step != STEP_DONE && (now >= self->due || is_step_done (self)))
    enter (self, get_next (self), now);
  return self->step == STEP_DONE;
}

gint64
enj_farewell_deadline (const EnjFarewell *self)
{
  return self->due;
}

void
enj_farewell_hurry (EnjFarewell *self, gint64 now)
{
  if (self->hurried || self->step == STEP_DONE)
    return;
  self->hurried = TRUE;
  /* The inbound streams are closing already; the other steps have more to write. */
  self->due = self->step == STEP_INBOUND ? now : MIN (self->due, now + get_patience (self));
}
