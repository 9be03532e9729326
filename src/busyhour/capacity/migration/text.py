"""Format migration waves as text for the terminal."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table

from busyhour.capacity.migration.waves import Due, WavePlan

_SHOWN = 6
"""Number of quotas shown per wave, the tightest first."""


def text(plan: WavePlan, console: Console) -> None:
    """Print the waves with their needs, and the increases with their dates."""
    table = Table(title="Migration waves", title_justify="left", box=box.SIMPLE, pad_edge=False)
    table.add_column("date", no_wrap=True)
    table.add_column("wave")
    table.add_column("calls/h moved", justify="right")
    table.add_column("calls/h in all", justify="right")
    table.add_column("needs on the tightest quotas (present value)")
    for wave in plan.waves:
        needs = [
            f"{need.name} {need.needed:,.0f} ({need.present:,g}){'' if need.suffices else ' TOO LOW'}"
            for need in wave.needs[: max(_SHOWN, len(wave.short))]
        ]
        table.add_row(
            wave.date.isoformat(),
            wave.name,
            f"{wave.moved:,.0f}",
            f"{wave.calls_per_hour:,.0f}",
            "\n".join(needs),
            style="red" if wave.short else None,
        )
    console.print(table)
    for due in plan.increases:
        console.print(_words(due), style="bold red" if due.late else None, highlight=False)
    if plan.waves and not plan.increases:
        console.print("The present values carry every wave.")
    for lead in dict.fromkeys(due.lead for due in plan.increases):
        console.print(
            f"Lead time of a {lead.size} increase: {lead.words} ({lead.source}).",
            style="dim",
            highlight=False,
        )
    for note in plan.notes:
        console.print(f"Note: {note}.", style="dim", highlight=False)


def _words(due: Due) -> str:
    code = f" ({due.code})" if due.code else ""
    when = (
        f"LATE: the latest day was {due.ask_by}, {-due.days_left} days ago"
        if due.late
        else f"ask by {due.ask_by}, in {due.days_left} days"
    )
    return (
        f"{due.name}{code}: present value {due.present:,g}, needed {due.needed:,.0f}: {when} "
        f"(for wave {due.first_wave} on {due.needed_on}; a {due.lead.size} increase)"
    )
