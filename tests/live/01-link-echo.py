#!/usr/bin/python3
"""A real client on Prosody A gets its message back over the component link."""

import xml.etree.ElementTree as ET

from lab import ECHO, Lab
from tap import equal, run, test, true

FORWARDED = """\
<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' to='a@b.example'>\
<body>inside &lt;&amp;&gt; "quoted" 'too'</body></message></forwarded>"""


@test("the link comes up, and echo sends the message back", proves="C02 C04")
def echo(lab):
    juliet = lab.juliet()
    ident = juliet.send(ECHO, "hello, is there anybody?")
    answer = juliet.wait_message("hello, is there anybody?", ECHO)
    equal(answer["type"], "chat", "type")
    equal(str(answer["to"]), juliet.jid, "to")
    true(answer["id"] == ident or answer["id"], "the answer has an id")


@test("echo answers from the address that was written to", proves="C09")
def addresses(lab):
    juliet = lab.juliet()
    address = "anybody@%s/anywhere" % ECHO
    juliet.send(address, "to a full address")
    juliet.wait_message("to a full address", address)


@test("markup, quotes and every plane of Unicode come back as they went")
def characters(lab):
    juliet = lab.juliet()
    body = "<&>\"' ]]> \u00e9 \u20ac \U0001f3ad\ttab\nline"
    juliet.send(ECHO, body)
    juliet.wait_message(body, ECHO)


@test("a forwarded message keeps its jabber:client inside", proves="C10 C11")
def forwarded(lab):
    juliet = lab.juliet()
    message = juliet.xmpp.make_message(mto=ECHO, mbody="with a passenger", mtype="chat")
    message.append(ET.fromstring(FORWARDED))
    message.send()
    answer = juliet.wait_message("with a passenger", ECHO)
    inner = answer.xml.find("{urn:xmpp:forward:0}forwarded/{jabber:client}message")
    true(inner is not None, "the forwarded message is there in its namespace")
    equal(inner.findtext("{jabber:client}body"), "inside <&> \"quoted\" 'too'", "inner body")


@test("two hundred messages come back in order", proves="S27")
def order(lab):
    juliet = lab.juliet()
    bodies = ["number %d" % number for number in range(200)]
    for body in bodies:
        juliet.send(ECHO, body)
    got = [juliet.wait_message(sender=ECHO)["body"] for _ in bodies]
    equal(got, bodies, "order")


@test("echo never answers what has no body, a groupchat or an error")
def silent(lab):
    juliet = lab.juliet()
    juliet.xmpp.make_message(mto=ECHO, mtype="chat").send()
    juliet.send(ECHO, "in a room", type="groupchat")
    juliet.send(ECHO, "an error", type="error")
    juliet.send(ECHO, "the last")
    equal(juliet.wait_message(sender=ECHO)["body"], "the last", "the first answer")


@test("a subscription request to echo is refused")
def subscription(lab):
    lab.juliet().presence(ECHO, "subscribe")
    lab.juliet().wait_presence("unsubscribed", ECHO)


@test("a request that nobody understands is service-unavailable", proves="V11")
def unknown(lab):
    answer = lab.juliet().get(ECHO, "urn:example:unheard-of")
    equal(answer["type"], "error", "type of the answer")
    equal(answer["error"]["condition"], "service-unavailable", "condition")


if __name__ == "__main__":
    run(Lab)
