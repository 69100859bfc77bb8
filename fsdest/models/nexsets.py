"""Where records come from and where they rest: a source fills a nexset with blocks.

A record is (nexset, offset); offsets count from 0. A block is never changed once written.
"""

import uuid
from collections.abc import Iterable, Iterator

from django.db import models
from django.utils import timezone

from fsdest.models.organizations import Organization, OwnedQuerySet
from fsdest.records import blocks

BLOCKS_AT_ONCE = 10  # blocks a query


class Source(models.Model):
    """A file that was uploaded or loaded, and how far it has been read."""

    class Status(models.TextChoices):
        READING = "reading"
        READY = "ready"
        FAILED = "failed"

    class Kind(models.TextChoices):
        UPLOAD = "upload", "File upload"
        SAMPLE = "sample", "Sample data"
        REPLIES = "replies", "Replies of FullStory"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="sources")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.UPLOAD)
    status = models.CharField(max_length=20, choices=Status, default=Status.READING)
    problem = models.TextField(blank=True)  # why it failed, one sentence for a person
    file_name = models.CharField(max_length=255, blank=True)  # as the person called it
    path = models.CharField(max_length=500, blank=True)  # on our disk, until it is read
    bytes_total = models.PositiveBigIntegerField(default=0)
    share_read = models.FloatField(default=0)  # 0 to 1
    rows_read = models.PositiveBigIntegerField(default=0)
    rows_rejected = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    # One reader at a time: see ingest.read_upload.
    owner = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True)

    objects = OwnedQuerySet["Source"].as_manager()

    class Meta:
        ordering = ["-created_at", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_reading(self) -> bool:
        return self.status == self.Status.READING

    @property
    def is_failed(self) -> bool:
        return self.status == self.Status.FAILED

    @property
    def percent_read(self) -> int:
        return int(self.share_read * 100)


class RejectedRow(models.Model):
    """A row of a file that did not become a record."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="rejected_rows")
    line_number = models.PositiveBigIntegerField()
    reason = models.CharField(max_length=300)
    excerpt = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["line_number", "id"]

    def __str__(self) -> str:
        return f"line {self.line_number}: {self.reason}"


class NexsetQuerySet(OwnedQuerySet["Nexset"]):
    def ready(self) -> "NexsetQuerySet":
        """Keep the nexsets whose file has been read to its end."""
        return self.filter(is_ready=True)


class Nexset(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="nexsets")
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="nexsets")
    name = models.CharField(max_length=200)
    is_ready = models.BooleanField(default=False)  # a half-read file shows no nexset
    record_count = models.PositiveBigIntegerField(default=0)
    attributes = models.JSONField(default=dict)  # records.schema.Schema.to_json()
    created_at = models.DateTimeField(auto_now_add=True)

    objects = NexsetQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_growing(self) -> bool:
        """Whether records may still come in."""
        return self.source.kind == Source.Kind.REPLIES

    def lines(self, first: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Yield (offset, JSON line) for the offsets in [`first`, `end`), in order."""
        for begun, lines in self.runs(first, end):
            yield from enumerate(lines, begun)

    def runs(self, first: int, end: int) -> Iterator[tuple[int, list[bytes]]]:
        """Yield the same many at a time: the first offset of some neighbours, and their lines."""
        reaching = self.blocks.filter(first_offset__lte=first).order_by("-first_offset")
        start = reaching.values_list("first_offset", flat=True).first()
        while start is not None and start < end:
            rows = self._blocks(start, end)
            if not rows:
                return
            for block_first, data in rows:
                lines = blocks.unpack(data)
                start = block_first + len(lines)
                if block_first < first or start > end:
                    lines = lines[max(first - block_first, 0) : end - block_first]
                if lines:
                    yield max(first, block_first), lines

    def line(self, offset: int) -> bytes | None:
        """Return the JSON line at `offset`, or None where there is none."""
        return next((line for _, line in self.lines(offset, offset + 1)), None)

    def lines_at(self, offsets: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        """Yield (offset, JSON line) for ascending `offsets` that may lie far apart."""
        first, lines = 0, list[bytes]()
        for offset in offsets:
            if not first <= offset < first + len(lines):
                reaching = self.blocks.filter(first_offset__lte=offset).order_by("-first_offset")
                row = reaching.values_list("first_offset", "data").first()
                first, lines = (row[0], blocks.unpack(bytes(row[1]))) if row else (0, [])
            if first <= offset < first + len(lines):
                yield offset, lines[offset - first]

    def _blocks(self, start: int, end: int) -> list[tuple[int, bytes]]:
        some = self.blocks.filter(first_offset__gte=start, first_offset__lt=end)
        rows = some.order_by("first_offset").values_list("first_offset", "data")
        return [(first_offset, bytes(data)) for first_offset, data in rows[:BLOCKS_AT_ONCE]]


class Block(models.Model):
    """Up to `blocks.RECORDS_PER_BLOCK` consecutive records, compressed."""

    nexset = models.ForeignKey(Nexset, on_delete=models.CASCADE, related_name="blocks")
    first_offset = models.PositiveBigIntegerField()
    count = models.PositiveIntegerField()  # records
    data = models.BinaryField()  # records.blocks.pack
    came_in_at = models.DateTimeField(
        default=timezone.now, null=True
    )  # empty: before this was kept

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["nexset", "first_offset"], name="one_block_each"),
        ]

    def __str__(self) -> str:
        return f"{self.count} records from {self.first_offset}"
