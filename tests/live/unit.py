"""A service of a machine (machine.py), by the interface of a Process.

Its log is what the journal has of it, in the form in which enjamb writes to a terminal.
"""

import json
import os
import subprocess
import threading
import time

import waiting
from process import Process, _die_with_parent

LEVELS = {"3": "error", "4": "warning", "5": "message", "6": "info", "7": "debug"}


def line_of(entry):
    """A line of the log from an entry of the journal."""
    when = time.strftime("%F %T", time.localtime(int(entry["__REALTIME_TIMESTAMP"]) / 1e6))
    ends = [entry[key] for key in ("ENJAMB_LOCAL", "ENJAMB_REMOTE") if key in entry]
    stream = entry.get("ENJAMB_STREAM", "")
    if stream.startswith("in-"):
        ends.reverse()
    head = " ".join([when, LEVELS.get(entry.get("PRIORITY"), "?")] + [stream] * bool(stream)
                    + [">".join(ends)] * bool(ends))
    text = entry.get("MESSAGE") or ""
    if not isinstance(text, str):  # bytes that are no text
        text = bytes(text).decode(errors="replace")
    return "%s: %s\n" % (head, text)


class Unit(Process):
    """`name` without ".service"."""

    def __init__(self, machine, name, folder):
        super().__init__(name, [], folder)
        self.machine = machine
        self.follower = None

    def follow(self):
        """From now on, and from the beginning."""
        open(self.log_path, "ab").close()
        self.follower = subprocess.Popen(
            self.machine.command("journalctl", "--follow", "--lines=all", "--output=json", "--all",
                                 "_SYSTEMD_UNIT=%s.service" % self.name),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            preexec_fn=_die_with_parent)
        threading.Thread(target=self._copy, daemon=True).start()

    def _copy(self):
        with open(self.log_path, "a", encoding="utf-8") as log:
            for line in self.follower.stdout:
                log.write(line_of(json.loads(line)))
                log.flush()

    def show(self, name):
        """A property, as systemctl(1) tells it."""
        return self.machine.must("systemctl", "show", "--property=" + name, "--value",
                                 self.name).strip()

    def control(self, verb, *argv):
        """systemctl VERB: how it has ended."""
        return self.machine.run("systemctl", verb, *argv, self.name)

    def start(self):
        if not self.follower:
            self.follow()
        done = self.control("start")
        if done.returncode:
            raise AssertionError(done.stderr + self.tail())

    def running(self):
        return self.show("ActiveState") in ("active", "activating", "reloading", "deactivating")

    def wait_line(self, pattern, since=0, seconds=waiting.SECONDS):
        """It may have ended meanwhile, and been started again."""
        return waiting.until(lambda: self.line(pattern, since),
                             "%s to log %r" % (self.name, pattern), seconds)

    @property
    def pid(self):
        """In there."""
        return int(self.show("MainPID"))

    def status(self):
        """/proc/PID/status of the main process: name to value."""
        text = self.machine.must("cat", "/proc/%d/status" % self.pid)
        return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)

    def send_signal(self, number):
        self.machine.must("kill", "-%d" % number, str(self.pid))

    def stop(self, *_how):
        if not self.follower or not self.machine.process.running():
            return None
        self.control("stop")
        return int(self.show("ExecMainStatus"))
