"""The safeguards of the delivery that no test may fail to miss, and how each is taken out."""

from dataclasses import dataclass
from pathlib import Path

DELIVERY = "tests/integration/delivery"


class SourceHasMoved(Exception):
    """The text that a mutation replaces does not stand there exactly once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """A safeguard, the text that makes it, what is put in its place, and who has to notice."""

    name: str
    what: str  # what the product then does
    file: str
    before: str
    after: str
    tests: tuple[str, ...]  # the smallest part of the suite that must fail

    def apply(self, tree: Path) -> None:
        """Take the safeguard out of the copy at `tree`. Raises SourceHasMoved."""
        path = tree / self.file
        source = path.read_text()
        if source.count(self.before) != 1:
            raise SourceHasMoved(f"{self.name}: {self.file} no longer has {self.before!r} once")
        path.write_text(source.replace(self.before, self.after))


MUTATIONS = [
    Mutation(
        name="fence",
        what="a worker that lost its lease goes on writing",
        file="fsdest/delivery/ledger.py",
        before="Lane.objects.filter(pk=lane.pk, owner=lane.owner, epoch=lane.epoch)",
        after="Lane.objects.filter(pk=lane.pk)",
        tests=(
            f"{DELIVERY}/test_control.py::test_a_lane_has_one_worker_and_a_lost_lease_writes_nothing",
        ),
    ),
    Mutation(
        name="key",
        what="each call gets an idempotency key of its own",
        file="fsdest/payloads/keys.py",
        before='return _uuid5(f"{destination}\\n{version}\\n{spans}\\n{generation}\\n{digest}")',
        after="return str(uuid.uuid4())",
        tests=(
            f"{DELIVERY}/test_run.py::test_a_lost_reply_does_not_write_a_user_twice",
            f"{DELIVERY}/test_crash.py",
        ),
    ),
    Mutation(
        name="checkpoint",
        what="the cursor passes records that are not settled",
        file="fsdest/delivery/window.py",
        before="                return at\n",
        after="                return self.read_to\n",
        tests=("tests/unit/delivery/test_window.py", f"{DELIVERY}/test_crash.py"),
    ),
    Mutation(
        name="hold",
        what="a 429 is heard and not heeded",
        file="fsdest/delivery/sending.py",
        before="self.gate.pace.hold((verdict.wait or NO_RETRY_AFTER).total_seconds())",
        after="self.brake.sleep(0.05)",
        tests=(
            f"{DELIVERY}/test_run.py::test_a_rate_limited_delivery_waits_as_long_as_fullstory_asks",
        ),
    ),
    Mutation(
        name="hold-kept",
        what="a hold is forgotten with the worker that heard it, if Redis is gone",
        file="fsdest/delivery/schedule.py",
        before="    until = now + reason.wait\n",
        after="    until = now\n",
        tests=(
            f"{DELIVERY}/test_run.py"
            "::test_a_worker_that_starts_later_learns_of_the_wait_from_the_books",
        ),
    ),
    Mutation(
        name="brake",
        what="calls go on starting once the brake is pulled",
        file="fsdest/delivery/brake.py",
        before="        return self._pulled.is_set()\n",
        after="        return False\n",
        tests=("tests/unit/delivery/test_brake.py",),
    ),
    Mutation(
        name="split",
        what="a batch whose splitting was stopped goes on in other parts",
        file="fsdest/payloads/group.py",
        before="for half in halves(run):\n            yield from unsettled(half, is_settled)",
        after="yield tuple(payload for payload in run if not is_settled(payload.offset))",
        tests=("tests/properties/test_payloads_group.py",),
    ),
    Mutation(
        name="write-ahead",
        what="calls without a key start before they are written down",
        file="fsdest/delivery/ledger.py",
        before="    _write(lane, begun=begun)\n",
        after="    return\n",
        tests=(f"{DELIVERY}/test_unknown_outcomes.py",),
    ),
    Mutation(
        name="queue",
        what="records of a user do not wait behind an earlier one that is parked",
        file="fsdest/delivery/sending.py",
        before="return bool(key) and key in self.parked_keys",
        after="return False",
        tests=(
            f"{DELIVERY}/test_run.py"
            "::test_a_failing_record_parks_alone_and_later_ones_of_its_user_queue_behind",
            f"{DELIVERY}/test_order.py",
        ),
    ),
    Mutation(
        name="breaker",
        what="every lane makes the call that probes",
        file="fsdest/delivery/breaker.py",
        before="        if _as_read(destination).update(probe_at=until):\n",
        after="        if _as_read(destination).update(probe_at=until) or True:\n",
        tests=(f"{DELIVERY}/test_breaker.py::test_of_workers_that_come_at_once_one_probes",),
    ),
    Mutation(
        name="job",
        what="an import job that two workers follow is settled by both",
        file="fsdest/delivery/follow.py",
        before="            if not ended:\n                return\n",
        after="",
        tests=(
            f"{DELIVERY}/test_import_jobs.py"
            "::test_a_job_is_settled_once_though_a_slow_worker_and_its_successor_both_follow_it",
        ),
    ),
]
