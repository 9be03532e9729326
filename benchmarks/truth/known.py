"""Plain descriptions of plans that exist as files: the shipped scenarios and the cases beside the project.

Read off the files by hand: prompts' lengths are declared in them, the rest are their own numbers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .independent.plan import Plan, Span, Table

PROJECT = Path(__file__).resolve().parents[2]
CASES = PROJECT.parent / "shared" / "cases" / "truth" / "scenarios"

FROM_CASES = (
    Plan(
        "short_test_of_long_calls",
        14_000,
        invocations=1,
        latency=Span("constant", 0.2),
        after=5.0,
        error_goes_on=True,
        lines=500,
        agents=900,
        patience=120,
        talk=Span("exponential", 150),
        wrap_up=Span("exponential", 30),
        hold=80,
        expects="does not hold",
    ),
    Plan(
        "big_items_hot_key",
        720_000,
        table=Table("UpdateItem", 9_700, units=4_000, keys=1_000, zipf=2.0),
        hold=25,
        expects="does not hold",
    ),
    Plan(
        "blocked_share",
        108_000,
        outbound=True,
        before=5.0,
        lines=130,
        start_rate=200,
        start_burst=203,
        tolerated=0.08,
        tolerated_blocked=0.08,
        hold=25,
        expects="does not hold",
    ),
    Plan(
        "small_inbound",
        100,
        before=5.0,
        lines=10,
        agents=30,
        talk=Span("exponential", 180),
        hold=4 * 3600.0,
        expects="does not hold",
    ),
    Plan(
        "throttled_function",
        7_200,
        invocations=3,
        between=5.0,
        latency=Span("exponential", 0.5),
        cold_start=1.0,
        reserved=6,
        on_error=5.0,
        lines=100,
        hold=90,
        expects="does not hold",
    ),
    # Its calls end in an error message after 3.4 s and its agents are reached by none: only the verdict is known.
    Plan("no_call_reaches_a_queue", 14_000, before=3.4, lines=50, hold=15, expects="does not hold"),
)

PATIENT = (
    # Callers who wait for an agent keep their lines: Erlang B of the mean would have fewer lines do.
    Plan(
        "patient_exponential",
        3_958,
        before=5.0,
        lines=58,
        agents=34,
        patience=300.0,
        talk=Span("exponential", 30.0),
        hold=1_500.0,
    ),
    Plan(
        "patient_wrap_up",
        1_400,
        before=5.0,
        lines=24,
        agents=20,
        patience=200.0,
        talk=Span("lognormal", 30.0, 0.8),
        wrap_up=Span("constant", 15.0),
        hold=3_000.0,
    ),
)
"""Plans without a file of their own."""


def _none_rejected(name: str, calls_per_hour: float, **parts: Any) -> Plan:
    """A plan whose objectives tolerate no rejection: less than one in the planned hour."""
    share = 1 / calls_per_hour
    return Plan(name, calls_per_hour, tolerated=share, tolerated_blocked=share, **parts)


SHIPPED = (
    _none_rejected(
        "customers",
        360_000,
        table=Table("UpdateItem", 400, 4_000, keys=160, zipf=0.0, burst_seconds=1.0, operations=0.8),
        hold=30,
    ),
    _none_rejected(
        "hot_customer",
        360_000,
        table=Table("UpdateItem", 20_000, 4_000, keys=10_000, zipf=1.5, burst_seconds=1.0),
        hold=20,
        expects="does not hold",
    ),
    _none_rejected(
        "lookup",
        72_000,
        invocations=1,
        latency=Span("lognormal", 0.15, 0.5, 1.0),
        executions=20,
        pauses=(),
        hold=30,
    ),
    # Their calls are recorded: see `recorded`.
    _none_rejected("helpdesk", 9_000, lines=200, patience=60, hold=100),
    _none_rejected(
        "outbound",
        8_640,
        outbound=True,
        even=True,
        lines=200,
        start_rate=5,
        start_burst=8,
        patience=60,
        hold=90,
    ),
    _none_rejected(
        "peak",
        10_800,
        outbound=True,
        lines=10,
        start_rate=2,
        start_burst=5,
        patience=60,
        hold=15,
        expects="does not hold",
    ),
    _none_rejected(
        "peak_raised", 10_800, outbound=True, lines=250, start_rate=10, start_burst=13, patience=60, hold=15
    ),
)
RECORDED = ("helpdesk", "outbound", "peak", "peak_raised")


def files() -> list[tuple[Plan, Path]]:
    """Each known plan with its scenario file, whether or not that is there."""
    shipped = [(plan, PROJECT / "scenarios" / f"{plan.name}.toml") for plan in SHIPPED]
    return [*((plan, CASES / f"{plan.name}.toml") for plan in FROM_CASES), *shipped]


VERDICT_ONLY = ("no_call_reaches_a_queue",)
"""Plans whose calls do not do what the plan says: nothing else of them can be compared."""
