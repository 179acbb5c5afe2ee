/* How much work a routed stanza is, against expat alone on the same bytes.
 *
 *   bench-core              CPU time: alternating rounds in one process, the ratio of the medians
 *   bench-core expat|core N reads N rounds, to count instructions from outside */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <expat.h>
#include <glib.h>

#include "protocol/ns.h"
#include "protocol/reader.h"
#include "protocol/router.h"

#define MESSAGES 2000
#define ROUNDS 41
#define SLICE 3072
#define READ (64 * 1024)
#define WRITE (64 * 1024)

#define HEADER                                                                                     \
  "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' "          \
  "xmlns:db='jabber:server:dialback' from='there.example' to='bridge.example' version='1.0'>"

typedef void (*Round) (const GString *stream);

static const char *const words[] = { "neither",   "fair",    "saint", "if",     "either", "thee",
                                     "dislike",   "it's",    "how",   "cam'st", "thou",   "hither",
                                     "wherefore", "orchard", "walls", "high",   "&amp;",  "death" };

static const char *const extensions[] = {
  "<active xmlns='http://jabber.org/protocol/chatstates'/>",
  "<request xmlns='urn:xmpp:receipts'/>",
  "<origin-id xmlns='urn:xmpp:sid:0' id='de305d54-75b4-431b'/>",
  "<markable xmlns='urn:xmpp:chat-markers:0'/>",
};

/* Messages of about 300 bytes. */
static GString *
stream_new (void)
{
  GString *stream = g_string_new (HEADER);
  GRand *rand = g_rand_new_with_seed (6120);

  for (guint i = 0; i < MESSAGES; i++)
    {
      gsize start = stream->len;

      g_string_append_printf (stream,
                              "<message from='romeo%d@there.example/orchard' "
                              "to='juliet%d@bridge.example' id='m%06x' type='%s'><body>",
                              g_rand_int_range (rand, 0, 500), g_rand_int_range (rand, 0, 500),
                              g_rand_int (rand) & 0xFFFFFF,
                              g_rand_int_range (rand, 0, 4) ? "chat" : "normal");
      while (stream->len - start < 230u + (guint) g_rand_int_range (rand, -40, 40))
        g_string_append_printf (stream, "%s ",
                                words[g_rand_int_range (rand, 0, G_N_ELEMENTS (words))]);
      g_string_append_printf (stream, "</body>%s</message>",
                              extensions[g_rand_int_range (rand, 0, G_N_ELEMENTS (extensions))]);
    }

  g_rand_free (rand);
  return stream;
}

static void
on_start (void *user_data, const char *name, const char **atts)
{
  (void) user_data;
  (void) name;
  (void) atts;
}

static void
on_end (void *user_data, const char *name)
{
  (void) user_data;
  (void) name;
}

static void
on_text (void *user_data, const char *text, int len)
{
  (void) user_data;
  (void) text;
  (void) len;
}

static void
expat_round (const GString *stream)
{
  XML_Parser parser = XML_ParserCreateNS ("UTF-8", '\001');

  XML_SetElementHandler (parser, on_start, on_end);
  XML_SetCharacterDataHandler (parser, on_text);
  for (gsize at = 0; at < stream->len; at += READ)
    {
      gsize end = MIN (at + READ, stream->len);

      for (gsize i = at; i < end; i += SLICE)
        if (!XML_Parse (parser, stream->str + i, (int) MIN (SLICE, end - i), XML_FALSE))
          g_error ("%s", XML_ErrorString (XML_GetErrorCode (parser)));
    }
  XML_ParserFree (parser);
}

static EnjSettings *
settings_new (void)
{
  const EnjPeerPolicy fallback = { .allow = TRUE };
  const EnjLimits limits = enj_limits_default ();
  g_autoptr (EnjRealm) realm = enj_realm_new ();
  g_autoptr (EnjPolicy) policy = enj_policy_new (&fallback);
  g_autoptr (EnjDialbackKey) key = enj_dialback_key_new_random ();

  enj_realm_add_component (realm, "bridge.example", TRUE);
  enj_realm_add_local (realm, "bridge.example", "here.example");
  enj_realm_add_local (realm, "bridge.example", "*.here.example");
  return enj_settings_new (realm, policy, key, &limits, TRUE, FALSE);
}

/* A relay gives the stanza both addresses anew, the router sends it to the link. */
static void
route (const EnjSettings *settings, EnjStanza *stanza, EnjBytes *out)
{
  EnjStanzaHead head = *enj_stanza_get_head (stanza);
  g_autoptr (EnjStanza) forward = NULL;
  EnjDecision decision;

  head.from = "romeo\\40there.example@bridge.example/orchard";
  head.to = "juliet@here.example";
  forward = enj_stanza_new_headed (stanza, &head);
  if (!forward)
    g_error ("no memory");
  enj_router_decide (settings, ENJ_ORIGIN_SERVICE, forward, &decision);
  if (decision.route != ENJ_ROUTE_LINK || !enj_stanza_format (forward, out))
    g_error ("not routed");
}

static void
core_round (const GString *stream)
{
  const EnjReaderLimits limits = {
    .size = 262144, .elements = 10000, .depth = 64, .attributes = 64, .is_modest = TRUE
  };
  g_autoptr (EnjReader) reader = enj_reader_new (ENJ_NS_SERVER, &limits);
  g_autoptr (EnjSettings) settings = settings_new ();
  guint stanzas = 0;
  EnjBytes out;

  enj_bytes_init (&out, 1 << 20);
  for (gsize at = 0; at < stream->len; at += READ)
    {
      EnjReaderEvent event;

      enj_reader_feed (reader, (const guint8 *) stream->str + at, MIN (READ, stream->len - at));
      while (enj_reader_next (reader, &event, NULL))
        {
          if (event.stanza)
            {
              route (settings, event.stanza, &out);
              stanzas++;
            }
          enj_stanza_unref (event.stanza);
          enj_element_unref (event.element);
        }
      /* Written to the socket once a turn. */
      enj_bytes_drained (&out, enj_bytes_length (&out));
    }
  enj_bytes_clear (&out);
  g_assert_cmpuint (stanzas, ==, MESSAGES);
}

static gint64
cpu_time (void)
{
  struct timespec time;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &time);
  return (gint64) time.tv_sec * 1000000000 + time.tv_nsec;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  const gint64 *left = a;
  const gint64 *right = b;

  return (*left > *right) - (*left < *right);
}

static void
measure (const GString *stream)
{
  static const Round rounds[] = { expat_round, core_round };
  gint64 times[G_N_ELEMENTS (rounds)][ROUNDS];
  double median[G_N_ELEMENTS (rounds)];

  for (guint i = 0; i < ROUNDS; i++)
    for (guint j = 0; j < G_N_ELEMENTS (rounds); j++)
      {
        gint64 start = cpu_time ();

        rounds[j](stream);
        times[j][i] = cpu_time () - start;
      }

  for (guint j = 0; j < G_N_ELEMENTS (rounds); j++)
    {
      qsort (times[j], ROUNDS, sizeof times[j][0], compare);
      median[j] = (double) times[j][ROUNDS / 2] / MESSAGES;
    }
  printf ("cpu time: expat alone %.0f ns a stanza, read, readdressed and written %.0f ns, "
          "ratio %.2f\n",
          median[0], median[1], median[1] / median[0]);
}

int
main (int argc, char **argv)
{
  GString *stream = stream_new ();

  if (argc == 3)
    for (int n = atoi (argv[2]); n > 0; n--)
      (strcmp (argv[1], "expat") == 0 ? expat_round : core_round) (stream);
  else
    measure (stream);

  g_string_free (stream, TRUE);
  return 0;
}
