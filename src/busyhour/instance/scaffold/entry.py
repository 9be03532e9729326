"""The flow that a scenario's calls start in: given by name or number, or chosen."""

from __future__ import annotations

from collections.abc import Sequence

from busyhour.errors import BusyhourError, did_you_mean
from busyhour.flows.library import identity
from busyhour.flows.model import Flow, FlowType
from busyhour.instance.masking import masked_text
from busyhour.instance.scaffold.known import Facts
from busyhour.instance.scaffold.reach import reach


def entry_flow(facts: Facts, given: str | None) -> tuple[Flow, str]:
    """Return the flow, and how it was chosen, in words; empty where it was given.

    Args:
        facts: of the pulled instance.
        given: name, id or ARN of a flow, or a phone number; None: the flow that most of the instance hangs on.

    Raises:
        BusyhourError: there is no such flow, several fit a masked number, or no flow takes calls.
    """
    if given is None:
        return _chosen(facts)
    found = facts.library.resolve(given)
    if found is not None:
        return found, ""
    wanted = {given, masked_text(given)}
    led = {
        flow: None for identifier, number, flow in facts.numbers() if number in wanted or identifier == given
    }
    flows = [flow for flow in facts.flows if identity(flow.arn or "") in led]
    if len(flows) == 1:
        return flows[0], ""
    if flows:
        several = ", ".join(flow.name for flow in flows)
        raise BusyhourError(
            f"--entry {given!r} fits several numbers: numbers were masked when they were pulled.",
            f"Name the flow: {several}. Or pull with --keep-numbers.",
        )
    names = [flow.name for flow in facts.flows]
    raise BusyhourError(
        f"--entry {given!r} is not a flow or a phone number of the instance.{did_you_mean(given, names)}",
        f"Flows: {', '.join(sorted(flow.name for flow in _inbound(facts))[:20]) or 'none'}.",
    )


def _chosen(facts: Facts) -> tuple[Flow, str]:
    led = {flow for _, _, flow in facts.numbers()}
    inbound = _inbound(facts)
    candidates = [flow for flow in inbound if identity(flow.arn or "") in led]
    why = "a phone number leads to it"
    if not candidates:
        candidates, why = list(inbound), "no phone number leads to a flow"
    if not candidates:
        raise BusyhourError(
            "The pulled instance has no inbound flow that can be read.",
            "Pull again, or look at what `busyhour check` prints of its flows.",
        )
    library = facts.library
    sizes = [len(reach(library, flow).actions) for flow in candidates]
    best = max(range(len(candidates)), key=lambda at: (sizes[at], -at))
    others = len(candidates) - 1
    if others:
        why += f"; of {len(candidates)} such flows it leads to most actions"
    return candidates[best], why


def _inbound(facts: Facts) -> Sequence[Flow]:
    return [flow for flow in facts.flows if flow.type in (FlowType.CONTACT_FLOW, None)]
