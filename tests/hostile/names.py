"""A DNS server that is part of the script: it answers what a case says, and counts.

Names that it has no record of do not exist.  behave () makes all names below
one dead ("silent"), or answers them with an error.  What it was asked stands
in `asked`, a list of (name, type).
"""

import asyncio
import socket
import struct

import ports
import waiting
from nameserver import host_name

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "TXT": 16, "AAAA": 28, "SRV": 33, "TLSA": 52}
_WORDS = {number: word for word, number in TYPES.items()}

NOERROR, SERVFAIL, NXDOMAIN, REFUSED = 0, 2, 3, 5
SILENT = "silent"

_FLAGS = 0x8580  # an authoritative answer, and recursion is to be had
_TRUNCATED = 0x0200
_LONGEST = 1200
_TTL = 1


def _labels(name):
    wire = b""
    for label in name.rstrip(".").split("."):
        if label:
            data = label.encode()
            wire += bytes((len(data),)) + data
    return wire + b"\0"


def _rdata(kind, text):
    if kind == "A":
        return socket.inet_aton(text)
    if kind == "AAAA":
        return socket.inet_pton(socket.AF_INET6, text)
    if kind in ("CNAME", "NS"):
        return _labels(text)
    if kind == "SRV":
        *numbers, target = text.split(" ")
        return struct.pack("!HHH", *map(int, numbers)) + _labels(target)
    if kind == "TLSA":
        *numbers, data = text.split(" ")
        return bytes(map(int, numbers)) + bytes.fromhex(data)
    if kind == "TXT":
        data = text.encode()
        pieces = [data[at:at + 255] for at in range(0, len(data), 255)]
        return b"".join(bytes((len(piece),)) + piece for piece in pieces)
    raise ValueError(kind)


def _question(packet):
    """(name, type, its bytes) of the first question."""
    at, labels = 12, []
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode("latin-1").lower())
        at += 1 + packet[at]
    kind = struct.unpack("!H", packet[at + 1:at + 3])[0]
    return ".".join(labels), _WORDS.get(kind, str(kind)), packet[12:at + 5]


class Names(asyncio.DatagramProtocol):
    def __init__(self, network):
        self.address = network.host(53)
        self.port = network.port(self.address, ports.DNS, socket.SOCK_DGRAM)
        self.records = {}
        self.behaviour = {}
        self.asked = []
        self.transport = self.server = None

    def start(self):
        self.transport, _ = waiting.complete(waiting.loop.create_datagram_endpoint(
            lambda: self, (self.address, self.port)), "a port for DNS")
        self.server = waiting.complete(
            asyncio.start_server(self._stream, self.address, self.port), "the same in TCP")

    def stop(self):
        for each in (self.transport, self.server):
            if each:
                each.close()

    def add(self, *records):
        """Records as in a zone file, without class: "a.example A 127.0.0.1"."""
        for record in records:
            name, kind, text = record.split(" ", 2)
            self.records.setdefault(name.rstrip(".").lower(), []).append((kind, text))

    def remove(self, *names):
        for name in names:
            self.records.pop(name.rstrip(".").lower(), None)

    def set_service(self, domain, *targets, service="_xmpp-server"):
        """As Dns.set_service (): targets are (priority, weight, port, host)."""
        service = "%s._tcp.%s" % (service, domain)
        self.remove(service)
        for priority, weight, port, host in targets:
            name = host_name(domain, host)
            if name != host:
                self.remove(name)
                self.add("%s %s %s" % (name, "AAAA" if ":" in host else "A", host))
            self.add("%s SRV %d %d %d %s" % (service, priority, weight, port, name))

    def behave(self, domain, how):
        """For the domain and all below it: SILENT, or a response code."""
        self.behaviour[domain.lower()] = how

    def count(self, domain):
        """How many questions there were about the domain and names below it."""
        return sum(1 for name, _ in self.asked if ("." + name).endswith("." + domain))

    def datagram_received(self, data, addr):
        answer = self._answer(data, _LONGEST)
        if answer:
            self.transport.sendto(answer, addr)

    async def _stream(self, reader, writer):
        try:
            while True:
                length = struct.unpack("!H", await reader.readexactly(2))[0]
                answer = self._answer(await reader.readexactly(length), 65535)
                if answer:
                    writer.write(struct.pack("!H", len(answer)) + answer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _behaviour(self, name):
        while name:
            if name in self.behaviour:
                return self.behaviour[name]
            name = name.partition(".")[2]
        return NOERROR

    def _find(self, name, kind):
        """Records, a chain of CNAMEs before them, and the response code."""
        found, chain = [], 0
        while True:
            here = self.records.get(name)
            if here is None:
                below = any(other.endswith("." + name) for other in self.records)
                return found, NOERROR if found or below or not name else NXDOMAIN
            alias = [text for word, text in here if word == "CNAME"]
            if not alias or kind == "CNAME" or chain > 16:
                return found + [(name, word, text) for word, text in here if word == kind], NOERROR
            found.append((name, "CNAME", alias[0]))
            name, chain = alias[0].rstrip(".").lower(), chain + 1

    def _answer(self, packet, longest):
        name, kind, question = _question(packet)
        self.asked.append((name, kind))
        how = self._behaviour(name)
        if how == SILENT:
            return None
        found, code = self._find(name, kind) if how == NOERROR else ([], how)
        body = b""
        for owner, word, text in found:
            data = _rdata(word, text)
            body += _labels(owner) + struct.pack("!HHIH", TYPES[word], 1, _TTL, len(data)) + data
        flags, count = _FLAGS | code, len(found)
        if len(body) > longest:
            flags, count, body = flags | _TRUNCATED, 0, b""
        return packet[:2] + struct.pack("!HHHHH", flags, 1, count, 0, 0) + question + body
