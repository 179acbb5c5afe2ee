#!/usr/bin/python3
"""The program: --check and --version, HUP, TERM, among real servers."""

import os
import re
import subprocess

import waiting
from bridge import find_program
from lab import ECHO, RELAY, REMOTE, SOURCE, Lab
from tap import equal, run, say, test, true

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
                          capture_output=True, text=True, check=False, timeout=20)


def check_text(lab, text):
    path = os.path.join(lab.folder, "check.conf")
    with open(path, "w", encoding="utf-8") as conf:
        conf.write(text)
    return path, check(path)


@test("--version tells the name and ends")
def version(_lab):
    done = subprocess.run([find_program(), "--version"], capture_output=True, text=True,
                          check=False, timeout=20)
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


@test("HUP takes a new policy: a denied peer is not-allowed")
def reload_policy(lab):
    romeo = "%s@%s" % (REMOTE, RELAY)
    equal(lab.juliet().ping(romeo), True, "before")
    lab.bridge.groups["peer " + REMOTE] = {"policy": "deny"}
    since = lab.bridge.process.mark()
    lab.bridge.reload()
    lab.bridge.process.wait_line("reloaded", since)
    waiting.until(lambda: lab.juliet().ping(romeo) == ("cancel", "not-allowed"), "not-allowed")
    del lab.bridge.groups["peer " + REMOTE]
    since = lab.bridge.process.mark()
    lab.bridge.reload()
    lab.bridge.process.wait_line("reloaded", since)
    waiting.until(lambda: lab.juliet().ping(romeo) is True, "the peer to be allowed again")


@test("HUP with a fault, or a key that cannot change live, changes nothing")
def reload_refused(lab):
    keys = lab.bridge.groups["component " + ECHO]
    for key, value in (("service", "relay"), ("service", "nonsense")):
        old, keys[key] = keys[key], value
        since = lab.bridge.process.mark()
        lab.bridge.reload()
        lab.bridge.process.wait_line(r"service", since)
        keys[key] = old
        lab.juliet().send(ECHO, "still there")
        lab.juliet().wait_message("still there", ECHO)


@test("TERM closes streams in order and ends with status 0", proves="C20 S16")
def term(lab):
    lab.romeo().send(ECHO, "the last words")
    lab.romeo().wait_message("the last words", ECHO)
    marks = lab.a.process.mark(), lab.b.process.mark()
    equal(lab.bridge.process.stop(), 0, "exit status")
    lab.a.process.wait_line("component disconnected: %s" % re.escape(RELAY), marks[0])
    closed = lab.b.process.wait_line(r"s2s stream \S+->\S+ closed", marks[1])
    say(closed)
    true("closed: stream closed" in closed or "connection closed" not in closed, closed)


@test("it starts again and all is as before")
def again(lab):
    lab.bridge.start()
    lab.romeo().send(ECHO, "second life")
    lab.romeo().wait_message("second life", ECHO, seconds=30)


if __name__ == "__main__":
    run(Lab)
