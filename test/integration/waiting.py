"""Waiting for something to come true, with a deadline and a reason: the tests never sleep."""
import select
import time

# Generous: a sanitizer build on a busy machine must still pass. Nothing waits this long when all is well.
DEADLINE_S = 20.0


class TooLate(AssertionError):
    """What was waited for did not happen in time."""


def _text(what):
    return what() if callable(what) else what


def until(condition, what, deadline_s=DEADLINE_S):
    """Asks `condition` until its answer is true, and returns that answer.

    `what` is waited for: a text, or a function that makes one when the time is up.
    """
    end = time.monotonic() + deadline_s
    pause_s = 0.001
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise TooLate(f"not within {deadline_s} s: {_text(what)}")
        select.select([], [], [], pause_s)
        pause_s = min(pause_s * 1.5, 0.05)


def until_steady(value, what, steady_s=0.3):
    """Waits until value() has stayed the same for that long."""
    last, since = value(), time.monotonic()

    def is_steady():
        nonlocal last, since
        now = value()
        if now != last:
            last, since = now, time.monotonic()
        return time.monotonic() - since >= steady_s

    until(is_steady, what)


def for_change(lock_condition, ready, what, deadline_s=DEADLINE_S):
    """Waits on a threading.Condition until ready() is true; the caller holds the condition."""
    if not lock_condition.wait_for(ready, deadline_s):
        raise TooLate(f"not within {deadline_s} s: {_text(what)}")
