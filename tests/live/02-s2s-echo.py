#!/usr/bin/python3
"""A real client on Prosody B gets its message back over S2S."""

import waiting
from lab import ECHO, REMOTE, Lab
from tap import equal, run, say, test, true


@test("a user of another server reaches echo, and echo the user", proves="D08 D40")
def echo(lab):
    romeo = lab.romeo()
    romeo.send(ECHO, "what light through yonder window")
    answer = romeo.wait_message("what light through yonder window", ECHO)
    equal(str(answer["to"]), romeo.jid, "to")


@test("both streams are TLS 1.3 and dialback, says Prosody's own log", proves="T09 T10")
def how(lab):
    streams = waiting.until(
        lambda: lab.b.streams(ECHO) if len(lab.b.streams(ECHO)) >= 2 else None, "two streams")
    for stream in streams:
        say("Prosody B: %s -> %s %s %s" % stream)
    equal(set(streams),
          {(ECHO, REMOTE, "TLSv1.3", "dialback"), (REMOTE, ECHO, "TLSv1.3", "dialback")},
          "streams")


@test("enjamb's log says the same of both streams", proves="T11")
def how_we_say_it(lab):
    lines = waiting.until(
        lambda: lab.bridge.streams(REMOTE) if len(lab.bridge.streams(REMOTE)) >= 2 else None,
        "two lines")
    for line in lines:
        say(line)
        true("TLS" in line and "1.3" in line and "dialback" in line, "TLS 1.3 and dialback")


@test("two hundred messages come back in order", proves="S27")
def order(lab):
    romeo = lab.romeo()
    bodies = ["number %d" % number for number in range(200)]
    for body in bodies:
        romeo.send(ECHO, body)
    got = [romeo.wait_message(sender=ECHO)["body"] for _ in bodies]
    equal(got, bodies, "order")


@test("one stream each way carries it all")
def few(lab):
    equal(len(lab.b.streams(ECHO)), 2, "streams of the pair")


if __name__ == "__main__":
    run(Lab)
