"""A flow as a picture: actions in rows by their distance from the start, branches as lines. Plain SVG."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from html import escape

from busyhour.flowdiff.matching import branches
from busyhour.flows.model import Flow

WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN = 150, 34, 14, 34, 12
_LONGEST = 22
COLOURS = {
    "same": ("#f4f5f7", "#9aa3af"),
    "changed": ("#fff3cd", "#b7791f"),
    "new": ("#d9f2e1", "#2f855a"),
    "gone": ("#fbdcdc", "#c53030"),
}
"""Fill and line of an action by its outcome. The words stand in its tooltip too."""


def rows(flow: Flow) -> list[list[str]]:
    """Identifiers by distance from the start, in the order in which branches reach them; unreachable ones last."""
    actions = flow.by_identifier()
    depth: dict[str, int] = {}
    queue = deque([flow.start] if flow.start in actions else [])
    if queue:
        depth[flow.start] = 0
    while queue:
        here = queue.popleft()
        for target in branches(actions[here]).values():
            if target in actions and target not in depth:
                depth[target] = depth[here] + 1
                queue.append(target)
    out: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for identifier, row in depth.items():
        out[row].append(identifier)
    unreachable = [identifier for identifier in actions if identifier not in depth]
    return [*out, unreachable] if unreachable else out


def svg(flow: Flow, marks: Mapping[str, str], names: Mapping[str, str]) -> str:
    """The picture.

    Args:
        flow: what to draw.
        marks: by identifier: same, changed, new or gone; same where it is not given.
        names: what to call an action, by identifier; its own name where it is not given.
    """
    actions = flow.by_identifier()
    places: dict[str, tuple[int, int]] = {}
    for y, row in enumerate(rows(flow)):
        for x, identifier in enumerate(row):
            places[identifier] = MARGIN + x * (WIDTH + GAP_X), MARGIN + y * (HEIGHT + GAP_Y)
    wide = max((x for x, _ in places.values()), default=0) + WIDTH + MARGIN
    high = max((y for _, y in places.values()), default=0) + HEIGHT + MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}" '
        f'role="img" aria-label="{escape(flow.name, quote=True)}" font-family="sans-serif" font-size="11">'
    ]
    for identifier, (x, y) in places.items():
        for label, target in branches(actions[identifier]).items():
            if target in places:
                lines.append(_edge((x, y), places[target], label))
    for identifier, (x, y) in places.items():
        action = actions[identifier]
        mark = marks.get(identifier, "same")
        fill, line = COLOURS[mark]
        name = names.get(identifier) or action.display_name or identifier
        lines.append(
            f'<g class="{mark}"><title>{escape(name)}: {escape(action.type)} ({mark})</title>'
            f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="5" fill="{fill}" stroke="{line}"/>'
            f'<text x="{x + 7}" y="{y + 14}" fill="#1a202c">{escape(_cut(name))}</text>'
            f'<text x="{x + 7}" y="{y + 27}" fill="#566070" font-size="9">{escape(_cut(action.type, 28))}</text></g>'
        )
    return "\n".join([*lines, "</svg>"])


def _edge(start: tuple[int, int], end: tuple[int, int], label: str) -> str:
    x1, y1 = start[0] + WIDTH // 2, start[1] + HEIGHT
    x2, y2 = end[0] + WIDTH // 2, end[1]
    bend = max(24, abs(y2 - y1) // 2)
    error = label != "next" and " " not in label
    colour = "#d69e9e" if error else "#9aa3af"
    return (
        f'<path d="M{x1},{y1} C{x1},{y1 + bend} {x2},{y2 - bend} {x2},{y2}" fill="none" stroke="{colour}">'
        f"<title>{escape(label)}</title></path>"
    )


def _cut(words: str, longest: int = _LONGEST) -> str:
    return words if len(words) <= longest else words[: longest - 1] + "…"
