#!/usr/bin/python3
"""B: dialback, identity, authorisation."""

import base64

import runner  # noqa: F401, finds the other modules
import waiting
from arena import ECHO, LOCAL, OTHER_LOCAL, RELAY, ROOMS, TO_JULIET
from law import SMUGGLED
from names import SILENT
from peer import AUTH, DB, MESSAGE, RESULT, STANZA_CONDITION, VERIFY, header, tls_context
from runner import case, run
from tap import equal, say, true

# What Prosody takes for a host of its own, or a careless bridge for a stranger.
SPELLINGS = (
    "\uff2c\uff2f\uff23\uff21\uff2c.example", "lo\u00adcal.example", "loc\u200dal.example",
    "local\uff0eexample", "local\u3002example", "\u2113ocal.example", "LOCAL.EXAMPLE",
    "local.example.", "local.example\uff0e", "lo\u200bcal.example", "local\uff61example",
    "loca\u217c.example", "\u24db\u24de\u24d2\u24d0\u24db.example",
)
OWN = (LOCAL, OTHER_LOCAL, ROOMS, RELAY, ECHO, "any.below." + LOCAL)


def forged(source, to=TO_JULIET):
    """A message that must not arrive."""
    return MESSAGE % (source, to, "forged", SMUGGLED)


def condition_of(answer):
    """(type, condition) of the error in a dialback answer."""
    error = answer.find("{jabber:server}error")
    true(error is not None, "an error in the answer of type %s" % answer.get("type"))
    return error.get("type"), error[0].tag[len(STANZA_CONDITION):]


@case("B23", "an answer that nobody asked for proves nothing", proves="D58")
def unsolicited(arena):
    stream = arena.peer().stream(RELAY)
    for word in ("result", "verify"):
        stream.send("<db:%s from='victim.example' to='%s' id='1' type='valid'/>" % (word, RELAY))
    stream.quiet(target=RELAY)
    stream.send(forged("a@victim.example"))
    stream.refused("not-authorized")


@case("B24", "a key is good for its own stream, pair and secret, and for no other", proves="D31")
def other_stream(arena):
    peer, victim = arena.peer(), arena.peer()
    first, second = peer.stream(RELAY), peer.stream(RELAY)
    key = peer.key(peer.domain, RELAY, first.header.get("id"))
    second.send(RESULT % (peer.domain, RELAY, key))
    equal(second.denied(), ["invalid"], "the key of another stream")
    first.send(RESULT % (victim.domain, RELAY, key))
    equal(first.denied(), ["invalid"], "the key of another domain")
    true(victim.accepted, "the victim's own server was asked")


@case("B25", "only the server that was asked answers, once, for what it was asked", proves="D28")
def wrong_answers(arena):
    victim, peer = arena.peer(), arena.peer()
    victim.on_element = lambda stream, element: True  # it never answers
    claim = peer.stream(RELAY)
    claim.send(RESULT % (victim.domain, RELAY, "0" * 32))
    waiting.until(lambda: victim.accepted and victim.accepted[0].elements, "a question")
    ident = claim.header.get("id")

    def answer(stream, element):
        for who, number, word in ((victim.domain, ident, "valid"),
                                  (peer.domain, "no" + element.get("id"), "valid"),
                                  (victim.domain, element.get("id"), "valid"),
                                  (peer.domain, element.get("id"), "VALID")):
            peer.answer(stream, element, word, **{"from": who, "id": number})
        peer.answer(stream, element, "invalid")
        peer.answer(stream, element, "valid")
        return True

    peer.on_element = answer
    other = peer.stream(RELAY)
    other.dialback(RELAY)
    true("valid" not in other.denied(), "the answers to the second claim")
    claim.send(forged("a@" + victim.domain))
    claim.refused("not-authorized")


@case("B26", "a key is never verified on the connection that it came by, bidi or not", proves="D25")
def same_connection(arena):
    victim, peer = arena.peer(), arena.peer()
    stream = peer.stream(RELAY)
    stream.send("<bidi xmlns='urn:xmpp:bidi'/>")
    stream.dialback(RELAY, victim.domain)
    stream.send("<db:verify from='%s' to='%s' id='%s' type='valid'/>" % (
        victim.domain, RELAY, stream.header.get("id")))
    equal(stream.denied(), ["invalid"], "the answer")
    true(not any(element.tag == DB + "verify" for element in stream.elements), "no question here")
    true(victim.accepted and not peer.accepted, "the victim's server was asked, on its own")


def key_of_ours(arena, peer):
    """(key, stream id, stream) of a stream that the bridge opened to that peer."""
    arena.write("user@" + peer.domain)
    waiting.until(lambda: peer.own_keys, "a db:result of the bridge")
    return peer.own_keys[0]


@case("B27", "fields of a key are not moved into each other")
def shifted(arena):
    peer = arena.peer("bber.example")
    key, ident = key_of_ours(arena, peer)
    stream = arena.peer().stream(RELAY)
    for source, target, number in (
            ("jabber.example", RELAY, ident), ("ber.example", RELAY, "b" + ident),
            ("bber.example", ECHO, ident), ("bber.example", RELAY, " " + ident),
            ("bber.example", RELAY, ident + " "), ("bber.example", RELAY, ident[:-1]),
            ("b", RELAY, "ber.example " + ident), ("bber.example", RELAY, "%s %s" % (RELAY, ident)),
            ("bber.example", RELAY, ident.upper() + "0")):
        stream.send(VERIFY % (source, target, number, key))
        equal(stream.take("verify").get("type"), "invalid", repr((source, target, number)))
    stream.send(VERIFY % ("bber.example", RELAY, ident, key))
    equal(stream.take("verify").get("type"), "valid", "what is right")


@case("B28", "a key with blanks, in pieces, empty, with children or endless")
def odd_keys(arena):
    peer = arena.peer()

    def claim(template):
        stream = peer.stream(RELAY)
        key = peer.key(peer.domain, RELAY, stream.header.get("id"))
        stream.send(RESULT % (peer.domain, RELAY, template.replace("KEY", key)))
        return stream

    for right in ("  KEY\n", "<![CDATA[KEY]]>"):
        claim(right).result("valid")
    for wrong in ("", " ", "KEY0", "0KEY", "KEY KEY", "K&#10;EY", "x" * 2000, "&#10;"):
        stream = claim(wrong)
        waiting.until(lambda: stream.over or stream.elements, "an answer or the end")
        stream.denied() if stream.elements else None
        stream.abort()
    stream = claim("<x>KEY</x>")
    stream.denied()


@case("B29", "the ids of a hundred streams are all different, and long")
def stream_ids(arena):
    found = set()
    for _ in range(20):
        peer = arena.peer()
        streams = [peer.connect() for _ in range(5)]
        for stream in streams:
            stream.send(header(None, RELAY) + "</stream:stream>")
        for stream in streams:
            stream.closed()
            found.add(stream.ident)
    equal(len(found), 100, "different ids")
    true(min(map(len, found)) >= 22, "128 bits")


@case("B30", "a claim made twice is one question, and one answer", proves="D36")
def twice(arena):
    peer = arena.peer()
    held = []
    peer.on_element = lambda stream, element: held.append((stream, element)) or True
    stream = peer.stream(RELAY)
    for _ in range(50):
        stream.dialback(RELAY)
    waiting.until(lambda: held, "a question")
    peer.on_element = None
    peer.answer(*held[0], "valid")
    stream.result("valid")
    arena.allow(peer.domain)
    stream.quiet(target=RELAY)
    equal(len(held), 1, "questions")
    arena.delivered(stream.message(TO_JULIET))


@case("B31", "what is proved for one of our domains is not proved for another", proves="S29")
def other_target(arena):
    for to in ("x@" + ECHO, "x@never." + LOCAL, "x@elsewhere.example", "juliet@" + LOCAL):
        stream = arena.peer().authenticated(RELAY)
        stream.send(forged("user@" + stream.peer.domain, to))
        stream.refused("host-unknown")


@case("B32", "from another, from nobody, to nobody; a second claim that fails",
      proves="S30 S28 D32 D31")
def senders(arena):
    for condition, text in (
            ("invalid-from", forged("a@victim.example")),
            ("improper-addressing", "<message to='%s'><body>%s</body></message>"
             % (TO_JULIET, SMUGGLED)),
            ("improper-addressing", "<message from='' to='%s'/>" % TO_JULIET),
            ("improper-addressing", "<message from='u@EVIL'/>"),
            ("improper-addressing", "<message from='u@EVIL' to=''/>"),
            ("improper-addressing", "<message from='u@EVIL' to='@%s'/>" % RELAY),
            ("improper-addressing", "<message from='@EVIL' to='%s'/>" % TO_JULIET),
            ("improper-addressing", "<message from='a@b@EVIL' to='%s'/>" % TO_JULIET)):
        stream = arena.peer().authenticated(RELAY)
        stream.send(text.replace("EVIL", stream.peer.domain))
        stream.refused(condition)
    victim = arena.peer()
    stream = arena.peer().authenticated(RELAY)
    stream.dialback(RELAY, victim.domain)
    victim.keys.clear()
    equal(condition_of(stream.result("error"))[1], "forbidden", "the second claim")
    arena.delivered(stream.message(TO_JULIET))
    only = arena.peer().stream(RELAY)
    only.dialback(RELAY, key="0" * 32)
    only.result("invalid")
    only.closed()


@case("B33", "while the answer is awaited nothing passes", proves="S15")
def pending(arena):
    peer = arena.peer()
    peer.on_element = lambda stream, element: True
    stream = peer.stream(RELAY)
    stream.dialback(RELAY)
    waiting.until(lambda: peer.accepted, "a question")
    stream.send(forged("u@" + peer.domain))
    stream.refused("not-authorized")


@case("B34", "questions about domains that are not ours, or with something missing",
      proves="D41")
def oracle(arena):
    stream = arena.peer().stream(RELAY)
    for target in ("notours.example", LOCAL, OTHER_LOCAL, "bridge.example.com.evil.example"):
        stream.send(VERIFY % ("x.example", target, "1", "k"))
        answer = stream.take("verify")
        equal((answer.get("type"),) + condition_of(answer), ("error", "cancel", "item-not-found"),
              target)
    for text in ("<db:verify from='x.example' to='%s'>k</db:verify>" % RELAY,
                 "<db:verify to='%s' id='1'>k</db:verify>" % RELAY,
                 "<db:verify from='x.example' id='1'>k</db:verify>", "<db:verify/>",
                 "<db:result to='%s'>k</db:result>" % RELAY, "<db:result/>",
                 "<db:verify from='x.example' to='%s' id='1' type='error'/>" % RELAY,
                 "<db:verify from='x.example' to='%s' id='1' type=''>k</db:verify>" % RELAY):
        stream = arena.peer().stream(RELAY)
        stream.send(text)
        stream.send("</stream:stream>")
        stream.closed()
        true("type='valid'" not in str(stream.text) and 'type="valid"' not in str(stream.text), text)


@case("B35", "a thousand guesses are all invalid, and cost the stream nothing")
def guesses(arena):
    peer = arena.peer()
    key, ident = key_of_ours(arena, peer)
    stream = arena.peer().stream(RELAY)
    for number in range(1000):
        guess = "%064x" % (int(key, 16) ^ 1 << number % 256)
        stream.send(VERIFY % (peer.domain, RELAY, ident, guess))
    answers = [stream.take("verify").get("type") for _ in range(1000)]
    equal(set(answers), {"invalid"}, "answers")
    stream.quiet(target=RELAY)


@case("B36", "thousands of claims at once: few are looked up, and ten failures are enough",
      proves="D37")
def flood(arena):
    peer = arena.peer()
    arena.dns.behave(peer.domain, SILENT)
    stream = peer.connect()
    stream.open(RELAY, source="x." + peer.domain)
    claims = "".join(RESULT % ("d%d.%s" % (number, peer.domain), RELAY, "k")
                     for number in range(5000))
    stream.send(claims)
    stream.refused(("policy-violation", "resource-constraint"))
    names = {name for name, _ in arena.dns.asked if name.endswith(peer.domain)}
    say("%d of 5000 were looked up: %s" % (len(names), sorted(names)[:4]))
    true(len(names) <= 8, "names that were looked up")
    arena.dns.behaviour.clear()


@case("B38", "a certificate for one name does not help the key of another", proves="E23")
def other_certificate(arena):
    peer, victim = arena.peer(), arena.peer()
    context = tls_context(certificate=arena.certificate(peer.domain))
    stream = peer.stream(RELAY)
    stream.starttls(RELAY, context)
    stream.dialback(RELAY, victim.domain, "0" * 32)
    equal(stream.denied(), ["invalid"], "the answer")
    true(victim.accepted, "the victim's own server was asked")


def claim_everywhere(arena, name):
    """That name of ours is refused in the header, by dialback, and in a stanza."""
    peer = arena.peer()
    stream = peer.connect()
    stream.send(header(name, RELAY))
    stream.refused(("invalid-from", "improper-addressing"))
    stream = peer.stream(RELAY)
    stream.send(RESULT % (name, RELAY, "k"))
    waiting.until(lambda: stream.over or stream.elements, "an answer")
    if stream.over:
        stream.refused(("improper-addressing", "invalid-from"))
    else:
        true(condition_of(stream.result("error"))[1] in ("forbidden", "jid-malformed"), name)
    stream.abort()
    stream = peer.authenticated(RELAY)
    stream.send(forged("admin@" + name))
    stream.refused(("invalid-from", "improper-addressing"))


def claim_by_certificate(arena, names):
    """Nor does a certificate help that an authority gave out by mistake."""
    peer = arena.peer()
    ascii_names = [name for name in names if name.isascii() and not name.endswith(".")]
    context = tls_context(certificate=arena.certificate(
        peer.domain, names=[peer.domain] + ascii_names))
    for first in range(0, len(names), 3):
        stream = peer.stream(RELAY)
        features = stream.starttls(RELAY, context)
        true("EXTERNAL" in "".join(features.itertext()), "EXTERNAL is offered")
        for name in names[first:first + 3]:
            stream.send(AUTH % base64.b64encode(name.encode()).decode())
            failure = stream.take("failure")
            equal(failure[0].tag.rpartition("}")[2], "invalid-authzid", name)
        stream.abort()


@case("B39", "nobody from outside is one of our hosts, whichever way he says it", proves="D35")
def local_names(arena):
    for name in OWN:
        claim_everywhere(arena, name)
    claim_by_certificate(arena, OWN)


@case("B40", "nor in any other spelling", proves="D35")
def spelt(arena):
    for name in SPELLINGS:
        claim_everywhere(arena, name)
    claim_by_certificate(arena, SPELLINGS)
    peer = arena.peer()
    stream = peer.stream(RELAY).authenticate(RELAY)
    loud = peer.domain.upper() + "."
    message = arena.delivered(stream.message(TO_JULIET, source="u@" + loud))
    true("u\\40%s@" % peer.domain in str(message["from"]), "the name is the one that was proved")


@case("B41", "an address inside a localpart stays inside, and IP addresses prove nothing")
def nested(arena):
    peer = arena.peer()
    stream = peer.authenticated(RELAY)
    for user in ("admin\\40" + OTHER_LOCAL, "admin\\5c40" + OTHER_LOCAL, "x\\2f\\40" + LOCAL):
        message = arena.delivered(stream.message(TO_JULIET, source="%s@%s" % (user, peer.domain)))
        true(("\\40%s@%s" % (peer.domain, RELAY)) in str(message["from"]), str(message["from"]))
    for name, condition in (("127.0.0.1", "policy-violation"), ("[::1]", "policy-violation"),
                            ("[fe80::1%25lo]", "improper-addressing"),
                            ("a@b.example", "improper-addressing"),
                            ("b.example/r", "improper-addressing")):
        stream = arena.peer().connect()
        stream.send(header(name, RELAY))
        stream.refused((condition, "improper-addressing"))
        stream = arena.peer().stream(RELAY)
        stream.send(RESULT % (name, RELAY, "k") + "</stream:stream>")
        stream.closed()
        true("valid'" not in str(stream.text).replace("invalid'", ""), name)


if __name__ == "__main__":
    run()
