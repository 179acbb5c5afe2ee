#!/usr/bin/python3
"""enjambctl against a bridge that runs: each verb, for people and as JSON."""

import json
import os
import stat
import subprocess

import tap
from bridge import find_program
from lab import ECHO, RELAY, Lab
from tap import equal, run, test, true

DONE, NO, USAGE, UNREACHABLE = range(4)


def ctl(lab, *words, options=()):
    """What enjambctl answers: the finished process."""
    return subprocess.run([find_program("enjambctl"), "--config", lab.bridge.conf, *options,
                           *words], capture_output=True, text=True, check=False, timeout=180)


def said(lab, *words, status=DONE):
    """Its text, for people."""
    done = ctl(lab, *words)
    equal(done.returncode, status, "exit status of %s: %s" % (words, done.stdout + done.stderr))
    return done.stdout + done.stderr


def told(lab, *words, status=DONE):
    """Its JSON document, of one line."""
    done = ctl(lab, *words, options=["--json"])
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


@test("wrong usage is told as such")
def usage(lab):
    for words in ((), ("explode",), ("status", "more")):
        true("enjambctl" in said(lab, *words, status=USAGE), words)
    equal(ctl(lab, options=["--no-such"]).returncode, USAGE, "exit status")
    true("status" in said(lab, "--help"), "help names the verbs")


@test("without a daemon it says so")
def absent(lab):
    nowhere = os.path.join(lab.folder, "nowhere")
    for words in (("status",), ("reload",)):
        done = ctl(lab, *words, options=["--socket", nowhere])
        equal(done.returncode, UNREACHABLE, "exit status")
        true("no enjamb runs" in done.stderr and nowhere in done.stderr, done.stderr)


@test("the socket goes with the daemon")
def gone(lab):
    lab.bridge.process.stop()
    true(not os.path.exists(lab.bridge.groups["control"]["socket"]), "the file")
    said(lab, "status", status=UNREACHABLE)


if not find_program("enjambctl"):
    tap.skip_all("no enjambctl in the build folder")
run(Lab)
