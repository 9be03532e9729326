"""What requests to create or change a resource must keep beyond botocore's model, by the kind of resource.

Each rule's source is its API reference page unless it says otherwise; the reference names the rules and not the error of each:
InvalidParameterException for a value, InvalidRequestException for members that do not fit each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from busyhour.emulator.connect.instance_runtime import InstanceRuntime, Params
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.directory import CONNECT_MANAGED, check_phone, check_user
from busyhour.emulator.connect.resources.hours_of_operation import check_config, zone
from busyhour.emulator.connect.resources.instance import Resource
from busyhour.emulator.messages import ApiError

Rule = Callable[[InstanceRuntime, Params], None]


def _check_queues(site: InstanceRuntime, made: Resource, params: Params) -> None:
    """Check a routing profile's queues: they exist and do not exceed the quota on queue and channel pairs."""
    configs = params.get("QueueConfigs") or []
    check_queue_configs(site, configs)
    made.members["QueueConfigs"] = configs


def _check_quick_connects(site: InstanceRuntime, made: Resource, params: Params) -> None:
    """Check that the quick connects of a queue exist."""
    found = [
        site.find(kinds.QUICK_CONNECT, one, "QuickConnectIds") for one in params.get("QuickConnectIds") or ()
    ]
    made.parts["quick connects"] = [one.id for one in found]


_CONFIGS = {"USER": "UserConfig", "QUEUE": "QueueConfig", "PHONE_NUMBER": "PhoneConfig", "FLOW": "FlowConfig"}
"""Member of QuickConnectConfig that a type needs."""


def _check_quick_connect(site: InstanceRuntime, params: Params) -> None:
    """Check that a quick connect has the configuration of its type, and that what it names exists."""
    config = params.get("QuickConnectConfig")
    if config is None:
        return
    kind = config["QuickConnectType"]
    given = {member for member in _CONFIGS.values() if config.get(member) is not None}
    if given != {_CONFIGS[kind]}:
        raise ApiError(
            "InvalidParameterException", f"A quick connect of type {kind} needs {_CONFIGS[kind]} alone."
        )
    named = config[_CONFIGS[kind]]
    for member, segment in (("UserId", kinds.USER), ("QueueId", kinds.QUEUE), ("ContactFlowId", kinds.FLOW)):
        if named.get(member):
            site.find(segment, named[member], member)


def check_queue_configs(site: InstanceRuntime, configs: list[Params]) -> None:
    """Check that the queues of a routing profile exist, and do not exceed the quota.

    Raises:
        ApiError: one does not exist, or LimitExceededException.
    """
    for config in configs:
        site.find(kinds.QUEUE, config["QueueReference"]["QueueId"])
    site.within("connect.queues-per-routing-profile-per-instance", len(configs))


def _check_hours(site: InstanceRuntime, params: Params) -> None:
    if params.get("TimeZone") and zone(params["TimeZone"]) is None:
        raise ApiError("InvalidParameterException", f"TimeZone {params['TimeZone']!r} is not a time zone.")
    check_config(params.get("Config") or ())


def _check_phone(site: InstanceRuntime, params: Params) -> None:
    check_phone(params)


def _check_user(site: InstanceRuntime, params: Params) -> None:
    check_user(params, site.instance.more.get("IdentityManagementType", CONNECT_MANAGED))


_POOLS = tuple(
    f"connect.concurrent-active-{contacts}-per-instance" for contacts in ("calls", "chats", "tasks", "emails")
)


def _check_queue(site: InstanceRuntime, params: Params) -> None:
    """Check the capacity of a queue, and that what its outbound calls use exists.

    Administrator Guide, "Set the maximum queue limit": the capacity stays below the sum of the four quotas on concurrent contacts.
    """
    limits = site.state.limits
    most = sum(limits.applied(pool, site.scope) for pool in _POOLS) - 1
    if (params.get("MaxContacts") or 0) > most:
        raise ApiError(
            "InvalidParameterException",
            f"MaxContacts {params['MaxContacts']} must be at most {most:g}: the quotas on concurrent calls, chats, tasks and "
            "e-mails together, minus one.",
        )
    outbound = params.get("OutboundCallerConfig") or {}
    if outbound.get("OutboundCallerIdNumberId"):
        site.find(kinds.NUMBER, outbound["OutboundCallerIdNumberId"], "OutboundCallerIdNumberId")
    if outbound.get("OutboundFlowId"):
        site.find(kinds.FLOW, outbound["OutboundFlowId"], "OutboundFlowId")


def _check_concurrency(site: InstanceRuntime, params: Params) -> None:
    for one in params.get("MediaConcurrencies") or ():
        if one["Channel"] == "VOICE" and one["Concurrency"] != 1:
            raise ApiError("InvalidParameterException", "Concurrency of VOICE must be 1.")


ON_CREATION: Mapping[str, tuple[Rule, ...]] = {"User": (_check_user,)}
"""Rules of Create requests alone."""
ON_CHANGES: Mapping[str, tuple[Rule, ...]] = {
    "User": (_check_phone,),
    "HoursOfOperation": (_check_hours,),
    "QuickConnect": (_check_quick_connect,),
    "Queue": (_check_queue,),
    "RoutingProfile": (_check_concurrency,),
}
"""Rules of Create and Update requests."""
AFTER_CREATION: Mapping[str, tuple[Callable[[InstanceRuntime, Resource, Params], None], ...]] = {
    "RoutingProfile": (_check_queues,),
    "Queue": (_check_quick_connects,),
}
"""Rules that need the resource; one that is broken takes it back."""
