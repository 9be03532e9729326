"""An event that notes what a handler looks at.

What a handler did not look at cannot have changed its answer. So explorations learn which parameters a function
needs, and forecasts ask it once for all events that agree in what it read.
"""

from __future__ import annotations

from collections.abc import Collection, ItemsView, Iterator, KeysView, Mapping, ValuesView
from typing import Any

Path = tuple[str, ...]
"""Keys from the event down to what was read."""

EMPTINESS = ""
"""Last key of a path where only whether a mapping is empty was read."""

READ_UNSEEN = frozenset({"pydantic_core", "pydantic", "orjson", "msgspec", "ujson", "rapidjson", "simdjson"})
"""Libraries that go over dictionaries in C, where no method of theirs is asked."""

_ABSENT = ("absent",)


class Notes:
    """What was read of one event."""

    def __init__(self) -> None:
        self.seen: set[Path] = set()
        self.handed: set[Path] = {()}
        """Objects that were handed out: the event, and those that were taken out of others."""

    def read(self, *, unseen: bool = False) -> set[Path]:
        """Paths of all that was read.

        Args:
            unseen: whether something may have gone over a dictionary without asking it. Then an object that was
                handed out, and of which nothing is known to have been read, counts as read as a whole.
        """
        if not unseen:
            return set(self.seen)
        members = {path for path in self.seen if path[-1:] != (EMPTINESS,)}
        used = {path[:length] for path in members | self.handed for length in range(len(path))} | members
        return self.seen | (self.handed - used)


class Noting(dict[str, Any]):
    """A JSON object that notes what is read in it; objects inside do the same.

    Going over its members is reading all of it: then the path is the object's own.
    """

    def __init__(self, given: Mapping[str, Any], notes: Notes, path: Path = ()) -> None:
        super().__init__(
            (key, Noting(value, notes, (*path, key)) if isinstance(value, dict) else value)
            for key, value in given.items()
        )
        self._notes = notes
        self._path = path

    def _note(self, key: object, value: Any) -> Any:
        # An object inside notes by itself what of it is read.
        paths = self._notes.handed if isinstance(value, Noting) else self._notes.seen
        paths.add((*self._path, str(key)))
        return value

    def __getitem__(self, key: str) -> Any:
        try:
            return self._note(key, super().__getitem__(key))
        except KeyError:
            self._note(key, None)
            raise

    def get(self, key: str, default: Any = None) -> Any:
        """As a dictionary does."""
        return self._note(key, super().get(key, default))

    def __contains__(self, key: object) -> bool:
        found = super().__contains__(key)
        self._note(key, None)
        return found

    def __bool__(self) -> bool:
        self._notes.seen.add((*self._path, EMPTINESS))
        return super().__len__() > 0

    def __len__(self) -> int:
        self._all()
        return super().__len__()

    def __iter__(self) -> Iterator[str]:
        self._all()
        return super().__iter__()

    def keys(self) -> KeysView[str]:  # type: ignore[override]  # the view of a dictionary is declared final
        """As a dictionary does."""
        self._all()
        return super().keys()

    def values(self) -> ValuesView[Any]:  # type: ignore[override]  # as above
        """As a dictionary does."""
        self._all()
        return super().values()

    def items(self) -> ItemsView[str, Any]:  # type: ignore[override]  # as above
        """As a dictionary does."""
        self._all()
        return super().items()

    def copy(self) -> dict[str, Any]:
        """As a dictionary does."""
        self._all()
        return dict(super().items())

    def pop(self, key: str, *default: Any) -> Any:
        """As a dictionary does."""
        self._note(key, None)
        return super().pop(key, *default)

    def setdefault(self, key: str, default: Any = None) -> Any:
        """As a dictionary does."""
        self._note(key, None)
        return super().setdefault(key, default)

    def __eq__(self, other: object) -> bool:
        self._all()
        return super().__eq__(other)

    __hash__ = None

    def __or__(self, other: Any) -> Any:
        self._all()
        return super().__or__(other)

    def __repr__(self) -> str:
        self._all()
        return super().__repr__()

    def _all(self) -> None:
        self._notes.seen.add(self._path)


def at(event: Mapping[str, Any], path: Path) -> Any:
    """What stands at `path` in an event; an object of its own kind where nothing does."""
    here: Any = event
    for key in path:
        if not isinstance(here, Mapping):
            return _ABSENT
        if key == EMPTINESS and key not in here:
            return bool(here)
        here = here.get(key, _ABSENT)
    return here


def parameters_in(paths: Collection[Path], event: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the parameters that were read, in order."""
    given = at(event, ("Details", "Parameters"))
    names: set[str] = set()
    for path in paths:
        if path[:2] == ("Details", "Parameters") and len(path) > 2 and path[2] != EMPTINESS:
            names.add(path[2])
        elif path == ("Details", "Parameters")[: len(path)] and isinstance(given, Mapping):
            names.update(given)
    return tuple(sorted(names))
