"""A reference stands inside another one."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, Reference, rule

_NAMESPACES = frozenset({"Attributes", "Customer", "External", "FlowAttributes"})
"""Roots that are no value themselves: a reference right behind one is no second word of a sentence."""


@rule(
    id="nested-reference",
    severity="warning",
    summary="A reference stands where the name of an attribute should",
    why="The designer puts the namespace before whatever is typed as a name: $.Attributes.$.External.tier asks for a "
    "contact attribute called $.External.tier, which is never set, and is empty on every call.",
    fix="Choose the namespace that the inner reference names (External), and type the bare key (tier).",
    source="Observed in published exports, of both formats",
    group="data-flow",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """A reference whose next name is a reference itself, in dots or in brackets."""
    before = None
    for read in flow.reads:
        reference = read.reference
        inner = next((part for part in reference.path if part.startswith("$.")), None)
        outer = f"$.{reference.root}"
        if inner is None and before is not None and _bare(before.reference):
            follows = before.pointer == read.pointer and before.reference.end + 1 == reference.start
            inner, outer = (reference.text if follows else None), before.reference.text
        if inner is not None:
            yield flow.problem(
                f"{outer} is asked for something called {inner!r}, which is a reference itself",
                *read.pointer,
                action=flow.actions[read.action],
            )
        before = read


def _bare(reference: Reference) -> bool:
    return reference.root in _NAMESPACES and not reference.path
