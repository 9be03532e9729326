"""Queues, agents and third parties: destinations of a contact that leaves a flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from busyhour.flows import protocol as p
from busyhour.flows.actions.modules import reference_text
from busyhour.flows.call import Call
from busyhour.flows.compiled import Compiled, Node
from busyhour.flows.failure import Cause
from busyhour.flows.matching import number
from busyhour.flows.model import Action
from busyhour.flows.references import compile_text

if TYPE_CHECKING:
    from busyhour.flows.machine import Machine


class TargetQueue(Node):
    """UpdateContactTargetQueue: sets the queue, or the agent's own queue, for a later transfer."""

    __slots__ = ("_agent", "_name", "_queue")

    def __init__(self, action: Action, flow: Compiled, machine: Machine) -> None:
        super().__init__(action, flow, machine)
        self._agent = "AgentId" in action.parameters
        key = "AgentId" if self._agent else "QueueId"
        self._queue = reference_text(action, flow, machine, key, "queue", "agent")

    def run(self, call: Call) -> Node | None:
        """Set it."""
        target = self._queue(call) if callable(self._queue) else self._queue
        if not target:
            return self.missing(call, "AgentId" if self._agent else "QueueId", "the queue is empty")
        if self._agent:
            call.agent_target = target
            call.queue = None
        else:
            call.queue = target
            call.agent_target = None
        call.queue_name = None
        return self.next


class _Queueing(Node):
    """Base of the actions that enqueue the contact."""

    __slots__ = ()

    def ask(self, call: Call, queue: str | None, agent: str | None) -> Node | None:
        """Request a place in the queue, or fail without a target."""
        if not queue and not agent:
            return self.fail(call, detail="no queue is set", cause=Cause.NO_QUEUE)
        call.pending = p.Enqueue(
            self.identifier, queue or None, agent or None, call.priority, call.time_adjustment
        )
        return None

    def resume(self, call: Call, event: p.Event) -> Node | None:
        """Take the branch for the queue's response."""
        match event:
            case p.Queued():
                return self.taken(call, event)
            case p.AtCapacity():
                return self.fail(call, "QueueAtCapacity")
            case p.Failed(error, detail):
                return self.fail(call, error, detail)
            case _:
                return super().resume(call, event)

    def taken(self, call: Call, event: p.Queued) -> Node | None:
        """Continue after the contact entered the queue."""
        call.queued(event)
        return call.queue_flow()


class ToQueue(_Queueing):
    """TransferContactToQueue: moves the contact to the target queue; the flow ends once the contact is queued."""

    __slots__ = ()

    def run(self, call: Call) -> Node | None:
        """Request a place in the queue."""
        return self.ask(call, call.queue, call.agent_target)


class Dequeue(_Queueing):
    """DequeueContactAndTransferToQueue: from one queue to another."""

    __slots__ = ("_agent", "_queue")

    def __init__(self, action: Action, flow: Compiled, machine: Machine) -> None:
        super().__init__(action, flow, machine)
        self._queue = reference_text(action, flow, machine, "QueueId", "queue")
        self._agent = self.text("AgentId")

    def run(self, call: Call) -> Node | None:
        """Request a place in the other queue."""
        most = self.machine.policy.queue_transfers
        if call.queue_transfers >= most:
            return self.fail(call, detail=f"a contact is transferred {most} times between queues at most")
        queue = self._queue(call) if callable(self._queue) else self._queue
        agent = self._agent(call) if callable(self._agent) else self._agent
        return self.ask(call, queue, agent)

    def taken(self, call: Call, event: p.Queued) -> Node | None:
        """Continue in the other queue; `Policy` determines which flow runs."""
        effect = call.pending
        assert isinstance(effect, p.Enqueue)
        call.queue, call.agent_target = effect.queue, effect.agent
        call.queue_transfers += call.is_queued
        stays = call.is_queued and self.machine.policy.moved_contact_stays_in_queue_flow
        call.queued(event)
        if not stays:
            return call.queue_flow()
        return self.next if self.action.next_action else call.hold()


class ToAgent(_Queueing):
    """TransferContactToAgent: transfers to the agent chosen in the agent workspace."""

    __slots__ = ()

    def run(self, call: Call) -> Node | None:
        """Request a place in the agent's queue."""
        if call.contact.channel != "VOICE":
            return self.fail(call, detail="only voice contacts", cause=Cause.CHANNEL)
        return self.ask(call, None, call.agent_target or "(chosen agent)")


class ThirdParty(Node):
    """TransferParticipantToThirdParty: calls another number; the flow continues afterwards, or ends."""

    __slots__ = ("_number", "_resumes", "_timeout")

    def __init__(self, action: Action, flow: Compiled, machine: Machine) -> None:
        super().__init__(action, flow, machine)
        self._number = compile_text(action.parameters.get("ThirdPartyPhoneNumber"))
        self._timeout = self.text("ThirdPartyConnectionTimeLimitSeconds")
        self._resumes = str(action.parameters.get("ContinueFlowExecution")).lower() == "true"

    def run(self, call: Call) -> Node | None:
        """Dial."""
        if call.contact.channel != "VOICE":
            return self.fail(call, detail="only voice contacts", cause=Cause.CHANNEL)
        given = self._number(call) if callable(self._number) else self._number
        if not given and self.action.parameters.get("ThirdPartyPhoneNumber") == "":
            given = "(blank)" if self.machine.policy.blank_references_work else ""
        if not given:
            return self.missing(call, "ThirdPartyPhoneNumber", "the number is empty")
        timeout = number(self._timeout(call) if callable(self._timeout) else self._timeout)
        call.lambda_seconds = 0.0
        call.pending = p.Dial(self.identifier, given, 30.0 if timeout is None else timeout, self._resumes)
        return None

    def resume(self, call: Call, event: p.Event) -> Node | None:
        """Take the branch for connected or failed."""
        match event:
            case p.Connected():
                if self._resumes:
                    return self.next
                call.end(p.EndReason.THIRD_PARTY_DISCONNECT, self.action.type)
                return None
            case p.Failed(error, detail):
                return self.fail(call, error, detail)
            case _:
                return super().resume(call, event)
