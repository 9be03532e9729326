"""The prompt that is played is chosen by a value from the caller or from a function."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import SPEAKING, FlowView, Problem, rule

_FREE = frozenset({"Attributes", "External", "FlowAttributes", "Lex", "StoredCustomerInput"})
_PLACES = frozenset({"PromptId", "Uri"})


@rule(
    id="prompt-from-outside",
    severity="warning",
    summary="The prompt that is played is chosen by a value from the caller or from a function",
    why="A wrong value is an error in every call; a hostile one plays any recording that the instance may read.",
    fix="Compare the value first, and name the prompt of each branch.",
    source="AWS administrator guide, Play prompt: a prompt selected dynamically",
    group="security",
    types=SPEAKING,
    optional=True,
)
def check(flow: FlowView) -> Iterator[Problem]:
    """References in PromptId and Media.Uri."""
    for read in flow.reads:
        action = flow.actions[read.action]
        if action.type in SPEAKING and read.pointer[-1] in _PLACES and read.reference.root in _FREE:
            yield flow.problem(f"{read.reference.text} chooses what is played", *read.pointer, action=action)
