"""What a person does to a destination: save, activate, pause, copy, delete; and what halts it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction
from django.db.models import Max, Min, Q
from django.db.models.functions import Greatest

from fsdest import hints
from fsdest.audit import Action, record
from fsdest.delivery import echo
from fsdest.models import Credential, Destination, Lane, Version
from fsdest.payloads import secrets_in
from fsdest.payloads.changes import diff
from fsdest.payloads.configuration import Configuration

Status = Destination.Status
Halt = Destination.Halt


@dataclass(frozen=True, slots=True)
class Border:
    """Where a version that is saved now begins: offsets of the nexset.

    Records before `first` keep the versions they have; those from `surely` on get the new one.
    Between the two it is the new one for records whose lane has not come to them yet.
    """

    first: int
    surely: int


def applies_from(destination: Destination) -> Border:
    """Return from which offset on a version saved now would apply: what is in no slice yet.

    Records that are parked keep their version; those released from quarantine take the new one.
    """
    reached = destination.lanes.annotate(end=Greatest("cursor", "slice_end")).aggregate(
        first=Min("end", default=0), surely=Max("end", default=0)
    )
    return Border(first=reached["first"], surely=reached["surely"])


def save_version(
    destination: Destination,
    configuration: Configuration,
    *,
    user: AbstractBaseUser | AnonymousUser | None,
    now: datetime,
) -> Version:
    """Save `configuration` as the next version; a draft becomes Paused.

    Records not yet cut into a slice are sent under it; those that were keep theirs.
    """
    with transaction.atomic():
        destination = Destination.objects.select_for_update().get(pk=destination.pk)
        last = destination.versions.aggregate(n=Max("number"))["n"] or 0
        version = Version.objects.create(
            destination=destination,
            number=last + 1,
            configuration=configuration.saved_at(now.isoformat()).to_json(),
            created_at=now,
            created_by_id=user.pk if user else None,
        )
        if configuration.echo:
            echo.provide(destination)
        destination.stretches = _stretches(destination, version, configuration)
        destination.version = version
        destination.draft = {}
        if destination.is_draft:
            destination.status = Status.PAUSED
        destination.save(update_fields=["stretches", "version", "draft", "status", "echo"])
        _make_lanes(destination, now)
        record(Action.SAVED, destination, actor=user, after=_saved(version, last))
    return version


def _saved(version: Version, last: int) -> dict[str, object]:
    """Return what the audit keeps of a version: what changed since the one before, no secrets."""
    after, hidden = secrets_in.without(version.read())
    told: dict[str, object] = {"version": version.number, "endpoint": after.endpoint.title}
    if hidden:
        told["not_shown"] = list(hidden)
    earlier = version.destination.versions.filter(number=last).first()
    if earlier:
        before, _ = secrets_in.without(earlier.read())
        told["changes"] = [
            f"{change.setting}: {change.before} → {change.after}" for change in diff(before, after)
        ]
    return told


def _stretches(
    destination: Destination, version: Version, configuration: Configuration
) -> list[dict[str, int]]:
    """Return the stretches with `configuration` in force; see delivery.lanes."""
    lanes = configuration.lanes
    fresh = {"from": 0, "lanes": lanes, "version": version.number}
    reached = destination.lanes.aggregate(
        cursor=Max("cursor", default=0), end=Max("slice_end", default=0)
    )
    border = max(reached["cursor"], reached["end"])
    if not destination.stretches or border == 0:
        return [fresh]
    current = destination.stretches[-1]
    before = destination.versions.get(number=current["version"]).read()
    if current["lanes"] == lanes and _order_source(before) == _order_source(configuration):
        return list(destination.stretches)
    kept = [each for each in destination.stretches if each["from"] < border]
    return [*kept, fresh | {"from": border}]


def _order_source(configuration: Configuration) -> tuple[str, object]:
    """Return what gives a record its order key: the place in the request, and what fills it."""
    place = configuration.endpoint.order_by
    filled = {**dict(configuration.mapping), **dict(configuration.parameters)}
    return place, filled.get(place)


def _make_lanes(destination: Destination, now: datetime) -> None:
    wanted = destination.stretches[-1]["lanes"]
    first_offset = destination.stretches[-1]["from"]
    there = destination.lanes.count()
    Lane.objects.bulk_create(
        Lane(
            destination=destination,
            number=number,
            cursor=first_offset,
            slice_end=first_offset,
            due_at=now,
        )
        for number in range(there, wanted)
    )


def activate(destination: Destination, *, now: datetime) -> bool:
    """Start sending where it stopped; False where the destination is not paused or halted."""
    return _start(destination, Q(status__in=[Status.PAUSED, Status.ERROR]), now)


def resume(destination: Destination, *, now: datetime) -> bool:
    """Go on, if it still is halted for its key: a person may have paused it meanwhile."""
    return _start(destination, Q(status=Status.ERROR, halt=Halt.KEY), now)


def _start(destination: Destination, condition: Q, now: datetime) -> bool:
    with transaction.atomic():
        resting = Destination.objects.filter(condition, pk=destination.pk)
        if not resting.update(
            status=Status.ACTIVE,
            status_reason="",
            halt="",
            activated_at=now,
            probe_at=None,
            failed_probes=0,
            failing_reason="",
        ):
            return False
        destination.lanes.update(due_at=now, waits_for="", failures=0)
        for lane_id in destination.lanes.values_list("pk", flat=True):
            hints.nudge_lane(lane_id)
        _turned(Action.ACTIVATED, destination)
    return True


def pause(destination: Destination, *, now: datetime) -> bool:
    """Let no new call start; Paused is said once the last one is back. False: was not active."""
    active = Destination.objects.filter(pk=destination.pk, status__in=[Status.ACTIVE, Status.ERROR])
    with transaction.atomic():
        if not active.update(status=Status.PAUSING, status_reason="", halt=""):
            return False
        _turned(Action.PAUSED, destination)
    finish_pausing(destination.pk, now=now)
    return True


def _turned(action: Action, destination: Destination) -> None:
    """Write down that a person turned the status, which `destination` still has as it was."""
    before = {"status": destination.status, "reason": destination.status_reason}
    record(action, destination, before={name: text for name, text in before.items() if text})


def finish_pausing(destination_id: UUID, *, now: datetime) -> None:
    """Say Paused, if a pausing destination has no worker left; do nothing otherwise."""
    busy = Lane.objects.filter(destination_id=destination_id, lease_until__gt=now)
    if not busy.exists():
        Destination.objects.filter(pk=destination_id, status=Status.PAUSING).update(
            status=Status.PAUSED
        )


def halt(destination: Destination, *, reason: str, blames: str = "") -> None:
    """Stop an active destination until a person acts. Its records wait; none is given up.

    `blames` is that of the Verdict. A key that was replaced since `destination` was read is not to
    blame: then nothing is stopped, and the next call shows what the new one may do.
    """
    active = Destination.objects.filter(pk=destination.pk, status=Status.ACTIVE)
    if blames and destination.credential:
        active = active.filter(
            credential__in=Credential.objects.filter(
                pk=destination.credential.pk, sealed_key=destination.credential.sealed_key
            )
        )
    change = {"status": Status.ERROR, "status_reason": reason[:500], "halt": blames or Halt.OTHER}
    with transaction.atomic():
        if active.update(**change):
            halted = Destination.objects.select_related("organization").get(pk=destination.pk)
            record(Action.HALTED, halted, after={"reason": reason})


def copy(
    destination: Destination, *, user: AbstractBaseUser | AnonymousUser | None, now: datetime
) -> Destination:
    """Return a paused copy that has sent nothing yet, or a draft of a draft."""
    with transaction.atomic():
        twin = Destination.objects.create(
            organization_id=destination.organization_id,
            nexset_id=destination.nexset_id,
            credential_id=destination.credential_id,
            name=f"Copy of {destination.name}"[:200],
            connector=destination.connector,
            draft=destination.draft,
        )
        if destination.version:
            save_version(twin, destination.version.read(), user=user, now=now)
            twin.refresh_from_db()
        record(Action.COPIED, destination, actor=user, after={"copy": twin.name, "id": twin.pk})
    return twin


def delete(destination: Destination) -> None:
    """Delete a destination with its books. What FullStory has, it keeps."""
    with transaction.atomic():
        record(Action.DELETED, destination, before={"status": destination.status})
        Destination.objects.filter(pk=destination.pk).update(status=Status.DRAFT, version=None)
        for books in (
            destination.pages,
            destination.jobs,
            destination.parked,
            destination.quarantined,
            destination.lanes,
        ):
            books.all().delete()
        destination.versions.all().delete()
        Destination.objects.filter(pk=destination.pk).delete()
