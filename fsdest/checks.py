"""What Django's own checks cannot know of this product: `manage.py check --deploy`.

What would lose or delay records is refused always; what is only unsafe, when deploying. Texts name
the setting, never its value.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError

LEAST_BYTES_OF_A_KEY = 16  # different ones, of 32: a random key has about 30
LEAST_PASSWORD = 12  # characters
# What examples, tutorials and hurried people write.
GUESSED = {
    *("password", "postgres", "redis", "valkey", "fsdest", "fullstory", "secret", "admin", "root"),
    *("changeme", "change-me", "change_me", "example", "test", "demo", "letmein", "default"),
}
Found = Iterator[CheckMessage]


def _check(check: Callable[[], Found], *, deploy: bool) -> None:
    def run(app_configs: Sequence[AppConfig] | None, **_rest: Any) -> list[CheckMessage]:
        return list(check())

    register(run, Tags.security, deploy=deploy)


def environment() -> Found:
    """The sandbox, development and debugging stay out of production."""
    if settings.IS_DEVELOPMENT:
        yield Error(
            "This is a development installation: it sends keys to a sandbox on loopback.",
            hint="Set FSDEST_ENV=production.",
            id="fsdest.E001",
        )
    elif settings.SANDBOX_ALLOWED:
        yield Error(
            "Production would send keys over plain HTTP to FULLSTORY_SANDBOX_URL.",
            hint="Do not set SANDBOX_ALLOWED in a settings module of your own.",
            id="fsdest.E001",
        )
    if settings.DEBUG:
        yield Error("DEBUG shows settings and records to whoever meets an error.", id="fsdest.E002")
    if "*" in settings.ALLOWED_HOSTS:
        yield Warning(
            "ALLOWED_HOSTS answers to any name, so links can be made to lead elsewhere.",
            id="fsdest.W003",
        )


def keys() -> Found:
    """The keys that seal credentials are random, their own, and not kept beside the seals."""
    if any(not _is_key(key) for key in settings.CREDENTIAL_KEYS):
        yield Error(
            "A key in CREDENTIAL_KEYS is malformed, or not random.",
            hint="Make one as docs/operating.md says.",
            id="fsdest.E004",
        )
    if len(set(settings.CREDENTIAL_KEYS)) < len(settings.CREDENTIAL_KEYS):
        yield Error("CREDENTIAL_KEYS names a key twice.", id="fsdest.E004")
    signing = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    if set(settings.CREDENTIAL_KEYS) & {form for key in signing for form in _forms(key)}:
        yield Error(
            "SECRET_KEY is used again in CREDENTIAL_KEYS: who forges a session opens every seal.",
            hint="Make a key for each purpose.",
            id="fsdest.E005",
        )
    if (Path(settings.DATA_DIR) / "credential_key").exists():
        yield Warning(
            "A key that opens credentials lies in the data folder, so a copy of it opens them.",
            hint="Name a file elsewhere in CREDENTIAL_KEYS_FILE, and delete the one there.",
            id="fsdest.W006",
        )


def database() -> Found:
    """SQLite is set up for several processes; a served database has a password worth the name."""
    default = settings.DATABASES["default"]
    if "sqlite" in default["ENGINE"]:
        yield Warning(
            "SQLite holds the books: one machine only, and a backup is your own affair.",
            hint="Set DATABASE_URL to a PostgreSQL database.",
            id="fsdest.W007",
        )
    elif not default["HOST"].startswith("/") and _is_guessed(default.get("PASSWORD")):
        yield Warning("The password of the database is short or well known.", id="fsdest.W008")


def sqlite_mode() -> Found:
    """With Django's defaults one read-then-write in four fails under several processes."""
    default = settings.DATABASES["default"]
    options = default.get("OPTIONS", {})
    is_wal = "journal_mode=wal" in options.get("init_command", "").lower().replace(" ", "")
    is_immediate = options.get("transaction_mode", "").upper() == "IMMEDIATE"
    if "sqlite" in default["ENGINE"] and not (is_wal and is_immediate):
        yield Error(
            "SQLite without WAL and IMMEDIATE fails under several processes.",
            hint="Keep SQLITE_OPTIONS of fsdest.settings.",
            id="fsdest.E009",
        )


def broker() -> Found:
    """The broker is one Redis, asked with time-outs, in JSON."""
    address = urlsplit(settings.REDIS_URL)
    is_many = any(sign in settings.REDIS_URL for sign in (",", ";"))
    if address.scheme not in {"redis", "rediss"} or is_many or "cluster" in address.query:
        yield Error(
            "REDIS_URL must name one Redis or Valkey server: Celery does not work on a cluster.",
            hint="redis://host:6379/0, or rediss:// for TLS.",
            id="fsdest.E010",
        )
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    if not all(options.get(name) for name in ("socket_timeout", "socket_connect_timeout")):
        yield Error(
            "The broker has no socket time-outs: a silent one would hang web and workers.",
            id="fsdest.E011",
        )
    is_json = settings.CELERY_TASK_SERIALIZER == "json" and set(settings.CELERY_ACCEPT_CONTENT) == {
        "json"
    }
    if not is_json:
        yield Error(
            "Celery takes messages that are not JSON: who reaches Redis could run code.",
            id="fsdest.E012",
        )


def broker_password() -> Found:
    """Whoever writes to Redis can call any task."""
    if _is_guessed(urlsplit(settings.REDIS_URL).password):
        yield Warning("The password of Redis is missing, short or well known.", id="fsdest.W013")


@register(Tags.database, deploy=True)
def demo_user(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_rest: Any
) -> list[CheckMessage]:
    """The demo user of a first start is no user of production: its password was printed."""
    if settings.IS_DEVELOPMENT or not databases:
        return []
    demo = get_user_model().objects.filter(username="demo", is_active=True, is_superuser=True)
    try:
        if not demo.exists():
            return []
    except DatabaseError:  # no tables yet
        return []
    return [
        Warning(
            "The user demo, whose password a first start printed, may still log in.",
            hint="Make a user of your own, then delete demo.",
            id="fsdest.W014",
        )
    ]


def _is_key(key: str) -> bool:
    """Whether `key` is 32 bytes in base64 that look random, and were not typed."""
    try:
        raw = base64.urlsafe_b64decode(key.encode())
    except (binascii.Error, UnicodeEncodeError, ValueError):
        return False
    return (
        len(raw) == 32
        and len(set(raw)) >= LEAST_BYTES_OF_A_KEY
        and not all(32 <= byte < 127 for byte in raw)
    )


def _forms(secret: str) -> Iterator[str]:
    """Yield what people make a credential key of when they have a SECRET_KEY at hand."""
    yield secret
    raw = secret.encode()
    for made in (raw[:32].ljust(32, b"0"), hashlib.sha256(raw).digest()):
        yield base64.urlsafe_b64encode(made).decode()


def _is_guessed(password: str | None) -> bool:
    text = password or ""
    return len(text) < LEAST_PASSWORD or text.lower().strip("0123456789!") in GUESSED


for each in (environment, keys, database, broker_password):
    _check(each, deploy=True)
for each in (sqlite_mode, broker):
    _check(each, deploy=False)
