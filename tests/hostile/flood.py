"""A user who writes more than anybody reads, and counts the errors that come back.

Its messages are not slixmpp's, which would be slower than what is tested.
"""

import asyncio
import itertools
import re
from collections import Counter

import waiting
from load import LoadClient

MESSAGE = "<message id='flood%d-%d' type='chat' to='%s'><body>%s</body></message>"

_floods = itertools.count(1)
_IDENT = re.compile(rb"<message\b[^>]*\bid=['\"]flood(\d+)-(\d+)['\"]")
_TYPE = re.compile(rb"<error\b[^>]*\btype=['\"](\w+)['\"]")
_CONDITION = re.compile(rb"<([\w-]+)\b[^>]*urn:ietf:params:xml:ns:xmpp-stanzas")


class Flood(LoadClient):
    """`user` of Prosody `server`; `errors` has the (type, condition) of each that came back."""

    def __init__(self, user, server, resource="flood"):
        super().__init__(user, server, resource, "", None, (), 0)
        self.which = next(_floods)
        self.errors, self.numbers = Counter(), set()
        self.sent = 0
        self.writer = None

    def log_in(self):
        self.start()
        waiting.until(lambda: self.writer, "%s to log in" % self.user)
        return self

    async def _send(self, writer):
        self.writer = writer
        await asyncio.Event().wait()

    def pour(self, count, to, body):
        """That many messages, as fast as the kernel takes them."""

        async def write():
            for _ in range(count):
                self.writer.write((MESSAGE % (self.which, self.sent, to, body)).encode())
                self.sent += 1
                if self.sent % 16 == 0:
                    await self.writer.drain()

        waiting.complete(write(), "Prosody to take what is written", 120)

    async def _hear(self, reader, data):
        rest = b""
        while data:
            *stanzas, rest = (rest + data).split(b"</message>")
            for stanza in stanzas:
                ident, kind = _IDENT.search(stanza), _TYPE.search(stanza)
                condition = _CONDITION.search(stanza)
                # What belongs to the flood before this one may still come.
                if ident and int(ident.group(1)) == self.which and kind and condition:
                    self.numbers.add(int(ident.group(2)))
                    self.errors[kind.group(1).decode(), condition.group(1).decode()] += 1
            data = await reader.read(1 << 18)

    def leave(self):
        waiting.complete(self.stop(), "the flood to end")
