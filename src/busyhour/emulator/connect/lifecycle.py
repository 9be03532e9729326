"""Voice contacts from the API request or the incoming call to the contact record.

A contact is admitted against its concurrency quota, then lives as a call of the shared call centre
(`busyhour.calls`); this module gives it Connect's identity, tells CloudWatch, and writes down how it ended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from busyhour.calls.centre import CallCentre
from busyhour.calls.live import LiveCall
from busyhour.calls.ports import Clock, Functions
from busyhour.emulator.connect.contact import Contact, ContactStore, close
from busyhour.emulator.connect.metrics import CALLS, CAMPAIGN_CALLS, ConnectMetrics
from busyhour.emulator.connect.policy import ConnectPolicy
from busyhour.emulator.connect.resources import FlowResource, Instance, MachineFactory
from busyhour.emulator.state import EmulatorState
from busyhour.scenarios.model import Scenario

SAMPLE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Placed:
    """What is asked of a new contact."""

    flow: FlowResource
    method: str
    customer: str
    system: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    traffic: str = "GENERAL"
    ring_timeout: float | None = None
    queue: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


class VoiceContacts:
    """All voice contacts of the instance.

    Args:
        state: shared state of the emulator.
        instance: flows, queues, numbers.
        scenario: callers, queues and seed.
        machines: makes the flow machine of the instance's flows.
        functions: invokes Lambda.
        clock: drives the calls.
        policy: what AWS leaves open.
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
    ) -> None:
        self._state = state
        self._instance = instance
        self._machines = machines
        self._policy = policy
        self.on_record: Callable[[Contact], None] | None = None
        """Hears every contact that has ended."""
        self._ids = Random(scenario.seed)
        self._clock = clock
        self._arrived = 0
        self.epoch = state.time() - clock.now()
        """Epoch seconds at the zero of the calls' clock."""
        self.reordered = 0
        """Contacts that met the reorder tone."""
        self.store = ContactStore(policy.ended_kept)
        self.metrics = ConnectMetrics(state)
        self.events: Counter[str] = Counter()
        self.functions: Counter[str] = Counter()
        """Lambda invocations of flows, as `name outcome`."""
        self._on_contact: Counter[str] = Counter()
        self.unmodelled: Counter[str] = Counter()
        self.centre = CallCentre(
            clock, machines(flow.flow for flow in instance.flows()), scenario, functions, self
        )

    def start(self) -> None:
        """Sample levels once a second from now on."""
        self._sample()

    def flows_changed(self) -> None:
        """A flow was created or updated: calls that begin from now on run the new content."""
        self.centre.machine = self._machines(flow.flow for flow in self._instance.flows())

    # -------------------------------------------------------------------------------------------- begin

    def has_room(self, traffic: str) -> bool:
        """Whether the pool of calls has room for one more; where not, the rejection is counted."""
        code = CAMPAIGN_CALLS if traffic == "CAMPAIGN" else CALLS
        limits = self._state.limits
        if limits.in_use(code) + 1 <= limits.applied(code):
            return True
        at = self._state.time()
        limits.use(code, limits.in_use(code) + 1, at)
        limits.reject(code, at)
        self.metrics.breaching(at)
        return False

    def begin(self, placed: Placed) -> Contact:
        """A contact begins; above its concurrency quota it meets the reorder tone and is over at once."""
        at = self._state.time()
        campaign = placed.traffic == "CAMPAIGN"
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
            pool=CAMPAIGN_CALLS if campaign else CALLS,
            extra=placed.extra,
            attributes=placed.attributes,
        )
        self.store.add(contact)
        self.metrics.call(at, contact.flow, campaign=campaign)
        if not self._state.limits.acquire(contact.pool):
            self.metrics.breaching(at)
            self._reorder(contact, at)
            return contact
        self.metrics.concurrent(at, contact.pool)
        try:
            self._arrive(contact, placed)
        except Exception:
            self._state.limits.release(contact.pool)
            raise
        return contact

    def _new_id(self) -> str:
        """A random UUID of version 4, written without going through a UUID object."""
        digits = f"{self._ids.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def _arrive(self, contact: Contact, placed: Placed) -> None:
        outbound = placed.method == "API"
        account = self._state.account
        self._starting = contact
        call = self.centre.arrive(
            contact.index,
            contact_id=contact.id,
            attributes=placed.attributes,
            entry=placed.flow.name,
            outbound=outbound,
            ring_timeout=placed.ring_timeout,
            initiation_method=contact.method,
            customer_endpoint=contact.customer or None,
            system_endpoint=contact.system or None,
            instance_arn=account.instance_arn,
            region=account.region,
            queue=placed.queue,
            name=placed.extra.get("Name"),
            description=placed.extra.get("Description"),
            related_contact_id=placed.extra.get("RelatedContactId"),
        )
        call.tag = contact
        if not contact.sequence:
            contact.call = call

    def _reorder(self, contact: Contact, at: float) -> None:
        contact.reorder = True
        self.reordered += 1
        contact.ended = at
        contact.reason = self._policy.reorder_reason
        contact.detail = "reorder tone: the concurrency quota was full"
        self._ended(contact)

    # ------------------------------------------------------------------------------------------ command

    def stop(self, contact: Contact, reason: str = "API") -> None:
        """StopContact."""
        if contact.call is not None:
            contact.call.stop(reason)

    def stop_all(self) -> int:
        """End every contact; returns how many there were."""
        return self.centre.stop_all("the emulator was reset or stopped")

    def forget(self) -> None:
        """Forget what has ended and every count; applied values and live contacts stay."""
        self.store.clear()
        self.reordered = 0
        for counter in (self.events, self.functions, self.unmodelled):
            counter.clear()
        centre = self.centre
        self.centre = CallCentre(self._clock, centre.machine, centre.scenario, centre.invoker.functions, self)

    # ------------------------------------------------------------------------------- calls.ports.Listener

    def on_event(self, call: LiveCall, kind: str, at: float, detail: Mapping[str, Any]) -> None:
        """What the call centre tells of a call."""
        self.events[kind] += 1
        contact: Contact = call.tag or self._starting
        now = self.epoch + at
        self._count_errors(call, contact, now)
        if kind == "ended":
            self._leave_agent(contact)
            self._note(call)
            close(contact, call, self.epoch)
            self._state.limits.release(contact.pool)
            self._ended(contact)
        elif kind == "answered":
            self._leave_agent(contact)
            contact.answered, contact.agent, contact.queue = now, detail["agent"], detail["queue"]
            self._on_contact[detail["queue"]] += 1
            self.metrics.agent_answered(now)
            self._queue_level(detail["queue"], now)
        elif kind in ("queued", "abandoned"):
            self._queue_level(detail["queue"], now)
        elif kind == "at_capacity":
            self.metrics.queue_full(detail["queue"], now)
        elif kind == "lambda":
            self.functions[f"{detail['function']} {detail['outcome']}"] += 1
        elif kind == "flow_error":
            self.metrics.flow_error(_flow_of(call, contact), now, fatal=True)

    def on_contact(self, queue: str) -> int:
        """Calls of a queue that an agent has in hand now (wrap-up not counted)."""
        return max(0, self._on_contact[queue])

    def _leave_agent(self, contact: Contact) -> None:
        if contact.answered is not None and contact.queue is not None:
            self._on_contact[contact.queue] -= 1

    def _count_errors(self, call: LiveCall, contact: Contact, now: float) -> None:
        """Report the error branches that were run since the last event of the call."""
        met = getattr(call.machine_call, "error_branches", 0)
        for _ in range(met - contact.errors):
            self.metrics.flow_error(_flow_of(call, contact), now, fatal=False)
        contact.errors = met

    def _note(self, call: LiveCall) -> None:
        """Remember what the machine has to say of a call: default paths taken, flows it did not find."""
        for kind in getattr(call.machine_call, "unmodelled", ()):
            self.unmodelled[kind] += 1
        for reference in getattr(call.machine_call, "unresolved", ()):
            self._state.notes[f"no flow {reference!r}: calls took the error branch"] += 1

    def _ended(self, contact: Contact) -> None:
        self.store.end(contact)
        if self.on_record is not None:
            self.on_record(contact)

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
            self.metrics.queue(queue, now, at)
        self._clock.call_later(SAMPLE_SECONDS, self._sample)


def _flow_of(call: LiveCall, contact: Contact) -> str:
    return getattr(call.machine_call, "flow_name", "") or contact.flow
