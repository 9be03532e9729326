"""What the caller entered is not used."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, is_true, rule

_GOES_ON = ("InvokeFlowModule", "TransferToFlow")
"""What comes after these may read the input."""


@rule(
    id="input-lost",
    severity="warning",
    summary="What the caller entered is lost before the queue",
    why="The caller is asked for it, and the agent asks again: minutes of every call.",
    fix="Store the input in a contact attribute, or pass it to a function, before the transfer.",
    source="a team's policy; AWS administrator guide, Store customer input: the value is in $.StoredCustomerInput "
    "until the next input",
    group="security",
    types=("TransferContactToQueue",),
    optional=True,
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Store blocks from which a queue is reached, and nothing on any path after them reads the input."""
    queues = [one.index for one in flow.of_type("TransferContactToQueue")]
    readers = {one.action for one in flow.reads if one.reference.root == "StoredCustomerInput"}
    readers |= {one.index for one in flow.of_type(*_GOES_ON)}
    for action in flow.of_type("GetParticipantInput"):
        if not is_true(action.parameters.get("StoreInput")) or not flow.graph.reachable[action.index]:
            continue
        starts = [edge.target for edge in flow.followed[action.index] if edge.kind != "error"]
        after = flow.graph.reachable_from(starts)
        if any(after[at] for at in queues) and not any(after[at] for at in readers):
            yield flow.problem("the input is read nowhere between here and the queue", action=action)
