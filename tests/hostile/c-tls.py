#!/usr/bin/python3
"""C: TLS and SASL."""

import asyncio
import os
import ssl
import time

import runner  # noqa: F401, finds the other modules
import waiting
from arena import PATIENT, RELAY, TO_JULIET
from authority import LAST_YEAR, NOW
from certs import LEAF, Certificates, names_in_der
from invariants import descriptors, enough, memory, processor_time
from law import SMUGGLED
from peer import (AUTH, MESSAGE, PROCEED, RESULT, STARTTLS, header, hello, tls_context)
from ports import spare
from runner import case, run
from tap import equal, say, true

# As many as fit below the limit of those who have proved nothing, with somebody else.
CROWD = 490
NEXT_DECADE = ("400101000000Z", "450101000000Z")
REVOKED = "revoked.example"


def prepare(arena):
    """A second authority, a list of what the first one has revoked, direct TLS."""
    arena.folder_of_peers = os.path.join(arena.folder, "peers")
    arena.stranger = Certificates(arena.folder, "stranger")
    arena.authority.revoke(arena.certificate(REVOKED))
    arena.authority.write_crl()
    arena.tls_port = spare(arena.bridge.address, 1)[0]
    arena.bridge.groups["federation"].update({
        "crl": arena.authority.crl,
        "listen-tls": "%s:%d" % (arena.bridge.address, arena.tls_port)})


def forged(source):
    return MESSAGE % (source, TO_JULIET, "forged", SMUGGLED)


def path(arena, domain):
    return os.path.join(arena.folder_of_peers, domain)


def offered(arena, peer, base, **settings):
    """(stream in TLS, whether EXTERNAL is offered) for who shows that certificate."""
    stream = peer.stream(RELAY)
    features = stream.starttls(RELAY, tls_context(certificate=base, **settings))
    return stream, "EXTERNAL" in "".join(features.itertext())


def failure(stream):
    """The condition of the next SASL failure."""
    return stream.take("failure")[0].tag.rpartition("}")[2]


@case("C42", "nothing that was sent in clear behind <starttls/> is ever used",
      proves="S14")
def injected(arena):
    peer = arena.peer()
    for more in ("<db:result from='%s' to='%s'>k</db:result>" % (peer.domain, RELAY), "\n",
                 forged("a@" + peer.domain), header(peer.domain, RELAY), " " * 5000):
        stream = peer.stream(RELAY)
        stream.send(STARTTLS.encode() + more.encode() + hello(RELAY))
        stream.closed()
        true(not peer.accepted, "nobody asked about the key")
    # What was proved in clear is not proved in TLS.
    stream = peer.authenticated(RELAY)
    stream.starttls(RELAY)
    stream.send(forged("a@" + peer.domain))
    stream.refused("not-authorized")


@case("C43", "as the initiating side: <proceed/> with more behind it, <failure/>, garbage, silence")
def as_client(arena):
    def more(peer, stream):
        stream.send(PROCEED + header(peer.domain, RELAY, " id='evil' version='1.0'")
                    + "<stream:features><dialback xmlns='urn:xmpp:features:dialback'/>"
                    "</stream:features>")

    def failing(_peer, stream):
        stream.send("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>")

    def garbage(_peer, stream):
        stream.send(PROCEED)
        stream.send(b"\x16\x03\x01\xff\xff" + b"\x00" * 500)

    def silence(_peer, stream):
        stream.send(PROCEED)

    for number, behaviour in enumerate((more, failing, garbage, silence)):
        peer = arena.peer("m%d.tls.example" % number)
        peer.context = tls_context(server=True, certificate=arena.certificate(peer.domain))

        def act(stream, element, peer=peer, behaviour=behaviour):
            if element.tag.endswith("}starttls"):
                stream.restart()
                behaviour(peer, stream)
                return True
            return False

        peer.on_element = act
        ident = arena.write("user@" + peer.domain)
        kind, condition = arena.juliet.wait_error(ident)
        equal(condition, "remote-server-timeout", "error behind %s (%s)" % (
            behaviour.__name__, kind))
        equal(peer.stanzas, [], "stanzas that came out")
    bare = arena.peer("bare.tls.example")
    bare.on_element = lambda stream, element: stream.send(
        "<stream:error><unsupported-stanza-type xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
        "</stream:error></stream:stream>") or True
    equal(arena.juliet.wait_error(arena.write("user@" + bare.domain)),
          ("cancel", "remote-server-timeout"), "a server without TLS")


@case("C44", "certificates of strangers, of other times, revoked: EXTERNAL is not offered",
      proves="E20 E22 E13")
def untrusted(arena):
    for how in ("none", "stranger", "expired", "early", "revoked", "other"):
        peer = arena.peer(REVOKED if how == "revoked" else None)
        if how == "none":
            base = None
        elif how == "revoked":
            base = path(arena, REVOKED)
        else:
            base = arena.certificate(
                peer.domain, arena.stranger if how == "stranger" else None,
                dates={"expired": LAST_YEAR, "early": NEXT_DECADE}.get(how, NOW),
                names=["elsewhere.example"] if how == "other" else None)
        stream, offer = offered(arena, peer, base)
        true(not offer, "EXTERNAL is offered to " + how)
        for _ in range(3):
            stream.send(AUTH % "=")
            equal(failure(stream), "not-authorized", how)
        stream.refused("policy-violation")


@case("C45", "the common name is no name, nor is what stands before a zero byte",
      proves="E16")
def common_name(arena):
    peer = arena.peer()
    base = path(arena, peer.domain)
    for number, (subject, names) in enumerate((
            ("/CN=" + peer.domain, "subjectAltName = DNS:elsewhere.example"),
            ("/CN=" + peer.domain, ""),
            ("/O=x,CN=%s/CN=elsewhere.example" % peer.domain, ""),
            ("/CN=x", names_in_der(peer.domain.encode() + b"\0.elsewhere.example")),
            ("/CN=x", names_in_der(b"*")), ("/CN=x", names_in_der(b"*.example")),
            ("/CN=x", names_in_der(b"e*." + peer.domain.partition(".")[2].encode())),
            ("/CN=x", names_in_der(b"*." + peer.domain.encode())),
            ("/CN=x", "subjectAltName = email:a@%s, URI:xmpp:%s" % ((peer.domain,) * 2)))):
        arena.authority.special(base, subject, LEAF + names + "\n")
        stream, offer = offered(arena, peer, base)
        # A wildcard of one label fits names of one label below it, which this one is.
        equal(offer, names == names_in_der(b"*.example"), "EXTERNAL for %d: %s" % (number, names))
        stream.abort()


@case("C46", "a chain of twenty authorities costs little, and proves nothing")
def chains(arena):
    peer = arena.peer()
    before = processor_time(arena.invariants.pid)
    for length, trusted in ((2, True), (20, False)):
        base = arena.authority.chain(arena.folder_of_peers, peer.domain, length)
        stream, offer = offered(arena, peer, base)
        equal(offer, trusted, "EXTERNAL with %d authorities between" % length)
        stream.abort()
    say("%.2f s of the processor" % (processor_time(arena.invariants.pid) - before))


@case("C47", "a server name of nobody, or of no form, gets no further than any other")
def server_names(arena):
    for name in ("stranger.example", "a" * 60 + "." + "b" * 60 + ".example", "127.0.0.1",
                 "localhost", "bridge.example.com.evil.example"):
        peer = arena.peer()
        stream = peer.stream(RELAY)
        try:
            stream.starttls(RELAY, name=name)
            stream.authenticate(RELAY)
            arena.delivered(stream.message(TO_JULIET))
        except (ssl.SSLError, OSError) as error:
            say("%s: %s" % (name, error))


@case("C48", "direct TLS: the protocol of others (ALPN), none, and no TLS at all")
def direct(arena):
    peer = arena.peer()
    for protocols in (["xmpp-server"], [], ["h2"], ["http/1.1", "xmpp-client"]):
        context = tls_context()
        if protocols:
            context.set_alpn_protocols(protocols)
        stream = peer.connect(port=arena.tls_port)
        try:
            stream.encrypt(context, RELAY)
            stream.open(RELAY)
            stream.authenticate(RELAY)
            say("%s is let in" % protocols)
        except (ssl.SSLError, OSError, AssertionError) as error:
            true("xmpp-server" not in protocols and protocols, "%s: %s" % (protocols, error))
            say("%s: %s" % (protocols, error))
        stream.abort()
    for clear in (header(peer.domain, RELAY).encode(), b"GET / HTTP/1.1\r\n\r\n", b"\x80" * 600):
        stream = peer.connect(port=arena.tls_port)
        stream.send(clear)
        stream.text = b""
        waiting.until(lambda: stream.over, "the end of what is no TLS")


@case("C49", "a purpose, where there is one, must be one of a server or client", proves="E18")
def purposes(arena):
    for usage, trusted in (("serverAuth", True), ("clientAuth", True), (None, True),
                           ("codeSigning", False), ("emailProtection, timeStamping", False)):
        peer = arena.peer()
        extensions = LEAF + "subjectAltName = DNS:%s\n" % peer.domain
        if usage:
            extensions += "extendedKeyUsage = %s\n" % usage
        base = arena.authority.special(path(arena, peer.domain), "/CN=x", extensions)
        stream, offer = offered(arena, peer, base)
        equal(offer, trusted, "EXTERNAL for %s" % usage)
        stream.abort()


@case("C50", "behind a failed EXTERNAL the same stream goes on with dialback",
      proves="E10")
def falls_back(arena):
    peer = arena.peer()
    stream, offer = offered(arena, peer, arena.certificate(peer.domain, arena.stranger))
    true(not offer, "EXTERNAL is not offered")
    stream.send(AUTH % "=")
    equal(failure(stream), "not-authorized", "EXTERNAL")
    stream.authenticate(RELAY)
    arena.delivered(stream.message(TO_JULIET))
    # Not where a certificate is asked for.
    peer = arena.peer("a.cert.example")
    stream, offer = offered(arena, peer, arena.certificate(peer.domain, arena.stranger))
    stream.dialback(RELAY)
    true("valid" not in stream.denied(), "dialback alone")


@case("C51", "before the TLS that is required nothing passes, and nothing gets around it",
      proves="S15 T14")
def required(arena):
    def opened():
        peer = arena.peer("p%d.tls.example" % time.monotonic_ns())
        return peer.stream(RELAY)

    stream = opened()
    stream.send(AUTH % "=")
    equal(failure(stream), "encryption-required", "EXTERNAL in clear")
    stream.send(RESULT % (stream.peer.domain, RELAY, "k"))
    answer = stream.result("error")
    true(answer.find(".//{urn:ietf:params:xml:ns:xmpp-stanzas}policy-violation") is not None,
         "dialback in clear")
    stream.abort()
    for text, condition in (
            (forged("a@victim.example"), "not-authorized"),
            ("<compress xmlns='http://jabber.org/protocol/compress'><method>zlib</method>"
             "</compress>", "unsupported-stanza-type"),
            ("<enable xmlns='urn:xmpp:sm:3'/>", None), ("<bidi xmlns='urn:xmpp:bidi'/>", None)):
        stream = opened()
        stream.send(text + forged("a@" + stream.peer.domain))
        stream.refused(condition or ("not-authorized", "unsupported-stanza-type"))
    # Another name in the dialback than in the header does not help.
    strict, loose = arena.peer("strict.tls.example"), arena.peer()
    stream = loose.stream(RELAY)
    stream.dialback(RELAY, strict.domain, strict.key(strict.domain, RELAY, stream.ident))
    true("valid" not in stream.denied(), "a strict peer in clear")
    stream.abort()
    # In TLS, but before any proof.
    stream = opened()
    stream.starttls(RELAY)
    stream.send(forged("a@" + stream.peer.domain))
    stream.refused("not-authorized")


async def _renegotiate(bridge):
    """What openssl says where it asks for a thousand renegotiations, one by one."""
    process = await asyncio.create_subprocess_exec(
        "openssl", "s_client", "-starttls", "xmpp-server", "-xmpphost", RELAY, "-tls1_2",
        "-connect", "%s:%d" % (bridge.address, bridge.s2s), stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    try:
        for _ in range(1000):
            process.stdin.write(b"R\n")
            await process.stdin.drain()
            await asyncio.sleep(0.002)
            if process.returncode is not None:
                break
    except OSError:
        pass
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    return said.decode("utf-8", "replace")


@case("C52", "the first renegotiation of TLS 1.2 ends the connection", proves="T07")
def renegotiation(arena):
    before = processor_time(arena.invariants.pid)
    said = waiting.complete(_renegotiate(arena.bridge), "openssl to be thrown out", 120)
    used = processor_time(arena.invariants.pid) - before
    say("%d times asked, %.2f s of the processor" % (said.count("RENEGOTIATING"), used))
    true("TLSv1.2" in said, "a connection of TLS 1.2: " + said[-500:])
    true("stream:error" not in said, "no stream error")
    true(used < enough(2), "processor")


@case("C53", "old versions and weak ciphers are not spoken", proves="T09")
def old(arena):
    versions = ssl.TLSVersion
    for version, ciphers in ((versions.TLSv1, "ALL:@SECLEVEL=0"),
                             (versions.TLSv1_1, "ALL:@SECLEVEL=0"),
                             (versions.TLSv1_2, "AES128-SHA:@SECLEVEL=0"),
                             (versions.TLSv1_2, "NULL:aNULL:@SECLEVEL=0")):
        context = tls_context()
        context.set_ciphers(ciphers)
        context.minimum_version = context.maximum_version = version
        stream = arena.peer().stream(RELAY)
        stream.send(STARTTLS)
        stream.take("proceed")
        try:
            stream.encrypt(context, RELAY)
            raise AssertionError("%s with %s was spoken" % (version, ciphers))
        except (ssl.SSLError, OSError) as error:
            say("%s: %s" % (version.name, error))
    stream = arena.peer().stream(RELAY)
    context = tls_context()
    context.maximum_version = versions.TLSv1_2
    stream.starttls(RELAY, context)


async def _dribble(stream, data, every):
    for at in range(len(data)):
        if stream.over:
            return
        stream.send(data[at:at + 1])
        await asyncio.sleep(every)


@case("C54", "a handshake that does not go on ends in time, dribbled or not")
def slow_handshakes(arena):
    first = hello(RELAY)
    streams, tasks = [], []
    for number in range(60):
        stream = arena.peer().stream(RELAY)
        stream.send(STARTTLS)
        streams.append(stream)
    began = time.monotonic()
    for number, stream in enumerate(streams):
        stream.take("proceed")
        stream.restart()
        if number % 3 == 0:
            tasks.append(asyncio.ensure_future(_dribble(stream, first, 0.5)))
        elif number % 3 == 1:
            stream.send(first)
    for stream in streams:
        waiting.until(lambda: stream.over, "a slow handshake to be ended")
    say("60 ended in %.1f s" % (time.monotonic() - began))
    for task in tasks:
        task.cancel()


@case("C54b", "five hundred handshakes at once that stand still do not keep out who comes then")
def crowd(arena):
    pid = arena.invariants.pid
    for turn in range(2):
        before = descriptors(pid)
        with arena.limits(**PATIENT):
            stuck = arena.peer()
            streams = [stuck.connect() for _ in range(CROWD)]
            for stream in streams:
                stream.send(header(stuck.domain, RELAY) + STARTTLS)
            waiting.until(lambda: any(b"<proceed" in stream.text for stream in streams),
                          "<proceed/>")
            # He has less time than they have.
            with arena.limits(tls_timeout="15", negotiation_timeout="30"):
                began = time.monotonic()
                stream = arena.peer().stream(RELAY)
                stream.starttls(RELAY)
                arena.delivered(stream.authenticate(RELAY).message(TO_JULIET))
                say("somebody else came in after %.1f s" % (time.monotonic() - began))
        true(sum(not stream.over for stream in streams) > CROWD / 2, "most of them stand there")
        for stream in streams:
            stream.abort()
        waiting.until(lambda: descriptors(pid) < before + CROWD / 2, "them to go", 60)
        if turn == 0:
            # A second time costs nothing more, of what the heap keeps.
            arena.invariants.memory = max(arena.invariants.memory, memory(pid))


@case("C55", "slowloris: no header in time, no proof in time, whatever is dribbled", proves="S46")
def slowloris(arena):
    tasks, early, late = [], [], []
    text = header("evil.example", RELAY).encode()
    for data in (b"", text, b" " * 1000, b"<?xml version='1.0'?>" + b"\n" * 1000):
        stream = arena.peer().connect()
        early.append(stream)
        tasks.append(asyncio.ensure_future(_dribble(stream, data, 0.2)))
    for data in (b"", b" " * 1000, b"<message><body>" + b"x" * 1000):
        stream = arena.peer().stream(RELAY)
        late.append(stream)
        tasks.append(asyncio.ensure_future(_dribble(stream, data, 0.2)))
    began = time.monotonic()
    for stream in early + late:
        stream.refused("policy-violation")
        say("ended after %.1f s" % (time.monotonic() - began))
    for task in tasks:
        task.cancel()


@case("C56", "a certificate with thousands of names is refused with its handshake")
def huge(arena):
    peer = arena.peer()
    names = ", ".join("DNS:n%d.%s" % (number, "x" * 40) for number in range(3000))
    base = arena.authority.special(path(arena, peer.domain), "/CN=x",
                                   LEAF + "subjectAltName = DNS:%s, %s\n" % (peer.domain, names))
    before = processor_time(arena.invariants.pid)
    for _ in range(5):
        stream = peer.stream(RELAY)
        stream.send(STARTTLS)
        stream.take("proceed")
        try:
            stream.encrypt(tls_context(certificate=base), RELAY)
            stream.send(header(peer.domain, RELAY))
            waiting.until(lambda: stream.over or stream.elements, "an end or features")
            say("the handshake was taken" if stream.elements else "refused")
        except (ssl.SSLError, OSError) as error:
            say(error)
        stream.abort()
    true(processor_time(arena.invariants.pid) - before < enough(2), "processor")


if __name__ == "__main__":
    run(prepare)
