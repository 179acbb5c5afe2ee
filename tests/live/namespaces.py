"""Becomes a small machine in namespaces of its own: a root in memory, and systemd in it.

    namespaces.py ROOT SYSTEMD UNITS [--whole] [FROM=TO]...

With --whole it has all that this machine has installed, to change as it likes: what it writes
stays in memory.  Otherwise it has what is to be read only, and nothing of /etc or /var.
What it mounts, and all processes in it, are gone when it ends, however it ends: the mounts
are seen in here only, and the kernel kills who is in a process namespace whose first process
is gone.  The network is that of whoever starts it, which it may use and not change.
"""

import ctypes
import os
import shutil
import signal
import socket
import sys

NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWPID = 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x20000000
RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT, BIND, REC, PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
DETACH = 2
PR_SET_PDEATHSIG, PR_CAPBSET_DROP = 1, 24
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41, "riscv64": 41}

# What reaches beyond namespaces: network, clock, kernel log, modules, audit.
CAPABILITIES = {
    "LINUX_IMMUTABLE": 9, "NET_ADMIN": 12, "SYS_MODULE": 16, "SYS_RAWIO": 17, "SYS_PACCT": 20,
    "SYS_TIME": 25, "AUDIT_WRITE": 29, "AUDIT_CONTROL": 30, "MAC_OVERRIDE": 32, "MAC_ADMIN": 33,
    "SYSLOG": 34, "WAKE_ALARM": 35, "BLOCK_SUSPEND": 36, "AUDIT_READ": 37,
}

# Of the host, to be read.  What is a link there is a link here.
SYSTEM = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "etc/alternatives",
          "etc/ld.so.cache", "etc/ssl", "etc/ca-certificates", "etc/localtime")
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
FOLDERS = ("proc", "sys", "dev", "run", "tmp", "var/tmp", "var/log", "home", "root", "etc/systemd",
           "opt", "mnt")

UNITS_OF_PACKAGES = ":/usr/local/lib/systemd/system:/usr/lib/systemd/system:/lib/systemd/system"

libc = ctypes.CDLL(None, use_errno=True)


def must(result, what):
    if result < 0:
        raise OSError("%s: %s" % (what, os.strerror(ctypes.get_errno())))


def mount(source, target, kind=None, flags=0, options=None):
    must(libc.mount(source.encode(), target.encode(), kind and kind.encode(),
                    ctypes.c_ulong(flags), options and options.encode()),
         "mount %s on %s" % (kind or source, target))


def unshare(flags):
    must(libc.unshare(flags), "unshare")


def bind(source, target, flags=0):
    """That file or folder, also there."""
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        open(target, "ab").close()
    mount(source, target, flags=BIND)
    if flags:
        mount("none", target, flags=BIND | REMOUNT | flags)


def private():
    """From here on, mounts are nobody else's."""
    unshare(NEWNS)
    try:
        mount("none", "/", flags=REC | PRIVATE)
    except OSError:
        pass  # In a chroot "/" may be no mount.  Whether others see ours is looked at.


def seen_outside(root):
    there = "/proc/%d/root%s" % (os.getppid(), root)
    return os.stat(there).st_dev == os.stat(root).st_dev


def overlay(root):
    """All of this machine's files, and changes to them in memory."""
    for name in ("usr", "etc", "var"):
        if os.path.ismount("/" + name):
            raise OSError("/%s is a file system of its own" % name)
    upper, work, whole = (os.path.join(root, name) for name in ("upper", "work", "whole"))
    for folder in (upper, work, whole):
        os.mkdir(folder)
    mount("overlay", whole, "overlay", 0, "lowerdir=/,upperdir=%s,workdir=%s" % (upper, work))
    # Of its services none is started unless somebody asks for it.
    for units in ("usr/lib/systemd/system", "lib/systemd/system"):
        folder = os.path.join(whole, units)
        for name in os.listdir(folder) if os.path.isdir(folder) else ():
            if name.endswith((".wants", ".requires")):
                shutil.rmtree(os.path.join(folder, name))
    mount("tmpfs", whole + "/tmp", "tmpfs", NOSUID | NODEV, "mode=1777,size=1g")
    resolver = os.path.join(whole, "etc/resolv.conf")
    with open("/etc/resolv.conf", encoding="utf-8") as outside:
        text = outside.read()
    if os.path.lexists(resolver):
        os.unlink(resolver)
    with open(resolver, "w", encoding="utf-8") as inside:
        inside.write(text)
    return whole


def select(root):
    """Of this machine's files those that every service needs, to be read."""
    for name in SYSTEM:
        source, target = "/" + name, os.path.join(root, name)
        if os.path.islink(source):
            os.symlink(os.readlink(source), target)
        elif os.path.exists(source):
            bind(source, target, RDONLY)


def build(root, binds):
    """The folders, but for what belongs to one process namespace."""
    for name in FOLDERS:
        os.makedirs(os.path.join(root, name), exist_ok=True)
    for name in ("tmp", "var/tmp"):
        os.chmod(os.path.join(root, name), 0o1777)
    mount("tmpfs", root + "/dev", "tmpfs", NOSUID, "mode=755,size=1m")
    for name in DEVICES:
        if os.path.exists("/dev/" + name):
            bind("/dev/" + name, root + "/dev/" + name)
    os.makedirs(root + "/dev/shm")
    mount("tmpfs", root + "/dev/shm", "tmpfs", NOSUID | NODEV, "mode=1777,size=8m")
    for name, target in (("fd", "/proc/self/fd"), ("ptmx", "pts/ptmx")):
        os.symlink(target, root + "/dev/" + name)
    for source, target in binds:
        bind(source, root + target)
    with open(root + "/etc/machine-id", "w", encoding="ascii") as identity:
        identity.write(os.urandom(16).hex() + "\n")
    with open(root + "/etc/hosts", "w", encoding="ascii") as hosts:
        hosts.write("127.0.0.1 localhost\n::1 localhost\n")


class Group:
    """A control group for all in here: the root of what they see."""

    def __init__(self, root):
        self.place = root + "/mnt"
        mount("cgroup2", self.place, "cgroup2", NOSUID | NODEV | NOEXEC)
        with open("/proc/self/cgroup", encoding="utf-8") as groups:
            own = [line.strip()[3:] for line in groups if line.startswith("0::")]
        if not own:
            raise OSError("no control groups of the second version")
        self.path = "%s%s/enjamb-lab-%d" % (self.place, own[0].rstrip("/"), os.getpid())
        os.mkdir(self.path)

    def enter(self):
        with open(self.path + "/cgroup.procs", "w", encoding="ascii") as processes:
            processes.write("0")
        unshare(NEWCGROUP)

    def remove(self):
        """When nobody is in it any more."""
        for folder, _, _ in os.walk(self.path, topdown=False):
            os.rmdir(folder)


def change_root(root):
    """The old one is out of sight; within a chroot it is out of reach only."""
    os.chdir(root)
    call = PIVOT_ROOT.get(os.uname().machine)
    if call and libc.syscall(ctypes.c_long(call), b".", b".") == 0:
        must(libc.umount2(b".", DETACH), "umount the old root")
    else:
        os.chroot(".")
    os.chdir("/")


def become(group, root, systemd, units):
    """In the first process of the namespace."""
    group.enter()
    unshare(NEWNS)  # who waits outside keeps the old root
    must(libc.umount2(group.place.encode(), DETACH), "umount")
    must(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")
    flags = NOSUID | NODEV | NOEXEC
    mount("proc", root + "/proc", "proc", flags)
    for name in ("/proc/sys", "/proc/sysrq-trigger"):
        if os.path.exists(root + name):
            bind(root + name, root + name, flags | RDONLY)
    mount("sysfs", root + "/sys", "sysfs", flags | RDONLY)
    mount("cgroup2", root + "/sys/fs/cgroup", "cgroup2", flags)
    mount("tmpfs", root + "/run", "tmpfs", NOSUID | NODEV, "mode=755,size=64m")
    socket.sethostname("enjamb-lab")
    change_root(root)
    for number in CAPABILITIES.values():
        must(libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0), "prctl")
    os.execve(systemd, [systemd, "--system", "--unit=lab.target", "--show-status=no"],
              {"container": "enjamb-lab", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
               "SYSTEMD_UNIT_PATH": units})


def main(root, systemd, units, *binds):
    whole = binds[:1] == ("--whole",)
    private()
    mount("tmpfs", root, "tmpfs", 0, "mode=755,size=%s" % ("2g" if whole else "256m"))
    if seen_outside(root):
        must(libc.umount2(root.encode(), DETACH), "umount")
        raise OSError("what is mounted here would be seen outside")
    if whole:
        root = overlay(root)
        units += UNITS_OF_PACKAGES
    else:
        select(root)
    build(root, [text.split("=", 1) for text in binds[whole:]])
    group = Group(root)
    child = 0

    def ended(_number, _frame):
        if child:
            os.kill(child, signal.SIGKILL)
        else:
            raise SystemExit(1)

    signal.signal(signal.SIGTERM, ended)
    try:
        unshare(NEWUTS | NEWIPC | NEWPID)
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            try:
                become(group, root, systemd, units)
            except OSError as error:
                print("cannot boot: %s" % error, flush=True)
            finally:
                os._exit(1)
        print("booted as %d" % child, flush=True)
        os.waitpid(child, 0)
    finally:
        group.remove()


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except OSError as error:
        print("cannot boot: %s" % error, flush=True)
        sys.exit(1)
