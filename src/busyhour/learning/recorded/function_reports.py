"""Learn from Lambda's reports of invocations: durations, cold starts, time-outs.

Text (`REPORT RequestId: … Duration: 12.34 ms … Init Duration: 210.50 ms`) and JSON (`platform.report`) as Lambda writes
them to CloudWatch Logs (Lambda Developer Guide, "Lambda function logs").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from busyhour.errors import BusyhourError
from busyhour.input_files import parse_json
from busyhour.learning import fits
from busyhour.learning.fits import Fitted, Interval
from busyhour.learning.recorded.documents import Text, texts
from busyhour.project.toml_file import shown

_REPORT = re.compile(r"REPORT RequestId: (?P<request>[0-9a-fA-F-]+)(?P<rest>.*)", re.DOTALL)
_DURATION = re.compile(r"(?<!Billed )(?<!Init )(?<!Restore )Duration: ([0-9]{1,12}(?:\.[0-9]{1,12})?) ms")
_INIT = re.compile(r"Init Duration: ([0-9]{1,12}(?:\.[0-9]{1,12})?) ms")
_MOST_MS = 1e12
"""Milliseconds, as in the text form."""
_STATUS = re.compile(r"Status: (\w+)")


@dataclass(frozen=True, slots=True)
class Invocation:
    """One invocation: seconds, seconds of its cold start (None: it was warm), whether it failed (None: not said)."""

    seconds: float
    init: float | None
    failed: bool | None


@dataclass(frozen=True, slots=True)
class FunctionTimes:
    """What a function's invocations took.

    Args:
        name: the function.
        latency: duration of an invocation without its cold start.
        cold_start: duration of a cold start; None: fewer than 2 were seen.
        cold: share of invocations with a cold start.
        failed: share of invocations that failed; None: a report in text says it of time-outs and crashes alone.
    """

    name: str
    latency: Fitted
    cold_start: Fitted | None
    cold: Interval
    failed: Interval | None


def learn(name: str, path: Path) -> FunctionTimes:
    """Learn from the log of one function.

    Args:
        name: the function.
        path: file or folder: log lines, or the output of `aws logs filter-log-events`; gzip too.

    Raises:
        BusyhourError: a file cannot be read, or no invocation is reported.
    """
    return of_messages(name, (one for document in texts(path) for one in _messages(document)), shown(path))


def of_messages(name: str, messages: Iterable[Any], source: str) -> FunctionTimes:
    """Learn from the messages of a function's log; raises as `learn`."""
    found: dict[str, Invocation] = {}
    for message in messages:
        found |= _report(message)
    if not found:
        raise BusyhourError(
            f"{source}: no report of an invocation of {name} in it",
            f"Export them: aws logs filter-log-events --log-group-name /aws/lambda/{name} --filter-pattern REPORT",
        )
    return _times(name, list(found.values()))


def _times(name: str, found: list[Invocation]) -> FunctionTimes:
    inits = [one.init for one in found if one.init is not None]
    return FunctionTimes(
        name,
        fits.duration([one.seconds for one in found]),
        fits.duration(inits) if len(inits) > 1 else None,
        fits.share(len(inits), len(found)),
        None if any(one.failed is None for one in found) else _failed(found),
    )


def _failed(found: list[Invocation]) -> Interval:
    return fits.share(sum(bool(one.failed) for one in found), len(found))


def _messages(document: Text) -> list[Any]:
    """Return the messages of a log: of the JSON output of the API, or the lines of a text."""
    try:
        whole = parse_json(document.text)
    except ValueError:
        whole = None
    if isinstance(whole, Mapping) and isinstance(whole.get("events"), list):
        whole = whole["events"]
    if isinstance(whole, list):
        return [one.get("message", one) if isinstance(one, Mapping) else one for one in whole]
    if isinstance(whole, Mapping):
        return [whole]
    return [*document.text.splitlines()]


def _is_time(value: Any) -> TypeGuard[float]:
    """Whether a JSON value is a number of milliseconds that an invocation can take; others are no report."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < _MOST_MS


def _report(message: Any) -> dict[str, Invocation]:
    """Return the invocation that a message reports, by its request; empty if it reports none."""
    if isinstance(message, str):
        text = _REPORT.search(message)
        if text is not None:
            duration = _DURATION.search(text["rest"])
            if duration is None:
                return {}
            init = _INIT.search(text["rest"])
            status = _STATUS.search(text["rest"])
            failed = status[1] != "success" if status is not None else None
            seconds = float(init[1]) / 1000 if init is not None else None
            return {text["request"]: Invocation(float(duration[1]) / 1000, seconds, failed)}
        if '"platform.report"' not in message:
            return {}
        try:
            message = parse_json(message[message.index("{") :])
        except ValueError:
            return {}
    if not isinstance(message, Mapping) or message.get("type") != "platform.report":
        return {}
    record = message.get("record")
    metrics = record.get("metrics") if isinstance(record, Mapping) else None
    if not isinstance(record, Mapping) or not isinstance(metrics, Mapping):
        return {}
    took, init_ms = metrics.get("durationMs"), metrics.get("initDurationMs")
    if not _is_time(took):
        return {}
    cold = init_ms / 1000 if _is_time(init_ms) else None
    return {str(record.get("requestId")): Invocation(took / 1000, cold, record.get("status") != "success")}
