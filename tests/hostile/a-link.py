#!/usr/bin/python3
"""A, on the link: what no Prosody writes, from whoever sits at its port; and a key of before."""

import runner  # noqa: F401, finds the other modules
import waiting
from peer import VERIFY
from places import HEADER, FalseServer
from runner import case, run
from tap import equal, say, true
from twin import SHOP, Twin, prepare

UP = "<handshake/>"
STANZA = "<message from='juliet@example.com/r' to='user\\40evil.example@%s' id='l'>%s</message>"

# What it says to our header and to our handshake, and a word of the log.
OK = HEADER % " id='1'"
DOCTYPE = "<!DOCTYPE s [<!ENTITY a 'lol'>]>"
VIOLATIONS = {
    "a document type": (DOCTYPE + OK, "", "document type"),
    "one that is late": (OK, UP + DOCTYPE, "not well-formed"),
    "a comment": (OK, UP + "<!-- x -->", "comment"),
    "an instruction": (OK, UP + "<?php x?>", "processing instruction"),
    "an entity": (OK, UP + STANZA % (SHOP, "&foo;"), "undefined entity"),
    "UTF-16": (OK, UP.encode() + "<message/>".encode("utf-16"), "not well-formed"),
    "no UTF-8": (OK, UP.encode() + b"<message><body>\xc0\xaf\xff</body></message>",
                 "not well-formed"),
    "a zero byte": (OK, UP.encode() + b"\0", "not well-formed"),
    "a tag that does not fit": (OK, UP + "<message></iq>", "mismatched tag"),
    "an unknown prefix": (OK, UP + STANZA % (SHOP, "<x:a/>"), "unbound prefix"),
    "text between stanzas": (OK, UP + "text", "text between stanzas"),
}


@case("A-link", "XML that is none ends the link, which is tried again, and nothing else")
def on_the_link(arena):
    twins = {}
    for what, (first, then, _word) in VIOLATIONS.items():
        server = FalseServer(arena, first, then)
        twins[what] = twin, _ = Twin(arena, server=server.endpoint()), server
        twin.bridge.start(wait_links=False)
    for what, (twin, server) in twins.items():
        line = twin.process.wait_line("link (?:down|closed)", 0, 60)
        say("%s: %s" % (what, line[20:]))
        true(VIOLATIONS[what][2] in line, "the log tells of " + what)
        waiting.until(lambda: server.tries >= 2, "it to try again", 60)
        equal(twin.process.stop(), 0, "exit status behind " + what)
        server.server.close()


@case("B29b", "a key of the process before is worth nothing", proves="K06", link_may_drop=True)
def before(arena):
    twin = Twin(arena)
    twin.bridge.start()
    with twin:
        peer = arena.peer()
        arena.write("user@" + peer.domain, relay=SHOP)
        waiting.until(lambda: peer.own_keys and peer.stanzas, "a key of the bridge")
        key, ident = peer.own_keys[-1]

        def asked():
            stream = peer.stream(SHOP)
            stream.send(VERIFY % (peer.domain, SHOP, ident, key))
            return stream.take("verify").get("type")

        equal(asked(), "valid", "the answer of the process that made it")
        equal(twin.process.stop(), 0, "exit status")
        twin.bridge.start()
        equal(asked(), "invalid", "the answer of the next")
    equal(twin.process.stop(), 0, "exit status")


if __name__ == "__main__":
    run(prepare)
