"""A scripted peer: puts on the wire what a case says, and keeps what comes.

Peer is a server of one domain at an address of its own.  By default it is
honest: it vouches for its own keys and for no others, believes every key of
the bridge, and keeps the stanzas that it gets.  A case that wants otherwise
sets `on_element`, called with (stream, element) for each element that comes
on a connection that the bridge opened; True means that it was dealt with.

Stream is one connection, either way.  What the bridge writes is read all the
time, and parsed; what is not well-formed fails the case.
"""

import asyncio
import itertools
import secrets
import socket
import ssl
import xml.etree.ElementTree as ET

import ports
import waiting
from tap import equal, true

STREAM = "{http://etherx.jabber.org/streams}"
DB = "{jabber:server:dialback}"
TLS = "{urn:ietf:params:xml:ns:xmpp-tls}"
SASL = "{urn:ietf:params:xml:ns:xmpp-sasl}"
SERVER = "{jabber:server}"
CONDITION = "{urn:ietf:params:xml:ns:xmpp-streams}"
STANZA_CONDITION = "{urn:ietf:params:xml:ns:xmpp-stanzas}"

STARTTLS = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
PROCEED = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
AUTH = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>%s</auth>"
HEADER = ("<?xml version='1.0'?><stream:stream xmlns='jabber:server' "
          "xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback'%s%s%s>")
RESULT = "<db:result from='%s' to='%s'>%s</db:result>"
VERIFY = "<db:verify from='%s' to='%s' id='%s'>%s</db:verify>"
MESSAGE = "<message from='%s' to='%s' id='%s' type='chat'><body>%s</body></message>"
END = "</stream:stream>"

# Long enough for the bridge to have read and parsed what has come so far.
PAUSE = 0.05

_numbers = itertools.count(1)


def header(source=None, target=None, more=" version='1.0'"):
    return HEADER % (" from='%s'" % source if source else "",
                     " to='%s'" % target if target else "", more)


def tls_context(server=False, certificate=None, **settings):
    """For whoever trusts everybody; `certificate` is a path without .crt and .key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if certificate:
        context.load_cert_chain(certificate + ".crt", certificate + ".key")
    for name, value in settings.items():
        setattr(context, name, value)
    return context


def hello(name):
    """The first flight of a TLS client that wants that name."""
    sent = ssl.MemoryBIO()
    tls = tls_context().wrap_bio(ssl.MemoryBIO(), sent, server_hostname=name)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return sent.read()


class Stream:
    def __init__(self, peer, reader, writer, ours):
        self.peer, self.reader, self.writer = peer, reader, writer
        self.ours = ours  # we opened it
        self.text = b""
        self.ident = None    # of the stream, given by whoever was called
        self.header = None
        self.elements = []
        self.over = False
        self.error = None
        self.ended = False
        self.polite = True   # ends when the bridge ends
        self._restart()
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._task = asyncio.ensure_future(self._read())

    def _restart(self):
        self.header, self._depth = None, 0
        self._parser = ET.XMLPullParser(("start", "end"))

    restart = _restart

    async def _read(self):
        try:
            while True:
                data = await self.reader.read(65536)
                if not data:
                    break
                self.text += data
                self._parse(data)
        except (OSError, ssl.SSLError, asyncio.IncompleteReadError) as error:
            self.error = error
        except ET.ParseError as error:
            self.error = AssertionError("the bridge wrote %s: %r" % (error, self.text[-500:]))
        finally:
            self.over = True
            self.writer.close()

    def _parse(self, data):
        parser = self._parser
        parser.feed(data)
        for event, element in parser.read_events():
            self._depth += 1 if event == "start" else -1
            if event == "start" and self._depth == 1:
                self.header = element
                if self.ours:
                    self.ident = element.get("id")
                else:
                    self.peer.opened(self)
            elif event == "end" and self._depth == 0:
                self.ended = True
                if self.polite:
                    self._end()
            elif event == "end" and self._depth == 1:
                self.elements.append(element)
                self.peer.heard(self, element)
            if parser is not self._parser:
                return

    def _end(self):
        self.send(END)
        if self.writer.can_write_eof():
            self.writer.write_eof()
        else:
            self.writer.close()

    # -- what we do -------------------------------------------------------

    def send(self, text):
        """Text or bytes, at once; what the kernel does not take waits."""
        try:
            self.writer.write(text if isinstance(text, bytes) else text.encode())
        except AttributeError:
            pass  # with TLS, Python 3.11 forgets what is closed
        except RuntimeError:
            pass  # we have ended, because the bridge has

    def drain(self, seconds=waiting.SECONDS):
        waiting.complete(self.writer.drain(), "the bridge to read", seconds)

    def open(self, target, source=None, more=" version='1.0'"):
        """A header, and the bridge's answer to it, features and all; returns those."""
        self.send(header(source or self.peer.domain, target, more))
        return self.take("features")

    def starttls(self, target, context=None, name=None, source=None):
        """TLS, a header in it, and the features that follow; `name` is the SNI."""
        self.send(STARTTLS)
        self.take("proceed")
        self.encrypt(context, name or target)
        return self.open(target, source)

    def encrypt(self, context=None, name=None, seconds=waiting.SECONDS):
        self._restart()
        waiting.complete(self.writer.start_tls(context or tls_context(), server_hostname=name),
                         "TLS", seconds)

    def dialback(self, target, source=None, key=None):
        """Asks for the pair by a key that the peer vouches for, or by that one."""
        source = source or self.peer.domain
        key = key or self.peer.key(source, target, self.header.get("id"))
        self.send(RESULT % (source, target, key))

    def authenticate(self, target, source=None):
        """The same, and waits until the pair is valid; it is allowed from then on."""
        source = source or self.peer.domain
        self.dialback(target, source)
        self.result("valid", source)
        self.peer.arena.allow(source)
        return self

    def message(self, to, body=None, source=None, cut=0):
        """A numbered message that the law counts: it arrives, or comes back.  With `cut` it
        is sent in two pieces, the first one of so many bytes.  Returns its body."""
        ident = "h%d" % next(_numbers)
        body = body or "hostile " + ident
        self.peer.arena.law.sent(ident)
        text = MESSAGE % (source or "user@%s/r" % self.peer.domain, to, ident, body)
        if cut:
            self.send(text[:cut])
            waiting.pause(PAUSE)
        self.send(text[cut:])
        return body

    def piecewise(self, to, text, piece, count):
        """A numbered message in so many pieces, of which this is one; each has the text."""
        if piece == 0:
            self.ident = "p%d" % next(_numbers)
            self.peer.arena.law.sent(self.ident)
            self.send("<message from='user@%s' to='%s' id='%s'><body>" % (
                self.peer.domain, to, self.ident))
        self.send(text)
        if piece == count - 1:
            self.send("</body></message>")

    def abort(self):
        try:
            self.writer.transport.abort()
        except AttributeError:
            pass  # with TLS, Python 3.11 forgets what is closed

    # -- what the bridge did ----------------------------------------------

    def take(self, name, seconds=waiting.SECONDS):
        """The first element of that name, without namespace, that is still there."""

        def look():
            for element in self.elements:
                if element.tag.rpartition("}")[2] == name:
                    self.elements.remove(element)
                    return (element,)  # an element without children is false
            if self.over:
                raise AssertionError("closed before <%s/>: %r, %s" % (
                    name, self.text[-800:], self.error))
            return None

        try:
            return waiting.until(look, "<%s/>" % name, seconds)[0]
        except waiting.TooLate as late:
            raise AssertionError("%s, after %r" % (late, self.text[-500:])) from None

    def result(self, kind, source=None, seconds=waiting.SECONDS):
        """The next answer to a db:result has that type; returns it."""
        answer = self.take("result", seconds)
        equal(answer.get("type"), kind, "type of %s" % ET.tostring(answer))
        if source:
            equal(answer.get("to"), source, "to of the answer")
        return answer

    def denied(self, seconds=waiting.SECONDS):
        """No claim of this stream was granted: the types of the answers, or none where the
        stream has ended without."""
        waiting.until(lambda: self.over or any(
            element.tag == DB + "result" for element in self.elements), "an answer", seconds)
        answers = [element.get("type") for element in self.elements
                   if element.tag == DB + "result"]
        true(not set(answers) - {"invalid", "error"}, "answers: %s" % answers)
        return answers

    def refused(self, condition, seconds=waiting.SECONDS):
        """A stream error of that condition, the end tag, and the connection closed, in
        this order, with the header before them (RFC 6120 4.9.1); returns the error."""
        wanted = (condition,) if isinstance(condition, str) else condition
        error = self.take("error", seconds)
        equal(error.tag, STREAM + "error", "stream error")
        words = [child.tag[len(CONDITION):] for child in error if child.tag.startswith(CONDITION)]
        true(words and words[0] in wanted, "stream error %s, wanted %s" % (words, condition))
        self.closed(seconds)
        true(self.header is not None, "a header before the error")
        true(self.ended, "an end tag behind the error: %r" % self.text[-300:])
        return error

    def closed(self, seconds=waiting.SECONDS):
        waiting.until(lambda: self.over, "the bridge to close the connection", seconds)
        if isinstance(self.error, AssertionError):
            raise self.error

    def quiet(self, ping_from=None, target=None):
        """Everything that was sent has been dealt with, and nothing came of it: shown by a
        question in clear that every authoritative server answers (XEP-0220 2.3)."""
        ident = "q%d" % next(_numbers)
        self.send(VERIFY % (ping_from or self.peer.domain, target, ident, "none"))
        waiting.until(lambda: self.over or any(
            element.tag == DB + "verify" and element.get("id") == ident
            for element in self.elements), "an answer to db:verify")
        self.elements = [element for element in self.elements if element.get("id") != ident]
        true(not self.over, "the stream goes on: %r" % self.text[-500:])
        equal([ET.tostring(element) for element in self.elements], [], "what came")


class Peer:
    """The server of `domain`, listening at its own address; the DNS leads there."""

    def __init__(self, arena, domain, address):
        self.arena, self.domain, self.address = arena, domain, address
        self.port = ports.Network.port(address, ports.XMPP_SERVER)
        self.keys = {}
        self.own_keys = []   # (key, stream id) of each db:result of the bridge
        self.streams = []    # all, either way
        self.accepted = []   # those that the bridge opened
        self.stanzas = []
        self.on_element = None
        self.context = None  # with one, TLS is offered
        self.server = waiting.complete(
            asyncio.start_server(self._serve, address, self.port), "a port to listen on")
        arena.dns.set_service(domain, (0, 0, self.port, address))

    def own(self, *domains):
        """Further domains of this server."""
        for domain in domains:
            self.arena.dns.set_service(domain, (0, 0, self.port, self.address))

    def connect(self, address=None, port=None):
        """A connection to the bridge, on which nothing has been said."""
        bridge = self.arena.bridge
        reader, writer = waiting.complete(asyncio.open_connection(
            bridge.address, port or bridge.s2s, local_addr=(address or self.address, 0)),
            "the bridge to accept")
        stream = Stream(self, reader, writer, True)
        self.streams.append(stream)
        return stream

    def stream(self, target):
        """A stream in clear whose features have come."""
        stream = self.connect()
        stream.open(target)
        return stream

    def authenticated(self, target):
        """A stream in clear that is good for the pair of this domain and `target`."""
        return self.stream(target).authenticate(target)

    def key(self, source, target, ident):
        """A key that this peer will vouch for."""
        key = secrets.token_hex(16)
        self.keys[source, target, ident] = key
        self.arena.secrets.add(key)
        return key

    async def _serve(self, reader, writer):
        stream = Stream(self, reader, writer, False)
        self.streams.append(stream)
        self.accepted.append(stream)

    def opened(self, stream):
        """The bridge has opened a stream to us."""
        version = " version='1.0'" if stream.header.get("version") else ""
        stream.ident = secrets.token_hex(8)
        stream.send(header(self.domain, stream.header.get("from"),
                           " id='%s'%s" % (stream.ident, version)))
        if version:
            encrypted = stream.writer.get_extra_info("ssl_object")
            offer = "" if encrypted or not self.context else STARTTLS
            stream.send("<stream:features>%s<dialback xmlns='urn:xmpp:features:dialback'/>"
                        "</stream:features>" % offer)

    def heard(self, stream, element):
        if element.tag == DB + "result" and element.text and not stream.ours:
            self.own_keys.append((element.text, stream.ident))
            self.arena.secrets.add(element.text)
        if element.tag.startswith(SERVER):
            self.stanzas.append(element)
            self.arena.law.peer_got(element)
        if stream.ours or (self.on_element and self.on_element(stream, element)):
            return
        if element.tag == TLS + "starttls" and self.context:
            self._proceed(stream)
        elif element.tag in (DB + "verify", DB + "result"):
            self.answer(stream, element)

    def _proceed(self, stream):
        # What comes behind it is for TLS, and must not be read before.
        stream.writer.transport.pause_reading()
        stream.send(PROCEED)
        stream.restart()
        asyncio.ensure_future(self._encrypt(stream))

    async def _encrypt(self, stream):
        try:
            await stream.writer.start_tls(self.context)
        except (OSError, ssl.SSLError) as error:
            stream.error = error

    def answer(self, stream, element, kind=None, **attributes):
        """An honest answer to db:verify or db:result, or the one that is given."""
        source, target = element.get("from"), element.get("to")
        word = element.tag[len(DB):]
        if word == "verify":
            known = self.keys.get((target, source, element.get("id")))
            kind = kind or ("valid" if known and known == element.text else "invalid")
            attributes.setdefault("id", element.get("id"))
        attributes = {"from": target, "to": source, "type": kind or "valid", **attributes}
        stream.send("<db:%s %s/>" % (word, " ".join(
            "%s='%s'" % item for item in attributes.items() if item[1] is not None)))

    def close(self):
        """Resets every connection and listens no more."""
        self.server.close()
        for stream in self.streams:
            stream.abort()

