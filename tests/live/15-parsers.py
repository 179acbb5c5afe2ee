#!/usr/bin/python3
"""What enjamb writes is read by expat and by Prosody as one and the same tree.

A stanza that two parsers take for two different ones is how stanzas were
smuggled past filters; so many odd ones are written anew by enjamb, and what
comes out is given to both.
"""

import os
import random
import subprocess
import xml.parsers.expat

import lab
import tap
from bridge import find_program
from tap import equal, run, say, test, true

LUA = os.path.join(lab.SOURCE, "tests", "live", "rewritten.lua")
SEEDS = os.path.join(lab.SOURCE, "tests", "fuzz", "seeds", "writer")
HEADER = ("<stream:stream xmlns='jabber:server' "
          "xmlns:stream='http://etherx.jabber.org/streams'>").encode()

XML = "http://www.w3.org/XML/1998/namespace"
NAMESPACES = ("jabber:server", "jabber:client", "urn:a", "urn:b'&quot;&amp;&gt;", "jabber:x:data")
NAMES = ("message", "body", "x", "iq", "forwarded", "\u00fc-1", "a.b_c")
TEXTS = ("", "hello", "&lt;&amp;&gt;", "]]&gt;", "&#13;\n&#9; ", "'\"", "\u20ac\U0001f600", "<!-",
         "&#x41;", " ")


class Maker:
    """Random stanzas, the same for the same seed."""

    def __init__(self, seed):
        self.chance = random.Random(seed)

    def attributes(self):
        names = self.chance.sample(("id", "q:id", "r:id", "xml:lang", "type", "a"),
                                   self.chance.randrange(4))
        return "".join(" %s=%s%s%s" % (name, quote, self.value(quote), quote)
                       for name in names for quote in (self.chance.choice("'\""),))

    def value(self, quote):
        text = self.chance.choice(TEXTS).replace("<", "&lt;")
        return text.replace(quote, "&apos;" if quote == "'" else "&quot;")

    def element(self, depth):
        name = self.chance.choice(NAMES)
        prefix = self.chance.choice(("", "", "q:", "r:"))
        space = self.chance.choice(NAMESPACES)
        xmlns = self.chance.choice(("", "", ' xmlns="%s"' % space.replace('"', "&quot;")))
        inner = "".join(self.child(depth) for _ in range(self.chance.randrange(4)))
        return "<%s%s%s%s>%s</%s%s>" % (prefix, name, xmlns, self.attributes(), inner, prefix, name)

    def child(self, depth):
        if depth > 5 or self.chance.random() < 0.4:
            return self.chance.choice(TEXTS).replace("<", "&lt;")
        return self.element(depth + 1)

    def stanza(self):
        kind = self.chance.choice(("message", "presence", "iq"))
        return ("<%s xmlns:q='urn:q' xmlns:r='%s' from='a@b' to='c@d'%s>%s</%s>"
                % (kind, self.chance.choice(NAMESPACES).replace("'", "&apos;"), self.attributes(),
                   "".join(self.child(0) for _ in range(self.chance.randrange(5))), kind))


class Tree:
    """What expat tells, in the same words as rewritten.lua."""

    def __init__(self, data):
        self.out = []
        self.depth = 0
        parser = xml.parsers.expat.ParserCreate("UTF-8", "\1")
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.text
        parser.Parse(HEADER + data, False)
        parser.Parse(b"</stream:stream>", True)

    def start(self, name, attributes):
        self.depth += 1
        if self.depth == 1:
            return
        space, _, local = name.rpartition("\1")
        self.out.append("<%s %s\n" % (space, local))
        self.out.append("".join(sorted(' %s="%s"\n' % (known(key), value)
                                       for key, value in attributes.items())) + ">")

    def end(self, _name):
        self.depth -= 1
        if self.depth > 0:
            self.out.append("</>")

    def text(self, text):
        if self.depth > 1:
            self.out.append(text)


def known(name):
    """Prosody's words for the attributes of XML's own namespace."""
    return name.replace(XML + "\1", "xml:")


def through(argv, texts):
    done = subprocess.run(argv, input=b"".join(text + b"\0" for text in texts),
                          capture_output=True, check=True)
    answers = done.stdout.split(b"\0")[:-1]
    equal(len(answers), len(texts), "number of answers of " + argv[0])
    return answers


def compare(texts):
    """Returns how many bytes enjamb wrote."""
    written = through([find_program("rewritten")], texts)
    theirs = through(["lua5.4", LUA], written)
    for text, ours, tree in zip(texts, written, theirs):
        equal(tree.decode(), "".join(Tree(ours).out), "of " + repr(text))
    return sum(len(ours) for ours in written)


@test("what fuzzers found worth keeping")
def seeds(_parsers):
    texts = []
    for name in sorted(os.listdir(SEEDS)):
        with open(os.path.join(SEEDS, name), "rb") as file:
            text = file.read()
        if b"\0" not in text:
            texts.append(text)
    say("%d texts, %d bytes written" % (len(texts), compare(texts)))


@test("random stanzas of odd namespaces, attributes and text")
def chance(_parsers):
    seed = int(os.environ.get("ENJ_SEED", "1"))
    maker = Maker(seed)
    texts = [maker.stanza().encode() for _ in range(3000)]
    size = compare(texts)
    say("seed %d: %d stanzas, %d bytes written" % (seed, len(texts), size))
    true(size > 100000, "most of them were written")


class Parsers:
    """No laboratory is needed: the programs are asked."""

    def __init__(self):
        if not os.path.exists("/usr/lib/prosody/util/xmppstream.lua"):
            tap.skip_all("not installed: prosody")
        if not find_program("rewritten"):
            tap.skip_all("no rewritten in the build folder")

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        pass

    def tails(self):
        return ""

    def keep_files(self):
        pass


if __name__ == "__main__":
    run(Parsers)
