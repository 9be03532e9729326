"""By closed forms alone: at which multiple of the plan each limit breaks its bound, and what a verdict must not be."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from . import formulas
from .plan import UNLIMITED, Plan
from .reference import REQUESTS_PER_EXECUTION

FAR = 0.1
"""A plan is clear of a bound whose multiple is more than this away from 1."""
TIME_LIMIT = "time limit"
ERRORS = 0.001
"""Share of calls that may take an error branch."""
FEW = 4.0
"""Errors are so few that a test of some thousand calls tells only a share that is this many times off its bound."""


@dataclass(frozen=True)
class Bound:
    """A limit breaks its bound at a multiple of the plan from `low` to `high`: a range where the formula is one."""

    limit: str
    low: float
    high: float


def bounds(plan: Plan) -> list[Bound]:
    """One for each limit that the plan has."""
    found = []
    if plan.table is not None:
        return _of_table(plan)
    if plan.lines < UNLIMITED:
        stays = _stays(plan)
        breaks = [
            _multiple(
                lambda f, s=s: formulas.lost_peaked(f * plan.per_second * s, plan.lines, _z(plan)), plan
            )
            for s in stays
        ]
        if plan.agents and plan.patience < UNLIMITED:
            exact = _multiple(lambda f: _lost_while_some_wait(plan, f), plan)
            breaks = [exact] if _markovian(plan) else [*breaks, exact]
        found.append(Bound("lines", min(breaks), max(breaks)))
    if plan.outbound and plan.start_rate < UNLIMITED:
        at = plan.start_rate / plan.per_second
        if not plan.even:
            at = _multiple(
                lambda f: formulas.refused_by_bucket(f * plan.per_second, plan.start_rate, plan.start_burst),
                plan,
            )
        found.append(Bound("starts", at, at))
    if plan.invocations and plan.concurrency < UNLIMITED:
        requests = plan.per_second * plan.invocations
        at = _multiple(lambda f: formulas.lost(f * requests * plan.latency.mean, plan.concurrency), plan)
        by_rate = REQUESTS_PER_EXECUTION * plan.concurrency / requests
        # Retries find executions as busy as the throttled attempt did: up to some percent of load more.
        found.append(Bound("executions", min(0.93 * at, by_rate), min(at, by_rate)))
    if too_slow := _too_slow(plan):
        found.append(Bound(TIME_LIMIT, ERRORS / too_slow / FEW, FEW * ERRORS / too_slow))
    if plan.agents and plan.patience < UNLIMITED:
        handling = plan.talk.mean + plan.wrap_up.mean

        def late(factor: float) -> float:
            queue = formulas.Impatient(factor * plan.per_second, handling, plan.agents, plan.patience)
            return 1.0 - queue.level(plan.within)

        at = _solve(late, 1.0 - plan.level)
        unlike = 0.05 if plan.wrap_up.mean else 0.0
        found.append(Bound("agents", (1.0 - unlike) * at, (1.0 + unlike) * at))
    return found


def breaks(plan: Plan) -> list[str]:
    """Limits that certainly break their bound at the plan's held rate."""
    return [bound.limit for bound in bounds(plan) if bound.high < 1.0]


def roomy(plan: Plan) -> bool:
    """Whether everything would carry twice the plan."""
    return all(bound.low > 2.0 for bound in bounds(plan))


def clear(plan: Plan) -> str:
    """`holds` or `does not hold` where every bound is more than 10 % away; empty where one is nearer."""
    every = bounds(plan)
    if any(bound.low <= 1.0 + FAR and bound.high >= 1.0 - FAR for bound in every):
        return ""
    return "does not hold" if any(bound.high < 1.0 for bound in every) else "holds"


def settled_after(plan: Plan) -> float:
    """Seconds of hold in which a test shows the plan: the centre fills, then many stays and many calls go by."""
    stay = plan.flow_seconds + plan.talk.mean + plan.wrap_up.mean
    if plan.agents and plan.patience < UNLIMITED:
        stay += plan.patience
    return 12.0 * max(stay, 1.0) + 3_000.0 / plan.per_second


def _too_slow(plan: Plan) -> float:
    """Share of calls that take an error branch since an invocation takes longer than it may."""
    span = plan.latency
    if not plan.invocations or span.mean <= 0.0 or span.high <= plan.time_limit:
        return 0.0
    one = formulas.longer(span.kind, span.mean, span.cv, plan.time_limit)
    return -math.expm1(plan.invocations * math.log1p(-one)) if one < 1.0 else 1.0


def _z(plan: Plan) -> float:
    return 0.0 if plan.even and not plan.agents and not plan.invocations else 1.0


def _markovian(plan: Plan) -> bool:
    return plan.talk.kind == "exponential" and not plan.wrap_up.mean


def _lost_while_some_wait(plan: Plan, factor: float) -> float:
    """Share blocked at a multiple of the plan, with as many more agents where it is more than the plan.

    Agents are a limit of their own. Seconds after the call keep agents busy and no line.
    """
    handling = plan.talk.mean + plan.wrap_up.mean
    agents = math.ceil(plan.agents * max(1.0, factor))
    return formulas.lost_while_some_wait(
        factor * plan.per_second, plan.flow_seconds, handling, agents, plan.patience, int(plan.lines)
    )


def _stays(plan: Plan) -> list[float]:
    """Shortest and longest mean stay of a call that the formulas leave open."""
    whole = plan.flow_seconds + plan.talk.mean
    if not plan.agents or plan.patience == UNLIMITED:
        return [whole]
    queue = formulas.Impatient(
        plan.per_second, plan.talk.mean + plan.wrap_up.mean, plan.agents, plan.patience
    )
    waited = plan.flow_seconds + queue.mean_wait + (1.0 - queue.abandoned) * plan.talk.mean
    return [min(whole, waited), max(whole, waited)]


def _multiple(rejected: Callable[[float], float], plan: Plan) -> float:
    return _solve(rejected, plan.tolerated)


def _solve(rejected: Callable[[float], float], bound: float) -> float:
    """The multiple at which a share that grows with it reaches `bound`."""
    low, high = 0.0, 1.0
    while rejected(high) < bound:
        low, high = high, 2.0 * high
        if high > 1e6:
            return math.inf
    for _ in range(40):
        middle = (low + high) / 2.0
        low, high = (middle, high) if rejected(middle) < bound else (low, middle)
    return (low + high) / 2.0


def _of_table(plan: Plan) -> list[Bound]:
    table = plan.table
    assert table is not None
    asked = plan.per_second * table.operations * formulas.units_of(table.operation, table.item_bytes)
    shares = formulas.rank_shares(table.keys, table.zipf)
    hottest = float(shares[0]) * asked
    found = [Bound("table quota", table.quota / asked, table.quota / asked)]
    units = table.units
    if table.burst_seconds > 1.0:
        found.append(Bound("table", units / asked, units / asked))
    else:
        # A new table grows to twice what it has served: a jump beyond what it serves at first is throttled for a while.
        found.append(Bound("new table", units / asked, math.inf))
        units = max(units, 2.0 * asked)
    partitions = max(1, math.ceil(units / table.partition))
    if partitions == 1:
        at = table.partition / asked
        return [*found, Bound("partition", at, at)]
    # The hottest key's partition has that key and some of the others: at best none, at worst those after it.
    crowd = hottest + float(shares[1:4].sum()) * asked + (1.0 - float(shares[:4].sum())) * asked / partitions
    return [*found, Bound("partition", table.partition / crowd, table.partition / hottest)]
