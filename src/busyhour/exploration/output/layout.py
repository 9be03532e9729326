"""Where the actions of a flow stand when it is drawn: as in the designer where the export says so, else in layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from busyhour.flows.layout import entry
from busyhour.flows.model import Flow

WIDTH, HEIGHT = 190.0, 46.0
"""Size of a drawn action."""
_GAP_X, _GAP_Y = 56.0, 22.0
_LARGEST_SCALE = 2.5


class Point(NamedTuple):
    """Upper left corner of an action."""

    x: float
    y: float


def place(flow: Flow) -> dict[str, Point]:
    """A place for every action, none on top of another; the smallest x and y are 0."""
    found = _designed(flow) or _layered(flow)
    left = min((one.x for one in found.values()), default=0.0)
    top = min((one.y for one in found.values()), default=0.0)
    return {identifier: Point(one.x - left, one.y - top) for identifier, one in found.items()}


def _designed(flow: Flow) -> dict[str, Point] | None:
    """As in the designer; None where a place is missing or two actions cannot be told apart."""
    found: dict[str, Point] = {}
    for action in flow.actions:
        position = entry(flow, action).get("position")
        if not isinstance(position, Mapping):
            return None
        x, y = position.get("x"), position.get("y")
        if not isinstance(x, int | float) or not isinstance(y, int | float):
            return None
        found[action.identifier] = Point(float(x), float(y))
    points = list(found.values())
    scale = 0.6
    for at, one in enumerate(points):
        for other in points[:at]:
            across, down = abs(one.x - other.x), abs(one.y - other.y)
            needed = min(
                (WIDTH + _GAP_X / 2) / across if across else float("inf"),
                (HEIGHT + _GAP_Y / 2) / down if down else float("inf"),
            )
            scale = max(scale, needed)
    if scale > _LARGEST_SCALE:
        return None
    return {identifier: Point(one.x * scale, one.y * scale) for identifier, one in found.items()}


def _layered(flow: Flow) -> dict[str, Point]:
    """One column for each number of steps from the start; what no path leads to comes last."""
    actions = flow.by_identifier()
    depth: dict[str, int] = {}
    here = [flow.start] if flow.start in actions else []
    level = 0
    while here:
        following: list[str] = []
        for identifier in here:
            if identifier not in depth:
                depth[identifier] = level
                following += [one for one in actions[identifier].targets() if one in actions]
        here, level = following, level + 1
    rows: dict[int, int] = {}
    found: dict[str, Point] = {}
    for identifier in [*depth, *(one for one in actions if one not in depth)]:
        column = depth.get(identifier, level)
        row = rows.get(column, 0)
        rows[column] = row + 1
        found[identifier] = Point(column * (WIDTH + _GAP_X), row * (HEIGHT + _GAP_Y))
    return found
