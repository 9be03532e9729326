"""A JSON object has the same key twice."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, pointer_text, rule


@rule(
    id="duplicate-key",
    severity="error",
    summary="A JSON object has the same key twice",
    why="JSON parsers silently keep only the last value.",
    fix="Keep one of the two.",
    source="RFC 8259, section 4",
    group="structure",
    scope="file",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """A JSON object has the same key twice."""
    if flow.document is None:
        return
    for pointer in flow.document.duplicate_keys:
        yield Problem(
            f"the key {pointer[-1]!r} occurs twice in {pointer_text(pointer[:-1])}; only the last counts",
            pointer,
            key=True,
        )
