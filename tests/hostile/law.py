"""What was sent is delivered, or its sender is told (HARDENING's I5 and I6).

Counted by what clients and peers see, not by the bridge's own counters: every
numbered message is in `open` until it has arrived somewhere or come back.
Everything that a case writes and that must not reach our user holds the word SMUGGLED.
"""

import itertools
import re
import xml.etree.ElementTree as ET

from lab import ECHO, LOCAL
from tap import equal, true

# What stands in everything that must not arrive.
SMUGGLED = "smuggled"

_numbers = itertools.count(1)


def unescaped(localpart):
    """XEP-0106, as far as the relay uses it."""
    return re.sub(r"\\([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), localpart)


class Law:
    def __init__(self, arena):
        self.arena = arena
        self.open = set()
        self.counts = {"sent": 0, "delivered": 0, "errored": 0, "twice": 0}
        self.senders = []  # the from of each stanza that our user got
        self.smuggled = []  # those that hold the word which no case lets through
        self._ended = set()

    @staticmethod
    def next_id():
        return "j%d" % next(_numbers)

    def sent(self, ident):
        self.counts["sent"] += 1
        self.open.add(ident)

    def is_kept(self):
        return not self.open

    def is_kept_of(self, ident):
        """That one has ended."""
        return ident not in self.open

    def forget(self, ident):
        """It was refused with its stream, so that its sender knows."""
        self.open.discard(ident)

    def _ends(self, ident, how):
        if ident in self.open:
            self.open.remove(ident)
            self._ended.add(ident)
            self.counts[how] += 1
        elif ident in self._ended:
            self.counts["twice"] += 1

    def heard(self, ident):
        """A message that the scanner got."""
        self._ends(ident, "delivered")

    def peer_got(self, element):
        """A stanza that the bridge wrote to a peer."""
        if element.tag.endswith("}message"):
            self._ends(element.get("id"),
                       "errored" if element.get("type") == "error" else "delivered")

    def client_got(self, stanza):
        """A stanza that Prosody delivered to our user; slixmpp's filter."""
        xml = getattr(stanza, "xml", None)
        if xml is not None:
            self.senders.append(xml.get("from") or "")
            if SMUGGLED in ET.tostring(xml, "unicode"):
                self.smuggled.append(ET.tostring(xml, "unicode"))
            if xml.tag.endswith("}message"):
                self._ends(xml.get("id"), "errored" if xml.get("type") == "error" else "delivered")
        return stanza

    def check_senders(self):
        """No name came that was not proved, and none of ours from outside."""
        smuggled, self.smuggled = self.smuggled, []
        senders, self.senders = self.senders, []
        equal(smuggled, [], "I6: what came through to our user")
        for sender in senders:
            bare = sender.partition("/")[0]
            localpart, at, domain = bare.rpartition("@")
            if domain == LOCAL or bare in {LOCAL, ECHO, ""} | self.arena.relays:
                continue
            true(domain in self.arena.relays, "%s comes by a relay" % sender)
            # An error for what our user wrote comes from where it went to.
            remote = unescaped(localpart).rpartition("@")[2]
            true(at and remote in self.arena.allowed | self.arena.written,
                 "%s had been proved" % sender)
            true(remote not in self.arena.local, "%s is from outside" % sender)
