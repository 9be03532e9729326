"""The schedule as text and as a picture."""

import pytest

from busyhour.capacity.render.schedule_plot import clock, lines, step_for
from busyhour.scenarios.traffic import ArrivalProcess, Direction, Layer, ShapePoint, Traffic
from busyhour.scenarios.traffic_plan.arrivals import Schedule


def schedule(**changes):
    given = {"duration": 80.0, "calls_per_hour": 3600.0, "arrivals": ArrivalProcess.EVEN, **changes}
    return Schedule(Traffic(Direction.INBOUND, **given), 1)


def bars(drawn, row):
    return drawn[row].partition("|")[2]


def test_a_constant_rate_fills_the_drawing_and_the_figures_are_said():
    drawn = lines(schedule(), width=80, height=4)
    assert [bars(drawn, row) for row in range(4)] == ["█" * 80] * 4
    assert drawn[0].startswith("3,600 |")
    assert drawn[4].endswith("1:20")
    assert "80 calls expected, seed 1 gives 80 (even arrivals)" in drawn[5]


def test_a_step_is_half_as_high_where_the_rate_is():
    step = (ShapePoint(0.0, 0.5), ShapePoint(40.0, 0.5), ShapePoint(40.0, 1.0))
    drawn = lines(schedule(shape=step), width=80, height=4)
    assert [bars(drawn, row) for row in (0, 1)] == [" " * 40 + "█" * 40] * 2
    assert [bars(drawn, row) for row in (2, 3)] == ["█" * 80] * 2


def test_a_spike_stands_on_the_base():
    spike = Layer("spike", 20.0, 10.0, 10_800.0)
    drawn = lines(schedule(layers=(spike,)), width=80, height=4)
    assert drawn[0].startswith("14,400 |")
    assert bars(drawn, 0) == " " * 20 + "█" * 10 + " " * 50
    assert bars(drawn, 3) == "█" * 80


def test_no_calls_draw_nothing_and_divide_by_nothing():
    drawn = lines(schedule(calls_per_hour=0.0), width=40, height=2)
    assert set(bars(drawn, 0)) == {" "}


@pytest.mark.parametrize(
    ("duration", "bins", "step"), [(80, 80, 1), (81, 80, 2), (3600, 80, 60), (1e9, 80, 12_500_000)]
)
def test_bins_are_round(duration, bins, step):
    assert step_for(duration, bins) == step


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (90, "1:30"), (7200, "2:00:00")])
def test_times_are_written_as_on_a_clock(seconds, text):
    assert clock(seconds) == text
