"""The call centre: every call of a run, its queues and agents, under one clock.

`CallCentre.arrive` is the only way in. Capacity, emulator and load hand in a clock, a way to make one Lambda
attempt, and a listener; everything else is the same for all three.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from busyhour.calls.acd import Acd, AcdQueue
from busyhour.calls.caller import Behaviour, Caller
from busyhour.calls.chance import Stream, uuid_of
from busyhour.calls.invoker import Invoker
from busyhour.calls.live import NOTHING, VOICE, LiveCall
from busyhour.calls.outcomes import OutcomeKeys
from busyhour.calls.policy import CallPolicy
from busyhour.calls.ports import Bots, Clock, FlowMachine, Functions, Listener
from busyhour.flows.contact import Contact
from busyhour.flows.protocol import CheckHours, Metrics
from busyhour.scenarios.model import Direction, Scenario

Hours = Callable[[str | None, str | None], bool | None]
"""Whether hours of operation (by reference), or else those of a queue, are open now."""


class CallCentre:
    """Runs the calls of a scenario.

    Args:
        clock: time and timers; every call is driven from its callbacks.
        machine: makes calls of the scenario's flows.
        scenario: callers, queues, entry flow, seed.
        functions: makes one attempt to invoke a Lambda function.
        listener: hears the outcome of calls; None: nobody does.
        policy: what the scenario has no key for; the default with the scenario's service level threshold where not
            given.
        hours: says whether hours of operation (by id or ARN) or those of a queue are open now, None where it does
            not know them; the scenario's share of open calls decides then.
        bots: hears of every turn with a bot; None: bots have no limits.
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
        """Action types that some call came to and the machine does not model, in the order of first use."""
        self.unresolved: dict[str, None] = {}
        """References to flows that the scenario does not have."""
        self.endless: dict[str, None] = {}
        """Flows in which some call went round until its caller was taken to hang up, see `CallPolicy.action_limit`."""
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
        outside: bool = False,
        line_status: str | None = None,
        **fields: Any,
    ) -> LiveCall:
        """Call number `index` comes in (or, outbound, is placed) now.

        Args:
            index: number of the call; decides every choice of its caller.
            contact_id: the contact's id; made from seed and index where not given.
            attributes: contact attributes at the start.
            entry: entry flow by name, id or ARN; the scenario's where not given.
            outbound: whether the destination must answer first; the scenario's direction where not given.
            ring_timeout: seconds after which an unanswered outbound call ends.
            outside: whoever placed it says whether an outbound call is answered (`LiveCall.pick_up`, `fail`).
            line_status: what answering machine detection finds; None: it is not looked for.
            fields: further fields of `flows.contact.Contact` (`system_endpoint`, `channel`, `queue`, ...). The
                customer's number is drawn from the scenario where `customer_endpoint` is not given.

        Returns:
            The call; it may be over already when its flow takes no time.

        Raises:
            BusyhourError: no such entry flow.
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
        call = LiveCall(self, index, identity, machine_call, caller, outbound=goes_out, channel=channel)
        call.ring_timeout = ring_timeout
        call.outside, call.line_status = outside, line_status
        self.arrived += 1
        self._live[id(call)] = call
        if len(self._live) > self.peak_in_progress:
            self.peak_in_progress = len(self._live)
            self.peak_in_progress_at = self.clock.now()
        call.begin()
        return call

    def outcome(self, call: LiveCall, *, cut_off: bool = False) -> list[str]:
        """Keys that the outcome of a call is counted under, see `results.outcomes`.

        Args:
            call: one that is over, or that is taken to be.
            cut_off: the run is over, which ended it.
        """
        return self._outcomes.of(call, cut_off=cut_off)

    def calls(self) -> list[LiveCall]:
        """The calls in progress."""
        return list(self._live.values())

    def stop_all(self, reason: str = "stopped") -> int:
        """End every call in progress; returns how many there were."""
        stopped = 0
        while self._live:
            for call in self.calls():
                call.stop(reason)
                stopped += 1
        return stopped

    def metrics(self, queue: str | None = None, agent: str | None = None) -> Metrics:
        """Real-time metrics of a queue (None: of all queues together), under Connect's MetricType names."""
        if agent:
            queues = [self.acd.agent_queue(agent)]
        elif queue:
            queues = [self.queue(queue)]
        else:
            queues = list(self.acd.queues.values())
        return Metrics(self._values(queues))

    def notes(self) -> list[str]:
        """What a reader of the results must know: queues without staffing, behaviour that no call came to."""
        said = [
            f"queue {name!r} is not in the scenario: every call in it was answered at once"
            for name in self.acd.unnamed
        ]
        said += [
            f"action type {type_} is not modelled: it took its default path" for type_ in self.unmodelled
        ]
        said += [f"the flows refer to {flow!r}, which is no flow of the scenario" for flow in self.unresolved]
        said += [
            f"calls went round in flow {flow!r} without reaching a queue: after {self.policy.action_limit:,} actions "
            "the caller was taken to hang up"
            for flow in self.endless
        ]
        callers = self.scenario.callers
        unused = sorted({*callers.menus, *callers.inputs} - self.behaviour.used)
        if unused and self.arrived:
            said.append(f"no call came to an input named {', '.join(map(repr, unused))}")
        return said

    # --------------------------------------------------------------------------------- what calls ask of it

    def emit(self, call: LiveCall, kind: str, detail: Mapping[str, Any] = NOTHING) -> None:
        """Tell the listener."""
        if self.listener is not None:
            self.listener.on_event(call, kind, self.clock.now(), detail)

    def over(self, call: LiveCall) -> None:
        """A call has ended."""
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
        if self.listener is not None:
            self.emit(
                call, "ended", {"reason": call.end_reason, "terminal": call.terminal, "detail": call.detail}
            )

    def is_open(self, caller: Caller, effect: CheckHours) -> bool:
        """Whether this caller finds the hours open. Hours that belong to no queue of the scenario are open."""
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
        """The queue that a flow means by ARN, id or name."""
        return self._known_queue(reference) or self.acd.queue(reference)

    def place(self, call: LiveCall, action: str) -> tuple[str, str]:
        """Flow and display name of the action that a call is at, for the scenario's menus and inputs."""
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
    """The default policy with what the scenario does say."""
    return CallPolicy(service_level_seconds=scenario.service_level_seconds)
