"""Programs that the laboratory starts, and stops again whatever happens."""

import ctypes
import os
import re
import signal
import subprocess

import tap
import waiting

_PR_SET_PDEATHSIG, _PR_SET_THP_DISABLE = 1, 41
_libc = ctypes.CDLL(None)


def _steady():
    # Where the kernel makes huge pages of a heap by itself, two megabytes come and go by chance.
    _libc.prctl(_PR_SET_THP_DISABLE, 1, 0, 0, 0)


def _die_with_parent():
    _steady()
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def descriptors(pid):
    """How many that process has open.  Of one that holds secrets only root may see which they are,
    and newer kernels tell everybody how many."""
    path = "/proc/%d/fd" % pid
    try:
        return len(os.listdir(path))
    except PermissionError:
        return os.stat(path).st_size


def require_descriptors():
    """Skips the whole test where they cannot be counted."""
    if os.geteuid() != 0 and os.stat("/proc/self/fd").st_size == 0:
        tap.skip_all("only root can count the descriptors of a process that holds secrets, "
                     "on this machine")


class Process:
    """One program with its log file; start () may be called again."""

    def __init__(self, name, argv, folder, env=None, outlive=False):
        self.name = name
        self.argv = argv
        self.folder = folder
        self.log_path = os.path.join(folder, name + ".log")
        self.env = dict(os.environ, **(env or {}))
        self.outlive = outlive
        self.child = None

    def start(self):
        with open(self.log_path, "ab") as log:
            self.child = subprocess.Popen(
                self.argv,
                cwd=self.folder,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_steady if self.outlive else _die_with_parent,
            )

    @property
    def pid(self):
        return self.child.pid

    def running(self):
        return self.child is not None and self.child.poll() is None

    def send_signal(self, number):
        self.child.send_signal(number)

    def stop(self, number=signal.SIGTERM, seconds=waiting.SECONDS):
        """Returns the exit status; what does not go in time is killed."""
        if self.child is None:
            return None
        if self.running():
            self.send_signal(number)
            try:
                waiting.until(lambda: not self.running(), self.name + " to stop", seconds)
            except waiting.TooLate:
                os.killpg(self.child.pid, signal.SIGKILL)
                self.child.wait()
                raise
        return self.child.wait()

    def log(self, since=0):
        """The text of the log from that offset on."""
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as log:
                log.seek(since)
                return log.read()
        except FileNotFoundError:
            return ""

    def mark(self):
        """Where the log ends now, for `since`."""
        try:
            return os.path.getsize(self.log_path)
        except FileNotFoundError:
            return 0

    def line(self, pattern, since=0):
        """The first log line that matches, or None."""
        found = re.search("^.*(?:" + pattern + ").*$", self.log(since), re.MULTILINE)
        return found.group(0) if found else None

    def wait_line(self, pattern, since=0, seconds=waiting.SECONDS):
        """The first log line that matches; a program that ended is a failure."""

        def look():
            line = self.line(pattern, since)
            if not line and not self.running():
                raise AssertionError("%s ended with %s:\n%s" % (
                    self.name, self.child.poll(), self.tail()))
            return line

        return waiting.until(look, "%s to log %r" % (self.name, pattern), seconds)

    def tail(self, lines=60):
        return "\n".join(self.log().splitlines()[-lines:])
