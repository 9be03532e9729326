"""The quotas that a run touched: present value, need and measured peak side by side."""

from __future__ import annotations

from collections.abc import Sequence

from busyhour.quotas import freshness, shares
from busyhour.quotas.comparison import listed
from busyhour.report.blocks import Cell, Plots, Section, Tone, cell, figure, section, table, words
from busyhour.report.figures import NEEDED, PEAK, PRESENT, clock, number, share
from busyhour.results.entries import QuotaRecord
from busyhour.results.limit_rows import LimitRow, limit_rows
from busyhour.results.record import RunRecord

_VERDICTS = {
    "binds": (0, Tone.BAD),
    "exceeded by calculation": (0, Tone.BAD),
    "not decided": (1, Tone.WARN),
    "tight": (2, Tone.WARN),
    "unknown": (3, Tone.SOFT),
    "holds": (4, Tone.GOOD),
}
"""Place in the table, and tone."""
_COLUMNS = (
    words("Quota"),
    words("Code", below=True),
    figure(PRESENT),
    words("From"),
    figure(NEEDED),
    figure(PEAK),
    figure("At"),
    figure(shares.MEASURED.capitalize()),
    words("Verdict"),
)


def quotas(record: RunRecord) -> Section | None:
    """Quotas, the ones that bind or that the plan exceeds first, then by utilisation."""
    rows: dict[str, list[LimitRow]] = {}
    for row in limit_rows(record):
        rows.setdefault(row.key, []).append(row)

    def order(quota: QuotaRecord) -> tuple[int, float, str]:
        place, _ = _VERDICTS.get(_verdict(quota, rows.get(quota.key, [])), (9, Tone.NONE))
        return place, -(quota.utilisation or 0.0), quota.key

    caption = (
        "What the plan needs and what this run measured, compared with the present value of each quota that it touched. "
        f"{shares.MEASURED.capitalize()}: of a rate that of the busiest second, which the burst may carry above 100 %."
    )
    lines = [_line(quota, rows.get(quota.key, []), record) for quota in sorted(record.quotas, key=order)]
    return section(table(_COLUMNS, lines, caption), Plots("concurrent calls") if record.series else None)


def _verdict(quota: QuotaRecord, rows: Sequence[LimitRow]) -> str:
    """The one verdict; a record of an older version has that of the measurement alone."""
    return listed(quota.verdict, {row.verdict for row in rows})


def _line(quota: QuotaRecord, rows: Sequence[LimitRow], record: RunRecord) -> tuple[Cell, ...]:
    # Of several rows of one quota (tables), the one that the smallest volume reaches.
    needed = rows[0].needed if rows else None
    verdict = _verdict(quota, rows)
    _, tone = _VERDICTS.get(verdict, (9, Tone.NONE))
    taken = shares.of_value(quota.peak, quota.value)
    current = not freshness.mark_of(record, quota.origin, quota.read_at)
    rejected = f"{quota.rejected:,} rejected from {clock(quota.first_rejected_at)}" if quota.rejected else ""
    return (
        cell(quota.name, quota.note),
        cell(quota.code or ""),
        cell(number(quota.value, quota.unit)),
        cell(
            freshness.source_of(record, quota.origin, quota.read_at), tone=Tone.NONE if current else Tone.WARN
        ),
        cell("" if needed is None else number(needed)),
        cell(number(quota.peak)),
        cell(clock(quota.peak_at)),
        cell(
            "" if taken is None else share(taken), tone=tone if taken is not None else Tone.NONE, share=taken
        ),
        cell(verdict, rejected, tone=tone),
    )
