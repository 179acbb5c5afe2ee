#!/usr/bin/python3
"""A newcomer walks through README, from apt-get to a message from the other server.

Every command, file and record is README's own; what a person does between them, such as to think
of a secret, is done here.
"""

import os
import re
import secrets
import shutil
import subprocess

from house import CONF, OURS, SLOW, House, require
from lab import RELAY, SOURCE
from prosody import make_certificate
from tap import equal, run, say, test, true

CHECKOUT = "/usr/src/enjamb"
SECRET = secrets.token_hex(32)
CERTS = "/etc/enjamb/certs"

# Of a tree that is no checkout: what make makes.
MADE = ("*.o", "*.lo", "*.la", "*.log", "*.trs", ".libs", ".deps", "autom4te.cache", "b", "build*",
        "deb", "configure", "config.status", "Makefile", "Makefile.in")


def blocks(text):
    """What is indented by four, as it is meant to be typed or pasted."""
    found = re.findall(r"(?:^    .*\n(?:\n(?=    ))?)+", text, re.MULTILINE)
    return [re.sub("^    ", "", block, flags=re.MULTILINE) for block in found]


def kind(block):
    for pattern, word in ((r"--|Component ", "prosody"), (r"\[", "conf"), (r"\S+ +\d+ IN ", "zone"),
                          (r"\S+\.(crt|pem) +with ", "files")):
        if re.match(pattern, block):
            return word
    return "shell"


class Readme:
    """The chapter that attaches it, by step: 1 to 7."""

    def __init__(self):
        with open(os.path.join(SOURCE, "README"), encoding="utf-8") as readme:
            self.text = readme.read()
        chapter = self.chapter("Attach it to your own Prosody")
        parts = re.split(r"^\*\*(\d)\. ", chapter, flags=re.MULTILINE)
        self.steps = dict(zip(map(int, parts[1::2]), parts[2::2]))

    def chapter(self, title):
        found = re.search(r"^%s\n-+\n(.*?)(?=^[^\n]+\n---+$)" % re.escape(title), self.text,
                          re.MULTILINE | re.DOTALL)
        return found.group(1)

    def blocks(self, step, wanted):
        found = [block for block in blocks(self.steps[step]) if kind(block) == wanted]
        true(found, "step %d of README has a block for: %s" % (step, wanted))
        return found

    def inline(self, step, start):
        """A command within a sentence."""
        return re.search("`(%s[^`]*)`" % start, self.steps[step]).group(1)


def fetch(house):
    """A fresh checkout."""
    target = house.machine.inside(CHECKOUT)
    listed = subprocess.run(["git", "-C", SOURCE, "ls-files", "-z"], capture_output=True,
                            text=True, check=False)
    if listed.returncode:
        shutil.copytree(SOURCE, target, ignore=shutil.ignore_patterns(*MADE))
        return
    for name in filter(None, listed.stdout.split("\0")):
        os.makedirs(os.path.dirname(os.path.join(target, name)), exist_ok=True)
        shutil.copy(os.path.join(SOURCE, name), os.path.join(target, name))


def typed(house, commands, folder=CHECKOUT, outside=False):
    """They have to succeed: what they have printed."""
    for line in commands.splitlines():
        say("$ " + line)
    done = house.shell(commands, folder, outside)
    equal(done.returncode, 0, "\n".join(done.stdout.splitlines()[-40:]) + "\nexit status")
    return done.stdout


@test("1. build and install")
def build(house):
    fetch(house)
    commands = house.readme.blocks(1, "shell")[0]
    for word in ("apt-get install", "./autogen.sh", "make install"):
        true(word in commands, "it has " + word)
    typed(house, commands, outside=True)
    equal(house.unit.show("LoadState"), "loaded", "the unit")


@test("2. tell Prosody")
def tell(house):
    block, = house.readme.blocks(2, "prosody")
    house.write("/etc/prosody/conf.d/enjamb.cfg.lua", block.replace("change me", SECRET))
    for commands in house.readme.blocks(2, "shell"):
        typed(house, commands)


@test("3. configure it, by two lines")
def configure(house):
    house.replace(CONF, "[component bridge.example.com]", "[component %s]" % RELAY)
    house.replace(CONF, "secret = change me", "secret = " + SECRET)
    for commands in house.readme.blocks(3, "shell"):
        equal(typed(house, commands), "", "problems")
    block = house.read("/etc/prosody/conf.d/enjamb.cfg.lua")
    equal(typed(house, house.readme.inline(3, "enjambctl prosody")).strip(), block.strip(),
          "the block for Prosody")


@test("4. the records for the DNS")
def publish(house):
    house.dns.paste(house.readme.blocks(4, "zone")[0])


@test("5. a certificate, which enjamb may read, and its digest for DANE")
def certify(house):
    table, = house.readme.blocks(5, "files")
    names = re.search(r"^(\S+\.crt) +with +(\S+\.key)$", table, re.MULTILINE).groups()
    make_certificate(house.folder, RELAY)
    for name in names:
        shutil.copy(os.path.join(house.folder, name), house.machine.inside(CERTS))
        house.machine.must("chmod", "640", CERTS + "/" + name)
    typed(house, house.readme.inline(5, "chgrp"))
    hook, = [block for block in house.readme.blocks(5, "shell") if "certbot" in block]
    hook = re.search(r"--deploy-hook (\S+)", hook).group(1)
    house.machine.must("test", "-x", hook)
    digest, = house.readme.blocks(4, "shell")
    true(re.match("[0-9a-f]{64}  -$", typed(house, digest, CERTS)), "a digest")


@test("6. start it, and a message from the other server comes and is answered")
def start(house):
    lines = "".join(house.readme.blocks(6, "shell")).splitlines()
    lines.remove("journalctl -u enjamb -f")  # which the laboratory does all the time
    house.unit.follow()
    typed(house, lines.pop(0))
    house.wait_up()
    house.meet("from a newcomer")
    house.unit.wait_line("stream up", 0, SLOW)
    for line in lines:
        typed(house, line)
    typed(house, house.readme.inline(6, "systemctl reload"))
    house.unit.wait_line("reloaded", 0, SLOW)
    for verb in ("reload", "status", "streams", "routes"):
        say(typed(house, house.readme.inline(6, "enjambctl " + verb)))
    warnings = re.findall("^.*: (?:no certificate|cannot).*$", house.unit.log(), re.MULTILINE)
    equal(warnings, [], "warnings")


@test("7. enjambctl tells what is right, and what is not")
def ask(house):
    told = house.shell(house.readme.inline(7, "enjambctl check")).stdout
    say(told)
    problems = re.findall("^ +problem +(.*)$", told, re.MULTILINE)
    equal([line for line in problems if not line.startswith("it is self-signed")], [],
          "problems but for the certificate, which nobody else has signed")
    true(re.search(r"_xmpp-server\._tcp leads to \S+, at %s:" % re.escape(OURS), told), "the DNS")
    typed(house, house.readme.inline(7, "enjambctl ping"))


@test("the program of twenty lines is built by the commands below it")
def program(house):
    commands = [block for block in blocks(house.readme.chapter("Twenty lines of C"))
                if "pkg-config" in block]
    typed(house, "\n".join(commands), CHECKOUT + "/data/examples")
    done = house.shell("./echo", CHECKOUT + "/data/examples")
    true("enjamb.conf" in done.stdout, "it runs, and misses its configuration:\n" + done.stdout)


@test("at the end systemctl stop leaves no stanza")
def stop(house):
    since = house.unit.mark()
    house.machine.must("systemctl", "disable", "--now", "enjamb")
    house.unit.wait_line(r"stanzas accepted .*owned 0$", since, SLOW)


def newcomer():
    house = House.built()
    house.readme = Readme()
    return house


if __name__ == "__main__":
    require(("/usr/bin/apt-get", "apt"), ("/usr/bin/autoconf", "autoconf"))
    run(newcomer)
