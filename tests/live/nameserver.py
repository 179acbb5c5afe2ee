"""A DNS server of our own: what is not given does not exist.

unbound answers from its local data only, so that no question leaves the
machine; its control socket changes the records while it runs.
"""

import os
import socket
import subprocess

import ports
import waiting
from process import Process

CONF = """\
server:
  directory: "%(folder)s"
  interface: %(address)s@%(port)d
  access-control: 127.0.0.0/8 allow
  do-daemonize: no
  username: ""
  chroot: ""
  pidfile: ""
  use-syslog: no
  num-threads: 1
  module-config: "iterator"
  log-queries: yes
  log-replies: yes
remote-control:
  control-enable: yes
  control-interface: %(folder)s/dns.control
  control-use-cert: no
"""

NOTHING = 'server:\n  local-zone: "." static\n'

# A signed root (zone.py); what stands below it unsigned is known here alone.
SIGNED = """\
auth-zone:
  name: "."
  zonefile: "%s"
  for-downstream: yes
  for-upstream: no
server:
"""

TTL = 1


def host_name(domain, host):
    """The name under the domain that an IP address gets; names stay as they are."""
    if ":" in host:
        return "six." + domain
    if host[:1].isdigit():
        return "s%d.%s" % (int(host.rsplit(".", 1)[1]), domain)
    return host


class Dns:
    def __init__(self, folder, network, outlive=False):
        self.address = network.host(53)
        self.port = network.port(self.address, ports.DNS, socket.SOCK_DGRAM)
        self.conf = os.path.join(folder, "unbound.conf")
        self.folder = folder
        self._write(NOTHING)
        self.process = Process("dns", ["/usr/sbin/unbound", "-d", "-c", self.conf], folder,
                               outlive=outlive)

    def _write(self, zones):
        with open(self.conf, "w", encoding="ascii") as conf:
            conf.write(CONF % vars(self) + zones)

    def serve(self, path, unsigned):
        """Has the signed root in that file, and domains without signatures below it."""
        self._write(SIGNED % path + "".join(
            '  local-zone: "%s" static\n' % domain for domain in unsigned))

    def start(self):
        self.process.start()
        waiting.until(lambda: self._control("status").returncode == 0, "unbound to answer")

    def _control(self, *command, text=""):
        return subprocess.run(
            ["/usr/sbin/unbound-control", "-c", self.conf, *command],
            input=text, capture_output=True, text=True, check=False)

    def add(self, *records):
        """Records as in a zone file, without class: "a.example A 127.0.0.1"."""
        lines = []
        for record in records:
            name, rest = record.split(" ", 1)
            lines.append("%s %d IN %s" % (name, TTL, rest))
        self._must("local_datas", "\n".join(lines) + "\n")

    def paste(self, lines):
        """The same as they stand in a zone file."""
        self._must("local_datas", lines)

    def remove(self, *names):
        self._must("local_datas_remove", "\n".join(names) + "\n")

    def _must(self, command, text):
        done = self._control(command, text=text)
        if done.returncode != 0 or "error" in done.stdout:
            raise AssertionError("unbound-control %s: %s%s" % (command, done.stdout, done.stderr))

    def set_service(self, domain, *targets, service="_xmpp-server"):
        """SRV records of the domain's S2S, instead of those before.

        Each target is (priority, weight, port, host); a host that is an IP
        address gets a name under the domain."""
        service = "%s._tcp.%s" % (service, domain)
        records = []
        self.remove(service)
        for priority, weight, port, host in targets:
            name = host_name(domain, host)
            if name != host:
                records.append("%s %s %s" % (name, "AAAA" if ":" in host else "A", host))
                host = name
            records.append("%s SRV %d %d %d %s" % (
                service, priority, weight, port, host.rstrip(".") + "."))
        if records:
            self.add(*records)
