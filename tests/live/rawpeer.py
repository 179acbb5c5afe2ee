"""A server of a few lines, which puts on the wire exactly what a test says.

Without TLS; by dialback, where it calls everything valid that is asked.
"""

import asyncio
import re
import socket

import waiting

HEADER = ("<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:db='jabber:server:"
          "dialback' xmlns:stream='http://etherx.jabber.org/streams' from='%s' to='%s' %s>")
# Nobody checks the key: the server that is asked for it is this one.
RESULT = "<db:result from='%s' to='%s'>key</db:result>"
ANSWER = "<db:%s from='%s' to='%s' %s type='valid'/>"

_QUESTION = re.compile(r"<db:(verify|result)\b([^>]*)>[^<]+</db:")


def _attribute(name, text):
    found = re.search(r"\b%s=['\"]([^'\"]*)['\"]" % name, text)
    return found.group(1) if found else ""


class RawPeer:
    """`domain` behind one listening port; open () makes a stream to the bridge."""

    def __init__(self, domain, address, port):
        self.domain, self.address, self.port = domain, address, port
        self.server = None
        self.accepted = 0
        self.silent = False

    def listen(self, silent=False):
        """A silent peer takes connections, and never says a word."""
        self.silent = silent
        self.server = waiting.complete(
            asyncio.start_server(self._serve, self.address, self.port), "a port to listen on")
        return self

    def close(self):
        self.server.close()

    async def _serve(self, reader, writer):
        self.accepted += 1
        text, answered = "", 0
        try:
            while True:
                data = await reader.read(65536)
                if not data:
                    return
                if self.silent:
                    continue
                if not text:
                    # Without a version nobody waits for features.
                    writer.write((HEADER % (self.domain, "", "id='raw'")).encode())
                text += data.decode()
                for kind, attributes in _QUESTION.findall(text)[answered:]:
                    answered += 1
                    ident = "id='%s'" % _attribute("id", attributes) if kind == "verify" else ""
                    writer.write((ANSWER % (kind, _attribute("to", attributes),
                                            _attribute("from", attributes), ident)).encode())
        except OSError:
            pass
        finally:
            writer.close()

    def open(self, bridge, target):
        """A stream on which the pair of this domain and `target` is valid."""
        return RawStream(self, bridge, target)


class RawStream:
    def __init__(self, peer, bridge, target):
        self.reader, self.writer = waiting.complete(
            asyncio.open_connection(bridge.address, bridge.s2s), "the bridge to accept")
        self.writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.text = ""
        self.send(HEADER % (peer.domain, target, "version='1.0'"))
        self.wait("</stream:features>")
        self.send(RESULT % (peer.domain, target))
        self.wait(r"<db:result\b[^>]*type=['\"]valid['\"]")

    def send(self, text):
        data = text if isinstance(text, bytes) else text.encode()
        self.writer.write(data)
        waiting.complete(self.writer.drain(), "the kernel to take the bytes")

    def wait(self, pattern, seconds=waiting.SECONDS):
        """Until the bridge has said that."""

        async def hear():
            while not re.search(pattern, self.text):
                data = await self.reader.read(65536)
                if not data:
                    raise AssertionError("closed before %r: %s" % (pattern, self.text))
                self.text += data.decode()

        waiting.complete(hear(), "the bridge to say %r" % pattern, seconds)

    def close(self):
        self.writer.close()
