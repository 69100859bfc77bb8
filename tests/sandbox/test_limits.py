"""What FullStory limits: batches in progress, operations outstanding, calls a second."""

import time


def batch(client, items=1, key=None):
    return client("POST /v2/users/batch", {"requests": [{}] * items}, key=key)


def test_jobs_beyond_those_running_wait_and_beyond_those_in_progress_are_refused(client):
    client.set(job_s=3600, jobs_running=2, jobs_in_progress=4)

    statuses = [batch(client).status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 200, 429]
    assert batch(client).headers["Retry-After"] == "30"
    assert client.control("GET state")["users"] == 2  # the two that wait have not begun


def test_a_waiting_job_begins_when_one_is_done(client, wait_until):
    client.set(job_s=0.2, jobs_running=1)
    for _ in range(3):
        batch(client)

    wait_until(lambda: client.control("GET state")["jobs_in_progress"] == 0)
    jobs = client.control("GET jobs")["jobs"]
    assert [job["status"] for job in jobs] == ["COMPLETED"] * 3
    assert [job["finished"] for job in jobs] == sorted(job["finished"] for job in jobs)


def test_users_and_events_share_the_operations_outstanding(client):
    client.set(job_s=3600, operations_in_progress=10)

    events = {"requests": [{"name": "E"}] * 6}
    assert client("POST /v2/events/batch", events).status_code == 200
    assert batch(client, 5).status_code == 429
    assert batch(client, 4).status_code == 200


def test_operations_of_finished_jobs_no_longer_count(client, wait_until):
    client.set(operations_in_progress=5)
    for _ in range(3):
        assert batch(client, 5).status_code == 200
        wait_until(lambda: client.control("GET state")["operations_in_progress"] == 0)


def test_a_refusal_for_a_limit_is_not_kept_under_the_key(client):
    client.set(job_s=3600, jobs_in_progress=0)
    assert batch(client, key="k1").status_code == 429

    client.set(jobs_in_progress=1)
    assert batch(client, key="k1").status_code == 200


def test_the_documented_limits_are_the_defaults(client):
    settings = client.control("GET settings")

    assert settings["jobs_running"] == 100
    assert settings["jobs_in_progress"] == 200
    assert settings["operations_in_progress"] == 500_000
    assert settings["batch_items"] == 50_000


def test_a_job_reads_processing_for_as_many_polls_as_asked(client):
    client.set(job_polls=3)
    path = f"GET /v2/users/batch/{batch(client).json()['job']['id'].replace('=', '%3D')}"

    first = [client(path).json()["job"]["status"] for _ in range(3)]
    assert first == ["PROCESSING"] * 3
    time.sleep(0.05)
    assert client(path).json()["job"]["status"] == "COMPLETED"


def test_calls_above_the_rate_are_429_until_the_bucket_fills(client, wait_until):
    client.set(rate_per_s=20.0, burst=3)

    statuses = [client("GET /me").status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    wait_until(lambda: client("GET /me").status_code == 200)


def test_job_ids_may_need_encoding(client):
    ids = {batch(client).json()["job"]["id"] for _ in range(30)}

    assert len(ids) == 30
    assert any(id.endswith("=") for id in ids)
