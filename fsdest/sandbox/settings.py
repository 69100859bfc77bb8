"""Every choice the sandbox makes where FullStory's documentation is silent, by name.

Given at the start (`--setting page_size=5`) or while it runs (`POST /_sandbox/settings`).
"""

from dataclasses import dataclass, fields
from typing import Any


class UnknownSettingError(ValueError):
    """There is no such setting, or the value does not fit it."""


@dataclass(slots=True)
class Settings:
    """Times are seconds, sizes are bytes. A value keeps the type of its default."""

    # Import jobs
    job_s: float = 1.0  # how long a job reads PROCESSING, at least
    job_polls: int = 0  # status polls answered with PROCESSING, at least
    jobs_running: int = 100  # jobs beyond these are accepted and wait
    jobs_in_progress: int = 200  # one more is answered 429
    operations_in_progress: int = 500_000  # users and events of unfinished jobs; beyond: 429
    batch_items: int = 50_000  # requests in one batch call
    limit_retry_after_s: int = 30  # Retry-After of those 429s
    completed_with_errors: bool = False  # True: say COMPLETED although items failed (one page does)

    # Lists
    page_size: int = 100  # users, imports, errors

    # Users
    deletion_s: float = 2.0  # how long a deleted user reads is_being_deleted
    big_values: str = "drop"  # a property over 8192 bytes: drop it, or reject the user
    unknown_fields: str = "ignore"  # a field that is not documented: ignore, or reject
    put_and_patch: str = "reject"  # reject (405), or accept as POST

    # Idempotency
    replay_500: bool = True  # the newest page replays a plain 500; False: it does not
    replay_s: float = 86_400.0  # how long a key is remembered

    # Rate: a bucket of `burst` calls that refills at `rate_per_s`; 0: no limit
    rate_per_s: float = 0.0
    burst: int = 20
    rate_retry_after_s: int = 1

    # Events
    user_from_event: bool = True  # an event for an unknown uid creates the user
    full_session: str = ""  # events aimed at this session id get session_page_limit_exceeded
    keep_events: int = 100_000  # events kept for reading; all are counted

    # Webhooks
    duplicate_url: str = "reject"  # a second endpoint for one url: reject (409), or upsert
    signature_without_secret: bool = False  # sign with an empty secret
    delivery_timeout_s: float = 10.0
    delivery_tries: int = 3
    delivery_backoff_s: float = 1.0  # doubles with each try

    # The ledger
    keep_body_bytes: int = 4096  # of each request body, this much is kept; 0: none
    fast: bool = False  # for measuring: parse and store, no validation, a ledger without detail


def change(settings: Settings, changes: dict[str, Any]) -> None:
    """Set each named value, given as its type or as text; all of them or none.

    Raises UnknownSettingError with a sentence.
    """
    known = {field.name: type(getattr(settings, field.name)) for field in fields(settings)}
    new: dict[str, Any] = {}
    for name, value in changes.items():
        if name not in known:
            raise UnknownSettingError(f"There is no setting {name}.")
        new[name] = _convert(name, value, known[name])
    for name, value in new.items():
        setattr(settings, name, value)


def _convert(name: str, value: Any, kind: type) -> Any:
    if kind is bool:
        word = str(value).lower()
        if word not in {"true", "false", "1", "0", "on", "off"}:
            raise UnknownSettingError(f"{name} is true or false, not {value}.")
        return word in {"true", "1", "on"}
    try:
        return kind(value)
    except (TypeError, ValueError):
        raise UnknownSettingError(f"{name} is of type {kind.__name__}, not {value}.") from None
