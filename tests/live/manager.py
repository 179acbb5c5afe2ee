"""A stand-in for the service manager: starts enjamb, keeps its descriptors,
and starts it again when it was killed or has handed over.

What systemd does with NOTIFY_SOCKET, FDSTORE=1, FDSTOREREMOVE=1, BARRIER=1 and
LISTEN_FDS (sd_notify(3), sd_listen_fds(3)), and no more.
"""

import array
import fcntl
import os
import signal
import socket
import subprocess
import threading
import time

import waiting
from process import Process, _die_with_parent

FIRST = 3
HIGH = 200
HANDED_OVER = 75


class Managed(Process):
    """A Process that comes back by itself."""

    def __init__(self, name, argv, folder, env=None):
        super().__init__(name, argv, folder, env)
        self.path = os.path.join(folder, name + ".notify")
        self.kept = []  # (name, descriptor)
        self.ends = []  # statuses of those that were started again
        self.wanted = False
        self.keeps = True
        self.lock = threading.RLock()
        self.socket = None

    def start(self):
        if not self.socket:
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self.socket.bind(self.path)
            self.socket.settimeout(0.02)
            threading.Thread(target=self._serve, daemon=True).start()
        with self.lock:
            self._start()
            self.wanted = True

    def _start(self):
        kept = list(self.kept)

        def become():
            """In the child: the descriptors from 3 on, then the program."""
            _die_with_parent()
            high = [fcntl.fcntl(fd, fcntl.F_DUPFD, HIGH) for _, fd in kept]
            os.closerange(FIRST, HIGH)
            for number, fd in enumerate(high, FIRST):
                os.dup2(fd, number)
            os.closerange(HIGH, HIGH + 200)
            env = dict(self.env, NOTIFY_SOCKET=self.path)
            if not self.keeps:
                env["FDSTORE"] = "0"
            if kept:
                env.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(kept)),
                           LISTEN_FDNAMES=":".join(name for name, _ in kept))
            os.execve(self.argv[0], self.argv, env)

        with open(self.log_path, "ab") as log:
            self.child = subprocess.Popen(self.argv, cwd=self.folder, stdin=subprocess.DEVNULL,
                                          stdout=log, stderr=log, start_new_session=True,
                                          close_fds=False, preexec_fn=become)

    def _serve(self):
        while True:
            try:
                self._hear()
                continue
            except socket.timeout:
                pass
            except OSError:
                return
            with self.lock:
                status = self.child.poll() if self.child else None
                if self.wanted and status is not None:
                    # What it said before it ended counts.
                    self._drain()
                    if status == HANDED_OVER or status < 0:
                        self.ends.append(status)
                        self._start()
                    else:
                        self.wanted = False

    def _drain(self):
        try:
            while True:
                self._hear()
        except socket.timeout:
            pass

    def _hear(self):
        data, ancillary, _, _ = self.socket.recvmsg(4096, socket.CMSG_SPACE(4))
        fds = array.array("i")
        for level, kind, payload in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                fds.frombytes(payload)
        told = dict(line.split("=", 1) for line in data.decode().split("\n") if "=" in line)
        with self.lock:
            if told.get("FDSTORE") == "1" and self.keeps:
                self.kept += [(told["FDNAME"], fd) for fd in fds]
                return
            if told.get("FDSTOREREMOVE") == "1":
                fds.extend(fd for name, fd in self.kept if name == told["FDNAME"])
                self.kept = [item for item in self.kept if item[0] != told["FDNAME"]]
        for fd in fds:
            os.close(fd)

    def names(self):
        """What is kept, without the letters that make it unique."""
        with self.lock:
            return sorted(name.rsplit("-", 1)[0] for name, _ in self.kept)

    def wait_kept(self, timeout=waiting.SECONDS):
        """Until it has all that a successor of one link needs."""
        wanted = ["daybook", "keepsake", "link", "listen"]
        waiting.until(lambda: self.names() == wanted, "all to be kept: %s" % self.names(), timeout)

    def running(self):
        with self.lock:
            return super().running()

    def end(self, number):
        """Sends the signal, and waits until another process has been started."""
        with self.lock:
            # No process is being started meanwhile.
            before = len(self.ends)
            self.send_signal(number)
        return lambda: len(self.ends) > before

    def stop(self, number=signal.SIGTERM, seconds=waiting.SECONDS):
        with self.lock:
            self.wanted = False
        status = super().stop(number, seconds)
        deadline = time.monotonic() + 1
        while self.kept and time.monotonic() < deadline:
            time.sleep(0.02)
        return status
