"""Connect over HTTP: finds the operation, throttles, checks, and passes the request to its instance."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial

import orjson

from busyhour.emulator.connect.administration import (
    associations,
    evaluation_forms,
    flow_associations,
    grants,
    hierarchy,
    hours,
    quick_connects,
    search,
    settings,
    task_templates,
    traffic_distribution,
    view_versions,
    vocabularies,
)
from busyhour.emulator.connect.api import (
    contact_changes,
    contacts,
    crud,
    flow_versions,
    flows,
    instances,
    pausing,
    phone_numbers,
    routing_profiles,
    start_contact,
)
from busyhour.emulator.connect.contacts.times import epoch_seconds
from busyhour.emulator.connect.instance_runtime import Handler, InstanceRuntime, InstanceRuntimes, Params
from busyhour.emulator.connect.metrics import current, current_users, historical, historical_v1
from busyhour.emulator.error_formats import rest_json_error
from busyhour.emulator.messages import ApiError, Request, Response
from busyhour.emulator.model.operations import OperationTable
from busyhour.emulator.model.paging import bound
from busyhour.emulator.model.registry import registered

_MODULES = (
    start_contact,
    contacts,
    flows,
    flow_versions,
    routing_profiles,
    phone_numbers,
    instances,
    current,
    historical,
    historical_v1,
    current_users,
    contact_changes,
    pausing,
    associations,
    hierarchy,
    hours,
    quick_connects,
    task_templates,
    traffic_distribution,
    evaluation_forms,
    flow_associations,
    grants,
    view_versions,
    vocabularies,
)
HANDLERS: Mapping[str, Handler] = {
    **crud.HANDLERS,
    **search.HANDLERS,
    **settings.HANDLERS,
    **{name: one.run for name, one in registered(*_MODULES).items()},
}
"""Every operation that is served: those of the resource kinds' rows, and the functions registered in the modules."""
_ACCOUNT_WIDE = frozenset(
    {
        "ListPhoneNumbersV2",
        "ClaimPhoneNumber",
        "UpdatePhoneNumber",
        "SearchAvailablePhoneNumbers",
        "CreateTrafficDistributionGroup",
        "ListTrafficDistributionGroups",
    }
)
"""Operations whose InstanceId is one of several ways to name a target, or a filter."""
_TWO_WEEKS = 14 * 86_400.0
_LONG_SEARCH = "connect.search-contacts-beyond-two-weeks"
_UNMODELLED = frozenset({"TooManyRequestsException", "UnknownOperationException", "InternalFailure"})
_WITH_PROBLEMS = {
    "InvalidContactFlowException": "problems",
    "InvalidContactFlowModuleException": "Problems",
}
"""Errors that list what is wrong, and the member with the list."""


class ConnectService:
    """The Connect API of all instances of the account."""

    names = ("connect",)

    def __init__(self, sites: InstanceRuntimes) -> None:
        self._sites = sites
        self._policy = sites.policy
        self._state = sites.state
        self._table = _operations()

    def handle(self, request: Request) -> Response:
        """Handle the request: route, throttle, check, execute."""
        found = self._table.find(request.method, request.path)
        if found is None:
            raise ApiError(
                "UnknownOperationException",
                f"{request.method} {request.path} is not an operation of Connect.",
                404,
            )
        name, operation, values = found
        params = None
        if name == "SearchContacts" and operation is not None:
            params = operation.parse(request, values)
            self._throttle(name, _LONG_SEARCH if _is_long(params) else name)
        else:
            self._throttle(name, name)
        if operation is None:
            raise ApiError("UnknownOperationException", f"busyhour's emulator does not serve {name}.", 404)
        if params is None:
            params = operation.parse(request, values)
        try:
            run = partial(HANDLERS[name], self._site(name, params))
            answer = bound(name, params, run, "InvalidParameterException")
        except ApiError as error:
            raise operation.in_model(error) from None
        return Response(200, orjson.dumps(answer))

    def _throttle(self, name: str, bucket: str) -> None:
        at = self._state.time()
        bound = self._state.limits.admit("connect", bucket)
        self._sites.first.contacts.metrics.api_call(name, at, throttled=bound is not None)
        if bound is not None:
            raise ApiError(self._policy.throttle_code, "Too Many Requests", 429)

    def _site(self, name: str, params: Params) -> InstanceRuntime:
        """Return the instance of a request; the first if it names none."""
        if "InstanceId" not in params or name in _ACCOUNT_WIDE:
            return self._sites.first
        return self._sites.get(params["InstanceId"])

    @property
    def served(self) -> tuple[str, ...]:
        """Names of the supported operations."""
        return tuple(HANDLERS)

    def operation(self, request: Request) -> str:
        """Return the name of the operation of a request; empty without one."""
        found = self._table.find(request.method, request.path)
        return found[0] if found is not None else ""

    def error_response(self, error: ApiError, request: Request) -> Response:
        """Encode `error` as rest-json, under a name that the operation models.

        The message member follows Connect's model.
        """
        found = self._table.find(request.method, request.path)
        if found is not None and found[1] is not None:
            error = found[1].in_model(error)
        member = _WITH_PROBLEMS.get(error.code)
        if member is not None:
            problems = [{"message": text} for text in error.fields["problems"]]
            body = orjson.dumps({member: problems})
            return Response(error.status, body, headers={"x-amzn-errortype": error.code})
        return rest_json_error(error, member="message" if error.code in _UNMODELLED else "Message")


def _is_long(params: Params) -> bool:
    """Whether a search spans more than two weeks: it has a rate of its own."""
    span = params["TimeRange"]
    return epoch_seconds(span["EndTime"]) - epoch_seconds(span["StartTime"]) > _TWO_WEEKS


@cache
def _operations() -> OperationTable:
    """Return the table of operations; made once, since it never changes and takes a while."""
    return OperationTable(HANDLERS)
