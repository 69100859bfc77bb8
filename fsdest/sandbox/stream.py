"""The events that arrived: counted for ever, the newest kept for reading."""

from collections import deque


class Stream:
    """Events as JSON bytes, oldest first."""

    def __init__(self, keep: int) -> None:
        self.count = 0
        self.kept: deque[bytes] = deque(maxlen=keep)

    def put(self, event: bytes) -> None:
        """Keep an event."""
        self.count += 1
        self.kept.append(event)
