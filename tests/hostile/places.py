"""Places that a name may lead to, and where no server is."""

import asyncio
import socket

import ports
import waiting

HEADER = ("<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
          "xmlns:stream='http://etherx.jabber.org/streams' from='shop.example.com'%s>")
STREAM_ERROR = ("<stream:error><%s xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
                "</stream:stream>")


class Trap:
    """Somebody's port that is no server: nothing may connect to it."""

    def __init__(self, address):
        self.address, self.port, self.touched = address, ports.dead_port(address), 0
        self.server = waiting.complete(
            asyncio.start_server(self._touch, address, self.port), "a port for the trap")

    async def _touch(self, _reader, writer):
        self.touched += 1
        writer.close()

    def close(self):
        self.server.close()


def blackhole(family, address):
    """(port, sockets): connections to it are neither taken nor refused."""
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.bind((address, 0))
    listener.listen(0)
    held = [listener]
    for _ in range(4):
        held.append(socket.socket(family, socket.SOCK_STREAM))
        held[-1].setblocking(False)
        held[-1].connect_ex(listener.getsockname()[:2])
    return listener.getsockname()[1], held


class FalseServer:
    """Listens as Prosody would for components, and says what a case makes it say."""

    def __init__(self, arena, say_first="", then="", flood=0):
        self.address = arena.address()
        self.port = ports.dead_port(self.address)
        self.first, self.flood = say_first, flood
        self.then = then if isinstance(then, bytes) else then.encode()
        self.tries = 0
        self.taken = 0
        self.over = 0
        self.server = waiting.complete(
            asyncio.start_server(self._serve, self.address, self.port), "a port to listen on")

    def endpoint(self):
        return "%s:%d" % (self.address, self.port)

    async def _serve(self, reader, writer):
        self.tries += 1
        try:
            text = await reader.read(4096)
            writer.write(self.first.encode())
            for _ in range(self.flood):
                writer.write(b" a='b' " * 10000)
                await writer.drain()
                self.taken += 70000
            while b"<handshake" not in text:
                more = await reader.read(4096)
                if not more:
                    return
                text += more
            writer.write(self.then)
            while await reader.read(4096):
                pass
        except OSError:
            pass
        finally:
            self.over += 1
            writer.close()
