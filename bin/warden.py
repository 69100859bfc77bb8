"""Ends what the supervisor started when the supervisor itself is gone, however it went.

The supervisor holds the other end of our standard input and writes a line for each process group:
"+ID" when it starts one, "-ID" when it has seen it end. The end of input means that the supervisor
is gone. After an orderly stop no group is left; after `kill -9` all are. This needs nothing of the
operating system but pipes, so it also holds on macOS.

A file of its own, so that a kill by the supervisor's name does not hit us as well.
"""

import contextlib
import os
import signal
import sys
import time

GRACE_S = 3.0  # what each leader gets to end by itself


def main() -> None:
    """Follow the groups until the supervisor is gone, then end those that are left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: list[int] = []
    for line in sys.stdin:
        sign, group = line[0], int(line[1:])
        if sign == "+":
            groups.append(group)
        elif group in groups:
            groups.remove(group)
    end(list(reversed(groups)))


def end(groups: list[int]) -> None:
    """Ask each leader to end; after GRACE_S kill what is left of the groups.

    Only leaders are asked: a worker's children die at once of a signal that their
    parent takes for "finish what you have".
    """
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(group, signal.SIGTERM)
    until = time.monotonic() + GRACE_S
    while any(is_alive(group) for group in groups) and time.monotonic() < until:
        time.sleep(0.05)
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def is_alive(group: int) -> bool:
    """Tell whether any process of the group is left."""
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    main()
