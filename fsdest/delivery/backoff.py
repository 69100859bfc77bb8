"""How long to wait before trying again."""

from datetime import timedelta

SHORTEST = timedelta(seconds=2)
LONGEST = timedelta(minutes=15)
DOUBLINGS = 9  # 2 s doubled nine times is more than LONGEST


def wait(attempt: int, asked: timedelta | None, *, jitter: float) -> timedelta:
    """Return the pause after attempt number `attempt` (1, 2, ...).

    The pause doubles from 2 s up to 15 min. `jitter`, in [0, 1), spreads it over the
    upper half of that, so that calls that failed together do not return together.
    It is never shorter than FullStory `asked` for (Retry-After), and that has no upper
    limit: asking again early would only be refused again.
    """
    doublings = min(max(attempt, 1) - 1, DOUBLINGS)
    longest = min(SHORTEST * (1 << doublings), LONGEST)
    pause = longest / 2 * (1 + jitter)
    return max(pause, asked) if asked else pause
