"""Check documents by rules: the entry point for the command line, pytest, `busyhour run` and other code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from busyhour.collector import paused
from busyhour.contracts.finding import FileReport, Finding, Report, Severity, json_pointer, order
from busyhour.contracts.flow_view import FlowView, Project
from busyhour.contracts.loading import RuleSet, default_rules
from busyhour.contracts.reading.source import Source
from busyhour.contracts.reading.sources import Gathered, gather
from busyhour.contracts.rule import Problem, Rule
from busyhour.contracts.schema.store import SchemaStore, shipped_schemas
from busyhour.contracts.suppressions import in_force
from busyhour.contracts.unit_file import crashed
from busyhour.flows.model import FlowType


@dataclass(frozen=True)
class Checker:
    """Rules and schemas, ready to check any number of files.

    `strict` rejects placeholders.
    """

    rules: RuleSet = field(default_factory=default_rules)
    schemas: SchemaStore = field(default_factory=shipped_schemas)
    strict: bool = False
    _by_types: dict[frozenset[str] | None, tuple[Rule, ...]] = field(default_factory=dict, repr=False)

    def subject(self, source: Source, flow_type: FlowType | None = None) -> FlowView:
        """Return the view of one file for the rules."""
        return FlowView(
            source.label,
            source.document,
            unreadable=source.unreadable,
            schemas=self.schemas,
            flow_type=flow_type or source.flow_type,
            strict=self.strict,
        )

    def check(self, gathered: Gathered) -> Report:
        """Return all findings on all files."""
        with paused():
            return self._check(gathered)

    def _check(self, gathered: Gathered) -> Report:
        project = Project([self.subject(source) for source in gathered.sources])
        found: list[tuple[tuple[object, ...], Finding]] = []
        suppressed: list[tuple[Finding, str]] = []
        for subject in project.flows:
            subject.project = project
            reasons = in_force(subject)
            for place, finding in self._findings(subject):
                reason = reasons.get((finding.identifier, finding.rule)) if reasons else None
                if reason is None:
                    found.append((place, finding))
                else:
                    suppressed.append((finding, reason))
        found.sort(key=lambda entry: entry[0])
        files = tuple(
            FileReport(one.path, one.format, one.name, one.flow_type, len(one.actions))
            for one in project.flows
        )
        return Report(tuple(finding for _, finding in found), files, gathered.skipped, tuple(suppressed))

    def _findings(self, subject: FlowView) -> Iterator[tuple[tuple[object, ...], Finding]]:
        seen: set[tuple[object, ...]] = set()
        for rule, problem in self.problems(subject):
            key = (rule.id, problem.pointer, problem.message)
            if key not in seen:
                seen.add(key)
                yield self._finding(subject, rule, problem)

    def problems(self, subject: FlowView) -> Iterator[tuple[Rule, Problem]]:
        """Yield the problems of each rule, without positions; a rule that crashes yields an error."""
        issues = subject.issues
        for rule in self._applicable(subject):
            if rule.reports_issues and rule.id not in issues:
                continue
            try:
                for problem in rule.check(subject):
                    yield rule, problem
            except Exception as error:  # one broken rule must not hide what the others found
                message, way_out = crashed("rule", rule.file, error)
                message += "; the flow was not checked by it"
                yield rule, Problem(message, help=way_out, severity=Severity.ERROR)

    def _applicable(self, subject: FlowView) -> tuple[Rule, ...]:
        """Return the rules that can have findings in a flow of these action types."""
        types = subject.types if subject.is_flow else None
        found = self._by_types.get(types)
        if found is None:
            found = self._by_types[types] = tuple(
                rule
                for rule in self.rules
                if (self.strict or not rule.strict)
                and (rule.scope == "file" or types is not None)
                and (not rule.types or (types is not None and rule.types & types))
            )
        return found

    @staticmethod
    def _finding(subject: FlowView, rule: Rule, problem: Problem) -> tuple[tuple[object, ...], Finding]:
        pointer = problem.pointer
        at = problem.action
        if at is None and len(pointer) > 1 and pointer[0] == "Actions" and isinstance(pointer[1], int):
            at = pointer[1]
        action = subject.actions[at] if at is not None and at < len(subject.actions) else None
        position = subject.position(pointer, problem.key)
        finding = Finding(
            rule=rule.id,
            severity=problem.severity or rule.severity,
            path=subject.path,
            line=position.line,
            column=position.column,
            pointer=json_pointer(subject.source_of(pointer)),
            flow=subject.name,
            action=subject.display_name(action) if action is not None else "",
            message=problem.message,
            help=problem.help or rule.fix,
            identifier=action.identifier if action is not None else "",
        )
        return (subject.path, order(pointer), finding.severity.rank, rule.id, problem.message), finding


def check_paths(paths: Iterable[Path | str], *, rules: RuleSet | None = None, strict: bool = False) -> Report:
    """Return all findings on files and folders of exported flows.

    Raises:
        BusyhourError: a path does not exist, or no candidate for a flow was found.
    """
    return Checker(rules or default_rules(), strict=strict).check(gather([str(path) for path in paths]))
