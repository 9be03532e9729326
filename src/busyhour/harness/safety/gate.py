"""The safety gate of `--target aws`: what must be true before anything dials, calls AWS or costs money.

AWS binds load tests of Connect to a policy: written approval at least two weeks before, tests only between
18:00 and 06:00 in the Region's own time, a reachable emergency contact, a detailed plan
("Load and penetration / security testing policies", Connect Administrator Guide, read in late 2026).
The gate is a pure function of the scenario, the approval record and the time.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from busyhour.errors import BusyhourError, ExitCode, did_you_mean
from busyhour.harness.safety import phone_numbers
from busyhour.harness.safety.approval import Approval
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
class Intent:
    """Calls, concurrency and minutes of a run, computed before it does anything."""

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
    assert approval is not None  # without one there was a refusal
    if scenario.drive is DriveKind.VOICE:
        ends = closes_at(now, scenario.aws.region)
    ends = min(ends, approval.not_after)
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
        elif not 0 < limit <= sys.float_info.max:
            refuse(
                f"{where} sets {key} = {limit!s:.40}.", f"Set {key} to a number above 0; there is no default."
            )
        elif not planned <= limit:
            refuse(
                f"The run needs {planned:,.0f} where {where} caps {key} at {limit:,}.",
                "Plan less traffic or raise the cap.",
            )
    calls = scenario.drive is DriveKind.VOICE
    found += _numbers(scenario, where) if calls else []
    if approval is None:
        refuse(
            f"{where} names no approval record.",
            'AWS approves load tests in writing, two weeks ahead (docs/aws.md); name the record with approval = "FILE".'
            if calls
            else "Have the person who answers for the account approve the load, and name the record with approval = "
            '"FILE" (docs/aws.md).',
        )
        return found
    for key, approved, wanted in (
        ("account", approval.account, target.account),
        ("region", approval.region, target.region),
        ("drive", approval.drive, scenario.drive.value),
        *((("instance", approval.instance, target.instance),) if calls else ()),
    ):
        if approved != wanted:
            refuse(
                f"{approval.path} approves {key} {approved!r}, not {wanted!r}.",
                "Have this one approved.",
            )
    found += _times(scenario, approval, now)
    if intent.calls > approval.max_calls:
        refuse(
            f"The run places {intent.calls:,} calls; {approval.path} approves {approval.max_calls:,}.",
            "Plan fewer calls.",
        )
    if not intent.peak_concurrent <= approval.max_concurrent:
        refuse(
            f"The run reaches {intent.peak_concurrent:,.0f} calls at once; {approval.path} approves "
            f"{approval.max_concurrent:,}.",
            "Plan fewer calls at once.",
        )
    if not approval.emergency_contact.strip():
        who = "emergency contact" if calls else "person who approved it"
        refuse(
            f"{approval.path} names no {who}.",
            "AWS must be able to reach a person during the test."
            if calls
            else "Write the person's name as approved_by.",
        )
    return found


def _numbers(scenario: Scenario, where: str) -> list[Refusal]:
    """Return what is wrong with the numbers that would be dialled, and with the one they are dialled from."""
    target = scenario.aws
    found = []
    if not target.source_number:
        found.append(
            Refusal(f"{where} names no source_number.", "Set it to the instance's number to call from.")
        )
    if not target.destinations:
        found.append(
            Refusal(
                f"{where} allows no destination.",
                "List the numbers that may be dialled in destinations; there is no default.",
            )
        )
    for key, number in (
        *((("source_number", target.source_number),) if target.source_number else ()),
        *(("destinations", number) for number in target.destinations),
    ):
        why = phone_numbers.objection(number, premium=number in target.premium)
        if why:
            found.append(
                Refusal(
                    f"{where}: {number!r} in {key} {why}.",
                    'List a premium-rate number as "NUMBER premium" where it is meant.'
                    if "premium" in why
                    else "Correct the number, or remove it.",
                )
            )
    return found


def _times(scenario: Scenario, approval: Approval, now: datetime) -> list[Refusal]:
    """Return why the run may not take place now, by the approval and by AWS's window for calls."""
    region, calls = scenario.aws.region, scenario.drive is DriveKind.VOICE
    found = []
    if not approval.not_before <= now <= approval.not_after:
        found.append(
            Refusal(
                f"{approval.path} is good from {approval.not_before.isoformat()} to {approval.not_after.isoformat()}; "
                f"it is {now.isoformat(timespec='seconds')}.",
                "Wait for the window, or have another one approved.",
            )
        )
    ends = now + timedelta(seconds=scenario.traffic.duration + scenario.traffic.drain)
    if region not in REGION_TIME_ZONES:
        return found
    zone = ZoneInfo(REGION_TIME_ZONES[region])
    if calls and not in_window(now, region):
        found.append(
            Refusal(
                f"It is {now.astimezone(zone):%H:%M} in {region}; AWS allows load tests from 18:00 to 06:00 in the "
                "Region's time.",
                "Start it in the evening of the Region.",
            )
        )
    elif calls and ends > min(closes_at(now, region), approval.not_after):
        found.append(
            Refusal(
                f"Started now, the run goes on until {ends.astimezone(zone):%H:%M} in {region}; AWS allows load tests "
                f"until {WINDOW_CLOSES:%H:%M}, and the approval ends at {approval.not_after.isoformat()}.",
                "Start it earlier, or plan a shorter run.",
            )
        )
    elif not calls and ends > approval.not_after:
        found.append(
            Refusal(
                f"Started now, the run goes on until {ends.isoformat(timespec='seconds')}, and {approval.path} ends at "
                f"{approval.not_after.isoformat()}.",
                "Start it earlier, or plan a shorter run.",
            )
        )
    return found
