/* check.h - all that can be found out about a configuration from outside of the daemon.
 *
 * The configuration itself, the DNS, the certificates, the server behind each link and our own
 * ports, in this order; later parts go without what an earlier one has not found.  For a command:
 * it waits, and silences the log.  Changes nothing. */
#pragma once

#include "component/findings.h"

typedef enum
{
  ENJ_CHECK_CONFIG = 1 << 0,
  ENJ_CHECK_DNS = 1 << 1,
  ENJ_CHECK_CERTS = 1 << 2,
  ENJ_CHECK_CONNECTIVITY = 1 << 3,
  ENJ_CHECK_ALL = ENJ_CHECK_CONFIG | ENJ_CHECK_DNS | ENJ_CHECK_CERTS | ENJ_CHECK_CONNECTIVITY
} EnjCheckArea;

/* "config", "dns", "certs", "connectivity"; all for NULL, 0 for anything else. */
EnjCheckArea enj_check_parse_area (const char *word);

/* What the daemon says of the link of a component. */
typedef enum
{
  ENJ_CHECK_LINK_UNKNOWN, /* no daemon runs */
  ENJ_CHECK_LINK_HIDDEN,  /* one may run, and cannot be asked */
  ENJ_CHECK_LINK_UP,
  ENJ_CHECK_LINK_DOWN     /* it runs, and has no link */
} EnjCheckLink;

/* @why: for HIDDEN and DOWN, in words, newly allocated; or left alone. */
typedef EnjCheckLink (*EnjCheckAskFunc) (const char *domain, char **why, gpointer data);

/* @areas: a set of EnjCheckArea.  @ask may be NULL: no daemon runs. */
EnjFindings *enj_check_run_new (const char *path, guint areas, EnjCheckAskFunc ask,
                                gpointer data);
