"""Workers keep the time of the database, whatever their machine's clock says."""

import time

import pytest
from django.db import connection

from fsdest.delivery import clock


@pytest.fixture
def fresh_process():
    clock._offset.cache_clear()
    yield
    clock._offset.cache_clear()


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has the time of its machine")
def test_a_clock_that_is_ten_minutes_ahead_does_not_matter(fresh_process, monkeypatch):
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 600)

    assert abs(clock.now().timestamp() - real()) < 2
    assert clock.now() <= clock.now()


@pytest.mark.django_db
def test_it_is_the_time(fresh_process):
    assert abs(clock.now().timestamp() - time.time()) < 2
