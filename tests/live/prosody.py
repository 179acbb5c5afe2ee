"""Prosody servers in a folder of their own."""

import os
import re
import subprocess

import ports
import waiting
from process import Process

PASSWORD = "pw"

# The resolver of Prosody asks only the laboratory's DNS server, and forgets soon.
UNBOUND = """\
unbound = {
  resolvconf = false; hoststxt = false; forward = { "%s@%d" }; %s
  options = {
    ["do-not-query-localhost:"] = "no"; ["module-config:"] = "%siterator";
    ["infra-host-ttl:"] = "1"; ["cache-max-negative-ttl:"] = "1"; ["cache-max-ttl:"] = "1";
  };
}
"""

PLACE = """\
run_as_root = true
daemonize = false
pidfile = "%(folder)s/prosody.pid"
data_path = "%(folder)s/data"
certificates = "%(folder)s/certs"
admin_socket = "%(folder)s/prosody.sock"
log = { %(log_level)s = "*console" }
interfaces = { %(interfaces)s }
c2s_ports = { %(c2s)d }
c2s_direct_tls_ports = { }
s2s_ports = { %(s2s_ports)s }
s2s_direct_tls_ports = { %(direct_tls)s }
component_interfaces = { "%(address)s" }
component_ports = { %(component)d }
http_ports = { }
https_ports = { }
"""

GENERAL = """\
modules_enabled = {
  "roster", "saslauth", "tls", "dialback", "disco", "ping", "version", "admin_shell"
}
modules_disabled = { "offline" }
authentication = "internal_plain"
allow_unencrypted_plain_auth = true
c2s_require_encryption = false
"""

# What both sides meet by default: TLS is a must, dialback is enough.
FEDERATION = """\
s2s_require_encryption = true
s2s_secure_auth = false
"""

PLAIN_FEDERATION = """\
s2s_require_encryption = false
s2s_allow_encryption = false
s2s_secure_auth = false
"""


def make_certificate(folder, domain):
    """A self-signed certificate that nobody trusts."""
    os.makedirs(folder, exist_ok=True)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "30", "-subj", "/CN=" + domain,
         "-addext", "subjectAltName=DNS:" + domain,
         "-keyout", os.path.join(folder, domain + ".key"),
         "-out", os.path.join(folder, domain + ".crt")],
        check=True, capture_output=True)


class Prosody:
    """One server for one domain; configure () writes its file, start () runs it."""

    def __init__(self, name, folder, network, number, domain, dns, outlive=False):
        self.folder = os.path.join(folder, name)
        self.domain = domain
        self.dns = dns
        self.address = network.host(number)
        self.c2s = network.port(self.address, ports.XMPP_CLIENT)
        self.s2s = network.port(self.address, ports.XMPP_SERVER)
        self.more_s2s = []
        self.more_addresses = []
        self.direct_tls = ""
        self.anchors = None
        self.log_level = "debug"
        self.component = network.port(self.address, ports.COMPONENT)
        self.conf = os.path.join(self.folder, "prosody.cfg.lua")
        os.makedirs(os.path.join(self.folder, "data"))
        self.certificate(domain)
        self.process = Process(name, ["/usr/bin/prosody", "-F", "--config", self.conf],
                               folder, outlive=outlive)

    def place(self):
        """The settings that let a server live in its folder, on loopback."""
        s2s_ports = ", ".join(str(port) for port in [self.s2s] + self.more_s2s)
        interfaces = ", ".join('"%s"' % text for text in [self.address] + self.more_addresses)
        trust = ("", "")
        if self.anchors:
            trust = ('trustfile = "%s";' % self.anchors, "validator ")
        return (UNBOUND % (self.dns.address, self.dns.port, *trust)
                + PLACE % dict(vars(self), s2s_ports=s2s_ports, interfaces=interfaces))

    def configure(self, federation=FEDERATION, hosts=""):
        """`hosts` is Lua for after the virtual host: the components."""
        self.write(self.place() + GENERAL + federation
                   + 'VirtualHost "%s"\n' % self.domain + hosts)

    def certificate(self, domain):
        """Prosody finds the certificate of each host by its name."""
        make_certificate(os.path.join(self.folder, "certs"), domain)

    def write(self, text):
        with open(self.conf, "w", encoding="utf-8") as conf:
            conf.write(text)

    def account(self, user, domain=None):
        """An account as the internal storage keeps it; read at login."""
        host = re.sub("[^a-z0-9]", lambda found: "%%%02x" % ord(found[0]), domain or self.domain)
        folder = os.path.join(self.folder, "data", host, "accounts")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, user + ".dat"), "w", encoding="ascii") as account:
            account.write('return { ["password"] = "%s"; };\n' % PASSWORD)

    def start(self):
        self.process.start()
        with open(self.conf, encoding="utf-8") as conf:
            attachable = "\nComponent " in conf.read()
        for port in [self.c2s, self.s2s] + [self.component] * attachable:
            waiting.until(lambda: self._up(port), "%s to listen on port %d" % (
                self.process.name, port))

    def _up(self, port):
        if not self.process.running():
            raise AssertionError("%s ended:\n%s" % (self.process.name, self.process.tail()))
        return ports.listening(self.address, port)

    def shell(self, command):
        """The answer of the administration shell of the running server."""
        return subprocess.run(
            ["/usr/bin/prosodyctl", "--config", self.conf, "shell", *command.split()],
            capture_output=True, text=True, check=False, timeout=2 * waiting.SECONDS).stdout

    def streams(self, other, since=0):
        """Streams with that domain as this server's own log tells them: a
        list of (from, to, TLS version or "plain", how authenticated)."""
        log = self.process.log(since)
        found = []
        for session, source, target in re.findall(
                r"(s2s(?:in|out)[0-9a-f]+)\s+info\s+\S+ s2s connection (\S+)->(\S+) complete", log):
            if other not in (source, target):
                continue
            own = "\n".join(re.findall("^.*%s.*$" % session, log, re.MULTILINE))
            tls = re.search(r"Stream encrypted \((\S+) with", own)
            found.append((source, target, tls.group(1) if tls else "plain", self._proof(own)))
        return found

    def ends(self, source, target):
        """What the log tells of the ends of streams from the one domain to the other."""
        pair = "%s->%s" % (re.escape(source), re.escape(target))
        return [closed or broken for closed, broken in re.findall(
            r"s2s stream %s closed: (.*)|s2s disconnected: %s \((.*)\)" % (pair, pair),
            self.process.log())]

    @staticmethod
    def _proof(own):
        """What the lines of one stream tell of its proof and of what else was agreed."""
        words = []
        for pattern, word in ((r"<failure\b", "EXTERNAL refused"), (r"<success\b", "EXTERNAL"),
                              (r"<db:result\b", "dialback"),
                              (r"Request\w+ bidirectional stream", "bidi"),
                              (r"<enabled\b", "acknowledged")):
            if re.search(pattern, own):
                words.append(word)
        return ", ".join(words)
