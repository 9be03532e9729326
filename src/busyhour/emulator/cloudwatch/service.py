"""CloudWatch in the emulator: GetMetricData, GetMetricStatistics and ListMetrics of the emulator's measurements, and alarms.

As in CloudWatch, only the exact set of dimensions matches, a period without data has no datapoint, and a
period's timestamp is its start. Unlike in CloudWatch, every metric has a resolution of one second. Metric
math and the trimmed statistics are rejected with AWS's error messages.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from busyhour.emulator.cloudwatch.alarms import Alarms
from busyhour.emulator.cloudwatch.metric_statistics import STATISTICS, by_period
from busyhour.emulator.cloudwatch.parameters import (
    Parameters,
    invalid,
    listed,
    period_of,
    whole,
    window,
)
from busyhour.emulator.cloudwatch.protocol_codecs import codec_of
from busyhour.emulator.cloudwatch.store import Dimensions, Point, SeriesName
from busyhour.emulator.interfaces import Rates
from busyhour.emulator.messages import ApiError, Request, Response
from busyhour.emulator.model.paging import bound, page_start, page_token
from busyhour.emulator.model.registry import operation, registered
from busyhour.emulator.model.shapes import check_types

MAX_QUERIES = 500
MAX_DATAPOINTS = 100_800
MAX_STATISTICS_DATAPOINTS = 1_440
LIST_PAGE = 500
LONGEST_NAME = 255

_SHAPES = {
    "InvalidParameterValue": "InvalidParameterValueException",
    "InvalidParameterCombination": "InvalidParameterCombinationException",
    "MissingParameter": "MissingRequiredParameterException",
    "InternalServiceError": "InternalServiceFault",
}
"""Errors whose code in the Query protocol differs from their shape's name."""

_ID = re.compile(r"[a-z][A-Za-z0-9_]{0,254}")
_UNITS = {
    "LongestQueueWaitTime": "Seconds",
    "Duration": "Milliseconds",
    "SuccessfulRequestLatency": "Milliseconds",
}


class Series(Protocol):
    """Source of measured series."""

    def series(
        self, namespace: str, name: str, dimensions: Dimensions, start: float, end: float
    ) -> list[Point]:
        """Return points with start <= second < end, in order of time."""

    def names(self) -> Iterable[SeriesName]:
        """Return every series that has data."""


class CloudWatch:
    """The CloudWatch service, in the three protocols of its clients.

    Args:
        metrics: the emulator's measurements.
        quotas: request rates.
        alarms: keeps the alarms.
    """

    names = ("monitoring",)

    def __init__(self, metrics: Series, quotas: Rates, alarms: Alarms) -> None:
        self._metrics = metrics
        self._quotas = quotas
        self._operations = registered(self, alarms)

    @property
    def served(self) -> tuple[str, ...]:
        """Names of the supported operations."""
        return tuple(self._operations)

    def operation_name(self, request: Request) -> str:
        """Return the name of the API operation."""
        return codec_of(request).decode(request)[0]

    def handle(self, request: Request) -> Response:
        """Handle one request.

        Raises:
            ApiError: an error of CloudWatch.
        """
        codec = codec_of(request)
        name, parameters = codec.decode(request)
        handler = self._operations.get(name)
        if handler is None:
            raise ApiError("InvalidAction", f"busyhour's emulator does not serve CloudWatch {name!r}.")
        if self._quotas.admit("monitoring", name) is not None:
            raise ApiError("Throttling", "Rate exceeded", 400)
        constraint = "InvalidParameterValue" if name.endswith(("Alarm", "Alarms")) else ""
        check_types("cloudwatch", name, parameters, text=codec.text, constraint=constraint)
        code = "InvalidParameterValue" if name == "ListMetrics" else "InvalidNextToken"
        return codec.encode(name, bound(name, parameters, handler.run, code), request)

    def error_response(self, error: ApiError, request: Request) -> Response:
        """Encode `error` in the protocol of the request."""
        return codec_of(request).error(error, _SHAPES.get(error.code, error.code), request)

    # ------------------------------------------------------------------------------------ GetMetricData

    @operation("GetMetricData")
    def _get_metric_data(self, parameters: Parameters) -> dict[str, Any]:
        queries = listed(parameters, "MetricDataQueries")
        if not 1 <= len(queries) <= MAX_QUERIES:
            raise invalid(f"MetricDataQueries has {len(queries)} members; it takes 1 to {MAX_QUERIES}.")
        start, end = window(parameters)
        newest_first = parameters.get("ScanBy", "TimestampDescending") != "TimestampAscending"
        results: list[dict[str, Any]] = []
        messages: list[dict[str, str]] = []
        seen: set[str] = set()
        for query in queries:
            name = str(query.get("Id", ""))
            if not _ID.fullmatch(name) or name in seen:
                raise invalid(f"The Id {name!r} must start with a lower case letter and be unique.")
            seen.add(name)
            points, note = self._query(query, start, end)
            if str(query.get("ReturnData", True)).lower() == "false":
                continue
            label = query.get("Label") or query["MetricStat"]["Metric"]["MetricName"]
            results.append(
                {
                    "Id": name,
                    "Label": label,
                    "Timestamps": [_utc(at) for at, _ in (reversed(points) if newest_first else points)],
                    "Values": [value for _, value in (reversed(points) if newest_first else points)],
                    "StatusCode": "Complete",
                }
            )
            if note:
                messages.append({"Code": "DataNotAvailable", "Value": f"{name}: {note}"})
        limit = whole("MaxDatapoints", parameters.get("MaxDatapoints", MAX_DATAPOINTS), 1, MAX_DATAPOINTS)
        page: dict[str, Any] = _data_page(results, limit, parameters.get("NextToken"))
        if messages:
            page["Messages"] = messages
        return page

    def _query(self, query: Parameters, start: float, end: float) -> tuple[list[tuple[int, float]], str]:
        if "Expression" in query:
            raise invalid(
                f"Metric math ({query['Expression']!r}) is not supported by busyhour's emulator; ask for the metrics."
            )
        stat = query.get("MetricStat")
        if not isinstance(stat, Mapping) or not isinstance(stat.get("Metric"), Mapping):
            raise invalid(f"Query {query.get('Id')!r} has neither a MetricStat nor an Expression.")
        metric = stat["Metric"]
        period = period_of(stat.get("Period"))
        statistic = str(stat.get("Stat", ""))
        points = self._points(metric, start, end, period, stat.get("Unit"))
        values, incomplete = by_period(statistic, points)
        note = f"{statistic} is not available where samples differ within a second" if incomplete else ""
        return values, note

    # ------------------------------------------------------------------------------ GetMetricStatistics

    @operation("GetMetricStatistics")
    def _get_metric_statistics(self, parameters: Parameters) -> dict[str, Any]:
        start, end = window(parameters)
        period = period_of(parameters.get("Period"))
        if (end - start) / period > MAX_STATISTICS_DATAPOINTS:
            raise ApiError(
                "InvalidParameterCombination",
                f"You have requested up to {math.ceil((end - start) / period):,} datapoints, which exceeds the limit "
                f"of {MAX_STATISTICS_DATAPOINTS:,}. Increase Period, or decrease the time range.",
            )
        plain, extended = listed(parameters, "Statistics"), listed(parameters, "ExtendedStatistics")
        if not plain and not extended:
            raise ApiError("MissingParameter", "Must specify either Statistics or ExtendedStatistics.")
        bins = self._points(parameters, start, end, period, parameters.get("Unit"))
        unit = _unit(str(parameters["MetricName"]))
        rows: dict[int, dict[str, Any]] = {at: {"Timestamp": _utc(at), "Unit": unit} for at, _ in bins}
        for name in plain:
            if name not in STATISTICS:
                raise ApiError(
                    "InvalidParameterValue", f"Statistics has {name!r}; it takes {', '.join(STATISTICS)}."
                )
            for at, value in by_period(name, bins)[0]:
                rows[at][name] = value
        for name in extended:
            for at, value in by_period(name, bins)[0]:
                rows[at].setdefault("ExtendedStatistics", {})[name] = value
        return {"Label": parameters["MetricName"], "Datapoints": list(rows.values())}

    # -------------------------------------------------------------------------------------- ListMetrics

    @operation("ListMetrics")
    def _list_metrics(self, parameters: Parameters) -> dict[str, Any]:
        wanted = listed(parameters, "Dimensions")
        for name in ("Namespace", "MetricName"):
            if not 1 <= len(str(parameters.get(name, "-"))) <= LONGEST_NAME:
                raise ApiError("InvalidParameterValue", f"{name} has 1 to {LONGEST_NAME} characters.")
        if len(str(parameters.get("OwningAccount", ""))) > LONGEST_NAME:
            raise ApiError("InvalidParameterValue", f"OwningAccount has up to {LONGEST_NAME} characters.")
        if parameters.get("RecentlyActive") not in (None, "PT3H"):
            raise ApiError("InvalidParameterValue", "RecentlyActive is PT3H or left out.")
        found = sorted(
            name
            for name in self._metrics.names()
            if parameters.get("Namespace") in (None, name.namespace)
            and parameters.get("MetricName") in (None, name.name)
            and all(_has(name.dimensions, dimension) for dimension in wanted)
        )
        start = page_start(parameters.get("NextToken"), len(found), "InvalidParameterValue")
        rows = [
            {
                "Namespace": name.namespace,
                "MetricName": name.name,
                "Dimensions": [{"Name": key, "Value": value} for key, value in name.dimensions],
            }
            for name in found[start : start + LIST_PAGE]
        ]
        page: dict[str, Any] = {"Metrics": rows}
        if start + LIST_PAGE < len(found):
            page["NextToken"] = page_token(start + LIST_PAGE)
        return page

    def _points(
        self, metric: Parameters, start: float, end: float, period: int, unit: object
    ) -> list[tuple[int, list[Point]]]:
        """Return points by period; the start is rounded down to a whole period, as in CloudWatch."""
        for name in ("Namespace", "MetricName"):
            if not metric.get(name):
                raise ApiError("MissingParameter", f"The parameter {name} is required.")
        if unit is not None and unit != _unit(str(metric["MetricName"])):
            return []
        dimensions = tuple(
            sorted((str(d.get("Name")), str(d.get("Value"))) for d in listed(metric, "Dimensions"))
        )
        first = math.floor(start / period) * period
        bins: dict[int, list[Point]] = {}
        for point in self._metrics.series(metric["Namespace"], metric["MetricName"], dimensions, first, end):
            bins.setdefault(point.second - point.second % period, []).append(point)
        return sorted(bins.items())


def _data_page(results: list[dict[str, Any]], limit: int, token: object) -> dict[str, Any]:
    """Return the datapoints from the token on; every page names all results."""
    total = sum(len(result["Values"]) for result in results)
    start = page_start(token, total, "InvalidNextToken")
    at = 0
    rows = []
    for result in results:
        low, high = max(0, start - at), max(0, start + limit - at)
        at += len(result["Values"])
        cut = {name: result[name][low:high] for name in ("Timestamps", "Values")}
        more = high < len(result["Values"])
        rows.append({**result, **cut, "StatusCode": "PartialData" if more else "Complete"})
    return {
        "MetricDataResults": rows,
        **({"NextToken": page_token(start + limit)} if start + limit < total else {}),
    }


def _unit(metric: str) -> str:
    if metric.endswith("Percentage"):
        return "Percent"
    return _UNITS.get(metric, "Count")


def _has(dimensions: Dimensions, wanted: Parameters) -> bool:
    return any(
        name == wanted.get("Name") and wanted.get("Value") in (None, value) for name, value in dimensions
    )


def _utc(epoch: float) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)
