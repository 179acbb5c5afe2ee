#include "config.h"

#include "tests/support/pipe.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib.h>

void
enj_test_connect (int *ours, int *theirs)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl (INADDR_LOOPBACK) } };
  socklen_t len = sizeof address;
  int listening = socket (AF_INET, SOCK_STREAM, 0);

  g_assert_cmpint (bind (listening, (struct sockaddr *) &address, len), ==, 0);
  g_assert_cmpint (listen (listening, 1), ==, 0);
  g_assert_cmpint (getsockname (listening, (struct sockaddr *) &address, &len), ==, 0);
  *ours = socket (AF_INET, SOCK_STREAM, 0);
  g_assert_cmpint (connect (*ours, (struct sockaddr *) &address, len), ==, 0);
  *theirs = accept (listening, NULL, NULL);
  g_assert_cmpint (*theirs, >=, 0);
  g_assert_cmpint (close (listening), ==, 0);
}
