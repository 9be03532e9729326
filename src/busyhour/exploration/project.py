"""Flows from files, ready to explore: each with the file that it was read from, for lines and names."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from busyhour.contracts.check import Checker
from busyhour.contracts.flow_view import FlowView, Project
from busyhour.contracts.loading import RuleSet
from busyhour.contracts.reading.sources import gather
from busyhour.errors import BusyhourError
from busyhour.exploration.search.explorer import FlowReport
from busyhour.exploration.world.context import Context, RealFunction
from busyhour.exploration.world.record import Transition
from busyhour.flows.model import Action, Flow, Pointer, Position


@dataclass(frozen=True)
class Subjects:
    """Flows with their files. `left_out` are files without a flow that can be run, with the reason."""

    context: Context
    files: tuple[FlowView, ...]
    left_out: Mapping[str, str]
    arguments: tuple[str, ...] | None = None
    """Arguments of `busyhour explore` that load the same flows, functions and invariants.

    None: only the flow's file.
    """

    def again(self, flow: Flow, word: str) -> str:
        """Return the command that replays a call: with all flows, since calls may continue in others."""
        file = self.of(flow).path
        arguments = (file,) if self.arguments is None else self.arguments
        names = [one.name for one in self.context.flows]
        entry = ["--entry", flow.name if names.count(flow.name) == 1 else file] if len(names) > 1 else []
        return shlex.join(["busyhour", "explore", *arguments, *entry, "--replay", word])

    def of(self, flow: Flow) -> FlowView:
        """Return the file of a flow."""
        return self.files[self.context.index(flow)]

    def find(self, path: str) -> Flow:
        """Return the flow in the file at `path`, or of that name.

        Raises:
            BusyhourError: no flow matches.
        """
        for flow, file in zip(self.context.flows, self.files, strict=True):
            if path in (file.path, flow.name) or Path(file.path) == Path(path):
                return flow
        return self.context.library.get(path)

    def position(self, transition: Transition) -> Position:
        """Return the position of a transition in its file; in an old export that of its source."""
        file, action = (
            self.files[transition.flow],
            self.context.flows[transition.flow].actions[transition.action],
        )
        base: Pointer = ("Actions", action.index, "Transitions")
        match transition.kind:
            case "condition":
                return file.position((*base, "Conditions", transition.number))
            case "error":
                return file.position((*base, "Errors", transition.number))
            case _:
                return file.position((*base, "NextAction"))

    def action_position(self, flow: Flow, action: Action) -> Position:
        """Return the position of an action in its file."""
        return self.of(flow).position(("Actions", action.index))


@dataclass(frozen=True)
class Explored:
    """Reports with the files of their flows."""

    subjects: Subjects
    reports: Sequence[FlowReport]

    @property
    def coverable(self) -> int:
        """Number of coverable transitions of all flows."""
        return sum(one.coverable for one in self.reports)

    @property
    def covered(self) -> int:
        """Number of coverable transitions that were taken."""
        return sum(len(one.covered - one.unreachable.keys()) for one in self.reports)


def read_flows(
    paths: Sequence[str],
    *,
    aliases: Mapping[str, str] | None = None,
    functions: Mapping[str, RealFunction] | None = None,
    again: Sequence[str] | None = None,
) -> Subjects:
    """Read the flows in files and folders; `again` are the arguments for replaying a call, by default the paths.

    Raises:
        BusyhourError: a path does not exist, or no flow can be run.
    """
    checker = Checker(RuleSet(()))
    gathered = gather(list(paths))
    found = [checker.subject(source) for source in gathered.sources]
    subjects = subjects_of(found, gathered.skipped, aliases=aliases, functions=functions)
    return replace(subjects, arguments=tuple(paths if again is None else again))


def subjects_of(
    found: Sequence[FlowView],
    skipped: Mapping[str, str] | None = None,
    *,
    aliases: Mapping[str, str] | None = None,
    functions: Mapping[str, RealFunction] | None = None,
) -> Subjects:
    """Make `Subjects` of flows that were already read.

    Raises:
        BusyhourError: none of them can be run.
    """
    files: list[FlowView] = []
    left_out = dict(skipped or {})
    for subject in found:
        if subject.flow is None:
            left_out[subject.path] = _why_not(subject)
        elif not subject.flow.actions:
            left_out[subject.path] = "has no actions"
        else:
            files.append(subject)
    if not files:
        reasons = "; ".join(f"{path}: {why}" for path, why in list(left_out.items())[:3])
        raise BusyhourError(f"no flow that can be run: {reasons}", "Run `busyhour check` on it.")
    flows = [one.flow for one in files if one.flow is not None]
    links = {**_links(files), **(aliases or {})}
    return Subjects(Context(flows, links, functions=functions), tuple(files), left_out)


def _links(files: Sequence[FlowView]) -> Mapping[str, str]:
    """Return references that only a template or the designer's name resolves -> name of their flow."""
    names = Counter(one.name for one in files)
    found: dict[str, set[str]] = {}
    for reference, target in Project(list(files)).flow_set.resolved:
        found.setdefault(reference.value, set()).add(target.name)
    return {
        value: name
        for value, targets in found.items()
        if len(targets) == 1 and names[name := next(iter(targets))] == 1
    }


def _why_not(subject: FlowView) -> str:
    if subject.unreadable is not None:
        return subject.unreadable.message
    if subject.not_convertible is not None:
        return subject.not_convertible.message
    return "is not a flow that can be read; run `busyhour check` for the reason"


def branch_name(action: Action, transition: Transition) -> str:
    """Describe a transition: its action, and its branch."""
    match transition.kind:
        case "condition":
            condition = action.conditions[transition.number]
            return f"{condition.operator} {' '.join(map(repr, condition.operands))}"
        case "error":
            return action.errors[transition.number].error_type or "(error without a type)"
        case _:
            return "NextAction"


def target_of(action: Action, transition: Transition) -> str:
    """Return the identifier of the action to which a transition leads."""
    match transition.kind:
        case "condition":
            return action.conditions[transition.number].target
        case "error":
            return action.errors[transition.number].target
        case _:
            return action.next_action or ""


def shown(flow: Flow, identifier: str) -> str:
    """Format an action for people: its name if it has one, and its type."""
    action = next((one for one in flow.actions if one.identifier == identifier), None)
    if action is None:
        return repr(identifier)
    return f"`{action.display_name or identifier}` ({action.type})"
