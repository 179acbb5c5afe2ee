"""Waiting is by condition with a deadline.

One event loop serves all clients of a test; it turns only while the test
waits, so nothing happens behind the test's back and no thread is needed.
"""

import asyncio
import time

STEP = 0.01

# For what has to happen, and does so at once on an idle machine: how long it takes on the slowest
# one.  What must not happen is never waited for by this.
SECONDS = 60

loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)


class TooLate(AssertionError):
    """What was waited for did not happen in time."""


def complete(awaitable, what, seconds=SECONDS):
    """The result of an awaitable, while the clients live on."""
    try:
        return loop.run_until_complete(asyncio.wait_for(awaitable, seconds))
    except asyncio.TimeoutError:
        raise TooLate("waited %g s for %s" % (seconds, what)) from None


def until(condition, what, seconds=SECONDS):
    """The first true value of `condition ()`, while the clients live on."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TooLate("waited %g s for %s" % (seconds, what))
        loop.run_until_complete(asyncio.sleep(STEP))


def while_moving(condition, progress, what, seconds=SECONDS):
    """The same as until (), as long as the value of `progress ()` is another one so often."""
    last = [progress(), time.monotonic()]

    def look():
        value, now = condition(), time.monotonic()
        if progress() != last[0]:
            last[:] = [progress(), now]
        if not value and now - last[1] > seconds:
            raise TooLate("for %g s nothing moved: %s, of %s" % (seconds, what, last[0]))
        return value

    return until(look, what, float("inf"))


def pause(seconds):
    """Lets that time pass, where nothing can be seen to wait for."""
    loop.run_until_complete(asyncio.sleep(seconds))
