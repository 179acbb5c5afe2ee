#!/usr/bin/python3
"""The Debian package, from dpkg-buildpackage to purge, in a house of its own."""

import glob
import os
import shutil
import subprocess

import waiting
from bridge import RELOADED
from house import CONF, OURS, SLOW, House, require
from lab import SOURCE, component_block
from prosody import make_certificate
from tap import equal, run, test, true

DOMAIN = "gate.example.com"
BUILD = os.environ.get("G_TEST_BUILDDIR", os.getcwd())
PORT = 5279

# Where packages live, without what dpkg and the system write in any case.
PLACES = "/etc /usr /var"
NOT_LOOKED_AT = ("/var/lib/dpkg", "/var/log", "/var/cache", "/var/tmp", "/var/lib/prosody")


def files(house):
    """What of the name is in the machine; what else is installed may change outside meanwhile."""
    unless = " -o ".join("-path " + path for path in NOT_LOOKED_AT)
    return set(house.machine.must(
        "sh", "-c", "find %s \\( %s \\) -prune -o -path '*enjamb*' -print" % (PLACES, unless)
    ).splitlines())


def install(house, *packages):
    """By dpkg, from where make deb has put them."""
    paths = []
    for package in packages:
        path, = glob.glob(os.path.join(BUILD, "deb", package + "_*.deb"))
        shutil.copy(path, house.machine.inside("/tmp"))
        paths.append("/tmp/" + os.path.basename(path))
    return house.machine.must("env", "DEBIAN_FRONTEND=noninteractive", "dpkg", "-i", *paths)


@test("make deb builds it with dpkg-buildpackage")
def build(house):
    env = {key: value for key, value in os.environ.items()
           if not key.startswith(("MAKE", "MFLAGS"))}
    options = "nocheck parallel=%d" % (os.cpu_count() or 1)
    done = subprocess.run([env.get("MAKE") or "make", "-C", BUILD, "deb"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                          env=dict(env, DEB_BUILD_OPTIONS=options))
    equal(done.returncode, 0, "\n".join(done.stdout.splitlines()[-40:]) + "\nexit status")
    house.before = files(house)


@test("it installs a user, a sample and a unit, and starts nothing")
def installs(house):
    install(house, "enjamb")
    machine = house.machine
    listed = set(machine.must("dpkg", "-L", "enjamb").splitlines())
    folders = {os.path.dirname(path) for path in listed} | {"/."}
    equal([path for path in listed - folders if "enjamb" not in path], [],
          "files that are not of its name")
    true("/usr/bin/enjambctl" in listed & files(house), "enjambctl is among them")
    true(int(machine.must("id", "-u", "enjamb")) < 1000, "a user of the system")
    for path in ("/etc/enjamb", "/etc/enjamb/certs"):
        equal(machine.must("stat", "-c", "%U:%G %a", path).strip(), "root:enjamb 750", path)
    equal(machine.run("su", "-s", "/bin/sh", "nobody", "-c", "cat " + CONF).returncode != 0, True,
          "who is somebody else reads no secret")
    with open(os.path.join(SOURCE, "data", "enjamb.conf"), encoding="utf-8") as sample:
        equal(house.read(CONF), sample.read(), "the configuration")
    equal(house.unit.show("ActiveState"), "inactive", "state")
    equal(machine.run("systemctl", "is-enabled", "enjamb").stdout.strip(), "disabled", "enabled")
    machine.must("man", "--warnings", "enjamb", "enjamb.conf")


@test("two edited lines and systemctl enable --now, and messages pass")
def starts(house):
    block, secret = component_block(DOMAIN)
    house.write("/etc/prosody/conf.d/enjamb.cfg.lua", block.replace(secret, "by any other name"))
    house.machine.must("systemctl", "restart", "prosody")
    house.dns.set_service(DOMAIN, (0, 0, PORT, OURS))
    house.replace(CONF, "[component bridge.example.com]", "[component %s]" % DOMAIN)
    house.replace(CONF, "secret = change me", "secret = by any other name")
    house.unit.follow()
    house.machine.must("systemctl", "enable", "--now", "enjamb")
    house.wait_up()
    house.meet("from a package")


@test("a new version of the package takes over the link, and leaves the configuration")
def upgrade(house):
    pid, since, conf = house.unit.pid, house.unit.mark(), house.read(CONF)
    # One record, and for each link and each address that is listened at.
    waiting.until(lambda: int(house.unit.show("NFileDescriptorStore")) >= 3, "all to be kept", SLOW)
    install(house, "enjamb")
    house.unit.wait_line(r"%s\b.*link up: carried on" % DOMAIN, since, SLOW)
    waiting.until(lambda: house.unit.pid not in (0, pid), "another process", SLOW)
    equal(house.read(CONF), conf, "the configuration")
    house.meet("by its successor")


def shown(house):
    """The certificate that enjamb shows."""
    told = subprocess.run(
        ["openssl", "s_client", "-starttls", "xmpp-server", "-xmpphost", DOMAIN, "-connect",
         "%s:%d" % (OURS, PORT)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False, timeout=SLOW).stdout
    return told[told.find("-----BEGIN"):told.find("-----END")]


def renew(house, names):
    """What certbot does when it has got a certificate."""
    lineage = os.path.join(house.folder, "lineage")
    make_certificate(lineage, DOMAIN)
    os.makedirs(house.machine.inside("/etc/letsencrypt/live/x"), exist_ok=True)
    for kind, name in (("crt", "fullchain.pem"), ("key", "privkey.pem")):
        shutil.copy(os.path.join(lineage, "%s.%s" % (DOMAIN, kind)),
                    house.machine.inside("/etc/letsencrypt/live/x/" + name))
    house.machine.must("chmod", "-R", "go=", "/etc/letsencrypt")
    house.machine.must("env", "RENEWED_LINEAGE=/etc/letsencrypt/live/x", "RENEWED_DOMAINS=" + names,
                       "/usr/share/enjamb/certbot-hook")
    text = house.read("/etc/letsencrypt/live/x/fullchain.pem")
    return text[:text.find("-----END")]


@test("certbot's hook hands on a new certificate, and others are passed over")
def hook(house):
    mark = house.b.process.mark()
    for names in ("www.example.com " + DOMAIN, "*.example.com"):
        since = house.unit.mark()
        certificate = renew(house, names)
        house.unit.wait_line(RELOADED, since, SLOW)
        equal(shown(house), certificate, "the certificate for " + names)
    renew(house, "*.example.org www.example.com")
    equal(shown(house), certificate, "the certificate after one for others")
    place = "/etc/enjamb/certs/" + DOMAIN
    equal(house.machine.must("stat", "-c", "%U:%G %a", place, place + "/privkey.pem"),
          "root:enjamb 750\nroot:enjamb 640\n", "who may read the key")
    house.meet("with another certificate")
    equal(house.b.streams(DOMAIN, mark), [], "streams that came up")


@test("the library's packages are what a program needs")
def library(house):
    install(house, "libenjamb0", "libenjamb-dev")
    house.machine.must("sh", "-c", "cc -o /tmp/echo /usr/share/doc/enjamb/examples/echo.c "
                       "$(pkg-config --cflags --libs enjamb)")
    done = house.machine.run("sh", "-c", "cd / && /tmp/echo")
    true("enjamb.conf" in done.stderr, "it runs, and misses its configuration:\n" + done.stderr)
    house.machine.must("dpkg", "--purge", "libenjamb-dev", "libenjamb0")


@test("removed it has stopped, purged it is gone")
def purge(house):
    since = house.unit.mark()
    house.machine.must("dpkg", "--remove", "enjamb")
    house.unit.wait_line(r"stanzas accepted .*owned 0$", since, SLOW)
    equal(house.unit.show("ActiveState"), "inactive", "state")
    true("secret = by any other name" in house.read(CONF), "the configuration is still there")
    # What is the operator's he removes himself.
    house.machine.must("rm", "-r", "/etc/enjamb/certs/" + DOMAIN, "/etc/letsencrypt",
                       "/etc/prosody/conf.d/enjamb.cfg.lua")
    house.machine.must("dpkg", "--purge", "enjamb")
    equal(sorted(files(house) - house.before), [], "what is left")


if __name__ == "__main__":
    require(("/usr/bin/dh", "debhelper"), ("/usr/bin/dpkg-buildpackage", "dpkg-dev"))
    run(lambda: House.built(DOMAIN))
