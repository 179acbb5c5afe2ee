"""A root of the DNS that is signed (DNSSEC), with TLSA records in it (DANE).

Signed once, served by the laboratory's unbound as it stands; who validates
is given `anchor`, the file with its key.  The domains that the laboratory
keeps in unbound itself are delegated without a signature.
"""

import hashlib
import os
import subprocess
import time

from nameserver import host_name

DAY = 86400
UNSIGNED = ("com", "example")


def _run(*command, **keywords):
    return subprocess.run(command, check=True, capture_output=True, **keywords).stdout


def tlsa(certificate):
    """The record for exactly that public key: DANE-EE, SPKI, SHA-256."""
    key = _run("openssl", "x509", "-in", certificate, "-noout", "-pubkey")
    der = _run("openssl", "pkey", "-pubin", "-outform", "DER", input=key)
    return "TLSA 3 1 1 " + hashlib.sha256(der).hexdigest()


class Zone:
    """`path` is the signed zone, once sign () has been called."""

    def __init__(self, folder, dns):
        self.folder = os.path.join(folder, "zone")
        self.path = os.path.join(self.folder, "signed")
        os.makedirs(self.folder)
        self._key = _run("ldns-keygen", "-a", "ECDSAP256SHA256", "-k", ".",
                         cwd=self.folder).decode().strip()
        self.anchor = os.path.join(self.folder, self._key + ".key")
        self._lines = [". SOA ns.signed. hostmaster.signed. 1 3600 600 86400 1",
                       ". NS ns.signed.", "ns.signed. A " + dns.address]
        self._lines += [domain + ". NS ns.signed." for domain in UNSIGNED]

    def add(self, domain, port, address, record):
        """A server of that domain, and what the record says of its certificate."""
        host = host_name(domain, address)
        self._lines += [
            # unbound, asked for what does not exist, proves it rightly only where the
            # name above has a record of its own.
            '_tcp.%s. TXT "services"' % domain,
            "%s. A %s" % (host, address),
            "_xmpp-server._tcp.%s. SRV 0 0 %d %s." % (domain, port, host),
            "_%d._tcp.%s. %s" % (port, host, record),
        ]

    def sign(self):
        plain = os.path.join(self.folder, "plain")
        with open(plain, "w", encoding="ascii") as file:
            file.write("$TTL 1\n" + "\n".join(self._lines) + "\n")
        now = int(time.time())
        _run("ldns-signzone", "-o", ".", "-f", self.path, "-i", str(now - DAY),
             "-e", str(now + DAY), plain, self._key, cwd=self.folder)
