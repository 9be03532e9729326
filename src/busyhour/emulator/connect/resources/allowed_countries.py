"""Destinations that an instance may call: Connect denies by default (Administrator Guide, "Countries that your call center can call by default").

Per Region, the countries that a new instance calls without a Support case, as E.164 prefixes. +1 means the
United States, Canada and Puerto Rico; other countries under +1 are not distinguished. UK mobile numbers (+447)
and Japanese ones (+8170, +8180, +8190) need a request of their own.
"""

from __future__ import annotations

from collections.abc import Iterable

_US_LIKE = ("+1", "+52", "+44")
_EUROPE = ("+44", "+39", "+33", "+353", "+1")
_BY_REGION = {
    "us-east-1": _US_LIKE,
    "us-west-2": _US_LIKE,
    "ca-central-1": _US_LIKE,
    "us-gov-west-1": _US_LIKE,
    "af-south-1": ("+27", "+44", "+1"),
    "ap-northeast-2": ("+82", "+44", "+1"),
    "ap-southeast-1": ("+65", "+61", "+852", "+1", "+44"),
    "ap-southeast-2": ("+61", "+64", "+1"),
    "ap-northeast-1": ("+81", "+84", "+1"),
    "eu-central-1": _EUROPE,
    "eu-west-2": _EUROPE,
}
_REQUEST_NEEDED = ("+447", "+8170", "+8180", "+8190")


class Destinations:
    """The allow list of an instance.

    Args:
        region: its Region; one without a documented list uses that of us-east-1.
        extra: further prefixes that AWS has allowed (`+49`, `+447`); `*` allows everything.
    """

    def __init__(self, region: str, extra: Iterable[str] = ()) -> None:
        self._extra = tuple(extra)
        self._allowed = _BY_REGION.get(region, _US_LIKE)

    def allows(self, number: str) -> bool:
        """Whether an E.164 `number` may be called."""
        if "*" in self._extra or (self._extra and number.startswith(self._extra)):
            return True
        return number.startswith(self._allowed) and not number.startswith(_REQUEST_NEEDED)
