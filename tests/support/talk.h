/* talk.h - a session with the least of a protocol, for tests of what all share.
 *
 * It notes what happens, answers <starttls/> with <proceed/>, and starts TLS
 * where that was handed to it. */
#pragma once

#include "protocol/ns.h"
#include "protocol/session.h"

#define ENJ_TALK_HEADER                                                              \
  "<stream:stream xmlns='" ENJ_NS_SERVER "' xmlns:stream='" ENJ_NS_STREAM "'"        \
  " from='remote.test' to='comp.local.test' version='1.0'>"
#define ENJ_TALK_STARTTLS "<starttls xmlns='" ENJ_NS_TLS "'/>"
#define ENJ_TALK_PROCEED "<proceed xmlns='" ENJ_NS_TLS "'/>"
#define ENJ_TALK_END "</stream:stream>"

/* The time at which every talk starts. */
#define ENJ_TALK_START (100 * G_USEC_PER_SEC)

typedef struct
{
  EnjSession session; /* must be first */
  GString *seen;      /* a line each: "stanza ID", "element NAME", "secured", "due N", "over" */
  gboolean tells_all; /* "left ID" and "closing", too */
  EnjTls *tls;        /* to be started by <starttls/> or <proceed/>; owned */
  guint wakes;
} EnjTalk;

EnjTalk *enj_talk_new (void);
void enj_talk_free (EnjTalk *self);

void enj_talk_feed (EnjTalk *self, const char *xml);

/* One whose header, and the peer's, are through. */
EnjTalk *enj_talk_new_open (void);

/* Takes up to @len bytes of what it has for its peer. */
GByteArray *enj_talk_drain_new (EnjTalk *self, gsize len);
void enj_talk_assert_written (EnjTalk *self, const char *expected);

/* Sends a stanza with @size bytes of content. */
gboolean enj_talk_send (EnjTalk *self, const char *id, gsize size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjTalk, enj_talk_free)
