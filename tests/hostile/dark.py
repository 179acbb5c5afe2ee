"""Connections whose packets are lost: nothing arrives, and nobody is told.

A filter on the socket drops all that comes to it, before TCP sees it (socket(7),
SO_ATTACH_FILTER): no byte is acknowledged, no end is noticed.  It needs no rights.
"""

import asyncio
import ctypes
import struct

import ports
import waiting
from loadpeer import reset

_SO_ATTACH_FILTER = 26
_SOL_SOCKET = 1
# One instruction: return 0, which is how much of the packet is kept.
_DROP = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0), 8)


def darken(connection):
    """From now on it is deaf, and the other side gets no sign of it; a transport or writer."""
    connection.get_extra_info("socket").setsockopt(
        _SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HxxxxxxP", 1, ctypes.addressof(_DROP)))


class _Side(asyncio.Protocol):
    def __init__(self):
        self.other = self.transport = None
        self.early = b""

    def connection_made(self, transport):
        self.transport = transport
        transport.write(self.early)

    def data_received(self, data):
        if self.other.transport:
            self.other.transport.write(data)
        else:
            self.other.early += data

    def connection_lost(self, _error):
        if self.other.transport:
            self.other.transport.close()


class Road:
    """Listens, and passes on to `server`, (address, port), until it falls dark."""

    def __init__(self, address, server):
        self.address, self.server = address, server
        self.port = ports.dead_port(address)
        self.pairs, self.dark = [], []
        self.listener = waiting.complete(
            waiting.loop.create_server(self._accept, self.address, self.port), "a port")

    def endpoint(self):
        return "%s:%d" % (self.address, self.port)

    def _accept(self):
        here, there = _Side(), _Side()
        here.other, there.other = there, here
        self.pairs.append((here, there))
        asyncio.ensure_future(self._connect(here, there))
        return here

    async def _connect(self, here, there):
        try:
            await waiting.loop.create_connection(lambda: there, *self.server)
        except OSError:
            here.transport.close()

    def fall_dark(self):
        """All that is open gives no sign any more, either way; what comes later is passed on."""
        for pair in self.pairs:
            for side in pair:
                if side.transport and not side.transport.is_closing():
                    darken(side.transport)
        self.dark += self.pairs
        self.pairs = []

    def give_up(self):
        """The server learns of it, as it does when its kernel has tried long enough."""
        for _here, there in self.dark:
            if there.transport:
                reset(there.transport)

    def close(self):
        self.listener.close()
        for pair in self.pairs + self.dark:
            for side in pair:
                if side.transport:
                    side.transport.abort()
