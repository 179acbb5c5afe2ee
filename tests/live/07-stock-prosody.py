#!/usr/bin/python3
"""Debian's own Prosody configuration with README's block in it, nothing else.

Prosody A runs the file that the package ships.  Added are the block that
README says to paste, the virtual host that every operator has, and settings
that let it all live on loopback in a temporary folder.
"""

import glob
import hashlib
import os
import re
import subprocess

import tap
from lab import LOCAL, RELAY, REMOTE, SOURCE, Lab, component_block, escaped
from tap import equal, run, say, test, true

STOCK = "/etc/prosody/prosody.cfg.lua"


def shipped_checksum():
    """What dpkg knows of the file as the package brought it."""
    status = subprocess.run(["dpkg-query", "-W", "-f", "${Conffiles}", "prosody"],
                            capture_output=True, text=True, check=False).stdout
    found = re.search(re.escape(STOCK) + r" ([0-9a-f]{32})", status)
    return found.group(1) if found else None


def stock_text(folder):
    """The file as shipped: the installed one if it is untouched and we may
    read it, else the one in the package, fetched again."""
    try:
        with open(STOCK, "rb") as stock:
            text = stock.read()
        if hashlib.md5(text).hexdigest() == shipped_checksum():
            return text.decode()
    except PermissionError:
        pass  # it belongs to root and prosody
    package = os.path.join(folder, "package")
    os.mkdir(package)
    subprocess.run(["apt-get", "-q", "download", "prosody"], cwd=package,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    for archive in glob.glob(os.path.join(package, "*.deb")):
        subprocess.run(["dpkg-deb", "-x", archive, package], check=True)
        with open(package + STOCK, encoding="utf-8") as stock:
            return stock.read()
    return None


def stock_lab():
    lab = Lab()
    text = stock_text(lab.folder)
    if text is None:
        lab.remove()
        tap.skip_all("no readable copy of the shipped " + STOCK)
    anchor = '\nVirtualHost "localhost"\n'
    true(text.count(anchor) == 1, "the shipped file has its virtual host")
    lab.a.write(text.replace(anchor, "\n" + lab.a.place() + anchor))
    folder = os.path.join(lab.a.folder, "conf.d")
    os.mkdir(folder)
    for name, lua in (("enjamb", component_block()[0]), (LOCAL, 'VirtualHost "%s"\n' % LOCAL)):
        with open(os.path.join(folder, name + ".cfg.lua"), "w", encoding="utf-8") as conf:
            conf.write(lua)
    del lab.bridge.groups["component echo.example.com"]
    return lab


@test("README shows the block that is tested here")
def readme(_lab):
    with open(os.path.join(SOURCE, "README"), encoding="utf-8") as text:
        shown = [line.strip() for line in text]
    block = [line.strip() for line in component_block()[0].splitlines()]
    start = shown.index(block[0])
    equal(shown[start:start + len(block)], block, "README's block")


@test("the component attaches, and both sides meet through the relay", proves="C04")
def relay(lab):
    juliet, romeo = lab.login("juliet@%s/balcony" % LOCAL, tls=True), lab.romeo()
    juliet.send(escaped("romeo@" + REMOTE, RELAY), "from a stock server")
    message = romeo.wait_message("from a stock server")
    romeo.send(str(message["from"]), "and back")
    juliet.wait_message("and back")


@test("the subdomain is ours alone: Prosody refuses S2S for it")
def alone(lab):
    log = lab.a.process.log()
    true(not re.search(r"s2s connection \S*->?%s" % re.escape(RELAY), log),
         "no S2S stream of Prosody A names the component")
    say(lab.a.process.line("authenticated|Component"))


if __name__ == "__main__":
    run(stock_lab)
