#include "config.h"

#include "component/hosting.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "protocol/handshake.h"
#include "protocol/wall.h"
#include "component/setup.h"
#include "tests/support/authority.h"
#include "tests/support/configs.h"

#define HERE "hosted.example"
#define HEADER                                                                                \
  "<stream:stream xmlns='jabber:component:accept' to='" HERE "'"                              \
  " xmlns:stream='http://etherx.jabber.org/streams'>"

/* A hosted component at a Unix socket, and what is around it. */
typedef struct
{
  char *folder;
  char *path;
  char *secret;
  EnjConfig *config;
  GMainContext *context;
  EnjLoop *loop;
  EnjExchange *exchange;
  EnjHosting *hosting;
} Scene;

static void
scene_init (Scene *scene)
{
  g_autoptr (EnjDialbackKey) key = enj_dialback_key_new_random ();
  g_autoptr (EnjSettings) settings = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  enj_wall_set (enj_test_wall);
  scene->folder = g_dir_make_tmp ("enjamb-hosting-XXXXXX", NULL);
  scene->path = g_build_filename (scene->folder, "socket", NULL);
  scene->secret = g_build_filename (scene->folder, "secret", NULL);
  g_assert_true (g_file_set_contents (scene->secret, "s3cr3t", -1, NULL));
  text = g_strdup_printf ("[component " HERE "]\nserver = 127.0.0.1:1\nsecret = s\n"
                          "service = hosted\nhosted-listen = %s;%s\nhosted-secret-file = %s\n"
                          "[federation]\nenabled = false\n",
                          scene->path, scene->path, scene->secret);
  scene->config = enj_test_config_new (text);
  settings = enj_setup_new (scene->config, key, &error);
  g_assert_no_error (error);
  scene->context = g_main_context_new ();
  scene->loop = enj_loop_new (scene->context, &error);
  g_assert_no_error (error);
  scene->exchange = enj_exchange_new (settings, (EnjWake){ 0 });
  scene->hosting = enj_hosting_new (scene->loop, scene->exchange, scene->config, &error);
  g_assert_no_error (error);
  g_assert_false (g_file_test (scene->path, G_FILE_TEST_EXISTS));
  (void) enj_hosting_listen (scene->hosting, &error);
  g_assert_no_error (error);
}

static void
scene_clear (Scene *scene)
{
  enj_hosting_free (scene->hosting);
  g_assert_false (g_file_test (scene->path, G_FILE_TEST_EXISTS));
  enj_exchange_free (scene->exchange);
  enj_loop_free (scene->loop);
  g_main_context_unref (scene->context);
  enj_config_unref (scene->config);
  g_assert_cmpint (g_remove (scene->secret), ==, 0);
  g_assert_cmpint (g_rmdir (scene->folder), ==, 0);
  g_free (scene->folder);
  g_free (scene->path);
  g_free (scene->secret);
}

static int
connect_there (const Scene *scene)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_strlcpy (address.sun_path, scene->path, sizeof address.sun_path);
  g_assert_cmpint (connect (fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  g_assert_cmpint (fcntl (fd, F_SETFL, O_NONBLOCK), ==, 0);
  return fd;
}

static void
say (int fd, const char *text)
{
  g_assert_cmpint (send (fd, text, strlen (text), MSG_NOSIGNAL), ==, (gssize) strlen (text));
}

/* Until @word has been heard; each turn waits for what happens. */
static void
listen_for (Scene *scene, int fd, GString *heard, const char *word)
{
  while (!strstr (heard->str, word))
    {
      EnjExchangeEvent event;
      char buffer[4096];
      gssize n;

      g_main_context_iteration (scene->context, TRUE);
      while (enj_exchange_next (scene->exchange, &event, enj_loop_now (scene->loop)))
        enj_exchange_event_clear (&event);
      while ((n = recv (fd, buffer, sizeof buffer, 0)) > 0)
        g_string_append_len (heard, buffer, n);
    }
}

static void
test_lets_a_component_in (void)
{
  Scene scene;
  g_autoptr (GString) heard = g_string_new (NULL);
  g_autofree char *id = NULL;
  g_autofree char *proof = NULL;
  g_autofree char *handshake = NULL;
  const char *place;
  struct stat status;
  int fd;

  scene_init (&scene);
  g_assert_cmpint (lstat (scene.path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0660);
  fd = connect_there (&scene);
  say (fd, HEADER);
  listen_for (&scene, fd, heard, " id=\"");
  place = strstr (heard->str, " id=\"") + strlen (" id=\"");
  id = g_strndup (place, strcspn (place, "\""));
  proof = enj_handshake_new (id, "s3cr3t");
  handshake = g_strdup_printf ("<handshake>%s</handshake>", proof);
  say (fd, handshake);
  listen_for (&scene, fd, heard, "<handshake/>");
  g_assert_cmpuint (enj_exchange_get_load (scene.exchange).hosted, ==, 1);
  say (fd, "</stream:stream>");
  listen_for (&scene, fd, heard, "</stream:stream>");
  g_assert_cmpint (close (fd), ==, 0);
  while (enj_exchange_get_load (scene.exchange).hosted > 0)
    g_main_context_iteration (scene.context, TRUE);
  scene_clear (&scene);
}

static void
test_refuses_a_wrong_secret (void)
{
  Scene scene;
  g_autoptr (GString) heard = g_string_new (NULL);
  int fd;

  scene_init (&scene);
  fd = connect_there (&scene);
  say (fd, HEADER "<handshake>0123456789012345678901234567890123456789</handshake>");
  listen_for (&scene, fd, heard, "<not-authorized ");
  g_assert_cmpint (close (fd), ==, 0);
  while (enj_exchange_get_load (scene.exchange).hosted > 0)
    g_main_context_iteration (scene.context, TRUE);
  scene_clear (&scene);
}

/* Nobody is thrown out where the port cannot be had, and it is named. */
static void
test_names_what_cannot_be_had (void)
{
  Scene scene;
  g_autoptr (EnjHosting) second = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) reason = NULL;

  scene_init (&scene);
  second = enj_hosting_new (scene.loop, scene.exchange, scene.config, NULL);
  g_assert_false (enj_hosting_listen (second, &error));
  g_assert_nonnull (error);
  g_assert_true (g_str_has_prefix (error->message, "[component " HERE "] hosted-listen: "));
  g_assert_false (enj_hosting_may_listen (second, FALSE, &reason));
  g_assert_nonnull (reason);
  g_assert_true (g_str_has_prefix (reason->message, "[component " HERE "] hosted-listen: "));
  g_assert_true (g_file_test (scene.path, G_FILE_TEST_EXISTS));
  scene_clear (&scene);
}

/* Who shares it may have it when the other is gone, but not what is no socket. */
static void
test_takes_turns (void)
{
  Scene scene;
  g_autoptr (EnjHosting) second = NULL;
  g_autoptr (GError) error = NULL;

  scene_init (&scene);
  second = enj_hosting_new (scene.loop, scene.exchange, scene.config, NULL);
  g_assert_true (enj_hosting_may_listen (scene.hosting, FALSE, NULL));
  g_assert_true (enj_hosting_may_listen (second, TRUE, NULL));
  enj_hosting_stop_listening (scene.hosting);
  g_assert_false (g_file_test (scene.path, G_FILE_TEST_EXISTS));
  g_assert_true (enj_hosting_listen (second, NULL));
  g_assert_false (enj_hosting_listen (scene.hosting, NULL));
  enj_hosting_stop_listening (second);
  g_assert_true (enj_hosting_listen (scene.hosting, NULL));
  g_assert_cmpint (close (connect_there (&scene)), ==, 0);
  enj_hosting_stop_listening (scene.hosting);

  g_assert_true (g_file_set_contents (scene.path, "dear", -1, NULL));
  g_assert_false (enj_hosting_may_listen (second, TRUE, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST);
  g_assert_cmpint (g_remove (scene.path), ==, 0);
  scene_clear (&scene);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hosting/lets-a-component-in", test_lets_a_component_in);
  g_test_add_func ("/hosting/refuses-a-wrong-secret", test_refuses_a_wrong_secret);
  g_test_add_func ("/hosting/names-the-port-that-cannot-be-had", test_names_what_cannot_be_had);
  g_test_add_func ("/hosting/takes-turns-with-another-instance", test_takes_turns);
  return g_test_run ();
}
