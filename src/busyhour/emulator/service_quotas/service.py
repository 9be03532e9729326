"""Service Quotas in the emulator: applied and default values, increase requests and their outcomes.

Protocol JSON 1.1. Values come from the quota table and the limits that the emulator enforces; an approved
increase changes the enforced value. AWS's peculiarities are kept: no burst and no quota without a code is known
here, three operations are shown with 200, the quotas of an instance are available with its ARN as ContextId
only (without it the response is the default, at account level), and a quota without an applied value is not
returned: in a new account that is every quota without one.

Two cases that AWS does not document are decided here: an increase to no more than the present value, and one of
a quota that is not adjustable, are each an IllegalArgumentException.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson

from busyhour.emulator.account import EmulatorState
from busyhour.emulator.error_formats import json_error
from busyhour.emulator.messages import JSON_1_1, ApiError, Request, Response
from busyhour.emulator.model.paging import bound
from busyhour.emulator.model.registry import operation, registered
from busyhour.emulator.model.shapes import check_types
from busyhour.emulator.quotas.new_account import AccountAge
from busyhour.emulator.service_quotas.increases import (
    ACCOUNT,
    OPEN,
    PENDING,
    RESOURCE,
    ApprovalPolicy,
    IncreaseRequest,
    RequestBook,
)
from busyhour.emulator.service_quotas.members import Body, illegal, one_of, page_of, text
from busyhour.emulator.service_quotas.shapes import SERVICE_NAMES, QuotaShapes
from busyhour.quotas.model import Quota, Scope

Schedule = Callable[[float, Callable[[], None]], object]

_LEVELS = (ACCOUNT, RESOURCE, "ALL")
_STATUSES = (*OPEN, "APPROVED", "DENIED", "CASE_CLOSED", "NOT_APPROVED", "INVALID_REQUEST")
HISTORY_SECONDS = 90 * 86_400.0
"""Days for which requests are listed (API reference of ListRequestedServiceQuotaChangeHistory)."""


class ServiceQuotas:
    """The service.

    Args:
        state: account, limits and clock of the emulator.
        policy: decision rules for increase requests.
        schedule: runs a callback after some seconds (`call_later` of a clock), so that an approved increase
            is enforced on time; without it the next request to this service applies due approvals.
        age: age of the account.
    """

    names = ("servicequotas",)
    part = "quotas"

    def __init__(
        self,
        state: EmulatorState,
        policy: ApprovalPolicy | None = None,
        schedule: Schedule | None = None,
        age: AccountAge = AccountAge.MATURE,
    ) -> None:
        self._state = state
        self._schedule = schedule
        self._age = age
        self._shapes = QuotaShapes(state)
        self._book = RequestBook(policy or ApprovalPolicy(), state.random, self._approved)
        table = state.limits.table.for_region(state.account.region)
        self._quotas = {(q.service, q.code): q for q in table if q.code is not None}
        self._services = sorted({service for service, _ in self._quotas})
        self._operations = registered(self)

    @property
    def served(self) -> tuple[str, ...]:
        """Names of the supported operations."""
        return tuple(self._operations)

    def operation_name(self, request: Request) -> str:
        """Return the name of the API operation."""
        return request.target

    def handle(self, request: Request) -> Response:
        """Handle one request.

        Raises:
            ApiError: an error of Service Quotas.
        """
        handler = self._operations.get(request.target)
        if handler is None:
            raise ApiError(
                "UnknownOperationException",
                f"busyhour's emulator does not serve ServiceQuotas {request.target!r}.",
            )
        try:
            body = orjson.loads(request.body or b"{}")
        except ValueError as error:
            raise ApiError("SerializationException", f"The body is not JSON: {error}") from None
        if not isinstance(body, dict):
            raise ApiError("SerializationException", "The body is not a JSON object.")
        check_types("service-quotas", request.target, body)
        self._book.settle(self._state.time())
        answer = bound(
            request.target, body, lambda given: handler.run(given, request), "InvalidPaginationTokenException"
        )
        return Response(200, json.dumps(answer).encode(), JSON_1_1)

    def error_response(self, error: ApiError, request: Request) -> Response:
        """Encode `error` as JSON 1.1."""
        return json_error(error)

    # ------------------------------------------------------------------------------------------- values

    @operation("ListServices")
    def _list_services(self, body: Body, request: Request) -> dict[str, Any]:
        rows = [
            {"ServiceCode": code, "ServiceName": SERVICE_NAMES.get(code, code)} for code in self._services
        ]
        return page_of("Services", rows, body)

    @operation("GetServiceQuota")
    def _get(self, body: Body, request: Request) -> dict[str, Any]:
        quota = self._quota(body)
        context = body.get("ContextId")
        if not self._has_applied_value(quota):
            raise ApiError("NoSuchResourceException", f"{quota.name} ({quota.code}) has no applied value.")
        if context is None:
            return {"Quota": self._shapes.service_quota(quota, ACCOUNT)}
        if quota.scope is not Scope.INSTANCE or context not in self._state.instances:
            raise ApiError("NoSuchResourceException", f"{quota.name} has no applied value for {context}.")
        return {"Quota": self._shapes.service_quota(quota, RESOURCE, context)}

    @operation("GetAWSDefaultServiceQuota")
    def _get_default(self, body: Body, request: Request) -> dict[str, Any]:
        return {"Quota": self._shapes.default(self._quota(body))}

    @operation("ListServiceQuotas")
    def _list(self, body: Body, request: Request) -> dict[str, Any]:
        quotas = self._of_service(body)
        if (code := body.get("QuotaCode")) is not None:
            quotas = [self._quota({**body, "QuotaCode": code})]
        level = one_of("QuotaAppliedAtLevel", body.get("QuotaAppliedAtLevel", ACCOUNT), _LEVELS)
        rows = [
            self._shapes.service_quota(quota, own, instance)
            for quota in quotas
            if self._has_applied_value(quota)
            and level in ("ALL", own := RESOURCE if quota.scope is Scope.INSTANCE else ACCOUNT)
            for instance in (self._state.instances if own == RESOURCE else ("",))
        ]
        return page_of("Quotas", rows, body)

    @operation("ListAWSDefaultServiceQuotas")
    def _list_defaults(self, body: Body, request: Request) -> dict[str, Any]:
        return page_of("Quotas", [self._shapes.default(quota) for quota in self._of_service(body)], body)

    # ------------------------------------------------------------------------------------------ requests

    @operation("RequestServiceQuotaIncrease")
    def _request_increase(self, body: Body, request: Request) -> dict[str, Any]:
        quota = self._quota(body)
        desired = body.get("DesiredValue")
        if isinstance(desired, bool) or not isinstance(desired, int | float) or not 0 <= desired <= 1e10:
            raise illegal("DesiredValue", desired, "a number from 0 to 10,000,000,000")
        if not quota.adjustable:
            raise ApiError("IllegalArgumentException", f"{quota.name} ({quota.code}) is not adjustable.")
        context = body.get("ContextId")
        level = ACCOUNT if context is None else RESOURCE
        requester = json.dumps({"accountId": self._state.account.account_id, "callerArn": request.access_key})
        at = self._state.time()
        if self._book.open_for(quota, context) is not None:
            raise ApiError("ResourceAlreadyExistsException", f"A request for {quota.name} is open already.")
        if self._book.open_count() >= self._book.policy.open_requests:
            raise ApiError("QuotaExceededException", "Too many quota increase requests are open.")
        if context is not None and (
            quota.scope is not Scope.INSTANCE or context not in self._state.instances
        ):
            refused = self._book.refuse(quota, float(desired), level, context, requester, at)
            return {"RequestedQuota": self._shapes.requested(refused)}
        own = RESOURCE if quota.scope is Scope.INSTANCE else ACCOUNT
        present = self._shapes.shown(quota, own, context or "")
        if desired <= present:
            raise ApiError(
                "IllegalArgumentException",
                f"DesiredValue {desired:g} is not above the present value {present:g} of {quota.name}.",
            )
        # A quota of an instance that is requested without naming one becomes a case with Support.
        nameless = quota.scope is Scope.INSTANCE and context is None
        filed = self._book.file(
            quota,
            float(desired),
            small=not nameless and self._book.policy.is_small(desired, present),
            level=level,
            context=context,
            case_allowed=body.get("SupportCaseAllowed", True) is not False,
            requester=requester,
            at=at,
        )
        self._wake_at(filed.due)
        return {"RequestedQuota": self._shapes.requested(filed)}

    @operation("GetRequestedServiceQuotaChange")
    def _get_requested(self, body: Body, request: Request) -> dict[str, Any]:
        return {"RequestedQuota": self._shapes.requested(self._filed(body))}

    @operation("CreateSupportCase")
    def _create_case(self, body: Body, request: Request) -> dict[str, Any]:
        filed = self._filed(body)
        if filed.case is not None:
            raise ApiError(
                "ResourceAlreadyExistsException", f"Request {filed.id} has case {filed.case} already."
            )
        if filed.status != PENDING:
            raise ApiError(
                "InvalidResourceStateException", f"Request {filed.id} is {filed.status}, not {PENDING}."
            )
        self._book.open_case(filed, self._state.time())
        self._wake_at(filed.due)
        return {}

    @operation("ListRequestedServiceQuotaChangeHistory")
    def _history(self, body: Body, request: Request) -> dict[str, Any]:
        service = body.get("ServiceCode")
        if service is not None:
            self._of_service(body)
        return self._requests_page(body, [r for r in self._book if service in (None, r.quota.service)])

    @operation("ListRequestedServiceQuotaChangeHistoryByQuota")
    def _history_by_quota(self, body: Body, request: Request) -> dict[str, Any]:
        quota = self._quota(body)
        return self._requests_page(body, [r for r in self._book if r.quota == quota])

    def _requests_page(self, body: Body, requests: Sequence[IncreaseRequest]) -> dict[str, Any]:
        level = one_of("QuotaRequestedAtLevel", body.get("QuotaRequestedAtLevel", ACCOUNT), _LEVELS)
        status = body.get("Status")
        if status is not None:
            one_of("Status", status, _STATUSES)
        oldest = self._state.time() - HISTORY_SECONDS
        rows = [
            self._shapes.requested(r)
            for r in requests
            if level in ("ALL", r.level) and status in (None, r.status) and r.created >= oldest
        ]
        return page_of("RequestedQuotas", rows, body)

    def _filed(self, body: Body) -> IncreaseRequest:
        found = self._book.get(text(body, "RequestId"))
        if found is None:
            raise ApiError("NoSuchResourceException", f"There is no request {body['RequestId']!r}.")
        return found

    def _approved(self, request: IncreaseRequest) -> None:
        scope = self._state.instances.get(request.context or self._state.account.instance_arn)
        if scope is not None:
            self._state.limits.set_applied(request.quota.key, request.desired, scope)

    def _wake_at(self, due: float | None) -> None:
        if self._schedule is not None and due is not None:
            self._schedule(max(0.0, due - self._state.time()), lambda: self._book.settle(self._state.time()))

    def decide(self, id: str, status: str) -> dict[str, Any]:
        """End an open request as AWS would; return it in the API's shape. See `RequestBook.decide`."""
        return self._shapes.requested(self._book.decide(id, status, self._state.time()))

    def dump(self, folder: Path) -> Any:
        """Return every increase request."""
        return self._book.dump()

    def restore(self, data: Any, folder: Path) -> None:
        """Restore requests, and apply approved ones."""
        self._book.restore(data, self._state.limits.quota)
        for request in self._book:
            if request.status in OPEN:
                self._wake_at(request.due)

    # ------------------------------------------------------------------------------------------- shapes

    def _has_applied_value(self, quota: Quota) -> bool:
        return self._age is AccountAge.MATURE or self._state.limits.is_overridden(quota.key)

    def _quota(self, body: Body) -> Quota:
        service, code = text(body, "ServiceCode"), text(body, "QuotaCode")
        quota = self._quotas.get((service, code))
        if quota is None:
            raise ApiError("NoSuchResourceException", f"There is no quota {code} of service {service}.")
        return quota

    def _of_service(self, body: Body) -> list[Quota]:
        service = text(body, "ServiceCode")
        if service not in self._services:
            raise ApiError("NoSuchResourceException", f"There is no service {service}.")
        return [quota for (of, _), quota in self._quotas.items() if of == service]
