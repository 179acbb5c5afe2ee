#!/usr/bin/python3
"""What README's first command shows, played to its end."""

import os
import subprocess
import sys

from lab import ECHO, RELAY, Lab
from tap import equal, run, say, test, true


@test("the demonstration shows messages, pings and streams, and ends well")
def demo(_):
    done = subprocess.run(
        [sys.executable, "-B", os.path.join(os.path.dirname(os.path.abspath(__file__)), "demo.py")],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=600)
    if done.returncode:
        for line in done.stdout.splitlines():
            say(line)
    equal(done.returncode, 0, "exit status")
    for shown in ("local to remote", "remote to local", "good for %s and %s" % (RELAY, ECHO),
                  "%s: pong" % ECHO):
        true(shown in done.stdout, "it shows '%s'" % shown)


if __name__ == "__main__":
    run(lambda: Lab(bridge=False))
