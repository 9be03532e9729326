"""A scenario compared with its flows: entries that nothing uses, that no call can reach, and what a call meets unset."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from busyhour.calls.unused import Unused, unused
from busyhour.flows.export.reader import read_file
from busyhour.flows.library import FlowLibrary, identity
from busyhour.instance.scaffold.reach import Reach, reach
from busyhour.instance.scaffold.write import LOOK
from busyhour.scenarios.model import DriveKind, Scenario


@dataclass(frozen=True, slots=True)
class Remark:
    """One finding. `kind` is `unused`, `unreachable`, `unset` or `look`; an `error` changes the result of a forecast."""

    kind: str
    text: str
    error: bool = False

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


def remarks(scenario: Scenario) -> list[Remark]:
    """Return everything at once, by kind.

    Raises:
        BusyhourError: a flow cannot be read.
    """
    flows = [read_file(path) for path in scenario.flows.files]
    library = FlowLibrary(flows, scenario.flows.aliases)
    reached = reach(library, library.get(scenario.flows.entry))
    left_over = unused(scenario, flows)
    if scenario.drive in (DriveKind.LAMBDA, DriveKind.DYNAMODB):
        return [*_unused(left_over), *_looks(scenario)]  # no call is played
    known = {one.keys for one in left_over}
    return [
        *_unused(left_over),
        *(one for keys, one in _unreachable(scenario, reached) if keys not in known),
        *_unset(scenario, reached),
        *_looks(scenario),
    ]


def _unused(found: Iterable[Unused]) -> Iterator[Remark]:
    for one in found:
        yield Remark("unused", f"{'.'.join(one.keys)} {one.problem}", error=True)


def _unreachable(scenario: Scenario, reached: Reach) -> Iterator[tuple[tuple[str, ...], Remark]]:
    entry = scenario.flows.entry
    spelled = {spelling for each in reached.spellings.values() for spelling in each}
    for table, names in (("menus", scenario.callers.menus), ("inputs", scenario.callers.inputs)):
        for name in names:
            if name not in spelled:
                yield (
                    ("callers", table, name),
                    Remark("unreachable", f"callers.{table}.{name}: no call from {entry} meets it"),
                )
    if "functions" not in reached.computed:
        for name in scenario.functions:
            if name not in reached.functions:
                yield (
                    ("functions", name),
                    Remark("unreachable", f"functions.{name}: no call from {entry} invokes it"),
                )
    if "queues" not in reached.computed:
        met = {spelling for ref, shown in reached.queues.items() for spelling in (ref, identity(ref), shown)}
        for name, queue in scenario.queues.items():
            if not {name, queue.arn or name, identity(queue.arn or name)} & met:
                yield (
                    ("queues", name),
                    Remark("unreachable", f"queues.{name}: no call from {entry} is transferred to it"),
                )


def _unset(scenario: Scenario, reached: Reach) -> Iterator[Remark]:
    for reference, shown in reached.lost.items():
        named = f" ({shown})" if shown else ""
        text = f"flow {reference}{named} is not among the files of [flows]: calls take the error branch"
        yield Remark("unset", text, error=True)
    for reference, name in reached.aliases.items():
        yield Remark(
            "unset",
            f'flows.aliases: no line "{reference}" = "{name}": calls take the error branch',
            error=True,
        )
    queues = {
        spelling
        for queue in scenario.queues.values()
        for spelling in (queue.name, queue.arn or "", identity(queue.arn or ""))
    }
    for reference, shown in reached.queues.items():
        if not {reference, identity(reference), shown} & queues:
            name = shown or identity(reference)
            yield Remark("unset", f"queue {name} has no agents: write [queues.{name}]", error=True)
    for name in reached.functions:
        if name not in scenario.functions:
            yield Remark(
                "unset",
                f"function {name} has no handler and no latency: write [functions.{name}]",
                error=True,
            )
    for name, spellings in reached.spellings.items():
        entries = scenario.callers.inputs if name in reached.inputs else scenario.callers.menus
        if not any(spelling in entries for spelling in spellings):
            what = "any digits" if name in reached.inputs else "every choice with equal probability"
            table = "inputs" if name in reached.inputs else "menus"
            yield Remark("unset", f"callers.{table}.{name}: {what} is assumed")
    for reference in reached.recordings:
        if not {reference, reference.rpartition("/")[2]} & set(scenario.prompt_seconds):
            yield Remark("unset", f"prompts.{reference}: 5 s are assumed")


def _looks(scenario: Scenario) -> Iterator[Remark]:
    for number, line in enumerate(scenario.path.read_text(encoding="utf-8").splitlines(), start=1):
        _, found, why = line.partition(f"# {LOOK}:")
        if found:
            yield Remark("look", f"line {number}: {line.partition('=')[0].strip()}:{why}")
