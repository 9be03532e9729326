"""One call in progress: what Connect knows of the contact, and where in which flow it is.

A call is driven through `start` and `send`. It waits at one node at a time and holds nothing that all calls could
share, so that a hundred thousand of them fit in one process.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from busyhour.flows import protocol as p
from busyhour.flows.contact import Contact
from busyhour.flows.model import FlowType
from busyhour.flows.references import text_of

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
    """What a module gives back when it ends: where it was invoked, and the caller's own values."""

    __slots__ = ("external", "flow_attributes", "lex", "loops", "node", "stored_input")

    def __init__(self, node: Node, call: Call) -> None:
        self.node = node
        self.external = call.external
        self.stored_input = call.stored_input
        self.lex = call.extras.get("Lex") if call.extras else None
        self.flow_attributes = call.flow_attributes
        self.loops = call.loops


class Call:
    """A call that the machine runs. Made by `Machine.call`.

    Public: `start`, `send`, `attributes` (may be set from outside), `external`, `queue`, `ended`, `actions_run`,
    `flow_name`, `current_action`, `pending`, `unmodelled`, `unresolved`, `error_branches`, `flow_errors`.
    """

    __slots__ = (
        "_entry",
        "_node",
        "actions_run",
        "agent",
        "agent_target",
        "attributes",
        "callback_number",
        "contact",
        "error_branches",
        "external",
        "extras",
        "flow_attributes",
        "flow_errors",
        "frames",
        "hooks",
        "lambda_seconds",
        "loops",
        "machine",
        "pending",
        "priority",
        "queue",
        "queue_name",
        "stage",
        "stored_input",
        "time_adjustment",
        "unmodelled",
        "unresolved",
    )

    def __init__(self, machine: Machine, entry: Compiled, contact: Contact) -> None:
        self.machine: Machine = machine
        self.contact: Contact = contact
        self._entry: Compiled = entry
        self._node: Node = entry.start
        self.stage = Stage.READY
        self.pending: p.Effect | None = None
        """The effect that waits for an answer; once over, the `Ended`."""
        self.attributes: dict[str, str] = dict(contact.attributes)
        """Contact attributes, as they are now."""
        self.external: Mapping[str, Any] | None = None
        """`$.External`: the last Lambda function's answer."""
        self.stored_input: str | None = None
        self.flow_attributes: dict[str, str] | None = None
        self.extras: dict[str, Any] | None = None
        """Values of all other roots (`Lex`, `Metrics`, `Case`, ...)."""
        self.loops: dict[Node, int] | None = None
        self.frames: list[Frame] | None = None
        self.hooks: dict[str, str] | None = None
        """Event hooks by name; an empty string means that the hook is switched off."""
        self.queue: str | None = contact.queue
        """Id or ARN of the target queue, as the flow gave it."""
        self.queue_name: tuple[str, str] | None = None
        """Name and ARN of the queue, once they are known."""
        self.agent_target: str | None = None
        self.agent: tuple[str, str] | None = None
        """The agent who has the contact: id or ARN, and user name."""
        self.callback_number: str | None = None
        self.priority = 5
        self.time_adjustment = 0.0
        self.lambda_seconds = 0.0
        self.actions_run = 0
        """Actions run so far."""
        self.error_branches = 0
        """How many times an error was met (a menu's silence and choices without a branch are none)."""
        self.unmodelled: tuple[str, ...] = ()
        """Action types that took the default path, each once."""
        self.unresolved: tuple[str, ...] = ()
        """References to flows that the library does not have, each once."""
        self.flow_errors: tuple[str, ...] = ()
        """What stopped a flow for want of a branch, in words."""

    # ------------------------------------------------------------------------------------------ driving

    @property
    def ended(self) -> bool:
        """Whether the contact is over."""
        return self.stage == Stage.ENDED

    @property
    def flow_name(self) -> str:
        """Name of the flow or module that is being run, or was last."""
        return self._node.flow.name

    @property
    def current_action(self) -> str:
        """Identifier of the action that waits, or was run last; empty while held, and while talking."""
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
        """Answer the pending effect, or tell what happened meanwhile; run to the next effect.

        Raises:
            ProtocolError: the event answers nothing that was asked.
        """
        kind = type(event)
        if kind is p.HungUp or kind is p.Stopped:
            return self._broken_off(kind is p.HungUp)
        if self.stage == Stage.ENDED or self.stage == Stage.READY:
            state = "has ended" if self.stage == Stage.ENDED else "was not started"
            raise p.ProtocolError(f"the call {state}: {event!r} comes out of turn")
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
        """Run node after node until one yields an effect."""
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
        """As `_advance`, telling the observer of each action."""
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
        """The contact is over."""
        self.stage = Stage.ENDED
        self.pending = p.Ended(reason, terminal, detail)
        self.frames = self.loops = None

    def enter(self, flow: Compiled) -> Node:
        """Begin a flow in place of the one that is running; modules in progress are left."""
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
        """Begin a module; it shares contact attributes with its caller and nothing else."""
        frame = Frame(node, self)
        self.frames = [*(self.frames or ()), frame]
        self.external = self.stored_input = self.flow_attributes = self.loops = None
        if self.extras is not None:
            self.extras.pop("Lex", None)
        self.put("Modules", {"Input": given})
        return module.start

    def leave_module(self, result: str | None, data: Any) -> Node | None:
        """Back to where the module was invoked; None where no module is being run."""
        if not self.frames:
            return None
        *rest, frame = self.frames
        self.frames = rest or None
        self.external = frame.external
        self.stored_input = frame.stored_input
        self.flow_attributes = frame.flow_attributes
        self.loops = frame.loops
        if self.extras is not None:
            self.extras.pop("Lex", None)
        if frame.lex is not None:
            self.put("Lex", frame.lex)
        self.put("Modules", {"Result": result, "ResultData": data})
        return frame.node.returned(self, result)

    def flow_over(self, terminal: str) -> Node | None:
        """The running flow ended without disconnecting anybody: what comes next depends on the stage."""
        match self.stage:
            case Stage.QUEUED:
                return self.hold()
            case Stage.AGENT_WHISPER | Stage.CUSTOMER_WHISPER:
                return self.next_whisper()
            case _:
                self.end(p.EndReason.FLOW_DISCONNECT, terminal)
                return None

    def disconnect(self, terminal: str) -> Node | None:
        """The flow disconnects the contact; the disconnect flow is run first, once."""
        if self.stage != Stage.REMAINING and self.machine.policy.disconnect_runs_remaining_hook:
            following = self.remaining()
            if following is not None:
                return following
        self.end(p.EndReason.FLOW_DISCONNECT, terminal)
        return None

    def broken(self, node: Node, detail: str) -> Node | None:
        """A flow that cannot go on: who waits goes on waiting, who is about to talk talks, all others are cut off."""
        detail = f"{node.flow.name}/{node.action.display_name or node.identifier}: {detail}"
        self.flow_errors = (*self.flow_errors, detail)
        if self.stage == Stage.QUEUED:
            return self.hold()
        if self.stage in (Stage.AGENT_WHISPER, Stage.CUSTOMER_WHISPER):
            return self.next_whisper()
        self.end(p.EndReason.FLOW_ERROR, None, detail)
        return None

    @property
    def is_queued(self) -> bool:
        """Whether the contact waits in a queue: an agent may answer at any moment."""
        return self.stage == Stage.QUEUED

    def queued(self, event: p.Queued) -> None:
        """The contact is in the queue."""
        self.queue_name = (event.name, event.arn) if event.name or event.arn else None
        self.stage = Stage.QUEUED

    def queue_flow(self) -> Node:
        """The queue flow begins, or the contact is held."""
        flow = self.hook("CustomerQueue")
        return self.hold() if flow is None else self.enter(flow)

    def hold(self) -> Node:
        """Nothing to run: the customer hears the default music until an agent answers."""
        self.frames = None
        return self.machine.holding

    def _answered(self, event: p.AgentAnswered) -> Node:
        if self.stage != Stage.QUEUED:
            raise p.ProtocolError("an agent answered, but the contact is in no queue")
        self.agent = (event.agent, event.username or event.agent.rpartition("/")[2])
        self.stage = Stage.AGENT_WHISPER
        flow = self.hook("AgentWhisper")
        return self.next_whisper() if flow is None else self.enter(flow)

    def next_whisper(self) -> Node:
        """After the agent's whisper the customer's; after that they talk."""
        if self.stage == Stage.AGENT_WHISPER:
            self.stage = Stage.CUSTOMER_WHISPER
            flow = self.hook("CustomerWhisper")
            if flow is not None:
                return self.enter(flow)
        self.stage = Stage.TALKING
        self.frames = None
        return self.machine.talking

    def talked(self, by: str) -> Node | None:
        """The conversation is over."""
        if by == "customer":
            self.end(p.EndReason.CUSTOMER_DISCONNECT)
            return None
        following = self.remaining()
        if following is None:
            self.end(p.EndReason.AGENT_DISCONNECT)
        return following

    def remaining(self) -> Node | None:
        """The first node of the disconnect flow, where one is set."""
        flow = self.hook("CustomerRemaining")
        if flow is None:
            return None
        self.stage = Stage.REMAINING
        return self.enter(flow)

    def hook(self, name: str) -> Compiled | None:
        """The flow of an event hook, None where none is set or the library does not have it."""
        reference = self.hooks.get(name) if self.hooks else None
        return self.resolve(reference) if reference else None

    def resolve(self, reference: str) -> Compiled | None:
        """The flow that `reference` means; a reference that leads nowhere is noted."""
        found = self.machine.compiled(reference)
        if found is None and reference not in self.unresolved:
            self.unresolved = (*self.unresolved, reference)
        return found

    def unmodelled_type(self, type: str) -> None:
        """Note that an action of this type took the default path."""
        if type not in self.unmodelled:
            self.unmodelled = (*self.unmodelled, type)

    def put(self, root: str, value: Any) -> None:
        """Set the value of a root."""
        if self.extras is None:
            self.extras = {}
        self.extras[root] = value

    def put_values(self, values: Mapping[str, Any]) -> None:
        """Set values by reference path (`Case.case_id`)."""
        for path, value in values.items():
            *roots, leaf = path.removeprefix("$.").split(".")
            if self.extras is None:
                self.extras = {}
            here = self.extras
            for key in roots:
                inner = here.get(key)
                # Never change what another call or the driver may share.
                here[key] = dict(inner) if isinstance(inner, Mapping) else {}
                here = here[key]
            here[leaf] = value

    def datum(self, root: str, otherwise: Any) -> Any:
        """A value of the contact that flows may have changed."""
        return self.extras.get(root, otherwise) if self.extras else otherwise

    def queue_data(self) -> dict[str, Any] | None:
        """The target queue as a Lambda event has it; None where none is set."""
        if self.queue is None:
            return None
        queue = self.queue
        name, arn = self.queue_name or self.machine.queue_names.get(queue) or ("", "")
        arn = arn or (queue if queue.startswith("arn:") else f"{self.contact.instance_arn}/queue/{queue}")
        return {
            "ARN": arn,
            "Name": name or queue.rpartition("/")[2],
            "OutboundCallerId": self.contact.system(),
        }

    def agent_data(self) -> dict[str, Any] | None:
        """The agent who has the contact; None before one answers."""
        if self.agent is None:
            return None
        arn, username = self.agent
        return {"ARN": arn, "UserName": username, "FirstName": username, "LastName": ""}

    def event(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The event with which Connect invokes a function now (facts: "Connect -> Lambda contract")."""
        contact = self.contact
        extras = self.extras or {}
        return {
            "Details": {
                "ContactData": {
                    "Attributes": dict(self.attributes),
                    "AwsRegion": contact.region,
                    "Channel": contact.channel,
                    "ContactId": contact.contact_id,
                    "CustomerEndpoint": contact.customer(),
                    "CustomerId": extras.get("CustomerId", contact.customer_id),
                    "Description": extras.get("Description", contact.description),
                    "InitialContactId": contact.initial_contact_id or contact.contact_id,
                    "InitiationMethod": contact.initiation_method,
                    "InstanceARN": contact.instance_arn,
                    "LanguageCode": extras.get("LanguageCode", contact.language),
                    "MediaStreams": extras.get("MediaStreams", {"Customer": {"Audio": None}}),
                    "Name": extras.get("Name", contact.name),
                    "PreviousContactId": contact.previous_contact_id or contact.contact_id,
                    "Queue": self.queue_data(),
                    "References": dict(extras.get("References", contact.references)),
                    "RelatedContactId": contact.related_contact_id,
                    "SegmentAttributes": dict(contact.segment_attributes),
                    "SystemEndpoint": contact.system(),
                    "Tags": dict(extras.get("Tags", contact.tags)),
                },
                "Parameters": parameters,
            },
            "Name": "ContactFlowEvent",
        }

    def set_attributes(self, new: Mapping[str, Any]) -> bool:
        """Set contact attributes all together; False, and nothing set, where they would be too large."""
        policy = self.machine.policy
        attributes = {**self.attributes, **{key: text_of(value) for key, value in new.items()}}
        if policy.empty_value_removes_attribute and "" in attributes.values():
            for key in new:
                if not attributes.get(key):
                    attributes.pop(key, None)
        size = 0
        for key, value in attributes.items():
            size += len(key) + len(value)
        # A character takes four bytes at most, so most calls need no exact count.
        if size * 4 > policy.attribute_bytes and _bytes(attributes) > policy.attribute_bytes:
            return False
        self.attributes = attributes
        return True


def _bytes(attributes: Mapping[str, str]) -> int:
    return sum(
        len(key.encode("utf-8", "surrogatepass")) + len(value.encode("utf-8", "surrogatepass"))
        for key, value in attributes.items()
    )
