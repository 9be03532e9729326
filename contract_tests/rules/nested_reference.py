"""A reference inside another one."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, Reference, rule

_NAMESPACES = frozenset({"Attributes", "Customer", "External", "FlowAttributes"})
"""Roots that have no value themselves, so that a reference right after one is not part of a sentence."""


@rule(
    id="nested-reference",
    severity="warning",
    summary="A reference occurs where the name of an attribute belongs",
    why="The designer puts the namespace before any text typed as a name: $.Attributes.$.External.tier reads a "
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
                f"{outer} is followed by the name {inner!r}, which is itself a reference",
                *read.pointer,
                action=flow.actions[read.action],
            )
        before = read


def _bare(reference: Reference) -> bool:
    return reference.root in _NAMESPACES and not reference.path
