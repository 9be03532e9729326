"""Request increases from Service Quotas, each only once, and track their status.

Requests are stored in requests.json in the run's folder, which is written after every single request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from busyhour.errors import BusyhourError
from busyhour.quotas.aws.calls import Failed, ask
from busyhour.quotas.figures import number
from busyhour.quotas.increases import Increase
from busyhour.results.codec import decode
from busyhour.results.store import read_json, write_json

REQUESTS_FILE = "requests.json"
OPEN = ("PENDING", "CASE_OPENED")
LEVELS = ("ACCOUNT", "RESOURCE")
"""The history contains one level, ACCOUNT by default."""

_NOT_GRANTED = ("DENIED", "NOT_APPROVED", "INVALID_REQUEST", "CASE_CLOSED")


@dataclass(frozen=True, slots=True)
class Filed:
    """A request as stored by Service Quotas. Times are ISO 8601."""

    id: str
    service: str
    code: str
    name: str
    desired: float
    status: str
    context: str | None
    filed_at: str
    case: str | None = None
    seen_at: str = ""
    """When the status was last read."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Outcome of one requested increase. `filed` is None if nothing was filed."""

    increase: Increase
    filed: Filed | None
    text: str
    failed: bool = False
    """Neither filed nor known to exist already."""


@dataclass(slots=True)
class Ledger:
    """The requests that were filed for a run."""

    path: Path
    requests: list[Filed] = field(default_factory=list)

    @classmethod
    def of(cls, folder: Path) -> Ledger:
        """Read the ledger in a run's folder; empty if nothing was filed yet.

        Raises:
            BusyhourError: it exists and cannot be read; it must not be taken for empty.
        """
        path = folder / REQUESTS_FILE
        if not path.exists():
            return cls(path)
        rows = read_json(path).get("requests")
        if not isinstance(rows, list):
            raise BusyhourError(
                f"{path}: member 'requests' is missing or not a list.", "Restore or remove the file."
            )
        return cls(path, [decode(Filed, row, place=f"{path}: $.requests[{i}]") for i, row in enumerate(rows)])

    def find(self, increase: Increase) -> Filed | None:
        """Return the latest request for the same quota of the same resource that was not denied."""
        same = [
            filed
            for filed in self.requests
            if (filed.service, filed.code) == (increase.quota.service, increase.quota.code)
            and filed.context in (increase.context, None)
            and filed.status not in _NOT_GRANTED
        ]
        return same[-1] if same else None

    def put(self, filed: Filed) -> None:
        """Store a request, replacing an earlier state of it, and write the file."""
        self.requests = [*(known for known in self.requests if known.id != filed.id), filed]
        write_json(self.path, {"requests": [asdict(known) for known in self.requests]})


def utc_now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


class Filing:
    """Files increase requests and tracks them.

    Args:
        service_quotas: boto3 client. ledger: requests of the run. now: the clock.
    """

    def __init__(self, service_quotas: Any, ledger: Ledger, now: Callable[[], datetime] = utc_now) -> None:
        self._client = service_quotas
        self._ledger = ledger
        self._now = now

    def known(self, increase: Increase) -> str | None:
        """Return why `increase` must not be filed.

        It was filed, or AWS has an open or approved request; else None.

        Raises:
            BusyhourError: AWS does not allow reading the open requests; filing could then duplicate one.
        """
        filed = self._ledger.find(increase)
        if filed is not None and (filed.status in OPEN or filed.desired >= increase.requested):
            return f"filed before for this run: {filed.id}, {number(filed.desired)}, {filed.status}"
        for row in self._history(increase):
            context = row.get("QuotaContext", {}).get("ContextId")
            if context not in (None, increase.context):
                continue
            if row["Status"] in OPEN:
                return (
                    f"a request is open already: {row['Id']}, {number(row['DesiredValue'])}, {row['Status']}"
                )
            if row["Status"] == "APPROVED" and row["DesiredValue"] >= increase.requested:
                return f"approved already: {row['Id']}, {number(row['DesiredValue'])}; read the applied value again"
        return None

    def file(self, increases: Iterable[Increase]) -> list[Outcome]:
        """File each increase that is not known already. A rejected one does not stop the others.

        Raises:
            BusyhourError: as in `known`, or the ledger cannot be written.
        """
        outcomes = []
        for increase in increases:
            known = self.known(increase)
            outcomes.append(Outcome(increase, None, known) if known else self._file(increase))
        return outcomes

    def follow(self) -> list[Filed]:
        """Read the status of every request in the ledger again and store it.

        Raises:
            BusyhourError: AWS returns an error for a request.
        """
        for filed in list(self._ledger.requests):
            answer = ask(lambda id=filed.id: self._client.get_requested_service_quota_change(RequestId=id))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            if isinstance(answer, Failed):
                raise BusyhourError(
                    f"The status of request {filed.id} ({filed.name}) cannot be read: {answer.code}: {answer.message}",
                    "Reading it needs servicequotas:GetRequestedServiceQuotaChange in the account of the request.",
                )
            row = answer["RequestedQuota"]
            seen = replace(
                filed, status=row["Status"], case=row.get("CaseId", filed.case), seen_at=_iso(self._now())
            )
            self._ledger.put(seen)
        return list(self._ledger.requests)

    def _file(self, increase: Increase) -> Outcome:
        answer = ask(lambda: self._client.request_service_quota_increase(**increase.arguments))
        if isinstance(answer, Failed):
            return Outcome(increase, None, _refused(answer), failed=True)
        row: Mapping[str, Any] = answer["RequestedQuota"]
        now = _iso(self._now())
        assert increase.quota.code is not None
        filed = Filed(
            id=row["Id"],
            service=increase.quota.service,
            code=increase.quota.code,
            name=increase.quota.name,
            desired=float(row.get("DesiredValue", increase.requested)),
            status=row["Status"],
            context=increase.context,
            filed_at=now,
            case=row.get("CaseId"),
            seen_at=now,
        )
        self._ledger.put(filed)
        case = f", case {filed.case}" if filed.case else ""
        return Outcome(increase, filed, f"filed: {filed.id}, {filed.status}{case}")

    def _history(self, increase: Increase) -> list[Mapping[str, Any]]:
        pages = self._client.get_paginator("list_requested_service_quota_change_history_by_quota")
        rows: list[Mapping[str, Any]] = []
        for level in LEVELS:
            arguments = {"ServiceCode": increase.quota.service, "QuotaCode": increase.quota.code}
            answer = ask(
                lambda arguments=arguments, level=level: [  # type: ignore[misc]  # as above
                    row
                    for page in pages.paginate(**arguments, QuotaRequestedAtLevel=level)
                    for row in page["RequestedQuotas"]
                ]
            )
            if isinstance(answer, Failed):
                raise BusyhourError(
                    f"The open requests for {increase.quota.name} cannot be read: {answer.code}: {answer.message}. "
                    "Nothing was filed for it.",
                    "It needs servicequotas:ListRequestedServiceQuotaChangeHistoryByQuota; without it a request "
                    "could be filed twice.",
                )
            rows += answer
        return rows


def _refused(failed: Failed) -> str:
    why = {
        "AccessDeniedException": "the caller may not servicequotas:RequestServiceQuotaIncrease",
        "DependencyAccessDeniedException": "the caller may not iam:CreateServiceLinkedRole (or the service's own right)",
        "ResourceAlreadyExistsException": "a request is open already",
        "QuotaExceededException": "too many requests are open; wait until some are closed",
    }.get(failed.code)
    return f"not filed: {why or failed.code}: {failed.message}"


def _iso(time: datetime) -> str:
    return time.isoformat(timespec="seconds")
