"""Fault injection: faults of requests, and conditions of the call centre, set while the emulator runs.

A `Fault` applies to requests: over HTTP, and by flows (Lambda, Lex). A `Condition` is a state
of the call centre: queues without agents, packet loss. Random choices are seeded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from random import Random
from typing import Any

from busyhour.emulator.messages import ApiError
from busyhour.errors import BusyhourError, did_you_mean

NO_AGENTS = "no_agents"
PACKET_LOSS = "packet_loss"
UPLOAD_ERRORS = "recording_upload_errors"
MISSED = "missed_calls"
_SHARES = ("error_share", "throttle_share", "unreachable_share", "function_error_share")
_THROTTLES = {
    "connect": ("TooManyRequestsException", 429),
    "lambda": ("TooManyRequestsException", 429),
    "lex": ("ThrottlingException", 429),
    "dynamodb": ("ThrottlingException", 400),
    "servicequotas": ("TooManyRequestsException", 400),
    "monitoring": ("Throttling", 400),
    "sts": ("Throttling", 400),
}
"""Throttling error of each service: code and HTTP status."""


class UnreachableError(Exception):
    """The connection is closed without a response."""


class FunctionFailedError(Exception):
    """The function raises."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of matching requests.

    `service` is a signing name (`connect`), `operation` an API operation, `resource` a function, table or bot;
    None matches all. All wait `latency_seconds` first. Then the connection is closed for `unreachable_share` of
    them, `throttle_share` are throttled with the service's error, `error_share` get `error_code` and `status`;
    of a function's invocations `function_error_share` end in a function error.
    """

    service: str | None = None
    operation: str | None = None
    resource: str | None = None
    latency_seconds: float = 0.0
    error_share: float = 0.0
    error_code: str = "InternalServiceException"
    status: int = 500
    throttle_share: float = 0.0
    unreachable_share: float = 0.0
    function_error_share: float = 0.0

    def __post_init__(self) -> None:
        for name, good in (
            ("latency_seconds", 0.0 <= self.latency_seconds <= 900.0),
            ("status", 400 <= self.status <= 599),
            *((share, 0.0 <= getattr(self, share) <= 1.0) for share in _SHARES),
        ):
            if not good:
                raise BusyhourError(
                    f"fault: {name} = {getattr(self, name)!r} is out of range.",
                    "latency_seconds is 0 to 900, shares 0 to 1, status 400 to 599.",
                )
        if sum(getattr(self, share) for share in _SHARES) > 1.0 + 1e-9:
            raise BusyhourError(
                "fault: the shares add up to more than 1.", "Each request meets one of them at most."
            )

    def matches(self, service: str, operation: str) -> bool:
        """Whether the fault may apply to a request to `service` for `operation`, regardless of the resource."""
        return self.service in (None, service) and self.operation in (None, operation)


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of the call centre.

    `no_agents`: no agent takes a contact from `queue` (its name; None: from any). `packet_loss`: CloudWatch
    shows `share` as ToInstancePacketLossRate. `missed_calls`: `share` of the contacts that agents of `queue` (None: of any)
    are offered ring for 20 s without an answer. `recording_upload_errors`: the recordings of `share` of the calls that an
    agent had are not stored (CallRecordingUploadError).
    """

    condition: str
    queue: str | None = None
    share: float = 0.0

    def __post_init__(self) -> None:
        known = (NO_AGENTS, PACKET_LOSS, MISSED, UPLOAD_ERRORS)
        if self.condition not in known:
            raise BusyhourError(
                f"fault: unknown condition {self.condition!r}.{did_you_mean(str(self.condition), known)}",
                f"Conditions are {', '.join(known)}.",
            )
        if not 0.0 <= self.share <= 1.0:
            raise BusyhourError(f"fault: share = {self.share!r} is out of range.", "It is 0 to 1.")


class Faults:
    """The active faults; the first that matches a request applies.

    Args:
        random: selects the affected requests; seeded.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self._faults: tuple[Fault, ...] = ()
        self._conditions: tuple[Condition, ...] = ()
        self.on_conditions: Callable[[tuple[Condition, ...]], None] = lambda conditions: None
        """Called with the conditions whenever they are set."""

    def __bool__(self) -> bool:
        """Whether requests may be affected by a fault."""
        return bool(self._faults)

    def set(self, faults: Iterable[Fault | Condition]) -> None:
        """Replace the active faults by `faults`."""
        given = tuple(faults)
        self._faults = tuple(fault for fault in given if isinstance(fault, Fault))
        self._conditions = tuple(fault for fault in given if isinstance(fault, Condition))
        self.on_conditions(self._conditions)

    @property
    def packet_loss(self) -> float | None:
        """Share of lost packets; None if not set."""
        return next((one.share for one in self._conditions if one.condition == PACKET_LOSS), None)

    def misses(self, queue: str) -> bool:
        """Draw whether the agent to whom a contact of `queue` is offered does not answer."""
        for one in self._conditions:
            if one.condition == MISSED and one.queue in (None, queue):
                return self._random.random() < one.share
        return False

    def upload_fails(self) -> bool:
        """Draw whether the recording of one more call is not stored."""
        share = next((one.share for one in self._conditions if one.condition == UPLOAD_ERRORS), 0.0)
        return share > 0.0 and self._random.random() < share

    def of(self, service: str, operation: str, resources: Iterable[str] = ()) -> Fault | None:
        """Return the fault of a request on these resources."""
        named: frozenset[str] | None = None
        for fault in self._faults:
            if not fault.matches(service, operation):
                continue
            if fault.resource is None:
                return fault
            named = frozenset(resources) if named is None else named
            if fault.resource in named:
                return fault
        return None

    def strike(self, fault: Fault, service: str) -> None:
        """Draw the result of a request affected by `fault`.

        Raises:
            UnreachableError: no response.
            ApiError: an error response.
            FunctionFailedError: the function that it invokes raises.
        """
        if not any(getattr(fault, share) for share in _SHARES):
            return
        drawn = self._random.random()
        if (drawn := drawn - fault.unreachable_share) < 0:
            raise UnreachableError
        if (drawn := drawn - fault.throttle_share) < 0:
            code, status = _THROTTLES.get(service, ("ThrottlingException", 429))
            raise ApiError(code, "An injected throttle.", status)
        if (drawn := drawn - fault.error_share) < 0:
            raise ApiError(fault.error_code, "An injected fault.", fault.status)
        if drawn - fault.function_error_share < 0:
            raise FunctionFailedError

    def as_json(self) -> list[dict[str, Any]]:
        """Return the active faults and conditions as JSON data."""
        everything: tuple[Fault | Condition, ...] = (*self._faults, *self._conditions)
        return [asdict(fault) for fault in everything]


def read_faults(document: object) -> list[Fault | Condition]:
    """Parse faults and conditions from JSON data: one object or a list of them.

    Raises:
        BusyhourError: an unknown key, a wrong type or a value out of range.
    """
    faults: list[Fault | Condition] = []
    for entry in document if isinstance(document, list) else [document]:
        kind: type[Fault] | type[Condition]
        kind = Condition if isinstance(entry, Mapping) and "condition" in entry else Fault
        known = {field.name for field in fields(kind)}
        if not isinstance(entry, Mapping):
            raise BusyhourError(
                f"fault: {entry!r} is not an object.", f"Keys are {', '.join(sorted(known))}."
            )
        for key in entry:
            if key not in known:
                raise BusyhourError(
                    f"fault: unknown key {key!r}.{did_you_mean(str(key), known)}",
                    f"Keys are {', '.join(sorted(known))}.",
                )
        try:
            faults.append(kind(**entry))
        except TypeError as error:
            raise BusyhourError(
                f"fault: {dict(entry)!r}: {error}.", "Shares and seconds are numbers, names are texts."
            ) from None
    return faults
