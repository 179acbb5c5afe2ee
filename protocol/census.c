#include "config.h"

#include "protocol/census.h"

#include <string.h>

#include "protocol/condition.h"

void
enj_census_restart (EnjCensus *self)
{
  self->elements = self->declared = 0;
  self->longest = 0;
}

void
enj_census_declare (EnjCensus *self, const char *ns)
{
  self->declared++;
  self->longest = MAX (self->longest, ns ? strlen (ns) : 0);
}

/* RFC 6120 13.12: a policy of ours. */
static gboolean
check (const char *what, gsize n, gsize limit, GError **error)
{
  if (n > limit)
    g_set_error (error, ENJ_STREAM_ERROR, ENJ_STREAM_POLICY_VIOLATION,
                 "%s %" G_GSIZE_FORMAT ", limit is %" G_GSIZE_FORMAT, what, n, limit);
  return n <= limit;
}

static gboolean
check_tag (EnjCensus *self, const char *const *atts, GError **error)
{
  guint declared = self->declared;
  gsize longest = self->longest;
  guint n = declared;

  self->declared = 0;
  self->longest = 0;
  for (; *atts; atts += 2)
    {
      n++;
      if (self->max_value > 0)
        longest = MAX (longest, strlen (atts[1]));
    }
  return check ("attributes of an element:", n, self->max_attributes, error)
         && (self->max_declared == 0
             || check ("namespaces that an element declares:", declared, self->max_declared, error))
         && (self->max_value == 0
             || check ("bytes of an attribute:", longest, self->max_value, error));
}

gboolean
enj_census_enter (EnjCensus *self, guint depth, const char *const *atts, GError **error)
{
  self->elements += depth > 0;
  return check ("nested elements:", depth, self->max_depth, error)
         && check ("elements of a stanza:", self->elements, self->max_elements, error)
         && check_tag (self, atts, error);
}
