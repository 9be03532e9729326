"""Read the [callers] table of a scenario file. Menus and inputs are those of the flows it names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from busyhour.errors import did_you_mean
from busyhour.scenarios.flow_names import FlowNames, resolve
from busyhour.scenarios.model import Callers, MenuBehaviour, Redial
from busyhour.scenarios.moved import has_test
from busyhour.scenarios.traffic_plan.arrival_source import Source

_ROUNDING = 1e-9


def read_callers(source: Source, data: Mapping[str, Any], flows: list[FlowNames]) -> Callers:
    """Read the callers.

    Raises:
        BusyhourError: probabilities add up to more than 1, or, in a file with a [test] table, a menu or an
            input does not exist in the flows.
    """
    given: dict[str, Any] = {
        name: source.distribution(("callers", name), data[name])
        for name in ("patience", "talk", "wrap_up", "answer", "think")
        if name in data
    }
    given |= {name: float(data[name]) for name in ("answered", "hang_up_rate") if name in data}
    if "numbers" in data:
        given["numbers"] = tuple(data["numbers"])
    if "redial" in data:
        given["redial"] = _redial(source, data["redial"])
    menus = {}
    for name, choices in data.get("menus", {}).items():
        keys = ("callers", "menus", name)
        total = sum(choices.values())
        if total > 1 + _ROUNDING:
            raise source.error(keys, f"has probabilities that add up to {total:g}", "They may not exceed 1.")
        menus[_action(source, keys, name, flows)] = MenuBehaviour(
            {choice: float(share) for choice, share in choices.items()}
        )
    inputs = {
        _action(source, ("callers", "inputs", name), name, flows): tuple(values)
        for name, values in data.get("inputs", {}).items()
    }
    return Callers(**given, menus=menus, inputs=inputs)


def _redial(source: Source, data: Mapping[str, Any]) -> Redial:
    given: dict[str, Any] = {}
    if "after" in data:
        given["after"] = source.distribution(("callers", "redial", "after"), data["after"])
    if "attempts" in data:
        given["attempts"] = int(data["attempts"])
    return Redial(float(data["share"]), **given)


def _action(source: Source, keys: tuple[str, ...], name: str, flows: list[FlowNames]) -> str:
    """Return the action that `name` refers to, as `flow/action` if a flow is given.

    An unknown name is an error in a file with a [test] table. In an older file it is kept as an unused entry.
    """
    known = [flow.actions for flow in flows]
    if any(name in actions for actions in known if actions is not None):
        return name
    before, slash, action = name.rpartition("/")
    flow = resolve(before, flows) if slash else None
    if flow is not None:
        actions = next(one.actions for one in flows if flow in (one.name, one.stem))
        if actions is None or action in actions:
            return f"{flow}/{action}"
        known = [actions]
    elif any(actions is None for actions in known):
        return name
    else:
        action = name
    if not has_test(source.file):
        return name
    every = sorted({one for actions in known for one in actions or ()})
    place = f"in the flow {flow!r}" if flow is not None else "in the flows"
    raise source.error(
        keys,
        f"does not name an action {place}.{did_you_mean(action, every)}",
        "Give the action's name as the flow designer shows it, or its identifier.",
    )
