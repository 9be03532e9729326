import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.scenarios.traffic import Direction, Layer, ShapePoint, Traffic
from busyhour.scenarios.traffic_plan.rate import Rate, Segment, rate_of


def traffic(**given):
    return Traffic(Direction.INBOUND, **({"duration": 100.0, "calls_per_hour": 3600.0} | given))


def test_a_constant_rate_expects_rate_times_time():
    rate = rate_of(traffic())
    assert rate.at(0) == rate.at(99.9) == 1.0
    assert rate.cumulative(40) == 40.0
    assert rate.total == 100.0


def test_outside_of_the_traffic_the_rate_is_nothing():
    rate = rate_of(traffic())
    assert rate.at(-1) == 0.0
    assert rate.at(100) == 0.0
    assert rate.cumulative(-1) == 0.0
    assert rate.cumulative(1000) == 100.0


def test_growth_multiplies_the_base_but_not_a_layer():
    plan = traffic(growth=1.5, layers=(Layer("campaign", 0, 100, 360),))
    assert rate_of(plan).total == pytest.approx(150 + 10)


def test_a_ramp_expects_half_of_the_full_rate():
    rate = rate_of(traffic(shape=(ShapePoint(0, 0), ShapePoint(100, 1))))
    assert rate.at(25) == pytest.approx(0.25)
    assert rate.cumulative(50) == pytest.approx(50 * 50 / 200)
    assert rate.total == pytest.approx(50)


def test_two_points_at_the_same_time_make_a_step():
    rate = rate_of(traffic(shape=(ShapePoint(0, 1), ShapePoint(60, 1), ShapePoint(60, 3))))
    assert rate.at(59.999) == pytest.approx(1)
    assert rate.at(60) == pytest.approx(3)
    assert rate.total == pytest.approx(60 + 3 * 40)


def test_before_its_first_point_and_after_its_last_a_shape_is_level():
    rate = rate_of(traffic(shape=(ShapePoint(40, 2), ShapePoint(60, 1))))
    assert rate.at(0) == rate.at(39) == pytest.approx(2)
    assert rate.at(80) == pytest.approx(1)
    assert rate.total == pytest.approx(40 * 2 + 20 * 1.5 + 40)


def test_a_shape_that_goes_on_after_the_traffic_is_cut():
    rate = rate_of(traffic(duration=50.0, shape=(ShapePoint(0, 0), ShapePoint(100, 1))))
    assert rate.end == 50.0
    assert rate.total == pytest.approx(12.5)


def test_intervals_are_steps_of_calls_over_length():
    rate = rate_of(traffic(duration=3600.0, intervals=(90, 180), interval_seconds=1800.0, calls_per_hour=0.0))
    assert rate.at(10) == pytest.approx(0.05)
    assert rate.at(1800) == pytest.approx(0.1)
    assert rate.total == pytest.approx(270)


def test_growth_multiplies_intervals():
    plan = traffic(
        duration=3600.0, intervals=(90, 180), interval_seconds=1800.0, calls_per_hour=0.0, growth=1.5
    )
    assert rate_of(plan).at(10) == pytest.approx(0.075)
    assert rate_of(plan).total == pytest.approx(1.5 * 270)


def test_segments_of_no_length_and_reversed_ones_are_left_out():
    rate = Rate((Segment(0.0, 0.0, 9.0, 9.0), Segment(0.0, 4.0, 1.0, 1.0), Segment(4.0, 2.0, 9.0, 9.0)))
    assert rate.segments == (Segment(0.0, 4.0, 1.0, 1.0),)
    assert (rate.total, rate.end) == (4.0, 4.0)


def test_a_rate_without_segments_ends_at_once():
    empty = Rate(())
    assert (empty.end, empty.total, empty.at(0.0), empty.cumulative(5.0)) == (0.0, 0.0, 0.0, 0.0)


def test_intervals_end_where_the_traffic_ends():
    plan = traffic(duration=2700.0, intervals=(90, 180), interval_seconds=1800.0, calls_per_hour=0.0)
    assert rate_of(plan).total == pytest.approx(90 + 90)


def test_layers_add_up_where_they_overlap():
    plan = traffic(
        layers=(Layer("a", 20, 40, 3600), Layer("b", 50, 10, 7200, (ShapePoint(0, 0), ShapePoint(10, 1))))
    )
    rate = rate_of(plan)
    assert rate.at(10) == pytest.approx(1)
    assert rate.at(30) == pytest.approx(2)
    assert rate.at(55) == pytest.approx(1 + 1 + 1)
    assert rate.at(70) == pytest.approx(1)
    assert rate.total == pytest.approx(100 + 40 + 10)


@given(
    st.lists(st.tuples(st.floats(0.1, 500), st.floats(0, 20), st.floats(0, 20)), min_size=1, max_size=6),
    st.floats(0, 1),
)
def test_reach_is_the_inverse_of_area(parts, share):
    segments, start = [], 0.0
    for length, first, last in parts:
        segments.append(Segment(start, start + length, first, last))
        start += length
    rate = Rate(segments)
    for segment in segments:
        area = segment.area(segment.end) * share
        if area > 1e-9:
            assert segment.area(segment.reach(area)) == pytest.approx(area, rel=1e-6, abs=1e-9)
    assert rate.cumulative(start) == pytest.approx(rate.total)


def test_nothing_is_reached_at_the_start():
    assert Segment(5, 10, 0, 3).reach(0.0) == 5


def test_a_segment_without_length_has_the_rate_it_begins_with():
    assert Segment(5.0, 5.0, 1.0, 2.0).rate_at(5.0) == 1.0
