#include "config.h"

#include "protocol/faces.h"

#include <string.h>

#include "protocol/log.h"
#include "protocol/wall.h"
#include "tests/support/authority.h"
#include "tests/support/meeting.h"
#include "tests/support/proves.h"

#define HOUR G_TIME_SPAN_HOUR
#define HERE "here.example"
#define THERE "there.example"

static EnjTestAuthority *one;
static EnjTestAuthority *two;
static EnjCredentials *ours;
static GString *logged;

static GLogWriterOutput
keep_log (GLogLevelFlags level, const GLogField *fields, gsize n, gpointer user_data)
{
  if (level < G_LOG_LEVEL_MESSAGE)
    return g_log_writer_default (level, fields, n, user_data);
  g_assert_cmpint (level, ==, G_LOG_LEVEL_MESSAGE);
  for (gsize i = 0; i < n; i++)
    if (strcmp (fields[i].key, "MESSAGE") == 0 || strcmp (fields[i].key, "ENJAMB_REMOTE") == 0)
      g_string_append_printf (logged, "%s\n", (const char *) fields[i].value);
  return G_LOG_WRITER_HANDLED;
}

/* A certificate with @key, which may be NULL, by an authority or by itself. */
static EnjEvidence *
show_new (EnjTestAuthority *authority, char **key)
{
  const EnjTestLeaf leaf = { .names = "dns:" THERE, .key = *key };
  g_autofree char *certificate = NULL;
  g_autofree char *used = NULL;
  g_autoptr (EnjCredentials) theirs = NULL;

  enj_test_authority_issue_pem (authority, &leaf, &certificate, &used);
  theirs = enj_credentials_new (certificate, used, NULL);
  g_assert_nonnull (theirs);
  if (!*key)
    *key = g_steal_pointer (&used);
  return enj_test_meet_new (theirs, ours, NULL);
}

static EnjEvidence *
show_another_new (EnjTestAuthority *authority)
{
  g_autofree char *key = NULL;

  return show_new (authority, &key);
}

static void
test_told (void)
{
  g_autoptr (EnjFaces) faces = enj_faces_new ();
  g_autoptr (EnjEvidence) first = show_another_new (one);
  g_autoptr (EnjEvidence) second = show_another_new (one);
  g_autoptr (EnjEvidence) third = show_another_new (two);
  g_autofree char *both = g_strdup_printf ("SHA-256 %s, before %s; issuer kept: CN=one\n",
                                           enj_evidence_get_fingerprint (second),
                                           enj_evidence_get_fingerprint (first));

  enj_test_proves ("T11");
  g_string_truncate (logged, 0);
  enj_faces_meet (faces, HERE, THERE, first, 0);
  enj_faces_meet (faces, HERE, THERE, first, 1);
  enj_faces_meet (faces, HERE, THERE, NULL, 2);
  enj_faces_meet (faces, HERE, "other.example", second, 3);
  g_assert_cmpstr (logged->str, ==, "");
  enj_faces_meet (faces, "also." HERE, THERE, second, 4);
  g_assert_nonnull (strstr (logged->str, both));
  g_assert_nonnull (strstr (logged->str, THERE "\n"));

  g_string_truncate (logged, 0);
  enj_faces_meet (faces, HERE, THERE, third, HOUR + 4);
  g_assert_nonnull (strstr (logged->str, "; issuer changed: CN=two, before CN=one\n"));
}

/* A new certificate of the same key is what happens every few months. */
static void
test_renewed (void)
{
  g_autoptr (EnjFaces) faces = enj_faces_new ();
  g_autofree char *key = NULL;
  g_autoptr (EnjEvidence) first = show_new (one, &key);
  g_autoptr (EnjEvidence) second = show_new (two, &key);
  g_autoptr (EnjEvidence) third = show_another_new (two);

  enj_test_proves ("T11");
  g_assert_cmpstr (enj_evidence_get_fingerprint (first), !=,
                   enj_evidence_get_fingerprint (second));
  g_string_truncate (logged, 0);
  enj_faces_meet (faces, HERE, THERE, first, 0);
  enj_faces_meet (faces, HERE, THERE, second, 1);
  g_assert_cmpstr (logged->str, ==, "");

  /* It is the one that counts then. */
  enj_faces_meet (faces, HERE, THERE, third, 2);
  g_assert_nonnull (strstr (logged->str, enj_evidence_get_fingerprint (second)));
}

/* Two servers of one domain, each with its own. */
static void
test_by_turns (void)
{
  g_autoptr (EnjFaces) faces = enj_faces_new ();
  g_autoptr (EnjEvidence) first = show_another_new (NULL);
  g_autoptr (EnjEvidence) second = show_another_new (NULL);

  g_string_truncate (logged, 0);
  enj_faces_meet (faces, HERE, THERE, first, 0);
  enj_faces_meet (faces, HERE, THERE, second, 0);
  g_assert_cmpstr (logged->str, !=, "");
  g_string_truncate (logged, 0);
  for (guint i = 0; i < 10; i++)
    {
      enj_faces_meet (faces, HERE, THERE, first, 0);
      enj_faces_meet (faces, HERE, THERE, second, HOUR - 1);
    }
  g_assert_cmpstr (logged->str, ==, "");
  enj_faces_meet (faces, HERE, THERE, first, HOUR);
  g_assert_cmpstr (logged->str, !=, "");
}

/* The names are the peers' own. */
static void
test_bounded (void)
{
  g_autoptr (EnjFaces) faces = enj_faces_new ();
  g_autoptr (EnjEvidence) first = show_another_new (NULL);
  g_autoptr (EnjEvidence) second = show_another_new (NULL);

  enj_faces_meet (faces, HERE, THERE, first, 0);
  enj_faces_meet (faces, HERE, "old.example", first, 0);
  for (guint i = 0; i < 1023; i++)
    {
      g_autofree char *remote = g_strdup_printf ("%u.example", i);

      enj_faces_meet (faces, HERE, remote, first, 0);
      if (i == 500)
        enj_faces_meet (faces, HERE, THERE, first, 0);
    }
  g_string_truncate (logged, 0);
  enj_faces_meet (faces, HERE, "old.example", second, 0);
  g_assert_cmpstr (logged->str, ==, "");
  enj_faces_meet (faces, HERE, THERE, second, 0);
  g_assert_cmpstr (logged->str, !=, "");
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  enj_wall_set (enj_test_wall);
  logged = g_string_new (NULL);
  g_log_set_writer_func (keep_log, NULL, NULL);
  one = enj_test_authority_new ("one", NULL);
  two = enj_test_authority_new ("two", NULL);
  ours = enj_test_authority_issue (one, &(EnjTestLeaf){ .names = "dns:" HERE });
  g_test_add_func ("/faces/another-key-is-told", test_told);
  g_test_add_func ("/faces/the-same-key-is-not", test_renewed);
  g_test_add_func ("/faces/by-turns-is-told-once-an-hour", test_by_turns);
  g_test_add_func ("/faces/are-forgotten-in-time", test_bounded);
  status = g_test_run ();
  enj_credentials_unref (ours);
  enj_test_authority_free (one);
  enj_test_authority_free (two);
  g_string_free (logged, TRUE);
  return status;
}
