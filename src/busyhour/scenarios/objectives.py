"""The metrics that an objective can bound, and the unit of each bound.

| metric | meaning | bound |
|---|---|---|
| `latency_p50`, `_p90`, `_p95`, `_p99`, `_max` | from the intended start to the answer | duration, kept in milliseconds |
| `service_time_...` | the same from the moment of sending | duration, kept in milliseconds |
| `throttles`, `limits`, `errors` | requests turned away by a rate, by a limit; failed requests | number |
| `throttle_share`, `limit_share`, `error_share` | of all requests | 0..1 |
| `blocked_share`, `abandoned_share` | of the started calls, of the queued calls | 0..1 |
| `service_level` | share of queued calls answered within a time | 0..1 |
| `late_arrivals`, `dropped_arrivals` | calls that the generator started late, or not at all | number |

Metrics of requests may name an operation after a colon: `latency_p99:lambda`, `throttles:connect:StopContact`.
"""

from __future__ import annotations

from enum import Enum


class Bound(Enum):
    """What a bound is written as."""

    DURATION = "a duration with its unit"
    NUMBER = "a number"
    SHARE = "a share from 0 to 1"


_QUANTILES = ("p50", "p90", "p95", "p99", "max")

OF_REQUESTS: dict[str, Bound] = {
    **{f"{kind}_{at}": Bound.DURATION for kind in ("latency", "service_time") for at in _QUANTILES},
    **dict.fromkeys(("throttles", "limits", "errors"), Bound.NUMBER),
    **dict.fromkeys(("throttle_share", "limit_share", "error_share"), Bound.SHARE),
}
"""May be narrowed to one operation."""

OF_CALLS: dict[str, Bound] = {
    **dict.fromkeys(("blocked_share", "abandoned_share", "service_level"), Bound.SHARE),
    **dict.fromkeys(("late_arrivals", "dropped_arrivals"), Bound.NUMBER),
}
"""Of the run as a whole."""

METRICS = OF_REQUESTS | OF_CALLS
