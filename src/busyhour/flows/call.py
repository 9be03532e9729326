"""One call in progress: Connect's data about the contact, and the position in its flows.

Drive a call with `start` and `send`. It waits at one node at a time and stores nothing that calls can
share, so that 100,000 of them fit in one process.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from busyhour.flows import protocol as p
from busyhour.flows.contact import Contact
from busyhour.flows.failure import Cause, Failure, failure
from busyhour.flows.model import FlowType
from busyhour.flows.state import State

if TYPE_CHECKING:
    from busyhour.flows.compiled import Compiled, Node
    from busyhour.flows.machine import Machine


class Stage(IntEnum):
    """Stages of a contact. Flows run in all but READY, TALKING and ENDED."""

    READY = 0
    MAIN = 1
    QUEUED = 2
    AGENT_WHISPER = 3
    CUSTOMER_WHISPER = 4
    TALKING = 5
    REMAINING = 6
    ENDED = 7


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


class Call(State):
    """A call that the machine runs. Created by `Machine.call`.

    Public: `start`, `send`, `attributes` (may be set by the driver), `external`, `queue`, `ended`,
    `actions_run`, `flow_name`, `current_action`, `pending`, `unmodelled`, `unresolved`, `error_branches`,
    `flow_errors`, `failures`.
    """

    __slots__ = (
        "_entry",
        "_node",
        "actions_run",
        "error_branches",
        "external_of",
        "failures",
        "flow_errors",
        "frames",
        "pending",
        "stage",
        "unmodelled",
        "unresolved",
    )

    def __init__(self, machine: Machine, entry: Compiled, contact: Contact) -> None:
        super().__init__(machine, contact)
        self._entry: Compiled = entry
        self._node: Node = entry.start
        self.stage = Stage.READY
        self.pending: p.Effect | None = None
        """The effect that waits for an event; after the end, the `Ended`."""
        self.frames: list[Frame] | None = None
        self.actions_run = 0
        """Actions run so far."""
        self.error_branches = 0
        """Number of errors (a menu's silence and choices without a branch do not count)."""
        self.unmodelled: tuple[str, ...] = ()
        """Action types that took the default path, each once."""
        self.unresolved: tuple[str, ...] = ()
        """References to flows that the library lacks, each once."""
        self.flow_errors: tuple[str, ...] = ()
        """Errors without a branch that stopped a flow, as text."""
        self.failures: tuple[Failure, ...] = ()
        """Failures of the call in order, each kind once per action."""
        self.external_of = ""
        """The function that returned `external`, as the flow names it."""

    # ------------------------------------------------------------------------------------------ driving

    @property
    def ended(self) -> bool:
        """Whether the contact is over."""
        return self.stage == Stage.ENDED

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
            return self._run(self._answered(event))
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
            following = node.run(self)
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
            following = node.run(self)
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

    # --------------------------------------------------------------- what nodes do to the call (not for drivers)

    def end(self, reason: p.EndReason, terminal: str | None = None, detail: str = "") -> None:
        """End the contact."""
        self.stage = Stage.ENDED
        self.pending = p.Ended(reason, terminal, detail)
        self.frames = self.loops = None

    def enter(self, flow: Compiled) -> Node:
        """Start a flow in place of the current one; modules in progress are left."""
        self.frames = None
        self.loops = None
        self.flow_attributes = None
        if not self.machine.policy.external_survives_transfer:
            self.external = None
            self.stored_input = None
            if self.extras:
                self.extras.pop("Lex", None)
        return flow.start

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

    def flow_over(self, terminal: str, *, disconnects: bool = False) -> Node | None:
        """Continue after the end of the current flow, by the stage and by whether the flow's type disconnects."""
        match self.stage:
            case Stage.QUEUED:
                return self.hold()
            case Stage.AGENT_WHISPER | Stage.CUSTOMER_WHISPER:
                return self.next_whisper()
            case _ if disconnects:
                return self.disconnect(terminal)
            case _:
                self.end(p.EndReason.FLOW_DISCONNECT, terminal)
                return None

    def disconnect(self, terminal: str) -> Node | None:
        """Disconnect the contact; its disconnect flow is run first, once."""
        if self.stage != Stage.REMAINING and self.machine.policy.disconnect_runs_remaining_hook:
            following = self.remaining()
            if following is not None:
                return following
        self.end(p.EndReason.FLOW_DISCONNECT, terminal)
        return None

    def broken(self, node: Node, detail: str) -> Node | None:
        """Stop a flow that cannot continue.

        A waiting contact keeps waiting, a whisper leads to the conversation, any other contact is cut off.
        """
        if not any(one.action == node.identifier and one.flow == node.flow.name for one in self.failures):
            self.failed(node, Cause.NO_WAY_ON, "", detail)
        detail = f"{node.flow.name}/{node.action.display_name or node.identifier}: {detail}"
        self.flow_errors = (*self.flow_errors, detail)
        if self.stage == Stage.QUEUED:
            return self.hold()
        if self.stage in (Stage.AGENT_WHISPER, Stage.CUSTOMER_WHISPER):
            return self.next_whisper()
        self.end(p.EndReason.FLOW_ERROR, None, detail)
        return None

    def failed(self, node: Node, cause: Cause, what: str = "", detail: str = "") -> None:
        """Record a failure of a node's action."""
        met = failure(node, cause, what, self.external_of, detail)
        if met not in self.failures:
            self.failures = (*self.failures, met)

    def lacks_function(self, function: str) -> None:
        """Record that the function the flow waits for does not exist, though the driver returns a response."""
        self.failed(self._node, Cause.FUNCTION_MISSING, function, "the function does not exist")

    @property
    def is_queued(self) -> bool:
        """Whether the contact waits in a queue, where an agent may answer at any moment."""
        return self.stage == Stage.QUEUED

    def queued(self, event: p.Queued) -> None:
        """Record that the contact is in the queue."""
        self.queue_name = (event.name, event.arn) if event.name or event.arn else None
        self.stage = Stage.QUEUED

    def queue_flow(self) -> Node:
        """Start the queue flow, or hold the contact if there is none."""
        flow = self.hook("CustomerQueue")
        return self.hold() if flow is None else self.enter(flow)

    def hold(self) -> Node:
        """Wait without a flow: the customer hears the default music until an agent answers."""
        self.frames = None
        return self.machine.holding

    def _answered(self, event: p.AgentAnswered) -> Node:
        if self.stage != Stage.QUEUED:
            raise p.ProtocolError("an agent answered, but the contact is not in a queue")
        self.agent = (event.agent, event.username or event.agent.rpartition("/")[2])
        self.stage = Stage.AGENT_WHISPER
        flow = self.hook("AgentWhisper")
        return self.next_whisper() if flow is None else self.enter(flow)

    def next_whisper(self) -> Node:
        """Continue with the customer's whisper after the agent's, and with talking after that."""
        if self.stage == Stage.AGENT_WHISPER:
            self.stage = Stage.CUSTOMER_WHISPER
            flow = self.hook("CustomerWhisper")
            if flow is not None:
                return self.enter(flow)
        self.stage = Stage.TALKING
        self.frames = None
        return self.machine.talking

    def talked(self, by: str) -> Node | None:
        """Continue after the conversation."""
        if by == "customer":
            self.end(p.EndReason.CUSTOMER_DISCONNECT)
            return None
        following = self.remaining()
        if following is None:
            self.end(p.EndReason.AGENT_DISCONNECT)
        return following

    def remaining(self) -> Node | None:
        """Return the first node of the disconnect flow, if one is set."""
        flow = self.hook("CustomerRemaining")
        if flow is None:
            return None
        self.stage = Stage.REMAINING
        return self.enter(flow)

    def hook(self, name: str) -> Compiled | None:
        """Return the flow of an event hook, None if none is set or the library lacks it."""
        reference = self.hooks.get(name) if self.hooks else None
        if not reference:
            return None
        found = self.resolve(reference)
        if found is None:
            self.failed(self._node, Cause.HOOK_MISSING, reference, f"there is no flow for {name}")
        return found

    def resolve(self, reference: str) -> Compiled | None:
        """Return the flow for `reference`; record a reference that the library lacks."""
        found = self.machine.compiled(reference)
        if found is None and reference not in self.unresolved:
            self.unresolved = (*self.unresolved, reference)
        return found

    def unmodelled_type(self, type: str) -> None:
        """Record that an action of this type took the default path."""
        if type not in self.unmodelled:
            self.unmodelled = (*self.unmodelled, type)
