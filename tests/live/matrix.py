"""Plays the cells, and writes what came of them."""

import os
import re

import waiting
from cells import Cannot
from matrixlab import our_domain, their_domain
from tap import Skip, equal

HEADING = """\
Server-to-server streams between enjamb and real servers, on loopback.

  in    a stream that the server opened to us
  out   a stream that we opened to the server

In each cell a message travelled that way, or came back where refused; the
proof is what enjamb's log and the server's own log say of that stream.
"""


def _told(text):
    """The log's words as the table has them: which TLS it was is no matter."""
    return re.sub(r"^TLS[^,]*", "TLS", text)


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
        """One message, and the stream that it took."""
        since = lab.marks(cell.server)
        self._send(lab, cell)
        return self._proof(lab, cell, since)

    def over_six(self, lab, cell):
        if not lab.six:
            raise Skip("no IPv6 on this machine")
        since = lab.marks(cell.server)
        said = self.plainly(lab, cell)
        theirs = re.escape(their_domain(cell.row.theirs, cell.server))
        lab.bridge.process.wait_line(
            r"in-\d+.* connected from \[?::1" if cell.direction == "in"
            else r"%s: connecting to \[?::1" % theirs, since[0])
        return said

    def after_restart(self, lab, cell):
        """Streams stand, the server goes and comes, and they stand again."""
        self._send(lab, cell)
        lab.restart(cell.server)
        return self.plainly(lab, cell)

    def _send(self, lab, cell):
        lab.travel(cell.server, cell.row.theirs, cell.row.ours, cell.direction == "in",
                   "%s, %s %s" % (cell.row.title, cell.server, cell.direction))

    def _proof(self, lab, cell, since):
        """The words of both logs, which are those that are wanted."""
        pair = their_domain(cell.row.theirs, cell.server), our_domain(cell.row.ours)
        incoming = cell.direction == "in"
        ours = waiting.until(lambda: lab.says_bridge(*pair, incoming, since[0]),
                             "our log to tell of the stream")
        theirs = waiting.until(lambda: lab.says_peer(cell.server, *pair, incoming, since[1]),
                               "the log of %s to tell of the stream" % cell.server)
        equal([_told(text) for text in ours], [cell.wanted.ours], "our log")
        equal([_told(text) for text in theirs], [cell.wanted.theirs], "its log")
        return "enjamb: %s | %s: %s" % (ours[0], cell.server, theirs[0])

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
