#!/usr/bin/python3
"""The laboratory itself: two real servers and real clients, without the bridge."""

from lab import LOCAL, REMOTE, Lab
from tap import equal, run, test


@test("two Prosody servers carry a message from client to client")
def both_ways(lab):
    juliet, romeo = lab.juliet(), lab.romeo()
    juliet.send(romeo.jid, "wherefore art thou")
    romeo.wait_message("wherefore art thou", juliet.jid)
    romeo.send(juliet.jid, "here")
    juliet.wait_message("here", romeo.jid)


@test("they use TLS with certificates that nobody trusts, and dialback")
def how(lab):
    equal(set(lab.b.streams(LOCAL)),
          {(LOCAL, REMOTE, "TLSv1.3", "dialback"), (REMOTE, LOCAL, "TLSv1.3", "dialback")},
          "streams in Prosody's log")


@test("a domain without records does not exist")
def nowhere(lab):
    ident = lab.juliet().send("nobody@nowhere.example", "is there anybody")
    equal(lab.juliet().wait_error(ident), ("cancel", "remote-server-not-found"), "error")


@test("records change while the DNS server runs")
def records(lab):
    since = lab.b.process.mark()
    lab.dns.set_service("second.example", (0, 0, lab.b.s2s, lab.b.address))
    lab.juliet().send("nobody@second.example", "is there anybody")
    lab.b.process.wait_line("second.example", since)


if __name__ == "__main__":
    run(lambda: Lab(bridge=False))
