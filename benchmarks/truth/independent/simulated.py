"""The plan as a SimPy program: processes for calls, resources for agents, plain counters for limits.

One long run at the held rate; what fills the centre is not counted. Shares come with errors from batches of calls in
order of arrival, loads from batches of time.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

import numpy as np
import simpy

from .estimate import BATCHES, Estimate, of_means, of_ratio
from .formulas import rank_shares, units_of
from .plan import Plan, Span, Table

CALLS = 20_000
"""Calls that are counted, unless the stay of a call asks for more."""
STAYS = 6.0
"""Mean stays that each batch lasts at least, and that fill the centre."""


def draws(span: Span, chance: random.Random) -> Callable[[], float]:
    """A function that draws from `span`."""
    if span.kind == "constant":
        return lambda: span.mean
    if span.kind == "exponential":
        once: Callable[[], float] = lambda: chance.expovariate(1.0 / span.mean)  # noqa: E731 - one of three forms
    else:
        deviation = math.sqrt(math.log(1.0 + span.cv**2))
        middle = math.log(span.mean) - deviation**2 / 2.0
        once = lambda: chance.lognormvariate(middle, deviation)  # noqa: E731 - one of three forms

    def drawn() -> float:
        while (value := once()) > span.high:
            pass
        return value

    return drawn


@dataclass
class Counts:
    """Sums by batch: `name` -> one number for each batch."""

    batches: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, batch: int, value: float = 1.0) -> None:
        """Add to a batch; batches below 0 fill the centre and are not counted."""
        if 0 <= batch < BATCHES:
            self.batches.setdefault(name, [0.0] * BATCHES)[batch] += value

    def share(self, part: str, whole: str) -> Estimate | None:
        """`part` of `whole`."""
        wholes = self.batches.get(whole)
        return of_ratio(self.batches.get(part, [0.0] * BATCHES), wholes) if wholes else None


class Level:
    """Mean of a level over each batch of time."""

    def __init__(self, env: simpy.Environment, start: float, width: float) -> None:
        self._env, self._start, self._width = env, start, width
        self.value, self._since = 0, 0.0
        self._areas = [0.0] * BATCHES

    def change(self, by: int) -> None:
        """The level goes up or down now."""
        now = self._env.now
        self._account(self._since, now)
        self._since, self.value = now, self.value + by

    def _account(self, begin: float, end: float) -> None:
        while begin < end:
            batch = math.floor((begin - self._start) / self._width)
            stop = min(end, self._start + (batch + 1) * self._width)
            if stop <= begin:
                stop = end
            if 0 <= batch < BATCHES:
                self._areas[batch] += self.value * (stop - begin)
            begin = stop

    def mean(self, end: float) -> Estimate:
        """Mean over the batches."""
        self._account(self._since, end)
        return of_means([area / self._width for area in self._areas])


class Simulated:
    """One run. `run` returns estimates by name."""

    def __init__(self, plan: Plan, seed: int, calls: int = CALLS) -> None:
        self.plan = plan
        self.env = simpy.Environment()
        self.chance = random.Random(seed)
        stay = plan.flow_seconds + (plan.talk.mean + plan.wrap_up.mean if plan.agents else 0.0)
        stay = max(stay, 1.0)
        if plan.patience < math.inf and plan.agents:
            stay = max(stay, plan.patience)
        self._width = max(calls / BATCHES / plan.per_second, STAYS * stay)
        self._fill = STAYS * stay
        self._end = self._fill + BATCHES * self._width
        self.counts = Counts()
        self.calls = Level(self.env, self._fill, self._width)
        self.executions = Level(self.env, self._fill, self._width)
        self._environments = 0
        self._latency = draws(plan.latency, self.chance)
        self._talk = draws(plan.talk, self.chance)
        self._wrap_up = draws(plan.wrap_up, self.chance)
        self._agents = simpy.Resource(self.env, plan.agents) if plan.agents else None
        self._staff = {name: simpy.Resource(self.env, max(1, agents)) for name, agents in plan.staff}
        self._tokens, self._filled = plan.start_burst, 0.0

    def run(self) -> dict[str, Estimate]:
        """Simulate and count."""
        self.env.process(self._arrivals())
        self.env.run(until=self._end + self._fill)
        count, plan = self.counts, self.plan
        found = {
            "load": self.calls.mean(self._end),
            "blocked": count.share("blocked", "admitted"),
            "start throttled": count.share("start throttled", "calls") if plan.outbound else None,
            "lambda load": self.executions.mean(self._end) if plan.invocations or plan.paths else None,
            "lambda throttled": count.share("first throttled", "first"),
            "requests throttled": count.share("request throttled", "requests"),
            "abandoned": count.share("abandoned", "queued"),
            "level": count.share("in time", "queued"),
        }
        return {name: value for name, value in found.items() if value is not None}

    def _batch(self, at: float) -> int:
        return math.floor((at - self._fill) / self._width)

    def _arrivals(self) -> Generator[simpy.Event, None, None]:
        gap = 1.0 / self.plan.per_second
        while self.env.now < self._end + self._fill:
            yield self.env.timeout(gap if self.plan.even else self.chance.expovariate(1.0 / gap))
            batch = self._batch(self.env.now)
            self.counts.add("calls", batch)
            if self.plan.outbound and not self._token():
                self.counts.add("start throttled", batch)
                continue
            self.counts.add("admitted", batch)
            if self.calls.value >= self.plan.lines:
                self.counts.add("blocked", batch)
                continue
            self.calls.change(1)
            self.env.process(self._recorded(batch) if self.plan.paths else self._call(batch))

    def _token(self) -> bool:
        plan, now = self.plan, self.env.now
        if plan.start_rate == math.inf:
            return True
        self._tokens = min(plan.start_burst, self._tokens + (now - self._filled) * plan.start_rate)
        self._filled = now
        if self._tokens < 1.0 - 1e-9:
            return False
        self._tokens -= 1.0
        return True

    def _call(self, batch: int) -> Generator[simpy.Event, object, None]:
        plan = self.plan
        if plan.before:
            yield self.env.timeout(plan.before)
        for number in range(plan.invocations):
            if number and plan.between:
                yield self.env.timeout(plan.between)
            if not (yield from self._invoked()) and not plan.error_goes_on:
                self.counts.add("failed", batch)
                yield self.env.timeout(plan.on_error)
                self.calls.change(-1)
                return
        if plan.after:
            yield self.env.timeout(plan.after)
        if self._agents is not None:
            yield from self._served(batch, self._agents, self._talk(), self._wrap_up())
        else:
            self.calls.change(-1)

    def _recorded(self, batch: int) -> Generator[simpy.Event, object, None]:
        """A call like a recorded one; a throttled function is tried again, then the call goes on."""
        for step in self.chance.choice(self.plan.paths):
            if step.kind == "queue":
                # What comes after the talk is short and no agent's.
                yield from self._served(batch, self._staff[step.queue], step.seconds, step.wrap_up)
                return
            if step.kind == "invoke":
                yield from self._invoked(step.seconds)
            else:
                yield self.env.timeout(step.seconds)
        self.calls.change(-1)

    def _served(
        self, batch: int, agents: simpy.Resource, talk: float, wrap_up: float
    ) -> Generator[simpy.Event, object, None]:
        """From the queue to the end of the call, the agent's wrap-up after it."""
        plan = self.plan
        self.counts.add("queued", batch)
        came = self.env.now
        place = agents.request()
        patience = math.inf if plan.patience == math.inf else self.chance.expovariate(1.0 / plan.patience)
        if not place.triggered:
            if patience < math.inf:
                yield place | self.env.timeout(patience)
            else:
                yield place
        if not place.triggered:
            place.cancel()
            self.counts.add("abandoned", batch)
            self.calls.change(-1)
            return
        if self.env.now - came <= plan.within:
            self.counts.add("in time", batch)
        yield self.env.timeout(talk)
        self.calls.change(-1)
        if wrap_up:
            yield self.env.timeout(wrap_up)
        agents.release(place)

    def _invoked(self, given: float | None = None) -> Generator[simpy.Event, object, bool]:
        """One invocation with Connect's retries; False: it failed for good and the call goes to its error branch."""
        plan, began = self.plan, self.env.now
        for attempt in range(len(plan.pauses) + 1):
            batch = self._batch(self.env.now)
            self.counts.add("requests", batch)
            if attempt == 0:
                self.counts.add("first", batch)
            if self.executions.value < plan.concurrency:
                self.executions.change(1)
                seconds = self._latency() if given is None else given
                if self.executions.value > self._environments:
                    self._environments = self.executions.value
                    seconds += plan.cold_start
                yield self.env.timeout(seconds)
                self.executions.change(-1)
                return True
            self.counts.add("request throttled", batch)
            if attempt == 0:
                self.counts.add("first throttled", batch)
            if attempt == len(plan.pauses) or self.env.now + plan.pauses[attempt] - began >= plan.time_limit:
                return False
            yield self.env.timeout(plan.pauses[attempt])
        return False


PLACEMENTS = 24
"""Ways in which keys may fall on partitions that are tried."""


def table_use(plan: Plan, seed: int, requests: int = 10_000) -> dict[str, Estimate]:
    """Units a second asked of the table, and the share of requests that the table or a partition refuses.

    Keys fall on partitions by a hash that AWS does not publish, so the error is the spread over placements: of one table's share,
    not of the mean's. Buckets of one second for partitions and the account's table quota, of `burst_seconds` for the
    table's own units.
    """
    table = plan.table
    assert table is not None
    shares = [_refused(plan, table, np.random.default_rng([seed, n]), requests) for n in range(PLACEMENTS)]
    over = of_means(shares)
    spread = over.error * math.sqrt(PLACEMENTS)
    asked = plan.per_second * table.operations
    return {
        "units": Estimate(asked * units_of(table.operation, table.item_bytes)),
        "table throttled": Estimate(over.value, spread, over.freedom),
    }


def _refused(plan: Plan, table: Table, chance: np.random.Generator, requests: int) -> float:
    """Share refused with one placement of keys; the first tenth of the requests uses up credit and is not counted."""
    cost = units_of(table.operation, table.item_bytes)
    asked = plan.per_second * table.operations
    gaps = np.full(requests, 1 / asked) if plan.even else chance.exponential(1 / asked, requests)
    keys = chance.choice(table.keys, requests, p=rank_shares(table.keys, table.zipf))
    units = table.units
    if table.burst_seconds <= 1.0:
        # On demand: it has grown to twice what it serves, and is split accordingly.
        units = max(units, 2.0 * asked * cost)
    count = max(1, math.ceil(min(units, table.quota) / table.partition))
    homes = chance.integers(0, count, table.keys)
    levels, since = [table.partition] * count, [0.0] * count
    size = units * table.burst_seconds
    own, account, before, now, refused = units, table.quota, 0.0, 0.0, 0
    for i, (gap, key) in enumerate(zip(gaps.tolist(), keys.tolist(), strict=True)):
        now += gap
        own = min(size, own + (now - before) * units)
        account = min(table.quota, account + (now - before) * table.quota)
        before = now
        home = int(homes[key])
        levels[home] = min(table.partition, levels[home] + (now - since[home]) * table.partition)
        since[home] = now
        if (
            own < min(cost, size)
            or account < min(cost, table.quota)
            or levels[home] < min(cost, table.partition)
        ):
            refused += i >= requests // 10
            continue
        own -= cost
        account -= cost
        levels[home] -= cost
    return refused / (requests - requests // 10)
