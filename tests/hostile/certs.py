"""Certificates as no authority ought to give them out, from the laboratory's authority."""

import os
import subprocess

from authority import NOW, Authority

LEAF = """\
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
"""
INTERMEDIATE = """\
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
"""


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def names_in_der(*names):
    """subjectAltName of DNS names of any bytes, less than 128 in all."""
    content = b"".join(b"\x82" + bytes((len(name),)) + name for name in names)
    return "subjectAltName = DER:30%02x%s" % (len(content), content.hex())


class Certificates(Authority):
    """`crl` is the list of what revoke () was told, once write_crl () has made it."""

    def __init__(self, folder, name="authority"):
        super().__init__(folder, name)
        self.crl = os.path.join(self.folder, "revoked.pem")

    def special(self, base, subject, extensions, dates=NOW, issuer=None):
        """`base`.crt and .key with that subject and those lines of extensions; `issuer` is
        the base of an intermediate authority, default our own."""
        with open(base + ".ext", "w", encoding="ascii") as file:
            file.write(extensions)
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", base + ".key", "-subj", subject, "-out", base + ".csr")
        signer = (issuer + ".crt", issuer + ".key") if issuer else (self.certificate, self._key)
        openssl("ca", "-batch", "-notext", "-config", self._conf, "-cert", signer[0],
                "-keyfile", signer[1], "-startdate", dates[0], "-enddate", dates[1],
                "-extfile", base + ".ext", "-in", base + ".csr", "-out", base + ".crt")
        return base

    def chain(self, folder, domain, length):
        """A certificate with so many intermediate authorities behind it."""
        issuer, pems = None, []
        for number in range(length):
            issuer = self.special(os.path.join(folder, "%s-ca%d" % (domain, number)),
                                  "/CN=Link %d" % number, INTERMEDIATE, issuer=issuer)
            pems.insert(0, issuer + ".crt")
        base = self.special(os.path.join(folder, domain), "/CN=" + domain,
                            LEAF + "subjectAltName = DNS:%s\n" % domain, issuer=issuer)
        with open(base + ".crt", "ab") as chain:
            for pem in pems:
                with open(pem, "rb") as file:
                    chain.write(file.read())
        return base

    def revoke(self, base):
        openssl("ca", "-config", self._conf, "-cert", self.certificate, "-keyfile", self._key,
                "-revoke", base + ".crt")

    def write_crl(self):
        openssl("ca", "-config", self._conf, "-cert", self.certificate, "-keyfile", self._key,
                "-gencrl", "-crldays", "2", "-out", self.crl)
