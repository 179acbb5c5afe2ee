#!/usr/bin/python3
"""biboumi, a gateway to IRC, connects to enjamb as Debian packages it: it federates as it is."""

import os
from xml.etree import ElementTree

import tap
import waiting
from hosted import SECONDS, SECRET, HostedLab
from ircserver import IrcServer
from tap import equal, run, test, true

PROGRAM = "/usr/bin/biboumi"
MUC = "http://jabber.org/protocol/muc"
INFO = "http://jabber.org/protocol/disco#info"
CHANNEL = "#verona"

CONF = """\
hostname=%(domain)s
password=%(secret)s
xmpp_server_ip=%(address)s
port=%(port)d
fixed_irc_server=%(irc)s
db_name=%(folder)s/biboumi.sqlite
log_level=0
"""


class BiboumiLab(HostedLab):
    def __init__(self):
        if not os.access(PROGRAM, os.X_OK):
            tap.skip_all("not installed: biboumi")
        super().__init__()
        self.irc = IrcServer(self.network.host(16))
        self.conf = os.path.join(self.folder, "biboumi.cfg")
        with open(self.conf, "w", encoding="ascii") as file:
            file.write(CONF % {"domain": self.domain, "secret": SECRET, "port": self.hosted,
                               "address": self.bridge.address, "irc": self.irc.address,
                               "folder": self.folder})

    def room(self, nick=None):
        """The channel as users of XMPP address it."""
        return "%s@%s%s" % (CHANNEL, self.domain, "/" + nick if nick else "")


def element(namespace):
    """The element that says what a presence is for."""
    return ElementTree.Element("{%s}x" % namespace)


@test("it is let in", proves="C15")
def comes(lab):
    lab.irc.listen()
    lab.component = lab.run_component([PROGRAM, lab.conf])


@test("it answers discovery of users of three servers")
def discovers(lab):
    for user in lab.users():
        answer = user.get(lab.domain, INFO)
        equal(answer["type"], "result", "type")
        identity = answer.xml.find("{%s}query/{%s}identity" % (INFO, INFO))
        equal(identity.get("category"), "conference", "category")


@test("they enter a channel of IRC, and hear each other there", proves="C25")
def talk(lab):
    users = lab.users()
    for user in users:
        nick = user.bare.partition("@")[0]
        presence = user.xmpp.make_presence(pto=lab.room(nick))
        presence.xml.append(element(MUC))
        presence.send()
        waiting.until(lambda: nick in lab.irc.channels.get(CHANNEL, {}), nick + " on IRC", SECONDS)
    for user in users:
        nick = user.bare.partition("@")[0]
        user.send(lab.room(), nick + " speaks", type="groupchat")
        for other in users:
            other.wait_message(nick + " speaks", lab.room(nick), "groupchat", seconds=SECONDS)
    true(("romeo", CHANNEL, "romeo speaks") in lab.irc.said, "said on IRC")


@test("it ends as it likes, and enjamb after it", proves="C20")
def ends(lab):
    lab.component.stop(seconds=SECONDS)
    lab.irc.close()
    equal(lab.bridge.process.stop(seconds=SECONDS), 0, "status")
    lab.bridge.check_books()


if __name__ == "__main__":
    run(BiboumiLab)
