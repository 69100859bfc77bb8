"""Bars whose heights say what the numbers say."""

from fsdest.admin.charts import HEIGHT, WIDTH, chart


def test_the_highest_bar_fills_the_chart_and_others_are_in_proportion():
    drawn = chart("Calls", ["1", "2", "3"], [10, 5, 0], [5, 0, 0], "calls")

    assert [bar.height for bar in drawn.bars] == [HEIGHT, HEIGHT / 2, 0]
    assert [bar.bad_height for bar in drawn.bars] == [HEIGHT / 2, 0, 0]
    assert all(bar.y + bar.height == HEIGHT for bar in drawn.bars)
    assert drawn.bars[-1].x + drawn.bars[-1].width <= WIDTH
    assert (drawn.total, drawn.bad, drawn.highest) == (15, 5, 10)


def test_one_failure_in_a_million_shows():
    [bar] = chart("Calls", ["1"], [1_000_000], [1], "calls").bars

    assert bar.bad_height >= 2
    assert bar.label == "1: 1,000,000 calls, 1 failed"


def test_nothing_at_all_is_a_flat_chart():
    drawn = chart("Calls", ["1", "2"], [0, 0], [0, 0], "calls")

    assert [bar.height for bar in drawn.bars] == [0, 0]
