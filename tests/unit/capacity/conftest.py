"""Small flows and scenarios whose traffic has a closed form."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from busyhour.flows.library import FlowLibrary
from busyhour.flows.machine import Machine
from busyhour.flows.model import Action, ErrorBranch, Flow, FlowType
from busyhour.scenarios.model import Callers, Distribution, DriveKind, Flows, Function, Queue, Scenario
from busyhour.scenarios.traffic import ArrivalProcess, Direction, LoadProfile, Plan, Traffic

NONE = Distribution("constant", 0.0)
FOR_EVER = Distribution("constant", 1e9)


def step(identifier: str, type_: str, following: str | None, **parameters: Any) -> Action:
    errors = (ErrorBranch("NoMatchingError", "bye"), ErrorBranch("QueueAtCapacity", "bye"))
    return Action(identifier, type_, parameters, following, errors=errors if following else ())


BYE = step("bye", "DisconnectParticipant", None)


def flow(name: str, *actions: Action) -> Flow:
    return Flow(name, FlowType.CONTACT_FLOW, actions[0].identifier, (*actions, BYE))


class Small:
    """Makes scenarios and machines of a few lines."""

    to_queue = (
        step("set", "UpdateContactTargetQueue", "transfer", QueueId="sales"),
        step("transfer", "TransferContactToQueue", "bye"),
    )
    lookup = step(
        "lookup", "InvokeLambdaFunction", "bye", LambdaFunctionARN="lookup", InvocationTimeLimitSeconds="8"
    )

    @staticmethod
    def prompt(seconds: float) -> Action:
        return step("hello", "MessageParticipant", "bye", PromptId=f"p{seconds:g}")

    @staticmethod
    def machine(*actions: Action) -> Machine:
        lengths = {f"p{n}": float(n) for n in (1, 5, 10, 30, 60, 180)}
        return Machine(FlowLibrary([flow("main", *actions)]), prompt_seconds=lengths)

    @staticmethod
    def scenario(
        *,
        calls_per_hour: float = 3600.0,
        duration: float = 3600.0,
        queues: tuple[Queue, ...] = (),
        functions: tuple[Function, ...] = (),
        talk: Distribution = Distribution("exponential", 180.0),  # noqa: B008  # frozen
        wrap_up: Distribution = NONE,
        patience: Distribution = FOR_EVER,
        direction: Direction = Direction.INBOUND,
        arrivals: ArrivalProcess = ArrivalProcess.POISSON,
        seed: int = 7,
        callers: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> Scenario:
        return Scenario(
            name="small",
            path=Path("small.toml"),
            description="",
            seed=seed,
            drive=DriveKind.BACKEND,
            traffic=Traffic(direction, duration, arrivals, calls_per_hour, drain=0.0),
            plan=Plan(calls_per_hour),
            test=LoadProfile(duration, drain=0.0),
            callers=Callers(patience=patience, talk=talk, wrap_up=wrap_up, **(callers or {})),
            flows=Flows(files=(), entry="main"),
            queues={queue.name: queue for queue in queues},
            functions={function.name: function for function in functions},
            **more,
        )


@pytest.fixture(scope="session")
def small() -> Small:
    return Small()
