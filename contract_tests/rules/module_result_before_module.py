"""`$.Modules.Result` is read on a path on which no module has run."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, fills_on_success, rule, types_that_fill, unfilled

_RAN = fills_on_success(*types_that_fill("Modules"))


@rule(
    id="module-result-before-module",
    severity="warning",
    summary="$.Modules.Result is read on a path on which no module has run",
    why="Result and result data of the module are empty there.",
    fix="Invoke the module on that path too, or send the path elsewhere.",
    source="AWS administrator guide, flow modules: $.Modules.Result and $.Modules.ResultData hold the last result",
    group="data-flow",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """`$.Modules.Result` is read on a path on which no module has run."""
    yield from unfilled(
        flow,
        "Modules",
        _RAN,
        "a module has run",
        concerns=lambda read: read.reference.path[:1] in (("Result",), ("ResultData",)),
    )
