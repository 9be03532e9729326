"""Learn from flow logs: how often each choice was made, what functions answered, whether hours were open.

One entry is one block that was run (Administrator Guide, "Data in flow logs"). Published entries show that some blocks
log a second entry, without Results, before there is a result; such an entry counts as hanging up where it is the
contact's last. Keys that callers enter are counted by their number and not kept.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from busyhour.errors import BusyhourError
from busyhour.flows.actions.functions import function_name
from busyhour.flows.playback.flow_log import entry_of
from busyhour.learning.recorded.documents import texts, values
from busyhour.project.toml_file import shown

Place = tuple[str, str]
"""Name of a flow, identifier of an action in it."""

SILENCE, HANG_UP = "silence", "hang_up"
"""Choices of callers, as scenarios name them, that are no key and no intent."""
_MENU, _INPUT, _FUNCTION, _HOURS, _QUEUE, _COMPARE = (
    "GetUserInput",
    "StoreUserInput",
    "InvokeExternalResource",
    "CheckHoursOfOperation",
    "SetQueue",
    "CheckAttribute",
)
_KEYS = re.compile(r"\+?[0-9*#A-D]{1,128}")
_FAILED = re.compile(
    r"error|failed|exception|no prompt provided|unsupported|invalid|not found|notdone|multiplefound|status code",
    re.I,
)
"""Texts that published tools count as failures of a block (beside Timeout, which is a caller's silence)."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Invocations of one function by Connect: all, and those that failed by the text of the log."""

    invocations: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)

    @property
    def failed(self) -> int:
        """Invocations that failed."""
        return sum(self.failures.values())


@dataclass(frozen=True, slots=True)
class FlowLogCounts:
    """What the entries of a flow log say, as counts.

    Args:
        source: the file or folder.
        contacts: number of contacts.
        entries: number of entries.
        first: time of the first entry, as the log writes it.
        last: time of the last one.
        menus: choices by action: keys, an intent, `silence`, `hang_up`.
        inputs: by action: the number of keys entered, or `silence`, `hang_up`.
        branches: by action that compares: the comparison that was met (`Equals 3`), or `no match`.
        functions: by name.
        hours: by the queue that was set before the check (its ARN; empty if none): times open, times closed.
        notes: what was left out.
    """

    source: str
    contacts: int
    entries: int
    first: str
    last: str
    menus: Mapping[Place, Counter[str]]
    inputs: Mapping[Place, Counter[str]]
    branches: Mapping[Place, Counter[str]]
    functions: Mapping[str, Outcomes]
    hours: Mapping[str, tuple[int, int]]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class _Entry:
    contact: str
    at: str
    number: int
    place: Place = field(compare=False)
    kind: str = field(compare=False)
    results: str | None = field(compare=False)
    detail: str = field(compare=False)
    """Function ARN, queue, or the comparison."""
    answered: bool = field(compare=False)
    """Whether the entry has ExternalResults."""


def count(path: Path) -> FlowLogCounts:
    """Count what the flow log of a file or a folder says.

    Args:
        path: JSON lines, or the output of `aws logs filter-log-events`; gzip too.

    Raises:
        BusyhourError: a file cannot be read, or there is no entry of a flow.
    """
    lines = (
        (f"{shown(document.path)}:{line}", value)
        for document in texts(path)
        for line, value in values(document)
    )
    return tally(lines, shown(path))


def tally(lines: Iterable[tuple[str, Mapping[str, Any]]], source: str) -> FlowLogCounts:
    """Count what entries say.

    Args:
        lines: place and object of each; objects that are no entry of a flow are passed over.
        source: where they are from.

    Raises:
        BusyhourError: none is an entry of a flow, or one has no contact.
    """
    entries = list(_entries(lines))
    if not entries:
        raise BusyhourError(
            f"{source}: no entry of a contact flow in it",
            "Flows log where a block Set logging behavior enables it and the instance has flow logs. Export them: aws logs "
            "filter-log-events --log-group-name /aws/connect/ALIAS > flow-log.json",
        )
    counted = _Counting()
    ordered = sorted(entries)
    contacts = 0
    for _, of_contact in groupby(ordered, lambda entry: entry.contact):
        contacts += 1
        counted.add(list(of_contact))
    times = sorted(entry.at for entry in ordered if entry.at)
    return FlowLogCounts(
        source,
        contacts,
        len(ordered),
        times[0] if times else "",
        times[-1] if times else "",
        counted.menus,
        counted.inputs,
        counted.branches,
        {name: Outcomes(of, dict(counted.failures.get(name, {}))) for name, of in counted.invoked.items()},
        {queue: (found[True], found[False]) for queue, found in counted.hours.items()},
        tuple(counted.notes()),
    )


def _entries(lines: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[_Entry]:
    for number, (place, value) in enumerate(lines):
        raw = entry_of(value)
        if raw is None:
            continue
        parameters = raw.get("Parameters")
        entry = _entry(number, raw, parameters if isinstance(parameters, Mapping) else {})
        if not entry.contact:
            raise BusyhourError(
                f"{place}: an entry of a flow log without ContactId",
                "Give the log as Connect writes it: choices are counted by contact.",
            )
        yield entry


def _entry(number: int, raw: Mapping[str, Any], parameters: Mapping[str, Any]) -> _Entry:
    kind, results = str(raw.get("ContactFlowModuleType")), raw.get("Results")
    match kind:
        case "InvokeExternalResource":
            detail = str(parameters.get("FunctionArn") or "")
        case "SetQueue":
            detail = str(parameters.get("Queue") or "")
        case "CheckAttribute":
            detail = f"{parameters.get('ComparisonMethod', '')} {parameters.get('SecondValue', '')}".strip()
        case _:
            detail = ""
    return _Entry(
        str(raw.get("ContactId") or ""),
        str(raw.get("Timestamp") or ""),
        number,
        (str(raw.get("ContactFlowName") or ""), str(raw.get("Identifier") or "")),
        kind,
        None if results is None else str(results),
        detail,
        raw.get("ExternalResults") is not None,
    )


class _Counting:
    """Adds up entries contact by contact."""

    def __init__(self) -> None:
        self.menus: dict[Place, Counter[str]] = {}
        self.inputs: dict[Place, Counter[str]] = {}
        self.branches: dict[Place, Counter[str]] = {}
        self.invoked: Counter[str] = Counter()
        self.failures: dict[str, Counter[str]] = {}
        self.hours: dict[str, Counter[bool]] = {}
        self._left: Counter[str] = Counter()

    def add(self, entries: list[_Entry]) -> None:
        """Add the entries of one contact, in their order."""
        queue = ""
        waiting: set[Place] = set()
        for entry, following in zip(entries, [*entries[1:], None], strict=True):
            match entry.kind:
                case "SetQueue":
                    queue = entry.detail
                case "GetUserInput" | "StoreUserInput":
                    self._choice(entry, waiting, last=following is None)
                case "InvokeExternalResource":
                    self._invocation(entry)
                case "CheckHoursOfOperation" if (entry.results or "").lower() in ("true", "false"):
                    open_ = (entry.results or "").lower() == "true"
                    self.hours.setdefault(queue, Counter())[open_] += 1
                case "CheckAttribute":
                    self._comparison(entry, following)
        self._left["entries of inputs have no result: neither keys nor a time-out is known"] += len(waiting)

    def _choice(self, entry: _Entry, waiting: set[Place], *, last: bool) -> None:
        of = (self.menus if entry.kind == _MENU else self.inputs).setdefault(entry.place, Counter())
        result = entry.results
        if result is None and not last:
            waiting.add(entry.place)
            return
        waiting.discard(entry.place)
        if result is None:
            of[HANG_UP] += 1
        elif result == "Timeout":
            of[SILENCE] += 1
        elif _KEYS.fullmatch(result):
            of[result if entry.kind == _MENU else str(len(result.lstrip("+")))] += 1
        elif _FAILED.search(result) or entry.kind == _INPUT:
            self._left["results of inputs are no keys, time-outs or intents"] += 1
        else:
            of[result] += 1

    def _invocation(self, entry: _Entry) -> None:
        name = function_name(entry.detail)
        if entry.results is not None:
            self.failures.setdefault(name, Counter())[entry.results[:120]] += 1
        elif not entry.answered:
            return
        self.invoked[name] += 1

    def _comparison(self, entry: _Entry, following: _Entry | None) -> None:
        of = self.branches.setdefault(entry.place, Counter())
        if (entry.results or "").lower() == "true":
            of[entry.detail] += 1
        elif following is None or following.kind != _COMPARE or following.place != entry.place:
            of["no match"] += 1

    def notes(self) -> Iterator[str]:
        """Yield what was left out, with its count."""
        return (f"{number:,} {name}." for name, number in self._left.items() if number)
