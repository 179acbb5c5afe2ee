#include "config.h"

#include "protocol/token.h"

#include "protocol/chance.h"

/* RFC 4648 6, in lower case. */
static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";

char *
enj_token_fill (char buffer[ENJ_TOKEN_SIZE])
{
  guint8 random[20];
  guint bits = 0;
  guint n_bits = 0;
  char *out = buffer;

  enj_chance_fill (random, sizeof random);
  for (guint i = 0; i < sizeof random; i++)
    {
      bits = bits << 8 | random[i];
      for (n_bits += 8; n_bits >= 5; n_bits -= 5)
        *out++ = letters[bits >> (n_bits - 5) & 31];
    }

  *out = '\0';
  return buffer;
}
