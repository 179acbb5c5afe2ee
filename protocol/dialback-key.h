/* dialback-key.h - the key of XEP-0185, made and checked without state.
 *
 * HMAC-SHA256 (hex (SHA256 (secret)), receiving SP originating SP stream id);
 * the HMAC key is the hexadecimal text, not the 32 bytes (K02).  Counted,
 * wiped when freed. */
#pragma once

#include <glib.h>

#define ENJ_DIALBACK_KEY_SIZE 65

typedef struct EnjDialbackKey EnjDialbackKey;

EnjDialbackKey *enj_dialback_key_new (gconstpointer secret, gsize len);
EnjDialbackKey *enj_dialback_key_new_random (void);
EnjDialbackKey *enj_dialback_key_ref (EnjDialbackKey *self);
void enj_dialback_key_unref (EnjDialbackKey *self);

/* @receiving and @originating are canonical domains.  Fills @key with 64
 * lower-case hexadecimal digits and a NUL. */
void enj_dialback_key_compute (const EnjDialbackKey *self, const char *receiving,
                               const char *originating, const char *stream_id,
                               char key[ENJ_DIALBACK_KEY_SIZE]);

/* In constant time; white space around @claimed does not count (D60). */
gboolean enj_dialback_key_check (const EnjDialbackKey *self, const char *receiving,
                                 const char *originating, const char *stream_id,
                                 const char *claimed);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjDialbackKey, enj_dialback_key_unref)
