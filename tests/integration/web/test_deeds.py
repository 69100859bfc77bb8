"""What people do in the browser is written down: who, what, to which object, without secrets."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fsdest.audit import Action
from fsdest.delivery import control
from fsdest.models import AuditEntry, Credential, Destination

KEY = "na1.ANOTHERSECRET/ORG2"
OWNER = {"email": "daniel@example.com", "orgId": "ABC", "role": "USER"}


def deeds() -> list[str]:
    """Return what is written down, the oldest first, without the logins."""
    entries = AuditEntry.objects.exclude(action=Action.LOGGED_IN).order_by("id")
    return [str(each) for each in entries]


def last(action: Action) -> AuditEntry:
    return AuditEntry.objects.filter(action=action).latest("id")


Post = Callable[..., object]


@pytest.fixture
def post(as_ann: Client) -> Post:
    """`post("pause", destination)`: Ann presses the button of that address."""
    return lambda address, about, **data: as_ann.post(reverse(address, args=[about.pk]), data)


@pytest.mark.parametrize(
    ("verb", "status", "said", "before"),
    [
        ("activate", "paused", "activated", {"status": "paused"}),
        ("pause", "active", "paused", {"status": "active"}),
    ],
)
def test_turning_a_destination_tells_what_it_was(
    post: Post, make_destination, ann, verb, status, said, before
):
    destination = make_destination(status=status)

    post(f"destination-{verb}", destination)
    post(f"destination-{verb}", destination)  # it is so already: nothing was done

    entry = AuditEntry.objects.get(action=said)
    assert str(entry) == f"ann {said} destination “To FullStory”"
    assert (entry.actor_id, entry.before) == (str(ann.pk), before)
    assert (entry.address, bool(entry.request_id)) == ("127.0.0.1", True)


def test_the_life_of_a_destination(post: Post, destination: Destination):
    post("destination-copy", destination)
    post("dryrun-start", destination)
    post("destination-delete", destination)

    assert deeds() == [
        "The system saved a version of destination “To FullStory”",
        "ann saved a version of destination “Copy of To FullStory”",
        "ann copied destination “To FullStory”",
        "ann started a dry run of destination “To FullStory”",
        "ann deleted destination “To FullStory”",
    ]


def test_a_version_tells_what_changed_and_no_secret(destination: Destination, ann):
    before = destination.version.read()
    changed = replace(before, headers=(("Authorization", "hunter2"), ("X-Team", "blue")))
    control.save_version(destination, changed, user=ann, now=timezone.now())

    entry = last(Action.SAVED)
    assert entry.actor_name == "ann"
    assert entry.after["changes"] == ["Header X-Team: Not sent → blue"]
    assert entry.after["not_shown"] == ["headers.Authorization"]
    assert "hunter2" not in json.dumps(entry.after)


def test_the_life_of_a_credential(as_ann: Client, stand_in, organization):
    stand_in.says(body=json.dumps(OWNER).encode())
    form = {"name": "Main", "description": "", "target": "sandbox", "api_key": KEY}
    as_ann.post(reverse("credential-new"), form)
    made = Credential.objects.get()
    as_ann.post(reverse("credential", args=[made.pk]), {"name": "Other", "description": ""})
    as_ann.post(reverse("credential-key", args=[made.pk]), {"api_key": f"{KEY}xyz"})
    as_ann.post(reverse("credential-delete", args=[made.pk]))

    assert deeds() == [
        "ann created credential “Main”",
        "ann tested credential “Main”",
        "ann edited credential “Other”",
        "ann replaced the key of credential “Other”",
        "ann tested credential “Other”",
        "ann deleted credential “Other”",
    ]
    replaced = last(Action.KEY_REPLACED)
    assert (replaced.before, replaced.after) == ({"ends_in": "ORG2"}, {"ends_in": "2xyz"})
    everything = json.dumps(list(AuditEntry.objects.values("before", "after", "object_name")))
    assert "ANOTHERSECRET" not in everything


def test_a_credential_that_is_used_is_not_said_to_be_deleted(post: Post, destination):
    post("credential-delete", destination.credential)

    assert not AuditEntry.objects.filter(action=Action.DELETED).exists()


def test_a_file_is_written_down_when_it_comes_and_when_it_goes(as_ann: Client, nexset, source):
    as_ann.post(reverse("upload"), {"file": SimpleUploadedFile("people.csv", b"uid\na\n")})
    as_ann.post(reverse("flow-delete", args=[source.pk]))

    assert deeds() == ["ann created source “people”", "ann deleted source “users.csv”"]
    assert last(Action.CREATED).after == {"file": "people.csv", "bytes": 6}
    assert last(Action.DELETED).before == {"nexsets": ["Users: 30 records"]}


def test_the_wizard_writes_down_its_beginning_and_its_test(
    post: Post, nexset, credential, stand_in
):
    stand_in.says(body=b"{}")
    post("send", nexset)
    draft = Destination.objects.get()
    Destination.objects.update(credential=credential, connector="fullstory")
    typed = {"mode": "template", "endpoint": "create-or-update-user"}
    typed |= {"slot": "create-or-update-user", "name": "Users"}
    typed |= {"mapping.uid.source": "attribute", "mapping.uid.attribute": "uid"}
    post("wizard-test", draft, **typed)
    post("wizard-configure", draft, **typed)

    assert deeds() == [
        "ann created destination “Users to FullStory”",
        "ann tested destination “Users to FullStory”",
        "ann edited destination “Users”",
        "ann saved a version of destination “Users”",
    ]
    assert last(Action.TESTED).after == {"call": "POST /v2/users", "status": 200}


def test_export_and_import_are_written_down(as_ann: Client, destination, ann):
    as_ann.get(reverse("destination-export", args=[destination.pk]))

    assert str(last(Action.EXPORTED)) == "ann exported destination “To FullStory”"


def test_what_stops_by_itself_is_written_down_with_the_reason(make_destination):
    destination = make_destination(status="active")

    control.halt(destination, reason="The key was refused.")
    control.halt(destination, reason="It is stopped already.")

    entry = AuditEntry.objects.get(action=Action.HALTED)
    assert (entry.actor_name, entry.after) == ("The system", {"reason": "The key was refused."})


def test_pruning_and_rotating_by_hand_are_written_down(credential):
    call_command("prune", days=3)
    call_command("rotate_keys")

    assert last(Action.PRUNED).after["days"] == 3
    assert last(Action.KEYS_ROTATED).after == {
        "sealed_anew": 0,
        "had_it_already": 1,
        "do_not_open": 0,
    }
