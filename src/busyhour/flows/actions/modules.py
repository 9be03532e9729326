"""Transitions between flows: transfers, and modules that are invoked and left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from busyhour.flows.call import Call
from busyhour.flows.compiled import Compiled, Node
from busyhour.flows.export.layout import shown_name
from busyhour.flows.failure import Cause
from busyhour.flows.model import Action, FlowType
from busyhour.flows.references import compile_text, compile_value

if TYPE_CHECKING:
    from busyhour.flows.machine import Machine

_TRANSFER_TARGETS = {None, FlowType.CONTACT_FLOW, FlowType.AGENT_TRANSFER, FlowType.QUEUE_TRANSFER}


def reference_text(action: Action, flow: Compiled, machine: Machine, key: str, *names: str) -> Any:
    """Return an id in an action's parameters, static or dynamic; for a blanked id, the name in the layout."""
    raw = action.parameters.get(key)
    if raw == "" and machine.policy.blank_references_work:
        return compile_text(shown_name(flow.flow, action, key, *names) or "(blank)")
    return compile_text(raw)


class TransferToFlow(Node):
    """TransferToFlow: the contact continues in another flow and does not return."""

    __slots__ = ("_flow",)

    def __init__(self, action: Action, flow: Compiled, machine: Machine) -> None:
        super().__init__(action, flow, machine)
        self._flow = reference_text(action, flow, machine, "ContactFlowId", "ContactFlow", "contactFlow")

    def run(self, call: Call) -> Node | None:
        """Enter the other flow."""
        reference = self._flow(call) if callable(self._flow) else self._flow
        if not reference:
            return self.missing(call, "ContactFlowId", "the transfer has no target")
        target = call.resolve(reference)
        if target is None:
            detail = f"there is no flow {reference!r}"
            return self.fail(call, detail=detail, cause=Cause.FLOW_MISSING, what=reference)
        if target.flow.type not in _TRANSFER_TARGETS:
            return self.fail(call, detail=f"a {target.flow.type} flow cannot be transferred to")
        return call.enter(target)


class InvokeModule(Node):
    """InvokeFlowModule: run a module, then branch on its result."""

    __slots__ = ("_input", "_module")

    def __init__(self, action: Action, flow: Compiled, machine: Machine) -> None:
        super().__init__(action, flow, machine)
        self._module = reference_text(action, flow, machine, "FlowModuleId", "contactFlowModuleName")
        given = action.parameters.get("Input")
        self._input = compile_value(
            given if isinstance(given, dict) else {}, machine.policy.missing_reference
        )

    def run(self, call: Call) -> Node | None:
        """Enter the module."""
        reference = self._module(call) if callable(self._module) else self._module
        if not reference:
            return self.missing(call, "FlowModuleId", "no module is named")
        module = call.resolve(reference)
        if module is None:
            detail = f"there is no module {reference!r}"
            return self.fail(call, detail=detail, cause=Cause.MODULE_MISSING, what=reference)
        deepest = self.machine.policy.module_depth
        if len(call.frames or ()) >= deepest:
            return self.fail(call, detail=f"modules are nested more than {deepest} deep")
        return call.call_module(self, module, self._input(call) if callable(self._input) else self._input)

    def returned(self, call: Call, result: str | None) -> Node | None:
        """Branch on the module's result; without branches, continue."""
        if result is None or not self.action.conditions:
            return self.next
        return self.choose(call, result)


class EndModule(Node):
    """EndFlowModuleExecution: returns to the flow that invoked the module."""

    __slots__ = ("_data", "_result")

    def __init__(self, action: Action, flow: Compiled, machine: Machine) -> None:
        super().__init__(action, flow, machine)
        self._result = self.text("Result")
        self._data = compile_value(action.parameters.get("ResultData"), machine.policy.missing_reference)

    def run(self, call: Call) -> Node | None:
        """Leave the module; a module that was started on its own ends the contact."""
        if not call.frames:
            return call.flow_over(self.action.type)
        result = self._result(call) if callable(self._result) else self._result
        data = self._data(call) if callable(self._data) else self._data
        return call.leave_module(result or None, data)
