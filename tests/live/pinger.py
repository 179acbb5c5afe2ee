"""A healthy peer, in a process of its own, which pings the bridge all the time.

Beside each ping goes a control ping to a process that only echoes: what both
wait for is the machine's and not the bridge's, and so is the time that the
bridge was ready to run and had no processor.  Pinger starts it and asks it; run
as a program this file is the peer.
"""

import asyncio
import json
import os
import signal
import socket
import sys

import waiting
from loadpeer import LoadPeer
from process import Process

EVERY = 0.1
PING = ("<iq type='get' id='ping-%d' from='%s' to='%s'><ping xmlns='urn:xmpp:ping'/></iq>")


class Pinger:
    """The peer `domain`; stop () answers its figures, seconds.

    worst      the longest answer of the bridge
    slow       [when sent, how long, the longest control ping of that time and
               how long the bridge had no processor] of those that took more than
               a quarter of a second
    control    the longest control ping
    answered, missed
    broken     streams of its own that ended"""

    def __init__(self, lab, domain, address, port, target):
        self.path = os.path.join(lab.folder, domain + ".json")
        self.process = Process(
            "pinger", [sys.executable, "-B", os.path.abspath(__file__), self.path, domain, address,
                       str(port), lab.bridge.address, str(lab.bridge.s2s), target], lab.folder)
        self.bridge = lab.bridge

    def start(self):
        self.process.argv.append(str(self.bridge.process.pid))
        self.process.start()
        waiting.until(lambda: self.figures().get("answered", 0) > 2, "the pinger's first answers")
        return self

    def excess(self, excused=()):
        """The longest answer, less the control ping of that time, and less what falls
        into the excused spans of time, each (from, to)."""

        def less(sent, took, control):
            return took - control - sum(
                max(0.0, min(end, sent + took) - max(start, sent)) for start, end in excused)

        return max((less(*slow) for slow in self.figures()["slow"]), default=0.0)

    def figures(self):
        """As of the last second."""
        try:
            with open(self.path, encoding="ascii") as file:
                return json.load(file)
        except FileNotFoundError:
            return {}

    def stop(self):
        self.process.stop()
        return self.figures()


class _Pings:
    def __init__(self, peer, path, bridge):
        self.peer, self.path, self.bridge = peer, path, bridge
        # Number to when it was sent, and how long the bridge had waited for a processor by then.
        self.sent, self.control = {}, {}
        # When each of the last control pings came back, and how long it took.
        self.recent = []
        self.number = 0
        self.figures = {"worst": 0.0, "slow": [], "control": 0.0, "answered": 0, "missed": 0,
                        "broken": 0}

    def send(self, echo):
        now = waiting.loop.time()
        self.number += 1
        self.control[self.number] = now
        echo.send(b"%d\n" % self.number)
        if self.peer.speaker and self.peer.speaker.up:
            self.sent["ping-%d" % self.number] = (now, self.waited())
            self.peer.speaker.say(PING % (self.number, self.peer.domain, self.peer.target))

    def waited(self):
        """How long the bridge was ready to run and had no processor, all in all."""
        try:
            with open("/proc/%s/schedstat" % self.bridge, encoding="ascii") as file:
                return int(file.read().split()[1]) / 1e9
        except (OSError, IndexError):
            return 0.0

    def back(self, number):
        now = waiting.loop.time()
        took = now - self.control.pop(number)
        self.recent.append((now, took))
        self.figures["control"] = max(self.figures["control"], took)

    def answer(self, ident):
        sent = self.sent.pop(ident, None)
        if sent:
            self.account(*sent, waiting.loop.time())
            self.figures["answered"] += 1

    def account(self, sent, waited, now):
        slowest = max([took for when, took in self.recent if when >= sent]
                      + [now - when for when in self.control.values()] + [0.0])
        self.figures["worst"] = max(self.figures["worst"], now - sent)
        if now - sent > 0.25 and len(self.figures["slow"]) < 1000:
            self.figures["slow"].append([sent, now - sent, slowest + self.waited() - waited])

    def write(self):
        now = waiting.loop.time()
        # What is under way counts by its age.
        if self.sent:
            self.account(*min(self.sent.values()), now)
        self.figures["missed"] = sum(now - sent > 1.0 for sent, _ in self.sent.values())
        self.figures["broken"] = self.peer.ended
        self.recent = [one for one in self.recent if now - one[0] < 60]
        with open(self.path + ".new", "w", encoding="ascii") as file:
            json.dump(self.figures, file)
        os.rename(self.path + ".new", self.path)


def _echo_child():
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        ours.close()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        while True:
            data = theirs.recv(4096)
            if not data:
                os._exit(0)
            theirs.sendall(data)
    theirs.close()
    ours.setblocking(False)
    return ours


async def _live(peer, pinger, echo):
    stop = asyncio.Event()
    loop = asyncio.get_event_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)

    def echoed():
        for line in echo.recv(65536).split():
            pinger.back(int(line))

    loop.add_reader(echo, echoed)
    peer.on_pong = pinger.answer
    tick = 0
    while not stop.is_set():
        if tick % 10 == 0:
            pinger.write()
        tick += 1
        pinger.send(echo)
        await asyncio.sleep(EVERY)
    # The last pings are answered, or were missed.
    for _ in range(20):
        if not pinger.sent:
            break
        await asyncio.sleep(EVERY)
    pinger.write()


def main(path, domain, address, port, bridge, s2s, target, pid):
    echo = _echo_child()

    class There:
        pass

    There.address, There.s2s = bridge, int(s2s)
    peer = LoadPeer(domain, address, int(port), There, target).listen()
    speaking = waiting.loop.create_task(peer.live(0))
    waiting.loop.run_until_complete(_live(peer, _Pings(peer, path, pid), echo))
    speaking.cancel()


if __name__ == "__main__":
    main(*sys.argv[1:])
