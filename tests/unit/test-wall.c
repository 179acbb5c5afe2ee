#include "config.h"

#include "protocol/wall.h"

#include <gnutls/x509.h>

#include "tests/support/authority.h"

/* The order counts: nobody has told the time yet. */
static void
test_starts_at_zero (void)
{
  g_assert_cmpint (enj_wall_now (), ==, 0);
}

static void
test_follows (void)
{
  enj_wall_set (enj_test_wall);
  g_assert_cmpint (enj_wall_now (), ==, ENJ_TEST_WALL);
  enj_test_wall_move (ENJ_TEST_WALL + 5);
  g_assert_cmpint (enj_wall_now (), ==, ENJ_TEST_WALL + 5);
}

/* An authority of 2023 is of use at the time that we tell, whatever the machine's clock says. */
static void
test_gnutls_follows (void)
{
  g_autoptr (EnjTestAuthority) root = enj_test_authority_new ("root", NULL);
  gnutls_x509_crt_t crt = enj_test_leaf_new (enj_test_authority_get_pem (root));
  unsigned status = 0;

  enj_wall_set (enj_test_wall);
  enj_test_wall_move (ENJ_TEST_WALL);
  g_assert_cmpint (gnutls_x509_crt_verify (crt, &crt, 1, 0, &status), ==, 0);
  g_assert_cmpuint (status, ==, 0);
  enj_test_wall_move (ENJ_TEST_WALL + 400 * ENJ_TEST_DAY);
  g_assert_cmpint (gnutls_x509_crt_verify (crt, &crt, 1, 0, &status), ==, 0);
  g_assert_cmpuint (status & GNUTLS_CERT_EXPIRED, !=, 0);
  gnutls_x509_crt_deinit (crt);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wall/starts-at-zero", test_starts_at_zero);
  g_test_add_func ("/wall/follows-whoever-tells", test_follows);
  g_test_add_func ("/wall/gnutls-follows", test_gnutls_follows);
  return g_test_run ();
}
