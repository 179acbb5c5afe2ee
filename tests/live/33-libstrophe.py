#!/usr/bin/python3
"""A component built on libstrophe connects to enjamb: it federates as it is."""

import os
import shlex
import signal
import subprocess

import tap
from hosted import HERE, SECRET, HostedLab, converse
from tap import equal, run, test


def pkg_config():
    """Its flags for the compiler; skips where it is not installed."""
    try:
        asked = subprocess.run(["pkg-config", "--cflags", "--libs", "libstrophe"],
                               capture_output=True, text=True, check=False)
    except FileNotFoundError:
        tap.skip_all("not installed: pkgconf")
    if asked.returncode != 0:
        tap.skip_all("not installed: libstrophe-dev")
    return shlex.split(asked.stdout)


class StropheLab(HostedLab):
    def __init__(self):
        flags = pkg_config()
        super().__init__()
        self.program = os.path.join(self.folder, "answerer")
        subprocess.run([*shlex.split(os.environ.get("CC", "cc")), "-o", self.program,
                        os.path.join(HERE, "answerer.c"), *flags], check=True)

    def come(self):
        self.component = self.run_component(
            [self.program, self.domain, SECRET, self.bridge.address, str(self.hosted)])


@test("it is let in, and users of three servers have its answers", proves="C15 C25")
def answers(lab):
    lab.come()
    for user in lab.users():
        converse(lab, user, "to be or not to be")
        equal(user.ping(lab.domain), True, "its answer to a ping")


@test("it is killed and started again: who writes meanwhile is answered then", proves="C27")
def comes_back(lab):
    lab.away(lab.component, signal.SIGKILL)
    for user in lab.users():
        user.send("someone@" + lab.domain, "while it is away")
    lab.come()
    for user in lab.users():
        user.wait_message("heard while it is away", "someone@" + lab.domain, seconds=60)


if __name__ == "__main__":
    run(StropheLab)
