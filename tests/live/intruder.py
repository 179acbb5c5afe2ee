"""What somebody could do who has taken over a service: run in its place, in its sandbox.

Prints one line for each thing tried: "NAME: done", or "NAME: " and the error.
"""

import ctypes
import mmap
import os
import socket
import sys

NEWUSER, SYS_ADMIN_LOG = 0x10000000, 3
PTRACE_TRACEME = 0
libc = ctypes.CDLL(None, use_errno=True)


def call(name, *arguments):
    if getattr(libc, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)


def write(path):
    with open(path, "w", encoding="ascii"):
        pass


def others():
    """The first processes are not ours."""
    os.stat("/proc/1")


def packets():
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()


def raw():
    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close()


def code():
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()


ATTEMPTS = {
    "read /home": lambda: os.stat("/home/secret"),
    "read /root": lambda: os.listdir("/root"),
    "read the files of others in /tmp": lambda: os.stat("/tmp/secret"),
    "write /etc": lambda: write("/etc/enjamb/enjamb.conf"),
    "write /usr": lambda: write("/usr/enjamb"),
    "write /sys": lambda: write("/sys/fs/cgroup/cgroup.freeze"),
    "write /proc/sys": lambda: write("/proc/sys/kernel/hostname"),
    "see other processes": others,
    "packet socket": packets,
    "raw socket": raw,
    "writable code": code,
    "mount": lambda: call("mount", b"none", b"/tmp", b"tmpfs", 0, None),
    "user namespace": lambda: call("unshare", NEWUSER),
    "trace": lambda: call("ptrace", PTRACE_TRACEME, 0, 0, 0),
    "become root": lambda: os.setuid(0),
    "kernel log": lambda: call("klogctl", SYS_ADMIN_LOG, None, 0),
    "host name": lambda: socket.sethostname("intruder"),
    "set user id of a file": lambda: os.chmod("/run/enjamb", 0o4700),
    "reboot": lambda: call("reboot", 0),
}

if __name__ == "__main__":
    for what, attempt in ATTEMPTS.items():
        try:
            attempt()
            print("%s: done" % what)
        except OSError as error:
            print("%s: %s" % (what, error))
    sys.exit(0)
