"""Real clients: a thin synchronous face over slixmpp.

What arrives is kept until a test asks for it: wait_message () and
wait_presence () take the first stanza that fits out of the box.
"""

import logging

logging.basicConfig(level=logging.CRITICAL)  # before slixmpp is loaded, which talks at once

import slixmpp  # noqa: E402
from slixmpp.exceptions import IqError
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import StanzaPath

import waiting
from prosody import PASSWORD


class Client:
    def __init__(self, jid, server, tls=False):
        self.server = server
        self.tls = tls
        self.messages = []
        self.presences = []
        self.xmpp = xmpp = slixmpp.ClientXMPP(jid, PASSWORD)
        xmpp.use_aiodns = False
        xmpp.use_ipv6 = False
        xmpp.auto_reconnect = False
        # Tests decide on subscriptions themselves.
        xmpp.auto_authorize = None
        xmpp.auto_subscribe = False
        for plugin in ("xep_0030", "xep_0092", "xep_0199"):
            xmpp.register_plugin(plugin)
        xmpp["feature_mechanisms"].unencrypted_plain = True
        xmpp["feature_mechanisms"].unencrypted_scram = True
        if tls:
            # The laboratory's certificates are trusted by nobody.
            xmpp.ssl_context.check_hostname = False
            xmpp.ssl_context.verify_mode = 0
        xmpp.register_handler(Callback("box", StanzaPath("message"), self.messages.append))
        xmpp.register_handler(Callback("roster", StanzaPath("presence"), self.presences.append))

    @property
    def jid(self):
        return str(self.xmpp.boundjid.full)

    @property
    def bare(self):
        return str(self.xmpp.boundjid.bare)

    def login(self):
        started = waiting.loop.create_future()

        def settle(_event, error=None):
            if not started.done():
                if error:
                    started.set_exception(AssertionError("%s: %s" % (self.bare, error)))
                else:
                    started.set_result(True)

        xmpp = self.xmpp
        xmpp.add_event_handler("session_start", settle)
        xmpp.add_event_handler("failed_all_auth", lambda event: settle(event, "login refused"))
        xmpp.connect((self.server.address, self.server.c2s), use_ssl=False,
                     force_starttls=self.tls, disable_starttls=not self.tls)
        waiting.complete(started, "%s to log in" % self.bare)
        waiting.complete(xmpp.get_roster(), "the roster of %s" % self.bare)
        xmpp.send_presence()
        return self

    def logout(self):
        if self.xmpp.is_connected():
            waiting.complete(self.xmpp.disconnect(wait=1), "%s to log out" % self.bare)

    def send(self, to, body, **attributes):
        """Sends a chat message and returns its id."""
        message = self.xmpp.make_message(mto=to, mbody=body, mtype=attributes.pop("type", "chat"))
        message["id"] = attributes.pop("id", None) or self.xmpp.new_id()
        message.send()
        return message["id"]

    def persist(self, to, receiver, origin, seconds):
        """Writes to that address until `receiver` has a message from `origin`: what is under
        way when a server or an instance dies may be lost."""
        body = self.xmpp.new_id()

        def arrived():
            self.send(to, body)
            try:
                return receiver.wait_message(body, origin, "chat", seconds=3)
            except waiting.TooLate:
                return None

        waiting.until(arrived, "%s to reach %s" % (self.bare, receiver.bare), seconds)

    def presence(self, to, kind=None):
        self.xmpp.send_presence(pto=to, ptype=kind)

    def _take(self, box, fits, what, seconds):
        def look():
            for index, stanza in enumerate(box):
                if fits(stanza):
                    # Not remove (), which would read the addresses of all before it.
                    return box.pop(index)
            return None

        return waiting.until(look, "%s to get %s" % (self.bare, what), seconds)

    def wait_message(self, body=None, sender=None, kind=None, ident=None, seconds=waiting.SECONDS):
        """The first message that fits everything given."""
        return self._take(
            self.messages,
            lambda stanza: ((body is None or stanza["body"] == body)
                            and (sender is None or str(stanza["from"]) == sender)
                            and (kind is None or stanza["type"] == kind)
                            and (ident is None or stanza["id"] == ident)),
            "a message %r from %s" % (body or ident, sender), seconds)

    def wait_error(self, ident, seconds=waiting.SECONDS):
        """(type, condition) of the error that answers the message `ident`."""
        stanza = self.wait_message(kind="error", ident=ident, seconds=seconds)
        return stanza["error"]["type"], stanza["error"]["condition"]

    def wait_presence(self, kind, sender, seconds=waiting.SECONDS):
        """The first presence of that type; `sender` may be a bare address."""
        return self._take(
            self.presences,
            lambda stanza: stanza["type"] == kind and sender in (
                str(stanza["from"]), str(stanza["from"].bare)),
            "presence %s from %s" % (kind, sender), seconds)

    def request(self, iq, seconds=waiting.SECONDS):
        """The answer to an iq, be it a result or an error."""

        async def ask():
            try:
                return await iq.send(timeout=seconds)
            except IqError as error:
                return error.iq

        return waiting.complete(ask(), "the answer of %s to %s" % (iq["to"], self.bare), seconds)

    def ping(self, to):
        """TRUE for a pong; else (type, condition) of the error."""
        iq = self.xmpp.make_iq_get(ito=to)
        iq.enable("ping")
        answer = self.request(iq)
        if answer["type"] == "error":
            return answer["error"]["type"], answer["error"]["condition"]
        return True

    def get(self, to, query, node=None):
        """The answer to an iq get with that empty query namespace."""
        iq = self.xmpp.make_iq_get(ito=to, queryxmlns=query)
        if node:
            iq.xml[0].set("node", node)
        return self.request(iq)
