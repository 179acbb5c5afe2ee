"""A healthy peer beside the hostile ones: it must notice nothing of them.

Ten times a second it asks the bridge for a pong; twice a second a numbered
message goes to juliet, and one from her comes.
"""

import asyncio
import time

from lab import RELAY, escaped

PING = ("<iq from='%s' to='%s' id='%s' type='get'><ping xmlns='urn:xmpp:ping'/></iq>")
STEP = 0.1


class Canary:
    def __init__(self, arena, peer):
        self.arena, self.peer = arena, peer
        self.asked = {}
        self.slowest = 0.0
        self.stream = self.task = None
        arena.allow(peer.domain)
        peer.on_element = self._answered

    def start(self):
        self.stream = self.peer.authenticated(RELAY)
        self.task = asyncio.ensure_future(self._live())

    def stop(self):
        if self.task:
            self.task.cancel()
        self.peer.close()

    def reset(self):
        """From here on `slowest` is of what comes."""
        self.slowest = 0.0

    def oldest(self):
        """How long the oldest question has been waiting."""
        return time.monotonic() - min(self.asked.values()) if self.asked else 0.0

    def _answered(self, _stream, element):
        when = self.asked.pop(element.get("id"), None)
        if when:
            self.slowest = max(self.slowest, time.monotonic() - when)
        return when is not None

    async def _live(self):
        number = 0
        to = escaped("juliet@" + self.arena.a.domain, RELAY)
        while not self.stream.over:
            number += 1
            ident = "canary-%d" % number
            self.asked[ident] = time.monotonic()
            self.stream.send(PING % (self.peer.domain, RELAY, ident))
            if number % 5 == 0:
                self.stream.message(to, "still singing")
                self.arena.write("user@" + self.peer.domain)
            await asyncio.sleep(STEP)
