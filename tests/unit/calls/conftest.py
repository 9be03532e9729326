"""A scripted machine and small scenarios that isolate each rule of a call's life."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from busyhour.calls.centre import CallCentre, Hours
from busyhour.calls.policy import CallPolicy
from busyhour.capacity.simulation.clock import VirtualClock
from busyhour.flows.library import FlowLibrary
from busyhour.flows.protocol import (
    AgentAnswered,
    Effect,
    Ended,
    EndReason,
    HungUp,
    Invoke,
    LambdaFailed,
    LambdaResult,
    Loop,
    Queued,
    Stopped,
    Talk,
)
from busyhour.scenarios.model import Callers, Distribution, DriveKind, Flows, Queue, Scenario
from busyhour.scenarios.traffic import Direction, LoadProfile, Plan, Traffic

MINUTE = Distribution("constant", 60.0)
HUNDRED = Distribution("constant", 100.0)
TEN = Distribution("constant", 10.0)

Step = Effect | Callable[[Any], Effect]


class ScriptedCall:
    """Plays a fixed list of effects; after Queued it loops, after an agent's answer it talks."""

    flow_name = "main"
    continues_beside = False
    unmodelled: tuple[str, ...] = ()
    unresolved: tuple[str, ...] = ()
    after_disconnect: tuple[str, ...] = ()

    def __init__(self, steps: Sequence[Step], attributes: Mapping[str, str]) -> None:
        self.steps = list(steps)
        self.attributes = dict(attributes)
        self.heard: list[Any] = []
        self.actions_run = 0

    def start(self) -> Effect:
        return self._next(None)

    def send(self, event: Any) -> Effect:
        self.heard.append(event)
        match event:
            case HungUp():
                return Ended(EndReason.CUSTOMER_DISCONNECT)
            case Stopped():
                return Ended(EndReason.STOPPED)
            case Queued():
                return Loop("queue", "please hold", float("inf"))
            case AgentAnswered(agent=agent):
                return Talk("talk", agent)
            case _:
                return self._next(event)

    def _next(self, event: Any) -> Effect:
        if not self.steps:
            return Ended(EndReason.FLOW_DISCONNECT, "DisconnectParticipant")
        step = self.steps.pop(0)
        self.actions_run += 1
        return step(event) if callable(step) else step


class ScriptedMachine:
    queue_names: Mapping[str, tuple[str, str]] = {}

    library = FlowLibrary([])

    def __init__(self, *steps: Step) -> None:
        self.steps = steps

    def call(self, entry: str, contact: Any) -> ScriptedCall:
        return ScriptedCall(self.steps, contact.attributes)


class Journal:
    """A listener that keeps everything."""

    def __init__(self) -> None:
        self.events: list[tuple[int, str, float, Mapping[str, Any]]] = []

    def on_event(self, call: Any, kind: str, at: float, detail: Mapping[str, Any]) -> None:
        self.events.append((call.index, kind, round(at, 6), dict(detail)))

    def kinds(self) -> list[str]:
        return [kind for _, kind, _, _ in self.events]

    def times(self, kind: str) -> list[float]:
        return [at for _, heard, at, _ in self.events if heard == kind]


class ScriptedFunctions:
    """Answers attempt n with script[n]: (seconds until the answer, the answer); None never answers."""

    def __init__(
        self, clock: VirtualClock, *script: tuple[float, LambdaResult | LambdaFailed] | None
    ) -> None:
        self.clock = clock
        self.script = list(script)
        self.attempts: list[float] = []

    def invoke(self, call: Any, effect: Invoke, done: Callable[[LambdaResult | LambdaFailed], None]) -> None:
        answer = self.script[len(self.attempts)]
        self.attempts.append(round(self.clock.now(), 6))
        if answer is None:
            return
        seconds, result = answer
        if seconds == 0:
            done(result)
        else:
            self.clock.call_later(seconds, lambda: done(result))


def make_scenario(
    *queues: Queue,
    seed: int = 1,
    direction: Direction = Direction.INBOUND,
    patience: Distribution = MINUTE,
    talk: Distribution = HUNDRED,
    wrap_up: Distribution = TEN,
    **callers: Any,
) -> Scenario:
    return Scenario(
        name="test",
        path=Path("test.toml"),
        description="",
        seed=seed,
        drive=DriveKind.BACKEND,
        traffic=Traffic(direction=direction, duration=3600.0, calls_per_hour=100.0),
        plan=Plan(100.0),
        test=LoadProfile(3600.0),
        callers=Callers(patience=patience, talk=talk, wrap_up=wrap_up, **callers),
        flows=Flows(files=(), entry="main"),
        queues={queue.name: queue for queue in queues},
    )


class Bench:
    """One scripted call centre under a virtual clock, with everything that happened in it."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.journal = Journal()
        self.functions = ScriptedFunctions(self.clock)

    def answers(self, *script: tuple[float, LambdaResult | LambdaFailed] | None) -> None:
        self.functions = ScriptedFunctions(self.clock, *script)

    def centre(
        self,
        *steps: Step,
        queues: Sequence[Queue] = (),
        policy: CallPolicy | None = None,
        hours: Hours | None = None,
        **scenario: Any,
    ) -> CallCentre:
        self.made = CallCentre(
            self.clock,
            ScriptedMachine(*steps),
            make_scenario(*queues, **scenario),
            self.functions,
            self.journal,
            policy=policy,
            hours=hours,
        )
        return self.made

    def arrive_at(self, *times: float) -> None:
        for index, at in enumerate(times):
            self.clock.call_later(at, lambda index=index: self.made.arrive(index))


@pytest.fixture
def bench() -> Bench:
    return Bench()
