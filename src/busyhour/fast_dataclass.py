"""Value objects that are made by the hundred thousand: frozen for the type checker, cheap to make at run time.

A frozen dataclass sets each member through `object.__setattr__`, which makes one of 19 members take about seven times
as long as an open one does. mypy refuses to change a member of either.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(cls: type[T]) -> type[T]:
    """As `dataclass(frozen=True, slots=True)`, but nothing at run time keeps anybody from changing a member."""
    return dataclass(slots=True, unsafe_hash=True)(cls)
