"""Regions and accounts that flows refer to, and those that slipped into a new version."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from busyhour.flows.model import Flow

_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:([a-z0-9-]*):(\d{12})?")
_REGION = re.compile(r"[a-z]{2,3}(?:-[a-z]+)+-\d")
_REGION_KEYS = ("Region", "BotRegion", "AwsRegion")


@dataclass(frozen=True, slots=True)
class Stray:
    """A reference to a Region or an account that the version before does not name anywhere."""

    flow: str
    action: str
    parameter: str
    kind: str
    """`Region` or `account`."""
    value: str

    def __str__(self) -> str:
        return f"{self.flow}: {self.action}: {self.parameter} names the {self.kind} {self.value}"


def strays(old: Mapping[str, Flow], new: Mapping[str, Flow]) -> list[Stray]:
    """Return the references of the new version to Regions and accounts that the old one does not name.

    A version that names none of a kind has nothing to compare with.
    """
    before: dict[str, set[str]] = {}
    for one in _named(old):
        before.setdefault(one.kind, set()).add(one.value)
    found = [one for one in _named(new) if one.kind in before and one.value not in before[one.kind]]
    return list(dict.fromkeys(found))


def _named(flows: Mapping[str, Flow]) -> Iterator[Stray]:
    for name, flow in flows.items():
        for action in flow.actions:
            shown = action.display_name or action.identifier
            operands = {"Conditions": [list(one.operands) for one in action.conditions]}
            for path, value in _texts({**action.parameters, **operands}):
                for kind, found in _places(path, value):
                    yield Stray(name, shown, path, kind, found)


def _texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple):
        for at, inner in enumerate(value):
            yield from _texts(inner, f"{path}[{at}]")
    elif isinstance(value, str):
        yield path, value


def _places(path: str, value: str) -> Iterator[tuple[str, str]]:
    for region, account in _ARN.findall(value):
        if _REGION.fullmatch(region):
            yield "Region", region
        if account:
            yield "account", account
    if path.rpartition(".")[2] in _REGION_KEYS and _REGION.fullmatch(value):
        yield "Region", value
