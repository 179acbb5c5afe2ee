#!/usr/bin/python3
"""enjambctl against a bridge that runs: each verb, for people and as JSON."""

import json
import os
import re
import resource
import signal
import socket
import stat
import struct
import subprocess
import threading

import tap
import waiting
from bridge import find_program
from lab import ECHO, LOCAL, RELAY, REMOTE, SOURCE, Lab
from tap import Skip, equal, run, test, true

NOWHERE = "nowhere.example"
VERBS = ("status", "streams", "routes", "ping", "close", "reload", "check", "prosody")
DONE, NO, USAGE, UNREACHABLE = range(4)


def ctl(lab, *words, options=()):
    """What enjambctl answers: the finished process."""
    return subprocess.run([find_program("enjambctl"), "--config", lab.bridge.conf, *options,
                           *words], capture_output=True, text=True, check=False, timeout=180,
                          env={**os.environ, "LC_ALL": "C"})


def said(lab, *words, status=DONE):
    """Its text, for people."""
    done = ctl(lab, *words)
    equal(done.returncode, status, "exit status of %s: %s" % (words, done.stdout + done.stderr))
    return done.stdout + done.stderr


def told(lab, *words, status=DONE):
    """Its JSON document, of one line; any exit status but those of no answer will do for None."""
    done = ctl(lab, *words, options=["--json"])
    if status is None:
        status = done.returncode
        true(status in (DONE, NO), "exit status %d" % status)
    equal(done.returncode, status, "exit status of %s: %s" % (words, done.stdout + done.stderr))
    equal((done.stderr, done.stdout.count("\n")), ("", 1), "what else there is")
    return json.loads(done.stdout)


@test("the socket is for its owner alone")
def mode(lab):
    info = os.stat(lab.bridge.groups["control"]["socket"])
    true(stat.S_ISSOCK(info.st_mode), "a socket")
    equal(stat.S_IMODE(info.st_mode), 0o600, "mode")


@test("status tells versions, links, counts and certificates")
def status(lab):
    equal(lab.juliet().ping(ECHO), True, "ping")
    seen = told(lab, "status")
    equal((seen["links"], seen["links-up"], seen["missing"]), (2, 2, 0), "links and the law")
    true(seen["counters"]["accepted"] > 0 and seen["uptime-us"] > 0, seen)
    equal({each["domain"] for each in seen["certificates"]}, {RELAY, ECHO}, "certificates")
    text = said(lab, "status")
    true("2 of 2 up" in text and "all accounted for" in text and RELAY in text, text)


def find(entries, **wanted):
    """The entries with those values, names with _ for -."""
    return [entry for entry in entries
            if all(entry[name.replace("_", "-")] == value for name, value in wanted.items())]


@test("streams tells each stream, how it is encrypted and by what both sides are proved")
def streams(lab):
    equal(lab.romeo().ping(RELAY), True, "ping")
    seen = told(lab, "streams")
    links = find(seen["streams"], direction="link", state="up")
    equal({link["local"] for link in links}, {RELAY, ECHO}, "links")
    remote = find(seen["streams"], remote=REMOTE, local=RELAY, state="up")
    true(remote, seen)
    for stream in remote:
        true(stream["tls"].startswith("TLS1.") and stream["cipher"], stream)
        true(stream["address"] and stream["age-us"] >= stream["idle-us"] >= 0, stream)
        true(stream["peer-proof"] or stream["own-proof"], stream)
        true(stream["name"] in lab.bridge.process.log(), "the log knows it by that name")
    text = said(lab, "streams")
    true(all(stream["name"] in text for stream in remote) and "ENCRYPTED" in text, text)


@test("each step of each stream has one line, by the name that enjambctl shows")
def steps(lab):
    # Of one domain there are so many lines in a second, and no more.
    waiting.pause(1.1)
    equal(lab.romeo().ping(ECHO), True, "ping")
    streams = find(told(lab, "streams", REMOTE)["streams"], state="up")
    equal({each["direction"] for each in streams}, {"in", "out"}, "directions")
    for each in streams:
        lines = re.findall(r" %s(?: \S+)?: (.*)$" % each["name"], lab.bridge.process.log(),
                           re.MULTILINE)
        for step in ("connected %s " % ("from" if each["direction"] == "in" else "to"),
                     "encrypted: %s %s" % (each["tls"], each["cipher"]), "stream up, "):
            seen = len([line for line in lines if line.startswith(step)])
            true(seen == 1 or seen == each["pairs"] and step == "stream up, ",
                 "%s, %s%d times: %s" % (each["name"], step, seen, lines))
    waiting.pause(1.1)
    mark = lab.bridge.process.mark()
    while told(lab, "close", ECHO, REMOTE, status=None)["closed"]:
        pass
    for each in find(streams, local=ECHO):
        lab.bridge.process.wait_line(r" %s .*: closed: " % each["name"], mark)


@test("streams of a domain tells those alone, and how the attempts to reach it went")
def streams_of(lab):
    equal(lab.juliet().ping(ECHO), True, "ping")
    seen = told(lab, "streams", REMOTE)
    equal({stream["remote"] for stream in seen["streams"]}, {REMOTE}, "remote domains")
    nobody = told(lab, "streams", "nobody.example")
    equal((nobody["streams"], nobody["remotes"][0]["attempts"]), ([], []), "of nobody")
    true("no streams" in said(lab, "streams", "nobody.example"), "text of nobody")
    said(lab, "streams", "not a domain", status=NO)


@test("what fails is told with its step, its reason and its time")
def failing(lab):
    lab.dns.set_service(NOWHERE, (0, 0, lab.network.port(lab.bridge.address, 5269), "127.0.0.99"))
    asked = told(lab, "ping", RELAY, NOWHERE, status=NO)
    true(asked["error"] and not asked["answered"], asked)
    remote = find(told(lab, "streams")["remotes"], domain=NOWHERE)[0]
    true(remote["failures"] > 0 and remote["rest-us"] > 0, remote)
    attempt = remote["attempts"][0]
    equal((attempt["succeeded"], attempt["step"]), (False, "TCP"), attempt)
    true(attempt["reason"] and attempt["ago-us"] >= 0, attempt)
    text = said(lab, "streams", NOWHERE)
    true("failed at TCP" in text and attempt["reason"] in text, text)


@test("routes tells our domains, their links and what goes where")
def routes(lab):
    seen = told(lab, "routes")["routes"]
    equal({(route["domain"], route["service"], route["link"]) for route in seen},
          {(RELAY, "relay", "up"), (ECHO, "echo", "up")}, "routes")
    for route in seen:
        equal(route["local-domains"], [LOCAL, "*." + LOCAL], "local domains")
        true(route["federates"] and route["link-stream"] > 0, route)
    text = said(lab, "routes")
    true(RELAY in text and "by link" in text and "all others" in text, text)


@test("ping tells what took the time, by stream and by link")
def ping(lab):
    while told(lab, "close", RELAY, REMOTE, status=None)["closed"]:
        pass
    fresh = told(lab, "ping", RELAY, REMOTE)
    true(fresh["answered"], fresh)
    if fresh["way"] == "new stream":
        true(0 < fresh["answer-us"] <= fresh["total-us"], fresh)
    again = told(lab, "ping", "somebody@" + RELAY, REMOTE)
    equal((again["answered"], again["way"]), (True, "stream"), again)
    local = told(lab, "ping", RELAY, LOCAL)
    equal((local["answered"], local["way"]), (True, "link"), local)
    true("answered after" in said(lab, "ping", RELAY, REMOTE), "text")
    said(lab, "ping", LOCAL, REMOTE, status=NO)


@test("close ends the streams of a pair in order, and what comes next opens new ones")
def close(lab):
    said(lab, "ping", RELAY, REMOTE)
    before = {stream["id"] for stream in told(lab, "streams", REMOTE)["streams"]
              if stream["local"] == RELAY and stream["state"] == "up"}
    true(told(lab, "close", RELAY, REMOTE)["closed"] >= 1, before)
    waiting.until(lambda: not before & {stream["id"] for stream
                                        in told(lab, "streams", REMOTE)["streams"]},
                  "the streams are gone")
    equal(told(lab, "close", RELAY, REMOTE, status=NO), {"closed": 0}, "again")
    said(lab, "close", LOCAL, REMOTE, status=NO)
    said(lab, "ping", RELAY, REMOTE)
    true("streams closed" in said(lab, "close", "*", "*"), "all")
    said(lab, "ping", RELAY, REMOTE)


@test("prosody prints a block that Prosody takes")
def prosody(lab):
    blocks = {each["domain"]: each["block"] for each in told(lab, "prosody")["components"]}
    equal(set(blocks), {RELAY, ECHO}, "domains")
    text = said(lab, "prosody")
    true(all(block in text for block in blocks.values()), text)
    true('component_secret = "%s"' % lab.secret in text, "the secret")
    lab.a.configure(hosts=text)
    since = lab.bridge.process.mark()
    lab.a.process.stop()
    lab.a.start()
    for domain in blocks:
        lab.bridge.wait_link(domain, since, seconds=60)


@test("check is asked of what there is, and beside the daemon")
def check(lab):
    seen = told(lab, "check", "config")
    true(seen["problems"] == 0 and all(found["level"] != "problem" for found in seen["findings"]), seen)
    said(lab, "check", "config")
    said(lab, "check", "everything", status=USAGE)
    before = lab.bridge.process.mark()
    links = [found for found in told(lab, "check", "connectivity", status=None)["findings"]
             if found["area"] == "connectivity"]
    true(links, "findings of connectivity")
    true("link down" not in lab.bridge.process.log(before), "the link stays up")


@test("reload reads the configuration again, or says what is wrong with it")
def reload(lab):
    equal(told(lab, "reload"), {"reloaded": True}, "answer")
    true("reloaded" in said(lab, "reload"), "answer")
    lab.bridge.groups["limits"]["depth"] = "many"
    lab.bridge.write()
    try:
        true("[limits] depth" in said(lab, "reload", status=NO), "the fault")
        true("[limits] depth" in told(lab, "reload", status=NO)["error"], "the fault")
    finally:
        del lab.bridge.groups["limits"]["depth"]
        lab.bridge.write()
    said(lab, "reload")


def knock(lab):
    """A connection to the socket, as nobody's D-Bus library makes it."""
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(60)
    client.connect(lab.bridge.groups["control"]["socket"])
    return client


def try_to_introduce(lab):
    client = knock(lab)
    try:
        client.sendall(b"\0AUTH EXTERNAL %s\r\n" % str(os.geteuid()).encode().hex().encode())
        if client.recv(100).startswith(b"OK "):
            client.sendall(b"BEGIN\r\n")
            return client
    except ConnectionError:
        pass
    client.close()
    return None


def introduce(lab):
    """One that has said who it is, as soon as there is room."""
    return waiting.until(lambda: try_to_introduce(lab), "let in", 60)


def header(kind, serial, body, *fields):
    """A message of D-Bus, in the bytes of this specification, little-endian."""
    text = b""
    for code, sign, value in fields:
        text += b"\0" * (-len(text) % 8) + bytes([code, 1]) + sign + b"\0"
        text += struct.pack("<I", len(value)) + value + b"\0"
    start = struct.pack("<cBBBIII", b"l", kind, 0, 1, body, serial, len(text))
    return start + text + b"\0" * (-len(start + text) % 8)


def question(serial):
    return header(1, serial, 0, (1, b"o", b"/org/enjamb/Control1"), (3, b"s", b"Status"),
                  (2, b"s", b"org.enjamb.Control1"))


def is_cut(client):
    """The other side has ended it."""
    try:
        while client.recv(1 << 16):
            pass
    except ConnectionError:
        pass
    return True


def memory(lab):
    with open("/proc/%d/status" % lab.bridge.process.pid, encoding="ascii") as info:
        return int(re.search(r"VmRSS:\s*(\d+)", info.read()).group(1)) * 1024


@test("a call by hand is answered, so the ones below are calls")
def by_hand(lab):
    with introduce(lab) as client:
        client.sendall(question(1))
        true(b"uptime-us" in client.recv(1 << 16), "an answer")


@test("who is hostile at the socket is cut off, and harms nobody")
def hostile(lab):
    pid, before = lab.bridge.process.pid, memory(lab)
    crowd = [knock(lab) for _ in range(9)]
    true(is_cut(crowd[8]), "one too many")
    # Who came before them may have left only now.
    waiting.until(lambda: crowd.append(knock(lab)) or ctl(lab, "status").returncode == UNREACHABLE,
                  "there is no room", 60)
    for client in crowd:
        client.close()
    waiting.until(lambda: ctl(lab, "status").returncode == DONE, "there is room again", 60)
    for noise in (b"\0AUTH " + b"x" * (1 << 20), b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 4096,
                  b"\0AUTH ANONYMOUS\r\nBEGIN\r\n", b"\0AUTH DBUS_COOKIE_SHA1 726f6f74\r\n"):
        with knock(lab) as client:
            try:
                client.sendall(noise)
            except ConnectionError:
                pass
    for noise in (header(1, 1, 127 << 20), b"\xff" * 4096, question(1) * 500,
                  header(1, 1, 0, (1, b"o", b"not a path"))):
        with introduce(lab) as client:
            try:
                client.sendall(noise)
            except ConnectionError:
                pass
            if noise[:1] == b"\xff" or len(noise) > 4096:
                true(is_cut(client), "it is cut off")
    waiting.until(lambda: ctl(lab, "status").returncode == DONE, "there is room again", 60)
    equal(lab.bridge.process.pid, pid, "the process")
    true(memory(lab) - before < 64 << 20, "memory, %d and %d" % (before, memory(lab)))
    equal(lab.juliet().ping(ECHO), True, "ping")


@test("for want of descriptors it turns operators away, and lives")
def descriptors(lab):
    pid = lab.bridge.process.pid
    try:
        taken = {int(name) for name in os.listdir("/proc/%d/fd" % pid)}
        old = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    except PermissionError:
        raise Skip("only root sees the descriptors of a process that holds secrets") from None
    free = min(set(range(len(taken) + 1)) - taken)
    for more in (0, 1, 2, 5, 10, 25):
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (free + more, old[1]))
        try:
            said(lab, "status", status=UNREACHABLE)
            equal(lab.juliet().ping(ECHO), True, "ping")
        finally:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, old)
    waiting.until(lambda: ctl(lab, "status").returncode == DONE, "it has rested", 60)
    equal(lab.bridge.process.pid, pid, "the process")


def reply(serial, sign, body):
    """What a method returns, in the bytes of D-Bus's specification, little-endian."""
    text = struct.pack("<BB2sI", 5, 1, b"u", serial)
    if sign:
        text += struct.pack("<BB2sB", 8, 1, b"g", len(sign)) + sign + b"\0"
    start = struct.pack("<cBBBIII", b"l", 2, 0, 1, len(body), serial, len(text)) + text
    return start + b"\0" * (-len(start) % 8) + body


# How many streams each page ends, and where the next one is.
ENDED = ((250, 900), (0, 500), (3, 0))


def pretend(listener, asked):
    """A daemon with some pages of streams, and before what each was asked for."""
    with listener.accept()[0] as client, client.makefile("rb") as lines:
        for line in lines:
            if line.startswith(b"BEGIN"):
                break
            client.sendall(b"OK 0123456789abcdef0123456789abcdef\r\n" if b"EXTERNAL " in line
                           else b"ERROR\r\n" if b"NEGOTIATE" in line
                           else b"REJECTED EXTERNAL\r\n")
        while start := lines.read(16):
            body, serial, fields = struct.unpack("<4xIII", start)
            call = lines.read(fields + -fields % 8 + body)
            if b"Close" in call:
                ended, following = ENDED[min(len(asked), 2)] # Not for ever, whoever asks.
                asked.append(struct.unpack("<Q", call[-8:])[0])
                client.sendall(reply(serial, b"ut", struct.pack("<I4xQ", ended, following)))
            else:
                client.sendall(reply(serial, b"", b""))


@test("close goes on page by page, to the last one")
def close_pages(lab):
    path, asked = os.path.join(lab.folder, "pretended"), []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        daemon = threading.Thread(target=pretend, args=(listener, asked), daemon=True)
        daemon.start()
        done = ctl(lab, "close", "*", "*", options=["--socket", path])
        daemon.join(60)
    equal((done.returncode, done.stdout), (DONE, "253 streams closed\n"), done.stderr)
    equal(asked, [0, 900, 500], "before")


@test("wrong usage is told as such")
def usage(lab):
    for words in ((), ("explode",), ("status", "more")):
        true("enjambctl" in said(lab, *words, status=USAGE), words)
    equal(ctl(lab, options=["--no-such"]).returncode, USAGE, "exit status")
    done = ctl(lab, "check", "everything", options=["--json"])
    equal((done.returncode, done.stdout), (USAGE, ""), "exit status, and no document")
    said(lab, "streams", b"\xff", status=USAGE)
    said(lab, "streams", "m\u00fcnchen.example")
    text = said(lab, "--help")
    for verb in VERBS:
        true("  " + verb in text, "%s in %s" % (verb, text))


@test("the manual and the completion know each verb")
def known(_lab):
    with open(os.path.join(SOURCE, "data", "enjambctl.1"), encoding="utf-8") as manual:
        text = manual.read()
    for verb in VERBS:
        true("\n.It Cm %s" % verb in text, verb)
    done = subprocess.run(
        ["bash", "-c", '. "$0"; COMP_WORDS=(enjambctl ""); COMP_CWORD=1; _enjambctl; '
         'echo "${COMPREPLY[@]}"', os.path.join(SOURCE, "data", "completion", "enjambctl")],
        capture_output=True, text=True, check=True, timeout=60)
    equal(done.stdout.split(), list(VERBS), "completion")


@test("without a daemon it says so")
def absent(lab):
    nowhere = os.path.join(lab.folder, "nowhere")
    for words in (("status",), ("streams",), ("routes",), ("ping", "a", "b"), ("close", "a", "b"),
                  ("reload",)):
        done = ctl(lab, *words, options=["--socket", nowhere])
        equal(done.returncode, UNREACHABLE, "exit status")
        true("no enjamb runs" in done.stderr and nowhere in done.stderr, done.stderr)


@test("a configuration that is named leads to its own daemon, or to none")
def named(lab):
    missing = os.path.join(lab.folder, "missing.conf")
    done = ctl(lab, "status", options=["--config", missing])
    equal(done.returncode, UNREACHABLE, "exit status")
    true(missing + ": No such file" in done.stderr, done.stderr)
    damaged = os.path.join(lab.folder, "damaged.conf")
    with open(lab.bridge.conf, encoding="utf-8") as conf, open(damaged, "w",
                                                               encoding="utf-8") as copy:
        copy.write("a line of nothing\n" + conf.read())
    equal(ctl(lab, "status", options=["--config", damaged]).returncode, DONE, "exit status")


@test("for a daemon that hangs it does not wait for ever")
def hanging(lab):
    lab.bridge.process.send_signal(signal.SIGSTOP)
    try:
        true("does not answer" in said(lab, "status", status=UNREACHABLE), "text")
    finally:
        lab.bridge.process.send_signal(signal.SIGCONT)
    waiting.until(lambda: ctl(lab, "status").returncode == DONE, "it goes on", 60)


@test("the socket goes with the daemon")
def gone(lab):
    lab.bridge.process.stop()
    true(not os.path.exists(lab.bridge.groups["control"]["socket"]), "the file")
    said(lab, "status", status=UNREACHABLE)


if not find_program("enjambctl"):
    tap.skip_all("no enjambctl in the build folder")
run(Lab)
