"""Destinations that were halted for their key go on by themselves once the key works.

Those that a person paused, or that were halted for another reason, are left as they are.
"""

from datetime import datetime

from fsdest.delivery import control, keys
from fsdest.delivery.key_check import try_key
from fsdest.models import Credential, Destination

Halt = Destination.Halt


def replace_key(credential: Credential, key: str, *, now: datetime) -> list[Destination]:
    """Put `key` in place of the one before and test it; return the destinations that go on.

    Where FullStory does not answer, they go on with the first test that succeeds.
    """
    keys.replace(credential, key)
    halted = Destination.objects.filter(credential=credential, status=Destination.Status.ERROR)
    halted.filter(halt=Halt.LEVEL).update(halt=Halt.KEY)  # of the new one that is not known
    return check_key(credential, now=now)


def check_key(credential: Credential, *, now: datetime) -> list[Destination]:
    """Ask FullStory whose key it is, as `try_key`; return the destinations that go on.

    A key that was refused for its level is as valid as before: those wait for another one.
    """
    if not try_key(credential, now=now).is_verified or credential.problem:
        return []
    waiting = Destination.objects.filter(
        credential=credential, status=Destination.Status.ERROR, halt=Halt.KEY
    )
    return [each for each in waiting if control.resume(each, now=now)]
