#include "config.h"

#include "protocol/arrivals.h"

#include "protocol/budget.h"

/* One stream, and whether it has something to tell. */
typedef struct
{
  EnjArrivals *arrivals;
  EnjInbound *inbound;
  EnjSession *session;
  EnjVisit visit;
  char *source;
  char *local; /* of the first pair */
  char *remote;
  GPtrArray *routes; /* of char *, its keys in routes */
  gboolean told_down;
  gboolean dirty;
} Visitor;

struct EnjArrivals
{
  EnjSettings *settings;
  EnjCounters *counters;
  EnjWake wake;
  EnjDoorman *doorman;
  GHashTable *visitors; /* session id to Visitor, owned */
  GHashTable *routes;   /* "local remote" to GPtrArray of Visitor that may be written to */
  GQueue dirty;         /* of Visitor */
};

static char *
route_new (const char *local, const char *remote)
{
  return g_strconcat (local, " ", remote, NULL);
}

static void
add_route (Visitor *visitor, const char *local, const char *remote)
{
  GHashTable *routes = visitor->arrivals->routes;
  char *route = route_new (local, remote);
  GPtrArray *visitors = g_hash_table_lookup (routes, route);

  if (!visitors)
    {
      visitors = g_ptr_array_new ();
      g_hash_table_insert (routes, g_strdup (route), visitors);
    }
  g_ptr_array_add (visitors, visitor);
  g_ptr_array_add (visitor->routes, route);
}

static void
remove_routes (Visitor *visitor)
{
  GHashTable *routes = visitor->arrivals->routes;

  for (guint i = 0; i < visitor->routes->len; i++)
    {
      GPtrArray *visitors = g_hash_table_lookup (routes, visitor->routes->pdata[i]);

      g_ptr_array_remove (visitors, visitor);
      if (visitors->len == 0)
        g_hash_table_remove (routes, visitor->routes->pdata[i]);
    }
  g_ptr_array_unref (visitor->routes);
}

static void
visitor_free (gpointer data)
{
  Visitor *visitor = data;

  enj_visit_leave (&visitor->visit);
  remove_routes (visitor);
  if (visitor->dirty)
    g_queue_remove (&visitor->arrivals->dirty, visitor);
  enj_inbound_free (visitor->inbound);
  g_free (visitor->source);
  g_free (visitor->local);
  g_free (visitor->remote);
  g_free (visitor);
}

static void
mark_dirty (gpointer data)
{
  Visitor *visitor = data;

  if (!visitor->dirty)
    {
      visitor->dirty = TRUE;
      g_queue_push_tail (&visitor->arrivals->dirty, visitor);
    }
  enj_wake (visitor->arrivals->wake);
}

EnjArrivals *
enj_arrivals_new (EnjSettings *settings, EnjCounters *counters, EnjWake wake)
{
  EnjArrivals *self = g_new0 (EnjArrivals, 1);

  self->settings = enj_settings_ref (settings);
  self->counters = counters;
  self->wake = wake;
  self->doorman = enj_doorman_new (&settings->limits);
  self->visitors = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, visitor_free);
  self->routes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                        (GDestroyNotify) g_ptr_array_unref);
  return self;
}

void
enj_arrivals_free (EnjArrivals *self)
{
  if (!self)
    return;
  self->wake = (EnjWake){ 0 };
  g_hash_table_unref (self->visitors);
  g_hash_table_unref (self->routes);
  enj_doorman_free (self->doorman);
  enj_settings_unref (self->settings);
  g_free (self);
}

void
enj_arrivals_set_settings (EnjArrivals *self, EnjSettings *settings, gint64 now)
{
  GHashTableIter iter;
  gpointer value;

  enj_settings_unref (self->settings);
  self->settings = enj_settings_ref (settings);
  enj_doorman_set_limits (self->doorman, &settings->limits);
  g_hash_table_iter_init (&iter, self->visitors);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    enj_inbound_set_settings (((Visitor *) value)->inbound, settings, now);
}

/* XEP-0205: nothing is said.  Counted no more, so that it is not cut twice. */
static void
cut (EnjVisit *visit, gint64 now)
{
  Visitor *visitor = visit->owner;
  EnjSession *session = visitor->session;

  enj_visit_leave (visit);
  session->now = now;
  session->cut = TRUE;
  enj_session_drop (session, g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_RESOURCE_CONSTRAINT,
                                          "others need the place of the oldest that has proved "
                                          "nothing"));
  enj_wake (session->output); /* It may have been over. */
}

gboolean
enj_arrivals_make_room (EnjArrivals *self, gint64 now)
{
  EnjVisit *oldest = enj_doorman_get_oldest (self->doorman);

  if (oldest)
    cut (oldest, now);
  return oldest != NULL;
}

EnjSession *
enj_arrivals_accept (EnjArrivals *self, const EnjAddress *address, gboolean direct_tls, gint64 now)
{
  g_autofree Visitor *visitor = g_new0 (Visitor, 1);
  EnjVisit *surplus;

  /* The newcomer can come back; who has shown nothing for the longest time gives back most. */
  if (enj_budget_is_over ())
    {
      self->counters->tally.turned_away++;
      (void) enj_arrivals_make_room (self, now);
      return NULL;
    }
  visitor->visit.owner = visitor;
  if (!enj_doorman_admit (self->doorman, &visitor->visit, address, now))
    {
      self->counters->tally.turned_away++;
      return NULL;
    }
  while ((surplus = enj_doorman_get_surplus (self->doorman)))
    cut (surplus, now);

  visitor->arrivals = self;
  visitor->source = g_strdup (enj_visit_get_source (&visitor->visit));
  visitor->routes = g_ptr_array_new_with_free_func (g_free);
  visitor->inbound = enj_inbound_new (direct_tls, self->settings, self->counters,
                                      (EnjWake){ mark_dirty, visitor }, now);
  visitor->session = enj_inbound_get_session (visitor->inbound);
  visitor->session->log.source = visitor->source;
  visitor->session->standing.address = *address;
  visitor->session->standing.direct_tls = direct_tls;
  g_hash_table_insert (self->visitors, &visitor->session->id, visitor);
  return g_steal_pointer (&visitor)->session;
}

gboolean
enj_arrivals_closed (EnjArrivals *self, EnjSession *session)
{
  return g_hash_table_remove (self->visitors, &session->id);
}

static void
note (Visitor *visitor, const EnjNews *news)
{
  if (news->type != ENJ_NEWS_ADMITTED)
    return;
  enj_visit_prove (&visitor->visit);
  if (!visitor->local)
    {
      visitor->local = g_strdup (news->local);
      visitor->remote = g_strdup (news->remote);
    }
  if (enj_inbound_may_send (visitor->inbound, news->local, news->remote))
    add_route (visitor, news->local, news->remote);
}

/* FALSE: @visitor has nothing more to tell. */
static gboolean
tell (Visitor *visitor, EnjArrival *arrival)
{
  *arrival = (EnjArrival){ .inbound = visitor->inbound,
                           .session = visitor->session,
                           .source = visitor->source };
  if (enj_lane_next (enj_inbound_get_lane (visitor->inbound), &arrival->news))
    {
      note (visitor, &arrival->news);
      return TRUE;
    }
  if (enj_inbound_take_room (visitor->inbound))
    {
      arrival->type = ENJ_ARRIVAL_ROOM;
      return TRUE;
    }
  if (!enj_session_is_over (visitor->session) || !visitor->local || visitor->told_down)
    return FALSE;
  visitor->told_down = TRUE;
  arrival->type = ENJ_ARRIVAL_OVER;
  arrival->news.local = g_strdup (visitor->local);
  arrival->news.remote = g_strdup (visitor->remote);
  return TRUE;
}

gboolean
enj_arrivals_next (EnjArrivals *self, EnjArrival *arrival)
{
  Visitor *visitor;

  while ((visitor = g_queue_peek_head (&self->dirty)))
    {
      if (tell (visitor, arrival))
        return TRUE;
      visitor->dirty = FALSE;
      (void) g_queue_pop_head (&self->dirty);
    }
  return FALSE;
}

void
enj_arrivals_answer (EnjArrivals *self, guint64 id, const char *local, const char *remote,
                     EnjDialbackType type, EnjStanzaCondition condition, EnjProof proof,
                     gint64 now)
{
  const Visitor *visitor = g_hash_table_lookup (self->visitors, &id);

  if (visitor)
    enj_lane_answer (enj_inbound_get_lane (visitor->inbound), local, remote, type, condition,
                     proof, now);
}

EnjInbound *
enj_arrivals_find (const EnjArrivals *self, const char *local, const char *remote)
{
  g_autofree char *route = route_new (local, remote);
  const GPtrArray *visitors = g_hash_table_lookup (self->routes, route);

  for (guint i = 0; visitors && i < visitors->len; i++)
    {
      EnjInbound *inbound = ((const Visitor *) visitors->pdata[i])->inbound;

      if (enj_inbound_may_send (inbound, local, remote))
        return inbound;
    }
  return NULL;
}

void
enj_arrivals_close_all (EnjArrivals *self, gint64 now)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->visitors);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      EnjSession *session = ((Visitor *) value)->session;

      session->now = now;
      enj_session_close (session);
    }
}

guint
enj_arrivals_count (const EnjArrivals *self)
{
  return g_hash_table_size (self->visitors);
}

guint
enj_arrivals_count_owned (const EnjArrivals *self)
{
  GHashTableIter iter;
  gpointer value;
  guint n = 0;

  g_hash_table_iter_init (&iter, self->visitors);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    n += enj_lane_count_owned (enj_inbound_get_lane (((Visitor *) value)->inbound));
  return n;
}
