"""A house of its own: a machine with all that is installed here, which may be changed, systemd,
Prosody as Debian installs it, and a network of its own with a remote server in it.

  example.com         Prosody in the machine, from its package, as README takes it for granted
  (the bridge)        192.0.2.10 once somebody publishes it
  remote.example      Prosody B outside of the machine, 198.51.100.20 by DNS

Nobody else is in that network, so that every port and address is free, and nobody is reached.
"""

import ctypes
import fcntl
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile

import ports
import tap
import waiting
from lab import LOCAL, RELAY, REMOTE, _terminated, escaped, missing_packages
from machine import Machine, Unbootable, require as require_systemd
from nameserver import Dns
from prosody import PASSWORD, Prosody, make_certificate
from unit import Unit

NEWNET = 0x40000000
SIOCSIFADDR, SIOCGIFFLAGS, SIOCSIFFLAGS, UP = 0x8916, 0x8913, 0x8914, 1

OURS, THEIRS = "192.0.2.10", "198.51.100.20"
ROMEO, JULIET = "romeo@" + REMOTE, "juliet@" + LOCAL
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CONF = "/etc/enjamb/enjamb.conf"
SLOW = 180


def own_network(*addresses):
    """From here on this process and its children have loopback and these addresses, and nothing
    else.  Answers a descriptor of the network that was theirs."""
    before = os.open("/proc/self/ns/net", os.O_RDONLY)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(NEWNET) < 0:
        raise Unbootable("no network of its own: " + os.strerror(ctypes.get_errno()))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        name = b"lo".ljust(16, b"\0")
        flags, = struct.unpack_from("H", fcntl.ioctl(control, SIOCGIFFLAGS, name + bytes(24)), 16)
        fcntl.ioctl(control, SIOCSIFFLAGS, name + struct.pack("H22x", flags | UP))
        for number, address in enumerate(addresses, 1):
            fcntl.ioctl(control, SIOCSIFADDR, (b"lo:%d" % number).ljust(16, b"\0") + struct.pack(
                "HH4s8x", socket.AF_INET, 0, socket.inet_aton(address)) + bytes(8))
    return before


class Network:
    """As ports.Network, where all is free: the name server where resolv.conf looks for it."""

    def host(self, number):
        return {53: "127.0.0.1", 12: THEIRS}[number]

    @staticmethod
    def port(_address, preferred, _kind=None):
        """The machine's Prosody takes the usual ones on every address."""
        return 53 if preferred == ports.DNS else 10000 + preferred


class Front:
    """Where clients of the machine's Prosody connect."""

    address, c2s = "127.0.0.1", ports.XMPP_CLIENT


def require(*programs):
    """Skips the whole test where this cannot be built; `programs` are (path, package)."""
    missing = missing_packages() + [package for path, package in programs
                                    if not os.access(path, os.X_OK)]
    if missing:
        tap.skip_all("not installed: " + ", ".join(missing))
    try:
        require_systemd()
    except Unbootable as reason:
        tap.skip_all(str(reason))


class House:
    """Use with `with`."""

    def __init__(self, domain):
        self.domain = domain
        self.outside = own_network(OURS, THEIRS)
        self.folder = tempfile.mkdtemp(prefix="enjamb-house-")
        self.keep = False
        self.clients = []
        self.machine = Machine(self.folder, whole=True)
        self.unit = Unit(self.machine, "enjamb", self.folder)
        network = Network()
        self.dns = Dns(self.folder, network)
        self.b = Prosody("prosody-b", self.folder, network, 12, REMOTE, self.dns)
        self.b.account("romeo")
        self.b.configure()

    @staticmethod
    def built(domain=RELAY):
        """The house, or the test is skipped with the reason."""
        try:
            house = House(domain)
        except Unbootable as reason:
            tap.skip_all(str(reason))
        try:
            house.machine.boot()
        except Unbootable as reason:
            house.remove()
            tap.skip_all(str(reason))
        return house

    def __enter__(self):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, _terminated)
        try:
            self.start()
        except BaseException:
            tap.say(self.tails())
            self.__exit__()
            raise
        return self

    def start(self):
        self.dns.start()
        self.dns.set_service(REMOTE, (0, 0, self.b.s2s, self.b.address))
        self.b.start()
        self.write("/etc/resolv.conf", "nameserver 127.0.0.1\n")
        self.furnish()

    def furnish(self):
        """Somebody runs Prosody for example.com already: its package, a certificate, an account."""
        machine = self.machine
        make_certificate(self.folder, LOCAL)
        for kind in ("crt", "key"):
            shutil.copy(os.path.join(self.folder, "%s.%s" % (LOCAL, kind)),
                        machine.inside("/etc/prosody/certs"))
        machine.must("sh", "-c", "chown prosody: /etc/prosody/certs/%s.*" % LOCAL)
        # A container's own way to keep every service from being started, or stopped.
        machine.must("rm", "-f", "/usr/sbin/policy-rc.d")
        self.write("/etc/prosody/conf.d/%s.cfg.lua" % LOCAL, 'VirtualHost "%s"\n' % LOCAL)
        machine.must("install", "-d", "-o", "prosody", "-g", "prosody", "/var/lib/prosody",
                     "/var/log/prosody", "/run/prosody")
        machine.must("prosodyctl", "register", "juliet", LOCAL, PASSWORD)
        machine.must("systemctl", "start", "prosody")
        if machine.run("unshare", "--user", "true").returncode:
            tap.say("PrivateUsers: no user namespaces, as in every chroot")
            machine.unit("enjamb.service.d/lab.conf", "[Service]\nPrivateUsers=no\n")

    def shell(self, commands, folder="/root", outside=False):
        """What root types there: how it has ended, with all that was printed.  `outside` is in
        the network of before, where packages can be fetched from."""
        argv = self.machine.command("env", "-C", folder, "PATH=" + PATH, "LANG=C.UTF-8",
                                    "DEBIAN_FRONTEND=noninteractive", "sh", "-ec", commands)
        if outside:
            argv.insert(1, "--net=/proc/self/fd/%d" % self.outside)
        env = {key: value for key, value in os.environ.items()
               if not key.startswith(("MAKE", "MFLAGS"))}
        return subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False,
                              env=dict(env, MAKEFLAGS="-j%d" % (os.cpu_count() or 1)),
                              pass_fds=[self.outside])

    def write(self, path, text):
        """That file in the machine."""
        with open(self.machine.inside(path), "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, path):
        with open(self.machine.inside(path), encoding="utf-8") as file:
            return file.read()

    def replace(self, path, old, new):
        """Edits one line of a file in the machine."""
        text = self.read(path)
        tap.equal(text.split("\n").count(old), 1, "lines of %s that are %r" % (path, old))
        self.write(path, text.replace(old, new))

    def client(self, jid):
        """A logged in client, once."""
        from client import Client  # slixmpp may be missing, require () has said so
        for client in self.clients:
            if client.bare == jid and client.xmpp.is_connected():
                return client
        local = jid.endswith("@" + LOCAL)
        client = Client(jid, Front if local else self.b, tls=local)
        self.clients.append(client)
        return client.login()

    def meet(self, text):
        """A message there, and one back."""
        juliet, romeo = self.client(JULIET), self.client(ROMEO)
        juliet.send(escaped(ROMEO, self.domain), text)
        romeo.wait_message(text, seconds=SLOW)
        romeo.send(escaped(JULIET, self.domain), text + " too")
        juliet.wait_message(text + " too", seconds=SLOW)

    def wait_up(self, since=0):
        """Until the link is up, as the journal tells."""
        return self.unit.wait_line(r"%s\b.*\blink up\b" % self.domain, since, SLOW)

    def tails(self):
        return "\n".join("--- %s\n%s" % (process.name, process.tail()) for process in (
            self.machine.process, self.dns.process, self.b.process, self.unit))

    def keep_files(self):
        self.keep = True

    def __exit__(self, *_error):
        for client in self.clients:
            try:
                client.logout()
            except Exception as error:  # the servers may be gone already
                tap.say("logout: %s" % error)
        for process in (self.unit, self.b.process, self.dns.process):
            try:
                process.stop()
            except waiting.TooLate as error:
                tap.say(error)
        self.machine.end()
        if self.keep:
            tap.say("logs are kept in " + self.folder)
        else:
            self.remove()

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)
