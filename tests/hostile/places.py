"""Places that a name may lead to, and where no server is."""

import asyncio
import socket

import ports
import waiting


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
