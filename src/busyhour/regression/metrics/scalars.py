"""Every metric of a run as one number, for trends over runs."""

from __future__ import annotations

from busyhour.regression.metrics.metric import LATENCY_QUANTILES
from busyhour.regression.metrics.observation import Observation
from busyhour.regression.metrics.rate_metrics import worst, worst_name, worst_seconds
from busyhour.regression.resampling.quantiles import Buckets


def values(one: Observation) -> dict[str, tuple[float, str]]:
    """Return value and unit of each metric, by the names that `busyhour compare` uses."""
    found: dict[str, tuple[float, str]] = {}
    if one.windows is not None:
        timed = {**one.windows.latency, **{f"function {k}": v for k, v in one.windows.functions.items()}}
        for operation, rows in timed.items():
            buckets = Buckets.of(rows)
            whole = buckets.counts(rows).sum(axis=0, keepdims=True)
            if whole.sum() > 0:
                points = buckets.quantiles(whole, LATENCY_QUANTILES)[:, 0]
                for share, point in zip(LATENCY_QUANTILES, points, strict=True):
                    found[f"latency p{share * 100:g}: {operation}"] = float(point), "ms"
    for table, unit in ((one.rates, "share"), (one.ratios, "")):
        for name, parts in table.items():
            if (below := sum(parts.below)) > 0:
                found[name] = sum(parts.above) / below, unit
    for name, parts in one.rates.items():
        seconds = worst_seconds([parts])
        if 3 * seconds <= len(parts.below):
            events, requests = worst(parts, seconds)
            found[worst_name(name)] = events / max(requests, 1.0), "share"
    for name, part in one.shares.items():
        found[name] = part.count / part.of, "share"
    for name, row in one.samples.items():
        buckets = Buckets.of([row])
        counts = buckets.counts([row])
        if counts.sum() > 0:
            if name == "time in flow":
                found["time in flow mean"] = float(buckets.means(counts)[0]), "ms"
            else:
                found[f"{name} p99"] = float(buckets.quantiles(counts, (0.99,))[0, 0]), "ms"
    if one.coverage is not None:
        found["branch coverage"] = one.coverage.count / one.coverage.of, "share"
    for name, quantity in one.demand.items():
        found[f"demand per call: {name}"] = quantity.mean, "s" if name == "in flow" else ""
    for use in one.quotas.values():
        found[f"headroom: {use.name}"] = use.headroom, "share"
    return found
