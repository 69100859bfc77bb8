"""The running product as an operator sees it: ready or not, its logs, its workers.

The tests stand in this order because the last one ends a worker.
"""

import json
import time
import urllib.error
import urllib.request

import pytest
import redis
from celery import Celery
from prometheus_client.parser import text_string_to_metric_families

from tests.faults.books import Office, Run
from tests.faults.visitor import Visitor
from tests.running import Stack, running_stack, until
from tests.stack import canary, mishaps

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]
QUEUES = {"drain", "ingest", "maintenance"}
TOKEN = "the token of these tests"
KEY = "na1.admin.canary-key-5Yq/TEST"
SECRET_VALUE = "canary-value-9Xw"
SET_KEY = f"""
from fsdest.models import Credential
credential = Credential.objects.get(name="FullStory sandbox")
credential.seal({KEY!r})
credential.save()
"""


@pytest.fixture(scope="module")
def office():
    """With a watchdog of little patience, and logs for a machine."""
    with running_stack(
        FSDEST_WATCHDOG_S="8",
        FSDEST_LOG_FORMAT="json",
        FSDEST_CALL_DEADLINE_S="3",
        FSDEST_METRICS_TOKEN=TOKEN,
    ) as stack:
        office = Office(stack)
        try:
            yield office
        finally:
            office.close()


@pytest.fixture
def stack(office) -> Stack:
    return office.stack


@pytest.fixture
def celery(stack):
    """What speaks to the workers, as an operator's shell would."""
    app = Celery(broker=stack.state()["redis_url"])
    app.conf.broker_transport_options = {"global_keyprefix": "fsdest:"}
    yield app
    app.close()


def readiness(stack: Stack) -> tuple[int, dict]:
    try:
        with urllib.request.urlopen(f"{stack.url}/readyz", timeout=10) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def calls_counted(stack: Stack) -> float:
    """Return how many calls /metrics counts."""
    asked = urllib.request.Request(
        f"{stack.url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}
    )
    with urllib.request.urlopen(asked, timeout=10) as reply:
        families = text_string_to_metric_families(reply.read().decode())
        return sum(
            sample.value
            for family in families
            for sample in family.samples
            if sample.name == "fsdest_calls_total"
        )


def logged(stack: Stack, *names: str) -> list[dict]:
    """Return every line that services logged; each has to be a JSON object."""
    lines = []
    for name in names:
        text = (stack.data / "logs" / f"{name}.log").read_text()
        lines += [json.loads(line) for line in text.splitlines()]
    assert all(isinstance(line, dict) for line in lines)
    return lines


def test_it_is_ready_once_every_queue_was_answered(stack):
    until(lambda: readiness(stack)[0] == 200, within_s=25, what="readiness")

    answered = readiness(stack)[1]["answered_s"]
    assert set(answered) == QUEUES
    assert all(0 <= age < 30 for age in answered.values())


def test_messages_of_another_age_are_told_once_and_harm_nobody(stack, celery, office, tmp_path):
    celery.send_task("fsdest.tasks.not_invented_yet", kwargs={"id": 1}, queue="drain")
    celery.send_task("fsdest.tasks.work_lane", kwargs={"other_id": 1}, queue="drain")
    celery.send_task("fsdest.tasks.work_lane", kwargs={"lane_id": 0, "since": "5.0"}, queue="drain")
    run = Run(office, tmp_path, users=50)
    run.wait_for_end(within_s=20)

    def told(word: str) -> list[dict]:
        return [line for line in logged(stack, "drain") if word in json.dumps(line)]

    until(lambda: told("not_invented_yet"), what="the line about the unknown task")
    until(lambda: told("lane_id"), what="the line about the argument that is missing")
    assert len(told("not_invented_yet")) == 1
    assert len([line for line in told("lane_id") if line["level"] == "error"]) == 1
    assert stack.state()["services"]["drain"]["starts"] == 1
    run.check_the_books()


def test_as_many_calls_are_counted_over_all_workers_as_fullstory_received(stack, office, tmp_path):
    office.begin_afresh()
    before = calls_counted(stack)
    office.play(kind="status", status=503, nth=7)
    run = Run(office, tmp_path, users=400)
    run.wait_for_end(within_s=20)

    def counted_all() -> bool:
        return calls_counted(stack) - before == len(run.requests())

    until(counted_all, within_s=10, what="the count of every call")
    assert len(run.requests()) >= 400


def test_no_log_holds_a_key_or_a_value_whatever_goes_wrong(stack, office, tmp_path):
    assert stack.manage("shell", "-c", SET_KEY).returncode == 0
    office.begin_afresh()
    office.play(kind="status", status=503, times=3, key=KEY)
    people = tmp_path / "people.jsonl"
    records = [{"uid": f"{SECRET_VALUE}-{n}", "display_name": SECRET_VALUE} for n in range(40)]
    records.append({"uid": SECRET_VALUE, SECRET_VALUE.replace("-", " "): True})
    people.write_text("".join(json.dumps(record) + "\n" for record in records))
    destination = office.ask("send", file=str(people), endpoint="create-or-update-user")
    until(
        lambda: (
            office.ask("account", destination=destination)["quarantined"] == 1
            and office.ask("account", destination=destination)["delivered"] == 40
        ),
        within_s=30,
        what="the end of the run",
    )
    answers = [call["status"] for call in office.fullstory("ledger?limit=1000")["requests"]]
    assert answers.count(503) == 3, "the key was not used, or nothing went wrong"

    shifts = [line for line in logged(stack, "drain") if line.get("destination") == destination]
    assert {line["lane"] for line in shifts} > {0}
    for name in ("web", "drain", "ingest", "beat"):
        text = json.dumps(logged(stack, name))
        assert SECRET_VALUE not in text
        assert KEY not in text


@pytest.mark.surface("S7", "S8")
def test_after_a_delivery_that_fails_in_every_way_the_key_is_nowhere(stack, office, tmp_path):
    with Visitor(stack) as visitor:
        answers = mishaps.add_credential(visitor)
        destination = mishaps.deliver(office, tmp_path)
        answers += mishaps.refusals(stack, office, visitor, answers[-1].headers["Location"])
        shown = canary.pages(visitor, *mishaps.whereabouts(destination))
    said = [(each.url, canary.whole(each)) for each in answers] + shown
    books, logs = office.ask("database"), list(canary.files(stack))
    with redis.from_url(stack.state()["redis_url"], decode_responses=True) as client:
        client.set("planted", mishaps.PLANTED)
        kept = list(canary.broker(client))
    received = mishaps.received(office)

    assert len({canary.kind_of(address) for address, _ in shown}) > 70  # kinds of pages
    assert "fsdest_block" in canary.places(books, mishaps.PLANTED)
    assert {"fsdest_callpage", "fsdest_quarantinedrecord"} <= canary.places(books, "[redacted]")
    assert "drain.log" in canary.places(logs, destination)
    for found in (shown, kept, received):
        assert canary.places(found, mishaps.PLANTED)
    for found in (said, books, logs, kept, received):
        assert canary.places(found, mishaps.SECRET) == set()


def test_a_worker_that_takes_no_more_messages_is_replaced_and_the_next_one_takes_them(
    stack, celery
):
    pid = stack.pid("drain")
    celery.control.cancel_consumer("drain")

    stack.wait_until_replaced("drain", pid)

    until(lambda: "For 8 s it took none of the messages in drain" in stack.tails(200))
    back_at = time.monotonic()

    def took_one() -> bool:
        age = readiness(stack)[1]["answered_s"]["drain"]
        return age is not None and age < time.monotonic() - back_at

    until(took_one, within_s=30, what="an answer of the next one")
