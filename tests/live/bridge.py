"""enjamb itself, with a configuration made for the test."""

import os
import re
import signal
import subprocess

import ports
import waiting
from process import Process
from prosody import make_certificate

# The lines of enjamb's log that tests wait for.
LINK_UP = r"%s\b.*\blink up\b"
LINK_DOWN = r"%s\b.*\blink (?:down|closed)\b"
STREAM_UP = r"stream up\b"
WARNING = r"\S+ \S+ warning\b"
RELOADED = r"\breloaded\b"
BOOKS = r"\bmessage: stanzas accepted \d+,.*\bowned (\d+)$"
LOSS = r"\bstanzas are not accounted for\b"


def find_program(name="enjamb"):
    """The program just built; $ENJAMB names another one."""
    build = os.environ.get("G_TEST_BUILDDIR", os.getcwd())
    for path in (os.environ.get(name.upper()), os.path.join(build, name),
                 os.path.join(build, "tests", "live", name),
                 os.path.join(build, "component", name)):
        if path and os.path.isfile(path) and os.access(path, os.X_OK):
            return os.path.abspath(path)
    return None


class Bridge:
    """`groups` is the configuration: group name to keys; change it, then write ()."""

    def __init__(self, folder, network, number, lab, outlive=False, name="enjamb"):
        self.lab = lab
        self.folder = os.path.join(folder, name)
        self.address = network.host(number)
        self.s2s = network.port(self.address, ports.XMPP_SERVER)
        self.conf = os.path.join(self.folder, "enjamb.conf")
        os.makedirs(self.folder)
        self.groups = {
            "federation": {
                "listen": "%s:%d" % (self.address, self.s2s),
                "certificates": "certs",
                "dns-server": "%s:%d" % (lab.dns.address, lab.dns.port),
                "private-addresses": "allow",
            },
            # Everybody here comes from 127.0.0.1, and tests do not wait for a minute.
            "limits": {"accept-rate-per-address": "1000", "unauthenticated-per-address": "500",
                       "connections-per-address": "8192", "link-retry-max": "2"},
            "control": {"socket": os.path.join(self.folder, "control")},
            "log": {"level": "debug"},
        }
        self.process = Process(name, [find_program() or "enjamb", "--config", self.conf],
                               folder, outlive=outlive)

    def component(self, domain, service, **keys):
        """A [component] group that attaches to Prosody A; keys with _ for -."""
        self.attach(domain, service, **keys)
        make_certificate(os.path.join(self.folder, "certs"), domain)

    def attach(self, domain, service, **keys):
        """The same without a certificate."""
        group = {
            "server": "%s:%d" % (self.lab.a.address, self.lab.a.component),
            "secret": self.lab.secret,
            "service": service,
        }
        group.update({key.replace("_", "-"): value for key, value in keys.items()})
        self.groups["component " + domain] = group

    def domains(self):
        return [name.split()[1] for name in self.groups if name.startswith("component ")]

    def text(self):
        lines = []
        for group, keys in self.groups.items():
            lines.append("[%s]" % group)
            lines += ["%s = %s" % item for item in keys.items()]
            lines.append("")
        return "\n".join(lines)

    def write(self):
        with open(self.conf, "w", encoding="utf-8") as conf:
            conf.write(self.text())

    def start(self, wait_links=True):
        self.write()
        since = self.process.mark()
        self.process.start()
        if wait_links:
            for domain in self.domains():
                self.wait_link(domain, since)
            self.wait_listening()

    def listens(self):
        """Whether other servers can connect to its port."""
        return ports.listener((self.address, self.s2s)) is not None

    def wait_listening(self, seconds=waiting.SECONDS):
        """It may listen only once a link is up."""
        wanted = self.groups["federation"].get("listen", "").split(";")
        if "%s:%d" % (self.address, self.s2s) in wanted:
            waiting.until(self.listens, self.process.name + " to listen", seconds)

    def wait_link(self, domain, since=0, seconds=waiting.SECONDS):
        return self.process.wait_line(LINK_UP % re.escape(domain), since, seconds)

    def wait_link_down(self, domain, since=0, seconds=waiting.SECONDS):
        return self.process.wait_line(LINK_DOWN % re.escape(domain), since, seconds)

    def streams(self, domain, since=0):
        """The log lines of streams with that domain that came up."""
        return [line for line in self.process.log(since).splitlines()
                if re.search(STREAM_UP, line) and domain in line]

    def links(self):
        """The four-tuples of the connections to Prosody A's component port."""
        return ports.established((self.lab.a.address, self.lab.a.component))

    def handshake(self, domain, *options):
        """What openssl tells of a new connection that starts TLS for the domain."""
        return subprocess.run(
            ["openssl", "s_client", "-starttls", "xmpp-server", "-xmpphost", domain, *options,
             "-connect", "%s:%d" % (self.address, self.s2s)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            timeout=2 * waiting.SECONDS).stdout

    def warnings(self, since=0):
        """The warnings that were logged."""
        return [line for line in self.process.log(since).splitlines()
                if re.match(WARNING, line)]

    def check_books(self):
        """The law: at each end in order all stanzas were accounted for, and none was left."""
        log = self.process.log()
        lost = re.search("^.*" + LOSS + ".*$", log, re.MULTILINE)
        if lost:
            raise AssertionError(lost.group(0))
        books = re.findall("^.*" + BOOKS, log, re.MULTILINE)
        if self.process.child and self.process.child.poll() == 0 and not books:
            raise AssertionError("enjamb has not made up its books")
        # What is owned at a hand-over is carried on, as the successor says.
        early = re.search("stopping at once|handing over|left to the successor", log)
        if not early and any(owned != "0" for owned in books):
            raise AssertionError("enjamb has ended with stanzas that it owned:\n" + "\n".join(
                line for line in log.splitlines() if re.search(BOOKS, line)))

    def reload(self):
        """Asks for a reload; answers the line that tells what came of it."""
        self.write()
        since = self.process.mark()
        self.process.send_signal(signal.SIGHUP)
        return self.process.wait_line(RELOADED, since)
