"""Waves and ledger as people read them."""

from __future__ import annotations

from busyhour.report.plots.waves import wave_plot
from busyhour.report.renderers.registry import RENDERERS
from busyhour.report.sections import ledger
from busyhour.results.record import RunRecord
from busyhour.shipped import shipped_root

TEMPLATES = [shipped_root() / "reports" / "templates"]


def test_waves_with_what_they_need(migrating: RunRecord) -> None:
    pilot, rest = ledger.waves(migrating)
    assert (pilot.date, pilot.volume, pilot.needs[0].suffices) == ("2027-01-20", "360", True)
    assert (rest.needs[0].needed, rest.needs[0].suffices) == ("47", False)


def test_present_values_that_are_not_current_are_marked(migrating: RunRecord) -> None:
    [due] = ledger.dues(migrating)
    assert due.mark == "emulator value, not read from the account"
    assert ledger.present_notes(migrating) == [
        "Present values (emulator value, not read from the account): Concurrent active calls per instance"
    ]
    migrating.target = {**migrating.target, "kind": "aws"}
    assert ledger.dues(migrating)[0].mark == ""
    assert ledger.present_notes(migrating) == []


def test_an_increase_says_by_when_and_by_whose_word(migrating: RunRecord) -> None:
    [due] = ledger.dues(migrating)
    assert (due.ask_by, due.late, due.says) == ("2027-01-11", True, "late: the latest day was 3 days ago")
    assert (due.lead, due.source) == ("larger: up to 3 weeks", "Admin Guide")


def test_what_is_not_proven_stands_first_and_what_is_no_row_is_left_out(migrating: RunRecord) -> None:
    first, second = ledger.ledger(migrating)
    assert (first.quota, first.state) == ("Concurrent active calls per instance (L-12AB7C57)", "open")
    assert first.needed == "47 for 3,600 calls/h (peak)"
    assert first.requested == "47, CASE_OPENED, req-1, case 17"
    assert (first.applied, first.verified) == ("-", "-")
    assert (second.state, second.verified[:12]) == ("proven", "yes: peak 60")


def test_the_drawing_crosses_the_line(migrating: RunRecord) -> None:
    plot = wave_plot(migrating)
    assert plot is not None
    assert "80% at first, 470% at last" in plot.description
    assert "help desk" in plot.svg


def test_a_record_without_waves_or_ledger_has_none(record: RunRecord) -> None:
    assert ledger.waves(record) == []
    assert ledger.dues(record) == []
    assert ledger.ledger(record) == []
    assert wave_plot(record) is None


def test_the_page_has_both(migrating: RunRecord) -> None:
    page = RENDERERS["html"].render(migrating, TEMPLATES).decode()
    assert "should have been asked for by 2027-01-11" in page
    assert "the waves move 90% of the planned volume." in page
    assert "47, CASE_OPENED, req-1, case 17" in page
    assert "Evidence ledger" in page


def test_a_page_without_them_does_not_speak_of_them(page: str) -> None:
    assert "Migration waves" not in page
    assert "Evidence ledger" not in page
