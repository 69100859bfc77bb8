"""The worker that sends is killed, or its children, in the middle of calls."""

from collections.abc import Iterator

import pytest

from tests.faults.books import Office

pytestmark = [
    pytest.mark.stack,
    pytest.mark.fault("F1"),
    pytest.mark.timeout(120),
]  # the start is counted too
KILLS = 5
USERS = 20_000


@pytest.fixture(scope="module")
def own_office(start_office) -> Iterator[Office]:
    """With the usual deadline: nobody is to wait for a lease of a minute and a half."""
    with start_office(FSDEST_CALL_DEADLINE_S="30") as office:
        yield office


@pytest.fixture
def office(own_office) -> Office:
    own_office.begin_afresh()
    return own_office


@pytest.mark.fault("F2", each_time=True)
def test_the_lanes_of_killed_children_go_on_under_others(office, send_users):
    run = send_users(office, users=4_000)
    for _ in range(3):
        run.wait_for_effects(office.effects() + 200)
        office.kill_children("drain")

    run.wait_for_end(within_s=40)

    run.check_the_books()


def test_nothing_is_lost_or_done_twice_when_the_sending_worker_is_killed_five_times(
    office, send_users
):
    run = send_users(office, users=USERS, bad=7)
    for kill in range(KILLS):
        run.wait_for_effects(office.effects() + 500)
        worker = office.kill_with_children("drain")
        office.stack.wait_until_replaced("drain", worker)
        assert office.effects() < len(run.good_uids), f"kill {kill} came too late"

    run.wait_for_end(within_s=40)

    run.check_the_books()
