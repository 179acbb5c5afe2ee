"""An IRC server of a few lines, for a gateway to connect to (RFC 2812, what is needed of it)."""

import asyncio

import waiting

PORT = 6667


class IrcServer:
    """`said` are (nick, channel, words) of all that was said there."""

    def __init__(self, address):
        self.address = address
        self.channels = {}
        self.said = []
        self.server = None

    def listen(self):
        self.server = waiting.complete(
            asyncio.start_server(self._serve, self.address, PORT), "a port for IRC")
        return self

    def close(self):
        self.server.close()

    def _tell(self, channel, line, but=None):
        for nick, writer in self.channels.get(channel, {}).items():
            if nick != but:
                writer.write((line + "\r\n").encode())

    def _join(self, nick, writer, channel):
        self.channels.setdefault(channel, {})[nick] = writer
        self._tell(channel, ":%s!user@host JOIN %s" % (nick, channel))
        for line in ("353 %s = %s :%s" % (nick, channel, " ".join(self.channels[channel])),
                     "366 %s %s :that is all" % (nick, channel)):
            writer.write((":irc.example %s\r\n" % line).encode())

    def _leave(self, nick, channels):
        for channel in channels:
            if self.channels.get(channel, {}).pop(nick, None):
                self._tell(channel, ":%s!user@host PART %s" % (nick, channel))

    async def _serve(self, reader, writer):
        nick = None
        async for line in reader:
            text = line.decode(errors="replace").strip()
            head, _, trailing = text.partition(" :")
            words = head.split()
            command = words[0].upper() if words else ""
            if command == "NICK":
                nick = words[-1].lstrip(":")
            elif command == "USER":
                writer.write((":irc.example 001 %s :welcome\r\n" % nick).encode())
            elif command == "PING":
                writer.write((":irc.example PONG irc.example :%s\r\n"
                              % (trailing or words[-1])).encode())
            elif command == "JOIN":
                self._join(nick, writer, words[1])
            elif command == "PRIVMSG":
                self.said.append((nick, words[1], trailing))
                self._tell(words[1], ":%s!user@host PRIVMSG %s :%s" % (nick, words[1], trailing),
                           nick)
            elif command == "PART":
                self._leave(nick, [words[1]])
            elif command == "QUIT":
                break
        self._leave(nick, list(self.channels))
        writer.close()
