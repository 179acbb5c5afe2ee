"""The laboratory with a third server, an ejabberd that takes components, too.

  home.example    ejabberd; hana lives there.  components () are domains that attach to it

Prosody A and B and enjamb are as in lab.py.
"""

import os

import ejabberd
import nameserver
import tap
from lab import ECHO, LOCAL, RELAY, REMOTE, Lab
from ports import COMPONENT
from prosody import make_certificate

HOME = "home.example"
HANA = "hana@%s/garden" % HOME


class ThreeLab(Lab):
    def __init__(self):
        missing = ejabberd.missing_packages()
        if missing:
            tap.skip_all("not installed: " + ", ".join(missing))
        super().__init__()
        self.home = ejabberd.Ejabberd("ejabberd", self.folder, self.network, 14, self.dns)
        self.home.component = self.network.port(self.home.address, COMPONENT)
        base = os.path.join(self.home.certificates, HOME)
        make_certificate(self.home.certificates, HOME)
        self.home.join(base)
        self.published = {RELAY: [self.bridge], ECHO: [self.bridge]}
        self.components_of_home()

    def components_of_home(self, *domains, **settings):
        """Writes ejabberd's configuration: it takes these components, by our secret."""
        if domains:
            self.home.more_listeners = [{
                "ip": self.home.address, "port": self.home.component,
                "module": "ejabberd_service",
                "hosts": {domain: {"password": self.secret} for domain in domains}}]
        self.home.configure({HOME: {}}, **settings)

    def attach_home(self, bridge, domain, service, **keys):
        """A [component] group of that bridge for a link to ejabberd, with a certificate."""
        bridge.component(domain, service, local_domains=HOME,
                         server="%s:%d" % (self.home.address, self.home.component), **keys)

    def start(self):
        # It takes longest: it starts first and is waited for last.
        self.home.process.start()
        self.processes.append(self.home.process)
        wants_bridge, self.wants_bridge = self.wants_bridge, False
        super().start()
        self.processes.insert(0, self.home.process)
        self.home.wait()
        self.home.account("hana", HOME)
        self.wants_bridge = wants_bridge
        self.start_bridges()

    def start_bridges(self):
        self.processes.append(self.bridge.process)
        self.bridge.start(self.wait_links)

    def publish(self):
        """SRV records of all domains; instances of the same have the same weight."""
        super().publish()
        hosts = {nameserver.host_name(HOME, self.home.address): self.home.address}
        for domain, address in ((LOCAL, self.a.address), (REMOTE, self.b.address)):
            hosts[nameserver.host_name(domain, address)] = address
        self.dns.set_service(HOME, (0, 0, self.home.s2s, self.home.address))
        for domain, bridges in self.published.items():
            self.dns.set_service(domain, *[(0, 1, bridge.s2s, bridge.address)
                                           for bridge in bridges])
            hosts.update({nameserver.host_name(domain, bridge.address): bridge.address
                          for bridge in bridges})
        self.home.set_hosts(hosts)

    def hana(self):
        """hana@home.example/garden, logged in once."""
        from client import Client  # slixmpp may be missing, require () has said so
        for client in self.clients:
            if client.jid == HANA and client.xmpp.is_connected():
                return client
        client = Client(HANA, self.home)
        self.clients.append(client)
        return client.login()
