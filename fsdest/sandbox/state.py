"""What outlives a restart."""

from fsdest.sandbox.people import User


class State:
    """Remembers nothing."""

    def user(self, user: User) -> None:
        """Write down how a user now is."""
