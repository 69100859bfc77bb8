"""A deployment: the tables get a column and lose it again under workers that know nothing of it.

Two releases side by side would be two checkouts; what a worker of the old one meets is this.
"""

import pytest

from tests.faults.database import is_postgres, opened
from tests.faults.staff import slow_down

pytestmark = [pytest.mark.stack, pytest.mark.fault("F21"), pytest.mark.timeout(240)]
TABLES = ("fsdest_lane", "fsdest_callpage", "fsdest_destination", "fsdest_quarantinedrecord")


def change(office, statement: str) -> None:
    with opened(office) as connection:
        for table in TABLES:
            if is_postgres():
                connection.execute("set lock_timeout = '20s'")
            connection.execute(statement.format(table=table))


def test_workers_go_on_while_columns_come_and_go(start_office, send_users):
    with start_office() as office:
        slow_down(office)
        run = send_users(office, users=6_000, bad=3)
        run.wait_for_effects(300)
        change(office, "alter table {table} add column of_the_next_release integer")
        run.wait_for_effects(office.effects() + 500)
        killed = office.kill_with_children("drain")
        office.stack.wait_until_replaced("drain", killed)
        run.wait_for_effects(office.effects() + 500)
        change(office, "alter table {table} drop column of_the_next_release")
        office.mended()

        run.wait_for_end(within_s=120)

        run.check_the_books()
