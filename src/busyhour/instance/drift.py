"""Differences between a project and its instance, by meaning: flows as `busyhour diff` shows them, other files by value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from busyhour.errors import BusyhourError
from busyhour.flowdiff.diff import diff_flow
from busyhour.flows.export.document import Document
from busyhour.flows.export.reader import read
from busyhour.flows.model import Flow
from busyhour.instance.documents import text_of
from busyhour.instance.kind import Kind

_SHORT = 120


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference of a resource; `before` is the project's value, `after` the instance's, None where it has none."""

    noun: str
    name: str
    what: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        place = f"{self.noun} {self.name}"
        if not self.what:
            return f"{place}: {'new in the instance' if self.before is None else 'gone from the instance'}"
        return f"{place}: {self.what}: {_short(self.before)} -> {_short(self.after)}"


def _short(text: str | None) -> str:
    if text is None:
        return "(none)"
    return text if len(text) <= _SHORT else text[: _SHORT - 3] + "..."


def differences(kind: Kind, name: str, old: Any, new: Any) -> list[Difference]:
    """Return the differences of a resource's file; `old` or `new` is None where there is none."""
    if old is None or new is None:
        return [
            Difference(
                kind.noun, name, "", None if old is None else "there", None if new is None else "there"
            )
        ]
    found: list[Difference] = []
    if kind.wrapper:
        before, after = (
            one if isinstance(one := side.get(kind.wrapper), dict) else {} for side in (old, new)
        )
        for member in ("Content", "SavedContent"):
            found += _flow(kind, name, member, before.get(member), after.get(member))
        old = {key: value for key, value in before.items() if key not in ("Content", "SavedContent")}
        new = {key: value for key, value in after.items() if key not in ("Content", "SavedContent")}
    old_leaves, new_leaves = dict(_leaves(old, "")), dict(_leaves(new, ""))
    for path in dict.fromkeys((*old_leaves, *new_leaves)):
        if path.startswith("References."):
            continue  # follows from the values and the other resources' names
        if old_leaves.get(path) != new_leaves.get(path):
            found.append(Difference(kind.noun, name, path, old_leaves.get(path), new_leaves.get(path)))
    return found


def _flow(kind: Kind, name: str, member: str, old: Any, new: Any) -> Iterator[Difference]:
    if old == new:
        return
    place = "" if member == "Content" else "draft: "
    before, after = _as_flow(name, old), _as_flow(name, new)
    if before is None or after is None:
        shown = [None if one is None else "a draft" for one in (old, new)]
        yield Difference(kind.noun, name, f"{place}content", shown[0] or None, shown[1] or None)
        return
    changes = diff_flow(name, before, after)
    for change in changes:
        what = f"{place}{change.action}: {change.what}" if change.action else f"{place}{change.what}"
        yield Difference(kind.noun, name, what, change.before, change.after)


def _as_flow(name: str, content: Any) -> Flow | None:
    try:
        return read(Document(Path(f"{name}.json"), text_of(content), content)) if content else None
    except BusyhourError:
        return None


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key in sorted(value):
            yield from _leaves(value[key], f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{number}]")
    else:
        yield path, "null" if value is None else str(value)
