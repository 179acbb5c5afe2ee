#!/usr/bin/python3
"""A stanza that arrives in pieces is delivered when its last byte is there.

A parser that holds back an unfinished tag until more has come (expat does)
would keep the stanza until the next one: here no next one comes.
"""

import ports
import waiting
from lab import LOCAL, RELAY, Lab, escaped
from rawpeer import RawPeer
from tap import run, test

RAW = "raw.example"
MESSAGE = ("<message from='x@%s/r' to='%s' id='m%d' type='chat' xml:lang='en'>"
           "<body>\u20ac &amp; %d</body></message>")

# Long enough for the bridge to have read and parsed what has come so far.
PAUSE = 0.03


def slices_lab():
    lab = Lab()
    del lab.bridge.groups["component echo.example.com"]
    lab.bridge.groups["peer " + RAW] = {"encryption": "optional"}
    return lab


def opened(lab):
    """The one stream of raw.example."""
    if not hasattr(lab, "stream"):
        address = lab.bridge.address.rsplit(".", 1)[0] + ".15"
        peer = RawPeer(RAW, address, ports.Network.port(address, ports.XMPP_SERVER)).listen()
        lab.dns.set_service(RAW, (0, 0, peer.port, peer.address))
        lab.stream = peer.open(lab.bridge, RELAY)
    return lab.stream


def message(number):
    to = escaped("juliet@" + LOCAL, RELAY)
    return (MESSAGE % (RAW, to, number, number)).encode(), "\u20ac & %d" % number


@test("cut in two at any byte, with a pause there, and nothing behind it")
def two_pieces(lab):
    juliet, stream = lab.juliet(), opened(lab)
    for cut in range(1, len(message(0)[0])):
        data, body = message(cut)
        stream.send(data[:cut])
        waiting.pause(PAUSE)
        stream.send(data[cut:])
        juliet.wait_message(body)


@test("byte by byte, each one sent by itself")
def single_bytes(lab):
    juliet, stream = lab.juliet(), opened(lab)
    data, body = message(1000)
    for byte in data:
        stream.send(bytes((byte,)))
        waiting.pause(0.001)
    juliet.wait_message(body)


@test("all but the last byte delivers nothing", proves="S42")
def unfinished(lab):
    juliet, stream = lab.juliet(), opened(lab)
    data, body = message(2000)
    stream.send(data[:-1])
    waiting.pause(0.2)
    if any(stanza["body"] == body for stanza in juliet.messages):
        raise AssertionError("delivered before it was complete")
    stream.send(data[-1:])
    juliet.wait_message(body)


if __name__ == "__main__":
    run(slices_lab)
