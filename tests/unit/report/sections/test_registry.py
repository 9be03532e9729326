"""One list of sections: a section added to it appears in every format, or states why not."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from busyhour.report.blocks import FORMATS, Section, Table, Text, Tone, cell, figure, section, table, words
from busyhour.report.plots.registry import PLOTS
from busyhour.report.renderers import terminal
from busyhour.report.renderers.registry import RENDERERS
from busyhour.report.sections import registry
from busyhour.report.sections.registry import SECTIONS, Entry
from busyhour.results.record import RunRecord
from busyhour.shipped import shipped_root

TEMPLATES = [shipped_root() / "reports" / "templates"]


def parking(record: RunRecord) -> Section | None:
    """A section as a team would add one."""
    rows = [("North", cell("12", "of 40", tone=Tone.BAD)), ("South", cell("31"))]
    return section(
        Text(f"Parking during {record.run_id}."), table((words("Deck"), figure("Free spaces")), rows)
    )


PARKING = Entry("parking", "Parking decks", parking)


def page_of(name: str, record: RunRecord) -> str:
    """The words of a report in a format, in their order."""
    if name == "terminal":
        console = Console(file=io.StringIO(), width=120, record=True)
        terminal.show(record, console)
        return " ".join(console.export_text().split())
    made = RENDERERS[name].render(record, TEMPLATES)
    if name == "pdf":
        pypdf = pytest.importorskip("pypdf")
        return " ".join(" ".join(p.extract_text() for p in pypdf.PdfReader(io.BytesIO(made)).pages).split())
    return " ".join(re.sub(r"<[^>]+>", " ", made.decode()).split())


@pytest.mark.parametrize("name", FORMATS)
def test_a_section_that_is_added_appears_in_every_format(
    record: RunRecord, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "SECTIONS", (*SECTIONS, PARKING))
    page = page_of(name, record)
    for expected in (
        "Parking decks",
        "Parking during peak-2026",
        "Free",
        "North",
        "12",
        "of 40",
        "South",
        "31",
    ):
        assert expected in page[page.rindex("Parking decks") :], expected


def test_a_section_can_be_left_out_of_a_format_with_a_reason(
    record: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorter = replace(PARKING, left_out={"text": "mails are short"})
    monkeypatch.setattr(registry, "SECTIONS", (shorter,))
    assert "Parking decks" not in page_of("text", record)
    assert "Parking decks" in page_of("markdown", record)


def test_what_is_left_out_names_a_format_and_a_reason() -> None:
    for entry in SECTIONS:
        assert entry.left_out.keys() <= set(FORMATS), entry.name
        assert all(entry.left_out.values()), entry.name


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_the_sections_of_the_list_in_its_order(nightly: RunRecord, name: str) -> None:
    page = page_of(name, nightly)
    titles = [entry.title for entry, _ in registry.sections(nightly, name)]
    assert len(titles) >= 8
    place = 0
    for title in titles:
        place = page.index(title, place)


def test_names_are_anchors_and_there_once(nightly: RunRecord) -> None:
    names = [entry.name for entry in SECTIONS]
    assert len(set(names)) == len(names)
    page = RENDERERS["html"].render(nightly, TEMPLATES).decode()
    for entry, _ in registry.sections(nightly, "html"):
        assert f'<h2 id="{entry.name}">{entry.title}</h2>' in page


def test_every_drawing_that_a_section_names_is_known(nightly: RunRecord) -> None:
    named = {
        block.name
        for _, made in registry.sections(nightly, "html")
        for block in made.blocks
        if block.kind == "plots"
    }
    assert named == set(PLOTS)


@pytest.mark.parametrize("name", FORMATS)
def test_amounts_have_one_name_in_every_format(record: RunRecord, name: str) -> None:
    headings = {
        entry.name: [
            column.title for block in made.blocks if isinstance(block, Table) for column in block.columns
        ]
        for entry, made in registry.sections(record, name, ("limits", "quotas"))
    }
    assert {"Present value", "Needed", "Needed of the value", "With 20% headroom"} <= set(headings["limits"])
    assert {"Present value", "Needed", "Measured peak", "Measured peak of the value"} <= set(
        headings["quotas"]
    )


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_no_table_is_wider_than_the_console(nightly: RunRecord, width: int) -> None:
    page = io.StringIO()
    terminal.show(nightly, Console(file=page, width=width, no_color=True))
    assert max(map(len, page.getvalue().splitlines())) <= width
    assert "headroom" in page.getvalue()
