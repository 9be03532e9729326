"""How often a stated 95 % interval covers: forecasts of small plans over many seeds, beside what is true.

What is true is a closed form or, where there is none, a reference simulation of its own kind
(`support/reference_centre.py`, nothing of busyhour) that is far longer than the forecast's; its results are kept in
`support/interval_coverage.json` and made again by --reference. Value: share of all intervals that cover, in percent; peer:
what is stated. Fails where fewer than 93 % cover, or one quantity of one plan lies below its 99.9 % binomial bound.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from support.reference_centre import Centre, erlang_a, erlang_b, simulate

from busyhour.capacity.forecast.build import CALLS, forecast
from busyhour.capacity.forecast.model import Forecast
from busyhour.capacity.forecast.resources import EXECUTIONS
from busyhour.flows.library import FlowLibrary
from busyhour.flows.machine import Machine
from busyhour.flows.model import Action, ErrorBranch, Flow, FlowType
from busyhour.quotas.model import Origin, QuotaValue
from busyhour.quotas.table import quota_table
from busyhour.scenarios.model import Callers, Distribution, DriveKind, Flows, Function, Queue, Scenario
from busyhour.scenarios.traffic import Direction, LoadProfile, Traffic
from busyhour.scenarios.traffic_plan.plan import plan_of

STATED = 0.95
POOLED = 0.93
BOUND = 0.001
"""Probability at which one quantity's coverage is too low to be chance."""
START_RATE = "connect.start-outbound-voice-contact.rate"
KEPT = Path(__file__).parent / "support" / "interval_coverage.json"
_NONE, _ENDLESS = Distribution("constant", 0.0), Distribution("constant", 1e9)


@dataclass(frozen=True)
class Plan:
    """A plan, and the same for the reference."""

    name: str
    scenario: Scenario
    actions: tuple[Action, ...]
    limits: dict[str, float]
    centre: Centre
    window: float
    """Seconds that one simulated run counts."""
    erlang_a: bool = False
    """Whether talk and patience are exponential, with means of 180 and 120 s, and nothing else keeps an agent busy."""


def _action(identifier: str, type_: str, following: str, **parameters: Any) -> Action:
    errors = (ErrorBranch("NoMatchingError", "bye"), ErrorBranch("QueueAtCapacity", "bye"))
    return Action(identifier, type_, parameters, following, errors=errors)


def _scenario(
    per_hour: float,
    talk: Distribution = _NONE,
    wrap_up: Distribution = _NONE,
    patience: Distribution = _ENDLESS,
    *,
    queues: tuple[Queue, ...] = (),
    functions: tuple[Function, ...] = (),
    direction: Direction = Direction.INBOUND,
    **callers: Any,
) -> Scenario:
    traffic = Traffic(direction, 600.0, calls_per_hour=per_hour, drain=0.0)
    return Scenario(
        name="coverage",
        path=Path("coverage.toml"),
        description="",
        seed=0,
        drive=DriveKind.BACKEND,
        traffic=traffic,
        plan=plan_of(traffic, day=False),
        test=LoadProfile(traffic.duration),
        callers=Callers(patience=patience, talk=talk, wrap_up=wrap_up, **callers),
        flows=Flows(files=(), entry="main"),
        queues={queue.name: queue for queue in queues},
        functions={function.name: function for function in functions},
    )


@cache
def plans() -> tuple[Plan, ...]:
    """The plans, with what makes intervals hard: clumps, rare events, waits that depend on each other."""
    hello = _action("hello", "MessageParticipant", "bye", PromptId="p60")
    short = _action("hello", "MessageParticipant", "set", PromptId="p5")
    queue = (
        short,
        _action("set", "UpdateContactTargetQueue", "transfer", QueueId="sales"),
        _action("transfer", "TransferContactToQueue", "bye"),
    )
    look_up = (
        _action("hello", "MessageParticipant", "lookup", PromptId="p5"),
        _action(
            "lookup",
            "InvokeLambdaFunction",
            "bye",
            LambdaFunctionARN="lookup",
            InvocationTimeLimitSeconds="8",
        ),
    )
    exponential = Distribution("exponential", 180.0)
    minute, two = Distribution("constant", 60.0), Distribution("exponential", 120.0)
    uneven = Distribution("lognormal", 120.0, 1.0)
    after = Distribution("exponential", 30.0)

    def sales(agents: int, capacity: int | None = None) -> tuple[Queue, ...]:
        return (Queue("sales", agents, capacity),)

    def talk(mean: float) -> Any:
        return lambda chance: chance.expovariate(1.0 / mean)

    def lognormal(chance: Any) -> float:
        sigma = math.sqrt(math.log(2.0))
        return chance.lognormvariate(math.log(120.0) - sigma**2 / 2, sigma)

    hundred = 100 / 3600
    return (
        Plan("lines, calls of 185 s", _scenario(100, exponential, queues=sales(30)), queue, {CALLS: 10},
             Centre(hundred, 5.0, 10, agents=30, talk=talk(180)), 43_200.0),
        Plan("lines, rarely full", _scenario(100, exponential, queues=sales(30)), queue, {CALLS: 13},
             Centre(hundred, 5.0, 13, agents=30, talk=talk(180)), 43_200.0),
        Plan("lines, calls of 60 s", _scenario(300), (hello,), {CALLS: 6}, Centre(300 / 3600, 60.0, 6), 14_400.0),
        Plan("agents, callers give up", _scenario(100, exponential, patience=two, queues=sales(5)), queue, {},
             Centre(hundred, 5.0, agents=5, talk=talk(180), patience=talk(120)), 43_200.0, True),
        Plan("agents, hardly any wait", _scenario(100, exponential, patience=two, queues=sales(9)), queue, {},
             Centre(hundred, 5.0, agents=9, talk=talk(180), patience=talk(120)), 43_200.0, True),
        Plan("agents, uneven times, three places", _scenario(180, uneven, after, minute, queues=sales(8, 3)), queue, {},
             Centre(180 / 3600, 5.0, agents=8, places=3, talk=lognormal, wrap_up=talk(30), patience=lambda _: 60.0),
             24_000.0),
        Plan("starts above their rate",
             _scenario(3000, direction=Direction.OUTBOUND, answered=0.6, answer=Distribution("constant", 4.0)),
             (_action("hello", "MessageParticipant", "bye", PromptId="p5"),), {START_RATE: 1, CALLS: 1000},
             Centre(3000 / 3600, 5.0, tokens=(1.0, 5.0), ring=4.0, answered=0.6), 1440.0),
        Plan("functions throttled",
             _scenario(7200, functions=(Function("lookup", latency=Distribution("exponential", 0.5)),)), look_up,
             {CALLS: 1000, EXECUTIONS: 4}, Centre(2.0, 5.0, executions=4, latency=talk(0.5)), 600.0),
    )  # fmt: skip


def made(plan: Plan, seed: int, calls: int) -> Forecast:
    """The forecast of one seed."""
    table = quota_table.load()
    values = [
        QuotaValue(table.by_key(key), value, Origin.APPLIED_RESOURCE, "2026-01-01")
        for key, value in plan.limits.items()
    ]
    flow = Flow(
        "main",
        FlowType.CONTACT_FLOW,
        "hello",
        (*plan.actions, Action("bye", "DisconnectParticipant", {}, None)),
    )
    machine = Machine(FlowLibrary([flow]), prompt_seconds={"p5": 5.0, "p60": 60.0})
    # Far apart, for the runs of one forecast have seeds of their own.
    return forecast(replace(plan.scenario, seed=7 * seed), values, table=table, machine=machine, calls=calls)


def stated(found: Forecast) -> Iterator[tuple[str, float, float]]:
    """Every interval of a forecast: what it is of, from, to."""
    for row in found.quotas:
        if row.rejected_simulated is not None and row.rejected_half_width is not None:
            value, half = row.rejected_simulated, row.rejected_half_width
            yield f"rejected: {row.key}", value - half, value + half
        if row.key == CALLS and row.simulated_half_width is not None:
            value, half = row.simulated_peak or 0.0, row.simulated_half_width
            yield "peak", value - half, value + half
    for queue in found.queues:
        for name, around in queue.intervals.items():
            yield f"queue: {name}", around.low, around.high
    for name, quantity in found.demand.quantities.items():
        if not quantity.exact and math.isfinite(quantity.half_width) and quantity.half_width > 0.0:
            yield f"mean: {name}", quantity.mean - quantity.half_width, quantity.mean + quantity.half_width
        if not quantity.exact_quantiles:
            for at, around in quantity.intervals.items():
                yield f"{at}: {name}", around.low, around.high


def reference(plan: Plan, hours: float, seed: int = 1) -> dict[str, float]:
    """What is true of the plan, by a long reference simulation without and with its limits."""
    end = hours * 3600.0
    start = min(20_000.0, end / 4)
    bound = simulate(plan.centre, start, end, plan.window, seed)
    free = simulate(
        replace(plan.centre, lines=math.inf, tokens=None, executions=math.inf),
        start,
        end,
        plan.window,
        seed + 1,
    )
    found = {"peak": sum(free.peaks) / len(free.peaks)}
    if math.isfinite(plan.centre.lines):
        found[f"rejected: {CALLS}"] = bound.blocked / bound.attempts
    if plan.centre.tokens is not None:
        found[f"rejected: {START_RATE}"] = bound.no_token / bound.attempts
    if math.isfinite(plan.centre.executions):
        found[f"rejected: {EXECUTIONS}"] = bound.throttled / bound.invocations
    if plan.centre.agents:
        over, length = free.taken + free.abandoned, end - start
        runs = length / plan.window
        found |= {
            "queue: service_level": free.in_time / over,
            "queue: abandoned_share": free.abandoned / over,
            "queue: mean_wait": free.waited / free.taken,
            "queue: occupancy": free.busy / plan.centre.agents / length,
            "queue: offered": free.offered / runs,
            "queue: blocked": free.full / runs,
            "mean: at once": sum(free.lives) / free.ended,
            "mean: in queue": sum(free.queueing) / free.ended,
            "mean: with agent": free.talking / free.ended,
        }
        for name, values in (("at once", sorted(free.lives)), ("in queue", sorted(free.queueing))):
            for at, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
                found[f"{at}: {name}"] = values[math.ceil(share * len(values)) - 1]
    return found | closed_forms(plan)


def closed_forms(plan: Plan) -> dict[str, float]:
    """What is known of the plan without any simulation."""
    centre = plan.centre
    found = {}
    life = centre.prompt + (180.0 if centre.agents else 0.0)
    if math.isfinite(centre.lines):
        found[f"rejected: {CALLS}"] = erlang_b(centre.per_second * life, int(centre.lines))
        if centre.agents:
            found["queue: occupancy"] = centre.per_second * 180.0 / centre.agents
    if centre.agents:
        found["queue: offered"] = centre.per_second * plan.window
    if plan.erlang_a:
        gone, in_queue = erlang_a(centre.per_second, centre.agents, 180.0, 120.0)
        talking = (1.0 - gone) * 180.0
        found |= {
            "queue: abandoned_share": gone,
            "queue: occupancy": centre.per_second * talking / centre.agents,
            "mean: in queue": in_queue / centre.per_second,
            "mean: with agent": talking,
            "mean: at once": centre.prompt + in_queue / centre.per_second + talking,
        }
    return found


def _covers(job: tuple[int, int, int]) -> dict[str, bool]:
    number, seed, calls = job
    plan = plans()[number]
    true = json.loads(KEPT.read_text())[plan.name]
    covered = {}
    for name, low, high in stated(made(plan, seed, calls)):
        if name in true:
            # A reference is itself not exact beyond some digits.
            slack = 1e-9 + 1e-6 * abs(true[name])
            covered[name] = low - slack <= true[name] <= high + slack
    return covered


def coverage(
    seeds: int, calls: int, workers: int, which: int | None = None
) -> dict[tuple[str, str], tuple[int, int]]:
    """By plan and quantity: intervals that cover, of how many."""
    numbers = range(len(plans())) if which is None else [which]
    jobs = [(number, seed, calls) for number in numbers for seed in range(1, seeds + 1)]
    found: dict[tuple[str, str], tuple[int, int]] = {}
    with ProcessPoolExecutor(workers) as pool:
        for (number, _, _), covered in zip(jobs, pool.map(_covers, jobs, chunksize=4), strict=True):
            for name, inside in covered.items():
                key = plans()[number].name, name
                hits, total = found.get(key, (0, 0))
                found[key] = hits + inside, total + 1
    return found


def numbered(name: str) -> int:
    """Number of the plan that has this name, or of the only one whose name begins so.

    Raises:
        LookupError: no plan, or more than one, is meant; lists the names.
    """
    names = [plan.name for plan in plans()]
    if name.isdecimal() and int(name) < len(names):
        return int(name)
    found = [number for number, known in enumerate(names) if name == known] or [
        number for number, known in enumerate(names) if known.startswith(name)
    ]
    if not name or len(found) != 1:
        raise LookupError(
            f"--plan {name!r} is the beginning of {len(found)} names; one is expected: {'; '.join(names)}"
        )
    return found[0]


def too_low(found: dict[tuple[str, str], tuple[int, int]]) -> list[str]:
    """What fails: the pooled coverage, or a quantity below its binomial bound."""
    from scipy.stats import binom

    hits, total = (sum(part) for part in zip(*found.values(), strict=True))
    said = [f"all: {hits} of {total} cover"] if hits < POOLED * total else []
    return said + [
        f"{plan}, {name}: {inside} of {of} cover"
        for (plan, name), (inside, of) in sorted(found.items())
        if binom.cdf(inside, of, STATED) < BOUND
    ]


def main() -> int:
    """Print coverage by quantity, and the line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--calls", type=int, default=2000, help="Calls sampled for the demand of one.")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--plan", metavar="NAME", help="One plan alone; the beginning of its name, or its number from 0."
    )
    parser.add_argument(
        "--reference", type=float, metavar="CALLS", help="Compute the reference again, of this many calls."
    )
    options = parser.parse_args()
    try:
        which = None if options.plan is None else numbered(options.plan)
    except LookupError as why:
        parser.error(str(why))
    if options.reference:
        known = json.loads(KEPT.read_text()) if KEPT.exists() else {}
        for plan in plans() if which is None else [plans()[which]]:
            known[plan.name] = reference(plan, options.reference / plan.centre.per_second / 3600.0)
        KEPT.write_text(json.dumps(known, indent=1) + "\n")
    found = coverage(options.seeds, options.calls, options.workers, which)
    for (plan, name), (inside, of) in sorted(found.items()):
        print(f"{plan:36}{name:62}{inside:5} of {of:4} {inside / of:7.1%}")
    failed = too_low(found)
    print(*failed, sep="\n", file=sys.stderr)
    hits, total = (sum(part) for part in zip(*found.values(), strict=True))
    value = round(100.0 * hits / total, 2)
    print(
        json.dumps(
            {
                "benchmark": "interval_coverage",
                "value": value,
                "unit": "% covered",
                "peer": "stated",
                "peer_value": 100.0 * STATED,
                "ratio": round(value / (100.0 * STATED), 3),
            }
        )
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
