#!/usr/bin/python3
"""juliet@example.com and romeo@remote.example meet through the relay."""

import waiting
from lab import LOCAL, RELAY, REMOTE, Lab, escaped
from tap import equal, run, say, test, true

ROMEO = escaped("romeo@" + REMOTE, RELAY)
JULIET = escaped("juliet@" + LOCAL, RELAY)


@test("local to remote: the first message opens the stream", proves="T06")
def to_romeo(lab):
    juliet, romeo = lab.juliet(), lab.romeo()
    juliet.send(ROMEO, "wherefore art thou")
    message = romeo.wait_message("wherefore art thou")
    equal(str(message["from"]), JULIET + "/balcony", "from")
    equal(str(message["to"]), "romeo@" + REMOTE, "to")


@test("remote to local: the answer comes back by the address it came from")
def to_juliet(lab):
    juliet, romeo = lab.juliet(), lab.romeo()
    romeo.send(JULIET + "/balcony", "by any other name")
    message = juliet.wait_message("by any other name")
    equal(str(message["from"]), ROMEO + "/orchard", "from")
    equal(str(message["to"]), juliet.jid, "to")


@test("a localpart that is itself escaped survives there and back", proves="J02")
def escaped_twice(lab):
    juliet = lab.juliet()
    address = "o\\5c27hara\\40%s@%s" % (REMOTE, RELAY)
    ident = juliet.send(address, "are you there")
    lab.b.process.wait_line(r"to='o\\27hara@%s'" % REMOTE)
    answer = juliet.wait_message(kind="error", ident=ident)
    equal(str(answer["from"]), address, "from")
    equal(answer["error"]["condition"], "service-unavailable", "the error of Prosody B")


@test("a subscription is asked for, granted, and presence follows")
def subscription(lab):
    juliet, romeo = lab.juliet(), lab.romeo()
    juliet.presence(ROMEO, "subscribe")
    romeo.wait_presence("subscribe", JULIET)
    romeo.presence(JULIET, "subscribed")
    juliet.wait_presence("subscribed", ROMEO)
    juliet.wait_presence("available", ROMEO + "/orchard")
    romeo.presence(JULIET, "subscribe")
    juliet.wait_presence("subscribe", ROMEO)
    juliet.presence(ROMEO, "subscribed")
    romeo.wait_presence("available", JULIET + "/balcony")


@test("a ping from client to client goes there and back, both ways")
def ping(lab):
    equal(lab.juliet().ping(ROMEO + "/orchard"), True, "juliet pings romeo")
    equal(lab.romeo().ping(JULIET + "/balcony"), True, "romeo pings juliet")


@test("the error that a client answers reaches the one who asked")
def iq_error(lab):
    for asker, asked in ((lab.juliet(), ROMEO + "/orchard"), (lab.romeo(), JULIET + "/balcony")):
        answer = asker.get(asked, "urn:example:unheard-of")
        equal(str(answer["from"]), asked, "from")
        equal(answer["type"], "error", "type")


@test("a localpart without @ is a whole domain: the other server answers")
def whole_domain(lab):
    equal(lab.juliet().ping("%s@%s" % (REMOTE, RELAY)), True, "juliet pings the remote server")
    equal(lab.romeo().ping("%s@%s" % (LOCAL, RELAY)), True, "romeo pings the local server")


@test("nobody is relayed to their own side", proves="S31")
def no_open_relay(lab):
    juliet, romeo = lab.juliet(), lab.romeo()
    ident = juliet.send(escaped("somebody@" + LOCAL, RELAY), "local to local")
    equal(juliet.wait_error(ident)[1], "forbidden", "local to local")
    ident = romeo.send(escaped("somebody@third.example", RELAY), "remote to remote")
    equal(romeo.wait_error(ident)[1], "forbidden", "remote to remote")


@test("what does not decode is item-not-found")
def undecodable(lab):
    juliet = lab.juliet()
    ident = juliet.send("a\\40b\\40c\\2f\\40@" + RELAY, "where to")
    equal(juliet.wait_error(ident)[1], "item-not-found", "condition")


@test("all streams are TLS 1.3 and dialback in both servers' logs", proves="T11")
def how(lab):
    streams = lab.b.streams(RELAY)
    equal(set(streams),
          {(RELAY, REMOTE, "TLSv1.3", "dialback"), (REMOTE, RELAY, "TLSv1.3", "dialback")},
          "Prosody's streams")
    for stream in streams:
        say("Prosody B: %s -> %s %s %s" % stream)
    lines = waiting.until(lambda: lab.bridge.streams(REMOTE), "enjamb's streams")
    for line in lines:
        say(line)
        true("1.3" in line and "dialback" in line, "TLS 1.3 and dialback")


if __name__ == "__main__":
    run(Lab)
