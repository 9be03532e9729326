"""An event that records which parts a handler reads.

A part that a handler did not read cannot have changed its response. Explorations thus learn which parameters a
function needs, and forecasts call it once for all events that agree in the parts it read.
"""

from __future__ import annotations

from collections.abc import Collection, ItemsView, Iterator, KeysView, Mapping, ValuesView
from typing import Any

Path = tuple[str, ...]
"""Keys from the event down to a part that was read."""

EMPTINESS = ""
"""Last key of a path if only the emptiness of a mapping was read."""

READ_UNSEEN = frozenset({"pydantic_core", "pydantic", "orjson", "msgspec", "ujson", "rapidjson", "simdjson"})
"""Libraries that read dictionaries in C without calling their methods."""

_ABSENT = ("absent",)


class RecordedReads:
    """The parts of one event that were read."""

    def __init__(self) -> None:
        self.seen: set[Path] = set()
        self.handed: set[Path] = {()}
        """Objects that were handed out: the event, and its parts."""

    def read(self, *, unseen: bool = False) -> set[Path]:
        """Return the paths of all parts that were read.

        Args:
            unseen: whether C code may have read a dictionary without calling its methods. Then an object that
                was handed out, and without a recorded read, counts as read as a whole.
        """
        if not unseen:
            return set(self.seen)
        members = {path for path in self.seen if path[-1:] != (EMPTINESS,)}
        used = {path[:length] for path in members | self.handed for length in range(len(path))} | members
        return self.seen | (self.handed - used)


class RecordedEvent(dict[str, Any]):
    """A JSON object that records reads; contained objects do the same.

    Iterating over its members reads all of it: the path is then the object's own.
    """

    def __init__(self, given: Mapping[str, Any], notes: RecordedReads, path: Path = ()) -> None:
        super().__init__(
            (key, RecordedEvent(value, notes, (*path, key)) if isinstance(value, dict) else value)
            for key, value in given.items()
        )
        self._notes = notes
        self._path = path

    def _note(self, key: object, value: Any) -> Any:
        # A contained object records its own reads.
        paths = self._notes.handed if isinstance(value, RecordedEvent) else self._notes.seen
        paths.add((*self._path, str(key)))
        return value

    def __getitem__(self, key: str) -> Any:
        try:
            return self._note(key, super().__getitem__(key))
        except KeyError:
            self._note(key, None)
            raise

    def get(self, key: str, default: Any = None) -> Any:
        """Behave as a dictionary."""
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
        """Behave as a dictionary."""
        self._all()
        return super().keys()

    def values(self) -> ValuesView[Any]:  # type: ignore[override]  # as above
        """Behave as a dictionary."""
        self._all()
        return super().values()

    def items(self) -> ItemsView[str, Any]:  # type: ignore[override]  # as above
        """Behave as a dictionary."""
        self._all()
        return super().items()

    def copy(self) -> dict[str, Any]:
        """Behave as a dictionary."""
        self._all()
        return dict(super().items())

    def pop(self, key: str, *default: Any) -> Any:
        """Behave as a dictionary."""
        self._note(key, None)
        return super().pop(key, *default)

    def setdefault(self, key: str, default: Any = None) -> Any:
        """Behave as a dictionary."""
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
    """Return the value at `path` in an event; a unique object if there is none."""
    here: Any = event
    for key in path:
        if not isinstance(here, Mapping):
            return _ABSENT
        if key == EMPTINESS and key not in here:
            return bool(here)
        here = here.get(key, _ABSENT)
    return here


def parameters_in(paths: Collection[Path], event: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the parameters that were read, in order."""
    given = at(event, ("Details", "Parameters"))
    names: set[str] = set()
    for path in paths:
        if path[:2] == ("Details", "Parameters") and len(path) > 2 and path[2] != EMPTINESS:
            names.add(path[2])
        elif path == ("Details", "Parameters")[: len(path)] and isinstance(given, Mapping):
            names.update(given)
    return tuple(sorted(names))
