#include "config.h"

#include "component/check.h"

#include <ifaddrs.h>

#include "protocol/jid.h"
#include "protocol/log.h"
#include "protocol/wall.h"
#include "component/authorities.h"
#include "component/check-certificate.h"
#include "component/check-link.h"
#include "component/check-listener.h"
#include "component/check-zone.h"
#include "component/sockaddr.h"

typedef struct
{
  guint areas;
  EnjCheckAskFunc ask;
  gpointer data;
  EnjFindings *findings;
  EnjConfig *config;
  EnjErrand *errand;
  EnjLookup *lookup;     /* NULL where nothing is looked up */
  EnjResolver *resolver; /* the same: nothing is connected to */
  EnjSettings *settings;
  EnjTrust *trust;       /* NULL: the authorities could not be read */
  GArray *own;           /* of EnjAddress */
  gboolean validating;
} Check;

static const char *const words[] = { "config", "dns", "certs", "connectivity" };

EnjCheckArea
enj_check_parse_area (const char *word)
{
  for (guint i = 0; word && i < G_N_ELEMENTS (words); i++)
    if (g_str_equal (word, words[i]))
      return (EnjCheckArea) (1u << i);
  return word ? (EnjCheckArea) 0 : ENJ_CHECK_ALL;
}

/* ---- One domain --------------------------------------------------------------------- */

/* NULL where the DNS has not been asked. */
static EnjZone *
check_dns_new (const Check *self, const EnjConfigComponent *component)
{
  EnjZone *zone;

  if (!self->lookup || enj_jid_domain_is_ip (component->domain))
    return NULL;
  zone = enj_zone_new_asked (self->lookup, component->domain);
  if (self->areas & ENJ_CHECK_DNS)
    enj_check_zone_judge (zone, &self->config->federation, self->own, self->validating,
                          self->findings);
  return zone;
}

/* No fault by itself: on stand-by another instance has the link. */
static void
check_lost_link (const Check *self, const EnjConfigComponent *component, const char *why)
{
  EnjCheckLogin login = enj_check_link_judge (self->errand, self->resolver, self->settings,
                                              component, self->findings);
  const char *end = why ? why : "";

  if (login == ENJ_CHECK_LOGIN_OCCUPIED)
    enj_findings_add (self->findings, ENJ_FINDING_NOTE,
                      "enjamb here has no link to the server, as on stand-by%s%s",
                      *end ? ": " : "", end);
  else
    enj_findings_add (self->findings, ENJ_FINDING_PROBLEM, "enjamb has no link to the server%s%s",
                      *end ? ": " : "", end);
}

static void
check_link (const Check *self, const EnjConfigComponent *component, EnjCheckLink link,
            const char *why)
{
  switch (link)
    {
    case ENJ_CHECK_LINK_UP:
      enj_findings_add (self->findings, ENJ_FINDING_OK, "the link to the server is up");
      break;
    case ENJ_CHECK_LINK_HIDDEN:
      enj_findings_add (self->findings, ENJ_FINDING_NOTE,
                        "the link is not tried, for a second one could throw out that of an "
                        "enjamb that runs, which cannot be asked: %s",
                        why ? why : "no answer");
      break;
    case ENJ_CHECK_LINK_DOWN:
      check_lost_link (self, component, why);
      break;
    case ENJ_CHECK_LINK_UNKNOWN:
      (void) enj_check_link_judge (self->errand, self->resolver, self->settings, component,
                                   self->findings);
      break;
    }
}

/* The ports are open while a link is up, or where there is none to wait for (gate.h). */
static const char *
find_excuse (const EnjConfigComponent *component, EnjCheckLink link)
{
  if (link == ENJ_CHECK_LINK_UNKNOWN)
    return "start enjamb, and check again";
  return link == ENJ_CHECK_LINK_DOWN && component->server
           ? "enjamb lets nobody in before it has its link, or while another instance has it"
           : NULL;
}

static void
check_connectivity (const Check *self, const EnjConfigComponent *component,
                    const EnjCredentials *credentials)
{
  g_autofree char *why = NULL;
  EnjCheckLink link
    = self->ask ? self->ask (component->domain, &why, self->data) : ENJ_CHECK_LINK_UNKNOWN;

  enj_findings_turn_to (self->findings, "connectivity", component->domain);
  if (component->server)
    check_link (self, component, link, why);
  if (self->config->federation.enabled)
    enj_check_listener_judge (self->errand, self->settings, &self->config->federation,
                              component->domain, credentials, find_excuse (component, link),
                              self->findings);
}

static void
check_component (const Check *self, const EnjConfigComponent *component)
{
  const EnjConfigFederation *federation = &self->config->federation;
  g_autoptr (EnjZone) zone = check_dns_new (self, component);
  g_autoptr (EnjCredentials) credentials = NULL;

  if (federation->enabled && self->areas & (ENJ_CHECK_CERTS | ENJ_CHECK_CONNECTIVITY)
      && self->trust)
    {
      g_autoptr (EnjFindings) nobody = enj_findings_new ();

      credentials = enj_check_certificate_judge_new (
        federation, component->domain, zone, self->trust, enj_wall_now (),
        self->areas & ENJ_CHECK_CERTS ? self->findings : nobody);
    }
  if (self->areas & ENJ_CHECK_CONNECTIVITY)
    check_connectivity (self, component, credentials);
}

/* ---- What all of them need ------------------------------------------------------------ */

static gint64
real_seconds (void)
{
  return g_get_real_time () / G_USEC_PER_SEC;
}

/* Of this machine; without the ports. */
static GArray *
own_new (void)
{
  GArray *own = g_array_new (FALSE, FALSE, sizeof (EnjAddress));
  struct ifaddrs *all = NULL;
  EnjAddress address;

  if (getifaddrs (&all) != 0)
    return own;
  for (const struct ifaddrs *one = all; one; one = one->ifa_next)
    if (one->ifa_addr && enj_sockaddr_to_address ((const void *) one->ifa_addr, &address))
      g_array_append_val (own, address);
  freeifaddrs (all);
  return own;
}

static void
note_error (const Check *self, const GError *error)
{
  enj_findings_add (self->findings, ENJ_FINDING_PROBLEM, "%s", error->message);
}

static gboolean
set_up (Check *self, GError **error)
{
  const EnjConfigFederation *federation = &self->config->federation;
  g_autoptr (EnjDialbackKey) key = enj_dialback_key_new_random ();
  gboolean asks = federation->enabled && self->areas & (ENJ_CHECK_DNS | ENJ_CHECK_CERTS);

  self->own = own_new ();
  self->settings = enj_settings_new (self->config->realm, self->config->policy, key,
                                     &self->config->limits, FALSE, TRUE);
  self->errand = enj_errand_new (error);
  if (!self->errand)
    return FALSE;
  if (asks)
    {
      self->lookup = enj_lookup_new (self->errand, federation, error);
      if (!self->lookup)
        return FALSE;
      self->validating = enj_lookup_is_validating (self->lookup);
    }
  self->resolver = enj_resolver_new (enj_errand_get_loop (self->errand), self->config, error);
  if (!self->resolver)
    return FALSE;
  self->trust = enj_authorities_load_new (federation->trust,
                                          (const char *const *) federation->crl, enj_wall_now (),
                                          error);
  return self->trust != NULL;
}

static void
tear_down (Check *self)
{
  enj_resolver_free (self->resolver);
  enj_lookup_free (self->lookup);
  enj_errand_free (self->errand);
  if (self->trust)
    enj_trust_unref (self->trust);
  if (self->settings)
    enj_settings_unref (self->settings);
  if (self->own)
    g_array_unref (self->own);
  if (self->config)
    enj_config_unref (self->config);
}

/* ---- All ------------------------------------------------------------------------------- */

/* FALSE: there is nothing to go on with. */
static gboolean
check_config (Check *self, const char *path)
{
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);

  enj_findings_turn_to (self->findings, "config", "");
  self->config = enj_config_new_for_daemon (path, NULL);
  /* What other parts find in what it names, they tell themselves. */
  if (self->config && !(self->areas & ENJ_CHECK_CONFIG))
    return TRUE;
  (void) enj_config_check (path, problems); /* Each fault is a problem here, too. */
  for (guint i = 0; i < problems->len; i++)
    enj_findings_add (self->findings, ENJ_FINDING_PROBLEM, "%s",
                      (const char *) problems->pdata[i]);
  if (problems->len == 0)
    enj_findings_add (self->findings, ENJ_FINDING_OK, "%s: without faults", path);
  return self->config != NULL;
}

EnjFindings *
enj_check_run_new (const char *path, guint areas, EnjCheckAskFunc ask, gpointer data)
{
  Check self = { .areas = areas, .ask = ask, .data = data, .findings = enj_findings_new () };
  g_autoptr (GError) error = NULL;

  /* What they would say is among the findings, in other words. */
  enj_log_set_lowest (G_LOG_LEVEL_CRITICAL);
  enj_wall_set (real_seconds);
  if (check_config (&self, path) && areas & ~(guint) ENJ_CHECK_CONFIG)
    {
      if (!set_up (&self, &error))
        note_error (&self, error);
      for (guint i = 0; !error && i < self.config->components->len; i++)
        check_component (&self, self.config->components->pdata[i]);
      if (!self.config->federation.enabled)
        {
          enj_findings_turn_to (self.findings, "dns", "");
          enj_findings_add (self.findings, ENJ_FINDING_NOTE,
                            "federation is switched off: nobody from outside comes here");
        }
    }
  tear_down (&self);
  return self.findings;
}
