"""ejabberd servers in a folder of their own, as Debian packages them.

The packaged `ejabberdctl` insists on root or a certain user, so the Erlang
machine is started directly, without distribution: no name daemon is needed.
SRV records come from the laboratory's DNS server; addresses ejabberd asks the
C library for, so libnss-wrapper answers from a file that this module keeps.
"""

import glob
import json
import os
import re
import urllib.request

import ports
import waiting
from process import Process
from prosody import PASSWORD

LIBRARIES = "/usr/lib/*/ejabberd-*/ebin/ejabberd.beam"
WRAPPER = "/usr/lib/*/libnss_wrapper.so"
API = 5280

# The first line keeps /etc/resolv.conf out.
RESOLVER = """\
{resolv_conf, ""}.
{nameserver, {%s}, %d}.
{lookup, [file, native]}.
"""


def _first(pattern):
    found = sorted(glob.glob(pattern))
    return found[0] if found else None


def missing_packages():
    """Debian packages that are needed and not found."""
    needed = {"ejabberd": LIBRARIES, "libnss-wrapper": WRAPPER}
    return [package for package, pattern in needed.items() if not _first(pattern)]


class Ejabberd:
    """One server for several domains; configure () writes its file, start () runs it."""

    def __init__(self, name, folder, network, number, dns):
        self.folder = os.path.join(folder, name)
        self.dns = dns
        self.address = network.host(number)
        self.c2s = network.port(self.address, ports.XMPP_CLIENT)
        self.s2s = network.port(self.address, ports.XMPP_SERVER)
        self.api = network.port(self.address, API)
        self.more_listeners = []
        self.certificates = os.path.join(self.folder, "certs")
        self.conf = os.path.join(self.folder, "ejabberd.yml")
        self.hosts_file = os.path.join(self.folder, "hosts")
        os.makedirs(os.path.join(self.folder, "spool"))
        os.makedirs(self.certificates)
        self.set_hosts({})
        inetrc = os.path.join(self.folder, "inetrc")
        with open(inetrc, "w", encoding="ascii") as file:
            file.write(RESOLVER % (dns.address.replace(".", ","), dns.port))
        program = _first(LIBRARIES)
        environment = {
            "ERL_LIBS": os.path.dirname(os.path.dirname(os.path.dirname(program))),
            "ERL_INETRC": inetrc,
            "ERL_CRASH_DUMP_SECONDS": "0",
            "EJABBERD_CONFIG_PATH": self.conf,
            "EJABBERD_LOG_PATH": os.path.join(self.folder, "ejabberd.log"),
            "HOME": self.folder,
            "LD_PRELOAD": _first(WRAPPER),
            "NSS_WRAPPER_HOSTS": self.hosts_file,
        }
        spool = os.path.join(self.folder, "spool")
        self.process = Process(name, ["/usr/bin/erl", "-noinput", "-noshell", "-mnesia", "dir",
                                      '"%s"' % spool, "-s", "ejabberd"],
                               folder, env=environment)

    def set_hosts(self, names):
        """Host names with their addresses, as the C library is to know them."""
        with open(self.hosts_file, "w", encoding="ascii") as file:
            file.writelines("%s %s\n" % (address, name) for name, address in names.items())

    def configure(self, hosts, **settings):
        """`hosts`: each domain with what it has otherwise.  JSON is YAML too."""
        listeners = [
            {"port": self.c2s, "module": "ejabberd_c2s"},
            {"port": self.s2s, "module": "ejabberd_s2s_in"},
            {"port": self.api, "module": "ejabberd_http",
             "request_handlers": {"/api": "mod_http_api"}},
        ] + self.more_listeners
        configuration = {
            "hosts": list(hosts),
            "loglevel": "info",
            "log_rotate_count": 0,
            "certfiles": [os.path.join(self.certificates, "*.pem")],
            "auth_method": "internal",
            "listen": [dict({"ip": self.address, "backlog": 128}, **one) for one in listeners],
            # What failed once is tried again at once.
            "s2s_max_retry_delay": 1,
            "s2s_use_starttls": "optional",
            "api_permissions": {"tests": {"from": ["mod_http_api"], "who": "all", "what": "*"}},
            "modules": {"mod_s2s_dialback": {}, "mod_roster": {}, "mod_disco": {}},
            "host_config": {name: keys for name, keys in hosts.items() if keys},
        }
        configuration.update(settings)
        with open(self.conf, "w", encoding="ascii") as file:
            json.dump(configuration, file, indent=1)

    def listen_s2s(self, address, port, tls=False):
        """One more port for servers; `tls`: for those that begin with TLS."""
        self.more_listeners.append(
            {"ip": address, "port": port, "module": "ejabberd_s2s_in", "tls": tls})

    @staticmethod
    def join(base):
        """Puts a certificate and its key in one file, as ejabberd wants them."""
        with open(base + ".pem", "w", encoding="ascii") as joined:
            for suffix in (".crt", ".key"):
                with open(base + suffix, encoding="ascii") as part:
                    joined.write(part.read())

    def start(self):
        self.process.start()
        self.wait()

    def wait(self):
        """Until it listens on every port."""
        for port in (self.c2s, self.s2s, self.api):
            waiting.until(lambda: self._up(port), "%s to listen on port %d" % (
                self.process.name, port), 3 * waiting.SECONDS)

    def _up(self, port):
        if not self.process.running():
            raise AssertionError("%s ended:\n%s" % (self.process.name, self.process.tail()))
        return ports.listening(self.address, port)

    def account(self, user, domain):
        """An account, made by the running server."""
        self.call("register", user=user, host=domain, password=PASSWORD)

    def call(self, command, **arguments):
        """The answer of its HTTP interface, by which operators ask it as well."""
        request = urllib.request.Request(
            "http://%s:%d/api/%s" % (self.address, self.api, command),
            json.dumps(arguments).encode(), {"Content-Type": "application/json"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=2 * waiting.SECONDS) as answer:
            return json.load(answer)

    def streams(self, other, since=0):
        """Streams with that domain as this server's own log tells them: a
        list of (from, to, "TLS" or "plain", how authenticated)."""
        found, refused = [], set()
        for socket, verdict, how, source, target in re.findall(
                r"\((\w+)\|[^)]*\) (Accepted|Failed) (?:in|out)bound s2s (\S+) authentication "
                # Where it is not offered ejabberd calls that a failure too.
                r"(\S+) -> (\S+) (?!.*(?:no SASL mechanisms|STARTTLS is disabled))",
                self.process.log(since)):
            if other not in (source, target):
                continue
            if verdict == "Failed":
                refused.add((source, target, how))
                continue
            if (source, target, "EXTERNAL") in refused:
                how = "EXTERNAL refused, " + how
            found.append((source, target, "TLS" if socket == "tls" else "plain", how))
        return found

    def ends(self, source, target):
        """What the log tells of the ends of streams from the one domain to the other."""
        return re.findall(
            r"(?:Closing inbound|Failed to establish outbound) s2s connection %s -> %s: ([^;\n]*)"
            % (re.escape(source), re.escape(target)), self.process.log())
