"""`$.Lex` is read on a path on which no bot has run."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, fills_on_success, rule, types_that_fill, unfilled

_RAN = fills_on_success(*types_that_fill("Lex"))


@rule(
    id="lex-before-bot",
    severity="warning",
    summary="$.Lex is read on a path on which no bot has run",
    why="Intent, slots and session attributes are empty there.",
    fix="Run the bot on that path too, or send the path to an action that does not need its result.",
    source="AWS administrator guide, contact attributes: Amazon Lex attributes hold the last bot's result",
    group="data-flow",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """`$.Lex` is read on a path on which no bot has run."""
    yield from unfilled(flow, "Lex", _RAN, "a bot has run")
