/* load.h - what an exchange still has, and what of it can be closed. */
#pragma once

#include <glib.h>

typedef struct
{
  guint inbound; /* streams */
  guint outbound;
  guint ending; /* of these, those that are being closed */
  guint hosted; /* connections of components */
  guint links;
  guint waiting_for_peers; /* stanzas */
  guint waiting_for_links;
  guint waiting_for_up_links; /* of these, those of links that are up */
  guint waiting_for_components;
  guint unproven_by_links; /* those that left, and may have arrived */
  guint unproven_by_components;
  guint events;   /* not yet fetched */
} EnjLoad;

typedef enum
{
  ENJ_CLOSING_INBOUND, /* and no component is let in */
  ENJ_CLOSING_DOWN_LINKS,     /* there is nothing to close, but something waits */
  ENJ_CLOSING_STUCK_OUTBOUND, /* streams that have written all stay, and no more are opened */
  ENJ_CLOSING_HOSTED,
  ENJ_CLOSING_OUTBOUND,
  ENJ_CLOSING_LINKS
} EnjClosing;
