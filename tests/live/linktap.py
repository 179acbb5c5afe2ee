"""A tap on the link: passes bytes between the bridge and Prosody, and notes what they carry.

It alone can tell what the bridge had read when Prosody died, and what Prosody
had: whatever Prosody sent is passed on to the end before the bridge sees the
connection close, and an answered ping vouches for all that went before it.
"""

import asyncio
import re

import waiting
from ledger import ANSWERED, MOST_CONNECTIONS, READ, TAKEN

_STANZA = re.compile(rb"<(message|iq)\b([^>]*?)(?:/>|>.*?</\1>)", re.DOTALL)
_LOAD = re.compile(rb"\bid=['\"]load-(\w+)-(\d+)['\"]")
_IDENT = re.compile(rb"\bid=['\"]([^'\"]*)['\"]")
_ERROR = re.compile(rb"\btype=['\"]error['\"]")
_HIGH = 1 << 16


class _Side(asyncio.Protocol):
    """One of the two connections; `other` is the one that the bytes go on to."""

    def __init__(self, pair, look):
        self.pair, self.look = pair, look
        self.other = None
        self.transport = None
        self.rest = b""
        self.over = False

    def connection_made(self, transport):
        self.transport = transport
        transport.set_write_buffer_limits(_HIGH)

    def data_received(self, data):
        # First pass it on: to look at it must not add to the way.
        self.other.pass_on(data)
        data = self.rest + data
        end = 0
        for found in _STANZA.finditer(data):
            end = found.end()
            self.look(found.group(1), found.group(2))
        start = data.find(b"<", end)
        self.rest = data[start:] if start >= 0 else b""
        if len(self.rest) > 1 << 20:
            self.rest = b""

    def pass_on(self, data):
        if self.transport and not self.transport.is_closing():
            self.transport.write(data)

    def end(self):
        """Its end, behind all that it is owed."""
        if self.transport and not self.transport.is_closing():
            self.transport.write_eof()

    def eof_received(self):
        self.over = True
        self.other.end()
        if self.other.over:
            self.other.close()
            self.close()
        return True

    def connection_lost(self, _error):
        self.transport = None
        self.over = True
        if self.other.over:
            self.other.close()
        else:
            # What is still to come from there is read and noted, and goes nowhere.
            self.other.end()
            self.resume_writing()
        if not self.other.transport:
            self.pair.tap.pairs.discard(self.pair)

    def close(self):
        if self.transport:
            self.transport.close()

    def pause_writing(self):
        if self.other.transport and self.transport:
            self.other.transport.pause_reading()

    def resume_writing(self):
        if self.other.transport:
            self.other.transport.resume_reading()


class _Pair:
    def __init__(self, tap, number):
        self.tap, self.number = tap, number
        self.bridge = _Side(self, self.from_bridge)
        self.server = _Side(self, self.from_server)
        self.bridge.other, self.server.other = self.server, self.bridge
        # What went to the server since the last ping that was answered.
        self.open = []
        self.pings = {}

    def from_bridge(self, kind, attributes):
        load = _LOAD.search(attributes)
        if load:
            flow = self.tap.flows[load.group(1)]
            number = int(load.group(2))
            flow.again += flow.passed[number] not in (0, self.number)
            flow.passed[number] = self.number
            self.open.append((flow, number))
        elif kind == b"iq":
            ident = _IDENT.search(attributes)
            if ident:
                self.pings[ident.group(1)] = len(self.open)

    def from_server(self, kind, attributes):
        load = _LOAD.search(attributes)
        if load:
            error = _ERROR.search(attributes)
            flow = self.tap.flows[load.group(1)]
            number = int(load.group(2))
            if not error:
                flow.mark(number, READ)
            elif flow is not self.tap.outward:
                flow.mark(number, ANSWERED)
        elif kind == b"iq":
            ident = _IDENT.search(attributes)
            covered = self.pings.pop(ident.group(1), 0) if ident else 0
            if covered:
                for flow, number in self.open[:covered]:
                    flow.mark(number, TAKEN)
                del self.open[:covered]
                self.pings = {name: place - covered for name, place in self.pings.items()
                              if place > covered}


class LinkTap:
    """Listens at `address`, and connects to `server` for each that comes."""

    def __init__(self, address, port, server, flows):
        self.address, self.port, self.server = address, port, server
        self.flows = {flow.name.encode(): flow for flow in flows}
        self.outward = flows[0]
        self.pairs = set()
        self.connections = 0
        self.listener = None

    def listen(self):
        self.listener = waiting.complete(
            asyncio.get_event_loop().create_server(self._accept, self.address, self.port),
            "a port to listen on")
        return self

    def _accept(self):
        self.connections = self.connections % MOST_CONNECTIONS + 1
        pair = _Pair(self, self.connections)
        self.pairs.add(pair)
        asyncio.ensure_future(self._connect(pair))
        return pair.bridge

    async def _connect(self, pair):
        # The bridge writes first, and what it writes before we are through must wait.
        while not pair.bridge.transport:
            await asyncio.sleep(0)
        pair.bridge.transport.pause_reading()
        try:
            await asyncio.get_event_loop().create_connection(
                lambda: pair.server, self.server.address, self.server.component)
            if pair.bridge.transport:
                pair.bridge.transport.resume_reading()
        except OSError:
            if pair.bridge.transport:
                pair.bridge.transport.close()

    def cut(self):
        """The connections to the server break, with all that is in them."""
        for pair in list(self.pairs):
            if pair.server.transport:
                pair.server.transport.abort()

    def unproven(self):
        """How much has gone to the server and is not vouched for."""
        return sum(len(pair.open) for pair in self.pairs)

    def close(self):
        self.listener.close()
