"""Default resources of a new instance."""

from __future__ import annotations

from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.instance import Instance


def furnish(instance: Instance, at: float) -> None:
    """Create Connect's default resources of a new instance, as far as other resources must refer to them.

    Hours around the clock, a queue, a routing profile, the security profiles and the two agent statuses
    (Administrator Guide, "Create an Amazon Connect instance" and the default resources it names).
    """
    if instance.named(kinds.HOURS, "Basic Hours") is None:
        hours = {"TimeZone": "UTC", "Config": [dict(day) for day in kinds.EVERY_DAY]}
        basic = instance.make(kinds.HOURS, "Basic Hours", at, hours)
        queue = instance.named(kinds.QUEUE, "BasicQueue")
        if queue is None:
            queue = instance.make(kinds.QUEUE, "BasicQueue", at, {"HoursOfOperationId": basic.id})
        profile = {
            "Description": "A simple routing profile.",
            "DefaultOutboundQueueId": queue.id,
            "MediaConcurrencies": [
                {"Channel": "VOICE", "Concurrency": 1},
                {"Channel": "CHAT", "Concurrency": 2},
                {"Channel": "TASK", "Concurrency": 1},
            ],
        }
        instance.make(kinds.ROUTING_PROFILE, "Basic Routing Profile", at, profile)
    for name in kinds.SECURITY_PROFILES:
        instance.make(kinds.SECURITY_PROFILE, name, at, {})
    for order, (name, type) in enumerate(kinds.AGENT_STATUSES, 1):
        members = {"Type": type, "State": "ENABLED", "DisplayOrder": order}
        instance.make(kinds.AGENT_STATUS, name, at, members)
