"""Explores the flows of a project: coverage, failures with their shortest calls, calls that cover everything."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from busyhour.contracts.unit_file import crashed
from busyhour.errors import BusyhourError, did_you_mean
from busyhour.exploration.feasibility.reachability import unreachable
from busyhour.exploration.invariant import Invariant
from busyhour.exploration.search.coverage_search import Budget, Search, replayed
from busyhour.exploration.search.known_failures import KnownFailures
from busyhour.exploration.search.random_phase import play_at_random
from busyhour.exploration.search.shrink import essential, shrink
from busyhour.exploration.search.story import story
from busyhour.exploration.world.choices import Choice, token
from busyhour.exploration.world.context import Context
from busyhour.exploration.world.record import ActionRun, Played, Transition
from busyhour.flows.model import Flow

CRASH = "machine-survives"
"""Id of the built-in invariant: the flow machine raises no exception."""
_MACHINE_FAILED = (
    "busyhour's flow machine failed; Connect's behaviour is unknown.",
    "Please report it with the flow.",
)
PROFILES = ("ci", "nightly")


class Kind(NamedTuple):
    """One kind of failure, independent of how many calls show it."""

    invariant: str
    flow: str
    action: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A violated invariant, with the shortest call found that shows it."""

    kind: Kind
    message: str
    why: str
    fix: str
    call: Played
    choices: tuple[Choice, ...]

    @property
    def token(self) -> str:
        """The token with which the call is replayed."""
        return token(self.choices)

    @property
    def story(self) -> list[str]:
        """Describe the call."""
        return story(self.call, (self.kind.flow, self.kind.action) if self.kind.action else None)


@dataclass(slots=True)
class FlowReport:
    """Result of one flow as entry. `covered` are its own transitions, taken from any entry."""

    flow: Flow
    transitions: list[Transition]
    unreachable: dict[Transition, str]
    covered: set[Transition] = field(default_factory=set)
    ran: set[int] = field(default_factory=set)
    """Actions that were run, by their index in the flow."""
    failures: list[Failure] = field(default_factory=list)
    calls: int = 0
    steps: int = 0
    """Actions run in all calls, and effects answered."""
    seconds: float = 0.0

    @property
    def coverable(self) -> int:
        """Number of transitions that some call can take."""
        return len(self.transitions) - len(self.unreachable)

    @property
    def coverage(self) -> float:
        """Share of the coverable transitions that were taken; 1 without any."""
        return len(self.covered - self.unreachable.keys()) / self.coverable if self.coverable else 1.0

    @property
    def uncovered(self) -> list[Transition]:
        """Coverable transitions that no call took."""
        return [one for one in self.transitions if one not in self.covered and one not in self.unreachable]


@dataclass(frozen=True, slots=True)
class Settings:
    """Effort of an exploration. `examples` are random calls for each flow, after the search; `seed` None: fixed."""

    examples: int = 40
    budget: Budget = field(default_factory=Budget)
    seed: int | None = None


def profile(name: str) -> Settings:
    """Return settings by name: `ci` is bounded and repeatable, `nightly` is long and makes other calls every night.

    Raises:
        BusyhourError: the profile does not exist.
    """
    if name not in PROFILES:
        raise BusyhourError(
            f"no profile of exploration is called {name!r}.{did_you_mean(name, PROFILES)}",
            f"Profiles: {', '.join(PROFILES)}.",
        )
    if name == "ci":
        return Settings()
    return Settings(examples=2_000, budget=Budget(calls=10_000, steps=3_000_000), seed=time.time_ns() % 2**32)


class Explorer:
    """Explores flows under invariants.

    Args:
        context: the flows.
        invariants: properties to check.
        settings: effort.
        database: folder of failing calls of earlier runs, in Hypothesis's format; None for none.
        collects: keep a call for every set of transitions, in `candidates`.
    """

    def __init__(
        self,
        context: Context,
        invariants: Sequence[Invariant],
        settings: Settings | None = None,
        database: Path | None = None,
        collects: bool = False,
    ) -> None:
        self.context = context
        self.invariants = tuple(invariants)
        self.settings = settings or profile("ci")
        self._database = database
        self._taken: set[Transition] = set()
        self._ran: set[int] = set()
        self._collects = collects
        self._crashes: dict[tuple[str, str], str] = {}
        """Hint for an invariant's crash, by its id and message."""
        self.candidates: dict[frozenset[Transition], tuple[Flow, list[Choice]]] = {}
        """Shortest call for each set of transitions; only if collected."""

    def explore(
        self, entries: Sequence[Flow] | None = None, on_report: Callable[[FlowReport], None] | None = None
    ) -> list[FlowReport]:
        """Explore each of the entries (all flows) in turn; call `on_report` with each report, complete after an interrupt too."""
        reports = []
        try:
            for flow in entries if entries is not None else self.context.flows:
                report = self.explore_flow(flow)
                reports.append(report)
                if on_report is not None:
                    on_report(report)
        finally:
            for report in reports:
                # Transitions of this flow taken from other entries count as well.
                report.covered |= self._taken & set(report.transitions)
                report.ran = {one.index for one in report.flow.actions if id(one) in self._ran}
        return reports

    def explore_flow(self, flow: Flow) -> FlowReport:
        """Explore one flow as entry."""
        started = time.perf_counter()
        context = self.context
        report = FlowReport(flow, context.transitions(flow), unreachable(context, flow))
        first: dict[Kind, tuple[str, Played]] = {}

        def seen(played: Played) -> set[Kind]:
            report.calls += 1
            report.steps += len(played.actions) + len(played.moments)
            self._taken.update(played.path)
            self._ran.update([id(run.action) for run in played.actions])
            if self._collects:
                self._collect(flow, played)
            kinds: set[Kind] = set()
            for kind, message in self.judge(played):
                kinds.add(kind)
                if kind not in first or len(played.actions) < len(first[kind][1].actions):
                    first[kind] = (message, played)
            return kinds

        known = KnownFailures(self._database, flow) if self._database is not None else None
        for choices in known.calls() if known is not None else ():
            seen(replayed(context, flow, choices))
        search = Search(
            context,
            flow,
            set(report.transitions) - report.unreachable.keys(),
            lambda played: void(seen(played)),
        )
        search.run(self.settings.budget)
        guided = set(first)
        if self.settings.examples:
            play_at_random(
                context,
                flow,
                self.settings.examples,
                lambda played: seen(played) - guided,
                seed=self.settings.seed,
            )
        for kind in sorted(first):
            report.failures.append(self._smallest(flow, kind, *first[kind]))
        if known is not None:
            known.keep({one.token for one in report.failures})
        report.covered = self._taken & set(report.transitions)
        report.ran = {one.index for one in flow.actions if id(one) in self._ran}
        report.seconds = time.perf_counter() - started
        return report

    def judge(self, played: Played) -> list[tuple[Kind, str]]:
        """Return the violations of a call."""
        found: list[tuple[Kind, str]] = []
        if played.crash is not None:
            message = f"{type(played.crash).__name__}: {played.crash}"
            found.append((_kind(CRASH, played, played.actions[-1] if played.actions else None), message))
        for one in self.invariants:
            try:
                found += [(_kind(one.id, played, at.at), at.message) for at in one.check(played)]
            except Exception as error:  # one crashing invariant must not hide the findings of others
                message, way_out = crashed("invariant", one.file, error)
                self._crashes[one.id, message] = way_out
                found.append((_kind(one.id, played, None), message))
        return found

    def replay(self, flow: Flow, choices: Sequence[Choice]) -> tuple[Played, list[Failure]]:
        """Return the call of these choices, and its violations."""
        played = replayed(self.context, flow, choices)
        return played, [self._failure(kind, message, played) for kind, message in self.judge(played)]

    def _collect(self, flow: Flow, played: Played) -> None:
        if played.cut or played.crash is not None or played.endless is not None:
            return
        taken = frozenset(played.taken)
        known = self.candidates.get(taken)
        if known is None or len(played.decisions) < len(known[1]):
            self.candidates[taken] = (flow, played.choices)

    def _smallest(self, flow: Flow, kind: Kind, message: str, found: Played) -> Failure:
        def fails(played: Played) -> bool:
            return any(one == kind for one, _ in self.judge(played))

        smallest = shrink(found, lambda choices: replayed(self.context, flow, choices), fails)
        message = next((text for one, text in self.judge(smallest) if one == kind), message)
        return self._failure(kind, message, smallest)

    def _failure(self, kind: Kind, message: str, played: Played) -> Failure:
        held = next((one for one in self.invariants if one.id == kind.invariant), None)
        if (kind.invariant, message) in self._crashes:
            why, fix = "The call was not checked by this invariant.", self._crashes[kind.invariant, message]
        elif held is not None:
            why, fix = held.why, held.fix
        else:
            why, fix = _MACHINE_FAILED
        return Failure(kind, message, why, fix, played, tuple(essential(played)))


def void(_: object) -> None:
    """Ignore a result."""


def _kind(id: str, played: Played, at: ActionRun | None) -> Kind:
    if at is None:
        return Kind(id, played.entry.name, "")
    return Kind(id, at.flow.name, at.action.identifier)
