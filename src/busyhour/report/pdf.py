"""The report as a PDF of a few pages, typeset by typst, with the plots as vectors: fit to be attached to a case."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from busyhour.capacity import queue_figures
from busyhour.errors import BusyhourError
from busyhour.quotas import shares
from busyhour.report import call_rows, evidence, limit, outlook, unpublished, view
from busyhour.report.ladder_plot import ladder_plot
from busyhour.report.plots import Plot, on_paper, run_plots
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
        "outcomes": call_rows.outcome_lines(record),
        "reasons": record.verdict.reasons,
        "headline": [asdict(row) for row in (*view.shown_rows(record), *view.headline(record))],
        "limit": limit.sentences(record.limit) if record.limit else [],
        "limit_causes": [asdict(line) for line in limit.cause_lines(record)],
        "first_words": outlook.first_words(record),
        "ladder": [asdict(rung) for rung in outlook.ladder(record)],
        "queues": [[list(figure) for figure in queue] for queue in outlook.queues(record)],
        "queue_caption": outlook.queue_caption(record),
        "queue_columns": list(queue_figures.COLUMNS),
        "measured_share": shares.MEASURED.capitalize(),
        "needed_share": shares.NEEDED.capitalize(),
        "unpublished": unpublished.sentences(record),
        "headroom_words": outlook.headroom_words(record),
        "dues": [asdict(due) for due in evidence.dues(record)],
        "ledger": [asdict(line) for line in evidence.ledger(record)],
        "arrivals": [asdict(row) for row in call_rows.arrivals(record)],
        "calls": [asdict(row) for row in call_rows.call_rows(record)],
        "quotas": [asdict(line) for line in view.quota_lines(record)],
        "operations": [asdict(line) for line in view.operation_lines(record)],
        "objectives": [list(row) for row in view.objective_rows(record)],
        "metrics": [asdict(row) for row in view.metric_rows(record)],
        "findings": [asdict(finding) for finding in record.findings],
        "unsaid": [*(f"Not measured: {text}" for text in record.not_measured), *record.notes],
        "plots": plots,
        "version": record.busyhour_version,
        "run": record.run_id,
    }
