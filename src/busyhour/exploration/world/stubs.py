"""The flows under exploration, with stand-ins for flows and modules that they refer to and that are not here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from busyhour.flows.library import FlowLibrary
from busyhour.flows.model import Action, Flow, FlowType

MODULE_STAND_IN = "ModuleStandIn"
"""Type of the one action of a stand-in for a module. No such type exists, so the world is asked what it does."""


class OpenLibrary(FlowLibrary):
    """As `FlowLibrary`; what a flow transfers to or invokes and is not here has a stand-in.

    Event hooks to flows that are not here have none: the contact is held, or goes on, as Connect's defaults do.
    """

    def __init__(self, flows: Iterable[Flow], aliases: Mapping[str, str] | None = None) -> None:
        super().__init__(flows, aliases)
        self.wanted = ""
        """What the running action refers to: `flow`, `module` or nothing that could have a stand-in."""
        self._stand_ins: dict[tuple[str, str], Flow] = {}

    def resolve(self, reference: str) -> Flow | None:
        """As `FlowLibrary.resolve`, or a stand-in."""
        found = super().resolve(reference)
        if found is None and self.wanted and reference:
            key = (self.wanted, reference)
            found = self._stand_ins.get(key)
            if found is None:
                found = self._stand_ins[key] = (
                    _module(reference) if self.wanted == "module" else _flow(reference)
                )
        return found

    def known(self, reference: str) -> Flow | None:
        """As `FlowLibrary.resolve`: a flow that is really here."""
        return super().resolve(reference)


def is_stand_in(flow: Flow) -> bool:
    """Whether a flow stands in for one that is not here."""
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
