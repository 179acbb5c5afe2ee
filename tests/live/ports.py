"""Loopback addresses of our own, and ports that are free on them.

Linux answers on all of 127/8, so each laboratory takes a network at random
and each of its servers an address of its own with the standard ports.  Where
somebody has bound such a port on every address, another free one is taken;
SRV records and configuration name whatever came out.
"""

import random
import socket

XMPP_CLIENT = 5222
XMPP_SERVER = 5269
XMPP_SERVER_TLS = 5270
COMPONENT = 5347
DNS = 5353


def _family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _bind(address, port, kind):
    with socket.socket(_family(address), kind) as probe:
        if kind == socket.SOCK_STREAM:
            # A port that rests in TIME_WAIT is free to listen on.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((address, port))
        return probe.getsockname()[1]


class Network:
    """One /24 of loopback; `host (n)` are the addresses in it."""

    def __init__(self):
        for _ in range(50):
            self.prefix = "127.%d.%d" % (random.randint(16, 250), random.randint(0, 255))
            try:
                _bind(self.host(1), XMPP_SERVER, socket.SOCK_STREAM)
                return
            except OSError:
                continue
        # The standard port is taken everywhere; port () finds others.

    def host(self, number):
        return "%s.%d" % (self.prefix, number)

    @staticmethod
    def port(address, preferred, kind=socket.SOCK_STREAM):
        """`preferred` if it is free on that address, else another one."""
        try:
            return _bind(address, preferred, kind)
        except OSError:
            return _bind(address, 0, kind)


def dead_port(address):
    """A port where nobody listens: a connection is refused at once."""
    return _bind(address, 0, socket.SOCK_STREAM)


def spare(address, count):
    """So many ports that are free there, and not of those that the kernel gives
    to outgoing connections."""
    found = []
    for port in random.sample(range(20000, 32768), 100 + count):
        try:
            found.append(_bind(address, port, socket.SOCK_STREAM))
        except OSError:
            continue
        if len(found) == count:
            return found
    raise AssertionError("no %d free ports on %s" % (count, address))


def has_ipv6():
    """Whether this machine has a loopback of that kind."""
    try:
        _bind("::1", 0, socket.SOCK_STREAM)
        return True
    except OSError:
        return False


def listening(address, port):
    """Whether somebody accepts connections there."""
    with socket.socket(_family(address), socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex((address, port)) == 0


def _endpoint(text):
    address, port = text.split(":")
    octets = [str(octet) for octet in reversed(bytes.fromhex(address))]
    return ".".join(octets), int(port, 16)


def listener(endpoint):
    """The inode of the socket that listens there, or None."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        next(table)
        for fields in map(str.split, table):
            if fields[3] == "0A" and _endpoint(fields[1]) == endpoint:
                return fields[9]
    return None


def established(endpoint):
    """The four-tuples of all established TCP connections to that endpoint."""
    found = set()
    with open("/proc/net/tcp", encoding="ascii") as table:
        next(table)
        for line in table:
            _, local, remote, state = line.split()[:4]
            if state == "01" and _endpoint(remote) == endpoint:
                found.add((_endpoint(local), _endpoint(remote)))
    return found
