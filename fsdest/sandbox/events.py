"""The events, as they came: counted for ever, the newest kept for reading."""

from collections import deque

from fsdest.sandbox.settings import Settings


class Events:
    """Events as JSON bytes, oldest first."""

    def __init__(self, settings: Settings) -> None:
        self.count = 0
        self.kept: deque[bytes] = deque(maxlen=settings.keep_events)

    def put(self, event: bytes) -> None:
        """Keep an event."""
        self.count += 1
        self.kept.append(event)
