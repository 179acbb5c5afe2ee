#!/usr/bin/python3
"""enjambctl check: what is wrong with the zone, a certificate or the secret, and what to do.

And enjambctl ping: who is there, and what takes the time on the way.
"""

import json
import os
import re
import shutil
import subprocess

import ports
import waiting
from authority import LAST_YEAR, Authority
from bridge import LINK_UP, find_program
from lab import ECHO, LOCAL, RELAY, REMOTE, Lab
from prosody import make_certificate
from tap import Skip, equal, run, skip_all, test, true
from zone import Zone, tlsa

GOOD = "no problem was found\n"


def check_lab():
    if not find_program("enjambctl"):
        skip_all("no enjambctl in the build folder")
    lab = Lab()
    lab.authority = Authority(lab.folder)
    lab.certs = os.path.join(lab.bridge.folder, "certs")
    for domain in lab.bridge.domains():
        lab.authority.issue(lab.certs, domain)
    lab.bridge.groups["federation"]["trust"] = lab.authority.certificate
    lab.second = os.path.join(lab.folder, "second.conf")
    return lab


def enjambctl(lab, *words, conf=None):
    """The exit status and the text; nothing goes to stderr."""
    done = subprocess.run([find_program("enjambctl"), "--config", conf or lab.bridge.conf,
                           "--socket", lab.bridge.groups["control"]["socket"], *words],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                          timeout=180)
    equal(done.stderr, "", "what is told beside it")
    return done.returncode, done.stdout


def check(lab, *words, conf=None):
    return enjambctl(lab, "check", *words, conf=conf)


def problems(lab, *words, conf=None):
    """Those alone; there must be some."""
    status, text = check(lab, *words, conf=conf)
    equal(status, 1, "status with:\n" + text)
    return re.findall(r"^  problem  (.*)$", text, re.MULTILINE)


def fine(lab, *words, conf=None):
    """The findings, where nothing is wrong."""
    status, text = check(lab, *words, conf=conf)
    true(text.endswith(GOOD), "no problem in:\n" + text)
    equal(status, 0, "status")
    return text


def records(text):
    """The lines for the zone, as the name server of the laboratory takes them."""
    return [re.sub(r"\. \d+ IN ", " ", line)
            for line in re.findall(r"^ {13}(\S+\. \d+ IN .*)$", text, re.MULTILINE)]


def ping(lab, sender, receiver):
    """The exit status and what it tells to programs."""
    status, text = enjambctl(lab, "--json", "ping", sender, receiver)
    return status, json.loads(text)


def other_configuration(lab, old, new):
    """A file beside that of the daemon, which does not know it."""
    with open(lab.second, "w", encoding="utf-8") as conf:
        text = lab.bridge.text().replace("certificates = certs", "certificates = " + lab.certs)
        true(old in text, old)
        conf.write(text.replace(old, new))
    return lab.second


@test("a bridge that is right is found to be right")
def all_right(lab):
    text = fine(lab)
    for domain in (RELAY, ECHO):
        true("the certificate is for %s, and its key fits" % domain in text, text)
        true("connectivity  %s\n  ok       the link to the server is up\n" % domain in text, text)
    true("%s:%d answers: TLS1.3" % (lab.bridge.address, lab.bridge.s2s) in text, text)


STEPS = ["dns-us", "tcp-us", "tls-us", "authentication-us", "answer-us"]


@test("a ping tells what each step of a new stream took, and that the next one found it there")
def new_stream(lab):
    status, told = ping(lab, RELAY, REMOTE)
    equal((status, told["answered"], told["way"]), (0, True, "new stream"), told)
    # Between the last step and the first nothing is left out, nor is anything counted twice.
    equal(sum(told[step] for step in STEPS), told["total-us"], told)
    status, told = ping(lab, "bot@%s/x" % RELAY, REMOTE)
    equal((status, told["answered"], told["way"]), (0, True, "stream"), told)
    equal([step for step in STEPS if step in told], ["answer-us"], told)


@test("a ping goes by the link, and an error from there is an answer")
def by_link(lab):
    status, told = ping(lab, RELAY, LOCAL)
    equal((status, told["answered"], told["way"]), (0, True, "link"), told)
    status, told = ping(lab, RELAY, "nobody@%s/nowhere" % LOCAL)
    equal((status, told["answered"], told["way"]), (0, True, "link"), told)
    true(told["error"], told)


@test("a ping that fails tells at which step")
def no_stream(lab):
    status, told = ping(lab, RELAY, "nowhere.example")
    equal((status, told["answered"]), (1, False), told)
    true(re.match(r"remote-server-not-found.*\(DNS: ", told["error"]), told["error"])
    lab.dns.set_service("dead.example", (0, 0, ports.dead_port(lab.b.address), lab.b.address))
    status, told = ping(lab, RELAY, "dead.example")
    equal((status, told["answered"]), (1, False), told)
    true(re.match(r"remote-server-timeout.*\(TCP: ", told["error"]), told["error"])


@test("a zone without records is named, and the lines to add are the right ones")
def empty_zone(lab):
    host = "s13." + RELAY
    lab.dns.remove("_xmpp-server._tcp." + RELAY, host)
    status, text = check(lab, "dns")
    equal(status, 1, "status")
    true("other servers cannot find %s" % RELAY in text, text)
    lines = records(text)
    equal(len(lines), 2, "lines to add: %s" % lines)
    lab.dns.add(*lines)
    true("leads to %s, at %s:%d" % (RELAY, lab.bridge.address, lab.bridge.s2s)
         in fine(lab, "dns"), "the way through what was added")
    lab.dns.remove(RELAY)
    lab.publish()


@test("records that lead to a wrong port, to no address, or to \".\" are named")
def wrong_records(lab):
    dead = ports.dead_port(lab.bridge.address)
    for target, pattern in (
            ((0, 0, dead, lab.bridge.address),
             r"at %s:%d, where nothing listens \(\[federation\] listen is %s:%d\)"
             % (lab.bridge.address, dead, lab.bridge.address, lab.bridge.s2s)),
            ((0, 0, lab.bridge.s2s, "gone.example"), r"leads to gone\.example, which has no address"),
            ((0, 0, 0, "."), r'leads to ".", which says that there is no service')):
        lab.dns.set_service(RELAY, target)
        found = problems(lab, "dns")
        equal(len(found), 1, found)
        true(re.search(pattern, found[0]), found[0])
    lab.publish()


@test("a name server that does not answer is told apart from an empty zone")
def no_name_server(lab):
    server = lab.bridge.groups["federation"]["dns-server"]
    conf = other_configuration(lab, server, "%s:%d" % (lab.a.address,
                                                       ports.dead_port(lab.a.address)))
    found = problems(lab, "dns", conf=conf)
    true(all("no answer for _xmpp-server._tcp." in line for line in found), found)


def with_certificate(lab, make):
    """The problems of another certificate of the relay, which is then put back."""
    for end in (".crt", ".key"):
        os.rename(os.path.join(lab.certs, RELAY + end), os.path.join(lab.folder, "kept" + end))
    try:
        make()
        return problems(lab, "certs")
    finally:
        for end in (".crt", ".key"):
            os.replace(os.path.join(lab.folder, "kept" + end), os.path.join(lab.certs, RELAY + end))


@test("a wrong certificate is named: its name, its end, its signer, its key")
def wrong_certificates(lab):
    certs, issue = lab.certs, lab.authority.issue
    stranger = Authority(lab.folder, "stranger")

    def other_key():
        issue(certs, RELAY)
        key = os.path.join(certs, RELAY + ".key")
        shutil.copy(os.path.join(certs, ECHO + ".key"), key)

    for make, text in (
            (lambda: issue(certs, RELAY, names=["other.example"]),
             "the certificate is for other.example, not for " + RELAY),
            (lambda: issue(certs, RELAY, dates=LAST_YEAR), "it has expired, on 2021-01-01"),
            (lambda: stranger.issue(certs, RELAY), "CN=Laboratory stranger"),
            (lambda: make_certificate(certs, RELAY), "it is self-signed"),
            (other_key, "expected a certificate chain and the key that belongs to it"),
            (lambda: None, "there is no certificate in " + certs)):
        found = with_certificate(lab, make)
        true(any(text in line for line in found), "%s in %s" % (text, found))
    fine(lab, "certs")


@test("a certificate that was renewed, but not reloaded, is seen at the port")
def not_reloaded(lab):
    lab.authority.issue(lab.certs, RELAY)
    found = problems(lab, "connectivity")
    equal(len(found), 1, found)
    true("shows another certificate than that in the files: reload it" in found[0], found[0])
    lab.bridge.reload()
    fine(lab, "connectivity")


# In the zone of the name server itself, which is signed, while com and example are not.
SIGNED = "bridge.signed"

SIGNED_CONF = """\
[component %(domain)s]
server = none
service = echo
[federation]
listen = %(address)s:%(s2s)d
certificates = %(certs)s
trust = %(trust)s
dns-server = %(dns)s
dns-trust-anchor = %(anchor)s
private-addresses = allow
"""


def signed_zone(lab, number, record):
    """A configuration for a domain of which the DNS, signed, has that record."""
    zone = Zone(os.path.join(lab.folder, "signed-%d" % number), lab.dns)
    zone.add(SIGNED, lab.bridge.s2s, lab.bridge.address, record)
    zone.sign()
    lab.dns.process.stop()
    lab.dns.serve(zone.path, ())
    lab.dns.start()
    federation = lab.bridge.groups["federation"]
    with open(lab.second, "w", encoding="utf-8") as conf:
        conf.write(SIGNED_CONF % {
            "domain": SIGNED, "address": lab.bridge.address, "s2s": lab.bridge.s2s,
            "certs": lab.certs, "trust": federation["trust"], "anchor": zone.anchor,
            "dns": federation["dns-server"]})
    return lab.second


@test("TLSA records of the zone are compared, and the one to publish fits")
def dane(lab):
    if not shutil.which("ldns-signzone"):
        raise Skip("not installed: ldnsutils")
    lab.authority.issue(lab.certs, SIGNED)
    right, wrong = (tlsa(os.path.join(lab.certs, domain + ".crt")) for domain in (SIGNED, RELAY))
    name = "_%d._tcp.s13.%s" % (lab.bridge.s2s, SIGNED)
    conf = signed_zone(lab, 1, wrong)
    found = problems(lab, "certs", conf=conf)
    equal(len(found), 1, found)
    true("the TLSA records at %s are of another certificate: servers that know DANE refuse ours"
         % name in found[0], found[0])
    true("%s %s" % (name, right) in records(check(lab, "certs", conf=conf)[1]), "the right record")

    conf = signed_zone(lab, 2, right)
    text = fine(lab, "certs", conf=conf)
    true("the TLSA record at %s fits\n" % name in text, text)
    text = fine(lab, "dns", conf=conf)
    true("signed, and the signatures are good" in text, text)


@test("a port that another server has is told")
def other_server(lab):
    conf = other_configuration(lab, "listen = %s:%d" % (lab.bridge.address, lab.bridge.s2s),
                               "listen = %s:%d" % (lab.b.address, lab.b.s2s))
    found = problems(lab, "connectivity", conf=conf)
    true(found and all("who listens at %s:%d does not serve" % (lab.b.address, lab.b.s2s) in line
                       for line in found), found)


@test("a configuration with faults is told with its lines")
def faults(lab):
    conf = other_configuration(lab, "private-addresses", "privat-addresses")
    found = problems(lab, "config", conf=conf)
    equal(len(found), 1, found)
    true(re.match(re.escape(conf) + r":\d+: \[federation\] privat-addresses: .*private-addresses",
                  found[0]), found[0])
    fine(lab, "config")


@test("a wrong secret is named, while the daemon runs with it and without a daemon")
def wrong_secret(lab):
    lab.bridge.process.stop()
    for domain in lab.bridge.domains():
        lab.bridge.groups["component " + domain]["secret"] = "wrong"
    lab.bridge.write()
    text = "refuses our secret: component_secret there and secret here must be the same"

    def find():
        return [line for line in problems(lab, "connectivity") if text in line]

    equal(len(find()), 2, "problems without a daemon")
    since = lab.bridge.process.mark()
    lab.bridge.process.start()
    lab.bridge.process.wait_line("the server refuses our secret", since)
    equal(len(find()), 2, "problems while it runs")
    lab.bridge.process.stop()
    for domain in lab.bridge.domains():
        lab.bridge.groups["component " + domain]["secret"] = lab.secret
    lab.bridge.write()


@test("without a daemon it logs in, and leaves no trace in Prosody")
def login(lab):
    text = fine(lab, "connectivity")
    equal(text.count("takes our secret"), 2, text)
    true("nothing answers at %s:%d" % (lab.bridge.address, lab.bridge.s2s) in text, text)
    since = lab.bridge.process.mark()
    lab.bridge.start()
    for domain in lab.bridge.domains():
        lab.bridge.process.wait_line(LINK_UP % re.escape(domain), since)


@test("a server that is not there is told")
def no_server(lab):
    lab.bridge.process.stop()
    lab.a.process.stop()
    waiting.until(lambda: not ports.established((lab.a.address, lab.a.component)), "the end")
    found = problems(lab, "connectivity")
    equal(len(found), 2, found)
    true(all("cannot reach the server at %s:%d: Connection refused" % (
        lab.a.address, lab.a.component) in line for line in found), found)


if __name__ == "__main__":
    run(check_lab)
