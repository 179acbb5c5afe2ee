#!/usr/bin/python3
"""B: dialback, identity, authorisation."""

import runner  # noqa: F401, finds the other modules
from arena import RELAY, TO_JULIET
from peer import MESSAGE
from runner import case, run


@case("B23", "an answer that nobody asked for proves nothing")
def unsolicited(arena):
    stream = arena.peer().stream(RELAY)
    for word in ("result", "verify"):
        stream.send("<db:%s from='victim.example' to='%s' id='1' type='valid'/>" % (word, RELAY))
    stream.quiet(target=RELAY)
    stream.send(MESSAGE % ("a@victim.example", TO_JULIET, "forged", "it is me"))
    stream.refused("not-authorized")


if __name__ == "__main__":
    run()
