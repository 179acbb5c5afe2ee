#!/usr/bin/python3
"""A slixmpp component connects to enjamb instead of Prosody: it federates as it is."""

import signal

import waiting
from hosted import SECONDS, HostedLab, converse, hear_all
from tap import equal, run, say, test, true

INFO = "http://jabber.org/protocol/disco#info"


@test("it is let in with its own secret", proves="C15")
def comes(lab):
    lab.component = lab.run_component(lab.answerer())
    waiting.until(lambda: lab.component.line("SERVED"), "the component to be served", SECONDS)


@test("users of Prosody, of another Prosody and of ejabberd have its answers", proves="C15 C25")
def three(lab):
    for user in lab.users():
        converse(lab, user, "to be or not to be")


@test("it answers discovery and pings itself")
def discovers(lab):
    for user in lab.users():
        answer = user.get(lab.domain, INFO)
        equal(answer["type"], "result", "type")
        equal(user.ping(lab.domain), True, "ping")


@test("what it was given is proved by pings", proves="C21")
def proved(lab):
    equal(lab.bridge.process.line("component does not answer our pings"), None, "line")


@test("after a reload it is let in again", proves="C15")
def reloaded(lab):
    lab.bridge.reload()
    lab.away(lab.component, signal.SIGTERM)
    lab.component = lab.run_component(lab.answerer())
    for user in lab.users():
        converse(lab, user, "and again")


@test("a wrong secret is told to both", proves="C14")
def secret(lab):
    since = lab.bridge.process.mark()
    other = lab.start_component(lab.answerer("of somebody else"))
    lab.bridge.process.wait_line("does not have our secret", since, SECONDS)
    other.stop(signal.SIGKILL)


@test("a second one is refused, and the first goes on", proves="C26")
def conflict(lab):
    since = lab.bridge.process.mark()
    other = lab.start_component(lab.answerer())
    lab.bridge.process.wait_line("another connection has its domain", since, SECONDS)
    other.stop(signal.SIGKILL)
    converse(lab, lab.romeo(), "and yet")


@test("it is killed under load and comes back: nothing is lost", proves="C24 C27")
def killed(lab):
    users = lab.users()
    bodies = ["number %d" % number for number in range(300)]
    for index, body in enumerate(bodies):
        if index == 100:
            lab.away(lab.component, signal.SIGKILL)
        if index == 200:
            lab.component = lab.run_component(lab.answerer())
        for user in users:
            user.send("someone@" + lab.domain, body)
        if index % 10 == 0:
            waiting.pause(0.01)
    for user in users:
        hear_all(user, bodies)
    say(lab.bridge.process.line("not proved to have arrived") or "all was proved in time")


@test("away for long, whoever writes hears of it at once", proves="C27")
def away(lab):
    lab.away(lab.component, signal.SIGTERM)
    for user in lab.users():
        kind, condition = user.wait_error(user.send("someone@" + lab.domain, "anybody?"), 2 * SECONDS)
        equal((kind, condition), ("wait", "remote-server-timeout"), user.bare)
    ident = lab.romeo().send("someone@" + lab.domain, "still nobody?")
    equal(lab.romeo().wait_error(ident, 15), ("wait", "remote-server-timeout"), "at once")


@test("it comes with TLS from the first byte", proves="C28")
def tls(lab):
    lab.component = lab.run_component(lab.answerer(tls=True))
    true(lab.bridge.process.line(r"encrypted: TLS1\.3"), "encrypted")
    for user in lab.users():
        converse(lab, user, "in secret")


@test("enjamb ends: its stream is closed in order, and all is accounted for", proves="C20")
def ends(lab):
    equal(lab.bridge.process.stop(seconds=SECONDS), 0, "status")
    lab.bridge.check_books()


if __name__ == "__main__":
    run(HostedLab)
