"""How often stated 95 % intervals of whole forecasts cover; the plans and what is true of them are the benchmark's."""

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from busyhour.capacity.simulation import replications

BENCHMARK = Path(__file__).parents[4] / "benchmarks" / "interval_coverage.py"
OF_A_WINDOW = ("peak", "queue: offered", "queue: blocked")
"""Quantities that depend on how long a simulated run is."""


@pytest.fixture(scope="module")
def benchmark() -> Any:
    spec = importlib.util.spec_from_file_location("interval_coverage", BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["interval_coverage"] = module
    spec.loader.exec_module(module)
    return module


def test_intervals_of_short_simulations_cover(benchmark: Any, monkeypatch: pytest.MonkeyPatch):
    """Lines that block one call in five, and throttled functions: over 40 seeds, a tenth as many calls as usual."""
    monkeypatch.setattr(replications, "_AROUND", 800)
    monkeypatch.setattr(replications, "_WINDOW", 160)
    true = json.loads(benchmark.KEPT.read_text())
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for plan in (benchmark.plans()[2], benchmark.plans()[7]):
        for seed in range(1, 41):
            for name, low, high in benchmark.stated(benchmark.made(plan, seed, 40)):
                if name in true[plan.name] and name not in OF_A_WINDOW:
                    hits, of = found.get((plan.name, name), (0, 0))
                    found[plan.name, name] = hits + (low <= true[plan.name][name] <= high), of + 1
    assert len(found) >= 2
    assert benchmark.too_low(found) == []


def test_too_low_a_coverage_is_found(benchmark: Any):
    assert benchmark.too_low({("plan", "a"): (950, 1000), ("plan", "b"): (380, 400)}) == []
    assert benchmark.too_low({("plan", "a"): (920, 1000)}) == [
        "all: 920 of 1000 cover",
        "plan, a: 920 of 1000 cover",
    ]
    assert benchmark.too_low({("plan", "a"): (950, 1000), ("plan", "b"): (31, 40)}) == [
        "plan, b: 31 of 40 cover"
    ]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("functions throttled", "functions throttled"),
        ("functions", "functions throttled"),
        ("lines, r", "lines, rarely full"),
        ("0", "lines, calls of 185 s"),
    ],
)
def test_one_plan_is_chosen_by_the_beginning_of_its_name(benchmark: Any, given: str, name: str):
    assert benchmark.plans()[benchmark.numbered(given)].name == name


@pytest.mark.parametrize("given", ["lines", "8", "function throttled", ""])
def test_a_name_that_does_not_mean_one_plan_is_an_error_with_the_names(benchmark: Any, given: str):
    with pytest.raises(LookupError, match=r"one is expected: .*functions throttled"):
        benchmark.numbered(given)


@pytest.mark.slow
def test_intervals_cover_over_400_seeds(benchmark: Any):
    found = benchmark.coverage(400, 2000, 2)
    assert len({plan for plan, _ in found}) >= 6
    assert benchmark.too_low(found) == []
