#!/usr/bin/python3
"""No name is Prosody's own for Prosody and foreign for enjamb.

Both are asked for the canonical form of many spellings.  Where Prosody finds
a name of its own, enjamb has to find the same, or refuse the spelling.
"""

import os
import subprocess

import lab
import tap
from bridge import find_program
from tap import equal, run, say, test, true

LUA = os.path.join(lab.SOURCE, "tests", "live", "canonical.lua")

OWN = ("local.test", "m\u00fcnchen.example", "bridge.example.com")

# Spellings of the own names, and names that must simply be what they are.
SPELLINGS = (
    "LOCAL.test", "local.test.", "\uff2c\uff2f\uff23\uff21\uff2c.test", "\u2113ocal.test",
    "lo\u00adcal.test", "lo\u200bcal.test", "lo\u200ccal.test", "lo\u200dcal.test",
    "lo\ufe0fcal.test", "lo\u180bcal.test", "lo\u034fcal.test", "lo\ufeffcal.test",
    "local\u3002test", "local\uff0etest", "local\uff61test", "local\u2024test", "local..test",
    "local.test\u3002", "local.test\uff0e", "local.te\u017ft",
    "\u24db\u24de\u24d2\u24d0\u24db.test",
    "loca\u217c.test", "lo\u1d9cal.test", "local.\U0001d42d\U0001d41e\U0001d42c\U0001d42d",
    "mu\u0308nchen.example", "M\u00dcNCHEN.example", "m\u00fcnchen.example.",
    "xn--mnchen-3ya.example", "XN--MNCHEN-3YA.example", "m\u00fcnchen.\u2113ocal",
    "BRIDGE.EXAMPLE.COM", "\uff42\uff52\uff49\uff44\uff47\uff45.example.com",
)

PLAIN = (
    "example.com", "a.example", "xmpp-1.example.org", "b\u00fccher.example",
    "\u4f8b\u3048.\u30c6\u30b9\u30c8", "\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444",
)

RANGES = ((0x20, 0xd800), (0xe000, 0x20000), (0xe0000, 0xe1000), (0x2f800, 0x2fa20))


def every_character():
    """One character replaced by, or put before, every character there is."""
    for first, last in RANGES:
        for code in range(first, last):
            if code not in (0x85, 0x2028, 0x2029):
                character = chr(code)
                yield "l%scal.test" % character
                yield "lo%scal.test" % character
                yield "local%stest" % character
                yield "local.test%s" % character


def ask(argv, names):
    """The answers to the names, in order."""
    done = subprocess.run(argv, input="\n".join(names).encode() + b"\n", capture_output=True,
                          check=True)
    answers = done.stdout.decode("utf-8", "replace").split("\n")[:-1]
    equal(len(answers), len(names), "number of answers of " + argv[0])
    return answers


def both(names):
    names = list(names)
    return list(zip(names, ask(["lua5.4", LUA], names), ask([find_program("canonical")], names)))


def shown(name):
    return name.encode("ascii", "backslashreplace").decode()


def smuggled(table):
    """Spellings that are Prosody's own name for Prosody only."""
    ours = {own: canonical for own, _, canonical in both(OWN)}
    return [(shown(name), prosody, shown(enjamb)) for name, prosody, enjamb in table
            if prosody in ours and enjamb not in (ours[prosody], "-")]


@test("ordinary names are what they are, for both")
def plain(_names):
    for name, prosody, enjamb in both(PLAIN + OWN):
        equal((prosody, enjamb), (name, name), shown(name))


@test("known spellings of own names are own names, or refused")
def spellings(_names):
    table = both(SPELLINGS)
    for name, prosody, enjamb in table:
        say("%-34s Prosody %-22s enjamb %s" % (shown(name), shown(prosody), shown(enjamb)))
    equal(smuggled(table), [], "smuggled")


@test("no character there is makes a spelling that only Prosody takes for its own")
def characters(_names):
    table = both(every_character())
    own = sum(1 for _, prosody, _ in table if prosody in OWN)
    say("%d spellings, %d of them an own name for Prosody" % (len(table), own))
    true(own > 50, "the table holds spellings of own names")
    equal(smuggled(table)[:20], [], "smuggled")


class Names:
    """No laboratory is needed: the two programs are asked."""

    def __init__(self):
        if not os.path.exists("/usr/lib/prosody/util/jid.lua"):
            tap.skip_all("not installed: prosody")
        if not find_program("canonical"):
            tap.skip_all("no canonical in the build folder")

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        pass

    def tails(self):
        return ""

    def keep_files(self):
        pass


if __name__ == "__main__":
    run(Names)
