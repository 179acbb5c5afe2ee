"""A zone that is signed (DNSSEC), with TLSA records in it (DANE).

Signed once, served by the laboratory's unbound as it stands; who validates
is given `anchor`, the key of the zone itself.
"""

import hashlib
import os
import subprocess
import time

from nameserver import host_name

DAY = 86400


def _run(*command, **keywords):
    return subprocess.run(command, check=True, capture_output=True, **keywords).stdout


def tlsa(certificate):
    """The record for exactly that public key: DANE-EE, SPKI, SHA-256."""
    key = _run("openssl", "x509", "-in", certificate, "-noout", "-pubkey")
    der = _run("openssl", "pkey", "-pubin", "-outform", "DER", input=key)
    return "TLSA 3 1 1 " + hashlib.sha256(der).hexdigest()


class Zone:
    """`path` is the signed zone of `domain`, `anchor` the DNSKEY record."""

    def __init__(self, folder, domain):
        self.domain = domain
        self.folder = os.path.join(folder, "zone " + domain)
        self.path = os.path.join(self.folder, "signed")
        os.makedirs(self.folder)
        self._key = _run("ldns-keygen", "-a", "ECDSAP256SHA256", "-k", domain,
                         cwd=self.folder).decode().strip()
        with open(os.path.join(self.folder, self._key + ".key"), encoding="ascii") as file:
            self.anchor = file.read()

    def sign(self, service, port, address, record):
        """A server of `service` at that port, and what `record` says of its certificate."""
        host = host_name(self.domain, address)
        lines = (
            "%s. SOA %s. hostmaster.%s. 1 3600 600 86400 1" % (self.domain, host, self.domain),
            "%s. NS %s." % (self.domain, host),
            "%s. A %s" % (host, address),
            "%s._tcp.%s. SRV 0 0 %d %s." % (service, self.domain, port, host),
            "_%d._tcp.%s. %s" % (port, host, record),
        )
        plain = os.path.join(self.folder, "plain")
        with open(plain, "w", encoding="ascii") as file:
            file.write("$TTL 1\n" + "\n".join(lines) + "\n")
        now = int(time.time())
        _run("ldns-signzone", "-o", self.domain, "-f", self.path, "-i", str(now - DAY),
             "-e", str(now + DAY), plain, self._key, cwd=self.folder)
