"""The call centre: every call of a run, its queues and agents, under one clock.

Every call starts with `CallCentre.arrive`. Capacity, emulator and load pass in a clock, a function that makes
one Lambda attempt, and a listener; everything else is shared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from busyhour.calls.acd import Acd, AcdQueue
from busyhour.calls.behaviour import Behaviour
from busyhour.calls.call_data import NOTHING, TASK, VOICE, CallData
from busyhour.calls.caller import Caller
from busyhour.calls.chance import Stream, uuid_of
from busyhour.calls.invoker import Invoker
from busyhour.calls.live import LiveCall
from busyhour.calls.outcomes import OutcomeKeys
from busyhour.calls.pausable import PausableCall
from busyhour.calls.policy import CallPolicy
from busyhour.calls.ports import Bots, Clock, FlowMachine, Functions, Listener
from busyhour.flows.contact import Contact
from busyhour.flows.policy import unsourced_disconnect
from busyhour.flows.protocol import CheckHours, Metrics
from busyhour.scenarios.model import Scenario
from busyhour.scenarios.traffic import Direction

Hours = Callable[[str | None, str | None], bool | None]
"""Whether hours of operation (by reference), or those of a queue, are open now."""


class CallCentre:
    """Runs the calls of a scenario.

    Args:
        clock: time and timers; every call is driven from its callbacks.
        machine: creates calls of the scenario's flows.
        scenario: callers, queues, entry flow, seed.
        functions: makes one attempt to invoke a Lambda function.
        listener: receives call events; None for no listener.
        policy: defaults for what the scenario does not configure; without it, the default policy with the
            scenario's service level threshold.
        hours: returns whether hours of operation (by id or ARN) or those of a queue are open now, None if it
            does not know them; the scenario's share of open calls then decides.
        bots: notified of every turn with a bot; None: bots have no limits.
    """

    def __init__(
        self,
        clock: Clock,
        machine: FlowMachine,
        scenario: Scenario,
        functions: Functions,
        listener: Listener | None = None,
        *,
        policy: CallPolicy | None = None,
        hours: Hours | None = None,
        bots: Bots | None = None,
    ) -> None:
        self.clock = clock
        self.machine = machine
        self.scenario = scenario
        self.listener = listener
        self.policy = policy or policy_of(scenario)
        self.behaviour = Behaviour(scenario.callers, scenario.seed, self.policy)
        self._hours = hours
        self.bots = bots
        self.acd = Acd(
            clock, scenario.queues, self.policy.service_level_seconds, self.policy.agent_queue_capacity
        )
        self.invoker = Invoker(clock, functions, self.policy.retry)
        self.arrived = 0
        self.peak_in_progress = 0
        self.peak_in_progress_at: float | None = None
        self.end_reasons: Counter[str] = Counter()
        self.terminals: Counter[str] = Counter()
        """Ended calls by the type of action they ended on."""
        self.unmodelled: dict[str, None] = {}
        """Action types that some call reached and the machine does not model, in the order of first use."""
        self.unresolved: dict[str, None] = {}
        """References to flows that the scenario lacks."""
        self.after_disconnect: dict[str, None] = {}
        """Disconnect flows that ran after a flow's own disconnect of a contact that is not a task."""
        self.endless: dict[str, None] = {}
        """Flows in which some call looped until its caller was assumed to hang up, see `CallPolicy.action_limit`."""
        self._outcomes = OutcomeKeys(scenario, machine.library)
        self._live: dict[int, LiveCall] = {}
        self._displays: dict[tuple[str, str], str] = {}
        self._outbound = scenario.traffic.direction is Direction.OUTBOUND

    @property
    def in_progress(self) -> int:
        """Calls that have started and not ended (Connect's ConcurrentCalls; wrap-up does not count)."""
        return len(self._live)

    def arrive(
        self,
        index: int,
        *,
        contact_id: str | None = None,
        attributes: Mapping[str, str] | None = None,
        entry: str | None = None,
        outbound: bool | None = None,
        ring_timeout: float | None = None,
        answered_by_driver: bool = False,
        line_status: str | None = None,
        **fields: Any,
    ) -> LiveCall:
        """Start call number `index` now, inbound or outbound.

        Args:
            index: number of the call; determines every choice of its caller.
            contact_id: the contact's id; derived from seed and index by default.
            attributes: contact attributes at the start.
            entry: entry flow by name, id or ARN; the scenario's by default.
            outbound: whether the destination must answer first; the scenario's direction by default.
            ring_timeout: seconds after which an unanswered outbound call ends.
            answered_by_driver: the driver decides whether an outbound call is answered (`LiveCall.pick_up`, `fail`).
            line_status: result of answering machine detection; None: no detection.
            fields: further fields of `flows.contact.Contact` (`system_endpoint`, `channel`, `queue`, ...). The
                customer's number is drawn from the scenario unless `customer_endpoint` is given.

        Returns:
            The call; it may already be over if its flow takes no time.

        Raises:
            BusyhourError: the entry flow does not exist.
        """
        identity = contact_id or uuid_of(Stream(self.scenario.seed, index))
        goes_out = self._outbound if outbound is None else outbound
        caller = Caller(self.behaviour, index)
        fields.setdefault("initiation_method", "API" if goes_out else "INBOUND")
        if "customer_endpoint" not in fields:
            fields["customer_endpoint"] = caller.number() or None
        contact = Contact(contact_id=identity, attributes=attributes or NOTHING, **fields)
        machine_call = self.machine.call(entry or self.scenario.flows.entry, contact)
        channel = fields.get("channel", VOICE)
        made = PausableCall if channel == TASK else LiveCall
        call = made(self, index, identity, machine_call, caller, outbound=goes_out, channel=channel)
        call.ring_timeout = ring_timeout
        call.answered_by_driver, call.line_status = answered_by_driver, line_status
        self.arrived += 1
        self._live[id(call)] = call
        if len(self._live) > self.peak_in_progress:
            self.peak_in_progress = len(self._live)
            self.peak_in_progress_at = self.clock.now()
        call.begin()
        return call

    def outcome(self, call: LiveCall, *, cut_off: bool = False) -> list[str]:
        """Return the keys under which the outcome of a call is counted, see `results.outcomes`.

        Args:
            call: a call that is over, or is counted as over.
            cut_off: whether the end of the run ended the call.
        """
        return self._outcomes.of(call, cut_off=cut_off)

    def calls(self) -> list[LiveCall]:
        """The calls in progress."""
        return list(self._live.values())

    def stop_all(self, reason: str = "stopped") -> int:
        """End every call in progress; return their number."""
        stopped = 0
        while self._live:
            for call in self.calls():
                call.stop(reason)
                stopped += 1
        return stopped

    def metrics(self, queue: str | None = None, agent: str | None = None) -> Metrics:
        """Return real-time metrics of a queue (None: of all queues together), by Connect's MetricType names."""
        if agent:
            queues = [self.acd.agent_queue(agent)]
        elif queue:
            queues = [self.queue(queue)]
        else:
            queues = list(self.acd.queues.values())
        return Metrics(self._values(queues))

    def notes(self) -> list[str]:
        """Return warnings about the results: queues without staffing, behaviour that no call reached."""
        notes = [
            f"queue {name!r} is not in the scenario: every call in it was answered at once"
            for name in self.acd.unnamed
        ]
        notes += [
            f"action type {type_} is not modelled: it took its default path" for type_ in self.unmodelled
        ]
        notes += [
            f"the flows refer to {flow!r}, which is not a flow of the scenario" for flow in self.unresolved
        ]
        notes += [unsourced_disconnect(flow) for flow in self.after_disconnect]
        notes += [
            f"calls looped in flow {flow!r} without reaching a queue: after {self.policy.action_limit:,} actions "
            "the caller was assumed to hang up"
            for flow in self.endless
        ]
        callers = self.scenario.callers
        unused = sorted({*callers.menus, *callers.inputs} - self.behaviour.used)
        if unused and self.arrived:
            notes.append(f"no call reached an input named {', '.join(map(repr, unused))}")
        return notes

    # --------------------------------------------------------------------------------- used by calls

    def emit(self, call: LiveCall, kind: str, detail: Mapping[str, Any] = NOTHING) -> None:
        """Pass an event to the listener."""
        if self.listener is not None:
            self.listener.on_event(call, kind, self.clock.now(), detail)

    def over(self, call: LiveCall) -> None:
        """Remove a call that has ended."""
        self._live.pop(id(call), None)
        self.end_reasons[call.end_reason or ""] += 1
        if call.terminal:
            self.terminals[call.terminal] += 1
        for type_ in call.machine_call.unmodelled:
            if type_ not in self.unmodelled:
                self.unmodelled[type_] = None
                self.emit(call, "unmodelled", {"type": type_})
        for reference in call.machine_call.unresolved:
            self.unresolved[reference] = None
        for flow in call.machine_call.after_disconnect:
            self.after_disconnect[flow] = None
        if self.listener is not None:
            self.emit(
                call, "ended", {"reason": call.end_reason, "terminal": call.terminal, "detail": call.detail}
            )

    def is_open(self, caller: Caller, effect: CheckHours) -> bool:
        """Whether the hours are open for this caller. Hours of queues that the scenario does not name are open."""
        if self._hours is not None:
            known = self._hours(effect.hours, effect.queue)
            if known is not None:
                return known
        for reference in (effect.hours, effect.queue):
            queue = self._known_queue(reference) if reference else None
            if queue is not None:
                return caller.finds_open(queue.name, queue.open_share)
        return True

    def queue(self, reference: str) -> AcdQueue:
        """Return the queue that a flow refers to by ARN, id or name."""
        return self._known_queue(reference) or self.acd.queue(reference)

    def place(self, call: CallData, action: str) -> tuple[str, str]:
        """Return flow and display name of the call's current action, as keys of the scenario's menus and inputs."""
        flow = call.machine_call.flow_name
        key = (flow, action)
        display = self._displays.get(key)
        if display is None:
            display = self._displays[key] = self._display_name(flow, action)
        return flow, display

    def _display_name(self, flow: str, action: str) -> str:
        found = self.machine.library.resolve(flow)
        named = found.by_identifier().get(action) if found else None
        return named.display_name or action if named else action

    def _known_queue(self, reference: str) -> AcdQueue | None:
        found = self.acd.known(reference)
        if found is None:
            name, arn = self.machine.queue_names.get(reference, ("", ""))
            found = self.acd.known(name) or self.acd.known(arn)
        return found

    def _values(self, queues: list[AcdQueue]) -> dict[str, float | str]:
        now = self.clock.now()
        values: dict[str, float | str] = {
            "NumberOfAgentsAvailable": sum(q.available for q in queues),
            "NumberOfAgentsStaffed": sum(q.staffed for q in queues),
            "NumberOfAgentsOnline": sum(q.staffed for q in queues),
            "NumberOfContactsInQueue": sum(q.waiting for q in queues),
            "OldestContactInQueueAgeSeconds": max((q.oldest_age(now) for q in queues), default=0.0),
            "NumberOfAgentsBusy": sum(q.busy for q in queues),
        }
        if len(queues) == 1:
            values["queue_name"] = queues[0].name
            values["queue_arn"] = queues[0].arn
        return values


def policy_of(scenario: Scenario) -> CallPolicy:
    """Return the default policy with the scenario's values applied."""
    return CallPolicy(service_level_seconds=scenario.service_level_seconds)
