"""Shares and times of callers, functions and hours from what was counted in logs: as values, and as a scenario states them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from busyhour.learning import fits
from busyhour.learning.learnt import LearntValue
from busyhour.learning.recorded.flow_logs import HANG_UP, SILENCE, FlowLogCounts, Place
from busyhour.learning.recorded.function_reports import FunctionTimes

Naming = Callable[[Place], str]
"""Returns the name of an action as a scenario has it: `flow/action`."""

_SHARE = 10_000
"""Shares are written with four decimals."""
_LISTED = 20
"""Values of a stored input that are written: one is drawn, so each is a share of 5 %."""


def by_identifier(place: Place) -> str:
    """Name an action by flow and identifier."""
    return "/".join(place)


def values_of_log(counts: FlowLogCounts, naming: Naming = by_identifier) -> Iterator[LearntValue]:
    """Yield every share with its interval: choices, inputs, branches, failures of functions, hours."""
    for table, title, found in (
        ("callers.menus", "", counts.menus),
        ("callers.inputs", " keys", counts.inputs),
        ("", "", counts.branches),
    ):
        for place, choices in sorted(found.items()):
            total, name = choices.total(), naming(place)
            for choice, number in choices.most_common():
                word = title if choice not in (SILENCE, HANG_UP) else ""
                key = f'{table}."{name}"' if table else ""
                yield LearntValue(key, f"{name}: {choice}{word}", "share", fits.share(number, total), total)
    for name, outcomes in sorted(counts.functions.items()):
        of, failed = outcomes.invocations, outcomes.failed
        title = f"{name}: failed, after Connect's retries"
        yield LearntValue("", title, "share", fits.share(failed, of), of)
    for queue, (opened, closed) in sorted(counts.hours.items()):
        name = queue.rpartition("/")[2] or "no queue set"
        around, number = fits.share(opened, opened + closed), opened + closed
        yield LearntValue("queues.*.open_share", f"hours of {name}: open", "share", around, number)


def values_of_functions(functions: Sequence[FunctionTimes]) -> Iterator[LearntValue]:
    """Yield durations, cold starts and failures of functions."""
    for one in functions:
        key, count = f"functions.{one.name}", one.latency.count
        yield LearntValue(
            f"{key}.latency",
            f"{one.name}: duration",
            "s",
            one.latency.mean,
            count,
            one.latency,
            one.latency.assumed,
        )
        if one.cold_start is not None:
            cold = one.cold_start
            yield LearntValue(
                f"{key}.cold_start", f"{one.name}: cold start", "s", cold.mean, cold.count, cold, cold.assumed
            )
        yield LearntValue("", f"{one.name}: invocations with a cold start", "share", one.cold, count)
        if one.failed is not None:
            title = f"{one.name}: failed invocations"
            yield LearntValue(f"{key}.error_share", title, "share", one.failed, count)


def menu(choices: Counter[str]) -> dict[str, float]:
    """Return the probabilities of choices; with four decimals they add up to 1."""
    shares = apportioned(choices, _SHARE)
    order = sorted(shares, key=lambda name: (name == HANG_UP, name == SILENCE, name))
    return {name: shares[name] / _SHARE for name in order if shares[name]}


def inputs(choices: Counter[str]) -> list[str]:
    """Return values of a stored input in the recorded shares: as many random digits as were entered, or silence."""
    return [
        "#" * int(choice) if choice.isdecimal() else choice
        for choice, number in apportioned(choices, _LISTED).items()
        for _ in range(number)
    ]


def apportioned(counts: Mapping[str, int], whole: int) -> dict[str, int]:
    """Divide `whole` in proportion to counts, by largest remainders; equal ones by count, then by name."""
    total = sum(counts.values())
    exact = {name: count * whole / total for name, count in counts.items()}
    found = {name: int(share) for name, share in exact.items()}
    left = whole - sum(found.values())
    for name in sorted(exact, key=lambda name: (found[name] - exact[name], -counts[name], name))[:left]:
        found[name] += 1
    return found


def open_shares(
    hours: Mapping[str, tuple[int, int]], queues: Mapping[str, Any]
) -> dict[str, tuple[float, int]]:
    """Return share open and number of checks by queue of a scenario, matched by ARN, id or name."""
    found: dict[str, tuple[float, int]] = {}
    for queue, (opened, closed) in hours.items():
        for name, table in queues.items():
            arn = str(table.get("arn") or "")
            if queue and (queue in (name, arn) or queue.rpartition("/")[2] in (name, arn.rpartition("/")[2])):
                found[name] = (round(opened / (opened + closed), 4), opened + closed)
    return found
