"""The report as a PDF of a few pages, typeset by typst, with the plots as vectors: fit to be attached to a case."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from busyhour.capacity.render import queue_figures
from busyhour.errors import BusyhourError
from busyhour.quotas import shares
from busyhour.report.plots.bottlenecks import ladder_plot
from busyhour.report.plots.time_series import Plot, on_paper, run_plots
from busyhour.report.sections import calls, forecast, ledger, limit_search, run, unpublished_limits
from busyhour.results.record import RunRecord

TEMPLATE = "report.typ"


def render(record: RunRecord, templates: Sequence[Path]) -> bytes:
    """PDF from templates/report.typ.

    The template is handed `data.json` (the view of the record) and the plots as `plot-N.svg` in its folder.

    Raises:
        BusyhourError: the template is missing or typst refuses it; its words are in the message.
    """
    ladder = ladder_plot(record)
    plots = [*([ladder] if ladder else []), *run_plots(record)]
    data = _data(record, [plot.title for plot in plots])
    return typeset(TEMPLATE, templates, {"data.json": data}, plots)


def typeset(
    name: str, templates: Sequence[Path], files: Mapping[str, object], plots: Sequence[Plot]
) -> bytes:
    """PDF from the first template `name`, which finds `files` as JSON and the plots as `plot-N.svg` in its folder.

    Raises:
        BusyhourError: the template is missing or typst refuses it; its words are in the message.
    """
    import typst

    template = next((folder / name for folder in templates if (folder / name).is_file()), None)
    if template is None:
        raise BusyhourError(f"The template {name} is not in {', '.join(map(str, templates))}.")
    with tempfile.TemporaryDirectory(prefix="busyhour-pdf-") as place:
        folder = Path(place)
        (folder / "main.typ").write_bytes(template.read_bytes())
        for file, data in files.items():
            (folder / file).write_text(json.dumps(data), encoding="utf-8")
        for index, plot in enumerate(plots):
            (folder / f"plot-{index}.svg").write_text(on_paper(plot), encoding="utf-8")
        try:
            made = typst.compile(str(folder / "main.typ"), format="pdf", root=str(folder))
        except typst.TypstError as error:
            raise BusyhourError(f"{template}: typst refuses it: {error}", "Fix the template.") from None
    assert isinstance(made, bytes)
    return made


def _data(record: RunRecord, plots: list[str]) -> dict[str, object]:
    return {
        "name": record.scenario.get("name", ""),
        "description": record.scenario.get("description", ""),
        "outcome": record.verdict.outcome,
        "summary": record.verdict.summary,
        "outcomes": calls.outcome_lines(record),
        "reasons": record.verdict.reasons,
        "headline": [asdict(row) for row in (*run.shown_rows(record), *run.headline(record))],
        "limit": limit_search.sentences(record.limit) if record.limit else [],
        "limit_causes": [asdict(line) for line in limit_search.cause_lines(record)],
        "first_words": forecast.first_words(record),
        "ladder": [asdict(rung) for rung in forecast.ladder(record)],
        "queues": [[list(figure) for figure in queue] for queue in forecast.queues(record)],
        "queue_caption": forecast.queue_caption(record),
        "queue_columns": list(queue_figures.COLUMNS),
        "measured_share": shares.MEASURED.capitalize(),
        "needed_share": shares.NEEDED.capitalize(),
        "unpublished": unpublished_limits.sentences(record),
        "headroom_words": forecast.headroom_words(record),
        "dues": [asdict(due) for due in ledger.dues(record)],
        "ledger": [asdict(line) for line in ledger.ledger(record)],
        "arrivals": [asdict(row) for row in calls.arrivals(record)],
        "calls": [asdict(row) for row in calls.call_rows(record)],
        "quotas": [asdict(line) for line in run.quota_lines(record)],
        "operations": [asdict(line) for line in run.operation_lines(record)],
        "objectives": [list(row) for row in run.objective_rows(record)],
        "metrics": [asdict(row) for row in run.metric_rows(record)],
        "findings": [asdict(finding) for finding in record.findings],
        "unsaid": [*(f"Not measured: {text}" for text in record.not_measured), *record.notes],
        "plots": plots,
        "version": record.busyhour_version,
        "run": record.run_id,
    }
