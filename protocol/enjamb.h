/* enjamb.h - a federating XMPP component in twenty lines.
 *
 * A bridge attaches to a Prosody server as an external component (XEP-0114)
 * and federates the same domain by itself (RFC 6120 server-to-server).  Your
 * code registers a handler for the domain, gets every stanza that arrives on
 * either side, and sends stanzas without asking which way they leave.
 *
 * One thread: every function is called, and every callback comes, on the
 * thread that runs the bridge.  Strings are UTF-8.  Arguments are borrowed,
 * and results are borrowed, unless the name says `new`, `dup` or `ref`. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* ---- Conditions ------------------------------------------------------ */

/* Stanza errors, RFC 6120 8.3.3: the codes of ENJ_STANZA_ERROR. */
typedef enum
{
  ENJ_STANZA_BAD_REQUEST,
  ENJ_STANZA_CONFLICT,
  ENJ_STANZA_FEATURE_NOT_IMPLEMENTED,
  ENJ_STANZA_FORBIDDEN,
  ENJ_STANZA_GONE,
  ENJ_STANZA_INTERNAL_SERVER_ERROR,
  ENJ_STANZA_ITEM_NOT_FOUND,
  ENJ_STANZA_JID_MALFORMED,
  ENJ_STANZA_NOT_ACCEPTABLE,
  ENJ_STANZA_NOT_ALLOWED,
  ENJ_STANZA_NOT_AUTHORIZED,
  ENJ_STANZA_POLICY_VIOLATION,
  ENJ_STANZA_RECIPIENT_UNAVAILABLE,
  ENJ_STANZA_REDIRECT,
  ENJ_STANZA_REGISTRATION_REQUIRED,
  ENJ_STANZA_REMOTE_SERVER_NOT_FOUND,
  ENJ_STANZA_REMOTE_SERVER_TIMEOUT,
  ENJ_STANZA_RESOURCE_CONSTRAINT,
  ENJ_STANZA_SERVICE_UNAVAILABLE,
  ENJ_STANZA_SUBSCRIPTION_REQUIRED,
  ENJ_STANZA_UNDEFINED_CONDITION,
  ENJ_STANZA_UNEXPECTED_REQUEST
} EnjStanzaCondition;

#define ENJ_STANZA_ERROR (enj_stanza_error_quark ())
GQuark enj_stanza_error_quark (void);

/* ---- Elements: immutable, counted XML trees --------------------------
 *
 * Text and attributes may hold anything: what is not UTF-8 or no character of
 * XML goes out as U+FFFD.  Names are the program's own words: letters, digits,
 * '-', '.', '_', and no prefix. */

typedef struct EnjElement EnjElement;
typedef struct EnjElementBuilder EnjElementBuilder;

EnjElement *enj_element_ref (const EnjElement *self);
void enj_element_unref (EnjElement *self);

const char *enj_element_get_name (const EnjElement *self);
const char *enj_element_get_namespace (const EnjElement *self); /* "" for none */

/* NULL where there is none.  @ns is NULL for an attribute without a prefix. */
const char *enj_element_get_attribute (const EnjElement *self, const char *ns, const char *name);

/* The text directly inside, joined; "" for none. */
const char *enj_element_get_text (const EnjElement *self);

/* Child elements in document order; NULL past the end. */
guint enj_element_get_n_children (const EnjElement *self);
const EnjElement *enj_element_get_child (const EnjElement *self, guint index);

/* The first child of that name; NULL as @name or @ns takes any. */
const EnjElement *enj_element_find (const EnjElement *self, const char *ns, const char *name);

/* NULL as @ns is jabber:client, that of stanzas and their own children. */
EnjElementBuilder *enj_element_builder_new (const char *ns, const char *name);
void enj_element_builder_free (EnjElementBuilder *self);

/* A child opened and closed again; NULL as @ns takes the parent's. */
void enj_element_builder_start (EnjElementBuilder *self, const char *ns, const char *name);
void enj_element_builder_end (EnjElementBuilder *self);

/* Of the innermost open element, at any time; given twice, the last counts. */
void enj_element_builder_attribute (EnjElementBuilder *self, const char *ns, const char *name,
                                    const char *value);
void enj_element_builder_text (EnjElementBuilder *self, const char *text);
void enj_element_builder_child (EnjElementBuilder *self, const EnjElement *child);

/* Closes what is open and frees the builder. */
EnjElement *enj_element_builder_end_new (EnjElementBuilder *self);

/* ---- Stanzas: immutable, counted -------------------------------------- */

typedef struct EnjStanza EnjStanza;

typedef enum
{
  ENJ_STANZA_MESSAGE,
  ENJ_STANZA_PRESENCE,
  ENJ_STANZA_IQ
} EnjStanzaKind;

/* One message, presence or iq, without a namespace or in jabber:client.
 * NULL with a GError of domain ENJ_STANZA_ERROR where it is none; a `from`
 * or `to` that is no address is ENJ_STANZA_JID_MALFORMED. */
EnjStanza *enj_stanza_parse (const char *xml, gssize len, GError **error);

/* A stanza of one kind with a payload, which may be NULL; @type and @id too. */
EnjStanza *enj_stanza_new (EnjStanzaKind kind, const char *type, const char *from, const char *to,
                           const char *id, const EnjElement *payload);

EnjStanza *enj_stanza_ref (const EnjStanza *self);
void enj_stanza_unref (EnjStanza *self);

EnjStanzaKind enj_stanza_get_kind (const EnjStanza *self);

/* NULL where the attribute is absent. */
const char *enj_stanza_get_from (const EnjStanza *self);
const char *enj_stanza_get_to (const EnjStanza *self);
const char *enj_stanza_get_id (const EnjStanza *self);
const char *enj_stanza_get_type (const EnjStanza *self);

/* The whole stanza as a tree in jabber:client, parsed at the first call. */
const EnjElement *enj_stanza_get_element (EnjStanza *self);

/* Replies: from and to swapped, same id.  A reply to an iq is a result, to a
 * message one of the same type.  NULL for an error or an iq result, which are
 * never answered (RFC 6120 8.3.1, 8.2.3), and where nobody is to be answered:
 * without `from`.  @payload may be NULL. */
EnjStanza *enj_stanza_new_reply (EnjStanza *self, const EnjElement *payload);
EnjStanza *enj_stanza_new_echo (EnjStanza *self);
EnjStanza *enj_stanza_new_error (EnjStanza *self, EnjStanzaCondition condition, const char *text);

/* The same content under other addresses; id, type and language are kept. */
EnjStanza *enj_stanza_new_forward (EnjStanza *self, const char *from, const char *to);

/* The same stanza with @child behind its content. */
EnjStanza *enj_stanza_new_added (EnjStanza *self, const EnjElement *child);

/* ---- Addresses (RFC 7622) ---------------------------------------------- */

/* Each part prepared; FALSE with ENJ_STANZA_JID_MALFORMED.  @local and
 * @resource come NULL where the address has none.  Parts are newly allocated;
 * NULL outputs are skipped. */
gboolean enj_jid_parse (const char *jid, char **local, char **domain, char **resource,
                        GError **error);

/* Joins; NULL parts are left out.  NULL where a part is over 1023 bytes. */
char *enj_jid_new (const char *local, const char *domain, const char *resource);

/* XEP-0106: escape for a localpart and back.  New strings.  Text that starts or
 * ends with a space has no escaped form (4.1): NULL. */
char *enj_jid_escape_new (const char *text);
char *enj_jid_unescape_new (const char *text);

/* ---- The bridge -------------------------------------------------------- */

typedef struct EnjBridge EnjBridge;
typedef struct EnjConfig EnjConfig;

typedef enum
{
  ENJ_EVENT_LINK_UP,
  ENJ_EVENT_LINK_DOWN,
  ENJ_EVENT_STREAM_UP,
  ENJ_EVENT_STREAM_DOWN
} EnjEventType;

/* Valid during the callback.  @authentication is how the side that opened the stream proved itself
 * ("dialback", "EXTERNAL", "dialback, certificate", "dialback, DANE"; of a link "handshake"), and
 * says nothing of the other; @reason why it ended; NULL where it does not apply.  @outgoing tells
 * whether that side is ours. */
typedef struct
{
  EnjEventType type;
  const char *local;
  const char *remote;
  const char *authentication;
  const char *reason;
  gboolean outgoing;
} EnjEvent;

typedef void (*EnjHandler) (EnjBridge *bridge, EnjStanza *stanza, gpointer user_data);
typedef void (*EnjEventHandler) (EnjBridge *bridge, const EnjEvent *event, gpointer user_data);

/* The answer to a request: an iq of type result or error.  NULL when the
 * bridge ended, or no answer came within two minutes. */
typedef void (*EnjAnswerHandler) (EnjBridge *bridge, EnjStanza *answer, gpointer user_data);

/* Configurations are immutable and counted.  Errors name FILE:LINE. */
EnjConfig *enj_config_new_from_file (const char *path, GError **error);
EnjConfig *enj_config_ref (const EnjConfig *self);
void enj_config_unref (EnjConfig *self);

/* NULL, after a warning in the log, where the certificates cannot be used. */
EnjBridge *enj_bridge_new (EnjConfig *config);
EnjBridge *enj_bridge_new_from_file (const char *path, GError **error);

/* At once and out of order: stop() comes first where streams are up.  Requests
 * end without an answer.  Not inside a callback, nor inside run(): stop() there. */
void enj_bridge_free (EnjBridge *self);

/* Every stanza for @domain comes to @handler; this wins over `service =`.
 * FALSE, and a warning, for a domain without a [component] group.  @destroy runs
 * in any case: then, when it is replaced or unregistered, or with the bridge. */
gboolean enj_bridge_register (EnjBridge *self, const char *domain, EnjHandler handler,
                              gpointer user_data, GDestroyNotify destroy);
void enj_bridge_unregister (EnjBridge *self, const char *domain);
void enj_bridge_set_event_handler (EnjBridge *self, EnjEventHandler handler, gpointer user_data,
                                   GDestroyNotify destroy);

/* Takes a stanza for delivery; before run() it waits.  FALSE where `from` is
 * not an address of ours, or `to` is missing. */
gboolean enj_bridge_send (EnjBridge *self, EnjStanza *stanza);

/* Sends an iq get or set under an id of the bridge's own and gives its
 * answer, matched by id and sender, to @handler.  FALSE, and never a call, where
 * it is no such request, has no `to`, or is not from an address of ours. */
gboolean enj_bridge_request (EnjBridge *self, EnjStanza *iq, EnjAnswerHandler handler,
                             gpointer user_data);

/* Runs in the default context until TERM, INT or stop(); HUP reloads.  The exit
 * status for main().  Once, and not after attach_context(). */
int enj_bridge_run (EnjBridge *self);

/* For programs with a loop of their own; signals stay theirs.  NULL is the
 * default context.  After an error nothing is attached. */
gboolean enj_bridge_attach_context (EnjBridge *self, GMainContext *context, GError **error);

/* Stops gracefully; a second call at once, still in order. */
void enj_bridge_stop (EnjBridge *self);

/* Reads the file again, all or nothing.  An error names what is wrong or the key
 * that cannot change while the bridge runs. */
gboolean enj_bridge_reload (EnjBridge *self, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjElement, enj_element_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjElementBuilder, enj_element_builder_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjStanza, enj_stanza_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjConfig, enj_config_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjBridge, enj_bridge_free)

G_END_DECLS
