"""Plays the cases of a file, in one laboratory, and checks all invariants after each.

A file holds the cases of one letter of the adversarial test plan:

    #!/usr/bin/python3
    import runner                # first: it finds the modules of tests/live
    from arena import RELAY, TO_JULIET
    from runner import case, run

    @case("A2", "a comment ends the stream, and never reaches Prosody")
    def comment(arena):
        stream = arena.peer("evil.example").authenticated(RELAY)
        stream.send("<!-- x -->")
        stream.refused("restricted-xml")

    if __name__ == "__main__":
        run()                    # or run (prepare): prepare (arena) before the start

`arena` (arena.py) has the bridge, Prosody `a`, `dns` (names.py), juliet, and makes
scripted peers (peer.py), which are gone when the case ends.  What `arena.write ()` and
`stream.message ()` send is counted: it must arrive, or come back.  A name that has not
proved itself (`stream.authenticate ()`, `arena.allow ()`) must not reach juliet.

`link_may_drop` is for cases that say so; `proves` are ids of the checklist.  With
names of cases as arguments only those are played.
"""

import os
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "live"))

import tap  # noqa: E402
from arena import Arena  # noqa: E402


def case(number, sentence, proves="", link_may_drop=False):
    """Registers a case; the invariants belong to it."""

    def register(function):
        if len(sys.argv) > 1 and number not in sys.argv[1:]:
            return function

        def play(arena):
            arena.invariants.begin()
            try:
                function(arena)
            finally:
                arena.close_peers()
            arena.invariants.check(link_may_drop)
            arena.invariants.tell()

        tap.test("%s: %s" % (number, sentence), proves)(play)
        return function

    return register


def run(prepare=None):
    tap.test("at the end the bridge stops in order, and its own books balance")(
        lambda arena: arena.end())
    tap.run(lambda: Arena(prepare))
