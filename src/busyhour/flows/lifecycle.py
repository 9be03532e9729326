"""The stages of a contact, and what the nodes of a flow do to them."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from busyhour.flows import protocol as p
from busyhour.flows.contact import Contact
from busyhour.flows.failure import Cause, Failure, failure
from busyhour.flows.state import State

if TYPE_CHECKING:
    from busyhour.flows.call import Frame
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


class Lifecycle(State):
    """A contact on its way through stages, flows and modules; `Call` drives it."""

    __slots__ = (
        "_node",
        "after_disconnect",
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
        self._node: Node = entry.start
        self.stage = Stage.READY
        self.pending: p.Effect | None = None
        """The effect that waits for an event; after the end, the `Ended`."""
        self.frames: list[Frame] | None = None
        """Modules in progress, the innermost last."""
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
        self.after_disconnect: tuple[str, ...] = ()
        """Disconnect flows that ran after a flow's own disconnect of a contact that is not a task."""
        self.external_of = ""
        """The function that returned `external`, as the flow names it."""

    def end(self, reason: p.EndReason, terminal: str | None = None, detail: str = "") -> None:
        """End the contact."""
        self.stage = Stage.ENDED
        self.pending = p.Ended(reason, terminal, detail)
        self.frames = self.loops = self.beside = None

    def enter(self, flow: Compiled) -> Node:
        """Start a flow in place of the current one; modules and waits in progress are left."""
        self.frames = None
        self.beside = None
        self.loops = None
        self.flow_attributes = None
        if not self.machine.policy.external_survives_transfer:
            self.external = None
            self.stored_input = None
            if self.extras:
                self.extras.pop("Lex", None)
        return flow.start

    def flow_over(self, terminal: str, *, disconnects: bool = False) -> Node | None:
        """Continue after the end of the current flow, by the stage and by whether the flow's type disconnects."""
        if self.beside is not None:
            return self.machine.waiting
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
                if self.contact.channel != "TASK" and following.flow.name not in self.after_disconnect:
                    self.after_disconnect = (*self.after_disconnect, following.flow.name)
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
        if self.keys:
            self.empty_buffer()
        self.beside = None
        self.stage = Stage.QUEUED

    def queue_flow(self) -> Node:
        """Start the queue flow, or hold the contact if there is none."""
        flow = self.hook("CustomerQueue")
        return self.hold() if flow is None else self.enter(flow)

    def hold(self) -> Node:
        """Wait without a flow: the customer hears the default music until an agent answers."""
        self.frames = None
        return self.machine.holding

    def answer(self, event: p.AgentAnswered) -> Node:
        """Begin the whispers: an agent answered.

        Raises:
            ProtocolError: the contact is not in a queue.
        """
        if self.stage != Stage.QUEUED:
            raise p.ProtocolError("an agent answered, but the contact is not in a queue")
        if self.keys:
            self.empty_buffer()
        self.beside = None
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
