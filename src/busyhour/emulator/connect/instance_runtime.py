"""One running Connect instance: its resources, contacts and agents; and all instances of the account."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from busyhour.emulator.account import EmulatorState
from busyhour.emulator.connect.agents import Staffing
from busyhour.emulator.connect.contacts.contact import CHANNELS
from busyhour.emulator.connect.contacts.lifecycle import Contacts
from busyhour.emulator.connect.contacts.outbound import ClientTokens
from busyhour.emulator.connect.policy import ConnectPolicy
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.allowed_countries import Destinations
from busyhour.emulator.connect.resources.flow_content import Validator
from busyhour.emulator.connect.resources.instance import (
    FlowResource,
    Instance,
    NumberResource,
    Resource,
    resource_id,
)
from busyhour.emulator.connect.resources.kinds import Kind
from busyhour.emulator.messages import ApiError
from busyhour.emulator.quotas.new_account import LOWER

Params = dict[str, Any]
Handler = Callable[["InstanceRuntime", Params], Params]
"""Handles one operation of an instance: parameters in, members of the response out."""


@dataclass(slots=True)
class InstanceRuntime:
    """An instance with everything that runs in it. Made by an `InstanceRuntimes`."""

    sites: InstanceRuntimes
    instance: Instance
    contacts: Contacts
    tokens: ClientTokens
    staffing: Staffing

    @property
    def state(self) -> EmulatorState:
        """Account, clock, quotas, metrics."""
        return self.sites.state

    @property
    def policy(self) -> ConnectPolicy:
        """Choices for what AWS does not document."""
        return self.sites.policy

    @property
    def scope(self) -> str:
        """Scope of quotas that each instance has separately; empty for the first instance."""
        return self.contacts.scope

    def find(self, kind: Kind, reference: str, member: str = "") -> Any:
        """Return the resource of a kind by id or ARN.

        Raises:
            ApiError: ResourceNotFoundException that names `member`; also for an ARN of another instance, Region or account,
                unless references are not looked up.
        """
        found = self.instance.get(kind, reference)
        if found is None or (self.policy.look_up and not _same(reference, found.arn)):
            raise not_found(member or kind.id)
        return found

    def flow(self, reference: str) -> FlowResource:
        """Return the contact flow by id or ARN.

        Raises:
            ApiError: it does not exist.
        """
        found: FlowResource = self.find(kinds.FLOW, reference)
        return found

    def published(self, reference: str) -> FlowResource:
        """Return the contact flow by id or ARN, for a contact that begins in it.

        Raises:
            ApiError: it does not exist, or was saved and never published.
        """
        found = self.flow(reference)
        if found.status == "SAVED":
            raise ApiError(
                "ResourceNotFoundException", "The flow has no published content: ContactFlowId.", 404
            )
        return found

    def room_for(self, kind: Kind) -> None:
        """Check that one more resource of a kind is within its quota.

        Raises:
            ApiError: LimitExceededException: the quota is reached.
        """
        if kind.quota is not None:
            count = len(self.instance.all(kind)) + 1
            self.within(kind.quota, count)

    def within(self, quota: str, count: int, code: str = "LimitExceededException", status: int = 429) -> None:
        """Check a number of items against a quota of the instance.

        Raises:
            ApiError: the number exceeds the applied value.
        """
        limits = self.state.limits
        limits.use(quota, count)
        if count > limits.applied(quota, self.scope):
            limits.reject(quota)
            raise ApiError(code, "The allowed limit for the resource has been exceeded.", status)

    def changed(self, resource: Resource) -> None:
        """Apply a created or updated resource to queues and agents."""
        resource.modified = self.state.time()
        self.staffing.changed(resource)

    def removed(self, resource: Resource) -> None:
        """Apply a deleted resource."""
        self.instance.remove(resource)
        self.staffing.removed(resource)


class InstanceRuntimes:
    """All instances of the account.

    Args:
        state: shared state of the emulator.
        policy: choices for what AWS does not document.
        destinations: numbers that may be called.
        contacts_of: makes the contacts of a new instance.
        validator: a stricter check of flow content than the emulator's own, or None.
    """

    def __init__(
        self,
        state: EmulatorState,
        policy: ConnectPolicy,
        destinations: Destinations,
        contacts_of: Callable[[Instance], Contacts],
        validator: Validator | None = None,
    ) -> None:
        self.state = state
        self.policy = policy
        self.destinations = destinations
        self.validator = validator
        self._contacts_of = contacts_of
        self._sites: dict[str, InstanceRuntime] = {}
        self.turnover: deque[float] = deque()
        """Times at which instances were created or deleted through the API."""
        self.released: dict[str, float] = {}
        """Phone numbers that were released, with the time."""
        self.started = False
        """Whether levels are already being sampled."""

    def __iter__(self) -> Iterator[InstanceRuntime]:
        return iter(tuple(self._sites.values()))

    def __len__(self) -> int:
        """Number of instances."""
        return len(self._sites)

    @property
    def first(self) -> InstanceRuntime:
        """The emulator's first instance."""
        return next(iter(self._sites.values()))

    def open(self, instance: Instance) -> InstanceRuntime:
        """Start a new instance."""
        contacts = self._contacts_of(instance)
        tokens = ClientTokens(self.policy.token_seconds, self.policy.tokens_kept)
        site = InstanceRuntime(self, instance, contacts, tokens, Staffing(instance, contacts))
        contacts.answers_at = self.answers_at
        self._sites[instance.id] = site
        self.state.instances[instance.arn] = contacts.scope
        if contacts.scope:
            self._start_with_defaults(contacts.scope)
        if self.started:
            contacts.start()
        return site

    def _start_with_defaults(self, scope: str) -> None:
        """Reset a new instance's quotas to defaults: values applied to the first instance do not apply."""
        limits = self.state.limits
        for channel in CHANNELS.values():
            for code in channel.pools.values():
                value = LOWER[self.policy.age].get(code, limits.quota(code).default)
                limits.set_applied(code, value, scope)

    def close(self, site: InstanceRuntime) -> None:
        """Close a deleted instance: its contacts end."""
        site.contacts.stop_all()
        self._sites.pop(site.instance.id, None)
        self.state.instances.pop(site.instance.arn, None)

    def start(self) -> None:
        """Start sampling levels once a second."""
        self.started = True
        for site in self:
            site.contacts.start()

    def get(self, reference: str) -> InstanceRuntime:
        """Return the instance with this id or ARN.

        Raises:
            ApiError: it does not exist.
        """
        site = self._sites.get(resource_id(reference))
        if site is None or (self.policy.look_up and not _same(reference, site.instance.arn)):
            raise not_found("InstanceId")
        return site

    def by_arn(self, arn: str) -> InstanceRuntime:
        """Return the instance with this ARN.

        Raises:
            ApiError: it does not exist.
        """
        site = next((one for one in self if one.instance.arn == arn), None)
        if site is None:
            raise not_found("TargetArn")
        return site

    def number(self, reference: str) -> tuple[InstanceRuntime, NumberResource]:
        """Return a claimed phone number by id, ARN or digits, and its instance.

        Raises:
            ApiError: it does not exist.
        """
        for site in self:
            found = site.instance.get(kinds.NUMBER, reference) or site.instance.number(reference)
            if found is not None:
                return site, found
        raise not_found("PhoneNumberId")

    def answers_at(self, number: str) -> tuple[Contacts, FlowResource] | None:
        """Return where a call to `number` arrives: the instance that claimed it and the number's flow.

        None for other numbers.
        """
        for site in self:
            claimed = site.instance.number(number)
            if claimed is not None:
                flow = site.instance.flow(claimed.flow) if claimed.flow else None
                return None if flow is None or flow.status == "SAVED" else (site.contacts, flow)
        return None


def _same(reference: str, arn: str) -> bool:
    """Whether an id, or an ARN with or without a qualifier, can be that of a resource with this ARN."""
    return not reference.startswith("arn:") or reference == arn or reference.startswith(f"{arn}:")


def not_found(member: str) -> ApiError:
    """Make ResourceNotFoundException for a member of the request."""
    return ApiError("ResourceNotFoundException", f"The specified resource was not found: {member}.", 404)
