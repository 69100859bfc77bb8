"""Valkey answers, but takes nothing: it is full, a replica, or wants another password."""

import time

import pytest

pytestmark = [pytest.mark.stack, pytest.mark.fault("F7"), pytest.mark.timeout(240)]
REFUSES_S = 8.0
RATE = 150.0  # calls a second
REFUSALS = {
    "full": (["CONFIG SET maxmemory 1"], ["CONFIG SET maxmemory 0"]),
    "read-only": (["REPLICAOF 127.0.0.1 1"], ["REPLICAOF NO ONE"]),
    "another password": (
        ["CONFIG SET requirepass another", "CLIENT KILL TYPE normal SKIPME no"],
        ["CONFIG SET requirepass a-password-of-this-test"],
    ),
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_while_valkey_takes_nothing_the_rate_is_kept_and_the_run_goes_on(
    start_office, send_users, refusal
):
    spoil, mend = REFUSALS[refusal]
    with start_office(own_valkey=True) as office:
        office.ask("limit", per_second=RATE)
        run = send_users(office, users=3_000, bad=3)
        run.wait_for_effects(300)
        office.valkey.say_all(spoil)
        time.sleep(REFUSES_S)
        office.valkey.say_all(mend)
        office.mended()

        run.wait_for_end(within_s=90)

        run.check_the_books()
