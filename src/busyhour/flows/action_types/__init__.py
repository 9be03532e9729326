"""Facts about action types that more than one room needs, as their schemas declare them.

`declared.json` is made from flow_schemas/actions by `make generate`, so that the flow machine reads one small file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("declared.json")
_UNPUBLISHED = Path(__file__).with_name("unpublished.json")
_MEMBERS = (
    *("occupies", "hands-over", "log-name", "flow-parameters", "fills", "returns"),
    *("results", "repeated-result", "ends-on-success", "okay-without-error"),
)
"""Members of a schema, without their `x-`, that are kept if it has them."""
_ALL_CHANNELS = frozenset({"VOICE", "CHAT", "TASK", "EMAIL"})


@dataclass(frozen=True, slots=True)
class ActionType:
    """One action type.

    `behaviour` names what runs it (`flows.actions.BEHAVIOURS`). `occupies`: it takes the participant's time (it plays,
    shows or asks, or waits). `hands_over`: after it another flow, agent or contact takes care of the person. `log_name`
    is its ContactFlowModuleType in flow logs. `flow_parameters`: parameter that names a flow -> what that flow is for.
    `fills`: roots of references that it fills. `returns`: reference -> the text that a service returns there by default.
    `results`: all results of a type that only selects a branch, empty where it compares; None for any other type.
    `repeated_result`: the result whose target the designer repeats as NextAction. `ends_on_success`: its success leaves
    the flow. `okay_without_error`: without a branch for its error it continues.
    """

    behaviour: str
    channels: frozenset[str] = _ALL_CHANNELS
    occupies: bool = False
    hands_over: bool = False
    log_name: str = ""
    flow_parameters: Mapping[str, str] = field(default_factory=dict)
    fills: frozenset[str] = frozenset()
    returns: Mapping[str, str] = field(default_factory=dict)
    results: frozenset[str] | None = None
    repeated_result: str = ""
    ends_on_success: bool = False
    okay_without_error: bool = False

    @property
    def limited_to(self) -> frozenset[str]:
        """Channels outside of which a service takes its error branch; empty where it works on all.

        Source: AWS administrator guide, Supported channels for flow blocks.
        """
        served = (
            self.behaviour in ("service", "branching", "distribute", "participating")
            and self.channels != _ALL_CHANNELS
        )
        return self.channels if served else frozenset()

    @property
    def decided_outside(self) -> bool:
        """Whether the caller or another service determines its result, as configured in [callers]."""
        return self.behaviour in ("branching", "distribute", "input", "lex", "participating")


def of_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts in a schema's `x-` members as `declared.json` holds them."""
    found: dict[str, Any] = {"behaviour": schema["x-behaviour"], "channels": schema["x-channels"]}
    for member in _MEMBERS:
        if f"x-{member}" in schema:
            found[member.replace("-", "_")] = schema[f"x-{member}"]
    return found


@dataclass(frozen=True, slots=True)
class UnpublishedBlock:
    """A block of the designer of whose action type AWS publishes no name.

    `words` occur in a name that may be its type, `behaviour` names what runs such a type, `fills` are the references
    that it fills.
    """

    block: str
    words: tuple[str, ...]
    behaviour: str
    fills: tuple[str, ...]
    source: str


def _load() -> Mapping[str, ActionType]:
    rows = json.loads(_FILE.read_text(encoding="utf-8"))
    return {
        type: ActionType(**{key: _READ.get(key, _same)(value) for key, value in row.items()})
        for type, row in rows.items()
    }


def _load_unpublished() -> tuple[UnpublishedBlock, ...]:
    rows = json.loads(_UNPUBLISHED.read_text(encoding="utf-8"))
    return tuple(
        UnpublishedBlock(
            row["block"], tuple(row["words"]), row["behaviour"], tuple(row["fills"]), row["source"]
        )
        for row in rows
    )


def _roots(paths: Iterable[str]) -> frozenset[str]:
    return frozenset(path.removeprefix("$.").partition(".")[0] for path in paths)


def _same(value: Any) -> Any:
    return value


_READ: Mapping[str, Callable[[Any], Any]] = {
    "channels": frozenset,
    "results": frozenset,
    "fills": _roots,
}
"""Conversions of members from JSON."""


DECLARED = _load()
"""Every action type that has a schema."""

UNPUBLISHED = _load_unpublished()
"""Blocks without a published action type."""

FILLED = frozenset().union(
    *(one.fills for one in DECLARED.values()), *(_roots(one.fills) for one in UNPUBLISHED)
)
"""Roots of references that some block fills."""


def types_that_fill(root: str) -> tuple[str, ...]:
    """Return the action types that fill references with this root, as their schemas declare: `Case`."""
    return tuple(type for type, declared in DECLARED.items() if root in declared.fills)


_UNDECLARED = ActionType(behaviour="")


def unpublished(type: str) -> UnpublishedBlock | None:
    """Return the block without a published type that a type without a schema may belong to."""
    if type in DECLARED:
        return None
    return next((one for one in UNPUBLISHED if any(word in type for word in one.words)), None)


@cache
def _guessed(type: str) -> ActionType:
    block = unpublished(type)
    return _UNDECLARED if block is None else ActionType(block.behaviour, fills=_roots(block.fills))


def declared(type: str) -> ActionType:
    """Return the facts about an action type.

    One that may belong to a block without a published type has that block's; any other without a schema has an empty
    behaviour and the defaults.
    """
    return DECLARED.get(type) or _guessed(type)


@cache
def types_of(behaviour: str) -> tuple[str, ...]:
    """Return the action types of a behaviour."""
    return tuple(type for type, one in DECLARED.items() if one.behaviour == behaviour)
