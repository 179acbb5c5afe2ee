/* transcript.h - what a reader makes of XML, an event a line.
 *
 * "header NAME", "stanza XML", "element XML", "closed", and "! CONDITION" for a
 * fault, where too many bytes are "stanza-too-big". */
#pragma once

#include "protocol/reader.h"

#define ENJ_TEST_STREAM                                                                        \
  "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' "     \
  "xmlns:db='jabber:server:dialback' from='evil.test' to='comp.local.test' version='1.0'>"

/* No limit that a test meets. */
extern const EnjReaderLimits enj_test_large;

/* Appends all events that there are; FALSE on a fault. */
gboolean enj_test_take_events (EnjReader *reader, GString *out);

/* Fed in two pieces cut at @cut, or with a cut of 0 byte by byte; flushed. */
char *enj_test_read_new (const char *xml, gsize len, gsize cut, const EnjReaderLimits *limits);

/* The same, with a rest wherever the reader takes one. */
char *enj_test_read_resting_new (const char *xml, gsize len, gsize cut,
                                 const EnjReaderLimits *limits);

/* However it is cut, and with rests or without; with ENJ_TEST_STREAM, and its line, in front. */
void enj_test_assert_reads (const char *xml, gsize len, const char *expected,
                            const EnjReaderLimits *limits);
void enj_test_assert_stream (const char *xml, const char *expected, const EnjReaderLimits *limits);
