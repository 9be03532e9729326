"""The [objectives] table of a scenario file -> Objective: the metrics that can be bound, and the unit of each bound.

| metric | meaning | bound |
|---|---|---|
| `latency_p50`, `_p90`, `_p95`, `_p99`, `_max` | from the intended start to the answer | duration, kept in milliseconds |
| `service_time_...` | the same from the moment of sending | duration, kept in milliseconds |
| `throttles`, `limits`, `errors` | requests throttled by a rate, rejected by a limit; failed requests | number |
| `throttle_share` | of the first attempts | 0..1 |
| `request_throttle_share`, `limit_share`, `error_share` | of all requests, retries included | 0..1 |
| `blocked_share`, `abandoned_share` | of the started calls, of the queued calls | 0..1 |
| `error_branch_share` | of the calls: those that took an error branch of a flow | 0..1 |
| `service_level` | share of queued calls answered within a time | 0..1 |
| `late_arrivals`, `dropped_arrivals` | calls that the generator started late, or not at all | number |

Metrics of requests may name an operation after a colon: `latency_p99:lambda`, `throttles:connect:StopContact`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from busyhour.errors import BusyhourError, did_you_mean
from busyhour.project.violations import value_shown
from busyhour.scenarios.model import Objective
from busyhour.scenarios.traffic_plan.arrival_source import Source

WITHIN_SECONDS = 20.0
"""Default threshold of the service level, seconds."""


class Bound(Enum):
    """Form of a bound."""

    DURATION = "a duration with its unit"
    NUMBER = "a number"
    SHARE = "a share from 0 to 1"


_QUANTILES = ("p50", "p90", "p95", "p99", "max")

OF_REQUESTS: dict[str, Bound] = {
    **{f"{kind}_{at}": Bound.DURATION for kind in ("latency", "service_time") for at in _QUANTILES},
    **dict.fromkeys(("throttles", "limits", "errors"), Bound.NUMBER),
    **dict.fromkeys(("throttle_share", "request_throttle_share", "limit_share", "error_share"), Bound.SHARE),
}
"""May be narrowed to one operation."""

OF_CALLS: dict[str, Bound] = {
    **dict.fromkeys(("blocked_share", "abandoned_share", "service_level", "error_branch_share"), Bound.SHARE),
    **dict.fromkeys(("late_arrivals", "dropped_arrivals"), Bound.NUMBER),
}
"""Of the run as a whole."""

METRICS = OF_REQUESTS | OF_CALLS


def read_objectives(
    source: Source, data: Mapping[str, Mapping[str, Any]]
) -> tuple[tuple[Objective, ...], float]:
    """Read the objectives, and the threshold of the service level in seconds.

    Raises:
        BusyhourError: a metric is unknown, or its bound is missing or of the wrong unit.
    """
    made = []
    within = WITHIN_SECONDS
    for metric, given in data.items():
        keys = ("objectives", metric)
        name, colon, _ = metric.partition(":")
        if name not in METRICS or (colon and name not in OF_REQUESTS):
            known = OF_REQUESTS if colon else METRICS
            raise source.error(
                keys, f"is not a metric.{did_you_mean(name, known)}", f"Metrics: {', '.join(METRICS)}."
            )
        bounds = {
            which: _bound(source, (*keys, which), given[which], METRICS[name])
            for which in ("at_most", "at_least")
            if which in given
        }
        if not bounds:
            raise source.error(keys, "has no bound", "Give at_most or at_least.")
        if "within" in given:
            if name != "service_level":
                raise source.error((*keys, "within"), "belongs to service_level only", "Remove it.")
            within = source.duration((*keys, "within"), given["within"], positive=True)
        made.append(Objective(metric, **bounds))
    return tuple(made), within


def _bound(source: Source, keys: tuple[str, ...], value: str | float, kind: Bound) -> float:
    """Return the bound in the unit in which the metric is measured."""
    wrong: BusyhourError | None = None
    if kind is Bound.DURATION:
        # A bare number could be seconds or milliseconds, so a unit is required.
        if isinstance(value, str):
            return source.duration(keys, value) * 1000.0
        wrong = source.error(
            keys, f"is {value_shown(value)}, not {kind.value}", 'Write for example "500ms" or "2s".'
        )
    elif isinstance(value, str):
        wrong = source.error(keys, f"is {value_shown(value)}, not {kind.value}")
    elif value < 0 or (kind is Bound.SHARE and value > 1):
        wrong = source.error(keys, f"is {value:g}, not {kind.value}")
    if wrong is not None:
        raise wrong
    return float(value)
