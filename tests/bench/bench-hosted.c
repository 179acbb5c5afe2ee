/* What one more hop costs: a message that comes over the link and goes back, by way of a component
 * that is connected to us, against the echo inside the process, and against the least that a
 * handler inside it could do, which looks into nothing.  Bytes in, bytes out, in memory;
 * the component's own work, and the server's, is not measured.  CPU time: alternating rounds in
 * one process, the ratio of the medians. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <glib.h>

#include "protocol/exchange.h"
#include "protocol/handshake.h"
#include "protocol/ns.h"
#include "component/services/echo.h"

#define MESSAGES 2000
#define ROUNDS 31
#define SLICE 20 /* messages that come at once */
#define SECRET "s3cr3t"
#define PORT "here"
#define HOME "home.example"
#define ECHO_DOMAIN "echo.home.example"
#define HOSTED "hosted.home.example"
#define STREAM "xmlns='" ENJ_NS_COMPONENT "' xmlns:stream='" ENJ_NS_STREAM "'"

/* One way there and back. */
typedef struct
{
  EnjSession *link;
  EnjSession *component; /* NULL for what is in the process */
  GPtrArray *questions;  /* slices of messages from the server */
  GPtrArray *answers;    /* those of the component */
} Way;

static EnjExchange *exchange;
static EnjEcho *echo;
static gint64 now = 1000 * ENJ_SECOND;
static gint64 spent; /* nanoseconds in what is measured */
static guint returned;
static gboolean is_plain; /* the echo's domain is that of the least handler */

static gint64
cpu_time (void)
{
  struct timespec time;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &time);
  return (gint64) time.tv_sec * 1000000000 + time.tv_nsec;
}

/* ---- The bridge --------------------------------------------------------------- */

static void
send_echo (EnjStanza *stanza, gpointer user_data)
{
  (void) user_data;
  g_assert_true (enj_exchange_send (exchange, ECHO_DOMAIN, stanza, now));
}

static void
send_back (EnjStanza *stanza)
{
  g_autoptr (EnjStanza) back = enj_stanza_new_forward (stanza, enj_stanza_get_to (stanza),
                                                       enj_stanza_get_from (stanza));

  send_echo (back, NULL);
}

static void
think (void)
{
  EnjExchangeEvent event;

  while (enj_exchange_next (exchange, &event, now))
    {
      if (event.type == ENJ_EXCHANGE_DELIVER && strcmp (event.local, HOSTED) == 0)
        enj_exchange_hand_on (exchange, event.local, event.stanza, now);
      else if (event.type == ENJ_EXCHANGE_DELIVER && is_plain)
        send_back (event.stanza);
      else if (event.type == ENJ_EXCHANGE_DELIVER)
        enj_echo_handle (echo, event.stanza);
      enj_exchange_event_clear (&event);
    }
}

static void
feed (EnjSession *session, const char *xml, gsize len)
{
  gint64 start = cpu_time ();

  enj_session_feed (session, (const guint8 *) xml, len, now);
  think ();
  spent += cpu_time () - start;
}

static GString *
drain_new (EnjSession *session)
{
  GString *said = g_string_new (NULL);
  const guint8 *data;
  gsize len;

  for (;;)
    {
      gint64 start = cpu_time ();

      if (enj_session_deadline (session) <= now)
        enj_session_tick (session, now);
      data = enj_session_peek (session, &len);
      spent += cpu_time () - start;
      if (len == 0)
        return said;
      g_string_append_len (said, (const char *) data, (gssize) len);
      start = cpu_time ();
      enj_session_drained (session, len, now);
      think ();
      spent += cpu_time () - start;
    }
}

/* ---- Those around it ------------------------------------------------------------ */

static char *
value_new (const char *text, const char *name)
{
  const char *place = strstr (text, name);

  g_assert_nonnull (place);
  place += strlen (name) + 1;
  return g_strndup (place, strcspn (place, "'\""));
}

/* Answers the pings in what was said, and counts the messages. */
static void
hear (EnjSession *session, guint *messages)
{
  g_autoptr (GString) said = drain_new (session);
  const char *at = said->str;

  for (const char *message = at; (message = strstr (message, "<message ")); message++)
    (*messages)++;
  for (; (at = strstr (at, "<iq type='get' id='enj-b-")); at++)
    {
      g_autofree char *id = value_new (at, " id=");
      g_autofree char *from = value_new (at, " from=");
      g_autofree char *to = value_new (at, " to=");
      g_autofree char *pong
        = g_strdup_printf ("<iq type='result' id='%s' from='%s' to='%s'/>", id, to, from);

      feed (session, pong, strlen (pong));
    }
}

static GPtrArray *
slices_new (const char *from, const char *to)
{
  GPtrArray *slices = g_ptr_array_new ();
  g_autofree char *body = g_strnfill (130, 'x');

  for (guint i = 0; i < MESSAGES / SLICE; i++)
    {
      GString *slice = g_string_new (NULL);

      for (guint j = 0; j < SLICE; j++)
        g_string_append_printf (slice,
                                "<message from='romeo%u@%s/orchard' to='juliet%u@%s/balcony' "
                                "id='m%06x' type='chat'><body>%s</body><active "
                                "xmlns='http://jabber.org/protocol/chatstates'/></message>",
                                j, from, j, to, i * SLICE + j, body);
      g_ptr_array_add (slices, slice);
    }
  return slices;
}

static void
run_round (const Way *way)
{
  guint before = returned;

  for (guint i = 0; i < way->questions->len; i++)
    {
      const GString *question = way->questions->pdata[i];
      const GString *answer = way->answers->pdata[i];
      guint handed = 0;

      now += G_TIME_SPAN_MILLISECOND;
      feed (way->link, question->str, question->len);
      if (way->component)
        {
          hear (way->component, &handed);
          g_assert_cmpuint (handed, ==, SLICE);
          feed (way->component, answer->str, answer->len);
        }
      hear (way->link, &returned);
    }
  g_assert_cmpuint (returned - before, ==, MESSAGES);
}

/* ---- Before ----------------------------------------------------------------------- */

static EnjSettings *
settings_new (void)
{
  const EnjPeerPolicy any = { .allow = TRUE };
  const EnjLimits limits = enj_limits_default ();
  const char *const ports[] = { PORT, NULL };
  g_autoptr (EnjRealm) realm = enj_realm_new ();
  g_autoptr (EnjPolicy) policy = enj_policy_new (&any);
  g_autoptr (EnjDialbackKey) key = enj_dialback_key_new_random ();
  g_autoptr (EnjTerms) terms = enj_terms_new (SECRET, ports, FALSE);
  EnjSettings *settings;

  enj_realm_add_component (realm, ECHO_DOMAIN, TRUE);
  enj_realm_add_local (realm, ECHO_DOMAIN, HOME);
  enj_realm_add_component (realm, HOSTED, TRUE);
  enj_realm_add_local (realm, HOSTED, HOME);
  settings = enj_settings_new (realm, policy, key, &limits, FALSE, FALSE);
  enj_settings_add_terms (settings, HOSTED, terms);
  return settings;
}

static EnjSession *
attach (const char *domain)
{
  EnjSession *session = enj_exchange_attach (exchange, domain, HOME, SECRET, now);

  g_string_free (drain_new (session), TRUE);
  feed (session, "<stream:stream " STREAM " id='1'>", strlen ("<stream:stream " STREAM " id='1'>"));
  g_string_free (drain_new (session), TRUE);
  feed (session, "<handshake/>", strlen ("<handshake/>"));
  return session;
}

static EnjSession *
host (void)
{
  EnjSession *session = enj_exchange_accept_hosted (exchange, PORT, &(EnjAddress){ 0 }, FALSE, now);
  const char *header = "<stream:stream " STREAM " to='" HOSTED "'>";
  g_autoptr (GString) said = NULL;
  g_autofree char *id = NULL;
  g_autofree char *proof = NULL;
  g_autofree char *xml = NULL;
  guint messages = 0;

  feed (session, header, strlen (header));
  said = drain_new (session);
  id = value_new (said->str, " id=");
  proof = enj_handshake_new (id, SECRET);
  xml = g_strdup_printf ("<handshake>%s</handshake>", proof);
  feed (session, xml, strlen (xml));
  hear (session, &messages);
  return session;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  const gint64 *left = a;
  const gint64 *right = b;

  return (*left > *right) - (*left < *right);
}

static GLogWriterOutput
write_nothing (GLogLevelFlags level, const GLogField *fields, gsize n, gpointer data)
{
  (void) level;
  (void) fields;
  (void) n;
  (void) data;
  return G_LOG_WRITER_HANDLED;
}

int
main (void)
{
  g_autoptr (EnjSettings) settings = settings_new ();
  gint64 times[3][ROUNDS];
  Way ways[3] = { { .questions = slices_new (HOME, ECHO_DOMAIN) },
                  { .questions = slices_new (HOME, HOSTED) } };
  double median[3];

  g_log_set_writer_func (write_nothing, NULL, NULL);
  exchange = enj_exchange_new (settings, (EnjWake){ 0 });
  echo = enj_echo_new (send_echo, NULL);
  ways[0].answers = ways[1].answers = slices_new (HOSTED, HOME);
  ways[0].link = attach (ECHO_DOMAIN);
  ways[1].link = attach (HOSTED);
  ways[1].component = host ();
  ways[2] = ways[0];

  for (guint i = 0; i < ROUNDS; i++)
    for (guint j = 0; j < 3; j++)
      {
        spent = 0;
        is_plain = j == 2;
        run_round (&ways[j]);
        times[j][i] = spent;
      }
  for (guint j = 0; j < 3; j++)
    {
      qsort (times[j], ROUNDS, sizeof times[j][0], compare);
      median[j] = (double) times[j][ROUNDS / 2] / MESSAGES;
    }
  printf ("cpu time: there and back by the echo in the process %.0f ns a stanza, by a hosted "
          "component %.0f ns, ratio %.2f; by the least handler %.0f ns, ratio %.2f\n",
          median[0], median[1], median[1] / median[0], median[2], median[1] / median[2]);
  return 0;
}
