#!/usr/bin/python3
"""What the link does when the server refuses it, or gives it to another."""

import re

import ports
import waiting
from bridge import LINK_UP, Bridge
from lab import ECHO, LOCAL, RELAY, Lab
from tap import equal, run, say, test, true

ROOMS = "rooms." + LOCAL
SHOP = "shop." + LOCAL

ROOM_BLOCK = 'Component "%s" "muc"\n' % ROOMS
SHOP_BLOCK = 'Component "%s"\n\tcomponent_secret = "%s"\n'
KICK_OLD = '\tcomponent_conflict_resolve = "kick_old"\n'

ATTEMPT = re.escape(SHOP) + r": next attempt in ([0-9.]+) s"


def link_lab():
    """Three components; Prosody A does not know the third one yet."""
    lab = Lab()
    lab.wait_links = False
    lab.bridge.component(SHOP, "echo")
    lab.bridge.groups["limits"]["link-retry-max"] = "4"
    lab.twin = None
    lab.a.configure(hosts=lab.components + ROOM_BLOCK)
    return lab


def start_twin(lab, **keys):
    """A second enjamb for the same component."""
    if not lab.twin:
        lab.twin = Bridge(lab.folder, ports.Network(), 14, lab, name="twin")
        lab.twin.groups["limits"]["link-retry-max"] = "4"
        lab.processes.append(lab.twin.process)
    lab.twin.component(SHOP, "echo", **keys)
    since = lab.twin.process.mark()
    lab.twin.start(wait_links=False)
    return since


def attempts(bridge, since=0):
    """How long the link of the shop has waited before each further attempt."""
    return [float(seconds) for seconds in re.findall(ATTEMPT, bridge.process.log(since))]


def wait_attempts(bridge, count, since=0):
    waiting.until(lambda: len(attempts(bridge, since)) >= count, "%d attempts" % count)
    return attempts(bridge, since)


def wait_warning(bridge, pattern, since=0):
    return waiting.until(
        lambda: [line for line in bridge.warnings(since) if re.search(pattern, line)],
        "a warning of " + pattern)


def restart_a(lab, more=""):
    """Prosody A with the shop as a component; all links come back by themselves."""
    since = lab.bridge.process.mark()
    lab.a.process.stop()
    lab.a.configure(hosts=lab.components + ROOM_BLOCK + SHOP_BLOCK % (SHOP, lab.secret) + more)
    lab.a.start()
    for domain in lab.bridge.domains():
        lab.bridge.wait_link(domain, since)
    return since


@test("a component that the server does not know yet is asked for again, without alarm",
      proves="C16")
def unknown(lab):
    for domain in (RELAY, ECHO):
        lab.bridge.wait_link(domain)
    waits = wait_attempts(lab.bridge, 3)
    true(waits[0] <= 1.0 and waits[2] >= 2.0, "the waits grow: %s" % waits)
    equal([line for line in lab.bridge.warnings() if SHOP in line], [], "warnings")


@test("a server that goes away is told once, and found again by all links", proves="C16")
def away(lab):
    since = restart_a(lab)
    told = [line for line in lab.bridge.warnings(since) if "cannot reach" in line]
    for domain in lab.bridge.domains():
        count = len([line for line in told if " %s:" % domain in line])
        true(count <= 1, "%d warnings of %s" % (count, domain))


@test("each component has a link of its own, and its own service answers there")
def several(lab):
    equal(len(lab.bridge.links()), 3, "connections to the component port")
    for domain in (ECHO, SHOP):
        lab.juliet().send(domain, "to " + domain)
        lab.juliet().wait_message("to " + domain, domain)


OVER = {"deep": "<a>" * 70 + "</a>" * 70,
        "wide": "<w>%s</w>" % ("<a/>" * 11000),
        "many attributes": "<a %s/>" % " ".join("a%d='x'" % number for number in range(80)),
        "a stream": "<error xmlns='http://etherx.jabber.org/streams'/>"}


@test("what a user sends over a limit comes back, and the link of all stays up", proves="S43")
def over(lab):
    mark, before = lab.bridge.process.mark(), lab.bridge.links()
    juliet = lab.juliet()
    for name, inside in OVER.items():
        juliet.xmpp.send_raw("<message to='%s' id='over'>%s</message>" % (ECHO, inside))
        error = juliet.wait_message(kind="error", ident="over").xml.find("{*}error")
        true(error.find("{*}policy-violation") is not None, name)
    # For each of these Prosody writes six bytes.
    juliet.xmpp.send_raw("<message to='%s'><body>%s</body></message>" % (ECHO, "'" * 90000))
    juliet.wait_message("'" * 90000, ECHO)
    equal(lab.bridge.links(), before, "connections")
    equal(lab.bridge.process.line("link (down|closed)", mark), None, "the log")


@test("a wrong secret is one warning, and is tried again at the longest interval", proves="C16")
def secret(lab):
    since = start_twin(lab, secret="not the one")
    say(wait_warning(lab.twin, "refuses our secret", since)[0])
    waits = wait_attempts(lab.twin, 3, since)
    true(min(waits) >= 2.0, "waits: %s" % waits)
    equal(len(wait_warning(lab.twin, "secret", since)), 1, "warnings of the secret")
    lab.twin.process.stop()


@test("kick_new: the second waits, the first never notices", proves="C16")
def kick_new(lab):
    before = lab.bridge.links()
    mark = lab.bridge.process.mark()
    since = start_twin(lab)
    say(lab.twin.process.wait_line("does not take the link", since))
    waits = wait_attempts(lab.twin, 2, since)
    true(waits[0] <= 1.0, "tried again soon: %s" % waits)
    equal(lab.bridge.links(), before, "connections of the first")
    equal(lab.bridge.process.line("link (down|closed)", mark), None, "the first one's log")


@test("when the first goes away, the second gets the link", proves="C16")
def stand_by(lab):
    since = lab.twin.process.mark()
    lab.bridge.process.stop()
    lab.twin.wait_link(SHOP, since)
    lab.juliet().send(SHOP, "to the second")
    lab.juliet().wait_message("to the second", SHOP)
    lab.twin.process.stop()
    lab.bridge.start()


@test("kick_old: the one thrown out names both causes and rests for a minute", proves="C16")
def kick_old(lab):
    restart_a(lab, KICK_OLD)
    mark = lab.bridge.process.mark()
    since = start_twin(lab, local_domains=LOCAL)
    lab.twin.wait_link(SHOP, since)
    told = wait_warning(lab.bridge, "gave the link to another", mark)
    say(told[0])
    true("second enjamb" in told[0] and "component of this name" in told[0], "both causes")
    equal(wait_attempts(lab.bridge, 1, mark), [60.0], "the wait, in seconds")


@test("a host of the server that local-domains does not cover is warned of")
def survey(lab):
    say(wait_warning(lab.twin, re.escape(ROOMS) + ".*local-domains")[0])
    equal([line for line in lab.bridge.warnings() if ROOMS in line], [],
          "warnings of the one whose local-domains cover it")
    lab.twin.process.stop()
    true(re.search(LINK_UP % re.escape(SHOP), lab.bridge.process.log()), "it had asked, too")


if __name__ == "__main__":
    run(link_lab)
