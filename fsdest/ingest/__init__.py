"""Records come in: a file becomes a nexset of blocks, wholly or not at all.

A reader owns its source for as long as it renews the lease (`claims`); one that follows a dead
one begins anew. The nexset shows in the last transaction alone (`reading`).
"""

import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from fsdest import hints
from fsdest.audit import Action, record
from fsdest.ingest import claims
from fsdest.ingest.claims import LEASE, LeaseLost
from fsdest.ingest.reading import Clock, Reading, Watcher
from fsdest.models import Organization, Source

__all__ = ["LeaseLost", "abandoned", "clear_orphans", "delete", "load", "read", "start"]


def start(
    organization: Organization,
    *,
    name: str,
    file_name: str,
    path: str,
    size: int,
    kind: str = Source.Kind.UPLOAD,
) -> Source:
    """Take over the file at `path`, of `size` bytes, and have a worker read it.

    `path` counts from UPLOAD_DIR. The file is ours from here on: it is deleted once it was read.
    """
    source = _created(
        Source(
            organization=organization,
            **_names(name, file_name),
            path=path,
            bytes_total=size,
            kind=kind,
        )
    )
    hints.nudge_source(str(source.pk))
    return source


def read(source_id: str, *, clock: Clock) -> None:
    """Read the file of a source into its nexset, unless it is read already or by another.

    A file that cannot be read fails the source with a sentence and leaves no records. If the
    database gives way, the source is left to the next reader, which `abandoned` calls for.
    """
    source = claims.claim(source_id, now=clock())
    if source is not None:
        try:
            _read_file(source, clock)
        except LeaseLost:
            if not Source.objects.filter(pk=source_id).exists():
                _file_of(source).unlink(missing_ok=True)
    _drop_file(source_id)


def load(
    organization: Organization,
    stream: BinaryIO,
    *,
    name: str,
    file_name: str = "",
    kind: str = Source.Kind.UPLOAD,
    clock: Clock,
    watch: Watcher | None = None,
) -> Source:
    """Read `stream`, which must be seekable and stays the caller's, here and now.

    Returns the source: ready, or failed with its problem. `watch` is called with the source
    about every TELL_EVERY, its counts brought up to date. If this process dies, the source fails.
    Raises LeaseLost if somebody deletes the source meanwhile.
    """
    source = _created(
        Source(
            organization=organization,
            **_names(name, file_name),
            bytes_total=stream.seek(0, 2),
            kind=kind,
            owner=secrets.token_hex(16),
            lease_until=clock() + LEASE,
        )
    )
    Reading(source, clock=clock, watch=watch).run(stream)
    source.refresh_from_db()
    return source


def delete(source: Source) -> None:
    """Delete a source with its nexsets and their records. No destination may use them any more."""
    nexsets = source.nexsets.values_list("name", "record_count")
    before = {"nexsets": [f"{name}: {count:,} records" for name, count in nexsets]}
    with transaction.atomic():
        record(Action.DELETED, source, before=before)
        source.delete()


def abandoned(now: datetime) -> list[str]:
    """Return the ids of sources that have something to do and nobody who does it."""
    unread = Q(status=Source.Status.READING) & claims.unowned(now)
    file_left = ~Q(status=Source.Status.READING) & ~Q(path="")
    return [
        str(pk) for pk in Source.objects.filter(unread | file_left).values_list("pk", flat=True)
    ]


def clear_orphans(now: datetime) -> None:
    """Delete files in UPLOAD_DIR that no source knows and nobody has touched for a day."""
    known = set(Source.objects.exclude(path="").values_list("path", flat=True))
    for file in settings.UPLOAD_DIR.iterdir():
        if file.name not in known and file.stat().st_mtime < (now - timedelta(days=1)).timestamp():
            file.unlink(missing_ok=True)


def _created(source: Source) -> Source:
    with transaction.atomic():
        source.save(force_insert=True)
        after = {"file": source.file_name, "bytes": source.bytes_total}
        record(Action.CREATED, source, after=after)
    return source


def _read_file(source: Source, clock: Clock) -> None:
    if not source.path:
        claims.fail(source, "The command that read this file was stopped. Load the file again.")
        return
    try:
        with _file_of(source).open("rb") as stream:
            Reading(source, clock=clock).run(stream)
    except OSError as error:
        why = "it is gone" if isinstance(error, FileNotFoundError) else str(error.strerror)
        claims.fail(source, f"The file could not be read from our disk: {why}. Upload it again.")


def _drop_file(source_id: str) -> None:
    """Delete the uploaded file once nobody needs it, then forget it; in this order."""
    read = Source.objects.filter(pk=source_id).exclude(status=Source.Status.READING)
    for source in read.exclude(path=""):
        _file_of(source).unlink(missing_ok=True)
        read.update(path="")


def _names(name: str, file_name: str) -> dict[str, str]:
    """Return the names as every database can store them."""
    return {
        "name": name.replace("\0", "")[:200],
        "file_name": file_name.replace("\0", "")[:255],
    }


def _file_of(source: Source) -> Path:
    return Path(settings.UPLOAD_DIR, source.path)
