"""Outcomes of calls stand at the top of the verdict in every rendering; estimates are marked as such."""

from __future__ import annotations

from dataclasses import replace

import pytest

from busyhour.report.renderers import html_page, markdown, pdf, text
from busyhour.report.sections import calls, run
from busyhour.results.entries import Arrivals, ObjectiveRecord
from busyhour.results.outcomes import CallOutcomes, OutcomeProblem
from busyhour.results.record import RunRecord
from busyhour.shipped import shipped_root

from ..shown import texts

TEMPLATES = [shipped_root() / "reports" / "templates"]
LINE = '[functions.next] response = { flow = "x" }'
OUTCOMES = CallOutcomes(
    total=65,
    counts={"empty reference": 65},
    shares={"empty reference": 1.0},
    error_branch=65,
    wanting=65,
    problems=[
        OutcomeProblem("main", "t-1", "Transfer", "TransferToFlow has no target", 65, LINE, wanting=True)
    ],
)


@pytest.fixture
def told(record: RunRecord) -> RunRecord:
    return replace(record, outcomes=OUTCOMES)


@pytest.mark.parametrize(
    "renderer", [html_page, markdown, text], ids=lambda module: module.__name__.rpartition(".")[2]
)
def test_outcomes_come_before_the_reasons_of_the_verdict(told: RunRecord, renderer: object) -> None:
    page = renderer.render(told, TEMPLATES).decode()  # type: ignore[attr-defined]  # a module with render
    flat = " ".join(page.replace("│", " ").split())
    at = flat.index("Outcomes of 65 calls: 100% empty reference.")
    assert at < flat.index(
        "65 of 65 calls at main / Transfer: TransferToFlow has no target. Write: [functions.next]"
    )
    assert all(at < flat.index(reason.split()[0], at) for reason in told.verdict.reasons)


def test_the_pdf_is_made_with_outcomes(told: RunRecord) -> None:
    assert pdf.render(told, TEMPLATES).startswith(b"%PDF")


def test_a_record_without_outcomes_says_nothing_of_them(record: RunRecord) -> None:
    assert run.outcome_lines(replace(record, outcomes=None)) == []


def test_estimated_ends_are_marked(record: RunRecord) -> None:
    arrivals = Arrivals(
        800, 800, 0, 0, blocked=137, completed=663, sampled=60, of=780, intervals={"blocked": [74.2, 236.9]}
    )
    rows = {label: (count, note) for label, count, note in calls.arrivals(replace(record, arrivals=arrivals))}
    count, note = rows["Blocked"]
    assert count == "137"
    assert note.endswith("estimate, 74 to 237, from 60 of 780 accepted calls")
    assert "estimate" not in rows["Started"][1]


def test_counts_of_calls_are_marked_where_a_sample_is_known(record: RunRecord) -> None:
    sample = {
        "queued": 520,
        "service_level": 0.6,
        "sampled": 60,
        "of": 780,
        "intervals": {"queued": [430.1, 600.0]},
    }
    notes = {label: note for label, _, note in calls.call_rows(replace(record, calls=sample))}
    assert notes == {
        "queued": "estimate from 60 of 780 accepted calls, 430.1 to 600",
        "service level": "estimate from 60 of 780 accepted calls",
    }
    assert calls.call_rows(replace(record, calls={"queued": 520})) == [("queued", "520", "")]


def test_the_service_level_of_a_run_has_the_interval_of_the_plans(record: RunRecord) -> None:
    known = {"queued": 520, "service_level": 0.6, "intervals": {"service_level": [0.5, 0.7]}}
    rows = calls.call_rows(replace(record, calls=known))
    assert rows == [("queued", "520", ""), ("service level", "0.6", "of the plan: 0.5 to 0.7")]


def test_an_objective_that_is_not_decided_shows_its_interval(record: RunRecord) -> None:
    undecided = ObjectiveRecord(
        "blocked_share", "at most 0.1", 0.1, None, "0.08 to 0.125", interval=(0.08, 0.125), sampled=400
    )
    default = ObjectiveRecord("error_branch_share", "at most 0.001", 0.0, True, default=True)
    first, second = texts(run.objectives(replace(record, objectives=[undecided, default])))
    assert first["Measured"] == "0.1 (0.08 to 0.125, estimated from 400 calls)"
    assert first["Outcome"] == "not decided: 0.08 to 0.125"
    assert (second["Bound"], second["Measured"], second["Outcome"]) == (
        "at most 0.001 (default)",
        "0",
        "holds",
    )
