"""A process dies at each point at which it matters, once and twice: the books balance all the same.

Unlike a kill at random this is the same each time, and leaves no point out.
"""

import signal
from collections.abc import Iterator

import pytest

from tests.faults.books import Office
from tests.faults.traps import SETTINGS, Traps, press

pytestmark = [
    pytest.mark.stack,
    pytest.mark.fault("F1", each_time=False),
    pytest.mark.timeout(240),
]
DIED = -signal.SIGKILL
USERS, BAD = 900, 3
ON_THE_WAY = [
    *("after-claim", "after-cut", "after-limiter", "before-send", "after-send"),
    "after-reply",
    *("before-commit", "mid-checkpoint", "after-commit", "before-give-back", "after-give-back"),
]
OF_JOBS = [
    *("after-send", "before-commit", "mid-checkpoint", "after-commit"),
    *("mid-split", "before-job-settled", "mid-job-settled"),
]


@pytest.fixture(scope="module")
def shared_office(start_office) -> Iterator[Office]:
    with start_office(FSDEST_CALL_DEADLINE_S="30", **SETTINGS) as office:
        yield office


@pytest.fixture
def set_traps(office):
    """`set_traps(point, times=2)`; what is left of them is taken away in the end."""
    yield lambda point, times: Traps(office, point, times=times)
    Traps(office, "none", times=0).clear()


@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
@pytest.mark.parametrize("point", ON_THE_WAY)
def test_a_worker_that_sends_single_calls_dies(office, send_users, set_traps, point, times):
    traps = set_traps(point, times)
    run = send_users(office, users=USERS, records_each=2, bad=BAD)
    traps.wait_until_sprung()

    run.wait_for_end(within_s=90)

    run.check_the_books()


@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
@pytest.mark.parametrize("point", OF_JOBS)
def test_a_worker_that_makes_or_follows_import_jobs_dies(
    office, send_users, set_traps, point, times
):
    traps = set_traps(point, times)
    office.tell_fullstory("settings", {"job_s": 0.5, "page_size": 5})
    if point == "mid-split":  # refused with the batch, instead of later by the job
        refusal = {"kind": "status", "status": 400, "contains": "no name of a property"}
        office.play(**refusal, route="POST /v2/users/batch")
    else:  # so that more than one checkpoint is written
        office.play(kind="delay", delay_s=0.2, route="POST /v2/users/batch")
    bulk = {"endpoint": "batch-create-users", "batch_records": 200}
    run = send_users(office, users=4_000, bad=BAD, **bulk)
    traps.wait_until_sprung()

    run.wait_for_end(within_s=90)

    run.check_the_books()


@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
def test_a_sweeper_dies_while_it_frees_what_the_dead_left(office, send_users, set_traps, times):
    worker, sweeper = set_traps("before-commit", 2), set_traps("mid-sweep", times)
    run = send_users(office, users=USERS, bad=BAD)
    worker.wait_until_sprung()
    sweeper.wait_until_sprung()

    run.wait_for_end(within_s=90)

    run.check_the_books()


@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
def test_a_reader_dies_in_the_middle_of_a_file(office, send_users, set_traps, times):
    set_traps("mid-ingest", times)

    run = send_users(office, users=USERS, bad=BAD, is_uploaded=True)  # waits for the reader

    run.wait_for_end(within_s=60)
    run.check_the_books()


@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
def test_the_process_behind_the_activate_button_dies(office, send_users, set_traps, times):
    run = send_users(office, users=USERS, bad=BAD, is_active=False)
    set_traps("mid-activate", times)
    for _ in range(times):
        assert press(office, "activate", destination=run.destination) == DIED
        assert run.account["status"] == "paused"

    assert press(office, "activate", destination=run.destination) == 0

    run.wait_for_end(within_s=60)
    run.check_the_books()


@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
def test_the_process_behind_the_release_button_dies(office, send_users, set_traps, times):
    """The decision is made by then: workers carry it out."""
    run = send_users(office, users=USERS, bad=BAD)
    run.wait_for_end(within_s=60)
    before = office.fullstory("state")["requests"]
    traps = set_traps("mid-release", times)

    assert press(office, "release", destination=run.destination) == DIED

    traps.wait_until_sprung()
    run.wait_for_requests(before + BAD)  # refused as before
    run.wait_for_end(within_s=60)
    assert office.fullstory("state")["requests"] == before + BAD
    run.check_the_books()


@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
def test_a_process_dies_while_it_prunes_the_books(office, send_users, set_traps, times):
    run = send_users(office, users=USERS, bad=BAD)
    run.wait_for_end(within_s=60)
    run.wait_until_nobody_works()
    set_traps("mid-prune", times)
    for _ in range(times):
        assert press(office, "prune") == DIED
        standing = office.ask("standing", destination=run.destination)
        assert standing["disagreements"] == []

    assert press(office, "prune") == 0

    assert office.ask("calls", destination=run.destination) == []
    run.check_the_books()
