"""What is true of a plan: a closed form where it is exact, else the SimPy run; and what the plan needs."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from . import formulas
from .estimate import Estimate
from .plan import UNLIMITED, Plan
from .simulated import CALLS, Simulated, table_use

REQUESTS_PER_EXECUTION = 10.0
"""Requests a second that Lambda serves for each execution."""
DEFAULT_RATE, DEFAULT_BURST = 2.0, 5.0
"""Of starting calls: a rate that was raised raises the burst by as much."""
_NO_LIMIT = {
    "lines": UNLIMITED,
    "start_rate": UNLIMITED,
    "start_burst": UNLIMITED,
    "executions": UNLIMITED,
    "reserved": UNLIMITED,
}
_NEARLY = 0.01
"""Of a service level: Erlang A takes talk and wrap-up for one exponential time, which is nearly the same."""
_NEVER = 1e-7
"""So rarely throttled that retries make no difference."""
CERTAIN = 3.9
"""Standard errors of a 99.99 % interval."""


@dataclass(frozen=True)
class Need:
    """A need of a limit: any whole number from `low` to `high` is right, as far as the model can tell."""

    low: float
    high: float


def burst_of(rate: float) -> float:
    """Bucket that comes with a rate."""
    return max(1.0, DEFAULT_BURST + max(0.0, rate - DEFAULT_RATE))


class Reference:
    """The independent answers for one plan."""

    def __init__(self, plan: Plan, seed: int = 1, calls: int = CALLS) -> None:
        self.plan = plan
        self._seed = seed
        self._calls = calls

    @cached_property
    def simulated(self) -> dict[str, Estimate]:
        """The plan with all its limits, by SimPy."""
        if self.plan.table is not None:
            return table_use(self.plan, self._seed)
        return Simulated(self.plan, self._seed, self._calls).run()

    @cached_property
    def unlimited(self) -> dict[str, Estimate]:
        """The plan without a limit on lines, starts and executions: what is offered to each."""
        return Simulated(replace(self.plan, **_NO_LIMIT), self._seed + 1, self._calls).run()

    @cached_property
    def throttled_alone(self) -> Estimate:
        """Share of first attempts that the function throttles where nothing else is limited and calls go on."""
        limits = {**_NO_LIMIT, "executions": self.plan.executions, "reserved": self.plan.reserved}
        alone = replace(self.plan, **limits, agents=0, error_goes_on=True)
        return Simulated(alone, self._seed + 3, self._calls).run()["lambda throttled"]

    @cached_property
    def blocked_alone(self) -> Estimate:
        """Share of calls that the lines block where nothing else is limited."""
        alone = replace(self.plan, **{**_NO_LIMIT, "lines": self.plan.lines})
        return Simulated(alone, self._seed + 4, self._calls).run()["blocked"]

    @cached_property
    def exact(self) -> dict[str, Estimate]:
        """Closed forms that hold exactly for this plan, under the names of `Simulated.run` and `offered load`."""
        plan, found = self.plan, dict[str, float]()
        if plan.table is not None:
            return {"units": self.simulated["units"]}
        if plan.paths:
            return {}
        if plan.outbound:
            found["start throttled"] = self._refused(plan.start_rate)
        offered = self._offered_exactly()
        if offered is not None:
            found["offered load"] = offered
            if not self._throttles and not plan.even and found.get("start throttled", 0.0) < 1e-9:
                found["blocked"] = formulas.lost(offered, plan.lines)
                if not plan.agents or found["blocked"] < 1e-6:
                    found["load"] = offered * (1.0 - found["blocked"])
                else:
                    # Where calls wait, how long they stay depends on how many get in.
                    del found["blocked"]
                if (queue := self._queue()) is not None and found.get("blocked", 1.0) < 1e-6:
                    found["abandoned"], found["level"] = queue.abandoned, queue.level(plan.within)
        if plan.invocations and plan.latency.high == UNLIMITED and not plan.cold_start:
            found["offered lambda load"] = plan.per_second * plan.invocations * plan.latency.mean
        return {name: Estimate(value) for name, value in found.items()}

    def of(self, name: str) -> tuple[Estimate | None, str]:
        """The reference for a quantity and where it comes from."""
        if name in self.exact:
            return self.exact[name], "closed form"
        if name.startswith("offered "):
            return self.unlimited.get(name.removeprefix("offered ")), "SimPy"
        return self.simulated.get(name), "SimPy"

    def alone(self, name: str) -> tuple[Estimate | None, str]:
        """Share that one limit rejects of what is offered to it, no other limit before it: what a forecast says of each."""
        plan = self.plan
        if plan.table is not None or name.startswith("offered "):
            return self.of(name)
        if name == "blocked":
            load, source = self.of("offered load")
            if load is None or plan.lines == UNLIMITED:
                return None, source
            if self._queue() is not None and not plan.paths:
                return Estimate(self._lost_while_some_wait(int(plan.lines))), "closed form"
            if self._some_wait:
                return self.blocked_alone, "SimPy"
            ends = [
                formulas.lost_peaked(max(1e-9, load.value + side * load.error), plan.lines, self._peakedness)
                for side in (-1, 0, 1)
            ]
            return Estimate(ends[1], (ends[2] - ends[0]) / 2.0, load.freedom), source
        if name == "start throttled":
            return Estimate(self._refused(plan.start_rate)), "closed form"
        if name == "lambda throttled":
            if not plan.pauses:
                # Requests that are not tried again meet Erlang's formula at any length.
                return Estimate(
                    formulas.lost(plan.per_second * plan.latency.mean, plan.concurrency)
                ), "closed form"
            load, _ = self.of("offered lambda load")
            by_formula = formulas.lost(load.value, plan.concurrency) if load is not None else 1.0
            if by_formula < _NEVER:
                return Estimate(by_formula), "closed form"
            return self.throttled_alone, "SimPy"
        if name == "level" and (queue := self._queue()) is not None:
            return Estimate(queue.level(plan.within)), "closed form"
        return self.unlimited.get(name), "SimPy"

    @property
    def _peakedness(self) -> float:
        """Of Poisson calls 1; at even intervals 1 - E[min(S, S')] / E[S], for calls of equal length 0."""
        plan = self.plan
        if not plan.even:
            return 1.0
        if not plan.paths:
            return 0.0
        stays = sorted(math.fsum(step.seconds for step in path) for path in plan.paths)
        n = len(stays)
        return 1.0 - math.fsum((2 * (n - k) + 1) * s for k, s in enumerate(stays, 1)) / n / math.fsum(stays)

    @property
    def _throttles(self) -> bool:
        """Whether invocations are throttled often enough to lengthen or end calls."""
        return bool(self.plan.invocations) and self.simulated["lambda throttled"].value > 1e-4

    def _refused(self, rate: float) -> float:
        """Share of starts that are refused."""
        plan = self.plan
        if plan.even:
            return max(0.0, 1.0 - rate / plan.per_second)
        return formulas.refused_by_bucket(plan.per_second, rate, plan.start_burst)

    def _offered_exactly(self) -> float | None:
        """Offered load where it does not depend on throttles, or on agents otherwise than Erlang A says."""
        plan = self.plan
        if plan.cold_start or plan.latency.high < UNLIMITED:
            return None
        if not plan.agents:
            return formulas.little(plan.per_second, plan.flow_seconds)
        queue = self._queue()
        if queue is None:
            busy = plan.per_second * (plan.talk.mean + plan.wrap_up.mean)
            whole = plan.flow_seconds + plan.talk.mean
            return (
                None if formulas.waits(busy, plan.agents) > 1e-5 else formulas.little(plan.per_second, whole)
            )
        stay = plan.flow_seconds + queue.mean_wait + (1.0 - queue.abandoned) * plan.talk.mean
        return formulas.little(plan.per_second, stay)

    def _queue(self) -> formulas.Impatient | None:
        """Erlang A, where the handling of a contact is one exponential time and its caller's patience another."""
        plan = self.plan
        if not plan.agents or plan.patience == UNLIMITED or plan.wrap_up.mean or plan.even:
            return None
        if plan.talk.kind != "exponential":
            return None
        return formulas.Impatient(plan.per_second, plan.talk.mean, plan.agents, plan.patience)

    @property
    def _some_wait(self) -> bool:
        """Whether waiting makes calls vary more than Erlang's formula has it."""
        plan = self.plan
        busy = plan.per_second * (plan.talk.mean + plan.wrap_up.mean)
        return bool(plan.agents) and not plan.paths and formulas.waits(busy, plan.agents) > 1e-3

    def _lost_while_some_wait(self, lines: int, factor: float = 1.0) -> float:
        plan = self.plan
        return formulas.lost_while_some_wait(
            factor * plan.per_second, plan.flow_seconds, plan.talk.mean, plan.agents, plan.patience, lines
        )

    # ---------------------------------------------------------------------------------------------- needs

    def needs(self) -> dict[str, Callable[[float], Need]]:
        """What the plan needs of each limit, worked out when asked.

        Each takes the standard error, as a share of the load, that is stated for the load of the need that is judged. The
        needs of the true load with that error, 99.99 % of it to both sides, are right: one that is stated for a sampled
        load is no more exact than the load. The value that is judged has no part in the range.
        """
        plan, found = self.plan, dict[str, Callable[[float], Need]]()
        if plan.table is not None:
            return found
        if plan.lines < UNLIMITED and (self._queue() is not None or not self._some_wait):
            found["lines"] = self._lines
        if plan.outbound:
            found["starts"] = self._starts
        if self._queue() is not None and not plan.paths:
            found["agents"] = self._agents
        return found

    def lines_at(self, load: float) -> int:
        """Fewest lines that carry an offered load, erlang, of calls that arrive as the plan's do."""
        return formulas.lines_for(max(1e-9, load), self.plan.tolerated_blocked, self._peakedness)

    def _lines(self, spread: float) -> Need:
        if self._queue() is not None and not self.plan.paths:
            low, high = (self._lines_while_some_wait(1.0 + side * CERTAIN * spread) for side in (-1, 1))
            return Need(low, high)
        load, _ = self.of("offered load")
        assert load is not None
        error = CERTAIN * math.hypot(load.error, spread * load.value)
        return Need(self.lines_at(load.value - error), self.lines_at(load.value + error))

    def _lines_while_some_wait(self, factor: float) -> int:
        bound, lines = self.plan.tolerated_blocked, 1
        while self._lost_while_some_wait(lines, factor) > bound:
            lines += max(1, lines // 16)
        while lines > 1 and self._lost_while_some_wait(lines - 1, factor) <= bound:
            lines -= 1
        return lines

    def _starts(self, _: float) -> Need:
        plan = self.plan
        if plan.even:
            rate = math.ceil(plan.per_second - 1e-9)
        else:
            rate = formulas.rate_for(plan.per_second, plan.tolerated, burst_of)
        return Need(rate, rate)

    def _agents(self, spread: float) -> Need:
        plan = self.plan
        low, high = (
            formulas.agents_for(rate, plan.talk.mean, plan.patience, plan.level, plan.within)
            for rate in (max(1e-9, (1.0 + side * CERTAIN * spread) * plan.per_second) for side in (-1, 1))
        )
        return Need(low, high)

    def executions_fit(self, need: float, spread: float) -> bool:
        """Whether `need` executions are the fewest that throttle at most the tolerated share of first attempts.

        `spread` is as in `needs`: the fewest of some load within the interval.
        """
        requests = self.plan.per_second * self.plan.invocations
        floor = math.ceil(requests / REQUESTS_PER_EXECUTION)
        return need >= floor and self._fits(need, "executions", spread, least=floor)

    def agents_fit(self, need: float, spread: float) -> bool:
        """Whether `need` agents are the fewest that answer enough callers in time; `spread` is as in `needs`."""
        return self._fits(need, "agents", spread, least=1)

    def lines_fit(self, need: float, spread: float) -> bool:
        """Whether `need` lines are the fewest that block at most the tolerated share; `spread` is as in `needs`."""
        return self._fits(need, "lines", spread, least=1)

    def _fits(self, need: float, what: str, spread: float, least: int) -> bool:
        """Whether the value is enough and one less is not, give or take chance and what `_NEARLY` allows."""
        if need < 1 or need != int(need):
            return False
        slack = _NEARLY if what == "agents" else 0.0
        enough = self._spare(int(need), what, 1.0 - CERTAIN * spread)
        if enough.value + CERTAIN * enough.error < -slack:
            return False
        if need <= least:
            return True
        fewer = self._spare(int(need) - 1, what, 1.0 + CERTAIN * spread)
        return fewer.value - CERTAIN * fewer.error <= slack

    def _spare(self, value: int, what: str, factor: float) -> Estimate:
        """How far `factor` times the plan is within its bound at `value`; below 0: it breaks it."""
        rate = max(1e-6, factor) * self.plan.calls_per_hour
        plan = replace(self.plan, **_NO_LIMIT, calls_per_hour=rate)
        if what == "agents":
            at = Simulated(replace(plan, agents=value), self._seed + 2, self._calls).run()["level"]
            return Estimate(at.value - plan.level, at.error)
        if what == "lines":
            at = Simulated(replace(plan, lines=float(value)), self._seed + 2, self._calls).run()["blocked"]
            return Estimate(plan.tolerated_blocked - at.value, at.error)
        changed = replace(plan, executions=float(value), agents=0, error_goes_on=True)
        at = Simulated(changed, self._seed + 2, self._calls).run().get("lambda throttled", Estimate(0.0))
        return Estimate(plan.tolerated - at.value, at.error)

    # -------------------------------------------------------------------------------------------- verdict

    def rejections(self) -> dict[str, tuple[Estimate, float]]:
        """Each share that the plan has a bound for, with the bound; a level is given as the share that is late."""
        plan, found = self.plan, dict[str, tuple[Estimate, float]]()
        for name in ("blocked", "start throttled", "lambda throttled", "table throttled"):
            if name == "lambda throttled" and not (plan.invocations or plan.paths):
                continue
            if name == "start throttled" and not plan.outbound:
                continue
            share, _ = self.alone(name)
            if share is not None:
                found[name] = share, plan.tolerated_blocked if name == "blocked" else plan.tolerated
        level, _ = self.alone("level")
        if level is not None:
            found["level"] = Estimate(1.0 - level.value, level.error, level.freedom), 1.0 - plan.level
        return found

    def verdict(self) -> str:
        """`holds`, `does not hold`, or `close` where chance cannot tell."""
        sides = []
        for share, bound in self.rejections().values():
            if share.value - CERTAIN * share.error > bound:
                return "does not hold"
            sides.append(share.value + CERTAIN * share.error <= bound)
        if self.plan.expects:
            return self.plan.expects
        return "holds" if all(sides) else "close"
