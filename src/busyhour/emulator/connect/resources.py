"""The Connect instance: its flows, queues and phone numbers, with ids and ARNs as Connect gives them."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from busyhour.emulator.state import Account
from busyhour.flows.model import Flow

Number = str


def resource_id(reference: str) -> str:
    """Last segment of an ARN, without a version or alias; anything else as it is."""
    if not reference.startswith("arn:"):
        return reference
    return reference.rpartition("/")[2].partition(":")[0]


@dataclass(slots=True)
class FlowResource:
    """A contact flow of the instance. `flow` is its content, read; `content` the text as it was handed in."""

    id: str
    arn: str
    name: str
    type: str
    flow: Flow
    content: str
    modified: float
    description: str = ""
    status: str = "PUBLISHED"
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """Hash of the content, hexadecimal."""
        return hashlib.sha256(self.content.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class QueueResource:
    """A queue of the instance."""

    id: str
    arn: str
    name: str


@dataclass(frozen=True, slots=True)
class NumberResource:
    """A phone number that the instance has claimed."""

    id: str
    arn: str
    number: Number


class Instance:
    """Flows, queues and numbers of one instance, found by id, ARN or name.

    Args:
        account: whose it is.
        created: epoch seconds.
    """

    def __init__(self, account: Account, created: float) -> None:
        self.account = account
        self.created = created
        self._flows: dict[str, FlowResource] = {}
        self._queues: dict[str, QueueResource] = {}
        self._numbers: dict[str, NumberResource] = {}
        self.strict_numbers = False
        """Numbers were named: one that was not is not the instance's. Otherwise the first use claims it."""

    # ------------------------------------------------------------------------------------------- flows

    def add_flow(self, flow: Flow, content: str, at: float, **more: Any) -> FlowResource:
        """Put a flow into the instance. Its id is that of its export where the export says one."""
        identity = resource_id(flow.arn) if flow.arn else ""
        name, number = flow.name, 2
        while self.flow_named(name) is not None:
            name, number = f"{flow.name} ({number})", number + 1
        if not identity or identity in self._flows:
            identity = self._id("contact-flow", name)
        kind = flow.type.value if flow.type is not None else "CONTACT_FLOW"
        resource = FlowResource(
            id=identity,
            arn=f"{self.account.instance_arn}/contact-flow/{identity}",
            name=name,
            type=kind,
            flow=replace(flow, name=name) if name != flow.name else flow,
            content=content,
            modified=at,
            **more,
        )
        self._flows[identity] = resource
        return resource

    def flows(self) -> Iterator[FlowResource]:
        """All flows, in the order in which they came."""
        return iter(tuple(self._flows.values()))

    def flow(self, reference: str) -> FlowResource | None:
        """The flow with this id or ARN."""
        return self._flows.get(resource_id(reference))

    def flow_named(self, name: str) -> FlowResource | None:
        """The flow with this name."""
        return next((flow for flow in self._flows.values() if flow.name == name), None)

    # ----------------------------------------------------------------------------------- queues, numbers

    def add_queue(self, name: str, arn: str | None = None) -> QueueResource:
        """Put a queue into the instance; known queues stay as they are."""
        identity = resource_id(arn) if arn else self._id("queue", name)
        queue = self._queues.get(identity)
        if queue is None:
            queue = QueueResource(identity, f"{self.account.instance_arn}/queue/{identity}", name)
            self._queues[identity] = queue
        return queue

    def queues(self) -> Iterator[QueueResource]:
        """All queues."""
        return iter(tuple(self._queues.values()))

    def queue(self, reference: str) -> QueueResource | None:
        """The queue with this id, ARN or name."""
        found = self._queues.get(resource_id(reference))
        return found or next((queue for queue in self._queues.values() if queue.name == reference), None)

    def claim(self, number: Number) -> NumberResource:
        """Claim a phone number."""
        identity = self._id("phone-number", number)
        claimed = NumberResource(identity, self.account.arn("connect", f"phone-number/{identity}"), number)
        return self._numbers.setdefault(number, claimed)

    def numbers(self) -> Iterator[NumberResource]:
        """All claimed numbers."""
        return iter(tuple(self._numbers.values()))

    def has_number(self, number: Number) -> bool:
        """Whether the instance has claimed `number`."""
        return number in self._numbers

    def _id(self, kind: str, name: str) -> str:
        return str(uuid.uuid5(uuid.UUID(self.account.instance_id), f"{kind}/{name}"))


MachineFactory = Callable[[Iterable[Flow]], Any]
"""Makes a `calls.ports.FlowMachine` of the flows that an instance has."""
