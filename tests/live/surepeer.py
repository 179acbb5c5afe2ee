"""A server of a few lines that acknowledges what it has, and is acknowledged.

TLS, SASL EXTERNAL and XEP-0198 on both its streams.  What is sent counts as read
by the bridge once the bridge has said so, and not before: until then it is the
peer's own.  What the peer has not acknowledged the bridge must tell it again.
"""

import asyncio
import re
import ssl

from ledger import READ
from loadpeer import HEADER, Heard, LoadPeer, Spoken, attribute, reset

STARTTLS = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
PROCEED = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
MECHANISMS = ("<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL"
              "</mechanism></mechanisms>")
AUTH = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>"
SUCCESS = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"
SM = "<%s xmlns='urn:xmpp:sm:3'%s/>"
FEATURES = "<stream:features>%s</stream:features>"

_ELEMENT = re.compile(
    rb"<(message|iq|presence|starttls|proceed|auth|success|enable|enabled|r|a|stream:features|"
    rb"stream:error)\b([^>]*?)(?:/>|>(.*?)</\1>)|</stream:stream>|<stream:stream\b[^>]*>",
    re.DOTALL)
STANZAS = (b"message", b"iq", b"presence")


def _context(server, base):
    """For whoever trusts everybody; `base` is the path of the certificate without .crt."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.load_cert_chain(base + ".crt", base + ".key")
    return context


class _Sure:
    """What both kinds of streams do, beside what they do as streams."""

    pattern = _ELEMENT
    is_sure = is_proved = False
    # What came before the loop has told us that TLS is there; None where nobody waits for that.
    early = None

    def data_received(self, data):
        if self.early is not None:
            self.early += data
            return
        for kind, attributes in self.elements(data):
            self.take(kind, attributes)

    async def _encrypt(self, server):
        base, name = self.peer.certificate, None if server else self.peer.target
        try:
            self.transport = await asyncio.get_event_loop().start_tls(
                self.transport, self, _context(server, base), server_side=server,
                server_hostname=name)
        except (OSError, ssl.SSLError):
            return
        early, self.early = self.early, None
        self.is_sure = True
        self.encrypted()
        self.data_received(early)

    def encrypt(self, server):
        """Nothing more comes in the clear, and what came is forgotten."""
        self.rest = self.early = b""
        asyncio.ensure_future(self._encrypt(server))

    def encrypted(self):
        pass


class _SureHeard(_Sure, Heard):
    """A stream from the bridge."""

    handled = 0

    def take(self, kind, attributes):
        if kind in STANZAS:
            self.handled += 1
            super().take(kind, attributes)
        elif kind == b"r":
            self.say(SM % ("a", " h='%d'" % self.handled))
        elif kind == b"enable":
            self.handled = 0
            self.say(SM % ("enabled", ""))
        elif kind == b"starttls":
            self.say(PROCEED)
            self.encrypt(True)
        elif kind == b"auth":
            self.is_proved = True
            self.say(SUCCESS)
        elif kind.startswith(b"<stream:stream"):
            self.greet(attribute("from", kind))
        else:
            super().take(kind, attributes)

    def greet(self, who):
        self.say(HEADER % (self.peer.domain, who, "id='%d' version='1.0'" % self.number))
        self.say(FEATURES % (SM % ("sm", "") if self.is_proved
                             else MECHANISMS if self.is_sure else STARTTLS))


class _SureSpoken(_Sure, Spoken):
    """A stream to the bridge."""

    def __init__(self, peer, number):
        super().__init__(peer, number)
        # What the bridge has not acknowledged: a message's number, or None for an answer.
        self.open = []
        self.acknowledged = 0

    def encrypted(self):
        self.begin()

    def take(self, kind, attributes):
        if kind == b"stream:features":
            self.say(SM % ("enable", "") if self.is_proved else AUTH if self.is_sure else STARTTLS)
        elif kind == b"proceed":
            self.encrypt(False)
        elif kind == b"success":
            self.is_proved = True
            self.begin()
        elif kind == b"enabled":
            self.up = True
        elif kind == b"a":
            self.settle(int(attribute("h", attributes)))
        else:
            super().take(kind, attributes)

    def settle(self, handled):
        count = handled - self.acknowledged
        for number in self.open[:count]:
            if number is not None:
                self.peer.out.mark(number, READ)
        del self.open[:count]
        self.acknowledged = handled

    def sent(self, numbers):
        """Those went out; None stands for a stanza that is no message."""
        self.open += numbers
        self.say(SM % ("r", ""))


class SurePeer(LoadPeer):
    """A LoadPeer with the certificate at the path `certificate`, without .crt."""

    heard_class, spoken_class = _SureHeard, _SureSpoken
    certificate = None

    def speak(self, count, now):
        since = len(self.out)
        super().speak(count, now)
        for number in range(since, len(self.out)):
            self.out.unread(number)
        if count:
            self.speaker.sent(range(since, len(self.out)))

    def pong(self, text):
        super().pong(text)
        if self.speaker and self.speaker.up:
            self.speaker.sent([None])

    def break_heard(self):
        """Dies.  What it has not acknowledged comes again, or comes back."""
        for stream in list(self.heard):
            self.broken.add(stream.number)
            reset(stream.transport)
        return 0

    def break_spoken(self):
        """Dies.  Answers how many messages are its own still."""
        stream = self.speaker
        if not stream or not stream.transport:
            return 0
        self.broken.add(stream.number)
        reset(stream.transport)
        self.speaker = None
        return len(stream.open)
