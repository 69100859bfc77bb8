"""A destination that stopped for its key goes on by itself once the key works; no other does."""

import pytest

from fsdest.delivery import account, control, resuming, run
from fsdest.models import Credential, Destination, Lane

NEW_KEY = "na1.admin.another/TEST"


def people(count):
    return [{"uid": f"user-{n}"} for n in range(count)]


@pytest.fixture
def refusing(sandbox):
    """`refusing(401)`: so are all users answered, until `stop`."""

    def refuse(status):
        sandbox.play(kind="status", status=status, route="POST /v2/users", saved=False)

    return refuse


@pytest.fixture
def stop(sandbox):
    return lambda: sandbox._session.delete(f"{sandbox.url}/_sandbox/faults", timeout=5)


@pytest.fixture
def halted(destination_with, deliver, refusing, stop):
    """`halted(401)`: a destination that stopped for that, in a FullStory that is well again."""

    def make(status):
        destination = destination_with(*people(3))
        refusing(status)
        deliver(destination)
        stop()
        assert destination.needs_attention
        return destination

    return make


@pytest.mark.parametrize("status", [401, 403])
def test_a_new_key_that_works_lets_it_go_on(halted, clock, status):
    destination = halted(status)
    assert destination.waits_for_key

    resumed = resuming.replace_key(destination.credential, NEW_KEY, now=clock())

    assert resumed == [destination]
    destination.refresh_from_db()
    assert (destination.status, destination.status_reason, destination.halt) == ("active", "", "")
    for lane_id in Lane.objects.workable(clock()).values_list("pk", flat=True):
        run.work(lane_id, clock=clock)
    assert account.balance(destination).delivered == 3


def test_a_new_key_that_is_refused_leaves_it_halted(halted, clock, sandbox):
    destination = halted(401)
    sandbox.play(kind="status", status=401, route="GET /me")

    assert resuming.replace_key(destination.credential, NEW_KEY, now=clock()) == []

    destination.refresh_from_db()
    assert destination.waits_for_key


def test_a_new_key_that_could_not_be_tested_lets_it_go_on_with_the_first_good_test(
    halted, clock, sandbox, stop
):
    destination = halted(403)
    sandbox.play(kind="status", status=503, route="GET /me")
    assert resuming.replace_key(destination.credential, NEW_KEY, now=clock()) == []
    stop()

    assert resuming.check_key(destination.credential, now=clock()) == [destination]


def test_a_test_of_the_key_that_may_too_little_changes_nothing(halted, clock):
    destination = halted(403)

    assert resuming.check_key(destination.credential, now=clock()) == []

    destination.refresh_from_db()
    assert destination.needs_attention


def test_one_that_a_person_paused_stays_paused(halted, clock):
    destination = halted(401)
    control.pause(destination, now=clock())

    assert resuming.replace_key(destination.credential, NEW_KEY, now=clock()) == []

    destination.refresh_from_db()
    assert destination.is_paused


def test_one_that_halted_for_a_moved_address_waits_for_a_person(halted, clock):
    destination = halted(301)
    assert not destination.waits_for_key

    assert resuming.replace_key(destination.credential, NEW_KEY, now=clock()) == []

    destination.refresh_from_db()
    assert destination.needs_attention


def test_a_late_refusal_of_the_old_key_does_not_halt_the_new_one(halted, clock):
    destination = halted(401)
    as_a_worker_has_it = Destination.objects.select_related("credential").get(pk=destination.pk)
    resuming.replace_key(Credential.objects.get(pk=destination.credential_id), NEW_KEY, now=clock())

    control.halt(as_a_worker_has_it, reason="FullStory does not accept the key.", blames="key")

    destination.refresh_from_db()
    assert destination.is_active
