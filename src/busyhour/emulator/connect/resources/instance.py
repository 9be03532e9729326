"""The Connect instance: all its resources, with ids and ARNs as in Connect."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from busyhour.emulator.account import Account
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.kinds import Kind
from busyhour.flows.model import Flow, FlowType

Number = str


def resource_id(reference: str) -> str:
    """Return the last segment of an ARN, without a version or alias; any other text unchanged."""
    if not reference.startswith("arn:"):
        return reference
    return reference.rpartition("/")[2].partition(":")[0]


@dataclass(slots=True)
class Resource:
    """A resource of an instance. `members` are those of Describe, without id, ARN, name and tags."""

    kind: Kind
    id: str
    arn: str
    name: str
    modified: float
    members: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    parts: dict[str, Any] = field(default_factory=dict)
    """Parts of the resource that Describe does not show: versions, aliases, overrides. Values of JSON."""

    def described(self, region: str) -> dict[str, Any]:
        """Return the members of Describe."""
        kind = self.kind
        about = {kind.id: self.id, kind.arn: self.arn, kind.name: self.name, "Tags": self.tags}
        modified = {"LastModifiedTime": self.modified, "LastModifiedRegion": region}
        return {**about, **self.members, **modified}


@dataclass(slots=True, kw_only=True)
class FlowResource(Resource):
    """A contact flow or module. `flow` is its parsed content; `content` the original text."""

    flow: Flow
    content: str
    type: str = "CONTACT_FLOW"
    description: str = ""
    status: str = "PUBLISHED"
    """PUBLISHED, or SAVED for a flow that was never published."""
    state: str = "ACTIVE"
    draft: str = ""
    """Content that was saved after the published one; empty: none."""
    settings: str = ""
    """Settings of a module, text of JSON."""

    @property
    def sha256(self) -> str:
        """Hash of the content, hexadecimal."""
        return content_hash(self.content)

    @property
    def versions(self) -> dict[str, dict[str, Any]]:
        """Published versions by number: content, description, at."""
        found: dict[str, dict[str, Any]] = self.parts.setdefault("versions", {})
        return found

    @property
    def aliases(self) -> dict[str, dict[str, Any]]:
        """Aliases by id: name, version, description, at."""
        found: dict[str, dict[str, Any]] = self.parts.setdefault("aliases", {})
        return found

    def at_version(self, reference: str) -> dict[str, Any] | None:
        """Return the version with this number, or that of the alias with this id or name; None without one."""
        for identity, alias in self.aliases.items():
            if reference in (identity, alias["name"]):
                reference = str(alias["version"])
        return self.versions.get(reference)


def content_hash(content: str) -> str:
    """Return the hash of a flow's content, hexadecimal."""
    return hashlib.sha256(content.encode()).hexdigest()


@dataclass(slots=True, kw_only=True)
class NumberResource(Resource):
    """A phone number that an instance has claimed; `flow` is the id of the flow in which calls to it begin."""

    flow: str = ""
    description: str = ""
    type: str = "DID"

    @property
    def number(self) -> Number:
        """The number, E.164."""
        return self.name


class Instance:
    """All resources of one instance, found by id, ARN or name.

    Args:
        account: its account; `instance_id` and `alias` are the instance's.
        created: epoch seconds.
        more: members of DescribeInstance that differ from an instance with inbound and outbound calls.
    """

    def __init__(self, account: Account, created: float, more: Mapping[str, Any] | None = None) -> None:
        self.account = account
        self.created = created
        self.more = dict(more or {})
        self.attributes: dict[str, str] = {}
        """Instance attributes that were set, by AttributeType."""
        self.associations: dict[str, list[str]] = {}
        """Functions and bots that are associated, by kind."""
        self.strict_numbers = False
        """Whether numbers were configured: any other is then not the instance's.

        Otherwise the first use claims it.
        """
        self.queue_names: dict[str, tuple[str, str]] = {}
        """Name and ARN of every queue by id, ARN and name, for the flow machine."""
        self._resources: dict[str, dict[str, Resource]] = {segment: {} for segment in kinds.BY_SEGMENT}
        self._names: dict[str, dict[str, Resource]] = {segment: {} for segment in kinds.BY_SEGMENT}
        self._given: set[str] = set()

    @property
    def id(self) -> str:
        """The instance's id."""
        return self.account.instance_id

    @property
    def arn(self) -> str:
        """The instance's ARN."""
        return self.account.instance_arn

    # --------------------------------------------------------------------------------------- any kind

    def add(self, resource: Resource) -> Resource:
        """Add a resource to the instance."""
        self._resources[resource.kind.segment][resource.id] = resource
        self._given.add(resource.id)
        self.rename(resource, resource.name)
        return resource

    def rename(self, resource: Resource, name: str) -> None:
        """Rename a resource."""
        names = self._names[resource.kind.segment]
        names.pop(resource.name, None)
        names[name] = resource
        resource.name = name
        if resource.kind is kinds.QUEUE:
            for reference in (resource.id, resource.arn, name):
                self.queue_names[reference] = (name, resource.arn)

    def make(
        self,
        kind: Kind,
        name: str,
        at: float,
        members: Mapping[str, Any],
        tags: Mapping[str, str] | None = None,
    ) -> Resource:
        """Create a resource of `kind` and add it to the instance."""
        identity = self.new_id(kind, name)
        made = Resource(kind, identity, self.arn_of(kind, identity), name, at, {**kind.defaults, **members})
        made.tags.update(tags or {})
        return self.add(made)

    def remove(self, resource: Resource) -> None:
        """Remove a resource from the instance."""
        self._resources[resource.kind.segment].pop(resource.id, None)
        self._names[resource.kind.segment].pop(resource.name, None)

    def all(self, kind: Kind) -> list[Any]:
        """Return all resources of a kind, in the order of creation."""
        return list(self._resources[kind.segment].values())

    def get(self, kind: Kind, reference: str) -> Any:
        """Return the resource of this kind with this id or ARN; None without one."""
        return self._resources[kind.segment].get(resource_id(reference))

    def named(self, kind: Kind, name: str) -> Any:
        """Return the resource of this kind with this name; None without one."""
        return self._names[kind.segment].get(name)

    def by_arn(self, arn: str) -> Resource | None:
        """Return any resource by ARN."""
        segment, _, identity = arn.rpartition("/")
        found = self._resources.get(segment.rpartition("/")[2].rpartition(":")[2], {}).get(identity)
        return found if found is not None and found.arn == arn else None

    def arn_of(self, kind: Kind, identity: str) -> str:
        """Return the ARN of a resource."""
        if kind in kinds.OF_THE_ACCOUNT:
            return self.account.arn("connect", f"{kind.segment}/{identity}")
        return f"{self.arn}/{kind.segment}/{identity}"

    def new_id(self, kind: Kind, name: str) -> str:
        """Return an unused id: the same for the same instance, kind and name."""
        identity = self._id(kind.segment, name)
        number = 2
        while identity in self._given:
            identity, number = self._id(kind.segment, f"{name}/{number}"), number + 1
        return identity

    # ------------------------------------------------------------------------------------------- flows

    def add_flow(self, flow: Flow, content: str, at: float, **more: Any) -> FlowResource:
        """Add a flow or module to the instance. Its id is that of its export if the export has one."""
        kind = kinds.MODULE if flow.type is FlowType.MODULE else kinds.FLOW
        identity = resource_id(flow.arn) if flow.arn else ""
        name, number = flow.name, 2
        while self.flow_named(name) is not None:
            name, number = f"{flow.name} ({number})", number + 1
        if not identity or identity in self._given:
            identity = self.new_id(kind, name)
        resource = FlowResource(
            kind,
            identity,
            self.arn_of(kind, identity),
            name,
            at,
            flow=replace(flow, name=name) if name != flow.name else flow,
            content=content,
            type=flow.type.value if flow.type is not None else "CONTACT_FLOW",
            **more,
        )
        self.add(resource)
        return resource

    def flows(self) -> Iterator[FlowResource]:
        """All flows and modules, in the order of creation."""
        return iter([*self.all(kinds.FLOW), *self.all(kinds.MODULE)])

    def flow(self, reference: str) -> FlowResource | None:
        """The flow or module with this id or ARN."""
        found: FlowResource | None = self.get(kinds.FLOW, reference) or self.get(kinds.MODULE, reference)
        return found

    def flow_named(self, name: str) -> FlowResource | None:
        """The flow or module with this name."""
        found: FlowResource | None = self.named(kinds.FLOW, name) or self.named(kinds.MODULE, name)
        return found

    # ----------------------------------------------------------------------------------- queues, numbers

    def add_queue(self, name: str, arn: str | None = None) -> Resource:
        """Add a queue to the instance; existing queues are unchanged."""
        kind = kinds.QUEUE
        identity = resource_id(arn) if arn else self._id(kind.segment, name)
        known: Resource | None = self.get(kind, identity)
        if known is not None:
            return known
        return self.add(
            Resource(kind, identity, self.arn_of(kind, identity), name, self.created, dict(kind.defaults))
        )

    def queues(self) -> Iterator[Resource]:
        """All queues."""
        return iter(self.all(kinds.QUEUE))

    def queue(self, reference: str) -> Resource | None:
        """The queue with this id, ARN or name."""
        found: Resource | None = self.get(kinds.QUEUE, reference) or self.named(kinds.QUEUE, reference)
        return found

    def claim(self, number: Number, **more: Any) -> NumberResource:
        """Claim a phone number."""
        known = self.number(number)
        if known is not None:
            return known
        identity = self.new_id(kinds.NUMBER, number)
        claimed = NumberResource(
            kinds.NUMBER, identity, self.arn_of(kinds.NUMBER, identity), number, self.created, **more
        )
        self.add(claimed)
        return claimed

    def numbers(self) -> Iterator[NumberResource]:
        """All claimed numbers."""
        return iter(self.all(kinds.NUMBER))

    def number(self, number: Number) -> NumberResource | None:
        """The claimed number with these digits."""
        found: NumberResource | None = self.named(kinds.NUMBER, number)
        return found

    def has_number(self, number: Number) -> bool:
        """Whether the instance has claimed `number`."""
        return self.number(number) is not None

    def _id(self, segment: str, name: str) -> str:
        return str(uuid.uuid5(uuid.UUID(self.account.instance_id), f"{segment}/{name}"))


MachineFactory = Callable[[Iterable[Flow]], Any]
"""Makes a `calls.ports.FlowMachine` of the flows that an instance has."""
