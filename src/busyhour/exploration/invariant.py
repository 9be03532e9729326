"""Declaration of an invariant: metadata and a generator over one explored call.

Each file in contract_tests/invariants contains one invariant; a team's own are loaded in the same way:

    from busyhour.api.invariants import Violation, invariant

    @invariant(id="greets-first", summary="...", why="...", fix="...")
    def check(call):
        if call.moments and not call.moments[0].is_heard:
            yield Violation("the first thing is not a greeting", call.actions[0])
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from busyhour.contracts.unit_file import units_in
from busyhour.errors import BusyhourError, did_you_mean
from busyhour.exploration.world.record import ActionRun, Played
from busyhour.shipped import shipped_root

_HOW = "Decorate one generator function with `@invariant(...)` from busyhour.api.invariants."


@dataclass(frozen=True, slots=True)
class Violation:
    """A violation that an invariant yields: what is wrong, and the action at which it is."""

    message: str
    at: ActionRun | None = None


Check = Callable[[Played], Iterator[Violation]]


@dataclass(frozen=True, slots=True)
class Invariant:
    """One invariant: the property of every call, why it matters, and the fix for a violation."""

    id: str
    summary: str
    why: str
    fix: str
    check: Check
    file: Path | None = None
    former_ids: tuple[str, ...] = ()
    """Ids of older versions; options and a team's own invariants that name one mean this invariant."""


def invariant(
    *, id: str, summary: str, why: str, fix: str, former_ids: tuple[str, ...] = ()
) -> Callable[[Check], Invariant]:
    """Declare the decorated generator function as an invariant.

    Args:
        id: stable name in lower case with hyphens: the file's name with hyphens for underscores.
        summary: the property, in one line.
        why: effect of a violation on callers.
        fix: how to fix a violation.
        former_ids: ids that the invariant had before, still accepted wherever one is named.

    Raises:
        BusyhourError: the declaration or the function is invalid.
    """

    def register(check: Check) -> Invariant:
        where = f"invariant {id!r} ({inspect.getsourcefile(check) or 'unknown file'})"
        for name, text in (("id", id), ("summary", summary), ("why", why), ("fix", fix)):
            if not text.strip():
                raise BusyhourError(f"{where}: {name} is empty", "It is printed with every failure.")
        if not inspect.isgeneratorfunction(check) or len(inspect.signature(check).parameters) != 1:
            raise BusyhourError(
                f"{where}: {getattr(check, '__name__', check)} is not a generator function of one call",
                "Write `def check(call): ...` with `yield Violation(...)` for each violation.",
            )
        return Invariant(id, summary, why, fix, check, former_ids=former_ids)

    return register


def load_invariants(folders: Iterable[Path] = ()) -> tuple[Invariant, ...]:
    """Load the shipped invariants and those of `folders`, by id.

    Of two with the same id the first folder's applies.

    A team's folders come before the shipped one, see `Project.invariants_folders`, so its own replace the
    shipped.

    Raises:
        BusyhourError: a file cannot be imported, or does not contain exactly one invariant named like the file.
    """
    found = {one.id: one for one in _shipped()}
    for folder in reversed([*folders]):
        if folder.resolve() != _shipped_folder().resolve():
            for one in _folder(folder):
                found[_current_id(one.id, found)] = one
    return tuple(sorted(found.values(), key=lambda one: one.id))


def chosen(invariants: Iterable[Invariant], ids: Iterable[str]) -> tuple[Invariant, ...]:
    """Return the invariants without those in `ids`.

    Raises:
        BusyhourError: the invariant does not exist; names the nearest.
    """
    known = {one.id: one for one in invariants}
    left_out = set()
    for id in ids:
        current = _current_id(id, known)
        if current not in known:
            raise BusyhourError(
                f"no invariant is called {id!r}.{did_you_mean(id, known)}", f"Invariants: {', '.join(known)}."
            )
        left_out.add(current)
    return tuple(one for one in known.values() if one.id not in left_out)


def _current_id(id: str, known: Mapping[str, Invariant]) -> str:
    """Return today's id of the known invariant that is or was named `id`; `id` itself if none was."""
    if id in known:
        return id
    return next((current for current, one in known.items() if id in one.former_ids), id)


@lru_cache(maxsize=1)
def _shipped() -> tuple[Invariant, ...]:
    return tuple(_folder(_shipped_folder()))


def _folder(folder: Path) -> Iterator[Invariant]:
    for path, one in units_in(folder, Invariant, _HOW):
        yield replace(one, file=path)


def _shipped_folder() -> Path:
    return shipped_root() / "contract_tests" / "invariants"
