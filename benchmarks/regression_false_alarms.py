"""False alarms and misses of a nightly verdict: ours beside two simple gates, on the same runs.

A/A pairs are two nights of one system; planted regressions change one thing. The runs are made up second by second
with what makes real ones hard to compare (see `support.synthetic_runs`); the error branch is taken out of the
example's real flow and found by the real flow check. The simple gates look at the same metrics by window: `ratio`
alarms when one is 10 % worse than in the run before, `Welch` when a t-test per metric says p < 0.05. `confirmed` is
what is left of ours when the run is repeated first, as `busyhour run --confirm` does. Value: share of A/A pairs in
which ours calls anything regressed; peer: the better of the two gates.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from pathlib import Path

# The arrays are small: threads only get in each other's way. Read when numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from scipy import stats
from support.shares import in_words
from support.synthetic_runs import OPERATION, System, run

from busyhour.contracts.check import check_paths
from busyhour.contracts.finding import Severity
from busyhour.regression.compare import FAILING, Comparison, compare
from busyhour.regression.confirm import confirm, suspected
from busyhour.regression.metrics.metric import LATENCY_QUANTILES
from busyhour.regression.metrics.observation import Observation
from busyhour.regression.resampling.quantiles import Buckets
from busyhour.regression.settings import Tolerances

NIGHTS = 5
"""Baseline runs of ours; the simple gates know the last of them only, as such gates do."""
FUNCTIONS = (("lookup", 0.5, 1.0), ("open", 0.3, 1.6), ("status", 0.2, 0.5))
SYSTEM = System(seconds=600, functions=FUNCTIONS)
REPEATS = 2
FLOWS = Path(__file__).parents[1] / "examples" / "helpdesk" / "flows"


@dataclass(frozen=True)
class Case:
    """A change, and the metrics in which it must be seen; none: nothing may be."""

    name: str
    system: System
    seen_in: tuple[str, ...] = ()
    once: bool = False
    """Whether it is the machine that was bad for this one run: repeats do not show it, and it is no regression."""
    branch_removed: bool = False

    @property
    def wanted(self) -> bool:
        """Whether it is a regression."""
        return bool(self.seen_in) or self.branch_removed


CASES = (
    Case("A/A: nothing changed", SYSTEM),
    Case("latency +3 %, within tolerance", replace(SYSTEM, latency_ms=SYSTEM.latency_ms * 1.03)),
    Case("0.1 % throttles, within tolerance", replace(SYSTEM, throttle_share=0.001)),
    Case("Lambda latency +10 %", replace(SYSTEM, latency_ms=SYSTEM.latency_ms * 1.1), ("latency p",)),
    Case("Lambda latency +30 %", replace(SYSTEM, latency_ms=SYSTEM.latency_ms * 1.3), ("latency p",)),
    Case("1 % throttles", replace(SYSTEM, throttle_share=0.01), ("request_throttle_share",)),
    Case(
        "one more Lambda call",
        replace(SYSTEM, invocations_per_call=SYSTEM.invocations_per_call + 1),
        ("Lambda invocations",),
    ),
    Case("heavier tail only", replace(SYSTEM, tail_share=0.03), ("latency p99",)),
    Case(
        "one of three functions +30 %",
        replace(SYSTEM, functions=(*FUNCTIONS[:2], ("status", 0.2, 0.65))),
        ("latency p",),
    ),
    Case(
        "one Lambda call fewer",
        replace(SYSTEM, invocations_per_call=SYSTEM.invocations_per_call - 1),
        ("Lambda invocations",),
    ),
    Case("an error branch removed", SYSTEM, branch_removed=True),
    Case("a bad machine, once: +20 %", replace(SYSTEM, latency_ms=SYSTEM.latency_ms * 1.2), once=True),
)


@dataclass
class Tally:
    """Alarms of each gate, over pairs."""

    pairs: int = 0
    ours: int = 0
    confirmed: int = 0
    ours_single: int = 0
    ratio: int = 0
    welch: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)


def by_window(one: Observation, buckets: Buckets) -> dict[str, np.ndarray]:
    """What the simple gates see: each metric by window; a window without a request has no latency."""
    assert one.windows is not None
    rows = buckets.counts(one.windows.latency[OPERATION])
    lines = buckets.quantiles(rows, LATENCY_QUANTILES)
    seen = {
        f"latency p{q * 100:g}": line[np.isfinite(line)]
        for q, line in zip(LATENCY_QUANTILES, lines, strict=True)
    }
    width = int(one.windows.width)

    def ratio(above: list[float], below: list[float]) -> np.ndarray:
        size = len(above) // width * width
        a, b = (np.array(line[:size]).reshape(-1, width).sum(axis=1) for line in (above, below))
        return a[b > 0] / b[b > 0]

    for table in (one.rates, one.ratios):
        seen |= {name: ratio(parts.above, parts.below) for name, parts in table.items()}
    return seen


def whole_run(one: Observation, buckets: Buckets) -> dict[str, float]:
    """Each metric as one number, as a gate on ratios reads it from two reports."""
    assert one.windows is not None
    rows = buckets.counts(one.windows.latency[OPERATION]).sum(axis=0, keepdims=True)
    values = buckets.quantiles(rows, LATENCY_QUANTILES)[:, 0]
    seen = {f"latency p{q * 100:g}": float(value) for q, value in zip(LATENCY_QUANTILES, values, strict=True)}
    for table in (one.rates, one.ratios):
        seen |= {name: sum(parts.above) / sum(parts.below) for name, parts in table.items()}
    return seen


def simple_gates(new: Observation, old: Observation, metrics: Iterable[str] | None) -> tuple[bool, bool]:
    """Whether the ratio gate and Welch's t-test alarm, in the metrics that begin so (all: None)."""
    assert new.windows is not None
    assert old.windows is not None
    buckets = Buckets.of(new.windows.latency[OPERATION], old.windows.latency[OPERATION])
    now, before = by_window(new, buckets), by_window(old, buckets)
    names = [name for name in now if metrics is None or name.startswith(tuple(metrics))]
    whole, whole_before = whole_run(new, buckets), whole_run(old, buckets)
    ratio = any(whole[name] > 1.1 * whole_before[name] for name in names)
    welch = False
    for name in names:
        if now[name].std() or before[name].std():
            test = stats.ttest_ind(now[name], before[name], equal_var=False, alternative="greater")
            welch = welch or bool(test.pvalue < 0.05)
    return ratio, welch


@cache
def findings(broken: bool) -> list[str]:
    """Errors of the flow check on the example's flows; `broken`: without the error branch of its first function."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copytree(FLOWS, Path(folder) / "flows"))
        main = copy / "helpdesk-main.json"
        flow = json.loads(main.read_text(encoding="utf-8"))
        if broken:
            first = next(one for one in flow["Actions"] if one["Type"] == "InvokeLambdaFunction")
            first["Transitions"]["Errors"] = []
            main.write_text(json.dumps(flow), encoding="utf-8")
        report = check_paths([str(copy)])
        return [f"{one.rule}: {one.message}" for one in report.at_least(Severity.ERROR)]


def alarm(found: Comparison, metrics: Iterable[str] | None) -> bool:
    """Whether ours calls something regressed, in the metrics that begin so (all: None)."""
    return bool(found.new_findings) or any(
        one.outcome in FAILING and (metrics is None or one.name.startswith(tuple(metrics)))
        for one in found.metrics
    )


@lru_cache(maxsize=4 * NIGHTS)
def night(number: int) -> Observation:
    """A night of the system as it is."""
    one = run(SYSTEM, number)
    one.findings = findings(False)
    return one


def pair(case: Case, number: int) -> tuple[tuple[bool, ...], list[str]]:
    """A night of `case` against the five before it: alarms in the order of `Tally`, and the outcomes of all metrics."""
    wanted = case.seen_in or None
    old = [night(number + k) for k in range(NIGHTS)]
    # Nights of the system as it is follow each other; the others, and repeats, have seeds of their own.
    seed = number + NIGHTS if case.system == SYSTEM else CASES.index(case) * 1_000_000 + number
    new = replace(run(case.system, seed), findings=findings(case.branch_removed))
    settled = found = compare([new], old, Tolerances())
    if suspected(found):
        system = SYSTEM if case.once else case.system
        repeats = (run(system, seed + 500_000_000 + number) for number in range(REPEATS))
        settled = confirm(new, old, Tolerances(), repeats)
    single = compare([new], old[-1:], Tolerances())
    seen = [alarm(each, wanted) for each in (found, settled, single)]
    return (*seen, *simple_gates(new, old[-1], wanted)), [one.outcome.value for one in found.metrics]


def measure(case: Case, pairs: int, pool: ProcessPoolExecutor, said: Callable[[str], None]) -> Tally:
    """Run all gates over `pairs` pairs of one case."""
    results = list(pool.map(pair, [case] * pairs, range(pairs), chunksize=max(1, pairs // 8)))
    tally = Tally(pairs, *(sum(column) for column in zip(*(alarms for alarms, _ in results), strict=True)))
    for _, outcomes in results:
        for outcome in outcomes:
            tally.outcomes[outcome] = tally.outcomes.get(outcome, 0) + 1
    kind = "found" if case.wanted else "false alarms"
    shares = (tally.ours, tally.confirmed, tally.ours_single, tally.ratio, tally.welch)
    said(f"{case.name:36} {pairs:5} {kind:13}" + "".join(f"{in_words(seen, pairs):>21}" for seen in shares))
    return tally


def main() -> None:
    """Print the table and one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=200, help="A/A pairs; the other cases take an eighth")
    pairs = parser.parse_args().pairs
    begun = time.perf_counter()
    heads = ("ours, 5", "confirmed", "ours, 1", "ratio", "Welch")
    print(f"{'case':36} {'pairs':>5} {'':13}" + "".join(f"{head:>21}" for head in heads))
    with ProcessPoolExecutor() as pool:
        tallies = [
            measure(case, pairs if k == 0 else max(1, pairs // 8), pool, print)
            for k, case in enumerate(CASES)
        ]
    same = tallies[0]
    print(f"outcomes of all metrics, A/A: {dict(sorted(same.outcomes.items()))}")
    print(f"{time.perf_counter() - begun:.0f} s; ours against {NIGHTS} baseline nights and against 1")
    peer = min(same.ratio, same.welch) / pairs
    value = same.ours / pairs
    line = {
        "benchmark": "regression_false_alarms",
        "value": value,
        "unit": "share of A/A pairs with a false alarm",
        "peer": "ratio to the previous run" if same.ratio <= same.welch else "Welch t-test per metric",
        "peer_value": peer,
        "ratio": round(value / peer, 4) if peer else None,
    }
    print(json.dumps(line))
    sys.exit(0 if value <= 0.05 else 1)


if __name__ == "__main__":
    main()
