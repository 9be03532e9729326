"""What must hold on every call: a declaration and a generator over one explored call.

One file in contract_tests/invariants holds one invariant; a team's own come in through the same door:

    from busyhour.contracts.exploration.invariant import Violation, invariant

    @invariant(id="greets-first", summary="...", why="...", fix="...")
    def check(call):
        if call.moments and not call.moments[0].is_heard:
            yield Violation("the first thing is not a greeting", call.actions[0])
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from busyhour.contracts.exploration.record import ActionRun, Played
from busyhour.errors import BusyhourError, did_you_mean
from busyhour.rooms import shipped_root


@dataclass(frozen=True, slots=True)
class Violation:
    """What an invariant yields: what is wrong, and the action at which it is."""

    message: str
    at: ActionRun | None = None


Check = Callable[[Played], Iterator[Violation]]


@dataclass(frozen=True, slots=True)
class Invariant:
    """One invariant: what holds on every call, why it matters, and the way out where it does not."""

    id: str
    summary: str
    why: str
    fix: str
    check: Check
    file: Path | None = None


def invariant(*, id: str, summary: str, why: str, fix: str) -> Callable[[Check], Invariant]:
    """Declare the decorated generator function to be an invariant.

    Args:
        id: stable name in lower case with hyphens, the file's name with hyphens for underscores.
        summary: what holds, in one line.
        why: what callers suffer where it does not.
        fix: the way out.

    Raises:
        BusyhourError: the declaration or the function does not fit; the message says how.
    """

    def register(check: Check) -> Invariant:
        where = f"invariant {id!r} ({inspect.getsourcefile(check) or 'unknown file'})"
        for name, text in (("id", id), ("summary", summary), ("why", why), ("fix", fix)):
            if not text.strip():
                raise BusyhourError(f"{where}: {name} is empty", "It is printed with every failure.")
        if not inspect.isgeneratorfunction(check) or len(inspect.signature(check).parameters) != 1:
            raise BusyhourError(
                f"{where}: {getattr(check, '__name__', check)} is no generator function of one call",
                "Write `def check(call): ...` with `yield Violation(...)` for what does not hold.",
            )
        return Invariant(id, summary, why, fix, check)

    return register


def load_invariants(folders: Iterable[Path] = ()) -> tuple[Invariant, ...]:
    """The shipped invariants and those of `folders`, by id; a team's own replaces the shipped one of its id.

    Raises:
        BusyhourError: a file cannot be imported, or does not hold exactly one invariant named like the file.
    """
    found = {one.id: one for one in _shipped()}
    for folder in folders:
        found |= {one.id: one for one in _folder(folder)}
    return tuple(found[id] for id in sorted(found))


def chosen(invariants: Iterable[Invariant], ids: Iterable[str]) -> tuple[Invariant, ...]:
    """Those without the ones in `ids`.

    Raises:
        BusyhourError: there is no such invariant; names the nearest.
    """
    known = {one.id: one for one in invariants}
    for id in ids:
        if id not in known:
            raise BusyhourError(
                f"no invariant is called {id!r}.{did_you_mean(id, known)}", f"There are: {', '.join(known)}."
            )
        del known[id]
    return tuple(known.values())


@lru_cache(maxsize=1)
def _shipped() -> tuple[Invariant, ...]:
    return tuple(_folder(shipped_root() / "contract_tests" / "invariants"))


def _folder(folder: Path) -> Iterator[Invariant]:
    for path in sorted(folder.glob("*.py")):
        if not path.name.startswith("_"):
            yield _load(path)


def _load(path: Path) -> Invariant:
    name = f"busyhour_invariants.{path.parent.parent.parent.name}.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BusyhourError:
        raise
    except Exception as error:
        raise BusyhourError(
            f"{path}: cannot be imported: {type(error).__name__}: {error}", "Run it with python to see where."
        ) from error
    held = [value for value in vars(module).values() if isinstance(value, Invariant)]
    expected = path.stem.replace("_", "-")
    if len(held) != 1 or held[0].id != expected:
        ids = ", ".join(repr(one.id) for one in held) or "none"
        raise BusyhourError(
            f"{path}: holds {ids}, not one invariant {expected!r}",
            "One invariant a file, named like the file.",
        )
    return replace(held[0], file=path)
