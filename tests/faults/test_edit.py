"""A destination is edited while it sends, by two people at once, and deleted with a backlog."""

import threading
import time

import pytest

from tests.faults.staff import slow_down
from tests.faults.visitor import Visitor

pytestmark = [pytest.mark.stack, pytest.mark.fault("F20"), pytest.mark.timeout(240)]
EDITS = 12


def used_versions(office, run) -> set[int]:
    return {call["version"] for call in office.ask("calls", destination=run.destination)}


def test_each_call_is_of_one_saved_version_though_it_is_edited_all_the_time(
    office, send_users, chance
):
    slow_down(office)
    run = send_users(office, users=6_000, records_each=2, bad=3)
    for n in range(EDITS):
        run.wait_for_effects(office.effects() + 200)
        if chance.random() < 0.5:
            office.ask("pause", destination=run.destination)
            run.wait_for_status("paused", within_s=30)
        office.ask("edit", destination=run.destination, display_name=f"Edition {n}")
        office.ask("activate", destination=run.destination)

    run.wait_for_end(within_s=120)

    assert len(used_versions(office, run)) > 1
    run.check_the_books()


def test_two_people_who_save_at_once_make_two_versions_and_neither_is_mixed(office, send_users):
    slow_down(office)
    run = send_users(office, users=4_000, bad=3)
    run.wait_for_effects(300)
    path = f"destinations/{run.destination}"
    answers = []

    def save(name: str) -> None:
        with Visitor(office.stack) as visitor:
            for n in range(5):
                visitor.get(f"{path}/configure/")
                answer = visitor.post(f"{path}/versions/{1 + n % 2}/restore/", name=name)
                answers.append(answer.status_code)

    office.ask("edit", destination=run.destination, display_name="The other edition")
    people = [threading.Thread(target=save, args=(name,)) for name in ("ann", "bob")]
    for each in people:
        each.start()
    for each in people:
        each.join()
    assert max(answers) < 500

    run.wait_for_end(within_s=90)

    run.check_the_books()


def test_a_destination_is_deleted_with_its_backlog_and_the_others_go_on(office, send_users):
    slow_down(office)
    doomed = send_users(office, users=6_000)
    run = send_users(office, users=2_000, bad=3)
    with Visitor(office.stack) as visitor:
        run.wait_for_effects(300)
        refused = visitor.post(f"destinations/{doomed.destination}/delete/")
        assert refused.status_code == 409  # it sends
        office.ask("delete", destination=doomed.destination)
        deleted_at = time.time()
        assert visitor.get(f"destinations/{doomed.destination}/").status_code == 404

    run.wait_for_end(within_s=60)

    effects = [each for each in run.effects() if each["uid"].startswith(f"{doomed.name}-")]
    assert 0 < len(effects) < doomed.users
    assert max(each["time"] for each in effects) < deleted_at
    run.check_the_books()
