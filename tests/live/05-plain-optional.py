#!/usr/bin/python3
"""A peer without TLS: refused by default, federated with encryption = optional."""

import waiting
from lab import ECHO, RELAY, REMOTE, Lab
from prosody import PLAIN_FEDERATION
from tap import equal, run, say, test, true


def plain_lab():
    lab = Lab()
    lab.b.configure(federation=PLAIN_FEDERATION)
    return lab


@test("by default TLS is asked for though it is not offered, and nothing is sent in clear",
      proves="T08")
def required(lab):
    since = lab.b.process.mark()
    _, condition = lab.juliet().ping("%s@%s" % (REMOTE, RELAY))
    equal(condition, "remote-server-timeout", "the answer to juliet")
    equal(lab.b.streams(RELAY), [], "streams with Prosody B")
    lab.b.process.wait_line(r"Received\[s2sin\w*\]: <starttls", since)
    told = r"Received\[s2sin\w*\]: <(db:result|message|iq|presence)"
    equal(lab.b.process.line(told, since), None, "what Prosody B was told in clear")


@test("encryption = optional for the peer: both ways by dialback alone")
def optional(lab):
    lab.bridge.process.stop()
    lab.bridge.groups["peer " + REMOTE] = {"encryption": "optional"}
    lab.bridge.start()
    equal(lab.juliet().ping("%s@%s" % (REMOTE, RELAY)), True, "the answer to juliet")
    lab.romeo().send(ECHO, "in clear")
    lab.romeo().wait_message("in clear", ECHO)


@test("both logs say that these streams are plain", proves="T11")
def how(lab):
    # What the echo has sent shares the stream of the relay (XEP-0220 2.6.1).
    equal(set(lab.b.streams(RELAY)),
          {(RELAY, REMOTE, "plain", "dialback"), (REMOTE, RELAY, "plain", "dialback")},
          "Prosody's streams")
    for line in waiting.until(lambda: lab.bridge.streams(REMOTE), "enjamb's streams"):
        say(line)
        true("TLS 1" not in line and "dialback" in line, "plain and dialback")


if __name__ == "__main__":
    run(plain_lab)
