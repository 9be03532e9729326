"""What was learnt, printed or written, and how a scenario with it reproduces the recorded days."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from busyhour.cli._say import print_document, say

if TYPE_CHECKING:
    from busyhour.capacity.reproduction.compare import ComparedDay
    from busyhour.learning.exports.mapping import ColumnMap
    from busyhour.learning.findings import Findings
    from busyhour.learning.learnt import Learnt


def print_findings(
    found: Findings,
    columns: ColumnMap | None,
    form: str,
    output: Path | None,
    reproduced: tuple[list[ComparedDay], int] | None = None,
) -> None:
    """Print what was learnt and how the scenario reproduces it, or write it to `output`."""
    import json

    from busyhour.atomic_write import write_atomically
    from busyhour.capacity.reproduction import render as reproduction
    from busyhour.learning import render

    if form == "text":
        document = render.text(found, columns)
        if reproduced is not None and reproduced[0]:
            document += f"\n{reproduction.text(*reproduced)}"
    else:
        data = render.as_json(found, columns)
        if reproduced is not None:
            data["reproduction"] = reproduction.as_json(*reproduced)
        document = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    if output is None:
        print_document(document, form=form)
    else:
        write_atomically(output, document.encode())
        say(f"Wrote {output}", err=True)


def compared(
    scenario: Path, calls: Learnt | None, root: Path, plot: Path | None
) -> tuple[list[ComparedDay], int] | None:
    """Compare the recorded days with simulations of the scenario as it is now, and draw them; None without calls."""
    from contextlib import nullcontext

    from busyhour.atomic_write import write_atomically
    from busyhour.capacity.demand.handlers import HandlerAnswers
    from busyhour.capacity.demand.machine import machine_of
    from busyhour.capacity.reproduction import compare, render
    from busyhour.scenarios.reader import load

    if calls is None or not calls.recorded:
        return None
    planned = load(scenario, root=root)
    if not planned.drive.has_calls:
        return None
    real = any(function.handler for function in planned.functions.values())
    with HandlerAnswers(planned) if real else nullcontext() as answers:
        machine = machine_of(planned)
        days = [*compare.compare(planned, calls, machine, answers, lambda line: say(line, err=True))]
    if plot is not None and days:
        write_atomically(plot, render.picture(days, plot.suffix[1:].lower()))
        say(f"Wrote {plot}", err=True)
    return days, compare.left_out(calls, days)
