"""What the matrix holds: a row for each subject, a cell for each server and direction.

"in" is a stream that the server opens to us, "out" one that we open to it.
A cell says what both ends are to log of the proof, or why there is no such
thing with that server.
"""

from collections import namedtuple

SERVERS = ("prosody", "ejabberd")
DIRECTIONS = ("in", "out")

# What both logs are to say of the stream: "plain" or "TLS", then the proof.
Proof = namedtuple("Proof", "ours theirs")

# The server has no such thing; the text says why.
Cannot = namedtuple("Cannot", "reason")

# `theirs` and `ours` are kinds of domains (matrixlab.py); `steps` a method of Steps.
Row = namedtuple("Row", "title theirs ours steps cells")
Cell = namedtuple("Cell", "row server direction wanted")


def _row(title, theirs, ours, proof, steps="plainly", **others):
    """`proof` counts for all four cells but those in `others`: prosody_in..."""
    wanted = proof if isinstance(proof, (Proof, Cannot)) else Proof(proof, proof)
    return Row(title, theirs, ours, steps, {
        (server, direction): others.get("%s_%s" % (server, direction), wanted)
        for server in SERVERS for direction in DIRECTIONS})


ROWS = (
    _row("plain, dialback", "plain", "self", "plain, dialback"),
    _row("TLS, dialback, certificates that nobody trusts", "self", "self", "TLS, dialback"),
    _row("IPv6", "six", "six", "TLS, dialback", "over_six"),
    _row("SRV with a dead first target", "dead", "dead", "TLS, dialback"),
    _row("peer restarted in mid-stream", "self", "dead", "TLS, dialback", "after_restart"),
)


def kinds(field):
    """The kinds of domains that the rows name in that field, each once."""
    return list(dict.fromkeys(getattr(row, field) for row in ROWS))


def cells():
    """Row by row, for the first of the servers first."""
    return [Cell(row, server, direction, row.cells[server, direction])
            for row in ROWS for server in SERVERS for direction in DIRECTIONS]
