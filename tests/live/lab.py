"""The laboratory: a DNS server, two Prosody servers and enjamb on loopback.

  example.com     Prosody A, which holds the components bridge.example.com
                  and echo.example.com
  remote.example  Prosody B, which knows the components only by DNS and S2S
  enjamb          relay at bridge.example.com, echo at echo.example.com

Nothing outside a temporary folder is written, nothing but loopback is used,
and everything is stopped when the `with` block ends, however it ends.
"""

import importlib.util
import os
import re
import shutil
import signal
import sys
import tempfile

import tap
import waiting
from bridge import Bridge, find_program
from nameserver import Dns
from ports import Network
from prosody import Prosody

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

LOCAL = "example.com"
REMOTE = "remote.example"
RELAY = "bridge.example.com"
ECHO = "echo.example.com"

PROGRAMS = {
    "/usr/bin/prosody": "prosody",
    "/usr/sbin/unbound": "unbound",
    "/usr/sbin/unbound-control": "unbound",
    "/usr/bin/openssl": "openssl",
}


def missing_packages():
    """Debian packages that the laboratory needs and does not find."""
    missing = {package for path, package in PROGRAMS.items() if not os.access(path, os.X_OK)}
    if not importlib.util.find_spec("slixmpp"):
        missing.add("python3-slixmpp")
    return sorted(missing)


def require(bridge=True):
    """Skips the whole test where real servers, or the program, are not there."""
    missing = missing_packages()
    if missing:
        tap.skip_all("not installed: " + ", ".join(missing))
    if bridge and not find_program():
        tap.skip_all("no enjamb in the build folder")


def component_block(domain=RELAY):
    """The Prosody block of README, for that domain, and the secret in it."""
    path = os.path.join(SOURCE, "data", "prosody-component.cfg.lua")
    with open(path, encoding="utf-8") as block:
        text = block.read().replace(RELAY, domain)
    return text, re.search(r'component_secret = "(.*)"', text).group(1)


def escaped(address, bridge):
    """The address as people on the other side of the relay write it."""
    bare, slash, resource = address.partition("/")
    return bare.replace("@", "\\40") + "@" + bridge + slash + resource


def _terminated(number, _frame):
    sys.exit(128 + number)


class Lab:
    """Use with `with`.  The options are for tests that need it otherwise."""

    def __init__(self, bridge=True, outlive=False):
        require(bridge)
        self.wants_bridge = bridge
        self.wait_links = True
        self.clients = []
        self.processes = []
        self.keep = False
        self.folder = tempfile.mkdtemp(prefix="enjamb-lab-")
        self.network = network = Network()
        block, self.secret = component_block()
        self.components = block + component_block(ECHO)[0]
        self.dns = Dns(self.folder, network, outlive)
        self.a = Prosody("prosody-a", self.folder, network, 11, LOCAL, self.dns, outlive)
        self.b = Prosody("prosody-b", self.folder, network, 12, REMOTE, self.dns, outlive)
        self.bridge = Bridge(self.folder, network, 13, self, outlive)
        self.bridge.component(RELAY, "relay")
        self.bridge.component(ECHO, "echo")
        self.a.account("juliet")
        self.b.account("romeo")
        self.a.configure(hosts=self.components)
        self.b.configure()

    def __enter__(self):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, _terminated)
        try:
            self.start()
        except BaseException:
            tap.say(self.tails())
            self.__exit__(*sys.exc_info())
            raise
        return self

    def start(self):
        """Everything, in the order in which an operator would start it."""
        self.processes = [self.dns.process, self.a.process, self.b.process]
        self.dns.start()
        self.publish()
        self.a.start()
        self.b.start()
        if self.wants_bridge:
            self.processes.append(self.bridge.process)
            self.bridge.start(self.wait_links)

    def publish(self):
        """The DNS records as they are when all is well."""
        self.dns.set_service(LOCAL, (0, 0, self.a.s2s, self.a.address))
        self.dns.set_service(REMOTE, (0, 0, self.b.s2s, self.b.address))
        for domain in (RELAY, ECHO):
            self.dns.set_service(domain, (0, 0, self.bridge.s2s, self.bridge.address))

    def login(self, jid, tls=False):
        """A logged in client of the server that its domain belongs to."""
        from client import Client  # slixmpp may be missing, require () has said so
        server = self.a if jid.split("@")[1].split("/")[0] == LOCAL else self.b
        client = Client(jid, server, tls)
        self.clients.append(client)
        return client.login()

    def juliet(self):
        """juliet@example.com/balcony, logged in once."""
        return self._once("juliet@%s/balcony" % LOCAL)

    def romeo(self):
        """romeo@remote.example/orchard, logged in once."""
        return self._once("romeo@%s/orchard" % REMOTE)

    def _once(self, jid):
        for client in self.clients:
            if client.jid == jid and client.xmpp.is_connected():
                return client
        return self.login(jid)

    def tails(self):
        """The ends of all logs, for a test that failed."""
        return "\n".join("--- %s\n%s" % (process.name, process.tail())
                         for process in self.processes)

    def keep_files(self):
        self.keep = True

    def __exit__(self, *_error):
        for client in self.clients:
            try:
                client.logout()
            except Exception as error:  # the servers may be gone already
                tap.say("logout: %s" % error)
        for process in reversed(self.processes):
            try:
                process.stop()
            except waiting.TooLate as error:
                tap.say(error)
        try:
            if not any(_error) and self.wants_bridge:
                self.bridge.check_books()
        finally:
            if self.keep:
                tap.say("logs are kept in " + self.folder)
            else:
                self.remove()

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)
