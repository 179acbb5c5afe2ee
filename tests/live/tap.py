"""Tests that print TAP: one function for each sentence that is proved."""

import os
import sys
import traceback

_tests = []


class Skip(Exception):
    """Raised by a test that cannot run here; the text says why."""


def test(sentence, proves=""):
    """Registers a test; `proves` are the checklist ids that it really asserts."""

    def register(function):
        _tests.append((sentence, proves, function))
        return function

    return register


def say(text):
    """A line for the reader, which TAP ignores."""
    for line in str(text).splitlines():
        print("# " + line, flush=True)


def skip_all(reason):
    """Ends the program: nothing here can run on this machine."""
    print("1..0 # SKIP " + reason, flush=True)
    # The TAP driver of automake reads the plan and wants a clean exit;
    # whoever starts the test by hand gets the skip as the exit status.
    sys.exit(0 if "G_TEST_BUILDDIR" in os.environ else 77)


def equal(got, wanted, what):
    """Fails with both values when they differ."""
    if got != wanted:
        raise AssertionError("%s: got %r, wanted %r" % (what, got, wanted))


def true(value, what):
    """Fails with the sentence when the value is false."""
    if not value:
        raise AssertionError(what)


def run(make_lab):
    """Runs what was registered, in order, in one laboratory made by `make_lab`.

    The checklist ids are printed only by a test that passed.  The servers'
    logs follow the first test that failed.
    """
    failed = 0
    made = make_lab()
    print("1..%d" % len(_tests), flush=True)
    with made as lab:
        for number, (sentence, proves, function) in enumerate(_tests, 1):
            try:
                function(lab)
            except Skip as reason:
                print("ok %d - %s # SKIP %s" % (number, sentence, reason), flush=True)
                continue
            except Exception:
                failed += 1
                say(traceback.format_exc())
                if failed == 1:
                    say(lab.tails())
                print("not ok %d - %s" % (number, sentence), flush=True)
                continue
            if proves:
                print("# proves " + proves, flush=True)
            print("ok %d - %s" % (number, sentence), flush=True)
        if failed:
            lab.keep_files()
    sys.exit(1 if failed else 0)
