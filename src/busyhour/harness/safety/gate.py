"""The safety gate of `--target aws`: what must be true before anything dials, calls AWS or costs money.

AWS binds load tests of Connect to a policy: written approval at least two weeks before, tests only between
18:00 and 06:00 in the Region's own time, a reachable emergency contact, a detailed plan
("Load and penetration / security testing policies", Connect Administrator Guide, read in late 2026).
The gate is a pure function of the scenario, the approval record and the time.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from busyhour.errors import BusyhourError, ExitCode, did_you_mean
from busyhour.input_files import SETTINGS_BYTES, parse_toml, read_text
from busyhour.load.safety.permit import plan_of
from busyhour.load.safety.policy import (
    PRICE_PER_VOICE_MINUTE_USD,
    REGION_TIME_ZONES,
    WINDOW_CLOSES,
    closes_at,
    in_window,
)
from busyhour.scenarios.model import DriveKind, Scenario

SLACK = timedelta(minutes=15)
"""A run without calls may take this much longer than planned: quotas and forecast before it, workers that connect."""


@dataclass(frozen=True, slots=True)
class Approval:
    """What AWS approved, as the team wrote it down from AWS's written answer."""

    id: str
    account: str
    region: str
    instance: str
    not_before: datetime
    not_after: datetime
    emergency_contact: str
    max_calls: int
    max_concurrent: int
    path: Path


@dataclass(frozen=True, slots=True)
class Intent:
    """What a run would do, computed before it does anything."""

    calls: int
    peak_concurrent: float
    """Places taken of the calling instance's concurrent calls; both legs in a loopback to itself."""
    minutes: float
    """Voice minutes, all calls together, all legs that are billed."""

    @property
    def cost_usd(self) -> float:
        """Connect's voice minutes; telephony and Lambda come on top and are not in AWS's public table."""
        return self.minutes * PRICE_PER_VOICE_MINUTE_USD


@dataclass(frozen=True, slots=True)
class Clearance:
    """The gate's yes to one plan; `clear` alone makes it."""

    plan: str
    """`load.safety.permit.plan_of` the scenario."""
    until: datetime
    """No call may go on after this."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason why the run may not start, and the way out."""

    reason: str
    way_out: str


_FIELDS = {
    "id": str,
    "account": str,
    "region": str,
    "instance": str,
    "not_before": datetime,
    "not_after": datetime,
    "emergency_contact": str,
    "max_calls": int,
    "max_concurrent": int,
}


def read_approval(path: Path) -> Approval:
    """Read an approval record (TOML with the keys of `Approval`).

    Raises:
        BusyhourError: missing file, bad TOML, missing or unknown key, or a value of the wrong type.
    """
    try:
        data: dict[str, Any] = parse_toml(read_text(path, SETTINGS_BYTES))
    except OSError as error:
        raise BusyhourError(
            f"The approval record {path} cannot be read: {error.strerror}.",
            "Write AWS's written approval down there; docs/aws.md shows the keys.",
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise BusyhourError(f"The approval record {path} is not TOML: {error}.") from None
    for key in data:
        if key not in _FIELDS:
            raise BusyhourError(f"{path}: unknown key {key!r}.{did_you_mean(key, _FIELDS)}")
    for key, kind in _FIELDS.items():
        if key not in data:
            raise BusyhourError(f"{path}: {key} is missing.", "docs/aws.md shows a complete record.")
        if not isinstance(data[key], kind) or (kind is datetime and data[key].tzinfo is None):
            wanted = (
                "a date and time with an offset, like 2026-12-01T18:00:00-05:00"
                if kind is datetime
                else kind.__name__
            )
            raise BusyhourError(f"{path}: {key} is {data[key]!r}; it must be {wanted}.")
    return Approval(path=path, **data)


def clear(scenario: Scenario, intent: Intent, approval: Approval | None, now: datetime) -> Clearance:
    """Let a run pass that nothing speaks against.

    Raises:
        BusyhourError: every reason against it, with every way out (exit code 3).
    """
    found = refusals(scenario, intent, approval, now)
    if found:
        first, *more = found
        raise BusyhourError(
            "\n       ".join([f"Refused: {first.reason}", *(refusal.reason for refusal in more)]),
            "\n      ".join(dict.fromkeys(refusal.way_out for refusal in found)),
            ExitCode.REFUSED,
        )
    ends = now + timedelta(seconds=scenario.traffic.duration + scenario.traffic.drain) + SLACK
    if scenario.drive is DriveKind.VOICE and approval is not None:
        ends = min(closes_at(now, scenario.aws.region), approval.not_after)
    return Clearance(plan_of(scenario), ends)


def recheck(clearance: Clearance | None, scenario: Scenario, now: datetime) -> float:
    """Seconds for which a run may go on, asked right before it starts.

    Raises:
        BusyhourError: the gate has not passed this scenario, or no time is left (exit code 3).
    """
    if clearance is None or clearance.plan != plan_of(scenario):
        raise BusyhourError(
            f"Refused: the safety gate has not passed {scenario.path}.",
            "Start it with `busyhour run SCENARIO --target aws --live`.",
            ExitCode.REFUSED,
        )
    left = (clearance.until - now).total_seconds()
    if left <= 0:
        raise BusyhourError(
            f"Refused: the time that the safety gate allowed ended at {clearance.until.isoformat(timespec='seconds')}.",
            "Start it earlier.",
            ExitCode.REFUSED,
        )
    return left


def refusals(scenario: Scenario, intent: Intent, approval: Approval | None, now: datetime) -> list[Refusal]:
    """Every reason against this run, in the order of the policy; empty when it may start."""
    target = scenario.aws
    found: list[Refusal] = []

    def refuse(reason: str, way_out: str) -> None:
        found.append(Refusal(reason, way_out))

    where = f"[aws] in {scenario.path}"
    for key, value in (("account", target.account), ("instance", target.instance)):
        if not value:
            refuse(f"{where} names no {key}.", f"Set {key} there.")
    if target.region not in REGION_TIME_ZONES:
        refuse(
            f"{where}: region {target.region!r} is not a Region with Connect.{did_you_mean(target.region, REGION_TIME_ZONES)}",
            f"Use one of {', '.join(sorted(REGION_TIME_ZONES))}.",
        )
    for key, limit, planned in (
        ("max_calls", target.max_calls, float(intent.calls)),
        ("max_concurrent", target.max_concurrent, intent.peak_concurrent),
        ("max_cost_usd", target.max_cost_usd, intent.cost_usd),
    ):
        if limit is None:
            refuse(f"{where} sets no {key}.", f"Set {key}; there is no default.")
        elif planned > limit:
            refuse(
                f"The run needs {planned:,.0f} where {where} caps {key} at {limit:,}.",
                "Plan less traffic or raise the cap.",
            )
    if scenario.drive is not DriveKind.VOICE:
        return found
    if not target.destinations:
        refuse(
            f"{where} allows no destination.",
            "List the numbers that may be dialled in destinations; there is no default.",
        )
    if approval is None:
        refuse(
            f"{where} names no approval record.",
            'AWS approves load tests in writing, two weeks ahead (docs/aws.md); name the record with approval = "FILE".',
        )
        return found
    for key, approved, wanted in (
        ("account", approval.account, target.account),
        ("region", approval.region, target.region),
        ("instance", approval.instance, target.instance),
    ):
        if approved != wanted:
            refuse(
                f"{approval.path} approves {key} {approved!r}, not {wanted!r}.",
                "Ask AWS to approve this one.",
            )
    if not approval.not_before <= now <= approval.not_after:
        refuse(
            f"{approval.path} is good from {approval.not_before.isoformat()} to {approval.not_after.isoformat()}; "
            f"it is {now.isoformat(timespec='seconds')}.",
            "Wait for the window, or ask AWS for another one.",
        )
    if target.region in REGION_TIME_ZONES and not in_window(now, target.region):
        local = now.astimezone(ZoneInfo(REGION_TIME_ZONES[target.region]))
        refuse(
            f"It is {local:%H:%M} in {target.region}; AWS allows load tests from 18:00 to 06:00 in the Region's time.",
            "Start it in the evening of the Region.",
        )
    elif target.region in REGION_TIME_ZONES:
        ends = now + timedelta(seconds=scenario.traffic.duration + scenario.traffic.drain)
        if ends > min(closes_at(now, target.region), approval.not_after):
            local = ends.astimezone(ZoneInfo(REGION_TIME_ZONES[target.region]))
            refuse(
                f"Started now, the run goes on until {local:%H:%M} in {target.region}; AWS allows load tests until "
                f"{WINDOW_CLOSES:%H:%M}, and the approval ends at {approval.not_after.isoformat()}.",
                "Start it earlier, or plan a shorter run.",
            )
    if intent.calls > approval.max_calls:
        refuse(
            f"The run places {intent.calls:,} calls; {approval.path} approves {approval.max_calls:,}.",
            "Plan fewer calls.",
        )
    if intent.peak_concurrent > approval.max_concurrent:
        refuse(
            f"The run reaches {intent.peak_concurrent:,.0f} calls at once; {approval.path} approves "
            f"{approval.max_concurrent:,}.",
            "Plan fewer calls at once.",
        )
    if not approval.emergency_contact.strip():
        refuse(
            f"{approval.path} names no emergency contact.",
            "AWS must be able to reach a person during the test.",
        )
    return found
