#!/usr/bin/python3
"""The program: --check and --version, HUP, TERM, among real servers."""

import hashlib
import os
import re
import shutil
import signal
import ssl
import subprocess
import time

import ports
import waiting
from bridge import find_program
from lab import ECHO, LOCAL, RELAY, REMOTE, SOURCE, Lab, escaped
from prosody import make_certificate
from rawpeer import RawPeer
from tap import Skip, equal, run, say, test, true

SILENT = "silent.example"

GOOD = """\
[component bridge.example.com]
server = 127.0.0.1:5347
secret = s
service = relay
"""

# Text after a good configuration, and where and how its fault is told.
FAULTS = (
    ("[federatoin]\n", 5, r"\[federatoin\]", r"federation"),
    ("[federation]\nencrypton = required\n", 6, r"\[federation\] encrypton", r"encryption"),
    ("[federation]\nencryption = maybe\n", 6, r"\[federation\] encryption", r"maybe|required"),
    ("[federation]\nlisten = nowhere:port\n", 6, r"\[federation\] listen", r""),
    ("[limits]\ndepth = many\n", 6, r"\[limits\] depth", r"many"),
    ("[limits]\ndepth = 64\n\ndepth = 65\n", 8, r"\[limits\] depth", r""),
    ("[limits]\n[log]\n[limits]\n", 7, r"\[limits\]", r""),
    ("[log]\nlevel = loud\n", 6, r"\[log\] level", r"loud"),
    ("[peer remote.example]\npolicy = perhaps\n", 6, r"\[peer remote.example\] policy", r""),
    ("[component x.example.com]\nserver = 127.0.0.1:5347\nservice = relay\n"
     "secret-file = no-such-file\n", 8, r"\[component x.example.com\] secret-file", r""),
)


def check(path):
    return subprocess.run([find_program(), "--check", "--config", path],
                          capture_output=True, text=True, check=False, timeout=2 * waiting.SECONDS)


def check_text(lab, text):
    path = os.path.join(lab.folder, "check.conf")
    with open(path, "w", encoding="utf-8") as conf:
        conf.write(text)
    return path, check(path)


@test("--version tells the name and ends")
def version(_lab):
    done = subprocess.run([find_program(), "--version"], capture_output=True, text=True,
                          check=False, timeout=2 * waiting.SECONDS)
    equal(done.returncode, 0, "exit status")
    true(done.stdout.startswith("enjamb "), done.stdout)


@test("--check is content with a good configuration, and with the one that runs")
def good(lab):
    for path, done in (check_text(lab, GOOD), (lab.bridge.conf, check(lab.bridge.conf))):
        equal((done.returncode, done.stdout), (0, ""), path + done.stderr)


@test("--check tells each fault by file, line, group and key")
def faults(lab):
    for text, line, where, what in FAULTS:
        path, done = check_text(lab, GOOD + text)
        equal(done.returncode, 1, "exit status for %r: %s" % (text, done.stdout + done.stderr))
        pattern = r"^%s:%d: %s: .*(?:%s)" % (re.escape(path), line, where, what)
        true(re.search(pattern, done.stdout + done.stderr, re.MULTILINE),
             "%r gave %r" % (text, done.stdout + done.stderr))


@test("--check names the key whose default is at fault, too")
def default(lab):
    certificates = os.path.join(lab.folder, "certs")
    os.mkdir(certificates)
    with open(os.path.join(certificates, RELAY + ".crt"), "w", encoding="utf-8") as half:
        half.write("of a pair\n")
    path, done = check_text(lab, GOOD)
    shutil.rmtree(certificates)
    equal(done.returncode, 1, "exit status")
    true(done.stdout.startswith("%s:1: [federation] certificates: " % path), done.stdout)


@test("two faults are told at once")
def two_faults(lab):
    path, done = check_text(lab, GOOD + "[log]\nlevel = loud\n[limits]\ndepth = many\n")
    told = done.stdout + done.stderr
    true("%s:6: [log] level: " % path in told and "%s:8: [limits] depth: " % path in told, told)


@test("the commented default configuration has no fault but the missing secret")
def shipped(_lab):
    done = check(os.path.join(SOURCE, "data", "enjamb.conf"))
    told = [line for line in (done.stdout + done.stderr).splitlines() if "secret-file" not in line]
    equal(told, [], "other problems")


def certificate_shown(lab, domain):
    """The fingerprint of the certificate that a new handshake gets."""
    told = lab.bridge.handshake(domain)
    found = re.search("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", told, re.DOTALL)
    true(found, "a certificate in " + told)
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(found.group(0))).hexdigest()


def certificate_on_disk(lab, domain):
    with open(os.path.join(lab.bridge.folder, "certs", domain + ".crt"), encoding="ascii") as pem:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem.read())).hexdigest()


@test("HUP takes a new policy: a denied peer is not-allowed")
def reload_policy(lab):
    romeo = "%s@%s" % (REMOTE, RELAY)
    equal(lab.juliet().ping(romeo), True, "before")
    lab.bridge.groups["peer " + REMOTE] = {"policy": "deny"}
    lab.bridge.reload()
    waiting.until(lambda: lab.juliet().ping(romeo) == ("cancel", "not-allowed"), "not-allowed")
    del lab.bridge.groups["peer " + REMOTE]
    lab.bridge.reload()
    waiting.until(lambda: lab.juliet().ping(romeo) is True, "the peer to be allowed again")


@test("HUP takes a new certificate for new handshakes; what is up stays up")
def reload_certificate(lab):
    lab.romeo().send(ECHO, "before")
    lab.romeo().wait_message("before", ECHO)
    endpoint = lab.bridge.address, lab.bridge.s2s
    streams = ports.established(endpoint)
    old, other = (certificate_on_disk(lab, domain) for domain in (ECHO, RELAY))
    equal((certificate_shown(lab, ECHO), certificate_shown(lab, RELAY)), (old, other), "at first")
    make_certificate(os.path.join(lab.bridge.folder, "certs"), ECHO)
    new = certificate_on_disk(lab, ECHO)
    true(new != old, "there is a new one")
    equal(certificate_shown(lab, ECHO), old, "before HUP")
    lab.bridge.reload()
    equal((certificate_shown(lab, ECHO), certificate_shown(lab, RELAY)), (new, other), "after HUP")
    true(streams and streams <= ports.established(endpoint), "the streams are those from before")


@test("HUP takes a new level of the log")
def reload_level(lab):
    def told():
        since = lab.bridge.process.mark()
        certificate_shown(lab, ECHO)
        return lab.bridge.process.line(" info .*connected from", since) is not None

    old = lab.bridge.groups["log"]["level"]
    # Of one address there are so many lines in a second, and this one has just had its share.
    waiting.until(told, "a line of level info")
    lab.bridge.groups["log"]["level"] = "message"
    lab.bridge.reload()
    equal(told(), False, "a line of level info")
    lab.bridge.groups["log"]["level"] = old
    lab.bridge.reload()


def refused(lab, named):
    """Reloads the configuration as it is now; nothing of it may be taken."""
    told = lab.bridge.reload()
    say(told)
    true("warning" in told and "nothing was reloaded" in told, told)
    true(re.search(named, told), "%r is named in %s" % (named, told))
    equal(lab.juliet().ping("%s@%s" % (REMOTE, RELAY)), True, "the peer is still allowed")
    lab.juliet().send(ECHO, "still there")
    lab.juliet().wait_message("still there", ECHO)


@test("HUP with a key that cannot change, or a fault, names it and takes nothing of the rest")
def reload_refused(lab):
    # What may change goes along each time, and must not be taken.
    lab.bridge.groups["peer " + REMOTE] = {"policy": "deny"}
    path = re.escape(lab.bridge.conf)
    for group, key, value, named in (
            ("component " + ECHO, "service", "relay", r"\[component %s\] service: " % ECHO),
            ("component " + ECHO, "server", "127.0.0.1:1", r"\[component %s\] server: " % ECHO),
            ("federation", "listen", "127.0.0.1:1", r"\[federation\] listen: "),
            ("component " + ECHO, "service", "nonsense",
             path + r":\d+: \[component %s\] service: " % ECHO),
            ("limits", "depth", "deep", path + r":\d+: \[limits\] depth: ")):
        keys = lab.bridge.groups[group]
        old = keys.get(key)
        keys[key] = value
        refused(lab, named)
        keys[key] = old
        if old is None:
            del keys[key]
    del lab.bridge.groups["peer " + REMOTE]


@test("HUP with a file outside of the sandbox names its key and takes nothing")
def reload_outside(lab):
    if lab.bridge.process.line("no landlock here"):
        raise Skip("this kernel has no landlock")
    path = os.path.join(lab.folder, "trust.pem")
    shutil.copyfile(os.path.join(lab.bridge.folder, "certs", ECHO + ".crt"), path)
    lab.bridge.groups["peer " + REMOTE] = {"policy": "deny"}
    keys = lab.bridge.groups["federation"]
    for key, value in (("trust", path), ("certificates", lab.folder)):
        old = keys.get(key)
        keys[key] = value
        refused(lab, r"\[federation\] %s: .*outside of what the sandbox" % key)
        keys[key] = old
        if old is None:
            del keys[key]
    del lab.bridge.groups["peer " + REMOTE]


@test("HUP with a broken certificate or an unreadable file changes nothing")
def reload_broken(lab):
    lab.bridge.groups["peer " + REMOTE] = {"policy": "deny"}
    certificate = os.path.join(lab.bridge.folder, "certs", ECHO + ".crt")
    shown = certificate_shown(lab, ECHO)
    with open(certificate, encoding="ascii") as pem:
        whole = pem.read()
    with open(certificate, "w", encoding="ascii") as pem:
        pem.write(whole[:200])
    refused(lab, re.escape(certificate))
    equal(certificate_shown(lab, ECHO), shown, "the certificate of a new handshake")
    with open(certificate, "w", encoding="ascii") as pem:
        pem.write(whole)
    del lab.bridge.groups["peer " + REMOTE]

    text = lab.bridge.text
    lab.bridge.text = lambda: "[component\nno configuration at all"
    refused(lab, re.escape(lab.bridge.conf) + ":1: ")
    lab.bridge.text = text
    lab.bridge.reload()


def silent_peer(lab):
    """A server that takes the connection, and one message that waits for it."""
    if not hasattr(lab, "silent"):
        address = lab.bridge.address.rsplit(".", 1)[0] + ".15"
        lab.silent = RawPeer(SILENT, address, ports.Network.port(address, ports.XMPP_SERVER))
        lab.silent.listen(silent=True)
        lab.dns.set_service(SILENT, (0, 0, lab.silent.port, address))
    accepted = lab.silent.accepted
    ident = lab.juliet().send(escaped("user@" + SILENT, RELAY), "are you there")
    waiting.until(lambda: lab.silent.accepted > accepted, "enjamb to connect")
    return ident


def in_order(lab, marks):
    """Both servers have heard our end tag, and no connection was reset."""
    line = lab.a.process.wait_line("component disconnected: %s" % re.escape(RELAY), marks[0])
    logs = lab.a.process.log(marks[0]), lab.b.process.log(marks[1])
    for log in logs:
        true("</stream:stream>" in log, "end tags")
        true(not re.search("reset by peer|connection-timeout|onnection closed without", log), log)
    return line


@test("TERM: what waits is bounced, streams end in order, the status is 0", proves="C20 S16")
def term(lab):
    lab.romeo().send(ECHO, "the last words")
    lab.romeo().wait_message("the last words", ECHO)
    ident = silent_peer(lab)
    marks = lab.a.process.mark(), lab.b.process.mark()
    bodies = ["still to be carried %d" % number for number in range(50)]
    idents = [lab.juliet().send(escaped("romeo@" + REMOTE, RELAY), body) for body in bodies]
    arrived = [lab.romeo().wait_message(bodies[0])["body"]]
    began = time.monotonic()
    lab.bridge.process.send_signal(signal.SIGTERM)
    equal(lab.juliet().wait_error(ident), ("wait", "remote-server-timeout"), "what waited")
    equal(lab.bridge.process.stop(), 0, "exit status")
    lab.patience = time.monotonic() - began
    say("stopped after %.2f s" % lab.patience)
    say(in_order(lab, marks))

    def settled():
        arrived.extend(message["body"] for message in lab.romeo().messages)
        lab.romeo().messages.clear()
        bounced = [message["id"] for message in lab.juliet().messages
                   if message["type"] == "error"]
        return all(body in arrived or sent in bounced for body, sent in zip(bodies, idents))

    waiting.until(settled, "each message to arrive or to come back")
    say("%d of %d arrived, the others came back" % (len(set(arrived)), len(bodies)))


@test("it starts again and all is as before")
def again(lab):
    lab.bridge.start()
    lab.romeo().send(ECHO, "second life")
    lab.romeo().wait_message("second life", ECHO, seconds=30)


@test("a second TERM does not wait for the silent peer, and still ends in order",
      proves="C20 S16")
def second_term(lab):
    ident = silent_peer(lab)
    marks = lab.a.process.mark(), lab.b.process.mark()
    since = lab.bridge.process.mark()
    lab.bridge.process.send_signal(signal.SIGTERM)
    lab.bridge.process.wait_line("stopping$", since)
    began = time.monotonic()
    lab.bridge.process.send_signal(signal.SIGTERM)
    equal(lab.juliet().wait_error(ident), ("wait", "remote-server-timeout"), "what waited")
    equal(lab.bridge.process.stop(), 0, "exit status")
    took = time.monotonic() - began
    say("stopped %.2f s after the second signal" % took)
    # What is the machine's is in both.
    true(took < lab.patience - 2, "it took %.2f s, and %.2f s without hurry" % (
        took, lab.patience))
    in_order(lab, marks)


if __name__ == "__main__":
    run(Lab)
