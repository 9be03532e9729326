"""Questions that must be answered before a run can start."""

from __future__ import annotations

import gevent

from collections.abc import Mapping
from typing import Any

import orjson

from busyhour.errors import BusyhourError, ExitCode
from busyhour.load.client.load_client import Answer
from busyhour.load.client.operations import Operation, Service
from busyhour.load.error_classes import Class


def ask(operation: Operation, tries: int = 5) -> Answer:
    """Ask before the run starts, patiently: several workers ask at the same time, within 2 requests a second.

    Raises:
        BusyhourError: the answer is a failure, or there is none.
    """
    answer = operation.ask(operation.sample)
    for attempt in range(1, tries):
        if answer.kind not in (Class.RATE_THROTTLE, Class.SERVER_ERROR):
            break
        gevent.sleep(0.5 * 2**attempt)
        answer = operation.ask(operation.sample)
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
    """All pages of a List operation: the items of `member`.

    Raises:
        BusyhourError: as `ask`.
    """
    items: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        page = orjson.loads(ask(service.operation(operation, {**parameters, **token})).body)
        items += page.get(member, ())
        if not page.get("NextToken"):
            return items
        token = {"NextToken": page["NextToken"]}
