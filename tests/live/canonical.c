/* canonical - prints the canonical form of each domain that comes on standard
 * input, one on a line; "-" for those that are refused. */
#include "config.h"

#include <stdio.h>

#include "protocol/jid.h"

int
main (void)
{
  char line[4096];

  while (fgets (line, sizeof line, stdin))
    {
      g_autofree char *domain = NULL;

      domain = enj_jid_domain_new (g_strchomp (line), NULL);
      puts (domain ? domain : "-");
    }
  return 0;
}
