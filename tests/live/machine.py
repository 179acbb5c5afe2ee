"""A machine of our own, in namespaces, whose first process is the real systemd.

Units that it finds are those that are given, and what they need at least; nothing else runs,
and nothing of this machine's is started, stopped or changed.
"""

import os
import re
import shutil
import subprocess
import sys

import waiting
from process import Process

HERE = os.path.dirname(os.path.abspath(__file__))
UNITS = "/etc/systemd/system"
SYSTEM_UNITS = "/usr/lib/systemd/system"

# The journal is the real one, too.
JOURNAL = ("systemd-journald.service", "systemd-journald.socket", "systemd-journald-dev-log.socket")
EMPTY = ("sysinit.target", "basic.target", "sockets.target", "shutdown.target", "local-fs.target",
         "network-online.target", "multi-user.target")
LAB = """\
[Unit]
Requires=basic.target
After=basic.target
Wants=systemd-journald.service
After=systemd-journald.service
"""
JOURNALD = """\
[Journal]
Storage=volatile
RuntimeMaxUse=48M
ReadKMsg=no
Audit=no
"""

PROGRAMS = ("/usr/lib/systemd/systemd", "/usr/bin/systemctl", "/usr/bin/journalctl",
            "/usr/bin/systemd-sysusers", "/usr/bin/nsenter")


class Unbootable(Exception):
    """The text says why not on this machine."""


def real(path):
    """Where it stands on a system whose /bin and /lib are no links into /usr."""
    other = path[len("/usr"):]
    return other if os.path.exists(other) and not os.path.exists(path) else path


def require():
    if os.geteuid() != 0:
        raise Unbootable("only root can boot systemd on this machine")
    missing = [path for path in PROGRAMS if not os.access(real(path), os.X_OK)]
    if missing:
        raise Unbootable("not installed: " + ", ".join(missing))


class Machine:
    """Put files and units into it, boot () it, run () commands in it, end () it.

    A whole one has all that is installed on this machine, and may change it."""

    def __init__(self, folder, whole=False):
        self.whole = whole
        self.folder = os.path.join(folder, "machine")
        self.root = os.path.join(folder, "root")
        self.units = os.path.join(self.folder, "units")
        os.makedirs(self.units)
        os.makedirs(self.root)
        self.binds = {UNITS: self.units}
        self.process = None
        self.pid = None
        for name in JOURNAL:
            shutil.copy(real(os.path.join(SYSTEM_UNITS, name)), self.units)
        for name in EMPTY:
            self.unit(name, "[Unit]\nDefaultDependencies=no\n")
        self.unit("lab.target", LAB)
        self.bind(self.write("journald.conf", JOURNALD), "/etc/systemd/journald.conf")

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def unit(self, name, text):
        """A unit file, or NAME.d/FILE.conf with more for one."""
        self.write(os.path.join("units", name), text)

    def bind(self, source, target):
        """That file or folder of ours is `target` in there."""
        self.binds[target] = source

    def boot(self):
        argv = ["/usr/bin/python3", "-B", os.path.join(HERE, "namespaces.py"), self.root,
                real(PROGRAMS[0]), UNITS] + ["--whole"] * self.whole
        argv += ["%s=%s" % (source, target) for target, source in self.binds.items()]
        self.process = Process("machine", argv, os.path.dirname(self.folder))
        self.process.start()
        try:
            line = self.process.wait_line(r"^booted as \d+", 0, 180)
            self.pid = int(line.split()[-1])
            waiting.until(self._up, "systemd to come up", 300)
        except AssertionError:
            self.end()
            told = re.findall("^cannot boot: (.*)$", self.process.log(), re.MULTILINE)
            if told:
                raise Unbootable("%s, on this machine" % told[0]) from None
            raise

    def _up(self):
        if not self.process.running():
            raise AssertionError("systemd ended:\n" + self.process.tail())
        return self.run("systemctl", "is-active", "lab.target").stdout == "active\n"

    def command(self, *argv):
        """What starts that program in there."""
        return ["/usr/bin/nsenter", "--target", str(self.pid), "--mount", "--uts", "--ipc", "--pid",
                "--cgroup", "--root", "--wd", "--", *argv]

    def run(self, *argv, seconds=600):
        """The finished program: its status, and what it has printed."""
        return subprocess.run(self.command(*argv), stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, check=False, timeout=seconds,
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8",
                                   "SYSTEMD_PAGER": "", "SYSTEMD_COLORS": "0"})

    def must(self, *argv):
        """The same, that has to succeed: what it has printed."""
        done = self.run(*argv)
        if done.returncode:
            raise AssertionError("%s: %d\n%s%s" % (" ".join(argv), done.returncode, done.stdout,
                                                   done.stderr))
        return done.stdout

    def inside(self, path):
        """That file of the machine, as it is seen from here."""
        return "/proc/%d/root%s" % (self.pid, path)

    def end(self):
        if self.process:
            self.process.stop()
