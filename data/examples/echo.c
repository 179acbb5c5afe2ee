/* echo.c - a component that says back what it is told.
 *
 *   cc echo.c -o echo $(pkg-config --cflags --libs enjamb)
 *
 * Reads enjamb.conf in the folder where it is started. */
#include <enjamb.h>

static const char hello[] = "<message from='bridge.example.com' to='juliet@example.com'>"
                            "<body>Whatever you write to me, I write back.</body></message>";

static void
echo (EnjBridge *bridge, EnjStanza *stanza, gpointer user_data)
{
  g_autoptr (EnjStanza) reply = enj_stanza_new_echo (stanza); /* NULL for an error or a result */

  (void) user_data;
  if (reply)
    enj_bridge_send (bridge, reply);
}

int
main (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EnjBridge) bridge = enj_bridge_new_from_file ("enjamb.conf", &error);
  g_autoptr (EnjStanza) first = enj_stanza_parse (hello, -1, NULL);

  if (!bridge)
    g_error ("%s", error->message);
  enj_bridge_register (bridge, "bridge.example.com", echo, NULL, NULL);
  enj_bridge_send (bridge, first); /* it waits until the link is up */
  return enj_bridge_run (bridge);
}
