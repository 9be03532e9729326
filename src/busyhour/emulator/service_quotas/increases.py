"""Outcomes of quota increase requests in the emulator: pending, a case with Support, approved, denied.

A small increase is approved automatically, a larger one opens a case with Support first, and a
case that the requester did not allow is not approved. AWS does not publish what "small" means;
here it is a factor on the present value. Time is passed in, nothing waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from busyhour.errors import BusyhourError, did_you_mean
from busyhour.quotas.model import Quota

PENDING = "PENDING"
CASE_OPENED = "CASE_OPENED"
APPROVED = "APPROVED"
NOT_APPROVED = "NOT_APPROVED"
INVALID_REQUEST = "INVALID_REQUEST"
OPEN = (PENDING, CASE_OPENED)
ENDS = (APPROVED, "DENIED", "CASE_CLOSED", NOT_APPROVED)
"""Final states of an open request."""

ACCOUNT = "ACCOUNT"
RESOURCE = "RESOURCE"


@dataclass(frozen=True, slots=True)
class ApprovalPolicy:
    """Decision rules of the emulated AWS.

    Args:
        automatic_up_to: factor on the present value up to which a request is approved without a case; anything
            above 0 counts as small if the present value is 0.
        delay: seconds from the request to its approval.
        case_delay: seconds from the opening of a case to its approval; None: a case stays open until the end.
        open_requests: maximum number of open requests in the account.
    """

    automatic_up_to: float = 4.0
    delay: float = 2.0
    case_delay: float | None = 10.0
    open_requests: int = 50

    def is_small(self, desired: float, present: float) -> bool:
        """Whether such an increase is approved automatically."""
        return present == 0 or desired <= present * self.automatic_up_to


@dataclass(slots=True)
class IncreaseRequest:
    """One request. Times are epoch seconds; `context` is the instance's ARN for a request at resource level."""

    id: str
    quota: Quota
    desired: float
    level: str
    context: str | None
    requester: str
    created: float
    updated: float
    status: str = PENDING
    case: str | None = None
    due: float | None = None
    """Time of its approval; None: not by itself."""


@dataclass(slots=True)
class RequestBook:
    """All requests of an account, oldest first.

    Args:
        policy: decision rules.
        random: makes ids.
        apply: called when a request is approved.
    """

    policy: ApprovalPolicy
    random: Random
    apply: Callable[[IncreaseRequest], None]
    _requests: dict[str, IncreaseRequest] = field(default_factory=dict)

    def file(
        self,
        quota: Quota,
        desired: float,
        *,
        small: bool,
        level: str,
        context: str | None,
        case_allowed: bool,
        requester: str,
        at: float,
    ) -> IncreaseRequest:
        """File a request and decide its course; a `small` one needs no case with Support."""
        request = IncreaseRequest(self._new_id(), quota, desired, level, context, requester, at, at)
        self._requests[request.id] = request
        if small:
            request.due = at + self.policy.delay
        elif case_allowed:
            self.open_case(request, at)
        else:
            request.status = NOT_APPROVED
        return request

    def refuse(
        self, quota: Quota, desired: float, level: str, context: str, requester: str, at: float
    ) -> IncreaseRequest:
        """File and deny a request whose context is not a resource of the account."""
        status = INVALID_REQUEST
        request = IncreaseRequest(self._new_id(), quota, desired, level, context, requester, at, at, status)
        self._requests[request.id] = request
        return request

    def open_case(self, request: IncreaseRequest, at: float) -> None:
        """Open a case with Support for the request."""
        request.case = f"{self.random.randrange(10**9, 10**10)}"
        request.status, request.updated = CASE_OPENED, at
        request.due = None if self.policy.case_delay is None else at + self.policy.case_delay

    def settle(self, at: float) -> None:
        """Approve due requests."""
        for request in self._requests.values():
            if request.status in OPEN and request.due is not None and request.due <= at:
                request.status, request.updated = APPROVED, request.due
                self.apply(request)

    def decide(self, id: str, status: str, at: float) -> IncreaseRequest:
        """Give an open request a final state.

        Raises:
            BusyhourError: no such open request, or no such state.
        """
        request = self._requests.get(id)
        if status not in ENDS:
            raise BusyhourError(
                f"An increase request cannot become {status!r}.{did_you_mean(status, ENDS)}",
                f"It becomes {', '.join(ENDS)}.",
            )
        if request is None or request.status not in OPEN:
            known = ", ".join(request.id for request in self if request.status in OPEN) or "none"
            raise BusyhourError(f"There is no open increase request {id!r}.", f"Open are: {known}.")
        request.status, request.updated, request.due = status, at, None
        if status == APPROVED:
            self.apply(request)
        return request

    def next_due(self) -> float | None:
        """Return the time of the next approval; None without one."""
        return min(
            (r.due for r in self._requests.values() if r.status in OPEN and r.due is not None), default=None
        )

    def dump(self) -> list[dict[str, Any]]:
        """Return every request as JSON data; quotas by their keys."""
        return [
            {**{slot: getattr(request, slot) for slot in request.__slots__}, "quota": request.quota.key}
            for request in self
        ]

    def restore(self, requests: Iterable[Mapping[str, Any]], quota: Callable[[str], Quota]) -> None:
        """Restore the result of `dump`; `quota` finds a quota by its key. Approved requests are applied again."""
        for fields in requests:
            request = IncreaseRequest(**{**fields, "quota": quota(fields["quota"])})
            self._requests[request.id] = request
            if request.status == APPROVED:
                self.apply(request)

    def get(self, id: str) -> IncreaseRequest | None:
        """Return the request with that id."""
        return self._requests.get(id)

    def open_for(self, quota: Quota, context: str | None) -> IncreaseRequest | None:
        """Return the open request on the same quota of the same resource, if any."""
        same = (r for r in self if r.quota == quota and r.context == context and r.status in OPEN)
        return next(same, None)

    def open_count(self) -> int:
        """Return the number of open requests."""
        return sum(request.status in OPEN for request in self)

    def __iter__(self) -> Iterator[IncreaseRequest]:
        return iter(self._requests.values())

    def _new_id(self) -> str:
        return f"{self.random.getrandbits(128):032x}"
