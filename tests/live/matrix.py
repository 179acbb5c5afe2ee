"""Plays the cells, and writes what came of them."""

import os
import re

import waiting
from cells import Cannot
from tap import Skip, equal, true

HEADING = """\
Server-to-server streams between enjamb and real servers, on loopback.

  in    a stream that the server opened to us
  out   a stream that we opened to the server

In each cell a message travelled that way, or came back where refused; the
proof is what enjamb's log and the server's own log say of that stream.
"""


# For a message, or its end; more than anybody's timeouts on the way.
SECONDS = 60


def _told(text):
    """The log's words as the table has them: which TLS it was is no matter, nor, where the
    server has to prove nothing, what it proves."""
    return re.sub(r", peer [^,]*", "", re.sub(r"^TLS[^,]*", "TLS", text))


def _pair(lab, cell):
    return lab.theirs[cell.server, cell.theirs].name, lab.ours[cell.ours].name


def _send(lab, cell):
    return lab.send(cell.server, cell.theirs, cell.ours, cell.incoming,
                    "%s, %s %s" % (cell.row.title, cell.server, cell.direction))


def _travel(lab, cell):
    """A message that is there when this returns."""
    receiver, _, ident = _send(lab, cell)
    receiver.wait_message(ident=ident, seconds=SECONDS)


def _proof(lab, cell, since):
    """The words of both logs, which become those that are wanted."""
    pair = _pair(lab, cell)

    def ours():
        return [how for _, how in lab.says_bridge(*pair, cell.incoming, since[0])]

    def theirs():
        return lab.says_peer(cell.server, *pair, cell.incoming, since[1])

    for say, wanted, whose in ((ours, cell.wanted.ours, "our log"),
                               (theirs, cell.wanted.theirs, "its log")):
        try:
            waiting.until(lambda: {_told(how) for how in say()} == {wanted}, whose)
        except waiting.TooLate:
            equal(say(), [wanted], whose)
    return "enjamb: %s | %s: %s" % (ours()[0], cell.server, theirs()[0])


class Matrix:
    """`lines`: title, server and direction of a cell to what came of it."""

    def __init__(self):
        self.lines = {}

    def play(self, lab, cell):
        """Fails, by an exception, where the cell is not as it is to be."""
        place = cell.row.title, cell.server, cell.direction
        if isinstance(cell.wanted, Cannot):
            self.lines[place] = "not possible: " + cell.wanted.reason
            return
        try:
            self.lines[place] = getattr(self, cell.row.steps)(lab, cell)
        except Skip as reason:
            self.lines[place] = "not here: %s" % reason
            raise
        except Exception:
            self.lines[place] = "FAILED"
            raise

    def plainly(self, lab, cell):
        """One message, and the stream that it took.

        The pair is of this row alone; to prove the other direction its
        streams may have come up before."""
        _travel(lab, cell)
        return _proof(lab, cell, (0, 0))

    def over_six(self, lab, cell):
        if not lab.has_six:
            raise Skip("no IPv6 on this machine")
        since = lab.marks(cell.server)
        said = self.plainly(lab, cell)
        theirs, _ = _pair(lab, cell)
        lab.bridge.process.wait_line(
            r"in-\d+.* connected from \[?::1" if cell.incoming
            else r"%s: connecting to \[?::1" % re.escape(theirs), since[0])
        return said

    def both_ways(self, lab, cell):
        """An answer goes back where the message came, and nobody opens another stream."""
        said = self.plainly(lab, cell)
        _travel(lab, cell._replace(direction="out" if cell.incoming else "in"))
        pair = _pair(lab, cell)
        equal(lab.says_bridge(*pair, not cell.incoming, 0), [], "streams back")
        return said

    def piggyback(self, lab, cell):
        """A second domain on a stream that another has opened."""
        said = self.plainly(lab, cell)
        # Prosody takes further domains of ours, ejabberd may have several of its own.
        further = cell._replace(**{"ours" if cell.server == "prosody" else "theirs": "second"})
        _travel(lab, further)
        streams = [name for one in (cell, further)
                   for name, _ in lab.says_bridge(*_pair(lab, one), False, 0)]
        equal(len(streams), 2, "pairs")
        equal(len(set(streams)), 1, "streams")
        return said

    def by_dane(self, lab, cell):
        """The DNS says whose certificate is whose; Prosody asks it too."""
        said = self.plainly(lab, cell)
        if not cell.incoming:
            true(", peer by DANE" in said, "DANE: " + said)
        elif cell.server == "prosody":
            lab.b.process.wait_line("Enabling DANE with 1 TLSA records")
            said += ", DANE"
        return said

    def refused(self, lab, cell):
        """The message comes back, there is no stream, and both logs say why."""
        theirs, ours = _pair(lab, cell)
        pair = (theirs, ours) if cell.incoming else (ours, theirs)
        _, sender, ident = _send(lab, cell)
        kind, condition = sender.wait_error(ident, seconds=SECONDS)
        lab.bridge.process.wait_line(
            re.escape("%s>%s: " % pair + ("EXTERNAL is not offered: " if cell.incoming else
                                          "closed: the certificate does not prove %s: " % theirs)
                      + cell.wanted.why) + "$")
        ends = waiting.until(lambda: lab.servers[cell.server].ends(*pair),
                             "the log of %s to tell of the end" % cell.server)
        equal(lab.says_bridge(theirs, ours, cell.incoming, 0), [], "our log")
        equal(lab.says_peer(cell.server, theirs, ours, cell.incoming, 0), [], "its log")
        return "refused; enjamb: %s | %s: %s | the sender: %s (%s)" % (
            cell.wanted.why, cell.server, ends[0], condition, kind)

    def after_restart(self, lab, cell):
        """Streams stand, the server goes and comes, and they stand again."""
        _travel(lab, cell)
        since = lab.marks(cell.server)
        lab.restart(cell.server)
        _travel(lab, cell)
        return _proof(lab, cell, since)

    def text(self):
        """The whole table, a line for each cell."""
        out, row = [HEADING], None
        for (title, server, direction), line in self.lines.items():
            if title != row:
                row = title
                out.append("\n%s\n" % row)
            out.append("  %-9s %-4s %s\n" % (server, direction, line))
        return "".join(out)

    def write(self):
        """MATRIX in the build folder."""
        path = os.path.join(os.environ.get("G_TEST_BUILDDIR", os.getcwd()), "MATRIX")
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.text())
