"""What every fault has to leave behind: books that balance, and a FullStory that agrees."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.faults import invariants
from tests.faults.evidence import Bounds, gather
from tests.faults.office import Office
from tests.running import until

CHECKED: list[dict[str, list[str]]] = []  # what the checks of this test found broken


class Run:
    """A delivery of users that a test broke something under."""

    def __init__(
        self,
        office: Office,
        folder: Path,
        *,
        users: int,
        bad: int | range = 0,
        records_each: int = 1,
        endpoint: str = "create-or-update-user",
        batch_records: int = 0,
        is_uploaded: bool = False,
        is_active: bool = True,
        flaw: str = "no name of a property",  # which only FullStory finds out
        **bounds: float,
    ) -> None:
        """Send `users` users `records_each` times. `bad` of them, spread evenly or in the places
        that it names, FullStory cannot take. The file `is_uploaded`, for a worker to read, or is
        read at once. What is bad has an attribute called `flaw`. `bounds` are fields of Bounds that
        this scenario may need more of."""
        self.office = office
        evenly = range(0, users, max(1, users // bad)) if isinstance(bad, int) and bad else range(0)
        bad_places = bad if isinstance(bad, range) else evenly[:bad]
        self.users, self.bad, self.records_each = users, len(bad_places), records_each
        self.flaw = flaw
        self.bounds = Bounds(**bounds)  # type: ignore[arg-type]  # numbers all
        self.began_at = time.time()
        office.runs += 1
        self.name = "user" if office.runs == 1 else f"user{office.runs}"
        self.good_uids = {f"{self.name}-{n}" for n in range(users) if n not in bad_places}
        file = folder / f"people{office.runs}.jsonl"
        file.write_text("".join(self._lines()))
        self.destination = office.ask(
            "send",
            file=str(file),
            endpoint=endpoint,
            batch_records=batch_records,
            is_uploaded=is_uploaded,
            is_active=is_active,
        )

    def _lines(self) -> Iterator[str]:
        for n in range(self.users * self.records_each):
            uid = f"{self.name}-{n % self.users}"
            user: dict[str, object] = {"uid": uid, "display_name": f"User {n}", "visits": n}
            if uid not in self.good_uids:
                user[self.flaw] = True
            yield json.dumps(user) + "\n"

    @property
    def account(self) -> dict[str, Any]:
        """The balance and the status, as the destination's page shows them."""
        found: dict[str, Any] = self.office.ask("account", destination=self.destination)
        return found

    def wait_for_effects(self, count: int, *, within_s: float = 30) -> None:
        """Wait until FullStory has done `count` things."""
        until(lambda: self.office.effects() >= count, within_s=within_s, what=f"effect {count}")

    def wait_for_requests(self, count: int, *, within_s: float = 60) -> None:
        """Wait until `count` requests have reached FullStory."""
        until(
            lambda: self.office.fullstory("state")["requests"] >= count,
            within_s=within_s,
            what=f"request {count}",
        )

    def wait_for_status(self, status: str, *, within_s: float = 10) -> None:
        """Wait until the destination says that it is `status`."""
        until(lambda: self.account["status"] == status, within_s=within_s, what=status)

    def waits_for_jobs(self) -> bool:
        """Wait until FullStory is importing something of ours; False where all is over."""

        def in_jobs_or_over() -> bool:
            account = self.account
            return bool(account["in_jobs"] or account["delivered"] + self.bad == self.users)

        until(in_jobs_or_over, within_s=40, what="an import job under way")
        return bool(self.account["in_jobs"])

    def wait_until_paused_or_active(self) -> None:
        """Wait until nothing is on its way to another status."""
        until(lambda: self.account["status"] in {"paused", "active"}, what="the last press")

    def wait_for_end(self, *, within_s: float) -> None:
        """Wait until every record is delivered, quarantined or skipped, by itself."""

        def is_done() -> bool:
            account = self.account
            settled = account["delivered"] + account["quarantined"] + account["skipped"]
            return bool(settled == account["accepted"])

        try:
            until(is_done, within_s=within_s, what="the end of the run")
        except AssertionError as late:
            raise AssertionError(f"{late}\n{json.dumps(self.account, indent=1)}") from None

    def check_the_books(self) -> None:
        """Fail unless the invariants I1 to I13 hold. The run has ended."""
        self.wait_until_nobody_works()
        wrong = invariants.broken(gather(self, bounds=self.bounds))
        CHECKED.append(wrong)
        assert not wrong, invariants.tell(wrong)

    def wait_until_nobody_works(self) -> None:
        """The last checkpoint is written a moment before the lane is given back."""

        def is_free() -> bool:
            return not any(lane["lease_until"] for lane in self.account["lanes"])

        until(is_free, within_s=30, what="the last lane's end of shift")

    def requests(self) -> list[dict[str, Any]]:
        """Return all that reached FullStory, oldest first."""
        return self._read("requests")

    def effects(self) -> list[dict[str, Any]]:
        """Return all that FullStory did, in order."""
        return self._read("effects")

    def _read(self, what: str) -> list[dict[str, Any]]:
        page = "ledger" if what == "requests" else what
        found: list[dict[str, Any]] = []
        while True:
            answer = self.office.fullstory(f"{page}?since={len(found)}&limit=10000")
            if not answer[what]:
                return found
            found += answer[what]
