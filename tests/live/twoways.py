"""Numbered messages through the relay, both ways, and what became of them.

Between a client of Prosody A and one of Prosody B.  In twoways_lab() their streams prove
themselves by certificates and have acknowledgements (XEP-0198): what B has sent and enjamb
has not vouched for comes back to its sender when the stream breaks.
"""

import os
import time

import waiting
from authority import Authority
from lab import LOCAL, RELAY, REMOTE, Lab, escaped
from load import Flow, LoadClient
from manager import Managed
from tap import say

SECONDS = 120
TLS = 'ssl = { cafile = "%s", certificate = "%s.crt", key = "%s.key" }\n'
ACKNOWLEDGED = 'modules_enabled = { "smacks" }\n'


def relay_lab():
    """enjamb by a stand-in for the service manager; one component, the relay, and dialback."""
    lab = Lab()
    del lab.bridge.groups["component echo.example.com"]
    lab.bridge.groups["log"]["level"] = "info"
    lab.a.account("load")
    lab.b.account("load")
    lab.a.log_level = lab.b.log_level = "info"
    lab.a.configure(hosts=lab.components)
    lab.b.configure()
    old = lab.bridge.process
    lab.bridge.process = Managed(old.name, old.argv, lab.folder)
    return lab


def twoways_lab():
    """The same with certificates and acknowledgements."""
    lab = relay_lab()
    authority = Authority(lab.folder)
    certificates = os.path.join(lab.b.folder, "certs")
    authority.issue(os.path.join(lab.bridge.folder, "certs"), RELAY)
    authority.issue(certificates, REMOTE)
    lab.bridge.groups["federation"]["trust"] = authority.certificate
    base = os.path.join(certificates, REMOTE)
    lab.b.configure(hosts=TLS % (authority.certificate, base, base) + ACKNOWLEDGED)
    return lab


class TwoWays:
    def __init__(self, lab, rate):
        self.lab = lab
        self.outward, self.inward = Flow("outward"), Flow("inward")
        self.flows = (self.outward, self.inward)
        self.a = LoadClient("load", lab.a, "a", escaped("load@%s/b" % REMOTE, RELAY),
                            self.outward, self.flows, rate)
        self.b = LoadClient("load", lab.b, "b", escaped("load@%s/a" % LOCAL, RELAY),
                            self.inward, self.flows, rate)

    def start(self):
        self.b.start()
        self.a.start()
        waiting.until(lambda: self.a.online and self.b.online, "both load clients", 60)
        self.flowing()
        return self

    def flowing(self):
        """Waits until messages of now have arrived, both ways."""
        goals = {flow: len(flow.sent) for flow in self.flows}
        for flow, goal in goals.items():
            waiting.while_moving(lambda: flow.newest >= goal, lambda: flow.newest,
                                 "%s to come to %d" % (flow.name, goal), SECONDS)

    def settle(self, excused=()):
        """Nothing more is sent; until each but the excused has arrived or come back, or
        nothing has moved for longer than anything waits."""
        self.a.sending = self.b.sending = False
        last = [None, 0.0]

        def settled():
            done = sum(len(flow.arrived) + len(flow.bounced) for flow in self.flows)
            if done != last[0]:
                last[:] = [done, time.monotonic()]
            rest = time.monotonic() - last[1]
            return rest > 65 or rest > 1 and not any(
                flow.lost().keys() - set(excused) for flow in self.flows)

        waiting.until(settled, "the last messages to settle", SECONDS)

    def go_on(self):
        """After settle ()."""
        self.a.sending = self.b.sending = True
        self.flowing()

    def tell(self):
        for flow in self.flows:
            lost = sorted(flow.lost())
            say("%s: %d sent, %d arrived, %d came back, %d twice, %d both, %d lost %s" % (
                flow.name, len(flow.sent), len(flow.arrived), len(flow.bounced), flow.twice,
                len(flow.arrived.keys() & flow.bounced.keys()), len(lost), lost[:10]))

    def stop(self):
        waiting.complete(self.a.stop(), "load client a")
        waiting.complete(self.b.stop(), "load client b")
