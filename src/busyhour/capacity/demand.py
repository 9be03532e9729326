"""The demand of one call: what it asks of Lambda, DynamoDB, Connect, queues and agents, with its distribution.

Calls are run through their flows in virtual time, at the scenario's busiest rate, with its callers and its agents,
and with no quota in the way. The first of them, which find an empty centre, are left out. Where the flow is a finite
Markov chain the means are solved for instead (`exact`): what does not depend on how long callers wait for agents.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from busyhour.calls.live import LiveCall
from busyhour.calls.policy import CallPolicy
from busyhour.calls.ports import FlowMachine
from busyhour.capacity.exact import ExactDemand, NotFiniteError, exact_demand
from busyhour.capacity.functions import Answers
from busyhour.capacity.handlers import HandlerAnswers
from busyhour.capacity.simulation import INFINITE, Simulation, SimulationResult
from busyhour.flows.machine import Machine
from busyhour.scenarios.model import Direction, Scenario

_BATCHES = 20
_T_19 = 2.093
"""97.5 % point of Student's t with 19 degrees of freedom."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """The distribution of one quantity over calls. `half_width` is that of the mean's 95 % confidence interval.

    Where `exact`, the mean was solved for and has no interval; the rest is of the sampled calls all the same.
    """

    mean: float
    half_width: float
    p50: float
    p95: float
    p99: float
    max: float
    exact: bool = False

    @classmethod
    def of(cls, values: Sequence[float]) -> Quantity:
        """Of values in the order of calls; the interval is by batch means, since calls that wait together are alike."""
        n = len(values)
        if n == 0:
            return cls(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
        mean = math.fsum(values) / n
        ordered = sorted(values)
        size = n // _BATCHES
        half = INFINITE
        if size:
            means = [math.fsum(values[b * size : (b + 1) * size]) / size for b in range(_BATCHES)]
            middle = math.fsum(means) / _BATCHES
            spread = math.fsum((m - middle) ** 2 for m in means) / (_BATCHES - 1)
            half = _T_19 * math.sqrt(spread / _BATCHES)

        def quantile(share: float) -> float:
            return ordered[min(n - 1, math.ceil(share * n) - 1)]

        return cls(mean, half, quantile(0.5), quantile(0.95), quantile(0.99), ordered[-1])

    def as_json(self) -> dict[str, float | None]:
        """For the run record; an unknown half width is None."""
        return {
            "mean": self.mean,
            "half_width": None if self.half_width == INFINITE else self.half_width,
            "p50": self.p50,
            "p95": self.p95,
            "p99": self.p99,
            "max": self.max,
            "exact": self.exact,
        }

    def solved(self, mean: float) -> Quantity:
        """The same with the exact mean."""
        return replace(self, mean=mean, half_width=0.0, exact=True)


@dataclass(frozen=True, slots=True)
class CallDemand:
    """What one call asks. `holding` are the seconds that calls took, from the start to the end of the contact.

    `quantities` has the seconds `ringing`, `in flow`, `in queue`, `with agent`, `wrap-up`, `at once` (all of the
    contact's life: what counts as a concurrent call); `invocations:<function>`, `Lambda invocations`, `Lex turns`;
    `Connect:<operation>`; `service:<action type>`; `DynamoDB:<table>.<Operation>`.
    """

    calls: int
    calls_per_hour: float
    """The rate at which they were run."""
    quantities: Mapping[str, Quantity]
    holding: tuple[float, ...]
    lambda_seconds: Mapping[str, float]
    """Mean seconds of one invocation, by function."""
    result: SimulationResult
    states: int = 0
    """Moments of a call that exact means were solved over; 0: all are sampled."""
    sampled_because: tuple[str, ...] = ()
    """Why some means, or all, are sampled and not exact."""

    def mean(self, name: str) -> float:
        """Mean of a quantity; 0 where no call asked for it."""
        found = self.quantities.get(name)
        return found.mean if found else 0.0

    def with_prefix(self, prefix: str) -> dict[str, float]:
        """Means of the quantities whose names begin with `prefix`, by the rest of the name."""
        return {k.removeprefix(prefix): q.mean for k, q in self.quantities.items() if k.startswith(prefix)}

    def as_json(self) -> dict[str, object]:
        """For the run record."""
        return {
            "calls": self.calls,
            "calls_per_hour": self.calls_per_hour,
            "quantities": {name: quantity.as_json() for name, quantity in sorted(self.quantities.items())},
            "lambda_seconds": dict(self.lambda_seconds),
            "states": self.states,
            "sampled_because": list(self.sampled_because),
        }


def demand_of_call(
    scenario: Scenario,
    machine: FlowMachine,
    *,
    calls: int = 2000,
    warm_up: float = 0.1,
    answers: Answers | None = None,
    policy: CallPolicy | None = None,
    exact: bool = True,
) -> CallDemand:
    """Run `calls` calls and add up what each of them asked.

    Args:
        scenario: who calls what.
        machine: of the scenario's flows.
        calls: how many are counted.
        warm_up: share of further calls that are run before them and not counted.
        answers: what real handlers answer.
        policy: what the scenario has no key for.
        exact: solve for the means where that can be done.
    """
    rate = scenario.plan.calls_per_hour
    outbound = scenario.traffic.direction is Direction.OUTBOUND
    skipped = math.ceil(calls * warm_up)
    wanted = skipped + calls
    traffic = replace(
        scenario.traffic,
        calls_per_hour=rate,
        growth=1.0,
        shape=(),
        intervals=(),
        layers=(),
        # Half as long again as needed on average: the last calls must exist, and are cut below.
        duration=1.5 * wanted * 3600.0 / rate + 60.0 if rate else 0.0,
    )
    ledger: dict[int, dict[str, float]] = {}
    operations = {name: function.operations for name, function in scenario.functions.items()}

    def add(call: LiveCall) -> None:
        if skipped <= call.index < wanted:
            ledger[call.index] = asked(call, outbound, operations)

    at_rate = replace(scenario, traffic=traffic)
    simulation = Simulation(at_rate, machine, answers=answers, policy=policy, on_end=add, calls=wanted)
    result = simulation.run(drain=INFINITE)
    rows = [ledger[index] for index in sorted(ledger)]
    names = sorted({name for row in rows for name in row})
    quantities = {name: Quantity.of([row.get(name, 0.0) for row in rows]) for name in names}
    levels = simulation.functions.levels
    attempts = {name: counts.attempts for name, counts in result.invocations.items()}
    seconds = {
        name: level.mean(result.duration) * result.duration / attempts[name]
        for name, level in levels.items()
        if attempts.get(name)
    }
    holding = tuple(row["at once"] for row in rows)
    found = CallDemand(len(rows), rate, quantities, holding, seconds, result)
    if not exact or not rows or not isinstance(machine, Machine):
        return found
    try:
        solved = exact_demand(scenario, machine, calls_per_hour=rate, answers=answers, policy=policy)
    except NotFiniteError as why:
        return replace(found, sampled_because=(str(why),))
    estimated = answers.observed if isinstance(answers, HandlerAnswers) else set()
    return _with_exact(found, solved, {f"DynamoDB:{operation}" for operation in estimated})


def _with_exact(found: CallDemand, solved: ExactDemand, estimated: set[str]) -> CallDemand:
    """The demand with the means that are known exactly; what was never sampled but may be asked is added."""
    quantities = dict(found.quantities)
    for name in {**quantities, **solved.means}:
        mean = None if name in estimated else solved.mean(name)
        if mean is not None and (mean or name in quantities):
            quantities[name] = quantities.get(name, Quantity.of([0.0])).solved(mean)
    return replace(
        found,
        quantities=dict(sorted(quantities.items())),
        states=solved.states,
        sampled_because=(*solved.reasons, *(["operations are estimated from handlers"] if estimated else [])),
    )


def asked(call: LiveCall, outbound: bool, operations: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """What a call that is over has asked, by the names of `CallDemand.quantities`."""
    assert call.ended is not None
    began = call.connected_to_system
    row = {"at once": call.ended - call.started}
    if outbound:
        row["ringing"] = (call.ended if began is None else began) - call.started
        row["Connect:StartOutboundVoiceContact"] = 1.0
    in_queue = with_agent = 0.0
    if call.enqueued is not None:
        in_queue = (call.ended if call.answered is None else call.answered) - call.enqueued
    if call.answered is not None:
        with_agent = (call.ended if call.talk_ended is None else call.talk_ended) - call.answered
        row["wrap-up"] = call.wrap_up_seconds
    if began is not None:
        row["in flow"] = call.ended - began - in_queue - with_agent
    row["in queue"] = in_queue
    row["with agent"] = with_agent
    total = 0.0
    for name, count in call.attempts.items():
        row[f"invocations:{name}"] = count
        total += count
        for operation, each in operations.get(name, {}).items():
            key = f"DynamoDB:{operation}"
            row[key] = row.get(key, 0.0) + count * each
    row["Lambda invocations"] = total
    if call.lex_turns:
        row["Lex turns"] = call.lex_turns
    for type_, count in call.services.items():
        row[f"service:{type_}"] = count
    return row
