"""One reading of one file: rows become blocks, a schema, and a list of what was rejected."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import BinaryIO

from django.db import reset_queries, transaction

from fsdest.audit import Action, record
from fsdest.ingest import claims
from fsdest.ingest.claims import LEASE
from fsdest.models import Block, Nexset, RejectedRow, Source
from fsdest.records import blocks, readers
from fsdest.records.schema import Schema

TELL_EVERY = timedelta(milliseconds=500)
BLOCKS_AT_ONCE = 10  # a transaction; others write to the same database meanwhile
BYTES_AT_ONCE = 4 * 2**20  # packed
REJECTED_KEPT = 10_000  # rejected rows that are listed; all are counted
OBJECTS_BETWEEN_COLLECTIONS = 50_000

Clock = Callable[[], datetime]
Watcher = Callable[[Source], None]


class Reading:
    """One reading of one file, under one lease."""

    def __init__(self, source: Source, *, clock: Clock, watch: Watcher | None = None) -> None:
        self._source = source
        self._clock = clock
        self._watch = watch
        self._nexset = Nexset(
            organization_id=source.organization_id, source=source, name=source.name
        )
        self._schema = Schema()
        self._end = 0  # offset of the next record
        self._blocks: list[Block] = []  # packed, not written yet
        self._rejected: list[RejectedRow] = []  # to be kept, not written yet
        self._rejected_count = 0
        self._told_at = clock()

    def run(self, stream: BinaryIO) -> None:
        """Read to the end: the source is ready then, or failed. Raises LeaseLost, OSError."""
        try:
            with transaction.atomic():
                self._keep_lease(share=0)
                self._nexset.save(force_insert=True)
            with _seldom_collecting():
                self._read(stream)
        except readers.UnreadableFile as unreadable:
            claims.fail(self._source, str(unreadable))
            return
        if self._end:
            self._finish()
        else:
            self._write(share=1)
            claims.fail(self._source, _no_record(self._rejected_count), keep_rejected=True)

    def _read(self, stream: BinaryIO) -> None:
        reading = readers.read(stream, watch=self._tell)
        for lines in blocks.cut_all(self._lines(reading)):
            self._take(lines)
            if self._is_much():
                self._write(reading.share_read)

    def _lines(self, reading: readers.Reading) -> Iterator[list[bytes]]:
        for batch in reading.batches():
            self._schema.learn_batch(batch)
            self._reject(batch.rejected)
            yield list(map(blocks.encode, batch.records))

    def _reject(self, rows: list[readers.RejectedRow]) -> None:
        room = max(0, REJECTED_KEPT - self._rejected_count)
        self._rejected_count += len(rows)
        for row in rows[:room]:
            self._rejected.append(
                RejectedRow(
                    source=self._source,
                    line_number=row.line_number,
                    reason=row.reason[:300],
                    excerpt=row.excerpt[:200],
                )
            )

    def _take(self, lines: list[bytes]) -> None:
        data = blocks.pack(lines)
        self._blocks.append(
            Block(nexset=self._nexset, first_offset=self._end, count=len(lines), data=data)
        )
        self._end += len(lines)

    def _is_much(self) -> bool:
        packed = sum(len(block.data) for block in self._blocks)
        return len(self._blocks) >= BLOCKS_AT_ONCE or packed >= BYTES_AT_ONCE

    def _tell(self, share: float) -> None:
        """Renew the lease and the progress bar in time, also while no record arrives."""
        if self._clock() - self._told_at >= TELL_EVERY:
            self._write(share)

    def _write(self, share: float) -> None:
        with transaction.atomic():
            self._keep_lease(share=share)
            self._put()
        reset_queries()  # under DEBUG, Django would remember every block

    def _finish(self) -> None:
        with transaction.atomic():
            self._keep_lease(share=1, status=Source.Status.READY)
            self._put()
            self._nexset.record_count = self._end
            self._nexset.attributes = self._schema.to_json()
            self._nexset.is_ready = True
            self._nexset.save()
            after = {"records": self._end, "rejected_rows": self._rejected_count}
            record(Action.CREATED, self._nexset, after=after)

    def _put(self) -> None:
        Block.objects.bulk_create(self._blocks)
        RejectedRow.objects.bulk_create(self._rejected)
        self._blocks, self._rejected = [], []

    def _keep_lease(self, *, share: float, status: str = Source.Status.READING) -> None:
        """Say how far we are; the row stays locked by that until the transaction ends."""
        source = self._source
        self._told_at = self._clock()
        source.status = status
        source.share_read = share
        source.rows_read = self._end + self._rejected_count
        source.rows_rejected = self._rejected_count
        source.lease_until = self._told_at + LEASE
        fields = ("status", "share_read", "rows_read", "rows_rejected", "lease_until")
        claims.change(source, {field: getattr(source, field) for field in fields})
        if self._watch:
            self._watch(source)


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """Look for cycles less often: rows make none, and there are a few objects to each of them."""
    before = gc.get_threshold()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _no_record(rejected: int) -> str:
    if not rejected:
        return "The file has no rows."
    return "No row of the file could be read. Each one is listed with what is wrong with it."
