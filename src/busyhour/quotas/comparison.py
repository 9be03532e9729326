"""Compare demand with quotas: utilisation, headroom, verdict."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from busyhour.quotas.model import Comparison, Kind, QuotaValue, Verdict
from busyhour.quotas.shares import of_value
from busyhour.results.entries import QuotaRecord

FORECAST = "forecast"
"""`Demand.source` of a peak that was not measured."""

_ROUNDING = 1e-9
_GRAVITY = {Verdict.BINDS: 0, Verdict.TIGHT: 1, Verdict.UNKNOWN: 2, Verdict.HOLDS: 3}
_LISTED = {"exceeds": Verdict.EXCEEDED, "undecided": Verdict.UNDECIDED}
"""Verdicts of the list of limits that override the run's, unless the run measured that the quota bound."""


@dataclass(frozen=True, slots=True)
class Demand:
    """Measured or forecast demand on one quota, in the quota's unit.

    Concurrent calls or executions, requests/s of a rate, requests at once of a burst, consumed units/s of a
    table.
    """

    key: str
    """The quota's key in the table."""
    peak: float | None
    """None: not measured."""
    peak_at: float | None = None
    """Seconds from the start of the run."""
    source: str = FORECAST
    """Source of the peak: `measured by the generator`, `CloudWatch ConcurrentCalls`, `forecast`."""
    rejected: int = 0
    """Requests or calls that the quota rejected."""
    first_rejected_at: float | None = None
    """Seconds from the start of the run."""
    forecast: float | None = None
    """Need of the plan, from the list of limits."""
    attempts: float | None = None
    """First attempts on the quota; None if their number is unknown."""
    first_rejected: float | None = None
    """First attempts that it rejected; None: first attempts were not counted, `rejected` is used."""
    tolerated: float = 0.01
    """Share of first attempts that may be rejected."""
    unenforced: float | None = None
    """Share that the quota would reject at the measured load, if nothing enforced it.

    None: it was enforced.
    """

    @property
    def rejected_share(self) -> float | None:
        """Share of first attempts that was, or would be, rejected; None if unknown."""
        if self.unenforced is not None:
            return self.unenforced
        if not self.rejected:
            return 0.0 if self.peak is not None else None
        rejected = self.rejected if self.first_rejected is None else self.first_rejected
        return min(1.0, rejected / self.attempts) if self.attempts else None


def compare(value: QuotaValue, demand: Demand | None, headroom: float = 0.0) -> Comparison:
    """One quota against its demand.

    The peak is the measured one; where there is none, what the plan needs by the forecast. The verdict is

    - BINDS where the quota rejected more than the tolerated share of first attempts (any, where their number is not
      known), where the peak is above it, or, where nothing was measured, where the need is above it. A quota that the
      peak just reached and that rejected nothing is TIGHT; so is a rate or burst that one second exceeded, since the
      token bucket carried that second. Where nothing enforced the quota, the share that it would reject at the measured
      load decides.
    - TIGHT where it rejected no more than is tolerated, or has less than `headroom` of it free at the peak.
    - UNKNOWN where there is neither a measurement nor a forecast.

    Utilisation and headroom are None where there is nothing to divide: no peak, or a quota of 0 with demand.

    Args:
        value: the quota's value with its origin.
        demand: the demand on it; None if unknown.
        headroom: share of the quota that must stay free at the peak, 0 <= headroom < 1.

    Raises:
        ValueError: `headroom` is not such a share, or `demand` is of another quota.
    """
    if not 0 <= headroom < 1:
        raise ValueError(f"headroom {headroom!r} is not in [0, 1)")
    if demand is None:
        return Comparison(value, None, None, "")
    if demand.key != value.quota.key:
        raise ValueError(f"demand on {demand.key!r} compared with {value.quota.key!r}")
    forecast_only = demand.peak is None
    peak = demand.forecast if demand.peak is None else demand.peak
    utilisation = of_value(peak, value.value)
    return Comparison(
        value=value,
        peak=demand.peak,
        peak_at=demand.peak_at,
        peak_source=FORECAST if forecast_only and peak is not None else demand.source,
        rejected=demand.rejected,
        first_rejected_at=demand.first_rejected_at,
        utilisation=utilisation,
        headroom=None if utilisation is None else 1 - utilisation,
        verdict=_verdict(value, demand, peak, headroom),
        forecast=demand.forecast,
        rejected_share=demand.rejected_share,
        tolerated=demand.tolerated,
    )


def listed(measured: str, of_list: Collection[str]) -> str:
    """Return the verdict of a quota.

    That of the list of limits if the plan exceeds it, unless the run measured that it bound.

    Args:
        measured: verdict of `compare`.
        of_list: verdicts of the quota's rows in the list of limits; several for a quota of tables.
    """
    if measured == Verdict.BINDS:
        return measured
    return next((str(verdict) for of_row, verdict in _LISTED.items() if of_row in of_list), measured)


def compare_all(
    values: Iterable[QuotaValue], demands: Iterable[Demand], headroom: float = 0.0, *, every: bool = False
) -> list[Comparison]:
    """Compare every demand with its quota; sorted: quotas that bind first, then by utilisation.

    Args:
        values: the quotas' values, one per quota.
        demands: at most one per quota.
        headroom: see `compare`.
        every: also quotas without any demand, as UNKNOWN.

    Raises:
        ValueError: a demand whose quota has no value, or two demands on one quota.
    """
    wanted: dict[str, Demand] = {}
    for demand in demands:
        if demand.key in wanted:
            raise ValueError(f"two demands on {demand.key!r}")
        wanted[demand.key] = demand
    by_key = {value.quota.key: value for value in values}
    missing = [key for key in wanted if key not in by_key]
    if missing:
        raise ValueError(f"no value of {', '.join(missing)}")
    found = [
        compare(value, wanted.get(key), headroom) for key, value in by_key.items() if every or key in wanted
    ]
    return sorted(found, key=_order)


def record(comparison: Comparison) -> QuotaRecord:
    """Return the comparison for run.json."""
    value, quota = comparison.value, comparison.value.quota
    return QuotaRecord(
        key=quota.key,
        service=quota.service,
        name=quota.name,
        code=quota.code,
        scope=str(quota.scope),
        unit=quota.unit,
        value=value.value,
        origin=str(value.origin),
        read_at=value.read_at,
        default=quota.default,
        peak=comparison.peak,
        peak_at=comparison.peak_at,
        peak_source=comparison.peak_source,
        rejected=comparison.rejected,
        first_rejected_at=comparison.first_rejected_at,
        utilisation=comparison.utilisation,
        headroom=comparison.headroom,
        verdict=str(comparison.verdict),
        forecast=comparison.forecast,
        note=quota.note,
        source=value.detail or quota.source,
        rejected_share=comparison.rejected_share,
        tolerated=comparison.tolerated,
    )


def binding(comparisons: Iterable[Comparison]) -> Comparison | None:
    """Return the quota that bound first, by time if known; None if none binds."""
    bound = [comparison for comparison in comparisons if comparison.verdict is Verdict.BINDS]
    return min(bound, key=_bound_at, default=None)


def _verdict(value: QuotaValue, demand: Demand, peak: float | None, headroom: float) -> Verdict:
    rejected = demand.rejected_share
    if demand.unenforced is not None and demand.unenforced > demand.tolerated:
        return Verdict.BINDS
    if demand.rejected:
        return Verdict.BINDS if rejected is None or rejected > demand.tolerated else Verdict.TIGHT
    if peak is None:
        return Verdict.UNKNOWN
    if peak == 0:
        return Verdict.HOLDS
    if demand.peak is None:  # a need equal to the value is covered
        return _of_need(peak, value.value, headroom)
    if peak >= value.value * (1 - _ROUNDING):
        measured = demand.peak is not None and demand.source != FORECAST
        by_bucket = value.quota.kind is not Kind.RESOURCE and value.value > 0
        just_reached = peak <= value.value * (1 + _ROUNDING) and value.value > 0
        carried = measured and (by_bucket or just_reached or demand.unenforced is not None)
        return Verdict.TIGHT if carried else Verdict.BINDS
    if peak > value.value * (1 - headroom) * (1 + _ROUNDING):
        return Verdict.TIGHT
    return Verdict.HOLDS


def _of_need(need: float, value: float, headroom: float) -> Verdict:
    if need > value * (1 + _ROUNDING):
        return Verdict.BINDS
    return Verdict.TIGHT if need > value * (1 - headroom) * (1 + _ROUNDING) else Verdict.HOLDS


def _bound_at(comparison: Comparison) -> float:
    times = [at for at in (comparison.first_rejected_at, comparison.peak_at) if at is not None]
    return times[0] if times else float("inf")


def _order(comparison: Comparison) -> tuple[float, float, float, str]:
    utilisation = comparison.utilisation
    at = _bound_at(comparison) if comparison.verdict is Verdict.BINDS else 0.0
    used = 0.0 if utilisation is None else utilisation
    return _GRAVITY[comparison.verdict], at, -used, comparison.value.quota.key
