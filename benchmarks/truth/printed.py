"""The table as plain text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from .compared import Row, outcome
from .measured import Skipped

HEADS = ("plan", "quantity", "way", "value", "reference", "source", "difference", "95 %", "")


def as_json(rows: Sequence[Row], skipped: Sequence[Skipped], seconds: float) -> str:
    """One JSON object."""
    found = outcome(rows)
    return json.dumps(
        {
            "rows": [row.as_json() for row in rows],
            "skipped": [{"plan": each.plan, "why": each.why} for each in skipped],
            "plans": len({row.plan for row in rows}),
            "comparisons": found.rows,
            "sampled": found.sampled,
            "misses": found.misses,
            "misses_allowed": found.allowed,
            "wrong": found.wrong,
            "agree": found.holds,
            "seconds": round(seconds, 1),
        },
        indent=1,
    )


def as_text(rows: Sequence[Row], skipped: Sequence[Skipped], seconds: float) -> str:
    """A table with one line for each comparison, and what it comes to."""
    lines = [_cells(row) for row in rows]
    widths = [max(len(line[i]) for line in [HEADS, *lines]) for i in range(len(HEADS))]

    def text(cells: Sequence[str]) -> str:
        return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()

    found = outcome(rows)
    told = [text(HEADS), text(["-" * width for width in widths]), *map(text, lines), ""]
    told += [f"{each.plan}: skipped: {each.why}" for each in skipped]
    told.append(
        f"{len({row.plan for row in rows})} plans, {found.rows} comparisons in {seconds:.0f} s. Of {found.sampled} with an "
        f"interval {found.misses} lie outside 95 % (at most {found.allowed} by chance, 99.9 %); {found.wrong} of all are "
        "wrong: outside 99.99 %, or exact and not equal."
    )
    told.append("The ways agree." if found.holds else "The ways do not agree.")
    return "\n".join(told)


def _cells(row: Row) -> tuple[str, ...]:
    mark = "WRONG" if not row.certain else "miss" if not row.within else "yes"
    return (
        row.plan,
        row.quantity,
        row.way,
        _number(row.value),
        _number(row.reference),
        row.source,
        "" if row.difference is None else f"{row.difference:+.3g}",
        "" if row.error is None else f"± {1.96 * row.error:.2g}",
        mark,
    )


def _number(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.5g}"
