"""Lambda functions in virtual time.

The scenario's latency model, declared answers, throttling by concurrency.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from functools import partial
from typing import Any

from busyhour.calls.chance import Stream, key_of
from busyhour.calls.live import LiveCall
from busyhour.calls.ports import Clock
from busyhour.capacity.simulation.gauges import Counter, Gauge
from busyhour.flows.actions.functions import function_name
from busyhour.flows.protocol import Invoke, LambdaFailed, LambdaResult
from busyhour.scenarios.model import Distribution, Function, Scenario
from busyhour.scenarios.traffic_plan.draw import Sampler, sampler

Done = Callable[[LambdaResult | LambdaFailed], None]
Answers = Callable[[str, Mapping[str, Any]], "LambdaResult | LambdaFailed | None"]
"""(function name, event) -> the handler's answer; None: unknown."""

HANDLER_LATENCY = Distribution("lognormal", 0.1, 0.5)
"""Duration of a function whose real handler a forecast does not time.

100 ms by convention; stated in the notes.
"""


@dataclass(slots=True)
class _Model:
    """One function: its latency, its answer, its running executions."""

    function: Function
    latency: Sampler
    cold: Sampler | None
    result: LambdaResult
    purpose: int
    level: Gauge
    environments: int = 0


class ModelledFunctions:
    """A `calls.ports.Functions` in virtual time.

    Args:
        clock: the virtual clock. scenario: its functions; one that it does not name answers `{}` after
            `HANDLER_LATENCY`. concurrency: concurrent executions in the account; more are throttled (429) as
            by Lambda. answers: answers of real handlers, if they were run.
    """

    def __init__(
        self,
        clock: Clock,
        scenario: Scenario,
        *,
        concurrency: float = float("inf"),
        answers: Answers | None = None,
    ) -> None:
        self._clock = clock
        self._scenario = scenario
        self._concurrency = concurrency
        self._answers = answers
        self.note: Callable[[int, str, float], None] | None = None
        """Receives every execution: index of the call, function, seconds without a cold start."""
        self._models: dict[str, _Model] = {}
        self.level = Gauge(clock)
        """Concurrent executions, all functions."""
        self.requests = Counter(clock)
        """Invocations/s, including throttled ones."""
        self.units: dict[str, Counter] = {}
        """DynamoDB operations/s by `table.Operation`."""
        self.throttled = 0
        self.first_throttled_at: float | None = None
        self._unknown: list[str] = []
        self._untimed: list[str] = []

    @property
    def levels(self) -> dict[str, Gauge]:
        """Concurrent executions by function."""
        return {name: model.level for name, model in self._models.items()}

    def notes(self) -> list[str]:
        """The assumptions made about functions that were invoked."""
        notes = []
        mean = f"{HANDLER_LATENCY.mean * 1000:.0f} ms"
        if self._unknown:
            names = ", ".join(map(repr, self._unknown))
            notes.append(
                f"not in the scenario: function {names}; an empty answer after about {mean} is assumed"
            )
        if self._untimed:
            names = ", ".join(map(repr, self._untimed))
            more = "" if self._answers else ", and an empty answer, since the handler is not run here"
            notes.append(f"no latency in the scenario for {names}: about {mean} is assumed{more}")
        return notes

    def so_far(self) -> ModelledFunctions:
        """Return a snapshot of the request counts; gauges and units are shared."""
        found = copy(self)
        found.requests = self.requests.so_far()
        return found

    def restart(self) -> None:
        """Count from now on."""
        self.level.restart()
        for level in self.levels.values():
            level.restart()
        for rate in (self.requests, *self.units.values()):
            rate.restart()
        self.throttled, self.first_throttled_at = 0, None

    def invoke(self, call: LiveCall, effect: Invoke, done: Done) -> None:
        """Start one attempt.

        It is throttled at once if the account's or the function's concurrency is used up.
        """
        name = function_name(effect.function_arn)
        model = self._models.get(name) or self._make(name)
        function = model.function
        if name in self._unknown:
            call.machine_call.lacks_function(effect.function_arn)
        self.requests.count()
        reserved = function.reserved_concurrency
        if self.level.value >= self._concurrency or (reserved is not None and model.level.value >= reserved):
            self.throttled += 1
            if self.first_throttled_at is None:
                self.first_throttled_at = self._clock.now()
            done(LambdaFailed("throttled", "concurrency is used up"))
            return
        self.level.up()
        model.level.up()
        stream = Stream(self._scenario.seed, call.index, model.purpose + call.invocations.get(name, 1))
        seconds = model.latency(stream)
        if self.note is not None:
            self.note(call.index, name, min(seconds, function.timeout))
        if model.level.value > model.environments:
            model.environments = int(model.level.value)
            if model.cold is not None:
                seconds += model.cold(stream)
        outcome: LambdaResult | LambdaFailed
        if seconds > function.timeout:
            seconds, outcome = function.timeout, LambdaFailed("function_error", "the function's own timeout")
        elif function.error_share and stream.random() < function.error_share:
            outcome = LambdaFailed("function_error", "declared by error_share")
        else:
            outcome = self._answer(model, effect)
        for operation, count in function.operations.items():
            rate = self.units.get(operation)
            if rate is None:
                rate = self.units[operation] = Counter(self._clock)
            rate.count(count)
        if seconds > 0.0:
            self._clock.call_later(seconds, partial(self._over, model, outcome, done))
        else:
            self._over(model, outcome, done)

    def _over(self, model: _Model, outcome: LambdaResult | LambdaFailed, done: Done) -> None:
        self.level.down()
        model.level.down()
        done(outcome)

    def _answer(self, model: _Model, effect: Invoke) -> LambdaResult | LambdaFailed:
        if self._answers is not None and model.function.handler is not None:
            answer = self._answers(model.function.name, effect.event)
            if answer is not None:
                return answer
        return model.result

    def _make(self, name: str) -> _Model:
        known = self._scenario.functions.get(name)
        if known is None:
            self._unknown.append(name)
        elif known.latency is None:
            self._untimed.append(name)
        function = known or Function(name)
        made = self._models[name] = _Model(
            function,
            sampler(function.latency or HANDLER_LATENCY),
            sampler(function.cold_start) if function.cold_start else None,
            LambdaResult(dict(function.response)),
            key_of(f"lambda/{name}"),
            Gauge(self._clock),
        )
        return made
