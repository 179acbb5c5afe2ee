"""A client that looks for numbers in what it gets, and parses nothing.

The parser of a real one (slixmpp's expat) holds a long tag back, and everything behind
it, until about as much again has come.  What has long tags is sent to this one.
"""

import asyncio
import base64
import re

import waiting
from load import HEADER
from prosody import PASSWORD

LOGIN = ("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>%s</auth>")
BIND = ("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
        "<resource>ear</resource></bind></iq><presence id='here'/>")

_IDENT = re.compile(rb"<message\b[^>]*?\bid=['\"]([^'\"]+)['\"]")
# Longer than the start tag of any message here, of what may hide its id.
_TAIL = 2000


class Scanner:
    """`user` of that server; each message that comes is told to the law."""

    def __init__(self, user, server, law):
        self.user, self.server, self.law = user, server, law
        self.task = self.writer = None

    def start(self):
        reader = waiting.complete(self._login(), "%s to log in" % self.user)
        self.task = asyncio.ensure_future(self._hear(reader))

    def stop(self):
        if self.task:
            self.task.cancel()
            self.writer.close()

    async def _login(self):
        reader, self.writer = await asyncio.open_connection(self.server.address, self.server.c2s)
        header = HEADER % self.server.domain
        plain = base64.b64encode(("\0%s\0%s" % (self.user, PASSWORD)).encode()).decode()
        # Its own presence comes back when it may get messages.
        for text, answer in ((header, b"</stream:features>"), (LOGIN % plain, b"<success"),
                             (header, b"</stream:features>"), (BIND, b"here")):
            self.writer.write(text.encode())
            seen = b""
            while answer not in seen:
                data = await reader.read(65536)
                if not data:
                    raise AssertionError("the server closed the stream: %r" % seen)
                seen += data
        return reader

    async def _hear(self, reader):
        seen = b""
        while data := await reader.read(65536):
            seen += data
            end = 0
            for found in _IDENT.finditer(seen):
                self.law.heard(found[1].decode())
                end = found.end()
            seen = seen[max(end, len(seen) - _TAIL):]
