"""The brake stops calls once, remembers the first reason, and lets a halt win."""

from datetime import timedelta

from fsdest.delivery.brake import Brake, Reason, Stop


def test_no_call_may_start_before_the_lease_is_known_to_cover_it():
    brake = Brake()

    assert brake.is_pulled()
    assert brake.reason == Reason(Stop.LOST)


def test_calls_may_start_while_the_lease_covers_them():
    brake = Brake()
    brake.allow_calls_for(timedelta(minutes=1))

    assert not brake.is_pulled()


def test_the_first_reason_wins():
    brake = Brake()
    brake.pull(Reason(Stop.HOLD, "wait"))
    brake.pull(Reason(Stop.TIME))

    assert brake.reason == Reason(Stop.HOLD, "wait")


def test_a_halt_wins_over_what_came_before():
    brake = Brake()
    brake.pull(Reason(Stop.TIME))
    brake.pull(Reason(Stop.HALT, "the key was refused"))

    assert brake.reason == Reason(Stop.HALT, "the key was refused")
