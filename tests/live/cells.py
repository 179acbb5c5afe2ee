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

# No stream comes up, and the message comes back; our log says why.
Refused = namedtuple("Refused", "why")

# The server has no such thing; the text says why.
Cannot = namedtuple("Cannot", "reason")

# `theirs` and `ours` are kinds of domains; `steps` is a method of Matrix.
Row = namedtuple("Row", "title theirs ours steps cells")


class Cell(namedtuple("Cell", "row server direction theirs ours wanted")):
    @property
    def incoming(self):
        return self.direction == "in"


def both(words):
    """Both ends tell the same."""
    return Proof(words, words)


DIALBACK = both("TLS, dialback")
EXTERNAL = both("TLS, EXTERNAL")
BY_DANE = Proof("TLS, dialback, DANE", "TLS, dialback")
FELL_BACK = Proof("TLS, dialback", "TLS, EXTERNAL refused, dialback")

# ejabberd offers EXTERNAL to everybody.  What Prosody and ejabberd make of our
# certificate counts for streams that we open.
OFFERED = {"ejabberd_out": FELL_BACK}
OUT_EXTERNAL = {"prosody_out": EXTERNAL, "ejabberd_out": EXTERNAL}
OUT_REFUSED = {"prosody_out": DIALBACK, "ejabberd_out": FELL_BACK}

WE_OFFER = Cannot("enjamb offers EXTERNAL only for a certificate that it believes")
IT_OFFERS = Cannot("Prosody offers EXTERNAL only for a certificate that it believes")
SINGLE = Cannot("it opens a stream for each pair of domains")
NO_BIDI = Cannot("ejabberd has bidi from 24.10 on")
NO_ACKS = Cannot("ejabberd does not acknowledge between servers")


def _row(title, theirs, ours, wanted, steps="plainly", **others):
    """`wanted` counts for all four cells but those in `others`: prosody_in..."""
    return Row(title, theirs, ours, steps, {
        (server, direction): others.get("%s_%s" % (server, direction), wanted)
        for server in SERVERS for direction in DIRECTIONS})


# A kind with a / is for in and out.
ROWS = (
    _row("plain, dialback", "plain", "self", both("plain, dialback")),
    _row("TLS, dialback, certificates that nobody trusts", "self", "self", DIALBACK,
         **OFFERED),
    _row("EXTERNAL, common authority", "good", "good", EXTERNAL),
    _row("EXTERNAL refused, then dialback on the same stream", "refusing", "stranger", WE_OFFER,
         prosody_out=IT_OFFERS, ejabberd_out=FELL_BACK),
    _row("direct TLS", "direct", "direct", EXTERNAL),
    _row("bidi", "both-in/both-out", "good", both("TLS, EXTERNAL, bidi"), "both_ways",
         ejabberd_in=NO_BIDI, ejabberd_out=NO_BIDI),
    _row("acknowledgements", "acks", "good", both("TLS, EXTERNAL, acknowledged"),
         ejabberd_in=NO_ACKS, ejabberd_out=NO_ACKS),
    _row("piggybacked second domain", "first", "self", SINGLE,
         prosody_out=DIALBACK, ejabberd_out=FELL_BACK, steps="piggyback"),
    _row("IPv6", "six", "six", DIALBACK, "over_six", **OFFERED),
    _row("SRV with a dead first target", "dead", "dead", DIALBACK, **OFFERED),
    _row("its certificate is by a stranger", "stranger", "good", DIALBACK, **OUT_EXTERNAL),
    _row("its certificate has expired", "expired", "good", DIALBACK, **OUT_EXTERNAL),
    _row("its certificate is another's", "other", "good", DIALBACK, **OUT_EXTERNAL),
    _row("its certificate is for servers only", "server", "good", EXTERNAL),
    _row("by a stranger, certificate required", "strict-stranger", "good",
         Refused("authority not trusted"), "refused"),
    _row("expired, certificate required", "strict-expired", "good",
         Refused("expired"), "refused"),
    _row("another's, certificate required", "strict-other", "good",
         Refused("another name"), "refused"),
    _row("for servers only, certificate required", "strict-server", "good", EXTERNAL),
    _row("our certificate is by a stranger", "for-stranger", "stranger", EXTERNAL, **OUT_REFUSED),
    _row("our certificate has expired", "for-expired", "expired", EXTERNAL, **OUT_REFUSED),
    _row("our certificate is another's", "for-other", "other", EXTERNAL, **OUT_REFUSED),
    _row("our certificate is for servers only", "for-server", "server", EXTERNAL,
         ejabberd_out=FELL_BACK),
    _row("DANE, certificate required", "dane", "dane", DIALBACK, "by_dane",
         prosody_in=BY_DANE, ejabberd_in=BY_DANE, **OFFERED),
    _row("DANE of another key, certificate required", "bogus", "dane",
         Refused("no TLSA record fits"), "refused",
         prosody_in=Refused("the certificate of an authority"),
         ejabberd_in=Refused("the certificate of an authority")),
    _row("peer restarted in mid-stream", "restarted", "self", DIALBACK, "after_restart",
         **OFFERED),
)


def _of(kinds, direction):
    return kinds.split("/")[0 if direction == "in" else -1]


def cells():
    """Row by row."""
    return [Cell(row, server, direction, _of(row.theirs, direction), _of(row.ours, direction),
                 row.cells[server, direction])
            for row in ROWS for server in SERVERS for direction in DIRECTIONS]
