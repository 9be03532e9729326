"""The scenario that tests of outcomes and of unused entries vary: a call a minute, all of whose times are a second."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from busyhour.scenarios.model import Callers, Distribution, DriveKind, Flows, Scenario
from busyhour.scenarios.traffic import Direction, LoadProfile, Plan, Traffic

SECOND = Distribution("constant", 1.0)


def scenario(**more: Any) -> Scenario:
    made = Scenario(
        name="test",
        path=Path("test.toml"),
        description="",
        seed=1,
        drive=DriveKind.BACKEND,
        traffic=Traffic(Direction.INBOUND, 60.0, calls_per_hour=60.0),
        plan=Plan(60.0),
        test=LoadProfile(60.0),
        callers=Callers(SECOND, SECOND, SECOND),
        flows=Flows((), "main"),
    )
    return replace(made, **more)
