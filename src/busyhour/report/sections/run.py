"""A run record arranged for a reader: which values, in which order, in which words. No markup, no colours.

Every renderer shows this view, so that terminal, HTML, PDF and Markdown never disagree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from busyhour.quotas import freshness
from busyhour.quotas.comparison import listed
from busyhour.quotas.shares import of_value
from busyhour.results.limit_rows import LimitRow, limit_rows
from busyhour.results.record import ObjectiveRecord, Operation, OperatorMetric, QuotaRecord, RunRecord

_VERDICT_ORDER = {
    "binds": 0,
    "exceeded by calculation": 0,
    "not decided": 1,
    "tight": 2,
    "unknown": 3,
    "holds": 4,
}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a two-column list: what it is, its value, where it came from."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class QuotaLine:
    """A quota as a reader sees it; shares are 0..1 or None."""

    name: str
    code: str
    service: str
    value: str
    origin: str
    """Where the value comes from and when it was read, with a mark where it is not current."""
    current: bool
    needed: str
    """What the plan needs, without headroom; empty where the list of limits does not have the quota."""
    with_headroom: str
    peak: str
    """The measured peak."""
    peak_at: str
    share: float | None
    """Measured peak of the value, see `quotas.shares`."""
    of_value: str
    """The same in words; empty where nothing was measured."""
    verdict: str
    rejected: str
    note: str
    source: str


@dataclass(frozen=True, slots=True)
class OperationLine:
    """One kind of request."""

    name: str
    requests: str
    peak: str
    errors: str
    throttles: str
    limits: str
    codes: str
    latency: tuple[str, str, str, str]
    """p50, p95, p99, max from the intended start."""
    service_time: tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class RetryLine:
    """One operation under the application's retry policy."""

    name: str
    figures: tuple[str, ...]
    """Operations, attempts, retries after a throttle and after a fault, recovered, failed, retry quota empty; latency
    p50, p99."""


def to_second(time: str) -> str:
    """An ISO 8601 time to the second, as people read it; a text that is none stays as it is."""
    try:
        return datetime.fromisoformat(time).strftime("%Y-%m-%d %H:%M:%S %Z").strip()
    except ValueError:
        return time


def number(value: float | None, unit: str = "") -> str:
    """A value as people write it: thousands separated, at most four significant digits, unit behind."""
    if value is None:
        return "not measured"
    if value == int(value) and abs(value) < 1e15:
        text = f"{int(value):,}"
    elif abs(value) >= 1000:
        text = f"{value:,.0f}"
    else:
        text = f"{value:.4g}"
    return f"{text} {unit}" if unit and unit != "count" else text


def share(value: float | None) -> str:
    """A share as per cent."""
    if value is None:
        return "not measured"
    return f"{value:.0%}" if value == 0 or abs(value) >= 0.1 else f"{value:.2%}"


def milliseconds(value: float | None) -> str:
    """A latency: below 10 s in milliseconds, above in seconds."""
    if value is None:
        return "not measured"
    if value == 0:
        return "0 ms"
    if value >= 10_000:
        return f"{value / 1000:,.1f} s"
    return f"{value:,.0f} ms" if value >= 10 else f"{value:.2g} ms"


def clock(seconds: float | None) -> str:
    """Seconds from the start of the run as m:ss."""
    if seconds is None:
        return ""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def headline(record: RunRecord) -> list[Row]:
    """The facts under the verdict: what ran, against what, when."""
    scenario, target = record.scenario, record.target
    place = f"{target.get('kind', '')}, {target.get('region', '')}, account {target.get('account', '')}"
    rows = [
        Row("Scenario", str(scenario.get("name", "")), str(scenario.get("description", ""))),
        Row("Target", place, str(target.get("instance_arn", ""))),
        Row(
            "Run",
            record.run_id,
            f"{to_second(record.started)} to {to_second(record.ended)}, busyhour {record.busyhour_version}",
        ),
    ]
    rate = scenario.get("calls_per_hour")
    if record.limit is not None:
        rows[1:1] = [
            Row("Busy hour", f"{number(record.limit.planned_calls_per_hour)} calls/h", "as planned"),
            Row("Figures below", f"{number(rate)} calls/h", f"run {record.limit.shown} of the search"),
        ]
    elif rate:
        rows.insert(
            1,
            Row(
                "Busy hour",
                f"{number(float(rate))} calls/h",
                f"{scenario.get('direction', '')}, {scenario.get('drive', '')}, seed {scenario.get('seed', '')}",
            ),
        )
    return rows


def shown_rows(record: RunRecord) -> list[Row]:
    """What the run showed of the plan; of a record of an older version, which version gave the verdict."""
    shown = record.shown
    if shown is None:
        return [
            Row(
                "Verdict given by",
                f"busyhour {record.busyhour_version}",
                "the load that the run reached was not recorded",
            )
        ]
    reached = number(None if shown.reached is None else float(f"{shown.reached:.4g}"))
    factor = f", arrivals raised to {shown.factor:g} x the plan" if shown.factor > 1 else ""
    rows = [
        Row(
            "Load reached",
            f"{reached} of the plan's {number(float(f'{shown.planned:.4g}'), shown.unit)}",
            f"peak {number(shown.peak)}; {number(float(f'{shown.reachable:.4g}'))} by calculation{factor}"
            f"{'' if shown.stationary else '; the stationary state was not reached'}",
        )
    ]
    if shown.unit != "calls/h":
        rows.append(
            Row("Calls that ended by themselves", number(shown.ended), f"{number(shown.cut_off)} cut off")
        )
    return rows


def quota_lines(record: RunRecord) -> list[QuotaLine]:
    """Quotas, the ones that bind or that the plan exceeds first, then by utilisation."""
    rows: dict[str, list[LimitRow]] = {}
    for row in limit_rows(record):
        rows.setdefault(row.key, []).append(row)

    def order(quota: QuotaRecord) -> tuple[int, float, str]:
        verdict = _quota_verdict(quota, rows.get(quota.key, []))
        return _VERDICT_ORDER.get(verdict, 9), -(quota.utilisation or 0.0), quota.key

    return [_quota_line(quota, rows.get(quota.key, []), record) for quota in sorted(record.quotas, key=order)]


def _quota_verdict(quota: QuotaRecord, rows: Sequence[LimitRow]) -> str:
    """The one verdict; a record of an older version has that of the measurement alone."""
    return listed(quota.verdict, {row.verdict for row in rows})


def _quota_line(quota: QuotaRecord, rows: Sequence[LimitRow], record: RunRecord) -> QuotaLine:
    row = (
        rows[0] if rows else None
    )  # of several of one quota (tables) the one that the smallest volume reaches
    needed = None if row is None else row.needed
    wanted = None if row is None else row.with_headroom
    marked = freshness.mark_of(record, quota.origin, quota.read_at)
    taken = of_value(quota.peak, quota.value)
    return QuotaLine(
        name=quota.name,
        code=quota.code or "",
        service=quota.service,
        value=number(quota.value, quota.unit),
        origin=freshness.source_of(record, quota.origin, quota.read_at),
        current=not marked,
        needed="" if needed is None else number(needed),
        with_headroom="" if wanted is None else number(wanted),
        peak=number(quota.peak),
        peak_at=clock(quota.peak_at),
        share=taken,
        of_value="" if taken is None else share(taken),
        verdict=_quota_verdict(quota, rows),
        rejected=f"{quota.rejected:,} from {clock(quota.first_rejected_at)}" if quota.rejected else "",
        note=quota.note,
        source=quota.source,
    )


def operation_lines(record: RunRecord) -> list[OperationLine]:
    """Operations by service and name."""

    def line(operation: Operation) -> OperationLine:
        def quantiles(which: str) -> tuple[str, str, str, str]:
            found = getattr(operation, which)
            if found is None:
                return ("not measured",) * 4
            return tuple(milliseconds(getattr(found, q)) for q in ("p50", "p95", "p99", "max"))  # type: ignore[return-value]  # four names, four values

        return OperationLine(
            name=f"{operation.service} {operation.name}",
            requests=number(operation.requests),
            peak=number(operation.peak_per_second, "/s"),
            errors=number(operation.errors),
            throttles=number(operation.throttles),
            limits=number(operation.limits),
            codes=", ".join(f"{code}: {count:,}" for code, count in sorted(operation.codes.items())),
            latency=quantiles("latency"),
            service_time=quantiles("service_time"),
        )

    return [line(o) for o in sorted(record.operations, key=lambda o: (o.service, o.name))]


def retry_lines(record: RunRecord) -> list[RetryLine]:
    """Operations under the application's retry policy; none where it has none."""
    lines = []
    for one in record.retries:
        latency = one.latency
        times = [milliseconds(getattr(latency, q) if latency else None) for q in ("p50", "p99")]
        asked = (one.operations, one.attempts)
        became = (one.throttles, one.transients, one.recovered, one.failed, one.quota_empty)
        lines.append(RetryLine(f"{one.service} {one.name}", (*map(number, (*asked, *became)), *times)))
    return lines


def metric_rows(record: RunRecord) -> list[Row]:
    """The metrics that a Connect operator watches; one that the target has not says why."""

    def row(metric: OperatorMetric) -> Row:
        if metric.value is None:
            return Row(
                f"{metric.name} ({metric.statistic})", "not available from this target", metric.why_not
            )
        return Row(f"{metric.name} ({metric.statistic})", number(metric.value, metric.unit), metric.source)

    return [row(metric) for metric in record.metrics]


def objective_rows(record: RunRecord) -> list[tuple[str, str, str, str]]:
    """Objective, bound, measured, outcome."""

    def outcome(o: ObjectiveRecord) -> str:
        if o.holds is not None:
            words = "holds" if o.holds else "does not hold"
        else:
            words = "not measured" if o.measured is None else "not decided"
        return words + (f": {o.why}" if o.why else "")

    def measured(o: ObjectiveRecord) -> str:
        if o.interval is None:
            return number(o.measured)
        low, high = map(number, o.interval)
        return f"{number(o.measured)} ({low} to {high}, estimated from {number(o.sampled)} calls)"

    return [
        (o.metric, f"{o.bound} (default)" if o.default else o.bound, measured(o), outcome(o))
        for o in record.objectives
    ]
