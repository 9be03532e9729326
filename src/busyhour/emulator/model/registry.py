"""Registration of operations: `@operation("TagContact")` on the function or method that answers it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

_MARK = "__busyhour_operations__"


@dataclass(frozen=True, slots=True)
class Registered:
    """One operation: its name in botocore's model, what answers it, the HTTP status of success, and its quota."""

    name: str
    run: Callable[..., Any]
    status: int = 200
    quota: str = ""


def operation(*names: str, status: int = 200, quota: str = "") -> Callable[[F], F]:
    """Register the decorated function or method for one operation, or several.

    Args:
        names: as botocore's model has them.
        status: HTTP status of success.
        quota: key of the quota that an invocation counts for, where the service does not derive it from the name.
    """

    def mark(function: F) -> F:
        setattr(function, _MARK, (names, status, quota))
        return function

    return mark


def registered(*holders: Any) -> dict[str, Registered]:
    """Return the operations that are registered in modules, classes or objects, by name and in order of definition.

    Raises:
        ValueError: two functions are registered for one operation.
    """
    found: dict[str, Registered] = {}
    for holder in holders:
        for one in _of(holder):
            if one.name in found:
                raise ValueError(f"{one.name} is registered twice: {found[one.name].run!r} and {one.run!r}")
            found[one.name] = one
    return found


def _of(holder: Any) -> Iterator[Registered]:
    members = vars(holder if isinstance(holder, ModuleType | type) else type(holder))
    for attribute, member in list(members.items()):
        if isinstance(member, FunctionType) and (marked := getattr(member, _MARK, None)) is not None:
            if isinstance(holder, ModuleType) and member.__module__ != holder.__name__:
                continue  # imported from where it is defined
            names, status, quota = marked
            for name in names:
                yield Registered(name, getattr(holder, attribute), status, quota)
