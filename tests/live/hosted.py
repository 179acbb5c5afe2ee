"""The laboratory with a component that connects to enjamb.

  app.example.com   hosted; in the configuration of Prosody A as the others

Prosody A and B, ejabberd and enjamb are as in threelab.py.  What connects is the test's.
"""

import os
import sys

import waiting
from lab import component_block
from process import Process
from threelab import ThreeLab

APP = "app.example.com"
SECRET = "for the component alone"
PORT = 5348
CONNECTED = r"%s\b.*\bcomponent connected\b"
AWAY = r"%s\b.*\bcomponent away\b"
HERE = os.path.dirname(os.path.abspath(__file__))
# Longer than anybody's timeouts on the way.
SECONDS = 60


class HostedLab(ThreeLab):
    def __init__(self, domain=APP):
        super().__init__()
        self.domain = domain
        self.hosted = self.network.port(self.bridge.address, PORT)
        self.tls = self.network.port(self.bridge.address, PORT + 1)
        secret = os.path.join(self.bridge.folder, "hosted.secret")
        with open(secret, "w", encoding="utf-8") as file:
            file.write(SECRET + "\n")
        self.bridge.component(
            domain, "hosted", hosted_secret_file=secret,
            hosted_listen="%s:%d;tls://%s:%d" % (self.bridge.address, self.hosted,
                                                 self.bridge.address, self.tls))
        # Nobody waits for a minute.
        self.bridge.groups["limits"]["queue-age"] = "40"
        # As its unit has it.
        state = os.path.join(self.folder, "state")
        os.mkdir(state)
        self.bridge.process.env["STATE_DIRECTORY"] = state
        self.published[domain] = [self.bridge]
        self.a.configure(hosts=self.components + component_block(domain)[0])
        self.started = 0

    def start_component(self, argv, env=None):
        """Starts that program."""
        self.started += 1
        process = Process("component-%d" % self.started, argv, self.folder, env=env)
        process.start()
        self.processes.append(process)
        return process

    def run_component(self, argv, env=None):
        """The same, when enjamb has let it in."""
        since = self.bridge.process.mark()
        process = self.start_component(argv, env)
        self.bridge.process.wait_line(CONNECTED % self.domain, since, SECONDS)
        return process

    def answerer(self, secret=SECRET, tls=False):
        """The command line of answerer.py."""
        return [sys.executable, "-B", os.path.join(HERE, "answerer.py"), self.domain, secret,
                self.bridge.address, str(self.tls if tls else self.hosted)] + ["tls"] * tls

    def users(self):
        """One each of Prosody A, which has the link, Prosody B, and ejabberd."""
        return [self.juliet(), self.romeo(), self.hana()]

    def away(self, process, number):
        """Ends the component by that signal, and waits until enjamb knows."""
        since = self.bridge.process.mark()
        process.stop(number)
        self.bridge.process.wait_line(AWAY % self.domain, since, SECONDS)


def converse(lab, user, words):
    """That user writes to the component, and has its answer."""
    user.send("someone@" + lab.domain, words)
    return user.wait_message("heard " + words, "someone@" + lab.domain, seconds=SECONDS)


def hear_all(user, bodies):
    """Until each was answered at least once."""
    missing = {"heard " + body for body in bodies}

    def look():
        missing.difference_update(message["body"] for message in user.messages)
        return not missing

    waiting.until(look, "%s to hear of %d" % (user.bare, len(bodies)), SECONDS)
    user.messages.clear()
