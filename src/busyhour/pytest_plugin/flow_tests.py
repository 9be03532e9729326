"""Exported flows as tests: one for each flow and group of rules, judged once, when the first of them runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from busyhour.contracts.finding import Finding, Report, Severity
    from busyhour.contracts.flow_view import FlowView
    from busyhour.contracts.reading.sources import Gathered
    from busyhour.contracts.rule import Rule
    from busyhour.contracts.settings import CheckSettings

OPTION = "--busyhour-flows"
SEVERITY = "--busyhour-severity"


class Flows:
    """The flows under test, judged once, when the first test runs."""

    def __init__(self, settings: CheckSettings, gathered: Gathered, severity: Severity, root: Path) -> None:
        self.settings = settings
        self.gathered = gathered
        self.severity = severity
        self.rules = settings.rules()
        self.groups: dict[str, frozenset[str]] = _by_group(list(self.rules))
        self.names = _names([source.label for source in gathered.sources], root)
        self._findings: list[list[Finding]] | None = None

    @classmethod
    def read(cls, config: pytest.Config) -> Flows:
        """The flows that the options name.

        Raises:
            pytest.UsageError: there are none, or the settings are wrong.
        """
        from busyhour.contracts.finding import Severity
        from busyhour.contracts.reading.sources import gather
        from busyhour.contracts.settings import CheckSettings
        from busyhour.errors import BusyhourError
        from busyhour.project import Project

        here = config.invocation_params.dir
        try:
            settings = CheckSettings.of(Project.find(here))
            given = config.getoption(OPTION)
            paths = given if here == Path.cwd() else [str(here / path) for path in given]
            gathered = settings.typed(gather(paths))
            severity = config.getoption(SEVERITY)
            return cls(settings, gathered, Severity(severity) if severity else settings.severity, here)
        except BusyhourError as error:
            hint = f"\n{error.hint}" if error.hint else ""
            raise pytest.UsageError(f"{OPTION}: {error}{hint}") from None

    def subjects(self) -> list[FlowView]:
        """The flows as rules see them, as one project."""
        from busyhour.contracts.check import Checker
        from busyhour.contracts.flow_view import Project

        checker = Checker(self.rules, strict=self.settings.strict)
        project = Project([checker.subject(source) for source in self.gathered.sources])
        for flow in project.flows:
            flow.project = project
        return project.flows

    def findings(self, number: int) -> list[Finding]:
        """What was found on flow `number`, without what its baseline accepts."""
        if self._findings is None:
            self._findings = self._judged()
        return self._findings[number]

    def _judged(self) -> list[list[Finding]]:
        from busyhour.contracts.check import Checker

        report: Report = Checker(self.rules, strict=self.settings.strict).check(self.gathered)
        if self.settings.baseline is not None:
            from datetime import date

            from busyhour.contracts.baseline import apply_baseline, read_baseline

            report = apply_baseline(report, read_baseline(self.settings.baseline), date.today()).report
        by_flow: dict[tuple[str, str], list[Finding]] = {}
        for finding in report.findings:
            by_flow.setdefault((finding.path, finding.flow), []).append(finding)
        return [by_flow.get((file.path, file.flow), []) for file in report.files]


FLOWS = pytest.StashKey[Flows]()


def _by_group(rules: list[Rule]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for rule in rules:
        found.setdefault(rule.group, set()).add(rule.id)
    return {group: frozenset(ids) for group, ids in sorted(found.items())}


def _names(labels: list[str], root: Path) -> list[str]:
    """Names for tests: paths from the folder where pytest was called, numbered where one file holds several."""
    seen: dict[str, int] = {}
    names: list[str] = []
    for label in labels:
        path = root / label
        name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return names


class FlowCollector(pytest.Collector):
    """Stands for one flow."""

    def collect(self) -> Iterator[pytest.Item]:
        """Nothing more: its tests are added when the collection is complete."""
        return iter(())


class _FoundError(Exception):
    """Findings that fail a test."""


class GroupItem(pytest.Item):
    """One flow judged by one group of rules."""

    def __init__(self, *, flows: Flows, number: int, rules: frozenset[str], **rest: Any) -> None:
        super().__init__(**rest)
        self._flows = flows
        self._number = number
        self._rules = rules

    def runtest(self) -> None:
        """Fail with the findings that are bad enough; show the others beside."""
        found = [one for one in self._flows.findings(self._number) if one.rule in self._rules]
        bad = [one for one in found if one.severity.at_least(self._flows.severity)]
        others = [one for one in found if one not in bad]
        if others:
            self.add_report_section("call", "findings", _text(others))
        if bad:
            raise _FoundError(_text(bad))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *args: Any, **kwargs: Any) -> Any:
        """The findings themselves, without a traceback."""
        if isinstance(excinfo.value, _FoundError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, *args, **kwargs)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the flow lies, and what to call the test."""
        label = self._flows.gathered.sources[self._number].label
        return (
            self.config.invocation_params.dir / label,
            None,
            f"{self._flows.names[self._number]}::{self.name}",
        )


def _text(findings: list[Finding]) -> str:
    from busyhour.contracts.formats.text import line

    return "\n".join(f"{line(one)}\n    help: {one.help}" for one in findings)
