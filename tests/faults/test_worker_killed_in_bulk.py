"""Import jobs, while the workers that make and follow them are killed."""

import pytest

pytestmark = [
    pytest.mark.stack,
    pytest.mark.fault("F1"),
    pytest.mark.timeout(120),
]  # the start is counted too
USERS = 12_000
BATCH = 100  # more jobs than FullStory takes at a time, so that making them takes a while
JOB_S = 3.0


@pytest.fixture
def bulk_run(start_office, send_users):
    """Many small jobs, with users that FullStory accepts in a batch and refuses in the job."""
    with start_office(FSDEST_CALL_DEADLINE_S="30") as office:
        office.tell_fullstory("settings", {"job_s": JOB_S, "page_size": 3})
        yield send_users(
            office, users=USERS, bad=9, endpoint="batch-create-users", batch_records=BATCH
        )


def test_every_import_job_is_followed_once_though_both_workers_are_killed(bulk_run):
    office = bulk_run.office
    kills = 0
    for name in ("drain", "ingest", "drain", "ingest"):
        if not bulk_run.waits_for_jobs():
            break  # on a busy machine a worker takes longer to come back than the jobs to end
        killed = office.kill_with_children(name)
        office.stack.wait_until_replaced(name, killed)
        kills += 1
    assert kills >= 2, "both workers have to be killed in time"

    bulk_run.wait_for_end(within_s=40)

    jobs = office.fullstory("jobs")["jobs"]
    followed = office.ask("jobs", destination=bulk_run.destination)
    assert sorted(followed) == sorted(job["id"] for job in jobs)
    assert sum(imported for imported, _ in followed.values()) == len(bulk_run.good_uids)
    assert sum(errors for _, errors in followed.values()) == bulk_run.bad
    bulk_run.check_the_books()
