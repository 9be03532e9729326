"""Sampled calls: calls run through their flows for quantities that are not known exactly."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from busyhour.calls.live import LiveCall
from busyhour.calls.policy import CallPolicy
from busyhour.calls.ports import FlowMachine
from busyhour.capacity.demand.expected_demand import ExactDemand
from busyhour.capacity.demand.quantity import Control, Quantity
from busyhour.capacity.simulation import confidence_intervals
from busyhour.capacity.simulation.functions import HANDLER_LATENCY, Answers
from busyhour.capacity.simulation.simulate import INFINITE, Simulation, SimulationResult
from busyhour.capacity.theory.distributions import ProbabilityDistribution
from busyhour.capacity.theory.holding_times import HoldingTime
from busyhour.results.estimate import alike
from busyhour.results.outcomes import ENDING, CallOutcomes, from_counts
from busyhour.scenarios.model import Scenario
from busyhour.scenarios.traffic import Direction

_WITH_TALK = ("at once", "with agent")
"""Quantities that include the conversation."""


@dataclass(frozen=True, slots=True)
class QueueDemand:
    """Demand of calls on one queue. Half-widths are of 95 % intervals, 0 if solved."""

    contacts: float
    """Contacts per call."""
    handling: float
    """Average handle time in seconds: whispers, talk, wrap-up."""
    contacts_half_width: float = 0.0
    handling_half_width: float = 0.0

    @property
    def spread(self) -> float:
        """Half-width of the interval of the load (the product of both) as a share of the load."""
        if not self.contacts or not self.handling:
            return 0.0
        return math.hypot(self.contacts_half_width / self.contacts, self.handling_half_width / self.handling)


class SampledCalls:
    """Calls run at a given rate.

    Args:
        scenario: callers and their destination. machine: flow machine of its flows. rate: calls per hour.
            skipped: warm-up calls, not counted. calls: number of counted calls. answers: answers of real
            handlers. policy: caller behaviour that the scenario has no key for.
    """

    def __init__(
        self,
        scenario: Scenario,
        machine: FlowMachine,
        rate: float,
        skipped: int,
        calls: int,
        answers: Answers | None,
        policy: CallPolicy | None,
    ) -> None:
        wanted = skipped + calls
        traffic = replace(
            scenario.traffic,
            calls_per_hour=rate,
            growth=1.0,
            shape=(),
            intervals=(),
            layers=(),
            # 1.5 times the mean need: the last calls must exist, and are cut below.
            duration=1.5 * wanted * 3600.0 / rate + 60.0 if rate else 0.0,
        )
        outbound = traffic.direction is Direction.OUTBOUND
        operations = {name: function.operations for name, function in scenario.functions.items()}
        ledger: dict[int, dict[str, float]] = {}
        talks: dict[int, float] = {}
        contacts: dict[int, str] = {}
        executing: dict[tuple[int, str], float] = {}
        outcomes: Counter[str] = Counter()
        endings: dict[int, str] = {}

        def add(call: LiveCall) -> None:
            if skipped <= call.index < wanted:
                keys = call.centre.outcome(call)
                outcomes.update(keys)
                endings[call.index] = keys[0].removeprefix(ENDING)
                ledger[call.index] = demand_of(call, outbound, operations)
                talks[call.index] = call.caller.talk()
                if call.queue_name is not None:
                    contacts[call.index] = call.queue_name

        def note(index: int, name: str, seconds: float) -> None:
            executing[index, name] = executing.get((index, name), 0.0) + seconds

        simulation = Simulation(
            replace(scenario, traffic=traffic),
            machine,
            answers=answers,
            policy=policy,
            on_end=add,
            calls=wanted,
        )
        simulation.functions.note = note
        self._scenario = scenario
        self._rate = rate
        self.result: SimulationResult = simulation.run(drain=INFINITE)
        self._calls = sorted(ledger)
        self._rows = [ledger[index] for index in self._calls]
        self._talks = [talks[index] for index in self._calls]
        self._contacts = [contacts.get(index) for index in self._calls]
        self._executing = executing
        self._outcomes = outcomes
        self._endings = [endings[index] for index in self._calls]

    @property
    def calls(self) -> int:
        """Number of counted calls."""
        return len(self._rows)

    def outcomes(self) -> CallOutcomes | None:
        """Outcomes of the counted calls without quotas; None if there were none."""
        alone = {name: alike([one == name for one in self._endings]) for name in set(self._endings)}
        return from_counts(self._outcomes, drawn=alone)

    def quantities(self, *, corrected: bool) -> dict[str, Quantity]:
        """Estimate the quantities, by the names of `per_call.CallDemand.quantities`.

        Args:
            corrected: use the drawn conversations, whose mean is known, as control variable.
        """
        names = sorted({name for row in self._rows for name in row})
        control = self._control() if corrected else None
        return {
            name: Quantity.of(
                [row.get(name, 0.0) for row in self._rows], control if name in _WITH_TALK else None
            )
            for name in names
        }

    def holding(self, at_once: Quantity | None) -> HoldingTime:
        """Return the distribution of call duration, with its known mean."""
        found = HoldingTime.of_sample([row["at once"] for row in self._rows], math.inf)
        if at_once is None:
            return found
        return replace(found, mean=at_once.mean, half_width=at_once.half_width)

    def _control(self) -> Control:
        """Return the control variable.

        The conversation that each call draws, whether or not it gets to one.
        """
        return Control(self._talks, ProbabilityDistribution(self._scenario.callers.talk).mean())

    def lambda_seconds(self, solved: ExactDemand | None) -> tuple[dict[str, float], dict[str, float]]:
        """Return the mean seconds of one execution by function, and half-widths of those that are sampled."""
        seconds: dict[str, float] = {}
        around: dict[str, float] = {}
        for name in sorted({name for row in self._rows for name in row if name.startswith("invocations:")}):
            name = name.removeprefix("invocations:")
            known = solved.lambda_seconds.get(name) if solved is not None else None
            if known is None:
                known = self._of_one_attempt(name)
            if known is not None:
                seconds[name] = known
                continue
            pairs = [
                (self._executing.get((index, name), 0.0), row.get(f"invocations:{name}", 0.0))
                for index, row in zip(self._calls, self._rows, strict=True)
            ]
            whole = math.fsum(count for _, count in pairs)
            if whole:
                seconds[name] = math.fsum(each for each, _ in pairs) / whole
                apart = [each - seconds[name] * count for each, count in pairs]
                around[name] = confidence_intervals.of_series(apart) * len(pairs) / whole
        if solved is not None:
            seconds = {**solved.lambda_seconds, **seconds}
        return seconds, around

    def _of_one_attempt(self, name: str) -> float | None:
        """Return the exact mean if attempts are never retried.

        The latency's mean, cut at the function's timeout.
        """
        function = self._scenario.functions.get(name)
        law = ProbabilityDistribution(
            HANDLER_LATENCY if function is None or function.latency is None else function.latency
        )
        if function is None:
            return law.mean()
        if function.error_share or function.handler or law.below(function.timeout) < 1.0:
            return None
        return law.mean()

    def queues(self, solved: ExactDemand | None) -> dict[str, QueueDemand]:
        """Return the demand on queues."""
        exact = {} if solved is None else solved.queues
        found = {name: QueueDemand(*known) for name, known in exact.items()}
        n = len(self._rows)
        for name in dict.fromkeys(name for name in self._contacts if name is not None):
            if name in found:
                continue
            here = [float(each == name) for each in self._contacts]
            handled = [
                row["with agent"] + row.get("wrap-up", 0.0)
                for row, each in zip(self._rows, here, strict=True)
                if each and "wrap-up" in row
            ]
            if handled:
                found[name] = QueueDemand(
                    math.fsum(here) / n,
                    math.fsum(handled) / len(handled),
                    confidence_intervals.of_series(here),
                    confidence_intervals.of_series(handled),
                )
        return found


def demand_of(
    call: LiveCall, outbound: bool, operations: Mapping[str, Mapping[str, float]]
) -> dict[str, float]:
    """Return the demand of a finished call, by the names of `CallDemand.quantities`."""
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
