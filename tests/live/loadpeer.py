"""A server of a few lines that lasts: numbered messages, answered pings, broken streams.

Without TLS, by dialback; it says valid to whatever it is asked.  Two streams: one
that the bridge opened, on which it hears, and one of its own, on which it speaks.
"""

import asyncio
import collections
import fcntl
import itertools
import os
import re
import socket
import struct
import termios
import time

import waiting
from ledger import BURIED, MOST_CONNECTIONS
from load import TICK, Pace

HEADER = ("<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:db='jabber:server:"
          "dialback' xmlns:stream='http://etherx.jabber.org/streams' from='%s' to='%s' %s>")
RESULT = "<db:result from='%s' to='%s'>key</db:result>"
MESSAGE = ("<message id='load-%s-%d' type='chat' from='%s' to='%s'>"
           "<body>number %d</body></message>")

_ELEMENT = re.compile(
    rb"<(message|iq|db:verify|db:result|stream:features|stream:error)\b([^>]*?)"
    rb"(?:/>|>(.*?)</\1>)|</stream:stream>|<stream:stream\b[^>]*>", re.DOTALL)
_LOAD = re.compile(rb"\bid=['\"]load-(\w+)-(\d+)['\"]")
_LINGER_NOT = struct.pack("ii", 1, 0)
ROOM = 1 << 16


def attribute(name, text):
    found = re.search(rb"\b%s=['\"]([^'\"]*)['\"]" % name.encode(), text)
    return found.group(1).decode() if found else ""


def reset(transport):
    """Closes the connection so that the other side gets a reset."""
    transport.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
    transport.abort()


class _Stream(asyncio.Protocol):
    pattern = _ELEMENT

    def __init__(self, peer, number):
        self.peer, self.number = peer, number
        self.transport = None
        self.rest = b""

    def connection_made(self, transport):
        self.transport = transport
        transport.set_write_buffer_limits(ROOM)

    def data_received(self, data):
        for kind, attributes in self.elements(data):
            self.take(kind, attributes)

    def elements(self, data):
        data = self.rest + data
        end = 0
        for found in self.pattern.finditer(data):
            end = found.end()
            yield found.group(1) or found.group(0), found.group(2) or b""
        start = data.find(b"<", end)
        self.rest = data[start:] if start >= 0 else b""

    def say(self, text):
        if self.transport and not self.transport.is_closing():
            self.transport.write(text.encode())


class Heard(_Stream):
    """A stream from the bridge."""

    def connection_made(self, transport):
        super().connection_made(transport)
        self.peer.heard.add(self)

    def connection_lost(self, _error):
        self.transport = None
        self.peer.heard.discard(self)

    def take(self, kind, attributes):
        if kind == b"message":
            self.peer.hear(attributes, self)
        elif kind == b"iq":
            self.peer.hear_iq(attributes)
        elif kind == b"</stream:stream>":
            self.say("</stream:stream>")
            self.transport.close()
        elif kind.startswith(b"<stream:stream"):
            # Without a version nobody waits for features.
            self.say(HEADER % (self.peer.domain, attribute("from", kind), "id='%d'"
                               % self.number))
        elif kind.startswith(b"db:"):
            self.answer(kind.decode(), attributes)

    def answer(self, kind, attributes):
        ident = "id='%s'" % attribute("id", attributes) if kind == "db:verify" else ""
        self.say("<%s from='%s' to='%s' %s type='valid'/>" % (
            kind, attribute("to", attributes), attribute("from", attributes), ident))


class Spoken(_Stream):
    """A stream to the bridge."""

    def __init__(self, peer, number):
        super().__init__(peer, number)
        self.up = False
        self.total = 0
        # Where each of the last messages ended in the stream.
        self.ends = collections.deque(maxlen=50000)

    def connection_made(self, transport):
        super().connection_made(transport)
        self.begin()

    def begin(self):
        self.say(HEADER % (self.peer.domain, self.peer.target, "version='1.0'"))

    def connection_lost(self, _error):
        self.transport = None
        self.up = False
        self.peer.speaker_lost(self)

    def say(self, text):
        super().say(text)
        self.total += len(text)

    def take(self, kind, attributes):
        if kind == b"stream:features":
            self.say(RESULT % (self.peer.domain, self.peer.target))
        elif kind == b"db:result":
            self.up = attribute("type", attributes) == "valid"
            if not self.up:
                self.transport.close()
        elif kind in (b"</stream:stream>", b"stream:error"):
            self.up = False
            self.say("</stream:stream>")
            self.transport.close()

    def room(self):
        return self.up and self.transport.get_write_buffer_size() < ROOM


class LoadPeer:
    """`domain` at `address`; hears on any stream, speaks on the last that it opened.

    `out` is the ledger that it sends by, `flows` are all of which it may hear."""

    numbers = itertools.cycle(range(1, MOST_CONNECTIONS + 1))
    heard_class, spoken_class = Heard, Spoken

    def __init__(self, domain, address, port, bridge, target, out=None, flows=(), to="",
                 source=None):
        self.domain, self.address, self.port = domain, address, port
        self.bridge, self.target = bridge, target
        self.out, self.to = out, to
        self.source = source
        self.flows = {flow.name.encode(): flow for flow in flows}
        self.heard = set()
        self.speaker = None
        self.ended = 0
        self.wanted = True
        # Streams that died without a word: what came by them may come back, too.
        self.broken = set()
        self.pongs = []
        self.on_pong = None
        self.listener = None

    def listen(self):
        self.listener = waiting.complete(
            asyncio.get_event_loop().create_server(
                lambda: self.heard_class(self, next(self.numbers)), self.address, self.port),
            "a port to listen on")
        return self

    async def live(self, rate):
        """Speaks at that rate as long as it lives; the stream comes back by itself."""
        pace = Pace(rate)
        while True:
            await asyncio.sleep(TICK)
            if not self.speaker:
                await self.connect()
            if not self.speaker or not self.speaker.room():
                continue
            now = time.monotonic()
            while self.pongs:
                self.pong(self.pongs.pop(0))
            if self.wanted and self.out is not None:
                self.speak(pace.due(now), now)
            else:
                pace.rest(now)

    async def connect(self):
        stream = self.spoken_class(self, next(self.numbers))
        try:
            await asyncio.get_event_loop().create_connection(
                lambda: stream, self.bridge.address, self.bridge.s2s,
                local_addr=(self.source or self.address, 0))
            self.speaker = stream
        except OSError:
            pass

    def speak(self, count, now):
        stream, out, lines = self.speaker, self.out, []
        end = stream.total
        for _ in range(count):
            number = out.take(now, stream.number)
            text = MESSAGE % (out.name, number, "load@%s/b" % self.domain, self.to, number)
            lines.append(text)
            end += len(text)
            stream.ends.append((end, number))
        if lines:
            stream.say("".join(lines))

    def speaker_lost(self, stream):
        self.ended += 1
        if self.speaker is stream:
            self.speaker = None

    def hear(self, attributes, stream):
        load = _LOAD.search(attributes)
        if load and load.group(1) in self.flows:
            error = b"type='error'" in attributes or b'type="error"' in attributes
            self.flows[load.group(1)].note(int(load.group(2)), error, 0, stream.number)

    def hear_iq(self, attributes):
        kind = attribute("type", attributes)
        if kind == "get":
            self.pong("<iq type='result' id='%s' from='%s' to='%s'/>" % (
                attribute("id", attributes), attribute("to", attributes),
                attribute("from", attributes)))
        elif self.on_pong:
            self.on_pong(attribute("id", attributes))

    def pong(self, text):
        if self.speaker and self.speaker.up:
            self.speaker.say(text)
        else:
            self.pongs.append(text)

    def deafen(self):
        """Reads no more of what the bridge says: it piles up, until the stream breaks."""
        for stream in self.heard:
            stream.transport.pause_reading()

    # What follows is done while the bridge is stopped (SIGSTOP), so that it is exact.

    def break_heard(self):
        """Dies with what has come and was not read.  Answers how many messages that were."""
        buried = 0
        for stream in list(self.heard):
            data = _drained(stream.transport.get_extra_info("socket"))
            for kind, attributes in stream.elements(data):
                load = _LOAD.search(attributes) if kind == b"message" else None
                if load:
                    buried += 1
                    flow = self.flows[load.group(1)]
                    if b"type='error'" in attributes or b'type="error"' in attributes:
                        flow.mark(int(load.group(2)), BURIED)
            self.broken.add(stream.number)
            reset(stream.transport)
        return buried

    def break_spoken(self):
        """Dies, and with it what the bridge has not read.  Answers how many that were."""
        stream = self.speaker
        if not stream or not stream.transport:
            return 0
        connection = stream.transport.get_extra_info("socket")
        read = (stream.total - stream.transport.get_write_buffer_size()
                - _queued(connection) - _held(connection)[1])
        cut = 0
        while stream.ends and stream.ends[-1][0] > read:
            self.out.unread(stream.ends.pop()[1])
            cut += 1
        self.broken.add(stream.number)
        reset(stream.transport)
        self.speaker = None
        return cut


def _drained(connection):
    """All that has left the other process, which stands still."""
    data = b""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        # What the other kernel holds back comes when there is room for it.
        is_last = _held(connection)[0] == 0
        try:
            while True:
                more = os.read(connection.fileno(), 1 << 20)
                if not more:
                    return data
                data += more
        except BlockingIOError:
            pass
        except OSError:
            return data
        if is_last:
            return data
        time.sleep(0.002)
    raise AssertionError("the kernel does not pass on what was written")


def _queued(connection):
    """Bytes that have not reached the other kernel.  An acknowledgement may be a little late."""
    queued = 0
    for _ in range(12):
        queued = struct.unpack("i", fcntl.ioctl(
            connection.fileno(), termios.TIOCOUTQ, b"\0\0\0\0"))[0]
        if not queued:
            break
        time.sleep(0.005)
    return queued


def _hexed(endpoint):
    address = socket.inet_aton(endpoint[0])[::-1].hex().upper()
    return "%s:%04X" % (address, endpoint[1])


def _held(connection):
    """Bytes in the kernel's buffers of the process at the other end: (sent, received)."""
    ours, theirs = _hexed(connection.getsockname()), _hexed(connection.getpeername())
    with open("/proc/net/tcp", encoding="ascii") as table:
        for line in table:
            fields = line.split()
            if fields[1] == theirs and fields[2] == ours:
                return tuple(int(queue, 16) for queue in fields[4].split(":"))
    return 0, 0
