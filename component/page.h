/* page.h - a bridge at a glance, for a person with a browser.
 *
 * Whole pages of HTML, without scripts: links, pictures of the last minutes, what became of
 * stanzas, other servers and how the last attempts to reach them went, streams.  Long lists
 * come in pages, each in a time that does not grow with them.  Names and reasons are escaped.
 *
 * Does not answer anybody. */
#pragma once

#include "component/sights.h"
#include "component/steward.h"

/* As everybody finds them, and those lists alone, behind @after: the last one of the page
 * before, "" for the first. */
GString *enj_page_new (EnjSteward *steward, const EnjSights *sights, gint64 now);
GString *enj_page_peers_new (EnjSteward *steward, const char *after, gint64 now);
GString *enj_page_streams_new (EnjSteward *steward, const char *after, gint64 now);

/* Where those are found, and what they look like: CSS; and a picture for the browser's tab. */
#define ENJ_PAGE_PATH "/"
#define ENJ_PAGE_PEERS_PATH "/peers"
#define ENJ_PAGE_STREAMS_PATH "/streams"
#define ENJ_PAGE_STYLE_PATH "/style.css"
#define ENJ_PAGE_ICON_PATH "/icon.svg"
extern const char enj_page_style[];
extern const char enj_page_icon[];
