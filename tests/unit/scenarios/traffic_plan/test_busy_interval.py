"""The held rate of calls that were counted in short intervals."""

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from busyhour.scenarios.traffic import Direction, Layer, ShapePoint, Traffic
from busyhour.scenarios.traffic_plan.busy_interval import busy
from busyhour.scenarios.traffic_plan.plan import plan_of

MINUTE = 60.0


def by_chance(each: Sequence[float], seed: int) -> list[float]:
    """Counts of a Poisson process with these means, from its exponential gaps."""
    rng = random.Random(seed)
    counts = []
    for mean in each:
        count, at = 0, rng.expovariate(1.0)
        while at < mean:
            count, at = count + 1, at + rng.expovariate(1.0)
        counts.append(float(count))
    return counts


def recorded(counts: Sequence[float], seconds: float = MINUTE, **more: object) -> Traffic:
    return Traffic(
        Direction.INBOUND,
        duration=seconds * len(counts),
        intervals=tuple(counts),
        interval_seconds=seconds,
        **more,  # type: ignore[arg-type]  # fields of Traffic
    )


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(("each", "above"), [(10.0, 1.3), (100.0, 1.1)])
def test_the_rate_of_even_days_is_near_their_mean_and_not_that_of_their_busiest_minute(
    seed: int, each: float, above: float
) -> None:
    counts = by_chance([each] * 480, seed)
    plan = plan_of(recorded(counts), day=True)
    assert each * 60 <= plan.calls_per_hour <= above * each * 60
    assert plan.calls_per_hour < max(counts) * 60


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("minutes", [1, 2, 5, 14, 30])
@pytest.mark.parametrize("at", [100, 107])
def test_a_real_peak_is_held_however_short(seed: int, minutes: int, at: int) -> None:
    means = [30.0] * 300
    means[at : at + minutes] = [90.0] * minutes
    counts = by_chance(means, seed)
    assert (
        plan_of(recorded(counts), day=True).calls_per_hour / 60
        >= 0.93 * sum(counts[at : at + minutes]) / minutes
    )


def test_minutes_that_alternate_are_no_chance() -> None:
    found = busy([5.0, 55.0] * 120, MINUTE)
    assert (found.stretch.count, found.stretch.calls) == (1, 55.0)
    assert found.longer is not None


def test_a_peak_outside_the_busiest_quarter_counts() -> None:
    counts = [60.0] * 15 + [30.0] * 60 + [150.0] + [30.0] * 60
    assert busy(counts, MINUTE).stretch.each == 150.0


@pytest.mark.parametrize(
    ("counts", "each"),
    [([7.0], 7.0), ([1.0, 0.0, 0.0, 1.0], 0.5), ([0.0] * 20 + [1.0], 1 / 21), ([2.0] * 60, 2.0)],
)
def test_small_exports_have_a_rate(counts: list[float], each: float) -> None:
    assert busy(counts, MINUTE).stretch.each == pytest.approx(each)


@pytest.mark.parametrize(("each", "minutes"), [(26.0, 30), (27.0, 15)])
def test_a_quarter_of_few_calls_is_too_short(each: float, minutes: int) -> None:
    assert busy([each] * 120, MINUTE).stretch.count == minutes


def test_intervals_of_a_quarter_of_an_hour_are_held_as_they_are() -> None:
    plan = plan_of(recorded([100.0, 180.0, 120.0], 900.0), day=True)
    assert (plan.calls_per_hour, plan.basis) == (720.0, "")


def test_growth_and_layers_come_on_top() -> None:
    layer = Layer("campaign", 0.0, 3600.0, 600.0, (ShapePoint(0.0, 1.0),))
    plan = plan_of(recorded([30.0] * 60, growth=2.0, layers=(layer,)), day=True)
    assert plan.calls_per_hour == pytest.approx(2 * 1800.0 + 600.0)


def test_the_plan_names_the_stretch_it_holds_and_why() -> None:
    chance = plan_of(recorded([27.0] * 60 + [40.0] + [27.0] * 59), day=True).basis
    assert "the busiest 15m of the counted calls, 2,760 s after" in chance
    assert "the 2,400 calls/h of the busiest 1m alone are random variation" in chance
    peak = plan_of(recorded([27.0] * 60 + [80.0] + [27.0] * 59), day=True).basis
    assert "held rate: 4,800 calls/h, that of the busiest 1m" in peak
    assert "calls vary more than randomly (dispersion test), so not the busiest 15m" in peak


def test_an_export_of_contacts_is_held_at_its_busy_stretch(tmp_path: Path) -> None:
    from busyhour.scenarios.traffic_plan.contacts import Wanted, read_contacts

    rng, at, lines = random.Random(3), 0.0, ["InitiationTimestamp"]
    while (at := at + rng.expovariate(1 / 6.0)) < 4 * 3600:
        lines.append(f"{1793606400 + at:.3f}")
    file = tmp_path / "contacts.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    by_minute = plan_of(recorded(read_contacts(file, MINUTE, Wanted())), day=True).calls_per_hour
    by_five_seconds = plan_of(recorded(read_contacts(file, 5.0, Wanted()), 5.0), day=True).calls_per_hour
    assert 600 <= by_minute <= 780
    assert by_five_seconds == pytest.approx(by_minute, rel=0.1)
