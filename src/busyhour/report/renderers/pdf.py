"""The report as a PDF of a few pages, typeset by typst, with the plots as vectors: fit to be attached to a case."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from busyhour.errors import BusyhourError
from busyhour.printable import printable_lines
from busyhour.report.blocks import Block, Plots, Table
from busyhour.report.plots.registry import PLOTS
from busyhour.report.plots.time_series import Plot, on_paper
from busyhour.report.renderers.column_widths import column_widths
from busyhour.report.renderers.templating import MISSING
from busyhour.report.sections.registry import sections
from busyhour.report.sections.run import opening
from busyhour.results.record import RunRecord

TEMPLATE = "report.typ"
_LINE, _GAP = 130, 2
"""Characters of a line of a table, and between two columns."""


def render(record: RunRecord, templates: Sequence[Path]) -> bytes:
    """PDF from templates/report.typ.

    The template is handed `data.json` (opening and sections as data) and the plots as `plot-N.svg` in its folder.

    Raises:
        BusyhourError: the template is missing or typst refuses it; its words are in the message.
    """
    plots: list[Plot] = []

    def data(block: Block) -> dict[str, Any]:
        if isinstance(block, Plots):
            drawn = PLOTS[block.name](record)
            begin = len(plots)
            plots.extend(drawn)
            return {"kind": block.kind, "plots": [[begin + at, one.title] for at, one in enumerate(drawn)]}
        if not isinstance(block, Table):
            return {"kind": block.kind, **asdict(block)}
        widths = column_widths(block, _LINE - _GAP * len(block.columns))
        more = {"widths": [width + _GAP for width in widths], "calculations": block.calculations}
        return {"kind": block.kind, **asdict(block), **more}

    head = opening(record)
    shown = [
        {"title": entry.title, "blocks": [data(block) for block in section.blocks]}
        for entry, section in sections(record, "pdf")
    ]
    facts, verdict = data(head.facts), [data(block) for block in head.verdict]
    filled = {**asdict(head), "facts": facts, "verdict": verdict, "sections": shown}
    return typeset(TEMPLATE, templates, {"data.json": filled}, plots)


def _printable(data: Any) -> Any:
    """Return data of JSON with every text in it printable."""
    match data:
        case str():
            return printable_lines(data)
        case dict():
            return {key: _printable(value) for key, value in data.items()}
        case list() | tuple():
            return [_printable(value) for value in data]
        case _:
            return data


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
        raise BusyhourError(f"The template {name} is not in {', '.join(map(str, templates))}.", MISSING)
    with tempfile.TemporaryDirectory(prefix="busyhour-pdf-") as place:
        folder = Path(place)
        (folder / "main.typ").write_bytes(template.read_bytes())
        for file, data in files.items():
            (folder / file).write_text(json.dumps(_printable(data)), encoding="utf-8")
        for index, plot in enumerate(plots):
            (folder / f"plot-{index}.svg").write_text(on_paper(plot), encoding="utf-8")
        try:
            made = typst.compile(str(folder / "main.typ"), format="pdf", root=str(folder))
        except typst.TypstError as error:
            raise BusyhourError(f"{template}: typst refuses it: {error}", "Fix the template.") from None
    assert isinstance(made, bytes)
    return made
