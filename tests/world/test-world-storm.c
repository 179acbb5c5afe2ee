/* Two servers and their links, and everything that can happen to them, in every order that chance
 * finds.  After each single thing all stanzas are accounted for, those of a pair come in order,
 * and when the storm is over nothing is left. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/law.h"
#include "tests/support/proves.h"
#include "tests/world/linked.h"
#include "tests/world/settings.h"
#include "tests/world/world.h"

#define ACTIONS 300

typedef struct
{
  EnjWorld *world;
  EnjWorldServer *servers[2];
  EnjPuppet *links[2]; /* NULL before the first */
  EnjEncryption encryption;
  GRand *chance;
  guint sent;
  guint seen[2]; /* of the inbox */
  guint next[2]; /* the lowest number that may come now */
  gboolean is_leaving[2]; /* until it is started again */
} Storm;

static guint
draw (Storm *self, guint bound)
{
  return (guint) g_rand_int_range (self->chance, 0, (gint32) bound);
}

static void
send (Storm *self)
{
  guint from = draw (self, 2);
  const char *own = self->servers[from]->domain;
  g_autofree char *home = g_strconcat ("home.", own, NULL);
  const char *to = draw (self, 3) == 0 ? home : self->servers[1 - from]->domain;
  static const char *const kinds[] = { "message", "presence", "message", "iq type='set'" };
  const char *kind = kinds[draw (self, G_N_ELEMENTS (kinds))];
  g_autofree char *xml = g_strdup_printf (
    "<%s from='a@%s' to='b@%s' id='m%u'><x xmlns='urn:x'/></%.*s>", kind, own, to, self->sent++,
    (int) strcspn (kind, " "), kind);

  g_assert_true (enj_world_send (self->servers[from], xml));
}

/* A link is made, or lost; or what is behind it does not answer any more. */
static void
change_link (Storm *self)
{
  guint which = draw (self, 2);
  EnjPuppet *puppet = self->links[which];

  enj_world_run (self->world); /* One that is over is buried. */
  if (self->is_leaving[which])
    return;
  if (!puppet || puppet->is_gone)
    self->links[which] = draw (self, 2) ? enj_linked_new (self->servers[which])
                                        : enj_linked_new_mute (self->servers[which]);
  else
    enj_world_hang_up (self->world, puppet);
}

static void
reload (Storm *self)
{
  EnjLimits limits = enj_limits_default ();
  EnjWorldServer *server = self->servers[draw (self, 2)];
  g_autoptr (EnjSettings) settings = NULL;

  limits.queue_stanzas = 1 + draw (self, 50);
  settings = enj_world_settings_new (server->domain, self->encryption, &limits);
  if (self->encryption == ENJ_ENCRYPTION_REQUIRED)
    enj_settings_set_on_loss (settings, server->domain, (EnjOnLoss) draw (self, 3));
  enj_exchange_set_settings (server->exchange, settings, enj_world_now (self->world));
}

static void
be_rough (Storm *self)
{
  guint which = draw (self, 2);
  EnjWorldServer *server = self->servers[which];

  switch (draw (self, 10))
    {
    case 0:
      enj_world_cut (self->world, self->servers[0], self->servers[1]);
      break;
    case 1:
      enj_exchange_close (server->exchange, ENJ_CLOSING_INBOUND, enj_world_now (self->world));
      self->is_leaving[which] = TRUE;
      break;
    case 2:
      enj_world_freeze (self->world, draw (self, 2));
      break;
    case 3:
      server->is_mute = !server->is_mute;
      break;
    case 4:
      server->is_away = !server->is_away;
      break;
    case 5:
      enj_world_hold (self->world, draw (self, 2), draw (self, 2));
      break;
    case 6:
      reload (self);
      break;
    case 7:
      enj_world_restart (server, self->encryption);
      self->is_leaving[which] = FALSE;
      break;
    case 8:
      change_link (self);
      break;
    default:
      enj_world_wait (self->world, draw (self, 40000) * 1000);
      break;
    }
}

/* What has come since, of the other server.  A stream that breaks under TLS may repeat, and so it
 * is where the operator wants what is lost again: this is for streams in clear, without that
 * wish. */
static void
check_order (Storm *self, guint which)
{
  const EnjWorldServer *server = self->servers[which];

  for (; self->seen[which] < server->inbox->len; self->seen[which]++)
    {
      const char *text = server->inbox->pdata[self->seen[which]];
      const char *id = strstr (text, "id='m");
      guint number;

      /* An answer that was too late for the ping is the service's to ignore. */
      if (strstr (text, "type='error'") || strstr (text, "id='enj-b-"))
        continue;
      g_assert_nonnull (id);
      number = (guint) atoi (id + strlen ("id='m"));
      g_assert_cmpuint (number, >=, self->next[which]);
      self->next[which] = number + 1;
    }
}

static void
calm_down (Storm *self)
{
  enj_world_freeze (self->world, FALSE);
  enj_world_hold (self->world, FALSE, FALSE);
  for (guint i = 0; i < 2; i++)
    self->servers[i]->is_mute = self->servers[i]->is_away = FALSE;
  enj_world_wait (self->world, 400 * ENJ_SECOND);
  for (guint i = 0; i < 2; i++)
    {
      EnjExchange *exchange = self->servers[i]->exchange;
      guint64 owned = enj_exchange_count_owned (exchange);
      g_autofree char *books = enj_law_format (enj_exchange_get_counters (exchange), owned);

      if (owned > 0)
        g_error ("%s is left with stanzas: %s", self->servers[i]->domain, books);
    }
}

static void
play (guint32 seed)
{
  Storm self = { .world = enj_world_new () };
  gboolean is_plain = seed % 4 == 0;

  self.encryption = is_plain ? ENJ_ENCRYPTION_OPTIONAL : ENJ_ENCRYPTION_REQUIRED;
  self.chance = g_rand_new_with_seed (seed);
  self.servers[0] = enj_world_add (self.world, "here.example", self.encryption, NULL);
  self.servers[1] = enj_world_add (self.world, "there.example", self.encryption, NULL);
  for (guint i = 0; i < 2; i++)
    enj_world_add_address (self.world, self.servers[i]->domain, &self.servers[i]->address);

  for (guint i = 0; i < ACTIONS; i++)
    {
      guint what = draw (&self, 100);

      if (what < 15)
        send (&self);
      else if (what < 20)
        be_rough (&self);
      else
        (void) enj_world_step (self.world, self.chance);
      enj_world_check_law (self.world);
      if (is_plain)
        for (guint j = 0; j < 2; j++)
          check_order (&self, j);
    }
  calm_down (&self);
  g_rand_free (self.chance);
  enj_world_free (self.world);
}

static guint
get_number (const char *name, guint usual)
{
  const char *text = g_getenv (name);

  return text ? (guint) strtoul (text, NULL, 10) : usual;
}

static guint32 under_way;

/* Whatever ends the test, the seed is told. */
static GLogWriterOutput
tell_seed (GLogLevelFlags level, const GLogField *fields, gsize n, gpointer data)
{
  (void) data;
  if (level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL))
    g_printerr ("# seed %u\n", under_way);
  return g_log_writer_default (level, fields, n, NULL);
}

static void
test_storm (void)
{
  guint first = get_number ("ENJ_TEST_FIRST_SEED", 0);
  guint n = get_number ("ENJ_TEST_SEEDS", 300);

  enj_test_proves ("S27");
  for (guint i = 0; i < n; i++)
    {
      under_way = first + i;
      if (g_getenv ("ENJ_TEST_VERBOSE"))
        g_printerr ("# seed %u\n", under_way);
      play (under_way);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (tell_seed, NULL, NULL);
  g_test_add_func ("/world/storm/leaves-nobody-without-a-word", test_storm);
  return g_test_run ();
}
