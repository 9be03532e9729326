"""Version is not 2019-10-30."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, rule


@rule(
    id="version",
    severity="error",
    summary="Version is not 2019-10-30",
    why="2019-10-30 is the only version of the flow language; Connect rejects any other.",
    fix='Set "Version" to "2019-10-30".',
    source="AWS, Amazon Connect Flow language (2019-10-30)",
    group="structure",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Version is not 2019-10-30."""
    version = flow.data.get("Version")
    if version != "2019-10-30" and version.__class__ is str:
        yield flow.problem(f'Version is {version!r}; the flow language has only "2019-10-30"', "Version")
