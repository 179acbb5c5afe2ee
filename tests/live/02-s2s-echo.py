#!/usr/bin/python3
"""A real client on Prosody B gets its message back over S2S."""

import waiting
from lab import ECHO, REMOTE, Lab
from tap import equal, run, say, test, true


@test("a user of another server reaches echo, and echo the user", proves="D08 D40")
def echo(lab):
    romeo = lab.romeo()
    bodies = ["what light through yonder window %d" % number for number in range(20)]
    for body in bodies:
        romeo.send(ECHO, body)
    answers = [romeo.wait_message(sender=ECHO) for _ in bodies]
    equal([answer["body"] for answer in answers], bodies, "what waited for the stream, in order")
    equal(str(answers[0]["to"]), romeo.jid, "to")


@test("both streams are TLS 1.3 and dialback, says Prosody's own log", proves="T11")
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


@test("TLS 1.2 and 1.3 get a handshake, TLS 1.1 does not")
def versions(lab):
    for options, taken in (
            (("-tls1_3",), True),
            (("-tls1_2",), True),
            (("-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"), False)):
        done = lab.bridge.handshake(ECHO, *options)
        equal("Cipher is (NONE)" not in done, taken, "%s: %s" % (options, done))
        true("Compression: NONE" in done or not taken, "no compression: " + done)


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
