"""Faults on demand: latency and errors added to a service's answers while the emulator runs; seeded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from random import Random
from typing import Any

from busyhour.emulator.wire import ApiError
from busyhour.errors import BusyhourError, did_you_mean


@dataclass(frozen=True, slots=True)
class Fault:
    """What is added to matching requests.

    `service` is a signing name (`connect`), `operation` an API operation; None matches all. `error_share`
    of the requests are answered with `error_code` and `status` instead of being served; all wait
    `latency_seconds` first.
    """

    service: str | None = None
    operation: str | None = None
    latency_seconds: float = 0.0
    error_share: float = 0.0
    error_code: str = "InternalServiceException"
    status: int = 500

    def __post_init__(self) -> None:
        for name, good in (
            ("latency_seconds", 0.0 <= self.latency_seconds <= 900.0),
            ("error_share", 0.0 <= self.error_share <= 1.0),
            ("status", 400 <= self.status <= 599),
        ):
            if not good:
                raise BusyhourError(
                    f"fault: {name} = {getattr(self, name)!r} is out of range.",
                    "latency_seconds is 0 to 900, error_share 0 to 1, status 400 to 599.",
                )

    def matches(self, service: str, operation: str) -> bool:
        """Whether a request to `service` for `operation` is meant."""
        return self.service in (None, service) and self.operation in (None, operation)


class Faults:
    """The faults in force; the first that matches a request is applied to it."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._faults: tuple[Fault, ...] = ()

    def __bool__(self) -> bool:
        """Whether any fault is in force."""
        return bool(self._faults)

    def set(self, faults: Iterable[Fault]) -> None:
        """Put `faults` in force instead of what was."""
        self._faults = tuple(faults)

    def of(self, service: str, operation: str) -> Fault | None:
        """The fault that a request meets."""
        return next((fault for fault in self._faults if fault.matches(service, operation)), None)

    def strikes(self, fault: Fault) -> ApiError | None:
        """Draw whether this request is one of the share that fails."""
        if fault.error_share and self._random.random() < fault.error_share:
            return ApiError(fault.error_code, "A fault that was asked for.", fault.status)
        return None

    def as_json(self) -> list[dict[str, Any]]:
        """The faults in force as JSON data."""
        return [asdict(fault) for fault in self._faults]


def read_faults(document: object) -> list[Fault]:
    """Faults from JSON data: one object or a list of them.

    Raises:
        BusyhourError: an unknown key, a wrong type or a value out of range.
    """
    known = {field.name for field in fields(Fault)}
    faults = []
    for entry in document if isinstance(document, list) else [document]:
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
            faults.append(Fault(**entry))
        except TypeError as error:
            raise BusyhourError(
                f"fault: {dict(entry)!r}: {error}.", "Shares and seconds are numbers."
            ) from None
    return faults
