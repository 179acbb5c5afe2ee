"""A certificate authority of our own, and certificates as a test wants them.

Keys are P-256.  Whoever trusts `Authority.certificate` trusts what issue ()
makes; self-signed ones are made by prosody.make_certificate ().
"""

import os
import subprocess

CONF = """\
[ca]
default_ca = laboratory
[laboratory]
database = %(folder)s/index
new_certs_dir = %(folder)s
rand_serial = yes
default_md = sha256
policy = anything
unique_subject = no
[anything]
commonName = supplied
"""

LEAF = """\
basicConstraints = critical, CA:FALSE
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
keyUsage = critical, digitalSignature
extendedKeyUsage = %s
subjectAltName = %s
"""

# As most certificates were, and as those for the web are now.
BOTH = "serverAuth, clientAuth"
SERVER_ONLY = "serverAuth"

# Dates as OpenSSL writes them: years, months, days, time.
LAST_YEAR = ("200101000000Z", "210101000000Z")
NOW = ("200101000000Z", "491231000000Z")


def _openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


class Authority:
    def __init__(self, folder, name="authority"):
        self.folder = os.path.join(folder, name)
        self.certificate = os.path.join(self.folder, "ca.crt")
        self._key = os.path.join(self.folder, "ca.key")
        self._conf = os.path.join(self.folder, "ca.conf")
        os.makedirs(self.folder)
        for path, text in ((self._conf, CONF % vars(self)),
                           (os.path.join(self.folder, "index"), "")):
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
        _openssl("req", "-x509", *self._new_key(self._key), "-days", "2",
                 "-subj", "/CN=Laboratory " + name,
                 "-addext", "basicConstraints=critical,CA:TRUE",
                 "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-out", self.certificate)

    @staticmethod
    def _new_key(path):
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", path)

    def issue(self, folder, domain, subject=None, names=None, usage=BOTH, dates=NOW):
        """`domain`.crt and .key in that folder, for `names` (default: the domain);
        `subject` is the common name, which is nothing to go by."""
        os.makedirs(folder, exist_ok=True)
        base = os.path.join(folder, domain)
        request, extensions = base + ".csr", base + ".ext"
        names = names or [domain]
        with open(extensions, "w", encoding="ascii") as file:
            file.write(LEAF % (usage, ", ".join("DNS:" + name for name in names)))
        _openssl("req", "-new", *self._new_key(base + ".key"), "-subj", "/CN=" + names[0],
                 "-out", request)
        _openssl("ca", "-batch", "-notext", "-config", self._conf, "-cert", self.certificate,
                 "-keyfile", self._key, "-startdate", dates[0], "-enddate", dates[1],
                 "-extfile", extensions, "-in", request, "-out", base + ".crt")
        os.remove(request)
        os.remove(extensions)
