"""What became of numbered messages, told by those who sent, heard and passed them on.

One byte and three short words for each message: a day of 4000 a second fits into 2.5 GB.
Connections are numbered round and round from 1 to MOST_CONNECTIONS.
Nothing here comes from the bridge: the marks are made by the clients, and by
the tap between the bridge and Prosody.
"""

import array

READ = 1     # the bridge has read it
ARRIVED = 2  # its addressee has it
BOUNCED = 4  # its sender has an error for it
TAKEN = 8    # Prosody has it, or the error for it: a later ping was answered
BURIED = 16  # the error for it lay in the buffer of a peer that was killed
ANSWERED = 32  # Prosody's own error for it was read by the bridge

MOST_CONNECTIONS = (1 << 16) - 1


class Ledger:
    """One way; `read` says whether what is sent counts as read until told otherwise."""

    def __init__(self, name, read):
        self.name = name
        self.start = READ if read else 0
        self.marks = bytearray()
        # The connection by which it last went on to Prosody, that by which its sender sent it
        # and that by which it came.
        self.passed = array.array("H")
        self.left = array.array("H")
        self.again = 0
        self.came = array.array("H")
        self.newest = -1
        # Twice on one connection, which nothing excuses.
        self.doubled = []
        self.twice = 0

    def take(self, _now, connection=0):
        """The number of the next message."""
        self.marks.append(self.start)
        self.passed.append(0)
        self.left.append(connection)
        self.came.append(0)
        return len(self.marks) - 1

    def __len__(self):
        return len(self.marks)

    def mark(self, number, bits):
        self.marks[number] |= bits

    def unread(self, number):
        self.marks[number] &= ~READ

    def note(self, number, error, _now=0, connection=None):
        """A client has it, or has it back."""
        if error:
            self.marks[number] |= BOUNCED
            return
        if self.marks[number] & ARRIVED:
            self.twice += 1
            if connection is not None and self.came[number] == connection:
                self.doubled.append(number)
        self.marks[number] |= ARRIVED
        self.newest = max(self.newest, number)
        if connection is not None:
            self.came[number] = connection

    def count(self, have, without=0):
        """How many have all of the first marks and none of the second."""
        table = [mark & have == have and not mark & without for mark in range(256)]
        return sum(self.marks.count(mark) for mark in range(256) if table[mark])

    def lost(self):
        """Read by the bridge, and then neither here nor there."""
        open_marks = {READ, READ | ANSWERED}
        if not any(self.marks.count(mark) for mark in open_marks):
            return []
        return [number for number, mark in enumerate(self.marks) if mark in open_marks]
