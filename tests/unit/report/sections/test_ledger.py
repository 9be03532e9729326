"""Waves and ledger as people read them."""

from __future__ import annotations

from busyhour.report.blocks import Tone
from busyhour.report.plots.waves import wave_plot
from busyhour.report.renderers.registry import RENDERERS
from busyhour.report.sections.ledger import ledger
from busyhour.report.sections.waves import waves
from busyhour.results.record import RunRecord
from busyhour.shipped import shipped_root

from ..shown import rows, sentences, texts

TEMPLATES = [shipped_root() / "reports" / "templates"]


def test_waves_with_what_they_need(migrating: RunRecord) -> None:
    pilot, rest = texts(waves(migrating), "Waves")
    assert (pilot["Date"], pilot["In all"], pilot["Outcome"]) == ("2027-01-20", "360", "carries it")
    assert (rest["Needed"], rest["Present value"], rest["Outcome"]) == ("47", "10", "too low")


def test_present_values_that_are_not_current_are_marked(migrating: RunRecord) -> None:
    mark = "emulator value, not read from the account"
    told = f"Present values ({mark}): Concurrent active calls per instance."
    [due] = texts(waves(migrating), "Increases")
    assert due["From"] == mark
    assert told in sentences(waves(migrating))
    migrating.target = {**migrating.target, "kind": "aws"}
    [due] = texts(waves(migrating), "Increases")
    assert due["From"] == ""
    assert told not in sentences(waves(migrating))


def test_an_increase_has_its_latest_day_with_the_source_of_the_lead_time(migrating: RunRecord) -> None:
    [due] = rows(waves(migrating), "Increases")
    assert due["Request by"].in_brackets == "2027-01-11 (late: the latest day was 3 days ago)"
    assert due["Request by"].tone is Tone.BAD
    assert due["Lead time"].in_brackets == "larger: up to 3 weeks (Admin Guide)"


def test_what_is_not_proven_comes_first_and_an_unreadable_row_is_left_out(migrating: RunRecord) -> None:
    first, second = rows(ledger(migrating))
    assert {heading: cell.text for heading, cell in first.items() if heading != "Place"} == {
        "Quota": "Concurrent active calls per instance (L-12AB7C57)",
        "Needed": "47 for 3,600 calls/h (peak)",
        "Requested": "47, CASE_OPENED, req-1, case 17",
        "Applied": "-",
        "Verified under load": "not yet",
    }
    assert first["Verified under load"].tone is Tone.WARN
    assert second["Verified under load"].text.startswith("yes: peak 60")
    assert second["Verified under load"].tone is Tone.GOOD


def test_the_drawing_crosses_the_line(migrating: RunRecord) -> None:
    [plot] = wave_plot(migrating)
    assert "80% at first, 470% at last" in plot.description
    assert "help desk" in plot.svg


def test_a_record_without_waves_or_ledger_has_none(record: RunRecord) -> None:
    assert waves(record) is None
    assert ledger(record) is None
    assert wave_plot(record) == []


def test_the_page_has_both(migrating: RunRecord) -> None:
    page = RENDERERS["html"].render(migrating, TEMPLATES).decode()
    assert "should have been requested by 2027-01-11" in page
    assert "the waves move 90% of the planned volume." in page
    assert "47, CASE_OPENED, req-1, case 17" in page
    assert "Evidence ledger" in page


def test_a_page_without_them_leaves_them_out(page: str) -> None:
    assert "Migration waves" not in page
    assert "Evidence ledger" not in page
