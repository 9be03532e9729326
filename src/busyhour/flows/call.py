"""One call in progress: Connect's data about the contact, and the position in its flows.

Drive a call with `start` and `send`. It waits at one node at a time and stores nothing that calls can
share, so that 100,000 of them fit in one process.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from busyhour.flows import protocol as p
from busyhour.flows.contact import Contact
from busyhour.flows.failure import Cause, TextTooLongError
from busyhour.flows.lifecycle import Lifecycle, Stage
from busyhour.flows.model import FlowType

if TYPE_CHECKING:
    from busyhour.flows.compiled import Compiled, Node
    from busyhour.flows.machine import Machine


class Frame:
    """State to restore when a module ends: where it was invoked, and the invoking flow's own values."""

    __slots__ = ("external", "external_of", "flow_attributes", "lex", "loops", "node", "stored_input")

    def __init__(self, node: Node, call: Call) -> None:
        self.node = node
        self.external = call.external
        self.external_of = call.external_of
        self.stored_input = call.stored_input
        self.lex = call.extras.get("Lex") if call.extras else None
        self.flow_attributes = call.flow_attributes
        self.loops = call.loops


class Call(Lifecycle):
    """A call that the machine runs. Created by `Machine.call`.

    Public: `start`, `send`, `attributes` (may be set by the driver), `external`, `queue`, `ended`,
    `actions_run`, `flow_name`, `current_action`, `pending`, `unmodelled`, `unresolved`, `error_branches`,
    `flow_errors`, `failures`.
    """

    __slots__ = ("_entry", "actions_run")

    def __init__(self, machine: Machine, entry: Compiled, contact: Contact) -> None:
        super().__init__(machine, entry, contact)
        self._entry: Compiled = entry
        self.actions_run = 0
        """Actions run so far."""

    # ------------------------------------------------------------------------------------------ driving

    @property
    def ended(self) -> bool:
        """Whether the contact is over."""
        return self.stage == Stage.ENDED

    @property
    def continues_beside(self) -> bool:
        """Whether the contact continues beside a wait, which `WaitOver` ends."""
        return self.beside is not None

    @property
    def flow_name(self) -> str:
        """Name of the current or last flow or module."""
        return self._node.flow.name

    @property
    def current_action(self) -> str:
        """Identifier of the waiting or last action; empty while held, and while talking."""
        return self._node.identifier

    def start(self) -> p.Effect:
        """Run to the first effect. A call that begins in a customer queue flow is in the queue.

        Raises:
            ProtocolError: the call was started before.
        """
        if self.stage != Stage.READY:
            raise p.ProtocolError("the call was started before")
        queued = self._entry.flow.type is FlowType.CUSTOMER_QUEUE
        self.stage = Stage.QUEUED if queued else Stage.MAIN
        return self._advance(self._entry.start)

    def send(self, event: p.Event) -> p.Effect:
        """Pass in the event that answers the pending effect, or one that occurred meanwhile.

        Run to the next effect.

        Raises:
            ProtocolError: the event does not answer the pending effect.
        """
        kind = type(event)
        if kind is p.HungUp or kind is p.Stopped:
            return self._broken_off(kind is p.HungUp)
        if self.stage == Stage.ENDED or self.stage == Stage.READY:
            state = "has ended" if self.stage == Stage.ENDED else "was not started"
            raise p.ProtocolError(f"the call {state}: {event!r} is unexpected")
        if kind is p.AgentAnswered:
            assert isinstance(event, p.AgentAnswered)
            return self._run(self.answer(event))
        if kind is p.WaitOver:
            assert isinstance(event, p.WaitOver)
            return self._run(self._wait_over(event))
        return self._run(self._node.resume(self, event))

    def _run(self, node: Node | None) -> p.Effect:
        if node is None:
            assert self.pending is not None
            return self.pending
        return self._advance(node)

    def _advance(self, node: Node) -> p.Effect:
        """Run nodes until one yields an effect."""
        machine = self.machine
        if machine.observer is not None:
            return self._advance_observed(node)
        limit = machine.policy.silent_action_limit
        following: Node | None = node
        for steps in range(1, limit + 1):
            assert following is not None
            node = following
            try:
                following = node.run(self)
            except TextTooLongError as error:
                following = node.fail(self, detail=str(error))
            if following is None:
                return self._stop(node, steps if node.counts else steps - 1)
        self.actions_run += limit
        return self._endless(node, limit)

    def _advance_observed(self, node: Node) -> p.Effect:
        """Run nodes as `_advance` does, and notify the observer of each action."""
        observer = self.machine.observer
        assert observer is not None
        steps = 0
        limit = self.machine.policy.silent_action_limit
        while steps < limit:
            if node.counts:
                steps += 1
                self._node = node
                observer.on_action(self, node.flow.flow, node.action)
            try:
                following = node.run(self)
            except TextTooLongError as error:
                following = node.fail(self, detail=str(error))
            if following is None:
                return self._stop(node, steps)
            node = following
        self.actions_run += limit
        return self._endless(node, limit)

    def _stop(self, node: Node, steps: int) -> p.Effect:
        self._node = node
        self.actions_run += steps
        if self.actions_run > self.machine.policy.action_limit and self.stage != Stage.ENDED:
            return self._endless(node, self.machine.policy.action_limit)
        assert self.pending is not None
        return self.pending

    def _endless(self, node: Node, limit: int) -> p.Effect:
        self._node = node
        detail = f"{limit} actions were run without an end, last in flow {node.flow.name!r}"
        self.flow_errors = (*self.flow_errors, detail)
        self.failed(node, Cause.NO_WAY_ON, "", detail)
        self.end(p.EndReason.FLOW_ERROR, None, detail)
        assert self.pending is not None
        return self.pending

    def _broken_off(self, hung_up: bool) -> p.Effect:
        if self.stage != Stage.ENDED:
            self.end(p.EndReason.CUSTOMER_DISCONNECT if hung_up else p.EndReason.STOPPED)
        assert self.pending is not None
        return self.pending

    def _wait_over(self, event: p.WaitOver) -> Node | None:
        """Leave the Continue branch, and the modules entered there, for another branch of its wait."""
        if self.beside is None:
            raise p.ProtocolError(f"{event!r}, but the contact does not continue beside a wait")
        node, depth = self.beside
        while self.frames and len(self.frames) > depth:
            self.leave_module(None, None)
        self.beside = None
        return node.over(self, event.branch)

    # ------------------------------------------------------------------------- modules (not for drivers)

    def call_module(self, node: Node, module: Compiled, given: Mapping[str, Any]) -> Node:
        """Start a module; it shares only contact attributes with its caller."""
        frame = Frame(node, self)
        self.frames = [*(self.frames or ()), frame]
        self.external = self.stored_input = self.flow_attributes = self.loops = None
        if self.extras is not None:
            self.extras.pop("Lex", None)
        self.put("Modules", {"Input": given})
        return module.start

    def leave_module(self, result: str | None, data: Any) -> Node | None:
        """Return to where the module was invoked; None outside a module."""
        if not self.frames:
            return None
        *rest, frame = self.frames
        self.frames = rest or None
        self.external = frame.external
        self.external_of = frame.external_of
        self.stored_input = frame.stored_input
        self.flow_attributes = frame.flow_attributes
        self.loops = frame.loops
        if self.extras is not None:
            self.extras.pop("Lex", None)
        if frame.lex is not None:
            self.put("Lex", frame.lex)
        self.put("Modules", {"Result": result, "ResultData": data})
        return frame.node.returned(self, result)
