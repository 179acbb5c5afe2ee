#include "config.h"

#include "protocol/faces.h"

#include <string.h>

#include <gnutls/x509.h>

#include "protocol/log.h"
#include "protocol/memory.h"

#define FACES_MAX 1024

/* Between two lines about one domain, in microseconds. */
#define SILENCE G_TIME_SPAN_HOUR

#define KEY_SIZE 32

typedef struct
{
  char *fingerprint;
  guint8 key[KEY_SIZE]; /* SHA-256 of it */
  char *issuer;         /* as it may be logged */
  gint64 silent_until;
} Face;

struct EnjFaces
{
  EnjMemory *faces; /* remote domain to Face */
};

static void
face_free (gpointer data)
{
  Face *face = data;

  g_free (face->fingerprint);
  g_free (face->issuer);
  g_free (face);
}

EnjFaces *
enj_faces_new (void)
{
  EnjFaces *self = g_new0 (EnjFaces, 1);

  self->faces = enj_memory_new (FACES_MAX, face_free);
  return self;
}

void
enj_faces_free (EnjFaces *self)
{
  if (!self)
    return;
  enj_memory_free (self->faces);
  g_free (self);
}

/* FALSE for what cannot be read. */
static gboolean
read_leaf (Face *face, const gnutls_datum_t *der)
{
  gsize size = sizeof face->key;
  gnutls_datum_t issuer = { NULL, 0 };
  gnutls_x509_crt_t leaf;
  gboolean is_read;

  if (gnutls_x509_crt_init (&leaf) < 0)
    g_error ("no memory for a certificate");
  is_read = gnutls_x509_crt_import (leaf, der, GNUTLS_X509_FMT_DER) >= 0
            && gnutls_x509_crt_get_key_id (leaf, GNUTLS_KEYID_USE_SHA256, face->key, &size) >= 0;
  /* An empty name is an error to GnuTLS. */
  if (is_read && gnutls_x509_crt_get_issuer_dn2 (leaf, &issuer) < 0)
    issuer.data = NULL;
  face->issuer = enj_log_quote ((const char *) issuer.data);
  gnutls_free (issuer.data);
  gnutls_x509_crt_deinit (leaf);
  return is_read;
}

static Face *
face_new (const EnjEvidence *evidence)
{
  Face *face = g_new0 (Face, 1);

  face->fingerprint = g_strdup (enj_evidence_get_fingerprint (evidence));
  if (read_leaf (face, enj_evidence_get_leaf (evidence)))
    return face;
  face_free (face);
  return NULL;
}

static void
tell (const char *local, const char *remote, const Face *before, const Face *face)
{
  const EnjLog log = { .local = local, .remote = remote };

  if (strcmp (before->issuer, face->issuer) == 0)
    enj_log_message (&log, "the certificate is another one than before, of another key: SHA-256 %s,"
                           " before %s; issuer kept: %s",
                     face->fingerprint, before->fingerprint, face->issuer);
  else
    enj_log_message (&log, "the certificate is another one than before, of another key: SHA-256 %s,"
                           " before %s; issuer changed: %s, before %s",
                     face->fingerprint, before->fingerprint, face->issuer, before->issuer);
}

void
enj_faces_meet (EnjFaces *self, const char *local, const char *remote,
                const EnjEvidence *evidence, gint64 now)
{
  const char *fingerprint = evidence ? enj_evidence_get_fingerprint (evidence) : NULL;
  const Face *before = enj_memory_find (self->faces, remote);
  Face *face;

  if (!fingerprint)
    return;
  if (before && strcmp (before->fingerprint, fingerprint) == 0)
    {
      enj_memory_renew (self->faces, remote);
      return;
    }
  face = face_new (evidence);
  if (!face)
    return;
  face->silent_until = before ? before->silent_until : G_MININT64;
  if (before && memcmp (before->key, face->key, KEY_SIZE) != 0 && now >= face->silent_until)
    {
      tell (local, remote, before, face);
      face->silent_until = now + SILENCE;
    }
  enj_memory_put_take (self->faces, remote, face);
}
