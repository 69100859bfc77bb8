"""Grouping keeps every payload once, in order, within the limits, from any border on."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from fsdest.fullstory import by_hand
from fsdest.payloads import group, render
from fsdest.payloads.build import Payload
from fsdest.payloads.configuration import Batch, Configuration

settings = (("name", "requests"), ("attribute", "a"), ("template", '{"rows": {messages}}'))
configurations = st.builds(
    lambda records, max_bytes, algorithm, content_format: Configuration(
        endpoint=by_hand.endpoint("POST", "https://a.test/"),
        rest="record",
        content_format=content_format,
        batch=Batch(records=records, max_bytes=max_bytes, algorithm=algorithm, settings=settings),
    ),
    st.integers(1, 6),
    st.integers(1, 200),
    st.sampled_from(["object", "array", "by_value", "template"]),
    st.sampled_from(["json", "xml"]),
)
payloads = st.lists(
    st.tuples(st.integers(0, 60), st.sampled_from("tu"), st.sampled_from(["", "g"])), max_size=30
).map(
    lambda some: [
        Payload(n, "", b"x" * size, f"https://a.test/{target}", value)
        for n, (size, target, value) in enumerate(some)
    ]
)


def body(configuration, run):
    return render.request(configuration, run, base_url="").body


@given(configurations, payloads)
def test_grouping_keeps_every_payload_once_in_order_and_within_the_limits(configuration, payloads):
    batch = configuration.batch
    runs = list(group.calls(configuration, payloads))

    assert [payload for run in runs for payload in run] == payloads
    assert all(1 <= len(run) <= batch.records for run in runs)
    assert all(len(body(configuration, run)) <= batch.max_bytes or len(run) == 1 for run in runs)
    assert all(len({(payload.target, payload.group) for payload in run}) == 1 for run in runs)


@given(configurations, payloads)
def test_no_run_could_have_taken_its_neighbours_first_payload(configuration, payloads):
    batch = configuration.batch
    runs = list(group.calls(configuration, payloads))

    for run, following in pairwise(runs):
        longer = (*run, following[0])
        is_one = len({(payload.target, payload.group) for payload in longer}) == 1
        fits = len(body(configuration, longer)) <= batch.max_bytes
        assert not (is_one and fits and len(longer) <= batch.records)


@given(configurations, payloads)
def test_grouping_again_from_any_border_gives_the_same_calls(configuration, payloads):
    runs = list(group.calls(configuration, payloads))

    for number, run in enumerate(runs):
        assert list(group.calls(configuration, payloads[run[0].offset :])) == runs[number:]


@given(payloads)
def test_without_a_batch_every_payload_travels_alone(payloads):
    configuration = Configuration(endpoint=by_hand.endpoint("POST", "https://a.test/"))

    assert list(group.calls(configuration, payloads)) == [(payload,) for payload in payloads]


@st.composite
def half_done_splits(draw):
    """A run, the offsets settled when its splitting was stopped, and the parts left unsettled."""
    run = tuple(
        Payload(n, "", b"x", "https://a.test/", "") for n in range(draw(st.integers(1, 40)))
    )
    settled: set[int] = set()
    left: list[tuple[Payload, ...]] = []

    def walk(part):
        fate = draw(st.sampled_from(["settled", "left", "split"]))
        if fate == "split" and len(part) > 1:
            for half in group.halves(part):
                walk(half)
        elif fate == "settled":
            settled.update(payload.offset for payload in part)
        else:
            left.append(part)

    walk(run)
    return run, settled, left


@given(half_done_splits())
def test_a_split_that_was_stopped_goes_on_in_the_parts_it_was_split_into(split):
    run, settled, left = split

    def parts(part):
        yield part
        if len(part) > 1:
            for half in group.halves(part):
                yield from parts(half)

    again = list(group.unsettled(run, settled.__contains__))

    assert [p for part in again for p in part] == [p for p in run if p.offset not in settled]
    reachable = {part for one in again for part in parts(one)}
    assert set(left) <= reachable
    assert set(again) <= set(parts(run))
