"""The flows under exploration, with stand-ins for missing flows and modules that they refer to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from busyhour.flows.action_types import declared
from busyhour.flows.library import FlowLibrary
from busyhour.flows.model import Action, Flow, FlowType

MODULE_STAND_IN = "ModuleStandIn"
"""Type of the single action of a stand-in for a module.

The type does not exist, so the world decides its result.
"""


class OpenLibrary(FlowLibrary):
    """A `FlowLibrary` with stand-ins for missing flows that a flow transfers to or invokes.

    Event hooks to missing flows have none: the contact is held, or continues, as in Connect's defaults.
    """

    def __init__(self, flows: Iterable[Flow], aliases: Mapping[str, str] | None = None) -> None:
        super().__init__(flows, aliases)
        self._purposes: frozenset[str] = frozenset()
        self._stand_ins: dict[tuple[str, str], Flow] = {}

    def run(self, action: Action | None) -> None:
        """Provide stand-ins for what this action names: a flow to transfer to, a module to invoke; None: for nothing."""
        named = declared(action.type).flow_parameters.values() if action is not None else ()
        self._purposes = frozenset(named) & {"transfer", "module"}

    def resolve(self, reference: str) -> Flow | None:
        """Resolve as `FlowLibrary` does, or return a stand-in."""
        found = super().resolve(reference)
        if found is None and self._purposes and reference:
            module = "module" in self._purposes
            key = ("module" if module else "flow", reference)
            found = self._stand_ins.get(key)
            if found is None:
                found = self._stand_ins[key] = _module(reference) if module else _flow(reference)
        return found

    def known(self, reference: str) -> Flow | None:
        """Resolve as `FlowLibrary` does: existing flows only."""
        return super().resolve(reference)


def is_stand_in(flow: Flow) -> bool:
    """Whether a flow is a stand-in for a missing one."""
    return bool(flow.metadata.get("stand-in"))


def _flow(reference: str) -> Flow:
    end = Action("elsewhere", "DisconnectParticipant", {}, None)
    return Flow(
        f"(flow {reference})", FlowType.CONTACT_FLOW, "elsewhere", (end,), metadata={"stand-in": True}
    )


def _module(reference: str) -> Flow:
    work = Action("module", MODULE_STAND_IN, {}, "end")
    end = Action("end", "EndFlowModuleExecution", {"Result": "$.StandIn.Result"}, None)
    return Flow(f"(module {reference})", FlowType.MODULE, "module", (work, end), metadata={"stand-in": True})
