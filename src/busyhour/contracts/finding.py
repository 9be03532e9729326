"""Findings of a check, as data in a fixed order, and the report that contains them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from busyhour.flows.model import FlowFormat, FlowType, Pointer


class Severity(StrEnum):
    """Severity of a finding."""

    ERROR = "error"
    """Connect rejects the flow when it is created or published."""
    WARNING = "warning"
    """Connect accepts the flow, and it has problems for callers."""
    NOTE = "note"
    """Worth knowing."""

    @property
    def rank(self) -> int:
        """Rank of the severity; 0 is the worst."""
        return _RANK[self]

    def at_least(self, other: Severity) -> bool:
        """Whether this severity is `other` or worse."""
        return self.rank <= other.rank


_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


def json_pointer(pointer: Pointer) -> str:
    """Format the pointer as in RFC 6901: `/Actions/4/Transitions`."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in pointer)


def pointer_text(pointer: Pointer) -> str:
    """Format the pointer as in AWS's problem messages: `Actions[4].Transitions`."""
    text = ""
    for part in pointer:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part.replace("_", "a").replace("-", "a").replace("$", "a").isalnum():
            text += f".{part}" if text else part
        else:
            text += f"[{part!r}]"
    return text or "the document"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding of a rule.

    `line` and `column` (1-based) are positions in the file on disk; `pointer` (RFC 6901) leads into the
    content of the flow as the file has it (`/modules/4` in an old export). `action` is the name shown in the designer, `identifier` the action's own;
    both are empty if the finding is about the whole flow.
    """

    rule: str
    severity: Severity
    path: str
    line: int
    column: int
    pointer: str
    flow: str
    action: str
    message: str
    help: str
    identifier: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as `busyhour check --format json` prints it."""
        members = asdict(self) | {"severity": str(self.severity)}
        del members["identifier"]
        return members


def order(pointer: Pointer) -> tuple[tuple[int, int, str], ...]:
    """Return the sort key of a pointer: list positions as numbers, independent of the order of keys in the file."""
    return tuple((0, part, "") if isinstance(part, int) else (1, 0, part) for part in pointer)


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file that was read as a flow, or could not be read."""

    path: str
    format: FlowFormat | None
    """Format of the export; None if the file is not a flow."""
    flow: str
    type: FlowType | None
    """Type of the flow; None if neither the export nor the caller gives it."""
    actions: int


@dataclass(frozen=True, slots=True)
class Report:
    """All findings on all files, in order of file, place and rule.

    `skipped` are files of a folder that are not flows, with the reason; `suppressed` the findings that the
    flows themselves suppress, with their reasons.
    """

    findings: tuple[Finding, ...]
    files: tuple[FileReport, ...]
    skipped: Mapping[str, str]
    suppressed: tuple[tuple[Finding, str], ...] = ()

    def count(self, severity: Severity) -> int:
        """Number of findings of exactly this severity."""
        return sum(finding.severity is severity for finding in self.findings)

    def worst(self) -> Severity | None:
        """Severity of the worst finding, None without findings."""
        return min((finding.severity for finding in self.findings), key=lambda s: s.rank, default=None)

    def at_least(self, severity: Severity) -> tuple[Finding, ...]:
        """Return the findings of `severity` or worse."""
        return tuple(finding for finding in self.findings if finding.severity.at_least(severity))

    def replaced(self, findings: Iterable[Finding]) -> Report:
        """Return the same report with other findings (filtered by a baseline, a suppression, a selection)."""
        return Report(tuple(findings), self.files, self.skipped, self.suppressed)

    def summary(self) -> dict[str, int]:
        """Return the counts of the JSON output."""
        return {
            "files": len(self.files),
            "errors": self.count(Severity.ERROR),
            "warnings": self.count(Severity.WARNING),
            "notes": self.count(Severity.NOTE),
        }
