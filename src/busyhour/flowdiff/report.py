"""Compare two versions of a deployment's flows: what callers notice, findings, and the demand of one call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from busyhour.contracts.check import check_paths
from busyhour.contracts.finding import Finding, Severity
from busyhour.errors import BusyhourError
from busyhour.exploration.coverage import branches
from busyhour.flowdiff.diff import Change, diff, shown
from busyhour.flowdiff.matching import match
from busyhour.flowdiff.places import Stray, strays
from busyhour.flowdiff.sources import FlowSet
from busyhour.flows.model import Flow
from busyhour.results.entries import FlowCoverage
from busyhour.scenarios.model import Scenario

EXPLORE_STEPS = 1_000_000
"""Actions run in the search of each version's branches."""
LIMITS = 3
"""Number of quotas that are listed, the first to bind."""


@dataclass(frozen=True, slots=True)
class DemandChange:
    """One quantity of a call, before and after, with the half-widths of the means' 95 % intervals."""

    name: str
    before: float
    after: float
    half_width: float

    @property
    def relative(self) -> float | None:
        """Change relative to the value before; None if that was 0."""
        return self.after / self.before - 1.0 if self.before else None


@dataclass(frozen=True, slots=True)
class LimitChange:
    """Calls per hour at which a quota binds, before and after."""

    name: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class CoverageChange:
    """Branches of one flow before and after; None if the flow does not exist."""

    flow: str
    before: FlowCoverage | None
    after: FlowCoverage | None


@dataclass(frozen=True, slots=True)
class FlowPair:
    """The two versions of one flow; None if it does not exist.

    `partners` are the new identifiers by the old ones.
    """

    name: str
    old: Flow | None
    new: Flow | None
    partners: Mapping[str, str]


@dataclass(slots=True)
class FlowComparison:
    """Result of a comparison of two versions."""

    old: str
    new: str
    changes: list[Change]
    new_findings: list[str] = field(default_factory=list)
    gone_findings: list[str] = field(default_factory=list)
    coverage: list[CoverageChange] = field(default_factory=list)
    """Flows with differences."""
    scenario: str = ""
    demand: list[DemandChange] = field(default_factory=list)
    limits: list[LimitChange] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    strays: list[Stray] = field(default_factory=list)
    """References to a Region or an account that the version before does not name."""
    new_errors: int = 0
    """Number of new findings that are errors."""
    pairs: list[FlowPair] = field(default_factory=list)
    """The flows themselves, by name."""

    @property
    def summary(self) -> str:
        """One line."""
        kinds = Counter(change.kind.value for change in self.changes)
        changes = (
            ", ".join(f"{count} {kind}" for kind, count in kinds.items()) or "no difference that matters"
        )
        findings = f"; {len(self.new_findings)} new findings, {len(self.gone_findings)} gone"
        lambda_ = next((d for d in self.demand if d.name == "Lambda invocations"), None)
        added = f"; {lambda_.after - lambda_.before:+.2g} Lambda invocations per call" if lambda_ else ""
        first = min(self.limits, key=lambda limit: limit.after, default=None)
        if first is not None and first.before not in (0.0, float("inf")):
            added += (
                f"; {first.name} binds at {first.after:,.0f} calls/h ({first.after / first.before - 1:+.0%})"
            )
        if self.strays:
            values = ", ".join(dict.fromkeys(f"{one.kind} {one.value}" for one in self.strays))
            findings += f"; not in the version before: {values}"
        return f"{changes}{findings}{added}."


def compare_sets(
    old: FlowSet, new: FlowSet, scenario: Scenario | None = None, calls: int = 2000
) -> FlowComparison:
    """Compare two versions of flows.

    Args:
        old: the version before.
        new: the version after.
        scenario: callers; without it the demand of a call is left out.
        calls: number of simulated calls for the demand.
    """
    before, after = _aligned(old, new)
    made = FlowComparison(old.name, new.name, diff(before, after), strays=strays(before, after))
    for name in sorted(before.keys() | after.keys()):
        was_flow, now_flow = before.get(name), after.get(name)
        partners = match(was_flow, now_flow) if was_flow is not None and now_flow is not None else {}
        made.pairs.append(FlowPair(name, was_flow, now_flow, partners))
    names = _names(made.pairs)
    was, now = _findings(old, names[0]), _findings(new, names[1])
    made.new_findings = _only(now, was)
    made.gone_findings = _only(was, now)
    severe = {text for finding, text in now if finding.severity is Severity.ERROR}
    made.new_errors = sum(text in severe for text in made.new_findings)
    for side in (old, new):
        made.notes += [f"{side.name}: {name} was left out: {why}" for name, why in side.skipped.items()]
    _coverage(made, old, new, scenario.flows.aliases if scenario is not None else {})
    if scenario is not None:
        _demand(made, scenario, old, new, calls)
    return made


def _coverage(made: FlowComparison, old: FlowSet, new: FlowSet, aliases: Mapping[str, str]) -> None:
    """Compare the branches that a search takes with those that calls can take, flow by flow."""
    tables: list[dict[str, FlowCoverage]] = []
    unknown: set[str] = set()
    for side in (old, new):
        try:
            found, skipped = branches([str(path) for path in side.files], aliases, steps=EXPLORE_STEPS)
        except BusyhourError as error:
            made.notes.append(f"{side.name}: branch coverage: {error.message}")
            return
        made.notes += [f"{side.name}: {name}: the steps for branch coverage were used up" for name in skipped]
        unknown.update(skipped)
        tables.append({one.flow: one for one in found})
    before, after = tables
    if len(before) == len(after) == 1:  # two single files are versions of each other
        (one,), (other,) = before.values(), after
        before = {other: replace(one, flow=other)}
    made.coverage = [
        CoverageChange(name, before.get(name), after.get(name))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name) and name not in unknown
    ]


def _aligned(old: FlowSet, new: FlowSet) -> tuple[dict[str, Flow], dict[str, Flow]]:
    """Give two single files the same name: they are versions of each other."""
    before, after = dict(old.flows), dict(new.flows)
    if len(before) == len(after) == 1:
        (one,), (other,) = before, after
        before = {other: before[one]}
    return before, after


def _findings(side: FlowSet, names: Mapping[str, str]) -> list[tuple[Finding, str]]:
    """Return warnings and errors as lines.

    Identifiers are replaced by `names`, so that a new identifier is not a new finding.
    """
    found = []
    for finding in check_paths([*side.files, *side.unreadable]).at_least(Severity.WARNING):
        action = names.get(finding.identifier, finding.action)
        message = finding.message
        for identifier, name in names.items():
            if identifier in message and identifier != name:
                message = message.replace(identifier, name)
        place = f"{finding.flow}: {action}" if action else finding.flow
        found.append((finding, f"{finding.severity} {finding.rule}: {place}: {message}"))
    return found


def _names(pairs: Sequence[FlowPair]) -> tuple[dict[str, str], dict[str, str]]:
    """Return for each version the names of actions that both have, by their identifiers."""
    was: dict[str, str] = {}
    now: dict[str, str] = {}
    for pair in pairs:
        if pair.old is not None and pair.new is not None:
            old, new = pair.old.by_identifier(), pair.new.by_identifier()
            for one, other in pair.partners.items():
                was[one] = now[other] = shown(old[one], new[other])
    return was, now


def _only(here: Sequence[tuple[Finding, str]], there: Sequence[tuple[Finding, str]]) -> list[str]:
    left = Counter(text for _, text in here) - Counter(text for _, text in there)
    return sorted(left.elements())


def _demand(made: FlowComparison, scenario: Scenario, old: FlowSet, new: FlowSet, calls: int) -> None:
    from busyhour.capacity.forecast.build import forecast

    made.scenario = scenario.name
    found = [
        forecast(replace(scenario, flows=replace(scenario.flows, files=side.files)), calls=calls)
        for side in (old, new)
    ]
    was, now = (one.demand.quantities for one in found)
    for name in sorted(was.keys() | now.keys()):
        before, after = was.get(name), now.get(name)
        half = sum(q.half_width**2 for q in (before, after) if q is not None) ** 0.5
        change = DemandChange(name, before.mean if before else 0.0, after.mean if after else 0.0, half)
        # The same callers call both versions: a difference within the interval is not significant.
        if abs(change.after - change.before) > max(half, 1e-9):
            made.demand.append(change)
    limits = [{limit.key: limit for limit in one.limits if limit.kind == "quota"} for one in found]
    changed = [
        LimitChange(limit.name, limits[0][key].calls_per_hour, limit.calls_per_hour)
        for key, limit in limits[1].items()
        if key in limits[0]
        and abs(limit.calls_per_hour - limits[0][key].calls_per_hour) > 0.01 * limit.calls_per_hour
    ]
    made.limits = sorted(changed, key=lambda limit: limit.after)[:LIMITS]
    made.notes += [f"{scenario.name}: {note}" for note in found[1].notes]
