"""Records come in: wholly or not at all, by one reader at a time, whatever dies on the way."""

import json
from collections.abc import Iterator

import pytest
from django.db import OperationalError

from fsdest import ingest
from fsdest.ingest import claims, reading
from fsdest.models import Block, Nexset, RejectedRow, Source

pytestmark = pytest.mark.django_db


class Died(BaseException):
    """Stands in for SIGKILL: nothing in the product may catch it."""


def csv_of(rows: int, *, bad: tuple[int, ...] = ()) -> str:
    lines = [f"user-{n},{n},{'true' if n % 2 else 'false'}" for n in range(rows)]
    for n in bad:
        lines[n] = f"user-{n}"
    return "uid,properties.seats,is_trial\n" + "\n".join(lines) + "\n"


def records_of(nexset: Nexset) -> Iterator[dict[str, object]]:
    return (json.loads(line) for _, line in nexset.lines(0, nexset.record_count))


def test_an_upload_waits_for_its_reader_and_hints_at_it(upload, hinted):
    source = upload(csv_of(3))

    assert source.is_reading
    assert hinted == [str(source.pk)]
    assert not Nexset.objects.exists()


def test_a_file_becomes_a_nexset_of_blocks_in_order(upload, clock, uploads):
    source = upload(csv_of(2500))

    ingest.read(str(source.pk), clock=clock)

    source.refresh_from_db()
    nexset = Nexset.objects.ready().get()
    assert source.status == Source.Status.READY
    assert (source.rows_read, source.rows_rejected, source.share_read) == (2500, 0, 1)
    assert (nexset.name, nexset.record_count) == ("Users", 2500)
    first_offsets = nexset.blocks.order_by("first_offset").values_list("first_offset", "count")
    assert list(first_offsets) == [(0, 1000), (1000, 1000), (2000, 500)]
    assert list(records_of(nexset)) == [
        {"uid": f"user-{n}", "properties": {"seats": n}, "is_trial": bool(n % 2)}
        for n in range(2500)
    ]
    kinds = {one["path"]: one["kinds"] for one in nexset.attributes["attributes"]}
    assert kinds["properties.seats"] == {"number": 2500}
    assert source.path == ""
    assert list(uploads.iterdir()) == []


def test_rejected_rows_are_listed_with_their_lines_and_do_not_move_offsets(upload, clock):
    source = upload(csv_of(10, bad=(3, 7)))

    ingest.read(str(source.pk), clock=clock)

    source.refresh_from_db()
    assert (source.rows_read, source.rows_rejected) == (10, 2)
    rejected = source.rejected_rows.values_list("line_number", "reason", "excerpt")
    assert list(rejected) == [
        (5, "the row has 1 cell, the header 3", "user-3"),
        (9, "the row has 1 cell, the header 3", "user-7"),
    ]
    uids = [record["uid"] for record in records_of(Nexset.objects.get())]
    assert uids == [f"user-{n}" for n in range(10) if n not in (3, 7)]


def test_of_very_many_rejected_rows_the_first_are_kept_and_all_are_counted(
    upload, clock, monkeypatch
):
    monkeypatch.setattr(reading, "REJECTED_KEPT", 5)
    source = upload("uid,plan\n" + "only one\n" * 4000 + "ann,free\n" + "one\n" * 4000)

    ingest.read(str(source.pk), clock=clock)

    source.refresh_from_db()
    assert source.rows_rejected == 8000
    kept = source.rejected_rows.values_list("line_number", flat=True)
    assert list(kept) == [2, 3, 4, 5, 6]
    assert Nexset.objects.get().record_count == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b"PK\x03\x04" + b"\0" * 40, "This is a ZIP archive; unpack it and give the file inside."),
        (b'uid,name\nann,"' + b"\xff\xfe" * 30, None),
        (b"uid,name\n", "The file has no rows."),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_leaves_nothing(
    upload, clock, uploads, content, sentence
):
    source = upload(content)

    ingest.read(str(source.pk), clock=clock)

    source.refresh_from_db()
    assert source.is_failed
    assert source.problem == sentence if sentence else source.problem.endswith(".")
    assert not Nexset.objects.exists()
    assert not Block.objects.exists()
    assert list(uploads.iterdir()) == []


def test_a_file_that_breaks_in_its_middle_leaves_no_half_nexset(upload, clock):
    rows = [json.dumps({"uid": f"user-{n}", "note": "x" * 200}) for n in range(15_000)]
    source = upload("[" + ",".join(rows) + "] and more", "users.json")

    ingest.read(str(source.pk), clock=clock)

    source.refresh_from_db()
    assert source.is_failed
    assert (source.rows_read, source.rows_rejected) == (0, 0)
    assert not Nexset.objects.exists()
    assert not Block.objects.exists()
    assert not RejectedRow.objects.exists()


def test_a_file_without_one_good_row_fails_and_keeps_its_rejected_rows(upload, clock):
    source = upload("uid,plan\nann\nbob\n")

    ingest.read(str(source.pk), clock=clock)

    source.refresh_from_db()
    assert source.is_failed
    assert source.problem.startswith("No row of the file could be read.")
    assert source.rejected_rows.count() == source.rows_rejected == 2
    assert not Nexset.objects.exists()


def test_a_file_that_is_gone_from_the_disk_fails_its_source(upload, clock, uploads):
    source = upload(csv_of(3))
    (uploads / "stored").unlink()

    ingest.read(str(source.pk), clock=clock)

    source.refresh_from_db()
    assert (
        source.problem == "The file could not be read from our disk: it is gone. Upload it again."
    )


def _die_after_some_blocks(monkeypatch, source, clock, how: BaseException) -> None:
    put = reading.Reading._put
    puts = []

    def put_and_die(self) -> None:
        put(self)
        puts.append(1)
        if len(puts) == 2:
            raise how

    with monkeypatch.context() as patch:
        patch.setattr(reading, "BLOCKS_AT_ONCE", 2)
        patch.setattr(reading.Reading, "_put", put_and_die)
        with pytest.raises(type(how)):
            ingest.read(str(source.pk), clock=clock)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", [Died(), OperationalError("the database is gone")])
def test_a_reading_that_died_is_begun_anew_once_its_lease_has_ended(
    upload, clock, monkeypatch, how
):
    source = upload(csv_of(9000, bad=(1,)))
    _die_after_some_blocks(monkeypatch, source, clock, how)
    half = Block.objects.count()
    clock.forward(seconds=59)
    assert ingest.abandoned(clock()) == []
    ingest.read(str(source.pk), clock=clock)
    assert half == Block.objects.count() > 0
    assert not Nexset.objects.ready().exists()

    clock.forward(seconds=2)
    assert ingest.abandoned(clock()) == [str(source.pk)]
    ingest.read(str(source.pk), clock=clock)

    source.refresh_from_db()
    nexset = Nexset.objects.get()
    assert (source.rows_read, source.rows_rejected) == (9000, 1)
    assert source.rejected_rows.count() == 1
    assert [r["uid"] for r in records_of(nexset)] == [f"user-{n}" for n in range(9000) if n != 1]
    assert ingest.abandoned(clock()) == []


def _interrupt(monkeypatch, what) -> None:
    """Do `what`, once, just before a reader's third write."""
    write = reading.Reading._write
    writes = []

    def write_or_be_late(self, share: float) -> None:
        writes.append(1)
        if len(writes) == 3:
            what()
        write(self, share)

    monkeypatch.setattr(reading, "BLOCKS_AT_ONCE", 2)
    monkeypatch.setattr(reading.Reading, "_write", write_or_be_late)


def test_a_reader_that_lost_its_lease_changes_nothing(upload, clock, monkeypatch):
    source = upload(csv_of(9000))

    def another_reader_comes() -> None:
        clock.forward(seconds=61)
        ingest.read(str(source.pk), clock=clock)

    _interrupt(monkeypatch, another_reader_comes)
    ingest.read(str(source.pk), clock=clock)

    source.refresh_from_db()
    nexset = Nexset.objects.get()
    assert source.status == Source.Status.READY
    assert [r["uid"] for r in records_of(nexset)] == [f"user-{n}" for n in range(9000)]
    assert sum(nexset.blocks.values_list("count", flat=True)) == 9000


def test_deleting_a_source_ends_its_reading_and_removes_the_file(
    upload, clock, monkeypatch, uploads
):
    source = upload(csv_of(9000))

    _interrupt(monkeypatch, Source.objects.get(pk=source.pk).delete)
    ingest.read(str(source.pk), clock=clock)

    assert not Source.objects.exists()
    assert not Block.objects.exists()
    assert list(uploads.iterdir()) == []


def test_progress_is_told_and_the_lease_renewed_while_a_file_is_read(organization, clock, tmp_path):
    clock.step = reading.TELL_EVERY
    file = tmp_path / "users.csv"
    file.write_text(csv_of(100_000))
    seen = []

    with file.open("rb") as stream:
        ingest.load(
            organization,
            stream,
            name="Users",
            clock=clock,
            watch=lambda source: seen.append(
                (source.share_read, source.rows_read, source.lease_until - clock.now)
            ),
        )

    shares = [share for share, _, _ in seen]
    assert shares == sorted(shares)
    assert len(set(shares)) > 5
    assert seen[-1][:2] == (1, 100_000)
    assert all(left == claims.LEASE for _, _, left in seen)


def test_a_file_that_was_left_behind_after_its_reading_is_removed(upload, clock, uploads):
    source = upload(csv_of(3))
    Source.objects.update(status=Source.Status.READY)
    assert ingest.abandoned(clock()) == [str(source.pk)]

    ingest.read(str(source.pk), clock=clock)

    assert list(uploads.iterdir()) == []
    assert ingest.abandoned(clock()) == []


def test_a_loading_whose_process_died_fails_instead_of_waiting_for_ever(
    organization, clock, tmp_path, monkeypatch
):
    file = tmp_path / "users.csv"
    file.write_text(csv_of(3))

    def die(self) -> None:
        raise Died

    monkeypatch.setattr(reading.Reading, "_finish", die)
    with file.open("rb") as stream, pytest.raises(Died):
        ingest.load(organization, stream, name="Users", clock=clock)
    clock.forward(seconds=61)
    for source_id in ingest.abandoned(clock()):
        ingest.read(source_id, clock=clock)

    assert "was stopped" in Source.objects.get().problem
    assert file.exists()


def test_a_file_whose_readers_always_die_is_given_up_after_a_day(upload, clock, monkeypatch):
    source = upload(csv_of(9000))
    _die_after_some_blocks(monkeypatch, source, clock, Died())
    clock.forward(hours=25)

    ingest.read(str(source.pk), clock=clock)

    source.refresh_from_db()
    assert source.is_failed
    assert "again and again" in source.problem
    assert not Nexset.objects.exists()


def test_a_first_reader_who_comes_late_reads_all_the_same(upload, clock):
    source = upload(csv_of(3))
    clock.forward(hours=25)

    ingest.read(str(source.pk), clock=clock)

    assert Nexset.objects.ready().get().record_count == 3


def test_orphaned_uploads_are_removed_and_awaited_ones_are_kept(upload, clock, uploads):
    upload(csv_of(3))
    (uploads / "orphan").write_text("nobody's")

    ingest.clear_orphans(clock())
    assert {file.name for file in uploads.iterdir()} == {"stored", "orphan"}

    clock.forward(hours=25)
    ingest.clear_orphans(clock())
    assert {file.name for file in uploads.iterdir()} == {"stored"}
