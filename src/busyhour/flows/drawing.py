"""A flow as a picture: actions where the designer has them or in layers, branches as arrows, in SVG."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import NamedTuple

from busyhour.flows.export.layout import entry
from busyhour.flows.model import Flow

WIDTH, HEIGHT = 190.0, 46.0
"""Size of a drawn action."""
_GAP_X, _GAP_Y = 56.0, 22.0
_LARGEST_SCALE = 2.5


class Point(NamedTuple):
    """Upper left corner of an action."""

    x: float
    y: float


class Branch(NamedTuple):
    """A branch of the action `source` to the action `target` (identifiers).

    `number` is its place among the action's branches, `status` names its class in the page's style (`s-STATUS`, and
    `m-STATUS` for its arrowhead), `title` is its tooltip.
    """

    source: str
    target: str
    number: int
    status: str
    title: str


def svg(
    flow: Flow,
    label: str,
    statuses: Mapping[str, str],
    branches: Iterable[Branch],
    names: Mapping[str, str] | None = None,
    number: int = 0,
) -> str:
    """Draw a flow.

    Args:
        flow: what to draw.
        label: what the picture shows, for readers who do not see it.
        statuses: by identifier of each action: names its class in the page's style (`s-STATUS`), and ends its tooltip.
        branches: what to draw between the actions; targets that do not exist are left out.
        names: by identifier, what to call an action; its own name where it is not given.
        number: keeps ids apart where several pictures are on one page.
    """
    places = place(flow)
    drawn = [one for one in branches if one.source in places and one.target in places]
    width = max((one.x for one in places.values()), default=0.0) + WIDTH + 160
    height = max((one.y for one in places.values()), default=0.0) + HEIGHT + 200
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="-80 -100 {width:.0f} {height:.0f}" role="img" aria-label="{escape(label, quote=True)}"><defs>'
    ]
    parts += [
        f'<marker id="m{number}-{status}" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" '
        f'orient="auto-start-reverse" markerUnits="userSpaceOnUse"><path class="m-{status}" d="M0 0L8 4L0 8z"/></marker>'
        for status in sorted({one.status for one in drawn})
    ]
    parts.append("</defs>")
    parts += [_arrow(one, places[one.source], places[one.target], number) for one in drawn]
    for action in flow.actions:
        at, status = places[action.identifier], statuses[action.identifier]
        start = "\u25b6 " if action.identifier == flow.start else ""
        name = (names or {}).get(action.identifier) or action.display_name or action.identifier
        parts.append(
            f'<g transform="translate({at.x:.1f} {at.y:.1f})"><title>{escape(name)} ({escape(action.type)}): {status}</title>'
            f'<rect class="s-{status}" width="{WIDTH:.0f}" height="{HEIGHT:.0f}" rx="7"/>'
            f'<text x="10" y="20">{start}{escape(_cut(name, 25))}</text>'
            f'<text class="type" x="10" y="36">{escape(_cut(action.type, 30))}</text></g>'
        )
    return "".join([*parts, "</svg>"])


def _arrow(one: Branch, source: Point, target: Point, number: int) -> str:
    x1, y1 = source.x + WIDTH, source.y + HEIGHT / 2 + (one.number % 5 - 2) * 3.0
    x2, y2 = target.x, target.y + HEIGHT / 2
    # Beside each other there is no room for a wide bend.
    bend = max(min(40.0, 0.6 * (x2 - x1)), (x2 - x1) / 2) if x2 > x1 else max(90.0, abs(y2 - y1) / 3)
    lift = 0.0
    if abs(y2 - y1) < HEIGHT:
        # Along one row: over what lies in between, and back beneath it.
        if x2 - x1 > WIDTH:
            lift = -min(120.0, 40.0 + (x2 - x1) / 12)
        elif x2 <= x1:
            lift = min(140.0, 55.0 + (x1 - x2) / 12)
    return (
        f'<path class="s-{one.status}" marker-end="url(#m{number}-{one.status})" '
        f'd="M{x1:.1f} {y1:.1f}C{x1 + bend:.1f} {y1 + lift:.1f} {x2 - bend:.1f} {y2 + lift:.1f} {x2 - 2:.1f} {y2:.1f}">'
        f"<title>{escape(one.title)}</title></path>"
    )


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}\u2026"


def place(flow: Flow) -> dict[str, Point]:
    """A place for every action, none on top of another; the smallest x and y are 0."""
    found = _designed(flow) or _layered(flow)
    left = min((one.x for one in found.values()), default=0.0)
    top = min((one.y for one in found.values()), default=0.0)
    return {identifier: Point(one.x - left, one.y - top) for identifier, one in found.items()}


def _designed(flow: Flow) -> dict[str, Point] | None:
    """As in the designer; None where a place is missing or two actions have the same place."""
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
