"""Mutations that put an action in a flow of the wrong type."""

from __future__ import annotations

from collections.abc import Iterator

from support.generated_flows.mutations.access import Data, Edit
from support.generated_flows.mutations.mutation import Mutations

FLOW_TYPE = Mutations()


@FLOW_TYPE.add("an action in a flow of the wrong type", "flow-type")
def _(flow: Data) -> Iterator[Edit]:
    if "Settings" in flow or flow.get("Metadata", {}).get("type") in (None, "contactFlowModule"):
        return
    wrong = {
        "contactFlow": ("EndFlowModuleExecution", "TransferContactToAgent"),
        "customerQueue": ("EndFlowModuleExecution", "TransferContactToAgent"),
        "customerHold": ("DisconnectParticipant", "EndFlowModuleExecution"),
        "customerWhisper": ("DisconnectParticipant", "TransferContactToAgent"),
        "agentWhisper": ("DisconnectParticipant", "EndFlowModuleExecution"),
        "agentHold": ("DisconnectParticipant", "TransferContactToAgent"),
        "outboundWhisper": ("DisconnectParticipant", "TransferContactToAgent"),
        "agentTransfer": ("EndFlowModuleExecution",),
        "queueTransfer": ("EndFlowModuleExecution",),
    }
    for kind in wrong.get(flow["Metadata"]["type"], ()):
        stray = {"Identifier": "stray", "Type": kind, "Parameters": {}, "Transitions": {}}
        yield lambda stray=stray: flow["Actions"].append(stray)  # type: ignore[misc]  # bound early
