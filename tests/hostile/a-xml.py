#!/usr/bin/python3
"""A: XML and the syntax of streams."""

import resource
import time

import runner  # noqa: F401, finds the other modules
import waiting
from arena import PATIENT, RELAY, TO_JULIET, TO_NURSE
from invariants import descriptors, enough, memory, processor_time
from law import SMUGGLED
from peer import END, HEADER, MESSAGE, STARTTLS, header, hello
from runner import case, run
from tap import equal, say, true

LAUGHS = "<!DOCTYPE s [<!ENTITY a0 'lol'>%s]>" % "".join(
    "<!ENTITY a%d '%s'>" % (number, "&a%d;" % (number - 1) * 10) for number in range(1, 10))

UNAUTHENTICATED = 10000
STANZA = 262144
TOO_BIG = "{urn:xmpp:errors}stanza-too-big"
CROWD = 450
SMALL_STACK = (1 << 18, resource.RLIM_INFINITY)
BROKEN = ("not-well-formed", "bad-format")


def stanza(inside="", more="", name="message"):
    """A stanza that must not arrive, with that content and those attributes."""
    return "<%s from='u@evil.example' to='%s' id='bad' %s>%s<body>%s</body></%s>" % (
        name, TO_JULIET, more, inside, SMUGGLED, name)


def refused(arena, text, condition):
    """Behind a proof, that text is answered by that stream error, and nothing arrives."""
    stream = arena.peer().authenticated(RELAY)
    stream.send(named(text, stream))
    return stream.refused(condition)


def named(text, stream):
    """The text with the domain of that stream's peer for evil.example."""
    if isinstance(text, bytes):
        return text.replace(b"evil.example", stream.peer.domain.encode())
    return text.replace("evil.example", stream.peer.domain)


def passes(arena, template):
    """Such a message arrives; the number that makes it ours is put in for %s."""
    stream = arena.peer().authenticated(RELAY)
    ident, body = "pass-%d" % time.monotonic_ns(), "passes %d" % time.monotonic_ns()
    arena.law.sent(ident)
    stream.send(template.replace("FROM", "u@" + stream.peer.domain).replace("TO", TO_JULIET)
                .replace("ID", ident).replace("BODY", body))
    message = arena.delivered(body)
    stream.abort()
    return message


@case("A1", "a billion laughs are restricted-xml before the first one")
def laughs(arena):
    peer = arena.peer()
    for before in ("", "<?xml version='1.0'?>"):
        stream = peer.connect()
        stream.send(before + LAUGHS + "<s>&a9;</s>")
        stream.refused("restricted-xml")
    refused(arena, LAUGHS, ("restricted-xml", "not-well-formed"))
    stream = peer.stream(RELAY)
    stream.send(STARTTLS)
    stream.take("proceed")
    stream.encrypt(name=RELAY)
    stream.send(LAUGHS + header(peer.domain, RELAY))
    stream.refused("restricted-xml")


@case("A2", "a comment ends the stream, and never reaches Prosody", proves="S39")
def comment(arena):
    for text in ("<!-- x -->", stanza("<!-- x -->"), "<!-- " + stanza() + " -->"):
        refused(arena, text, "restricted-xml")


@case("A3", "processing instructions, and a second XML declaration")
def instruction(arena):
    refused(arena, "<?php x?>", "restricted-xml")
    refused(arena, stanza("<?php x?>"), "restricted-xml")
    refused(arena, "<?xml version='1.0'?>", ("restricted-xml", "not-well-formed"))
    refused(arena, stanza("<?xml version='1.0'?>"), ("restricted-xml", "not-well-formed"))


@case("A4", "five entities and numbers of characters there are, and no others")
def entities(arena):
    refused(arena, stanza("&foo;"), ("restricted-xml", "not-well-formed"))
    for wrong in ("&#0;", "&#xD800;", "&#xFFFE;", "&#x1F;", "&#x110000;", "&#-1;", "&#x;", "&amp"):
        refused(arena, stanza("<x>%s</x>" % wrong), "not-well-formed")
        refused(arena, stanza("<x a='%s'/>" % wrong), "not-well-formed")
    refused(arena, stanza("<x a='&foo;'/>"), ("restricted-xml", "not-well-formed"))
    message = passes(arena, "<message from='FROM' to='TO' id='ID'><body>BODY</body>"
                            "<subject>&amp;&lt;&gt;&quot;&apos;&#x41;&#66;&#x1F600;</subject></message>")
    equal(message["subject"], "&<>\"'AB\U0001f600", "characters")


@case("A5", "bytes that are no UTF-8 or no characters: the whole stanza goes, not its prefix")
def bytes_(arena):
    for wrong in (b"\xc0\xaf", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
                  b"\xef\xbf\xbe", b"\x01", b"\x00", b"\xff", b"\x80", b"\xe2\x82"):
        for place in ("<body>%s WRONG</body>" % SMUGGLED, "<x a='WRONG'/>"):
            text = stanza(place).encode().replace(b"WRONG", wrong)
            refused(arena, text, ("not-well-formed", "unsupported-encoding"))


@case("A6", "attributes twice, prefixes unknown, reserved or empty")
def attributes(arena):
    for wrong in ("<x a='1' a='2'/>", "<x xmlns:p='u:x' xmlns:q='u:x' p:a='1' q:a='2'/>",
                  "<p:x/>", "<x p:a='1'/>", "<x xmlns:p=''/>", "<x xmlns:xmlns='u:x'/>",
                  "<x xmlns:xml='u:x'/>", "<x xmlns='http://www.w3.org/2000/xmlns/'/>",
                  "<x xmlns:p='http://www.w3.org/XML/1998/namespace'/>", "<a:b:c xmlns:a='u:x'/>",
                  "<x a=1/>", "<x a/>", "<x a='<'/>", "< x/>", "<1x/>"):
        refused(arena, stanza(wrong), ("not-well-formed", "bad-namespace-prefix"))
    refused(arena, stanza(more="id='again'"), "not-well-formed")


@case("A7", "a CDATA section is text like any other; its end alone is an error")
def sections(arena):
    message = passes(arena, "<message from='FROM' to='TO' id='ID'><body>BODY</body>"
                            "<subject><![CDATA[</subject><x/>&amp;\r\n]]></subject></message>")
    equal(message["subject"], "</subject><x/>&amp;\n", "text")
    refused(arena, stanza("<x>]]></x>"), "not-well-formed")
    refused(arena, "<![CDATA[" + stanza() + "]]>", BROKEN)


@case("A8", "another encoding than UTF-8, told or felt, is refused, and so is a byte order mark",
      proves="S41")
def encodings(arena):
    peer = arena.peer()
    plain = header(peer.domain, RELAY)
    latin = plain.replace("<?xml version='1.0'?>", "<?xml version='1.0' encoding='%s'?>")
    for data in ("<s></s>".encode("utf-16"), "<s></s>".encode("utf-16-le"),
                 plain.encode("utf-16"), plain.encode("utf-32"),
                 (latin % "iso-8859-1").encode(), (latin % "UTF-16").encode(),
                 (latin % "UTF-7").encode(), (latin % "x-none").encode(),
                 b"\xef\xbb\xbf" + plain.encode()):
        stream = peer.connect()
        stream.send(data)
        stream.refused(("unsupported-encoding", "not-well-formed"))
    stream = peer.connect()
    stream.send(latin % "UTF-8")
    stream.take("features")


@case("A9", "a second header, or an element of streams inside a stanza, smuggles nothing")
def second_header(arena):
    for text in (header("evil.example", RELAY), "<stream:stream>" + stanza() + END,
                 "<stream:features/>"):
        refused(arena, text, BROKEN + ("unsupported-stanza-type", "restricted-xml"))
    refused(arena, stanza("<stream:stream/>"), BROKEN)
    refused(arena, stanza("<stream:error/>"), BROKEN)
    refused(arena, stanza("<x xmlns='http://etherx.jabber.org/streams'/>"), BROKEN)
    refused(arena, stanza("<a xmlns='u:x'><s:error xmlns:s='http://etherx.jabber.org/streams'/></a>"),
            BROKEN)


@case("A10", "who has proved nothing may send 10 000 bytes for one element, and no more")
def unproved(arena):
    peer = arena.peer()
    for text in ("<message><body>" + "x" * UNAUTHENTICATED, " " * (UNAUTHENTICATED + 1),
                 "<x a='%s" % ("y" * UNAUTHENTICATED), "<x " + "a" * UNAUTHENTICATED,
                 "<message>" + "<a/>" * 40):
        stream = peer.stream(RELAY)
        stream.send(text)
        stream.refused("policy-violation")
    stream = peer.connect()
    stream.send(header(peer.domain, RELAY, " x='%s'" % ("z" * UNAUTHENTICATED)))
    true(stream.refused("policy-violation").find(TOO_BIG) is not None, "stanza-too-big")


@case("A10b", "who has proved nothing takes 64 KiB of memory at most, in a crowd")
def crowd(arena):
    with arena.limits(**PATIENT):
        growth = crowd_of_unproved(arena)
    say("%.1f KiB each, then %.1f" % (growth[0] / 1024, growth[1] / 1024))
    true(arena.invariants.is_watched or max(growth) <= 1 << 16, "64 KiB each: %s" % growth)


def crowd_of_unproved(arena):
    """What each of them takes, of a first crowd and a second."""
    peer, growth = arena.peer(), []
    for turn in range(2):
        before = memory(arena.invariants.pid)
        streams = [peer.connect() for _ in range(CROWD)]
        for stream in streams:
            stream.send(header(peer.domain, RELAY) + "<message a='" + "x" * (UNAUTHENTICATED - 500))
        # The last byte of each has been read when a stream that came later is answered.
        arena.peer().stream(RELAY)
        growth.append((memory(arena.invariants.pid) - before) / CROWD)
        true(sum(not stream.over for stream in streams) > CROWD / 2, "most of them are there")
        for stream in streams:
            stream.abort()
        if turn == 0:
            # A second time costs nothing more, of what the heap keeps.
            arena.invariants.memory = max(arena.invariants.memory, memory(arena.invariants.pid))
        waiting.until(lambda: descriptors(arena.invariants.pid) < CROWD / 2, "them to go", 60)
    return growth


@case("A11", "a stanza of the limit arrives; one byte more, or 100 MB, end the stream at once",
      proves="S43")
def limit(arena):
    arena.juliet.messages.clear()
    stream = arena.peer().authenticated(RELAY)
    frame = len(MESSAGE % ("user@evil1000.example/r", TO_JULIET, "h9999999", ""))
    body = stream.message(TO_JULIET, "b" * (STANZA - frame - 20))
    arena.delivered(body)
    error = refused(arena, stanza("<x>%s</x>" % ("c" * STANZA)), "policy-violation")
    true(error.find(TOO_BIG) is not None, "stanza-too-big")

    before = memory(arena.invariants.pid)
    stream = arena.peer("big.example").authenticated(RELAY)
    stream.send("<message from='u@big.example' to='%s'><body>%s" % (TO_JULIET, SMUGGLED))
    sent, piece = 0, "d" * 100000
    while sent < 100_000_000 and not stream.over:
        stream.send(piece)
        sent += len(piece)
        waiting.pause(0.002)
    grown = memory(arena.invariants.pid) - before
    say("closed after %d bytes were written, memory grew by %d KiB" % (sent, grown // 1024))
    stream.refused("policy-violation")
    true(sent < 20_000_000 and grown < 2 * STANZA, "what came in before the end")


@case("A12", "names, prefixes and namespaces have no room of their own")
def names(arena):
    for inside in ("<%s/>" % ("n" * 100000), "<x %s='1'/>" % ("a" * 100000),
                   "<%s:x xmlns:%s='u:x'/>" % (("p" * 50000,) * 2),
                   "<x xmlns='u:%s'/>" % ("u" * 100000)):
        stream = arena.peer().authenticated(RELAY)
        body = stream.message(TO_JULIET)
        ident = "wide-%d" % time.monotonic_ns()
        arena.law.sent(ident)
        stream.send("<message from='u@%s' to='%s' id='%s'>%s</message>" % (
            stream.peer.domain, TO_NURSE, ident, inside))
        arena.delivered(body)
        waiting.until(lambda: arena.law.is_kept_of(ident), "the message with " + inside[:20])
        stream.abort()
    for inside in ("<x xmlns='u:%s'/>" % ("u" * STANZA),
                   "<x %s/>" % " ".join("a%d=''" % number for number in range(65)),
                   "<x %s/>" % " ".join("xmlns:a%d='u:x'" % number for number in range(65))):
        refused(arena, stanza(inside), "policy-violation")


@case("A12a", "one long namespace, inherited by thousands of children, does not multiply")
def multiplied(arena):
    before = processor_time(arena.a.process.pid)
    refused(arena, stanza("<p:x xmlns:p='u:%s'>%s</p:x>" % ("u" * 20000, "<p:y/>" * 9000)),
            "policy-violation")
    used = processor_time(arena.a.process.pid) - before
    say("%.2f s of Prosody's processor" % used)
    true(used < enough(1), "%.2f s: where it gets through, Prosody works on it for 3 s" % used)


@case("A13", "a header without an end, of attributes or of blanks")
def endless_header(arena):
    peer = arena.peer()
    start = header(peer.domain, RELAY)[:-1]
    for data in (start + " ".join("a%d='x'" % number for number in range(2000)),
                 start + " " * 20000, " " * 20000, "<?xml version='1.0'" + " " * 20000,
                 start + " a='" + "x" * 20000, "<" + "s" * 20000):
        stream = peer.connect()
        stream.send(data)
        stream.refused(("policy-violation", "not-well-formed"))


@case("A14", "with a stack of 256 KiB, 100 000 elements in each other end at the limit of the depth", proves="S45")
def depth(arena):
    pid = arena.bridge.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_STACK, SMALL_STACK)
    try:
        nested(arena)
    finally:
        resource.prlimit(pid, resource.RLIMIT_STACK, before)


def nested(arena):
    refused(arena, "<message>" + "<a>" * 100000, "policy-violation")
    refused(arena, stanza("<a>" * 64 + "</a>" * 64), "policy-violation")
    passes(arena, "<message from='FROM' to='TO' id='ID'><body>BODY</body>%s%s</message>" % (
        "<a>" * 60, "</a>" * 60))


@case("A15", "a long attribute, byte by byte, costs the bridge little")
def byte_by_byte(arena):
    streams = [arena.peer("slow%d.example" % number).authenticated(RELAY) for number in range(20)]
    socks = [stream.writer.get_extra_info("socket") for stream in streams]
    frame = ("<message from='user@slow%d.example/r' to='%s' id='%s' type='chat'><x a='")
    idents = ["slow-%d-%d" % (number, time.monotonic_ns()) for number in range(20)]
    for number, stream in enumerate(streams):
        arena.law.sent(idents[number])
        stream.send(frame % (number, TO_NURSE, idents[number]))
    before, began = processor_time(arena.invariants.pid), time.monotonic()
    for _ in range(40):
        for sock in socks:
            for _ in range(400):
                send_byte(sock)
        waiting.pause(0)
    for _ in range(240):
        for _ in range(1000):
            send_byte(socks[0])
        waiting.pause(0)
    for stream in streams:
        stream.send("'/></message>")
    waiting.until(lambda: all(arena.law.is_kept_of(ident) for ident in idents),
                  "all messages to arrive", 60)
    used, took = processor_time(arena.invariants.pid) - before, time.monotonic() - began
    say("%.2f s of the processor in %.1f s" % (used, took))
    true(used < enough(8), "%.2f s: a parser that begins again with each byte takes 15" % used)


def send_byte(sock):
    """One segment of one byte, past asyncio's buffer; what does not go is not needed."""
    try:
        sock._sock.send(b"x")
    except BlockingIOError:
        pass


@case("A16", "a language of the header or of a stanza does not grow what follows")
def languages(arena):
    peer = arena.peer()
    stream = peer.connect()
    stream.open(RELAY, more=" version='1.0' xml:lang='%s'" % ("x-" + "l" * 8000))
    stream.authenticate(RELAY)
    for _ in range(20):
        body = stream.message(TO_JULIET)
        message = arena.delivered(body)
        true(len(str(message)) < 2000, "the language of the header was left out")
    stream.abort()
    refused(arena, stanza(more="xml:lang='%s'" % ("l" * STANZA)), "policy-violation")


@case("A17", "cut anywhere, with silence behind it, a stanza arrives", proves="S42")
def liveness(arena):
    peer = arena.peer()
    for encrypted in (False, True):
        stream = peer.stream(RELAY)
        if encrypted:
            stream.starttls(RELAY)
        stream.authenticate(RELAY)
        length = len(MESSAGE % ("user@%s/r" % peer.domain, TO_JULIET, "h1", "hostile h1"))
        for cut in range(1, length, 7):
            arena.delivered(stream.message(TO_JULIET, cut=cut))
        stream.abort()


@case("A18", "what comes in one segment with a change of the stream is used once, or not at all")
def one_segment(arena):
    peer = arena.peer()
    for text in (STARTTLS.encode() + hello(RELAY),
                 ("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>"
                  + header(peer.domain, RELAY) + stanza()).encode()):
        stream = peer.stream(RELAY)
        stream.send(text)
        stream.closed()
    stream = peer.authenticated(RELAY)
    stream.send(END + stanza() + "<!-- & garbage")
    stream.closed()
    stream = peer.connect()
    stream.send(header(peer.domain, RELAY) + END + header(peer.domain, RELAY) + stanza())
    stream.closed()
    # Who does not end when we do is left where he is.
    stream = peer.authenticated(RELAY)
    stream.polite = False
    stream.send("<never-heard-of/>" + stanza() * 100)
    stream.refused("unsupported-stanza-type")


@case("A19", "blanks between stanzas keep a stream alive, and are no way to fill memory")
def blanks(arena):
    stream = arena.peer().authenticated(RELAY)
    for _ in range(5):
        stream.send(" \n" * 10000)
        arena.delivered(stream.message(TO_JULIET))
    before = memory(arena.invariants.pid)
    stream.send(" " * (4 * STANZA))
    arena.delivered(stream.message(TO_JULIET))
    true(memory(arena.invariants.pid) - before < STANZA, "blanks are kept nowhere")
    refused(arena, "\x00", ("not-well-formed", "bad-format"))
    refused(arena, "\ufeff", ("not-well-formed", "bad-format"))


@case("A20", "other elements, stanzas of other namespaces, stanzas with a prefix", proves="S10")
def foreign(arena):
    wrong = ("unsupported-stanza-type", "invalid-namespace")
    for text in ("<foo xmlns='urn:x'/>", stanza(more="xmlns='jabber:client'"),
                 stanza(more="xmlns='jabber:component:accept'", name="presence"),
                 "<handshake/>", "<handshake xmlns='jabber:component:accept'>00</handshake>",
                 "<iq xmlns=''/>", "<Message/>", "<messages/>"):
        refused(arena, text, wrong)
    for text in ("<s:message xmlns:s='jabber:server' from='u@evil.example' to='%s'><s:body>%s"
                 "</s:body></s:message>" % (TO_JULIET, SMUGGLED),
                 "<s:iq xmlns:s='jabber:server' type='get' id='1'/>"):
        refused(arena, text, "bad-namespace-prefix")


@case("A21", "text between stanzas, tags that do not fit, and what stands behind the end")
def between(arena):
    refused(arena, "hello", BROKEN)
    refused(arena, "&lt;message/&gt;", BROKEN)
    refused(arena, "<message></presence>", "not-well-formed")
    refused(arena, "</message>", "not-well-formed")
    refused(arena, "<message <iq/>", "not-well-formed")


@case("A22", "names mean what their namespaces say, however they are bound")
def bound(arena):
    peer = arena.peer()
    stream = peer.connect()
    odd = HEADER.replace("xmlns:stream=", "xmlns:s=").replace("<stream:stream", "<s:stream")
    odd = odd.replace("xmlns:db=", "xmlns:d=")
    stream.send(odd % (" from='%s'" % peer.domain, " to='%s'" % RELAY, " version='1.0'"))
    stream.take("features")
    key = peer.key(peer.domain, RELAY, stream.header.get("id"))
    stream.send("<d:result from='%s' to='%s'>%s</d:result>" % (peer.domain, RELAY, key))
    stream.result("valid")
    stream.abort()

    stream = peer.stream(RELAY)
    stream.send("<db:result xmlns:db='urn:other' from='evil.example' to='%s'>k</db:result>" % RELAY)
    stream.refused("unsupported-stanza-type")
    for wrong in ("jabber:client", "jabber:component:accept"):
        stream = peer.connect()
        stream.send(header(peer.domain, RELAY).replace("'jabber:server'", "'%s'" % wrong))
        stream.refused(("invalid-namespace", "bad-format"))
    stream = peer.connect()
    stream.send(header(peer.domain, RELAY).replace("etherx.jabber.org", "etherx.example"))
    stream.refused(("invalid-namespace", "bad-format"))
    message = passes(arena, "<message from='FROM' to='TO' id='ID' xmlns:db='u:x' xmlns:stream='u:y'>"
                            "<body>BODY</body><db:a stream:b='1'/></message>")
    true(message.xml.find("{u:x}a").get("{u:y}b") == "1", "the namespaces of the stanza")


if __name__ == "__main__":
    run()
