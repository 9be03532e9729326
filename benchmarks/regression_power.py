"""What a night of the scenario as shipped can show: how often a change is found, and how often none alarms.

The runs are made up second by second (see `support.synthetic_runs`) with the rate, the length and the Lambda
invocations per function of the shipped scenario, and with what makes real ones hard: a level that wanders within the
run, stalls, a long tail, nights that differ. Each is compared with three and with five baseline nights, and with five of
which one was bad (all latencies +50 %). Value: share of nights with +20 % latency that five nights find; peer: the same
with one bad night among them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

# The arrays are small: threads only get in each other's way. Read when numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from support.shares import in_words, interval
from support.synthetic_runs import System, run

from busyhour.regression.compare import compare
from busyhour.regression.metrics.observation import Observation, Parts
from busyhour.regression.settings import Tolerances
from busyhour.scenarios import reader

ROOT = Path(__file__).parents[1]
SCENARIO = ROOT / "scenarios" / "helpdesk.toml"
RATE = "request_throttle_share"
BAD = 1.5
AIM_POWER, AIM_ALARMS = 0.6, 0.05


@dataclass(frozen=True)
class Baseline:
    """Which nights a run is compared with."""

    name: str
    nights: int
    bad: bool = False


BASELINES = (Baseline("3 nights", 3), Baseline("5 nights", 5), Baseline("5, one of them bad", 5, bad=True))


@dataclass(frozen=True)
class Case:
    """The system on baseline nights (`before`) and tonight (`after`)."""

    name: str
    before: System
    after: System
    changed: bool = True
    burst: tuple[int, float] = (0, 0.0)
    """Seconds in a row in which this share of requests is throttled."""


def shipped() -> System:
    """The shipped scenario's rate and length, with what its forecast asks of each function."""
    scenario = reader.load(SCENARIO, root=ROOT)
    command = [sys.executable, "-m", "busyhour", "forecast", str(SCENARIO), "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    quantities = json.loads(done.stdout)["demand_per_call"]["quantities"]
    each = {
        name.partition(":")[2]: float(one["mean"])
        for name, one in quantities.items()
        if name.startswith("invocations:")
    }
    whole = sum(each.values())
    return System(
        seconds=round(scenario.traffic.duration),
        calls_per_second=scenario.traffic.calls_per_hour / 3600.0,
        invocations_per_call=whole,
        functions=tuple((name, mean / whole, 1.0) for name, mean in each.items()),
    )


def cases(system: System) -> list[Case]:
    """The rows of the table."""

    def after(name: str, changed: bool = True, **members: object) -> Case:
        return Case(name, system, replace(system, **members), changed)  # type: ignore[arg-type]  # fields by name

    (first, share, factor), *others = system.functions
    wandering = replace(system, memory=0.98, wander=0.2)
    apart = replace(system, run_noise=0.05)
    return [
        after("nothing changed", changed=False),
        Case("nothing changed, the level wanders slowly by 20 %", wandering, wandering, changed=False),
        Case("nothing changed, nights differ by 5 %", apart, apart, changed=False),
        *(
            after(f"latency +{more} %", latency_ms=system.latency_ms * (1 + more / 100))
            for more in (10, 20, 30, 50)
        ),
        after("one of three functions +50 %", functions=((first, share, factor * 1.5), *others)),
        after("1 % throttles", throttle_share=0.01),
        replace(after("6 s of 50 % throttles"), burst=(6, 0.5)),
        after("one more Lambda call", invocations_per_call=system.invocations_per_call + 1),
        after("20 % fewer Lambda calls", invocations_per_call=system.invocations_per_call * 0.8),
    ]


@lru_cache(maxsize=64)
def night(system: System, seed: int) -> Observation:
    """A night of a system."""
    return run(system, seed)


def found(case: Case, baseline: Baseline, number: int) -> bool:
    """Whether night `number` fails."""
    old = [night(case.before, 100 * number + k) for k in range(baseline.nights)]
    if baseline.bad:
        old[number % len(old)] = night(
            replace(case.before, latency_ms=case.before.latency_ms * BAD), 100 * number + 50
        )
    new = run(case.after, 100 * number + 99)
    seconds, share = case.burst
    if seconds:
        parts = new.rates[RATE]
        above = [
            round(below * share) if 40 <= second < 40 + seconds else throttled
            for second, (throttled, below) in enumerate(zip(parts.above, parts.below, strict=True))
        ]
        new.rates[RATE] = Parts(above, parts.below)
    return compare([new], old, Tolerances()).regressed


def main() -> None:
    """Print the table as Markdown and one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nights", type=int, default=40, help="of each kind")
    count = parser.parse_args().nights
    begun = time.perf_counter()
    system = shipped()
    print(
        f"{SCENARIO.name}: {system.seconds} s, {system.calls_per_second:g} calls/s, "
        f"{system.invocations_per_call:.2f} invocations per call; {count} nights of each kind"
    )
    print(f"\n| | {' | '.join(one.name for one in BASELINES)} |")
    print(f"|---|{'---:|' * len(BASELINES)}", flush=True)
    figures: dict[tuple[str, str], float] = {}
    with ProcessPoolExecutor() as pool:
        for case in cases(system):
            row = []
            for baseline in BASELINES:
                nights = pool.map(
                    found, [case] * count, [baseline] * count, range(count), chunksize=max(1, count // 8)
                )
                seen = sum(nights)
                figures[case.name, baseline.name] = seen / count
                row.append(in_words(seen, count))
            print(
                f"| {case.name}: {'found' if case.changed else 'false alarms'} | {' | '.join(row)} |",
                flush=True,
            )
    value, peer = figures["latency +20 %", "5 nights"], figures["latency +20 %", "5, one of them bad"]
    alarms = max(
        interval(round(share * count), count)[0]
        for (name, _), share in figures.items()
        if name.startswith("nothing changed")
    )
    print(f"\n{time.perf_counter() - begun:.0f} s")
    line = {
        "benchmark": "regression_power",
        "value": value,
        "unit": "share of nights with +20 % latency that are found",
        "peer": "with one bad night among the five",
        "peer_value": peer,
        "ratio": round(value / peer, 3) if peer else None,
        "false_alarms_at_least": round(alarms, 4),
    }
    print(json.dumps(line))
    sys.exit(0 if min(value, peer) >= AIM_POWER and alarms <= AIM_ALARMS else 1)


if __name__ == "__main__":
    main()
