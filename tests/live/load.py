"""Numbered messages at a steady rate, by clients of a few lines.

slixmpp spends more on a message than Prosody does; these clients send bytes
and look for numbers in what comes back.  Each one sends as long as it is
connected, and connects again when its server went away.
"""

import asyncio
import base64
import re
import time

from prosody import PASSWORD

TICK = 0.02
# So much may wait for the server; then less is sent than was asked for.
ROOM = 1 << 18
# Beyond what an answered ping vouches for goes at most what is due in so many seconds: more
# would lie in the buffers of the kernel, and die there with the server.
AHEAD = 0.5
# What could not be sent for so many seconds is made up for, at no more than twice the rate.
ARREARS = 30.0
_NUMBER = re.compile(rb"<message\b[^>]*?>")
_IDENT = re.compile(rb"\bid=['\"]load-(\w+)-(\d+)['\"]")

HEADER = ("<?xml version='1.0'?><stream:stream to='%s' version='1.0' xmlns='jabber:client' "
          "xmlns:stream='http://etherx.jabber.org/streams'>")
PING = "<iq type='get' id='behind-%d' to='%s'><ping xmlns='urn:xmpp:ping'/></iq>"
_BEHIND = re.compile(rb"<iq\b[^>]*\bid=['\"]behind-(\d+)['\"]")
MESSAGE = "<message id='load-%s-%d' type='chat' to='%s'><body>number %d</body></message>"


class Flow:
    """One way: what was sent when, what arrived, what came back as an error."""

    def __init__(self, name):
        self.name = name
        self.sent = {}
        self.arrived = {}
        self.bounced = {}
        self.twice = 0
        self.repeated = set()
        self.newest = -1

    def take(self, now):
        """The number of the next message."""
        self.sent[len(self.sent)] = now
        return len(self.sent) - 1

    def lost(self):
        """Number to time of what has neither arrived nor come back."""
        return {number: when for number, when in self.sent.items()
                if number not in self.arrived and number not in self.bounced}

    def note(self, number, error, now):
        if error:
            self.bounced.setdefault(number, now)
        elif number in self.arrived:
            self.twice += 1
            self.repeated.add(number)
        else:
            self.arrived[number] = now
            self.newest = max(self.newest, number)


class Pace:
    """How many messages are due, at a steady rate."""

    def __init__(self, rate):
        self.rate = rate
        self.last, self.debt = time.monotonic(), 0.0

    def due(self, now):
        """How many are to be sent now; they count as sent."""
        passed, self.last = now - self.last, now
        self.debt = min(self.debt + self.rate * passed, self.rate * ARREARS)
        # Not in one burst, where the machine was busy elsewhere or nobody was there to take them.
        count = int(min(self.debt, 2 * self.rate * min(passed, 5 * TICK) + 1))
        self.debt -= count
        return count

    def rest(self, now):
        """Nothing is due, and nothing will be for the time until now."""
        self.last = now


class LoadClient:
    """Sends on the flow `out`, and hears what all `flows` brought or returned.

    `target` is an address, or several that take turns."""

    def __init__(self, user, server, resource, target, out, flows, rate):
        self.user, self.server, self.resource = user, server, resource
        self.targets = [target] if isinstance(target, str) else target
        self.out, self.pace = out, Pace(rate)
        self.flows = {flow.name.encode(): flow for flow in flows}
        self.online = False
        self.sending = True
        # How many messages stood before the last ping that this server has answered.
        self.behind = 0
        self.task = None

    def choose(self, number):
        return self.targets[number % len(self.targets)]

    def start(self):
        self.task = asyncio.ensure_future(self._live())

    async def stop(self):
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def _live(self):
        while True:
            try:
                await self._session()
            except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                pass
            finally:
                self.online = False
            await asyncio.sleep(TICK)

    async def _session(self):
        reader, writer = await asyncio.open_connection(
            self.server.address, self.server.c2s, limit=1 << 20)
        try:
            header = (HEADER % self.server.domain).encode()
            plain = base64.b64encode(("\0%s\0%s" % (self.user, PASSWORD)).encode()).decode()
            await self._say(reader, writer, header, b"</stream:features>")
            await self._say(reader, writer, (
                "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>%s</auth>"
                % plain).encode(), b"<success")
            await self._say(reader, writer, header, b"</stream:features>")
            # Once the resource is bound, messages come among the answers.
            early = await self._say(reader, writer, (
                "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                "<resource>%s</resource></bind></iq><iq type='set' id='session'>"
                "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq><presence/>"
                % self.resource).encode(), b"id='session'", b'id="session"')
            self.online = True
            sender = asyncio.ensure_future(self._send(writer))
            try:
                await self._hear(reader, early)
            finally:
                sender.cancel()
        finally:
            writer.close()

    @staticmethod
    async def _say(reader, writer, data, *answers):
        writer.write(data)
        seen = b""
        while not any(answer in seen for answer in answers):
            more = await asyncio.wait_for(reader.read(65536), 10)
            if not more:
                raise OSError("the server closed the stream")
            seen += more
        return seen

    async def _send(self, writer):
        sent = self.behind = 0
        while True:
            await asyncio.sleep(TICK)
            now = time.monotonic()
            if not self.sending:
                self.pace.rest(now)
            if not self.sending or writer.is_closing() or (
                    sent - self.behind > self.pace.rate * AHEAD
                    or writer.transport.get_write_buffer_size() > ROOM):
                continue
            due = self.pace.due(now)
            sent += due
            lines = [MESSAGE % (self.out.name, number, self.choose(number), number)
                     for number in (self.out.take(now) for _ in range(due))]
            lines.append(PING % (sent, self.server.domain))
            writer.write("".join(lines).encode())

    async def _hear(self, reader, data):
        rest = b""
        while data:
            now = time.monotonic()
            data = rest + data
            end = data.rfind(b">") + 1
            for tag in _NUMBER.findall(data[:end]):
                ident = _IDENT.search(tag)
                if ident and ident.group(1) in self.flows:
                    error = b"type='error'" in tag or b'type="error"' in tag
                    self.flows[ident.group(1)].note(int(ident.group(2)), error, now)
            for count in _BEHIND.findall(data[:end]):
                self.behind = int(count)
            rest = data[end:]
            data = await reader.read(65536)
