"""Blocking API calls made before the run (with retries)."""

from __future__ import annotations

import gevent

from collections.abc import Mapping
from typing import Any

import orjson

from busyhour.errors import BusyhourError, ExitCode
from busyhour.load.client.load_client import Answer
from busyhour.load.client.operations import Operation, Service
from busyhour.load.error_classes import Class


def call_before_run(operation: Operation, tries: int = 5) -> Answer:
    """Send a request before the run and wait, with retries: all workers share 2 requests a second.

    Raises:
        BusyhourError: the response is a failure, or none arrives.
    """
    answer = operation.call_uncounted(operation.sample)
    for attempt in range(1, tries):
        if answer.kind not in (Class.RATE_THROTTLE, Class.SERVER_ERROR):
            break
        gevent.sleep(0.5 * 2**attempt)
        answer = operation.call_uncounted(operation.sample)
    if not answer.ok:
        unreachable = answer.status == 0
        raise BusyhourError(
            f"{operation.service} {operation.name} failed: {answer.code} {answer.body[:200].decode('utf-8', 'replace')}".rstrip(),
            "Check the endpoint, the Region and the network."
            if unreachable
            else "Check the instance id and the permissions.",
            ExitCode.UNREACHABLE,
        )
    return answer


def listed(
    service: Service, operation: str, parameters: Mapping[str, Any], member: str
) -> list[dict[str, Any]]:
    """Return the items of `member` on all pages of a List operation.

    Raises:
        BusyhourError: as `call_before_run`.
    """
    items: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        page = orjson.loads(call_before_run(service.operation(operation, {**parameters, **token})).body)
        items += page.get(member, ())
        if not page.get("NextToken"):
            return items
        token = {"NextToken": page["NextToken"]}
