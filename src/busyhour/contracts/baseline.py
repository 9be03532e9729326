"""Findings that a team has accepted temporarily, identified by their subject, not by their position in a file.

A baseline is a JSON file. An entry is the number of accepted findings of one kind and may expire; expired
entries accept nothing. Entries that no finding matches any more are stale and should be removed. The wording of a
message is no part of an entry's identity, so that files outlive new versions; the values that it names are.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from busyhour.atomic_write import write_atomically
from busyhour.contracts.finding import Finding, Report
from busyhour.errors import BusyhourError
from busyhour.input_files import parse_json, read_text

VERSION = 1
Key = tuple[str, str, str, str, str]
"""Rule, flow, identifier of the action, pointer without list positions, and the values that the message names."""

_ENTRY = {"rule", "flow", "action", "pointer", "message"}
_OPTIONAL = {"count", "expires", "reason"}
_INDEX = re.compile(r"\[\d+\]")
_PATH = re.compile(
    r"(?: when the flow takes the path|; it is entered by|: switched on by| Did you mean) .*", re.DOTALL
)
_VALUE = re.compile(
    r"""'([^'\n]+)'(?!\w)|"([^"\n]+)"|`([^`\n]+)`|“([^”\n]+)”"""
    r"""|(\$\.[\w.$\[\]*'-]*\w)|(?<![\w.])([A-Z][a-z0-9]+(?:[A-Z][a-z0-9]*)+)(?!\w)"""
)
"""Quoted text, a reference like `$.Attributes.x`, or a name of the flow language like `NoMatchingError`."""


def key_of(finding: Finding) -> Key:
    """Return the identity of a finding.

    It omits list positions, which change when an entry is inserted, paths through the flow, which change with
    every action on the way, suggestions, numbers and the wording of the message.
    """
    return _key(finding.rule, finding.flow, finding.identifier, finding.pointer, finding.message)


def _key(rule: str, flow: str, action: str, pointer: str, message: str) -> Key:
    parts = ["*" if part.isdecimal() else part for part in pointer.split("/")]
    values = {"".join(found) for found in _VALUE.findall(_PATH.sub("", _INDEX.sub("[*]", message)))}
    return rule, flow, action, "/".join(parts), ", ".join(sorted(values))


@dataclass(frozen=True, slots=True)
class Entry:
    """A number of accepted findings of one kind, until the end of the day `expires` (None: no expiry)."""

    key: Key
    count: int = 1
    expires: date | None = None
    reason: str = ""
    message: str = field(default="", compare=False)
    """Of the finding when the entry was written, for people who read the file."""

    def in_force(self, today: date) -> bool:
        """Whether the entry still accepts findings."""
        return self.expires is None or today <= self.expires


@dataclass(frozen=True, slots=True)
class Baseline:
    """The accepted findings of one file; `path` is None if not read from a file."""

    entries: tuple[Entry, ...] = ()
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Remaining:
    """A report without accepted findings, and the entries that accepted none: expired, or stale."""

    report: Report
    accepted: int
    expired: tuple[Entry, ...]
    stale: tuple[Entry, ...]


def apply_baseline(
    report: Report, baseline: Baseline, today: date, rules: Collection[str] | None = None
) -> Remaining:
    """Remove the findings that the baseline accepts today from the report.

    An expired entry is listed as long as it would still match. Only entries that could have matched are stale:
    those on flows of the report, and of `rules`, the ids of the rules that were run (None: all).
    """
    flows = {file.flow for file in report.files}
    found = Counter(key_of(finding) for finding in report.findings)
    left: Counter[Key] = Counter()
    for entry in baseline.entries:
        left[entry.key] += entry.count if entry.in_force(today) else 0
    kept: list[Finding] = []
    for finding in report.findings:
        key = key_of(finding)
        if left[key] > 0:
            left[key] -= 1
        else:
            kept.append(finding)
    return Remaining(
        report.replaced(kept),
        len(report.findings) - len(kept),
        tuple(one for one in baseline.entries if not one.in_force(today) and found[one.key]),
        tuple(
            one
            for one in baseline.entries
            if not found[one.key] and one.key[1] in flows and (rules is None or one.key[0] in rules)
        ),
    )


def made_of(
    findings: Iterable[Finding], before: Baseline = Baseline(), *, today: date, expires: date | None = None
) -> Baseline:
    """Make a baseline that accepts these findings.

    Entries of the previous one keep their reason, and their expiry if it is in the future; new ones get
    `expires`.
    """
    known = {entry.key: entry for entry in before.entries}
    messages: dict[Key, list[str]] = {}
    for finding in findings:
        messages.setdefault(key_of(finding), []).append(finding.message)
    entries: list[Entry] = []
    for key, same in sorted(messages.items()):
        old = known.get(key)
        if old is not None and old.in_force(today):
            entries.append(replace(old, count=len(same), expires=old.expires or expires, message=same[0]))
        else:
            entries.append(Entry(key, len(same), expires, old.reason if old else "", same[0]))
    return Baseline(tuple(entries), before.path)


def in_words(entry: Entry) -> str:
    """Format an entry on one line."""
    rule, flow, action, pointer, about = entry.key
    where = f" [{action}]" if action else pointer and f" {pointer}"
    return f"{rule} in {flow}{where}: {entry.message or about}"


# ------------------------------------------------------------------------------------------------------ as a file


def read_baseline(path: Path) -> Baseline:
    """Read the baseline in the file at `path`.

    Raises:
        BusyhourError: the file cannot be read or is not a baseline; names the entry and the problem.
    """
    try:
        data = parse_json(read_text(path))
    except FileNotFoundError:
        raise BusyhourError(
            f"{path}: no such baseline", f"Make one: `busyhour check --write-baseline {path}`."
        ) from None
    except OSError as error:
        raise BusyhourError(
            f"{path}: cannot be read: {error.strerror or error}",
            "Name a baseline that `busyhour check --write-baseline` wrote.",
        ) from None
    except ValueError as error:
        raise _broken(path, f"is not JSON: {error}") from None
    if not isinstance(data, dict) or not isinstance(data.get("entries"), list):
        raise _broken(path, 'has no list "entries"')
    if data.get("version") != VERSION:
        raise _broken(path, f"is of version {data.get('version')!r}, not {VERSION}")
    return Baseline(tuple(_entry(path, at, one) for at, one in enumerate(data["entries"])), path)


def _entry(path: Path, at: int, raw: Any) -> Entry:
    where = f"entries[{at}]"
    if not isinstance(raw, dict):
        raise _broken(path, f"{where} is {type(raw).__name__}, not an object")
    if missing := sorted(_ENTRY - raw.keys()):
        raise _broken(path, f"{where} lacks {', '.join(missing)}")
    if unknown := sorted(raw.keys() - _ENTRY - _OPTIONAL):
        raise _broken(path, f"{where} has unknown members: {', '.join(unknown)}")
    for name in sorted(_ENTRY | {"reason"}):
        if not isinstance(raw.get(name, ""), str):
            raise _broken(path, f"{where}.{name} is not a string")
    count = raw.get("count", 1)
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise _broken(path, f"{where}.count is {count!r}, not a number of findings")
    expires = raw.get("expires")
    try:
        until = None if expires is None else date.fromisoformat(expires)
    except (TypeError, ValueError):
        raise _broken(path, f"{where}.expires is {expires!r}, not a date like 2027-01-31") from None
    key = _key(raw["rule"], raw["flow"], raw["action"], raw["pointer"], raw["message"])
    return Entry(key, count, until, raw.get("reason", ""), raw["message"])


def _broken(path: Path, problem: str) -> BusyhourError:
    return BusyhourError(f"{path}: {problem}", f"Write it again: `busyhour check --write-baseline {path}`.")


def write_baseline(baseline: Baseline, path: Path) -> None:
    """Write a baseline in a form in which few lines change when flows change.

    Raises:
        BusyhourError: the file cannot be written.
    """
    entries = [_raw(entry) for entry in baseline.entries]
    text = json.dumps({"version": VERSION, "entries": entries}, indent=2, ensure_ascii=False) + "\n"
    write_atomically(path, text)


def _raw(entry: Entry) -> dict[str, Any]:
    rule, flow, action, pointer, _ = entry.key
    made: dict[str, Any] = {
        "rule": rule,
        "flow": flow,
        "action": action,
        "pointer": pointer,
        "message": entry.message,
    }
    if entry.count != 1:
        made["count"] = entry.count
    if entry.expires is not None:
        made["expires"] = entry.expires.isoformat()
    if entry.reason:
        made["reason"] = entry.reason
    return made


def lines(entries: Sequence[Entry], most: int = 5) -> list[str]:
    """Format entries for a message: the first few, and the number of further ones."""
    shown = [in_words(entry) for entry in entries[:most]]
    return [*shown, f"and {len(entries) - most} more"] if len(entries) > most else shown
