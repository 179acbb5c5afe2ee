#include "config.h"

#include "protocol/stanza.h"

#include <string.h>

#include "protocol/condition.h"
#include "protocol/ns.h"
#include "tests/support/proves.h"

#define ERRORS "urn:ietf:params:xml:ns:xmpp-stanzas"

static EnjStanza *
raw_new (const EnjStanzaHead *head, const char *content)
{
  /* In an allocation of its own, so that one byte too far is seen. */
  gsize len = strlen (content);
  g_autofree guint8 *copy = len > 0 ? g_memdup2 (content, len) : NULL;

  return enj_stanza_new_raw (head, copy, len);
}

/* A stanza as it comes from romeo to juliet. */
static EnjStanza *
incoming_new (EnjStanzaKind kind, const char *type, const char *content)
{
  const EnjStanzaHead head = { .kind = kind,
                               .from = "romeo@there.test/orchard",
                               .to = "juliet@here.test",
                               .id = "i1",
                               .type = type,
                               .lang = "it",
                               .extra = " xmlns:n0=\"urn:k\" n0:k=\"v\"" };

  return raw_new (&head, content);
}

static char *
dup_text (const EnjStanza *stanza)
{
  EnjBytes out;
  char *text;

  enj_bytes_init (&out, 100000);
  g_assert_true (enj_stanza_format (stanza, &out));
  g_assert_cmpuint (enj_bytes_length (&out), <=, enj_stanza_get_size (stanza));
  text = g_strndup ((const char *) out.data + out.start, enj_bytes_length (&out));
  enj_bytes_clear (&out);
  return text;
}

static void
assert_text (const EnjStanza *stanza, const char *expected)
{
  g_autofree char *text = NULL;

  g_assert_nonnull (stanza);
  text = dup_text (stanza);
  g_assert_cmpstr (text, ==, expected);
}

static void
test_bytes (void)
{
  static const struct
  {
    EnjStanzaHead head;
    const char *content;
    const char *expected;
  } cases[] = {
    { { .kind = ENJ_STANZA_PRESENCE }, "", "<presence/>" },
    { { .kind = ENJ_STANZA_PRESENCE, .id = "", .type = "" }, "", "<presence id=\"\" type=\"\"/>" },
    { { .kind = ENJ_STANZA_IQ, .type = "get", .id = "1" },
      "<query xmlns=\"urn:x\"/>",
      "<iq id=\"1\" type=\"get\"><query xmlns=\"urn:x\"/></iq>" },
    { { .kind = ENJ_STANZA_MESSAGE,
        .extra = " k=\"v\" xmlns:n0=\"urn:k\" n0:k=\"&lt;\"",
        .lang = "en",
        .type = "chat",
        .id = "i",
        .to = "to@b/'",
        .from = "from@a" },
      "<body>a &amp; b</body>",
      "<message from=\"from@a\" to=\"to@b/'\" id=\"i\" type=\"chat\" xml:lang=\"en\" k=\"v\""
      " xmlns:n0=\"urn:k\" n0:k=\"&lt;\"><body>a &amp; b</body></message>" },
    { { .kind = ENJ_STANZA_MESSAGE, .to = "a@b/\"<&", .id = "\t\n\r" },
      "",
      "<message to=\"a@b/&quot;&lt;&amp;\" id=\"&#x9;&#xA;&#xD;\"/>" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (EnjStanza) stanza = raw_new (&cases[i].head, cases[i].content);

      assert_text (stanza, cases[i].expected);
    }
}

static void
test_size (void)
{
  g_autoptr (EnjStanza) plain = incoming_new (ENJ_STANZA_MESSAGE, "chat", "<body>hi</body>");
  g_autoptr (EnjStanza) quoted = enj_stanza_new (ENJ_STANZA_IQ, "get", "\"\"\"\"", "b", "1", NULL);
  g_autofree char *text = dup_text (plain);
  g_autofree char *quoted_text = dup_text (quoted);
  g_autoptr (EnjStanza) empty = raw_new (&(EnjStanzaHead){ .kind = ENJ_STANZA_IQ }, "");

  g_assert_cmpuint (enj_stanza_get_size (plain), ==, strlen (text));
  g_assert_cmpuint (enj_stanza_get_size (empty), ==, strlen ("<iq/>"));
  g_assert_cmpuint (enj_stanza_get_size (quoted), >=, strlen (quoted_text));
  g_assert_cmpuint (enj_stanza_get_size (quoted), <, strlen (quoted_text) + 10);
}

static void
test_all_or_nothing (void)
{
  g_autoptr (EnjStanza) stanza = incoming_new (ENJ_STANZA_MESSAGE, "chat", "<body>hi</body>");
  EnjBytes out;

  enj_bytes_init (&out, enj_stanza_get_size (stanza));
  g_assert_true (enj_stanza_format (stanza, &out));
  g_assert_false (enj_stanza_format (stanza, &out));
  g_assert_cmpuint (enj_bytes_length (&out), ==, enj_stanza_get_size (stanza));
  enj_bytes_clear (&out);

  enj_bytes_init (&out, enj_stanza_get_size (stanza) - 1);
  g_assert_false (enj_stanza_format (stanza, &out));
  g_assert_cmpuint (enj_bytes_length (&out), ==, 0);
  enj_bytes_clear (&out);
}

static void
test_access (void)
{
  g_autoptr (EnjStanza) stanza = incoming_new (ENJ_STANZA_IQ, "set", "<x/>");
  g_autoptr (EnjStanza) bare = raw_new (&(EnjStanzaHead){ .kind = ENJ_STANZA_PRESENCE }, "");
  EnjElement *element = enj_element_builder_end_new (enj_element_builder_new (NULL, "iq"));
  EnjStanzaKind kind;
  gsize len;

  g_assert_cmpint (enj_stanza_get_kind (stanza), ==, ENJ_STANZA_IQ);
  g_assert_cmpstr (enj_stanza_get_from (stanza), ==, "romeo@there.test/orchard");
  g_assert_cmpstr (enj_stanza_get_to (stanza), ==, "juliet@here.test");
  g_assert_cmpstr (enj_stanza_get_id (stanza), ==, "i1");
  g_assert_cmpstr (enj_stanza_get_type (stanza), ==, "set");
  g_assert_cmpstr (enj_stanza_get_head (stanza)->lang, ==, "it");
  g_assert_cmpmem (enj_stanza_get_content (stanza, &len), 4, "<x/>", len);
  g_assert_null (enj_stanza_get_from (bare));
  g_assert_null (enj_stanza_get_to (bare));
  g_assert_null (enj_stanza_get_id (bare));
  g_assert_null (enj_stanza_get_type (bare));
  g_assert_null (enj_stanza_get_head (bare)->extra);

  g_assert_null (enj_stanza_peek_element (stanza));
  enj_stanza_take_element (stanza, element);
  g_assert_true (enj_stanza_peek_element (stanza) == element);

  for (EnjStanzaKind i = ENJ_STANZA_MESSAGE; i <= ENJ_STANZA_IQ; i++)
    {
      g_assert_true (enj_stanza_kind_parse (enj_stanza_kind_format (i), &kind));
      g_assert_cmpint (kind, ==, i);
    }
  g_assert_false (enj_stanza_kind_parse ("Message", &kind));
  g_assert_false (enj_stanza_kind_parse ("", &kind));
}

/* What nobody here understands travels on byte by byte. */
static void
test_forward (void)
{
  g_autoptr (EnjStanza) stanza
      = incoming_new (ENJ_STANZA_MESSAGE, "odd", "<what xmlns=\"urn:never-heard\">&amp;</what>");
  g_autoptr (EnjStanza) forward = enj_stanza_new_forward (stanza, "a@x", "b@y/\x01");
  gsize len;

  enj_test_proves ("S49");
  assert_text (forward, "<message from=\"a@x\" to=\"b@y/\357\277\275\" id=\"i1\" type=\"odd\""
                        " xml:lang=\"it\" xmlns:n0=\"urn:k\" n0:k=\"v\">"
                        "<what xmlns=\"urn:never-heard\">&amp;</what></message>");
  g_assert_true (enj_stanza_get_content (forward, &len) == enj_stanza_get_content (stanza, &len));
}

static void
test_new (void)
{
  EnjElementBuilder *builder = enj_element_builder_new (ENJ_NS_CLIENT, "body");
  g_autoptr (EnjElement) body = NULL;
  g_autoptr (EnjStanza) full = NULL;
  g_autoptr (EnjStanza) bare = enj_stanza_new (ENJ_STANZA_PRESENCE, NULL, NULL, NULL, NULL, NULL);

  enj_element_builder_text (builder, "a\x02<b>");
  enj_element_builder_start (builder, "urn:f", "forwarded");
  enj_element_builder_start (builder, ENJ_NS_CLIENT, "message");
  body = enj_element_builder_end_new (builder);
  full = enj_stanza_new (ENJ_STANZA_MESSAGE, "chat\xFF", "a@b", "c\x1F@d", "\"\x03", body);

  assert_text (full, "<message from=\"a@b\" to=\"c\357\277\275@d\" id=\"&quot;\357\277\275\""
                     " type=\"chat\357\277\275\"><body>a\357\277\275&lt;b&gt;"
                     "<forwarded xmlns=\"urn:f\"><message xmlns=\"jabber:client\"/></forwarded>"
                     "</body></message>");
  assert_text (bare, "<presence/>");
}

static void
test_reply (void)
{
  g_autoptr (EnjElement) payload
      = enj_element_builder_end_new (enj_element_builder_new ("urn:x", "done"));
  g_autoptr (EnjStanza) iq = incoming_new (ENJ_STANZA_IQ, "get", "<ask xmlns=\"urn:x\"/>");
  g_autoptr (EnjStanza) message = incoming_new (ENJ_STANZA_MESSAGE, "chat", "<body>hi</body>");
  g_autoptr (EnjStanza) presence = incoming_new (ENJ_STANZA_PRESENCE, "probe", "");
  g_autoptr (EnjStanza) result = enj_stanza_new_reply (iq, payload);
  g_autoptr (EnjStanza) empty = enj_stanza_new_reply (iq, NULL);
  g_autoptr (EnjStanza) back = enj_stanza_new_reply (message, payload);
  g_autoptr (EnjStanza) echo = enj_stanza_new_echo (message);
  g_autoptr (EnjStanza) iq_echo = enj_stanza_new_echo (iq);
  g_autoptr (EnjStanza) presence_echo = enj_stanza_new_echo (presence);

  assert_text (result, "<iq from=\"juliet@here.test\" to=\"romeo@there.test/orchard\" id=\"i1\""
                       " type=\"result\"><done xmlns=\"urn:x\"/></iq>");
  assert_text (empty, "<iq from=\"juliet@here.test\" to=\"romeo@there.test/orchard\" id=\"i1\""
                      " type=\"result\"/>");
  assert_text (back, "<message from=\"juliet@here.test\" to=\"romeo@there.test/orchard\""
                     " id=\"i1\" type=\"chat\"><done xmlns=\"urn:x\"/></message>");
  assert_text (echo, "<message from=\"juliet@here.test\" to=\"romeo@there.test/orchard\""
                     " id=\"i1\" type=\"chat\" xml:lang=\"it\"><body>hi</body></message>");
  assert_text (iq_echo, "<iq from=\"juliet@here.test\" to=\"romeo@there.test/orchard\" id=\"i1\""
                        " type=\"result\" xml:lang=\"it\"><ask xmlns=\"urn:x\"/></iq>");
  assert_text (presence_echo, "<presence from=\"juliet@here.test\" to=\"romeo@there.test/orchard\""
                              " id=\"i1\" type=\"probe\" xml:lang=\"it\"/>");
}

static void
test_never_answered (void)
{
  static const struct
  {
    EnjStanzaKind kind;
    const char *type;
    gboolean answerable;
    gboolean replied;
  } cases[] = {
    { ENJ_STANZA_MESSAGE, "error", FALSE, FALSE }, { ENJ_STANZA_PRESENCE, "error", FALSE, FALSE },
    { ENJ_STANZA_IQ, "error", FALSE, FALSE },      { ENJ_STANZA_IQ, "result", FALSE, FALSE },
    { ENJ_STANZA_IQ, "get", TRUE, TRUE },          { ENJ_STANZA_IQ, "set", TRUE, TRUE },
    { ENJ_STANZA_IQ, "put", TRUE, FALSE },         { ENJ_STANZA_IQ, NULL, TRUE, FALSE },
    { ENJ_STANZA_MESSAGE, NULL, TRUE, TRUE },      { ENJ_STANZA_MESSAGE, "result", TRUE, TRUE },
    { ENJ_STANZA_PRESENCE, NULL, TRUE, TRUE },
  };

  enj_test_proves ("S33");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (EnjStanza) stanza = incoming_new (cases[i].kind, cases[i].type, "<x/>");
      g_autoptr (EnjStanza) reply = enj_stanza_new_reply (stanza, NULL);
      g_autoptr (EnjStanza) echo = enj_stanza_new_echo (stanza);
      g_autoptr (EnjStanza) error = enj_stanza_new_error (stanza, ENJ_STANZA_CONFLICT, NULL);

      g_assert_cmpint (enj_stanza_is_answerable (stanza), ==, cases[i].answerable);
      g_assert_cmpint (error != NULL, ==, cases[i].answerable);
      g_assert_cmpint (reply != NULL, ==, cases[i].replied);
      g_assert_cmpint (echo != NULL, ==, cases[i].replied);
    }
}

static void
test_nobody_to_answer (void)
{
  g_autoptr (EnjStanza) stanza
      = raw_new (&(EnjStanzaHead){ .kind = ENJ_STANZA_MESSAGE, .to = "a@b" }, "");
  g_autoptr (EnjStanza) nowhere
      = raw_new (&(EnjStanzaHead){ .kind = ENJ_STANZA_MESSAGE, .from = "a@b" }, "");
  g_autoptr (EnjStanza) reply = enj_stanza_new_reply (nowhere, NULL);

  g_assert_null (enj_stanza_new_reply (stanza, NULL));
  g_assert_null (enj_stanza_new_echo (stanza));
  g_assert_null (enj_stanza_new_error (stanza, ENJ_STANZA_FORBIDDEN, NULL));
  assert_text (reply, "<message to=\"a@b\"/>");
}

static void
test_error (void)
{
  g_autoptr (EnjStanza) stanza
      = incoming_new (ENJ_STANZA_MESSAGE, "chat", "<body>a long payload</body>");
  g_autoptr (EnjStanza) plain = enj_stanza_new_error (stanza, ENJ_STANZA_ITEM_NOT_FOUND, NULL);
  g_autoptr (EnjStanza) full = enj_stanza_new_error_full (
      stanza, ENJ_STANZA_REMOTE_SERVER_TIMEOUT, "cancel", "it's <gone> & \x01");

  enj_test_proves ("S33");
  assert_text (plain, "<message from=\"juliet@here.test\" to=\"romeo@there.test/orchard\""
                      " id=\"i1\" type=\"error\"><error type=\"cancel\">"
                      "<item-not-found xmlns=\"" ERRORS "\"/></error></message>");
  assert_text (full, "<message from=\"juliet@here.test\" to=\"romeo@there.test/orchard\""
                     " id=\"i1\" type=\"error\"><error type=\"cancel\">"
                     "<remote-server-timeout xmlns=\"" ERRORS "\"/>"
                     "<text xmlns=\"" ERRORS "\" xml:lang=\"en\">it's &lt;gone&gt; &amp; "
                     "\357\277\275</text></error></message>");
  g_assert_null (enj_stanza_new_error (plain, ENJ_STANZA_CONFLICT, NULL));
}

/* With it no server need take the error, and nobody would hear of it. */
static void
test_error_without_long_id (void)
{
  for (guint len = 4096; len <= 4097; len++)
    {
      g_autofree char *id = g_strnfill (len, 'i');
      const EnjStanzaHead head = { .from = "a@b.test", .to = "c@d.test", .id = id };
      g_autoptr (EnjStanza) stanza = enj_stanza_new_raw (&head, NULL, 0);
      g_autoptr (EnjStanza) error = enj_stanza_new_error (stanza, ENJ_STANZA_GONE, NULL);

      g_assert_cmpstr (enj_stanza_get_id (error), ==, len == 4096 ? id : NULL);
      g_assert_cmpuint (enj_stanza_get_size (error), <, 10000);
    }
}

static void
test_every_condition (void)
{
  g_autoptr (EnjStanza) stanza = incoming_new (ENJ_STANZA_IQ, "get", "<x/>");

  for (EnjStanzaCondition i = ENJ_STANZA_BAD_REQUEST; i <= ENJ_STANZA_UNEXPECTED_REQUEST; i++)
    {
      g_autoptr (EnjStanza) error = enj_stanza_new_error (stanza, i, NULL);
      g_autofree char *expected = g_strdup_printf (
          "<error type=\"%s\"><%s xmlns=\"" ERRORS "\"/></error>", enj_stanza_condition_type (i),
          enj_stanza_condition_format (i));
      gsize len;
      const guint8 *content = enj_stanza_get_content (error, &len);

      g_assert_cmpmem (content, len, expected, strlen (expected));
    }
}

static EnjElement *
mark_new (const char *ns)
{
  EnjElementBuilder *builder = enj_element_builder_new (ns, "mark");

  enj_element_builder_text (builder, "a<b");
  return enj_element_builder_end_new (builder);
}

static void
test_added (void)
{
  g_autoptr (EnjStanza) full = incoming_new (ENJ_STANZA_MESSAGE, "chat", "<body>hi</body>");
  g_autoptr (EnjStanza) empty = raw_new (&(EnjStanzaHead){ .kind = ENJ_STANZA_PRESENCE }, "");
  g_autoptr (EnjElement) foreign = mark_new ("urn:x");
  g_autoptr (EnjElement) native = mark_new (NULL);
  g_autoptr (EnjStanza) once = enj_stanza_new_added (full, foreign);
  g_autoptr (EnjStanza) twice = enj_stanza_new_added (once, native);
  g_autoptr (EnjStanza) first = enj_stanza_new_added (empty, native);

#define HEAD                                                                                   \
  "<message from=\"romeo@there.test/orchard\" to=\"juliet@here.test\" id=\"i1\""              \
  " type=\"chat\" xml:lang=\"it\" xmlns:n0=\"urn:k\" n0:k=\"v\"><body>hi</body>"
  assert_text (once, HEAD "<mark xmlns=\"urn:x\">a&lt;b</mark></message>");
  assert_text (twice, HEAD "<mark xmlns=\"urn:x\">a&lt;b</mark><mark>a&lt;b</mark></message>");
  assert_text (full, HEAD "</message>");
#undef HEAD
  assert_text (first, "<presence><mark>a&lt;b</mark></presence>");

  /* The tree is that of the new content, also where the old one was looked at. */
  g_assert_cmpuint (enj_element_get_n_children (enj_stanza_get_element (full)), ==, 1);
  g_assert_cmpuint (enj_element_get_n_children (enj_stanza_get_element (once)), ==, 2);
}

static void
count (gpointer user_data, guint64 number)
{
  g_assert_cmpuint (number, ==, 7);
  (*(guint *) user_data)++;
}

/* The source hears of the end when the last heir has come to it, whatever the order. */
static void
test_receipt (void)
{
  EnjStanza *stanza = incoming_new (ENJ_STANZA_MESSAGE, "chat", "<body/>");
  guint confirmed = 0;
  EnjReceipt *receipt = enj_receipt_new (count, &confirmed, 7);
  EnjStanza *heirs[6];
  g_autoptr (EnjElement) mark = mark_new ("urn:x");

  enj_stanza_set_receipt (stanza, receipt);
  enj_receipt_unref (receipt);
  g_assert_true (enj_stanza_get_receipt (stanza) == receipt);

  heirs[0] = enj_stanza_new_forward (stanza, "a", "b");
  heirs[1] = enj_stanza_new_echo (stanza);
  heirs[2] = enj_stanza_new_reply (heirs[0], NULL);
  heirs[3] = enj_stanza_new_error (heirs[2], ENJ_STANZA_GONE, NULL);
  heirs[4] = enj_stanza_new_headed (heirs[3], enj_stanza_get_head (stanza));
  heirs[5] = enj_stanza_new_added (heirs[4], mark);
  enj_stanza_unref (stanza);

  for (guint i = 0; i < G_N_ELEMENTS (heirs); i++)
    {
      g_assert_cmpuint (confirmed, ==, 0);
      g_assert_true (enj_stanza_get_receipt (heirs[i]) == receipt);
      g_assert_true (enj_stanza_ref (heirs[i]) == heirs[i]);
      enj_stanza_unref (heirs[i]);
      enj_stanza_unref (heirs[i]);
    }
  g_assert_cmpuint (confirmed, ==, 1);
  enj_stanza_unref (NULL);
}

/* What is left out is left out under every head, and missing in no answer. */
static void
test_cut (void)
{
  g_autoptr (EnjStanza) stanza = incoming_new (ENJ_STANZA_MESSAGE, "chat", "");
  g_autoptr (EnjElement) mark = mark_new ("urn:x");
  g_autoptr (EnjStanza) headed = NULL;
  g_autoptr (EnjStanza) added = NULL;
  g_autoptr (EnjStanza) error = NULL;

  enj_stanza_mark_cut (stanza, ENJ_CUT_FORM);
  headed = enj_stanza_new_headed (stanza, enj_stanza_get_head (stanza));
  added = enj_stanza_new_added (headed, mark);
  error = enj_stanza_new_error (stanza, ENJ_STANZA_POLICY_VIOLATION, NULL);
  g_assert_cmpint (enj_stanza_get_cut (headed), ==, ENJ_CUT_FORM);
  g_assert_cmpint (enj_stanza_get_cut (added), ==, ENJ_CUT_FORM);
  g_assert_cmpint (enj_stanza_get_cut (error), ==, ENJ_CUT_NOT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/stanza/bytes-in-a-fixed-order", test_bytes);
  g_test_add_func ("/stanza/what-is-cut-stays-known", test_cut);
  g_test_add_func ("/stanza/size-is-the-most-it-takes", test_size);
  g_test_add_func ("/stanza/formats-all-or-nothing", test_all_or_nothing);
  g_test_add_func ("/stanza/tells-what-it-holds", test_access);
  g_test_add_func ("/stanza/forward-keeps-what-it-does-not-know", test_forward);
  g_test_add_func ("/stanza/new-makes-everything-legal", test_new);
  g_test_add_func ("/stanza/reply-swaps-the-addresses", test_reply);
  g_test_add_func ("/stanza/errors-and-results-are-never-answered", test_never_answered);
  g_test_add_func ("/stanza/nobody-is-answered-without-from", test_nobody_to_answer);
  g_test_add_func ("/stanza/error-returns-no-payload", test_error);
  g_test_add_func ("/stanza/an-error-leaves-out-a-long-id", test_error_without_long_id);
  g_test_add_func ("/stanza/every-condition-has-its-error", test_every_condition);
  g_test_add_func ("/stanza/added-child-stands-behind-the-content", test_added);
  g_test_add_func ("/stanza/receipt-ends-with-the-last-heir", test_receipt);
  return g_test_run ();
}
