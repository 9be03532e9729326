"""What busyhour says of a plan without a run: the forecast's numbers, and capacity's simulation at the held rate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from busyhour.capacity.demand.machine import machine_of
from busyhour.capacity.forecast.build import CALLS, forecast
from busyhour.capacity.forecast.limits import LimitForecast
from busyhour.capacity.forecast.model import Forecast
from busyhour.capacity.forecast.resources import EXECUTIONS
from busyhour.capacity.simulation.simulate import Limits, Simulation, SimulationResult
from busyhour.scenarios.model import Scenario
from busyhour.scenarios.traffic_plan.plan import held

from .independent.estimate import Estimate, of_means, of_ratio
from .independent.plan import Plan
from .independent.simulated import CALLS as CALLS_COUNTED
from .independent.simulated import STAYS

RUNS = 10
_95 = 1.959964
START_RATE = "connect.start-outbound-voice-contact.rate"


@dataclass(frozen=True)
class Stated:
    """What a forecast says that the plan needs of a limit, and the load that it needs it for, with its error."""

    need: float
    load: Estimate


def forecast_of(scenario: Scenario, plan: Plan) -> tuple[Forecast, dict[str, Estimate], dict[str, Stated]]:
    """The forecast, its estimates with the intervals that it states, and its needs, by the names of `Simulated.run`."""
    made = forecast(scenario)
    limits = {limit.key: limit for limit in made.limits}
    reserved = next((limit for key, limit in limits.items() if key.startswith("function.")), None)
    function = (reserved or limits.get(EXECUTIONS)) if plan.invocations or plan.paths else None
    agents = (
        None
        if plan.paths
        else next((limit for key, limit in limits.items() if key.endswith(".agents")), None)
    )
    starts, table = limits.get(START_RATE), _of_table(limits)
    found: dict[str, Estimate | None] = {
        "offered load": _load(limits.get(CALLS)),
        "offered lambda load": _load(function),
        "units": _load(_all_units(limits)) if plan.table is not None else None,
        "blocked": _rejected(limits.get(CALLS)),
        "lambda throttled": _rejected(function),
        "start throttled": _rejected(starts),
        "table throttled": _rejected(table) if plan.table is not None else None,
        "level": _answered(agents),
    }
    needs = {"lines": limits.get(CALLS), "executions": function, "starts": starts, "agents": agents}
    return (
        made,
        {name: value for name, value in found.items() if value is not None},
        {
            name: Stated(limit.needed, Estimate(limit.load, limit.load_half_width / _95))
            for name, limit in needs.items()
            if limit is not None and limit.needed is not None
        },
    )


def simulation_of(scenario: Scenario, plan: Plan, calls: int = CALLS_COUNTED) -> dict[str, Estimate]:
    """Capacity's simulation at the held rate, limits on: independent runs, each after the centre has filled."""
    stay = plan.flow_seconds + (plan.talk.mean + plan.wrap_up.mean + 60.0 if plan.agents else 0.0)
    fill = STAYS * max(stay, 1.0)
    seconds = max(calls / RUNS / plan.per_second, STAYS * stay)
    limits = Limits(
        concurrent_calls=plan.lines,
        start_rate=plan.start_rate,
        start_burst=plan.start_burst,
        lambda_concurrency=plan.executions,
    )
    machine = machine_of(scenario)
    traffic = replace(held(scenario, fill + seconds).traffic, drain=0.0)
    runs, in_progress, executions = [], [], []
    for run in range(RUNS):
        seeded = replace(scenario, traffic=traffic, seed=1_000 * (run + 1))
        simulation = Simulation(seeded, machine, limits, warm_up=fill)
        filled: list[float] = []
        levels = (simulation._calls, simulation.functions.level)
        simulation.clock.call_later(
            fill,
            lambda levels=levels, filled=filled: filled.extend(level.mean(fill) * fill for level in levels),
        )
        runs.append(simulation.run())
        # A level's mean is from the start: what was before the centre had filled is taken off.
        for means, level, before in zip((in_progress, executions), levels, filled, strict=True):
            means.append((level.mean(fill + seconds) * (fill + seconds) - before) / seconds)

    def share(counts: Callable[[SimulationResult], tuple[float, float]]) -> Estimate | None:
        pairs = [counts(run) for run in runs]
        return of_ratio([part for part, _ in pairs], [whole for _, whole in pairs])

    def queued(run: SimulationResult) -> tuple[float, float, float]:
        queues = list(run.queues.values())
        answered, abandoned = sum(q.answered for q in queues), sum(q.abandoned for q in queues)
        return float(answered + abandoned), float(abandoned), float(sum(q.answered_in_time for q in queues))

    admitted = [run.attempts - run.start_throttled.count for run in runs]
    found = {
        "load": of_means(in_progress),
        "blocked": of_ratio([float(run.blocked.count) for run in runs], [float(n) for n in admitted]),
        "start throttled": share(lambda r: (r.start_throttled.count, r.attempts)) if plan.outbound else None,
        "lambda load": of_means(executions) if plan.invocations or plan.paths else None,
        "requests throttled": share(lambda r: (r.lambda_throttled.count, r.functions.requests.total)),
        "abandoned": share(lambda r: (queued(r)[1], queued(r)[0])),
        "level": share(lambda r: (queued(r)[2], queued(r)[0])),
    }
    return {name: value for name, value in found.items() if value is not None}


def verdict_of(made: Forecast) -> str:
    """What the forecast says of the plan."""
    if made.binding or made.unplanned or made.tight:
        return "does not hold"
    return "not decided" if made.undecided else "holds"


def _load(limit: LimitForecast | None) -> Estimate | None:
    return None if limit is None else Estimate(limit.load, limit.load_half_width / _95)


def _rejected(limit: LimitForecast | None) -> Estimate | None:
    """Share that is rejected, with the error that the load's interval brings."""
    if limit is None:
        return None
    error = 0.0
    if limit.load and limit.load_half_width:
        spread = limit.load_half_width / limit.load
        ends = [limit.requirement.rejected(limit.value, 1.0 + side * spread) for side in (-1, 1)]
        error = (ends[1] - ends[0]) / 2.0 / _95
    return Estimate(limit.rejected_at_plan, error)


def _answered(agents: LimitForecast | None) -> Estimate | None:
    late = _rejected(agents)
    return None if late is None else Estimate(1.0 - late.value, late.error)


def _all_units(limits: dict[str, LimitForecast]) -> LimitForecast | None:
    """The limit on a table's writes that all of them count against, not those of one partition alone."""
    own = [
        limit
        for key, limit in limits.items()
        if key.startswith(("table.", "dynamodb.")) and "read" not in key
    ]
    return max(own, key=lambda limit: limit.load, default=None)


def _of_table(limits: dict[str, LimitForecast]) -> LimitForecast | None:
    """The limit on a table's writes that rejects the most; of several that reject nothing, the nearest."""
    own = [
        limit
        for key, limit in limits.items()
        if key.startswith(("table.", "dynamodb.")) and "read" not in key
    ]
    return min(own, key=lambda limit: (-limit.rejected_at_plan, limit.calls_per_hour), default=None)
