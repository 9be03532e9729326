"""Settings of a check: the table [check] of busyhour.toml, overridden by the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from busyhour.contracts.finding import Severity
from busyhour.contracts.loading import RuleSet, load_rules, shipped_rules_folder
from busyhour.contracts.reading.source import Source
from busyhour.contracts.reading.sources import Gathered
from busyhour.flows.model import FlowType

if TYPE_CHECKING:
    from busyhour.project import Project


@dataclass(frozen=True)
class CheckSettings:
    """Rules to run and severities that count.

    `enable` are optional rules, or groups of them, that run too, as do those that `levels` names. `severity` is the
    lowest severity that counts, `levels` severities of single rules by id, `flow_types` types by pattern of file
    below `root`, `rules_folders` the team's own rules.
    """

    root: Path
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    enable: tuple[str, ...] = ()
    severity: Severity = Severity.ERROR
    strict: bool = False
    baseline: Path | None = None
    levels: Mapping[str, Severity] = field(default_factory=dict)
    flow_types: Mapping[str, FlowType] = field(default_factory=dict)
    rules_folders: tuple[Path, ...] = ()
    left_out: frozenset[str] = frozenset()
    """Ids of the team's rules that may not run; settings may name them, and they have no effect."""

    @classmethod
    def of(cls, project: Project) -> CheckSettings:
        """Read the settings from the project's file."""
        raw = project.check
        shipped = shipped_rules_folder().resolve()
        baseline = raw.get("baseline")
        return cls(
            root=project.root,
            select=tuple(raw.get("select", ())),
            ignore=tuple(raw.get("ignore", ())),
            enable=tuple(raw.get("enable", ())),
            severity=Severity(raw.get("severity", Severity.ERROR)),
            strict=bool(raw.get("strict", False)),
            baseline=project.root / baseline if baseline else None,
            levels={rule: Severity(level) for rule, level in raw.get("levels", {}).items()},
            flow_types={pattern: FlowType(type) for pattern, type in raw.get("flow_types", {}).items()},
            # The team's come last, so that its rules override those of other folders.
            rules_folders=tuple(
                folder for folder in reversed(project.rules_folders()) if folder.resolve() != shipped
            ),
        )

    def with_options(
        self,
        *,
        select: Iterable[str] = (),
        ignore: Iterable[str] = (),
        severity: str | None = None,
        strict: bool = False,
        baseline: Path | None = None,
    ) -> CheckSettings:
        """Return the settings with the command line's options: given ones override, `ignore` is added."""
        return replace(
            self,
            select=tuple(select) or self.select,
            ignore=(*self.ignore, *ignore),
            severity=Severity(severity) if severity else self.severity,
            strict=strict or self.strict,
            baseline=baseline or self.baseline,
        )

    def shipped_only(self, left_out: Iterable[str]) -> CheckSettings:
        """Return the settings without the team's own rules, whose ids are `left_out`."""
        return replace(self, rules_folders=(), left_out=frozenset(left_out))

    def all_rules(self) -> RuleSet:
        """Return every rule, shipped and the team's own, with the project's levels applied.

        Raises:
            BusyhourError: a rule cannot be loaded, or a level names a rule that does not exist.
        """
        rules = load_rules(self.rules_folders)
        for id in self.levels:
            if id not in self.left_out:
                _ = rules[id]
        return RuleSet(tuple(replace(one, severity=self.levels.get(one.id, one.severity)) for one in rules))

    def rules(self) -> RuleSet:
        """Return the rules to run.

        Raises:
            BusyhourError: as `all_rules`, or a name in `select` or `ignore` is neither a rule nor a group.
        """
        rules = self.all_rules()
        unknown = self.left_out - {one.id for one in rules}
        select = [name for name in self.select if name not in unknown]
        if self.select and not select:
            return RuleSet(())
        named = {*self.enable, *self.levels} - unknown
        return rules.narrowed(
            select,
            [name for name in self.ignore if name not in unknown],
            () if select else sorted(named),
        )

    def typed(self, gathered: Gathered) -> Gathered:
        """Return the sources with the types that the project gives to their files."""
        if not self.flow_types:
            return gathered
        return replace(gathered, sources=tuple(self._typed(source) for source in gathered.sources))

    def _typed(self, source: Source) -> Source:
        path = Path(source.label).resolve()
        if path.is_relative_to(self.root):
            inside = path.relative_to(self.root).as_posix()
            for pattern, type in self.flow_types.items():
                if fnmatchcase(inside, pattern):
                    return replace(source, flow_type=type)
        return source


def parse_expiry(text: str, today: date) -> date:
    """Parse a date (`2027-01-31`), or a number of days from today (`90d`).

    Raises:
        ValueError: the text is neither.
    """
    if text.endswith("d") and text[:-1].isdecimal():
        return date.fromordinal(today.toordinal() + int(text[:-1]))
    return date.fromisoformat(text)
