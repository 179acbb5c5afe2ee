/* ping.h - is somebody there (XEP-0199), and what takes the time on the way?
 *
 * One ping in the name of an address of ours, and what became of it; where a stream had to be
 * made for it, also how long each step took.  Runs in the daemon, and waits for nothing. */
#pragma once

#include "protocol/history.h"
#include "component/configuration.h"
#include "component/loop.h"
#include "component/reception.h"

/* All borrowed: @config for the call, the others until the answer. */
typedef struct
{
  EnjLoop *loop;
  EnjReception *reception;
  const EnjHistory *history;
  const EnjConfig *config;
} EnjPingMeans;

/* Times are microseconds, -1 for what was not gone through. */
typedef struct
{
  gboolean is_answered; /* by who was asked or their server; an error of theirs is an answer */
  const char *way;      /* static: "link", "stream" (it was there), "new stream", "here" */
  const char *error;    /* NULL, or the condition and what else is known of it, printable */
  gint64 dns;
  gint64 tcp;
  gint64 tls;
  gint64 authentication;
  gint64 answer; /* from then on, or from the start */
  gint64 total;
} EnjPingResult;

/* Borrowed for the call. */
typedef void (*EnjPingFunc) (const EnjPingResult *result, gpointer data);

/* @func is called once, within two minutes, or when the reception is freed; not where FALSE is
 * returned, with ENJ_STANZA_ERROR: an address is none, @from is not of a component, or too many
 * wait already. */
gboolean enj_ping_start (const EnjPingMeans *means, const char *from, const char *to,
                         EnjPingFunc func, gpointer data, GError **error);

/* a{sv}, floating: answered b, way s, error s (where there is one), and those times that are
 * there, each x, by the names above with -us behind them. */
GVariant *enj_ping_result_to_variant (const EnjPingResult *result);
