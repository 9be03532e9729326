"""The part of CloudWatch Logs that reads flow logs; all other requests for logs go to moto."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from busyhour.emulator.connect.flow_logs import FlowLogs, LogEvent, log_group
from busyhour.emulator.connect.instance_runtime import InstanceRuntimes
from busyhour.emulator.error_formats import json_error
from busyhour.emulator.messages import JSON_1_1, ApiError, Request, Response, Service
from busyhour.emulator.model.paging import page_start, page_token
from busyhour.emulator.model.registry import operation, registered

Params = dict[str, Any]
_PAGE = 10_000
_EQUALS = re.compile(r'\$\.(?P<key>\w+)\s*=\s*"(?P<value>[^"]*)"')


class FlowLogService:
    """FilterLogEvents, GetLogEvents, DescribeLogGroups and DescribeLogStreams of the instances' log groups.

    Args:
        logs: the entries.
        sites: the instances.
        fallback: handles requests about other log groups; None: they are rejected.
    """

    names = ("logs",)

    def __init__(self, logs: FlowLogs, sites: InstanceRuntimes, fallback: Service | None) -> None:
        self._logs = logs
        self._sites = sites
        self._fallback = fallback
        self._operations = registered(self)

    @property
    def served(self) -> tuple[str, ...]:
        """Names of the supported operations."""
        return tuple(self._operations)

    def handle(self, request: Request) -> Response | Awaitable[Response]:
        """Handle requests about flow logs; pass on all others."""
        handler = self._operations.get(request.target)
        try:
            params = orjson.loads(request.body or b"{}")
        except ValueError:
            raise ApiError("SerializationException", "The body of the request is not valid JSON.") from None
        if handler is None or not isinstance(params, dict) or not self._is_ours(params):
            if self._fallback is None:
                raise ApiError("UnknownOperationException", f"{request.target} is not served.")
            return self._fallback.handle(request)
        return Response(200, orjson.dumps(handler.run(params)), JSON_1_1)

    def error_response(self, error: ApiError, request: Request) -> Response:
        """Encode `error` as JSON 1.1."""
        return json_error(error)

    def _names(self) -> list[str]:
        return [log_group(site.instance.account.alias) for site in self._sites]

    def _is_ours(self, params: Params) -> bool:
        prefix = params.get("logGroupNamePrefix")
        if prefix is not None:
            return any(name.startswith(prefix) for name in self._names())
        return _group(params) in self._names()

    @operation("FilterLogEvents")
    def _filter(self, params: Params) -> Params:
        wanted = _pattern(params.get("filterPattern") or "")
        found = [
            event
            for event in self._logs.events(_group(params))
            if _within(event, params)
            and event.stream in (params.get("logStreamNames") or (event.stream,))
            and wanted(event.message)
        ]
        chosen, token = _page(found, params)
        listed = [
            {"logStreamName": event.stream, "eventId": f"{event.number:056d}", **_event(event)}
            for event in chosen
        ]
        return {"events": listed, "searchedLogStreams": [], **token}

    @operation("GetLogEvents")
    def _get(self, params: Params) -> Params:
        stream = params.get("logStreamName")
        events = self._logs.events(_group(params))
        found = [event for event in events if event.stream == stream and _within(event, params)]
        size = params.get("limit") or _PAGE
        token = params.get("nextToken")
        start = (
            int(token.partition("/")[2]) if token else 0 if params.get("startFromHead") else len(found) - size
        )
        start = max(0, min(start, len(found)))
        chosen = found[start : start + size]
        return {
            "events": [_event(event) for event in chosen],
            "nextForwardToken": f"f/{start + len(chosen)}",
            "nextBackwardToken": f"b/{max(0, start - size)}",
        }

    @operation("DescribeLogGroups")
    def _groups(self, params: Params) -> Params:
        prefix = params.get("logGroupNamePrefix") or ""
        account = self._sites.state.account
        groups = [
            {
                "logGroupName": name,
                "arn": account.arn("logs", f"log-group:{name}:*"),
                "creationTime": round(self._sites.state.started_at * 1000),
                "storedBytes": sum(len(event.message) for event in self._logs.events(name)),
            }
            for name in self._names()
            if name.startswith(prefix)
        ]
        return {"logGroups": groups}

    @operation("DescribeLogStreams")
    def _streams(self, params: Params) -> Params:
        streams: dict[str, list[LogEvent]] = {}
        for event in self._logs.events(_group(params)):
            streams.setdefault(event.stream, []).append(event)
        prefix = params.get("logStreamNamePrefix") or ""
        listed = [
            {
                "logStreamName": name,
                "firstEventTimestamp": events[0].at,
                "lastEventTimestamp": events[-1].at,
            }
            for name, events in streams.items()
            if name.startswith(prefix)
        ]
        return {"logStreams": listed}


def _group(params: Params) -> str:
    """Return the log group by name, or by an ARN whose resource is `log-group:NAME` or `log-group:NAME:*`."""
    given = params.get("logGroupName") or params.get("logGroupIdentifier") or ""
    return given.partition(":log-group:")[2].removesuffix(":*") if given.startswith("arn:") else str(given)


def _within(event: LogEvent, params: Params) -> bool:
    return (params.get("startTime") or 0) <= event.at <= (params.get("endTime") or event.at)


def _event(event: LogEvent) -> Params:
    return {"timestamp": event.at, "message": event.message, "ingestionTime": event.at}


def _page(found: list[LogEvent], params: Params) -> tuple[list[LogEvent], Params]:
    start = page_start(params.get("nextToken"), len(found), "InvalidParameterException")
    end = start + (params.get("limit") or _PAGE)
    return found[start:end], {"nextToken": page_token(end)} if end < len(found) else {}


def _pattern(text: str) -> Callable[[str], bool]:
    """Parse a filter pattern: words that must all occur, or equalities of JSON members joined by &&.

    Raises:
        ApiError: any other kind of pattern.
    """
    if not text.startswith("{"):
        words = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', text)]
        return lambda message: all(word in message for word in words)
    parts = [part.strip() for part in text.strip("{} ").split("&&")]
    equal = [_EQUALS.fullmatch(part) for part in parts]
    if not all(equal):
        raise ApiError("InvalidParameterException", f"Filter pattern {text!r} is not served by the emulator.")
    wanted = {match["key"]: match["value"] for match in equal if match is not None}

    def matches(message: str) -> bool:
        entry = json.loads(message)
        return all(entry.get(key) == value for key, value in wanted.items())

    return matches
