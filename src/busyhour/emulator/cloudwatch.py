"""CloudWatch in the emulator: GetMetricData, GetMetricStatistics and ListMetrics of what the emulator measured.

As in CloudWatch, only the exact set of dimensions matches, a period without data has no datapoint, and a
period's timestamp is its start. Other than in CloudWatch, every metric has a resolution of one second. Metric
math and the trimmed statistics are refused in AWS's words.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from busyhour.emulator.codecs import codec_of
from busyhour.emulator.metrics import Dimensions, Point, SeriesName
from busyhour.emulator.wire import ApiError, Request, Response

Parameters = Mapping[str, Any]

MAX_QUERIES = 500
MAX_DATAPOINTS = 100_800
MAX_STATISTICS_DATAPOINTS = 1_440
LIST_PAGE = 500

_SHAPES = {
    "InvalidParameterValue": "InvalidParameterValueException",
    "InvalidParameterCombination": "InvalidParameterCombinationException",
    "MissingParameter": "MissingRequiredParameterException",
    "InternalServiceError": "InternalServiceFault",
}
"""Errors whose code in the Query protocol is not the name of their shape."""

_ID = re.compile(r"[a-z][A-Za-z0-9_]{0,254}")
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")
_STATISTICS: dict[str, Callable[[Sequence[Point]], float]] = {
    "Sum": lambda points: sum(point.sum for point in points),
    "SampleCount": lambda points: sum(point.samples for point in points),
    "Average": lambda points: sum(point.sum for point in points) / sum(point.samples for point in points),
    "Minimum": lambda points: min(point.min for point in points),
    "Maximum": lambda points: max(point.max for point in points),
}
_UNITS = {
    "LongestQueueWaitTime": "Seconds",
    "Duration": "Milliseconds",
    "SuccessfulRequestLatency": "Milliseconds",
}


class Series(Protocol):
    """What was measured."""

    def series(
        self, namespace: str, name: str, dimensions: Dimensions, start: float, end: float
    ) -> list[Point]:
        """Points with start <= second < end, in order of time."""

    def names(self) -> Iterable[SeriesName]:
        """Every series that has data."""


class CloudWatch:
    """The service, in the three protocols that its clients speak.

    Args:
        metrics: what the emulator measured.
    """

    names = ("monitoring",)

    def __init__(self, metrics: Series) -> None:
        self._metrics = metrics
        self._operations: dict[str, Callable[[Parameters], dict[str, Any]]] = {
            "GetMetricData": self._get_metric_data,
            "GetMetricStatistics": self._get_metric_statistics,
            "ListMetrics": self._list_metrics,
        }

    def operation_name(self, request: Request) -> str:
        """Name of the API operation."""
        return codec_of(request).decode(request)[0]

    def handle(self, request: Request) -> Response:
        """Answer one request.

        Raises:
            ApiError: in the words of CloudWatch.
        """
        codec = codec_of(request)
        name, parameters = codec.decode(request)
        operation = self._operations.get(name)
        if operation is None:
            raise ApiError("InvalidAction", f"busyhour's emulator does not serve CloudWatch {name!r}.")
        return codec.encode(name, operation(parameters), request)

    def error_response(self, error: ApiError, request: Request) -> Response:
        """`error` in the protocol of the request."""
        return codec_of(request).error(error, _SHAPES.get(error.code, error.code), request)

    # ------------------------------------------------------------------------------------ GetMetricData

    def _get_metric_data(self, parameters: Parameters) -> dict[str, Any]:
        queries = _list(parameters, "MetricDataQueries")
        if not 1 <= len(queries) <= MAX_QUERIES:
            raise _invalid(f"MetricDataQueries has {len(queries)} members; it takes 1 to {MAX_QUERIES}.")
        start, end = _window(parameters)
        newest_first = parameters.get("ScanBy", "TimestampDescending") != "TimestampAscending"
        results: list[dict[str, Any]] = []
        messages: list[dict[str, str]] = []
        seen: set[str] = set()
        for query in queries:
            name = str(query.get("Id", ""))
            if not _ID.fullmatch(name) or name in seen:
                raise _invalid(f"The Id {name!r} must start with a lower case letter and be unique.")
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
        limit = _whole("MaxDatapoints", parameters.get("MaxDatapoints", MAX_DATAPOINTS), 1, MAX_DATAPOINTS)
        page: dict[str, Any] = _data_page(results, limit, parameters.get("NextToken"))
        if messages:
            page["Messages"] = messages
        return page

    def _query(self, query: Parameters, start: float, end: float) -> tuple[list[tuple[int, float]], str]:
        if "Expression" in query:
            raise _invalid(
                f"Metric math ({query['Expression']!r}) is not supported by busyhour's emulator; ask for the metrics."
            )
        stat = query.get("MetricStat")
        if not isinstance(stat, Mapping) or not isinstance(stat.get("Metric"), Mapping):
            raise _invalid(f"Query {query.get('Id')!r} has neither a MetricStat nor an Expression.")
        metric = stat["Metric"]
        period = _period(stat.get("Period"))
        statistic = str(stat.get("Stat", ""))
        points = self._points(metric, start, end, period, stat.get("Unit"))
        values, incomplete = _statistic(statistic, points)
        note = f"{statistic} is not available where samples differ within a second" if incomplete else ""
        return values, note

    # ------------------------------------------------------------------------------ GetMetricStatistics

    def _get_metric_statistics(self, parameters: Parameters) -> dict[str, Any]:
        start, end = _window(parameters)
        period = _period(parameters.get("Period"))
        if (end - start) / period > MAX_STATISTICS_DATAPOINTS:
            raise ApiError(
                "InvalidParameterCombination",
                f"You have requested up to {math.ceil((end - start) / period):,} datapoints, which exceeds the limit "
                f"of {MAX_STATISTICS_DATAPOINTS:,}. Increase Period, or decrease the time range.",
            )
        plain, extended = _list(parameters, "Statistics"), _list(parameters, "ExtendedStatistics")
        if not plain and not extended:
            raise ApiError("MissingParameter", "Must specify either Statistics or ExtendedStatistics.")
        bins = self._points(parameters, start, end, period, parameters.get("Unit"))
        unit = _unit(str(parameters["MetricName"]))
        rows: dict[int, dict[str, Any]] = {at: {"Timestamp": _utc(at), "Unit": unit} for at, _ in bins}
        for name in plain:
            if name not in _STATISTICS:
                raise ApiError(
                    "InvalidParameterValue", f"Statistics has {name!r}; it takes {', '.join(_STATISTICS)}."
                )
            for at, value in _statistic(name, bins)[0]:
                rows[at][name] = value
        for name in extended:
            for at, value in _statistic(name, bins)[0]:
                rows[at].setdefault("ExtendedStatistics", {})[name] = value
        return {"Label": parameters["MetricName"], "Datapoints": list(rows.values())}

    # -------------------------------------------------------------------------------------- ListMetrics

    def _list_metrics(self, parameters: Parameters) -> dict[str, Any]:
        wanted = _list(parameters, "Dimensions")
        found = sorted(
            name
            for name in self._metrics.names()
            if parameters.get("Namespace") in (None, name.namespace)
            and parameters.get("MetricName") in (None, name.name)
            and all(_has(name.dimensions, dimension) for dimension in wanted)
        )
        start = _offset(parameters.get("NextToken"), len(found), "InvalidParameterValue")
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
            page["NextToken"] = _token(start + LIST_PAGE)
        return page

    def _points(
        self, metric: Parameters, start: float, end: float, period: int, unit: object
    ) -> list[tuple[int, list[Point]]]:
        """Points by period; the start is rounded down to a whole period, as CloudWatch does."""
        for name in ("Namespace", "MetricName"):
            if not metric.get(name):
                raise ApiError("MissingParameter", f"The parameter {name} is required.")
        if unit is not None and unit != _unit(str(metric["MetricName"])):
            return []
        dimensions = tuple(
            sorted((str(d.get("Name")), str(d.get("Value"))) for d in _list(metric, "Dimensions"))
        )
        first = math.floor(start / period) * period
        bins: dict[int, list[Point]] = {}
        for point in self._metrics.series(metric["Namespace"], metric["MetricName"], dimensions, first, end):
            bins.setdefault(point.second - point.second % period, []).append(point)
        return sorted(bins.items())


def _statistic(name: str, bins: Sequence[tuple[int, list[Point]]]) -> tuple[list[tuple[int, float]], bool]:
    """Value of a statistic by period, and whether a period was left out because its data does not allow it.

    A percentile needs every sample. As with statistic sets in CloudWatch, it is known only where minimum and
    maximum of each second are the same; the rank is the nearest one.
    """
    if (of := _STATISTICS.get(name)) is not None:
        return [(at, float(of(points))) for at, points in bins], False
    percentile = _PERCENTILE.fullmatch(name)
    if percentile is None:
        raise ApiError(
            "InvalidParameterValue",
            f"The statistic {name!r} is not supported by busyhour's emulator: it has "
            f"{', '.join(_STATISTICS)} and percentiles such as p99.",
        )
    share = float(percentile[1]) / 100
    known = [(at, points) for at, points in bins if all(point.min == point.max for point in points)]
    return [(at, _nearest_rank(points, share)) for at, points in known], len(known) < len(bins)


def _nearest_rank(points: Sequence[Point], share: float) -> float:
    rank = share * sum(point.samples for point in points)
    ordered = sorted(points, key=lambda point: point.max)
    passed = 0.0
    for point in ordered:
        passed += point.samples
        if passed >= rank:
            return float(point.max)
    return float(ordered[-1].max)


def _data_page(results: list[dict[str, Any]], limit: int, token: object) -> dict[str, Any]:
    """The part of all datapoints that starts at the token; every result is named on every page."""
    total = sum(len(result["Values"]) for result in results)
    start = _offset(token, total, "InvalidNextToken")
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
        **({"NextToken": _token(start + limit)} if start + limit < total else {}),
    }


def _unit(metric: str) -> str:
    if metric.endswith("Percentage"):
        return "Percent"
    return _UNITS.get(metric, "Count")


def _has(dimensions: Dimensions, wanted: Parameters) -> bool:
    return any(
        name == wanted.get("Name") and wanted.get("Value") in (None, value) for name, value in dimensions
    )


def _list(parameters: Parameters, name: str) -> list[Any]:
    """A member that is a list; in the Query protocol an empty list may come as an empty text."""
    value = parameters.get(name) or []
    if not isinstance(value, list):
        raise ApiError("InvalidParameterValue", f"{name} must be a list.")
    return value


def _window(parameters: Parameters) -> tuple[float, float]:
    start, end = (_seconds(name, parameters.get(name)) for name in ("StartTime", "EndTime"))
    if start >= end:
        raise _invalid("The parameter StartTime must be less than the parameter EndTime.")
    return start, end


def _seconds(name: str, value: object) -> float:
    """Epoch seconds of a time in any of the three protocols."""
    if value is None:
        raise ApiError("MissingParameter", f"The parameter {name} is required.")
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ApiError("InvalidParameterValue", f"{name} {value!r} is not a time.") from None
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise ApiError("InvalidParameterValue", f"{name} {value!r} is not a time.")


def _period(value: object) -> int:
    period = _whole("Period", value, 1, 86_400)
    if period not in (1, 5, 10, 20, 30) and period % 60:
        raise ApiError(
            "InvalidParameterValue", f"Period {period} must be 1, 5, 10, 20, 30 or a multiple of 60."
        )
    return period


def _whole(name: str, value: object, low: int, high: int) -> int:
    try:
        number = int(value) if isinstance(value, int | str) and not isinstance(value, bool) else low - 1
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise ApiError(
            "InvalidParameterValue", f"{name} is {value!r}; it must be a whole number from {low} to {high}."
        )
    return number


def _offset(token: object, total: int, code: str) -> int:
    if token is None:
        return 0
    try:
        start = int(base64.urlsafe_b64decode(str(token)))
    except (ValueError, binascii.Error):
        start = -1
    if not 0 < start < total:
        raise ApiError(code, f"NextToken {token!r} is not of this listing.")
    return start


def _token(offset: int) -> str:
    return base64.urlsafe_b64encode(str(offset).encode()).decode()


def _utc(epoch: float) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)


def _invalid(message: str) -> ApiError:
    return ApiError("ValidationError", message)
