"""Life cycle of contacts, from the API request or the inbound call to the contact record.

A contact is admitted by its concurrency quota, then runs as a call of the shared call centre
(`busyhour.calls`) on any channel. This module gives it Connect's identity, reports to CloudWatch, and records
how it ended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any

from busyhour.calls.call_data import VOICE
from busyhour.calls.centre import CallCentre, policy_of
from busyhour.calls.chance import Stream, key_of
from busyhour.calls.live import LiveCall
from busyhour.calls.ports import Clock, Functions
from busyhour.emulator.account import EmulatorState
from busyhour.emulator.connect.cloudwatch_metrics import ConnectMetrics
from busyhour.emulator.connect.contacts.contact import CHANNELS, Contact, ContactStore, close
from busyhour.emulator.connect.contacts.start_parameters import VOICE_SEGMENT, Placed, contact_fields
from busyhour.emulator.connect.contacts.transcript import customer, say
from busyhour.emulator.connect.policy import ConnectPolicy
from busyhour.emulator.connect.resources import hours_of_operation
from busyhour.emulator.connect.resources.instance import FlowResource, Instance, MachineFactory
from busyhour.flows.model import Flow
from busyhour.flows.protocol import Audience
from busyhour.results.outcomes import ENDING, Ending
from busyhour.scenarios.model import Scenario

SAMPLE_SECONDS = 1.0
AGENT_QUEUE = "connect.maximum-contacts-in-an-agent-queue-per-instance"
_LINE = key_of("line")


Destination = Callable[[str], "tuple[Contacts, FlowResource] | None"]
Observer = Callable[[Contact, str, "Contacts"], None]


class Contacts:
    """All contacts of one instance.

    Args:
        state: shared state of the emulator.
        instance: flows, queues, numbers.
        scenario: callers, queues and seed.
        machines: makes the flow machine of the instance's flows.
        functions: invokes Lambda.
        clock: drives the calls.
        policy: choices for what AWS does not document.
        scope: separates the instance's quotas from those of others; empty for the first instance.
    """

    def __init__(
        self,
        state: EmulatorState,
        instance: Instance,
        scenario: Scenario,
        machines: MachineFactory,
        functions: Functions,
        clock: Clock,
        policy: ConnectPolicy,
        scope: str = "",
    ) -> None:
        self._state = state
        self.instance = instance
        self._machines = machines
        self._policy = policy
        self.scope = scope
        self.on_record: Callable[[Contact, Contacts], None] | None = None
        """Called with every ended contact."""
        self.on_moment: Observer | None = None
        """Called for every event of a contact: INITIATED, CONNECTED_TO_SYSTEM, ... (see `contact_events`)."""
        self.on_renewed: Callable[[], None] = lambda: None
        """Called when the call centre was recreated."""
        self.answers_at: Destination = lambda number: None
        """Returns where calls to a number arrive, if an instance has claimed it."""
        self._ids = Random(scenario.seed)
        self._scenario = scenario
        self._functions = functions
        self._clock = clock
        self._arrived = 0
        self.epoch = state.time() - clock.now()
        """Epoch seconds at the zero of the calls' clock."""
        self.reordered = 0
        """Number of contacts rejected by the reorder tone, or by the quota of their channel."""
        self.store = ContactStore(policy.ended_kept)
        self.metrics = ConnectMetrics(state, instance.id, scope)
        self.events: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        """Outcomes of the voice contacts that have ended, by the keys of `results.outcomes`."""
        self.functions: Counter[str] = Counter()
        """Lambda invocations of flows, as `name outcome`."""
        self._on_contact: Counter[str] = Counter()
        self._starting: Contact
        self.unmodelled: Counter[str] = Counter()
        self.centre = self._new_centre()

    def _new_centre(self) -> CallCentre:
        calls = replace(
            policy_of(self._scenario),
            failures=dict(self._policy.failures),
            agent_queue_capacity=int(self._state.limits.applied(AGENT_QUEUE, self.scope)),
        )
        machine = self._machines(self._published())
        opening = partial(hours_of_operation.known_open, self.instance, self._state.time)
        centre = CallCentre(
            self._clock,
            machine,
            self._scenario,
            self._functions,
            self,
            policy=calls,
            hours=opening,
            bots=self._state.bots,
        )
        if self._state.misses is not None:
            centre.acd.let_ring(self._state.misses)
        return centre

    def start(self) -> None:
        """Start sampling levels once a second."""
        self._sample()

    def flows_changed(self) -> None:
        """Apply a created or updated flow: contacts that begin later run the new content."""
        self.centre.machine = self._machines(self._published())

    def _published(self) -> Iterator[Flow]:
        """Flows that contacts can run: what was only saved is not there for them."""
        return (one.flow for one in self.instance.flows() if one.status != "SAVED")

    # -------------------------------------------------------------------------------------------- begin

    def has_room(self, channel: str, traffic: str = "GENERAL") -> bool:
        """Whether the pool has room for one more contact; if not, count the rejection."""
        code = CHANNELS[channel].pool(traffic)
        limits = self._state.limits
        wanted = limits.in_use(code, self.scope) + 1
        if wanted <= limits.applied(code, self.scope):
            return True
        at = self._state.time()
        limits.use(code, wanted, at)
        limits.reject(code, at)
        self.metrics.breaching(code, at)
        return False

    def begin(self, placed: Placed) -> Contact:
        """Begin a contact; a call above its concurrency quota gets the reorder tone and ends at once."""
        at = self._state.time()
        index, self._arrived = self._arrived, self._arrived + 1
        contact = Contact(
            id=self._new_id(),
            index=index,
            method=placed.method,
            initiated=at,
            customer=placed.customer,
            system=placed.system,
            flow=placed.flow.name,
            traffic=placed.traffic,
            pool=CHANNELS[placed.channel].pool(placed.traffic),
            extra=placed.extra,
            attributes=placed.attributes,
            channel=placed.channel,
        )
        self.store.add(contact)
        self._tell(contact, "INITIATED")
        first = placed.extra.get("InitialMessage")
        if first is not None:
            say(contact, first["Content"], at, first["ContentType"], **customer(contact))
        self.metrics.begun(contact.pool, at, contact.flow)
        if not self._state.limits.acquire(contact.pool, self.scope):
            self.metrics.breaching(contact.pool, at)
            self._reorder(contact, at)
            return contact
        self.metrics.concurrent(contact.pool, at)
        try:
            if placed.scheduled is not None and placed.scheduled > at:
                contact.scheduled = placed.scheduled
                later = partial(self._arrive_later, contact, placed)
                contact.waiting = self._clock.call_later(placed.scheduled - at, later)
            else:
                self._arrive(contact, placed)
        except Exception:
            self._state.limits.release(contact.pool, self.scope)
            raise
        return contact

    def _new_id(self) -> str:
        """Make a random UUID of version 4 without a UUID object."""
        digits = f"{self._ids.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def _arrive_later(self, contact: Contact, placed: Placed) -> None:
        contact.waiting = None
        if not contact.sequence:
            self._arrive(contact, placed)

    def _arrive(self, contact: Contact, placed: Placed) -> None:
        voice = placed.channel == "VOICE"
        outbound = voice and placed.method == "API"
        account, extra = self.instance.account, placed.extra
        far_end = self.answers_at(placed.customer) if outbound else None
        if placed.detect:
            contact.line = self._line(contact.index)
        self._starting = contact
        plain = voice and not extra.get("References")
        subtype = CHANNELS[placed.channel].subtype
        fields = {"segment_attributes": VOICE_SEGMENT} if plain else contact_fields(placed, subtype)
        self.centre.arrive(
            contact.index,
            contact_id=contact.id,
            attributes=placed.attributes,
            entry=placed.flow.name,
            outbound=outbound,
            ring_timeout=placed.ring_timeout,
            answered_by_driver=far_end is not None,
            line_status=contact.line,
            initiation_method=contact.method,
            customer_endpoint=contact.customer or None,
            system_endpoint=contact.system or None,
            instance_arn=account.instance_arn,
            region=account.region,
            queue=placed.queue,
            name=extra.get("Name"),
            description=extra.get("Description"),
            related_contact_id=extra.get("RelatedContactId"),
            **fields,
        )
        if not contact.sequence:
            if placed.expires is not None:
                contact.waiting = self._clock.call_later(placed.expires, partial(self._expire, contact))
            if far_end is not None:
                setup = partial(self._connect, contact, *far_end)
                self._clock.call_later(self._policy.loopback_seconds, setup)

    def _connect(self, contact: Contact, there: Contacts, flow: FlowResource) -> None:
        """Connect an outbound call to a claimed number: the other leg answers it, and ends with it."""
        call = contact.call
        if call is None:
            return
        placed = Placed(flow=flow, method="INBOUND", customer=contact.system, system=contact.customer)
        other = there.begin(placed)
        if other.sequence:
            call.fail(
                self._policy.reorder_reason, "reorder tone: the destination had no room or ended at once"
            )
            return
        contact.peer, other.peer = other, contact
        call.pick_up()

    def _line(self, index: int) -> str:
        """Return the result of answering machine detection for call number `index`."""
        left = Stream(self._scenario.seed, index, _LINE).random()
        for status, share in self._policy.machines.items():
            left -= share
            if left < 0:
                return status
        return "CallAnswered"

    def _expire(self, contact: Contact) -> None:
        contact.waiting = None
        contact.end_as = "EXPIRED"
        self.metrics.expired(contact.channel, self._state.time())
        self.stop(contact)

    def _reorder(self, contact: Contact, at: float) -> None:
        contact.reorder = True
        self.reordered += 1
        if contact.channel == VOICE:
            self.outcomes[ENDING + Ending.BLOCKED] += 1
        contact.ended = at
        contact.reason = self._policy.reorder_reason
        contact.detail = "reorder tone: the concurrency quota was full"
        self._ended(contact)

    # ------------------------------------------------------------------------------------------ command

    def stop(self, contact: Contact, reason: str = "API") -> None:
        """StopContact."""
        if contact.call is not None:
            contact.call.stop(reason)
        elif not contact.sequence:
            contact.ended = self._state.time()
            contact.reason = contact.end_as or CHANNELS[contact.channel].reason("API")
            self._state.limits.release(contact.pool, self.scope)
            self._ended(contact)

    def stop_all(self) -> int:
        """End every contact; return their number."""
        stopped = self.centre.stop_all("the emulator was reset or stopped")
        for contact in self.store.live():
            self.stop(contact)
            stopped += 1
        return stopped

    def updated(self, contact: Contact, *properties: str) -> None:
        """Record that a contact was changed; `properties` are those of which AWS publishes an event."""
        contact.changed, contact.updated = self._state.time(), properties
        if properties:
            self._tell(contact, "CONTACT_DATA_UPDATED")
        if contact.sequence and self.on_record is not None:
            self.on_record(contact, self)

    def happened(self, contact: Contact, moment: str) -> None:
        """Publish an event of a contact: PAUSED, RESUMED."""
        self._tell(contact, moment)

    def forget(self) -> None:
        """Delete ended contacts and every count; applied values and live contacts remain."""
        self.store.clear()
        self.reordered = 0
        for counter in (self.events, self.functions, self.outcomes, self.unmodelled):
            counter.clear()
        self.centre = self._new_centre()
        self.on_renewed()

    # ------------------------------------------------------------------------------- calls.ports.Listener

    def on_event(self, call: LiveCall, kind: str, at: float, detail: Mapping[str, Any]) -> None:
        """Handle an event of a call."""
        self.events[kind] += 1
        now = self.epoch + at
        if kind == "started":
            contact = call.tag = self._starting
            contact.call = call
            if contact.channel != "VOICE":
                self._tell(contact, "CONNECTED_TO_SYSTEM")
            return
        contact = call.tag
        self._count_errors(call, contact, now)
        if kind == "ended":
            self._leave_agent(contact)
            self._note(call)
            if contact.channel == VOICE:
                self.outcomes.update(self.centre.outcome(call))
            close(contact, call, self.epoch)
            self._state.limits.release(contact.pool, self.scope)
            if contact.channel == VOICE and contact.answered is not None and self._state.upload_fails():
                self.metrics.upload_failed(now)
            self._ended(contact)
        elif kind == "answered":
            self._leave_agent(contact)
            contact.answered, contact.agent, contact.queue = now, detail["agent"], detail["queue"]
            contact.username = call.ticket.username if call.ticket is not None else contact.agent
            if _is_staffed(contact):
                self._on_contact[detail["queue"]] += 1
            self.metrics.agent_answered(now)
            self._queue_level(detail["queue"], now)
            self._tell(contact, "CONNECTED_TO_AGENT")
        elif kind == "missed":
            contact.attempts += 1
            if contact.channel == VOICE:
                self.metrics.missed(now)
        elif kind in ("queued", "abandoned"):
            self._queue_level(detail["queue"], now)
            if kind == "queued":
                self._tell(contact, "QUEUED")
        elif kind == "connected":
            self._tell(contact, "CONNECTED_TO_SYSTEM")
        elif kind == "message" and detail["audience"] is Audience.CUSTOMER:
            say(contact, detail["text"], now)
        elif kind == "at_capacity":
            self.metrics.queue_full(detail["queue"], now)
            if detail["queue"].startswith("agent:"):
                self._state.limits.reject(AGENT_QUEUE, now)
        elif kind == "lambda":
            self.functions[f"{detail['function']} {detail['outcome']}"] += 1
        elif kind == "flow_error":
            self.metrics.flow_error(_flow_of(call, contact), now, fatal=True)
        elif kind == "wrapped_up" and contact.sequence:
            self._tell(contact, "COMPLETED")

    def on_contact(self, queue: str) -> int:
        """Return the contacts that agents of this queue alone have now (without wrap-up)."""
        return max(0, self._on_contact[queue])

    def _tell(self, contact: Contact, moment: str) -> None:
        if self.on_moment is not None:
            self.on_moment(contact, moment, self)

    def _leave_agent(self, contact: Contact) -> None:
        if contact.answered is not None and contact.queue is not None and _is_staffed(contact):
            self._on_contact[contact.queue] -= 1

    def _count_errors(self, call: LiveCall, contact: Contact, now: float) -> None:
        """Report the error branches since the last event of the call."""
        met = getattr(call.machine_call, "error_branches", 0)
        for _ in range(met - contact.errors):
            self.metrics.flow_error(_flow_of(call, contact), now, fatal=False)
        contact.errors = met

    def _note(self, call: LiveCall) -> None:
        """Record notes of the machine about a call: default paths, missing flows."""
        for kind in getattr(call.machine_call, "unmodelled", ()):
            self.unmodelled[kind] += 1
        for reference in getattr(call.machine_call, "unresolved", ()):
            self._state.notes[f"no flow {reference!r}: calls took the error branch"] += 1

    def _ended(self, contact: Contact) -> None:
        if contact.waiting is not None:
            contact.waiting.cancel()
            contact.waiting = None
        self.store.end(contact)
        if self.on_record is not None:
            self.on_record(contact, self)
        if self.on_moment is not None:
            self.on_moment(contact, "DISCONNECTED", self)
            if contact.answered is None:
                self.on_moment(contact, "COMPLETED", self)
        if contact.peer is not None:
            other, contact.peer = contact.peer, None
            if other.call is not None:
                other.call.hang_up()

    def outcomes_now(self) -> Counter[str]:
        """Return outcomes of all voice contacts, as if those in progress were cut off now."""
        going_on = [one for one in self.store.live() if one.channel == VOICE and one.call is not None]
        found = Counter(self.outcomes)
        for contact in going_on:
            assert contact.call is not None
            found.update(self.centre.outcome(contact.call, cut_off=True))
        return found

    # ------------------------------------------------------------------------------------------- levels

    def _queue_level(self, name: str, at: float) -> None:
        queue = self.centre.acd.queues.get(name)
        if queue is not None:
            self.metrics.queue(queue, self._clock.now(), at)

    def _sample(self) -> None:
        at = self._state.time()
        self.metrics.sample(at)
        now = self._clock.now()
        for queue in self.centre.acd.queues.values():
            if queue.offered or queue.agents is not None:
                self.metrics.queue(queue, now, at)
        self._clock.call_later(SAMPLE_SECONDS, self._sample)


def _is_staffed(contact: Contact) -> bool:
    """Whether the scenario staffs the agent for a queue; users have ARNs."""
    return not (contact.agent or "").startswith("arn:")


def _flow_of(call: LiveCall, contact: Contact) -> str:
    return getattr(call.machine_call, "flow_name", "") or contact.flow
