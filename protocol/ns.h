/* ns.h - the namespaces of the protocols that we speak. */
#pragma once

#define ENJ_NS_STREAM "http://etherx.jabber.org/streams"
#define ENJ_NS_SERVER "jabber:server"
#define ENJ_NS_CLIENT "jabber:client"
#define ENJ_NS_COMPONENT "jabber:component:accept"
#define ENJ_NS_XML "http://www.w3.org/XML/1998/namespace"
#define ENJ_NS_STREAM_ERRORS "urn:ietf:params:xml:ns:xmpp-streams"
#define ENJ_NS_STANZA_ERRORS "urn:ietf:params:xml:ns:xmpp-stanzas"
#define ENJ_NS_TLS "urn:ietf:params:xml:ns:xmpp-tls"
#define ENJ_NS_SASL "urn:ietf:params:xml:ns:xmpp-sasl"
#define ENJ_NS_DIALBACK "jabber:server:dialback"
#define ENJ_NS_DIALBACK_FEATURE "urn:xmpp:features:dialback"
#define ENJ_NS_LIMIT_ERRORS "urn:xmpp:errors"
#define ENJ_NS_PING "urn:xmpp:ping"
#define ENJ_NS_DISCO_INFO "http://jabber.org/protocol/disco#info"
#define ENJ_NS_DISCO_ITEMS "http://jabber.org/protocol/disco#items"
#define ENJ_NS_VERSION "jabber:iq:version"
