#!/usr/bin/python3
"""enjamb as a service of the real systemd, in a machine of its own.

The unit file is the one that is installed, with its sandbox.  Prosody, the name server and the
clients live outside of that machine, on the same loopback.
"""

import ctypes
import errno
import os
import re
import shutil
import signal
import sys

import ports
import waiting
from bridge import RELOADED, find_program
from lab import ECHO, LOCAL, RELAY, REMOTE, SOURCE, Lab, escaped, require
from machine import Machine, Unbootable, require as require_systemd
from tap import Skip, equal, run, say, skip_all, test, true
from unit import Unit

HERE = os.path.dirname(os.path.abspath(__file__))
ROMEO = escaped("romeo@" + REMOTE, RELAY)
JULIET = escaped("juliet@" + LOCAL, RELAY)
SBIN = "/opt/enjamb/sbin"
INTRUDER = "/opt/enjamb/intruder.py"
SHORT = "enjamb.service.d/watchdog.conf"
LINKS = (RELAY, ECHO)
SLOW = 180


def unit_text():
    with open(os.path.join(SOURCE, "data", "enjamb.service.in"), encoding="utf-8") as unit:
        return unit.read().replace("@sbindir@", SBIN).replace("@sysconfdir@", "/etc")


class SystemdLab(Lab):
    """The bridge is a unit; the first test starts it."""

    def __init__(self):
        super().__init__()
        self.machine = Machine(self.folder)
        self.unit = self.bridge.process = Unit(self.machine, "enjamb", self.folder)
        self.bridge.groups["control"] = {}
        self.bridge.groups["log"]["level"] = "info"
        self.missing = {}  # what of the unit cannot be had here: key to reason
        self.install()

    def install(self):
        machine = self.machine
        program = os.path.join(machine.folder, "enjamb")
        shutil.copy(find_program(), program)
        machine.bind(program, SBIN + "/enjamb")
        program = os.path.join(machine.folder, "enjambctl")
        shutil.copy(find_program("enjambctl"), program)
        machine.bind(program, SBIN + "/enjambctl")
        machine.bind(os.path.join(HERE, "intruder.py"), INTRUDER)
        machine.bind(os.path.join(SOURCE, "data", "enjamb.sysusers"), "/etc/sysusers.d/enjamb.conf")
        machine.bind(self.bridge.folder, "/etc/enjamb")
        machine.bind(machine.write("secret", "s\n"), "/home/secret")
        machine.unit("enjamb.service", unit_text())
        # Leaks cannot be looked for where nothing may be traced.
        machine.unit("enjamb.service.d/lab.conf",
                     "[Service]\nEnvironment=ASAN_OPTIONS=detect_leaks=0\n")
        machine.unit("intruder.service", re.sub(
            r"^(Type|Exec\w+|Restart\w*|WatchdogSec|NotifyAccess|FileDescriptor\w+)=.*\n", "",
            unit_text(), flags=re.MULTILINE).replace(
                "[Service]\n", "[Service]\nType=oneshot\nExecStart=/usr/bin/python3 -B %s\n"
                % INTRUDER))

    def boot(self):
        machine = self.machine
        machine.boot()
        machine.must("systemd-sysusers")
        if machine.run("unshare", "--user", "true").returncode:
            self.without("PrivateUsers", "no user namespaces, as in every chroot")
        if "memory" not in machine.must("cat", "/sys/fs/cgroup/cgroup.controllers").split():
            self.missing["MemoryMax"] = "systemd is not given the control group's memory"

    def without(self, key, reason):
        self.missing[key] = reason
        for name in ("enjamb", "intruder"):
            self.machine.unit("%s.service.d/%s.conf" % (name, key), "[Service]\n%s=no\n" % key)
        self.machine.must("systemctl", "daemon-reload")

    def start(self):
        self.wants_bridge = False
        super().start()
        self.wants_bridge = True
        self.processes.insert(0, self.machine.process)
        self.processes.append(self.unit)

    def hand_over_files(self):
        """As README says: of root, and the group enjamb may read them."""
        line = self.machine.must("getent", "passwd", "enjamb")
        for folder, _, names in os.walk(self.bridge.folder):
            for path in [folder] + [os.path.join(folder, name) for name in names]:
                os.chown(path, 0, int(line.split(":")[3]))
                os.chmod(path, 0o750 if os.path.isdir(path) else 0o640)

    def configure(self):
        self.bridge.write()
        self.hand_over_files()

    def meet(self, text):
        """A message there, and one back."""
        juliet, romeo = self.juliet(), self.romeo()
        juliet.send(ROMEO, text)
        romeo.wait_message(text, seconds=SLOW)
        romeo.send(JULIET + "/balcony", text + " too")
        juliet.wait_message(text + " too", seconds=SLOW)

    def warnings(self, since=0):
        """But for the one that the name server is worth."""
        return [line for line in self.bridge.warnings(since) if "DNSSEC" not in line]


def booted_lab():
    require()
    try:
        require_systemd()
    except Unbootable as reason:
        skip_all(str(reason))
    lab = SystemdLab()
    try:
        lab.boot()
    except Unbootable as reason:
        lab.remove()
        skip_all(str(reason))
    return lab


@test("a configuration with a fault fails the start, and the journal tells")
def faulty(lab):
    lab.bridge.groups["log"]["level"] = "loud"
    lab.configure()
    lab.unit.follow()
    done = lab.unit.control("start")
    true(done.returncode != 0, "systemctl start has failed")
    lab.unit.wait_line(r"\[log\] level: .*loud", 0, SLOW)
    lab.unit.control("stop")
    lab.unit.control("reset-failed")
    lab.bridge.groups["log"]["level"] = "info"


@test("it is active when it accepts connections, and not before")
def ready(lab):
    lab.configure()
    lab.unit.start()
    true(ports.listening(lab.bridge.address, lab.bridge.s2s), "it accepts connections")
    equal((lab.unit.show("ActiveState"), lab.unit.show("SubState"), lab.unit.show("Type")),
          ("active", "running", "notify"), "state")
    equal(lab.unit.show("WatchdogUSec"), "30s", "the patience with it")
    for domain in LINKS:
        lab.bridge.wait_link(domain, 0, SLOW)
    waiting.until(lambda: lab.unit.show("StatusText"), "the line of its status", SLOW)
    say(lab.unit.show("StatusText"))


def has_landlock():
    """landlock_create_ruleset(2) tells its version where there is one."""
    return ctypes.CDLL(None).syscall(ctypes.c_long(444), None, ctypes.c_size_t(0),
                                     ctypes.c_uint(1)) > 0


@test("its process has no capability, no way to new privileges, and a filter for system calls")
def confined(lab):
    status = lab.unit.status()
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        equal(int(status[name], 16), 0, name)
    equal((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"), "NoNewPrivs, Seccomp")
    user = lab.machine.must("id", "-u", "enjamb").strip()
    equal(status["Uid"].split(), [user] * 4, "user")
    true(user != "0", "not root")
    equal(lab.machine.must("stat", "-c", "%U %a", "/run/enjamb").strip(), "enjamb 700",
          "the runtime directory")
    equal(lab.unit.line("no landlock here") is None, has_landlock(), "landlock")
    equal(lab.warnings(), [], "warnings")


@test("root and its own user may ask it, and nobody else")
def asked(lab):
    # Before the intruder, whose end takes the folder of the socket away.
    ask = [SBIN + "/enjambctl", "--config", "/etc/enjamb/enjamb.conf", "status"]
    for user, wanted in (("root", 0), ("enjamb", 0), ("nobody", 3)):
        done = lab.machine.run("setpriv", "--reuid", user, "--init-groups", *ask)
        equal(done.returncode, wanted, "%s: %s" % (user, done.stdout + done.stderr))


@test("in its place nothing else can be read, written or done")
def intruder(lab):
    equal(lab.machine.run("ls", "/home/secret").returncode, 0, "there is something to steal")
    lab.machine.must("touch", "/tmp/secret")
    lab.machine.must("systemctl", "start", "intruder")
    told = []

    def tell():
        told[:] = lab.machine.must("journalctl", "--output=cat", "--identifier=python3",
                                   "_SYSTEMD_UNIT=intruder.service").splitlines()
        return any(line.startswith("reboot: ") for line in told)

    waiting.until(tell, "all that an intruder tries", SLOW)
    for line in told:
        say(line)
    equal([line for line in told if line.endswith(": done")], [], "what could be done")
    # Whoever is not root may not write there either; nor could root.
    for place in ("/etc", "/usr", "/sys"):
        true(any(line.startswith("write %s: [Errno %d]" % (place, errno.EROFS)) for line in told),
             place + " is read-only")


@test("its users are its own")
def users(lab):
    if "PrivateUsers" in lab.missing:
        raise Skip(lab.missing["PrivateUsers"] + ", on this machine")
    own = lab.machine.must("readlink", "/proc/%d/ns/user" % lab.unit.pid)
    true(own != lab.machine.must("readlink", "/proc/1/ns/user"), "a namespace of users")


@test("its memory is bounded by the manager")
def memory(lab):
    if "MemoryMax" in lab.missing:
        raise Skip(lab.missing["MemoryMax"] + ", on this machine")
    true(lab.unit.show("MemoryCurrent").isdigit(), "memory that is counted")
    equal(lab.unit.show("MemoryMax"), str(2 << 30), "MemoryMax")


@test("messages pass, both ways")
def messages(lab):
    lab.meet("from within a sandbox")


def reconfigure(lab, told):
    """Who asks at once may be between: it is over when the journal says so."""
    lab.configure()
    since = lab.unit.mark()
    equal(lab.unit.control("reload").returncode, 0, "systemctl reload")
    lab.unit.wait_line(told, since, SLOW)


@test("systemctl reload takes the new configuration, and refuses a faulty one")
def reload(lab):
    pid = lab.unit.pid
    romeo = "%s@%s" % (REMOTE, RELAY)
    equal(lab.juliet().ping(romeo), True, "before")
    lab.bridge.groups["peer " + REMOTE] = {"policy": "deny"}
    reconfigure(lab, RELOADED)
    equal(lab.juliet().ping(romeo), ("cancel", "not-allowed"), "when the peer is denied")
    lab.bridge.groups["peer " + REMOTE] = {"policy": "perhaps"}
    reconfigure(lab, "perhaps")
    equal(lab.juliet().ping(romeo), ("cancel", "not-allowed"), "after a fault")
    del lab.bridge.groups["peer " + REMOTE]
    reconfigure(lab, RELOADED)
    waiting.until(lambda: lab.juliet().ping(romeo) is True, "the peer to be allowed again", SLOW)
    waiting.until(lambda: lab.unit.show("ActiveState") == "active", "an end of the reload", SLOW)
    equal(lab.unit.pid, pid, "the process")


def kept(lab):
    """Waits until the manager has all: a daybook, a listener, and two of each link."""
    waiting.until(lambda: lab.unit.show("NFileDescriptorStore") == str(2 + 2 * len(LINKS)),
                  "all to be kept", SLOW)


def again(lab, act, told):
    """`act` () ends the process; another one comes, and listens at the same socket."""
    endpoint = lab.bridge.address, lab.bridge.s2s
    socket, pid = ports.listener(endpoint), lab.unit.pid
    act()
    waiting.until(lambda: lab.unit.pid not in (0, pid)
                  and lab.unit.show("ActiveState") == "active", "another process", SLOW)
    journal = lab.machine.must("journalctl", "--output=cat", "_PID=1")
    true(re.search(told, journal), "%s in\n%s" % (told, journal))
    equal(ports.listener(endpoint), socket, "the socket that it listens at")


def succeed(lab, act, told):
    """The other process goes on with the same links, and Prosody does not notice; what Prosody
    writes to them meanwhile arrives."""
    kept(lab)
    links, since, mark = lab.bridge.links(), lab.unit.mark(), lab.a.process.mark()
    equal(len(links), len(LINKS), "links")
    meanwhile = "while process %d ends" % lab.unit.pid

    def act_and_send():
        act()
        lab.juliet().send(ROMEO, meanwhile)

    again(lab, act_and_send, told)
    for domain in LINKS:
        lab.unit.wait_line(re.escape(domain) + r"\b.*link up: carried on", since, SLOW)
    lab.romeo().wait_message(meanwhile, seconds=SLOW)
    lab.meet("by process %d" % lab.unit.pid)
    equal(lab.bridge.links(), links, "four-tuples of the links")
    true("component disconnected" not in lab.a.process.log(mark), "Prosody has noticed nothing")
    equal([line for line in lab.warnings(since) if "refused" in line], [], "all was of use")


def hand_over(lab):
    lab.machine.must("systemctl", "kill", "-s", "USR2", "enjamb")


@test("an upgrade by systemctl kill -s USR2 keeps the links")
def upgrade(lab):
    succeed(lab, lambda: hand_over(lab), "Scheduled restart job")


@test("a process that is killed is followed by another one, on the same links")
def killed(lab):
    succeed(lab, lambda: lab.unit.send_signal(signal.SIGKILL), "status=9/KILL")


@test("a process that hangs is ended, and another one goes on with the links")
def watchdog(lab):
    lab.machine.unit(SHORT, "[Service]\nWatchdogSec=10\n")
    lab.machine.must("systemctl", "daemon-reload")
    try:
        again(lab, lambda: hand_over(lab), "Scheduled restart job")
        succeed(lab, lambda: lab.unit.send_signal(signal.SIGSTOP), "Watchdog timeout")
    finally:
        lab.machine.unit(SHORT, "")
        lab.machine.must("systemctl", "daemon-reload")


@test("systemctl restart ends the links in order, with no stanza left")
def restart(lab):
    since, mark = lab.unit.mark(), lab.a.process.mark()
    again(lab, lambda: lab.machine.must("systemctl", "restart", "enjamb"), "Stopped")
    lab.unit.wait_line(r"stanzas accepted .*owned 0$", since, SLOW)
    for domain in LINKS:
        lab.a.process.wait_line("component disconnected: " + re.escape(domain), mark, SLOW)
        lab.bridge.wait_link(domain, since, SLOW)
    lab.meet("after a restart")


@test("systemctl stop leaves nothing")
def stop(lab):
    since = lab.unit.mark()
    equal(lab.unit.stop(), 0, "exit status")
    equal((lab.unit.show("ActiveState"), lab.unit.show("Result")), ("inactive", "success"), "state")
    lab.unit.wait_line(r"stanzas accepted .*owned 0$", since, SLOW)
    equal(lab.bridge.links(), set(), "links")
    true(lab.machine.run("ls", "/run/enjamb").returncode != 0, "no runtime directory")
    equal(lab.warnings(since), [], "warnings")


if __name__ == "__main__":
    run(booted_lab)
