#!/usr/bin/python3
"""Where SRV records lead, and what local users hear when they lead nowhere.

Prosody B serves one domain for each case; a ping to it through the relay
needs both streams.
"""

import nameserver
import ports
import waiting
from lab import RELAY, Lab
from tap import Skip, equal, run, test

DOMAINS = ("port.example", "second.example", "address.example", "six.example")
SIX = "::1"


def many_lab():
    lab = Lab()
    lab.other_port = ports.Network.port(lab.b.address, 15269)
    lab.b.more_s2s = [lab.other_port]
    lab.six = ports.has_ipv6()
    if lab.six:
        # ::1 is everybody's, so both ports are whatever is free there.
        lab.six_port, lab.six_bridge = (ports.dead_port(SIX) for _ in range(2))
        lab.b.more_s2s.append(lab.six_port)
        lab.b.more_addresses = [SIX]
        lab.bridge.groups["federation"]["listen"] += ";[%s]:%d" % (SIX, lab.six_bridge)
    lab.b.configure(hosts="".join('VirtualHost "%s"\n' % domain for domain in DOMAINS))
    for domain in DOMAINS:
        lab.b.certificate(domain)
    return lab


def ping(lab, domain):
    return lab.juliet().ping("%s@%s" % (domain, RELAY))


@test("SRV leads to another port")
def another_port(lab):
    lab.dns.set_service("port.example", (0, 0, lab.other_port, lab.b.address))
    equal(ping(lab, "port.example"), True, "pong")


@test("a first target that is dead costs nothing but the attempt")
def dead_first(lab):
    lab.dns.set_service("second.example",
                        (0, 0, ports.dead_port(lab.a.address), lab.a.address),
                        (10, 0, lab.b.s2s, lab.b.address))
    equal(ping(lab, "second.example"), True, "pong")


@test("without SRV records the address and port 5269 are tried")
def address(lab):
    if lab.b.s2s != ports.XMPP_SERVER:
        raise Skip("port 5269 is taken on this machine")
    lab.dns.add("address.example A " + lab.b.address)
    equal(ping(lab, "address.example"), True, "pong")


@test("IPv6 carries both streams where the records lead there")
def six(lab):
    if not lab.six:
        raise Skip("no IPv6 on this machine")
    since = lab.b.process.mark(), lab.bridge.process.mark()
    lab.dns.set_service("six.example", (0, 0, lab.six_port, SIX))
    lab.dns.set_service(RELAY, (0, 0, lab.six_bridge, SIX))
    waiting.pause(nameserver.TTL + 0.5)  # Prosody B still knows the old record.
    equal(ping(lab, "six.example"), True, "pong")
    equal(len(lab.b.streams("six.example", since[0])), 2, "streams of the pair")
    lab.bridge.process.wait_line(r"connected from \[?::1", since[1])
    lab.bridge.process.wait_line(r"six.example: connecting to \[?::1", since[1])


@test("the target . means no service, whatever address there is", proves="N02")
def refused_by_dns(lab):
    lab.dns.set_service("refusing.example", (0, 0, 0, "."))
    lab.dns.add("refusing.example A " + lab.b.address)
    equal(ping(lab, "refusing.example"), ("cancel", "remote-server-not-found"), "error")


@test("SRV records that all fail are not followed by the address", proves="N04")
def all_dead(lab):
    lab.dns.set_service("dead.example", (0, 0, ports.dead_port(lab.a.address), lab.a.address))
    lab.dns.add("dead.example A " + lab.b.address)
    equal(ping(lab, "dead.example"), ("wait", "remote-server-timeout"), "error")


@test("a name that does not exist is remote-server-not-found", proves="S36")
def nowhere(lab):
    equal(ping(lab, "nowhere.example"), ("cancel", "remote-server-not-found"), "error")


@test("a connection that is refused is remote-server-timeout, to try again", proves="S36")
def connection_refused(lab):
    lab.dns.set_service("closed.example", (0, 0, ports.dead_port(lab.b.address), lab.b.address))
    equal(ping(lab, "closed.example"), ("wait", "remote-server-timeout"), "error")


@test("an IP literal is no server to federate with", proves="N06")
def literal(lab):
    equal(ping(lab, lab.b.address), ("cancel", "not-allowed"), "error")


if __name__ == "__main__":
    run(many_lab)
