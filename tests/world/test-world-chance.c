/* Two servers, and all that can happen between them, in every order that chance finds. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/proves.h"
#include "tests/world/world.h"

#define HERE "here.example"
#define THERE "there.example"

#define MESSAGES 20
#define ACTIONS 1500

typedef struct
{
  EnjEncryption encryption;
  gboolean is_rough; /* connections are cut, streams closed */
} Weather;

static const Weather calm_tls = { ENJ_ENCRYPTION_REQUIRED, FALSE };
static const Weather calm_clear = { ENJ_ENCRYPTION_OPTIONAL, FALSE };
static const Weather rough_tls = { ENJ_ENCRYPTION_REQUIRED, TRUE };
static const Weather rough_clear = { ENJ_ENCRYPTION_OPTIONAL, TRUE };

typedef struct
{
  EnjWorld *world;
  EnjWorldServer *servers[2];
  guint sent[2];
  GRand *chance;
  guint32 seed;
} Play;

static guint
draw (Play *self, guint bound)
{
  return (guint) g_rand_int_range (self->chance, 0, (gint32) bound);
}

static void
send_next (Play *self, guint from)
{
  static const char *const prefixes[] = { "", "also." };
  g_autofree char *xml = NULL;

  if (self->sent[from] == MESSAGES)
    return;
  xml = g_strdup_printf ("<message from='a@%s%s' to='b@%s%s' id='m%u'><body>x</body></message>",
                         prefixes[draw (self, 2)], self->servers[from]->domain,
                         prefixes[draw (self, 2)], self->servers[1 - from]->domain,
                         self->sent[from]++);
  g_assert_true (enj_world_send (self->servers[from], xml));
}

static void
be_rough (Play *self)
{
  switch (draw (self, 3))
    {
    case 0:
      enj_world_cut (self->world, self->servers[0], self->servers[1]);
      break;
    case 1:
      enj_exchange_close (self->servers[draw (self, 2)]->exchange, ENJ_CLOSING_INBOUND,
                                  enj_world_now (self->world));
      break;
    default:
      enj_world_wait (self->world, draw (self, 1500) * 1000);
      break;
    }
}

/* How often message @number of the other side has come, or come back. */
static guint
count (const EnjWorldServer *server, guint number, gboolean errors)
{
  g_autofree char *id = g_strdup_printf ("id='m%u'", number);
  guint n = 0;

  for (guint i = 0; i < server->inbox->len; i++)
    n += strstr (server->inbox->pdata[i], id)
         && (strstr (server->inbox->pdata[i], "type='error'") != NULL) == errors;
  return n;
}

/* Each pair for itself. */
static gboolean
is_in_order (const EnjWorldServer *server)
{
  guint next[2][2] = { { 0 } };

  for (guint i = 0; i < server->inbox->len; i++)
    {
      const char *text = server->inbox->pdata[i];
      const char *id = strstr (text, "id='m");
      guint number = (guint) atoi (id + strlen ("id='m"));
      guint from = strstr (text, "from='a@also.") != NULL;
      guint to = strstr (text, "to='b@also.") != NULL;

      if (strstr (text, "type='error'"))
        continue;
      if (number < next[from][to])
        return FALSE;
      next[from][to] = number + 1;
    }
  return TRUE;
}

static void
check (const Play *self, guint from, const Weather *weather)
{
  const EnjWorldServer *own = self->servers[from];
  const EnjWorldServer *other = self->servers[1 - from];
  /* A record that did not leave as a whole may have carried whole stanzas: those come twice. */
  gboolean may_repeat = weather->is_rough && weather->encryption == ENJ_ENCRYPTION_REQUIRED;
  /* One that came, and was not proved to have before all was lost, is an error to its sender. */
  gboolean may_err = weather->is_rough;

  for (guint i = 0; i < self->sent[from]; i++)
    {
      guint came = count (other, i, FALSE);
      guint bounced = count (own, i, TRUE);

      if (came + bounced == 0 || bounced > 1 || (came > 1 && !may_repeat)
          || (came > 0 && bounced > 0 && !may_err))
        g_error ("seed %u: m%u of %s came %u times and came back %u times", self->seed, i,
                 own->domain, came, bounced);
      if (!weather->is_rough && bounced > 0)
        g_error ("seed %u: m%u of %s came back for nothing", self->seed, i, own->domain);
    }
  if (!may_repeat && !is_in_order (other))
    g_error ("seed %u: out of order at %s", self->seed, other->domain);
}

static void
play (guint32 seed, const Weather *weather)
{
  Play self = { .world = enj_world_new (), .seed = seed };

  self.chance = g_rand_new_with_seed (seed);
  self.servers[0] = enj_world_add (self.world, HERE, weather->encryption, NULL);
  self.servers[1] = enj_world_add (self.world, THERE, weather->encryption, NULL);
  enj_world_add_address (self.world, HERE, &self.servers[0]->address);
  enj_world_add_address (self.world, "also." HERE, &self.servers[0]->address);
  enj_world_add_address (self.world, THERE, &self.servers[1]->address);
  enj_world_add_address (self.world, "also." THERE, &self.servers[1]->address);

  for (guint i = 0; i < ACTIONS; i++)
    {
      guint what = draw (&self, 100);

      if (what < 6)
        send_next (&self, what % 2);
      else if (what < 8 && weather->is_rough)
        be_rough (&self);
      else
        (void) enj_world_step (self.world, self.chance);
    }
  enj_world_wait (self.world, 200 * ENJ_SECOND);
  check (&self, 0, weather);
  check (&self, 1, weather);

  g_rand_free (self.chance);
  enj_world_free (self.world);
}

static void
test_weather (gconstpointer weather)
{
  const char *wanted = g_getenv ("ENJ_TEST_SEEDS");
  guint seeds = wanted ? (guint) strtoul (wanted, NULL, 10) : 100;

  enj_test_proves ("S27 D08");
  for (guint seed = 0; seed < seeds; seed++)
    play (seed, weather);
}

/* A stanza in each state of the stream: one more after every single thing that happens. */
static void
test_each_state (void)
{
  enj_test_proves ("S27 D06 D08");
  for (guint32 seed = 0; seed < 10; seed++)
    {
      Play self = { .world = enj_world_new (), .seed = seed };

      self.chance = g_rand_new_with_seed (seed);
      self.servers[0] = enj_world_add (self.world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);
      self.servers[1] = enj_world_add (self.world, THERE, ENJ_ENCRYPTION_REQUIRED, NULL);
      enj_world_add_address (self.world, HERE, &self.servers[0]->address);
      enj_world_add_address (self.world, "also." HERE, &self.servers[0]->address);
      enj_world_add_address (self.world, THERE, &self.servers[1]->address);
      enj_world_add_address (self.world, "also." THERE, &self.servers[1]->address);
      do
        send_next (&self, 0);
      while (enj_world_step (self.world, self.chance) && self.sent[0] < MESSAGES);
      enj_world_run (self.world);
      /* The peer ends its stream: what is sent meanwhile goes over the next one. */
      enj_exchange_close (self.servers[1]->exchange, ENJ_CLOSING_INBOUND,
                          enj_world_now (self.world));
      self.sent[0] = MESSAGES - 10;
      g_ptr_array_set_size (self.servers[1]->inbox, 0);
      do
        send_next (&self, 0);
      while (enj_world_step (self.world, self.chance) && self.sent[0] < MESSAGES);
      enj_world_wait (self.world, 10 * ENJ_SECOND);
      g_assert_cmpuint (self.servers[0]->inbox->len, ==, 0);
      g_assert_true (is_in_order (self.servers[1]));
      for (guint i = MESSAGES - 10; i < self.sent[0]; i++)
        g_assert_cmpuint (count (self.servers[1], i, FALSE), ==, 1);
      g_rand_free (self.chance);
      enj_world_free (self.world);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/world/chance/a-stanza-in-each-state", test_each_state);
  g_test_add_data_func ("/world/chance/calm-over-tls", &calm_tls, test_weather);
  g_test_add_data_func ("/world/chance/calm-in-clear", &calm_clear, test_weather);
  g_test_add_data_func ("/world/chance/rough-over-tls", &rough_tls, test_weather);
  g_test_add_data_func ("/world/chance/rough-in-clear", &rough_clear, test_weather);
  return g_test_run ();
}
