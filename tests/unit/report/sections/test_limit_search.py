"""A search for the limit is shown with the rate that holds, its confidence, and what binds; without one nothing is shown."""

import io

import pytest

from busyhour.report.renderers.registry import RENDERERS
from busyhour.report.sections.limit_search import limit_search, sentences
from busyhour.report.sections.run import headline
from busyhour.results.record import LimitCause, LimitRecord, LimitRun, Outcome, RunRecord
from busyhour.shipped import shipped_root

from ..shown import texts

TEMPLATES = [shipped_root() / "reports" / "templates"]


@pytest.fixture
def searched(record: RunRecord) -> RunRecord:
    record.limit = LimitRecord(
        planned_calls_per_hour=1000.0,
        holds_calls_per_hour=1500.0,
        times=3,
        confidence=0.368,
        breaks_calls_per_hour=1560.0,
        cause="Concurrent calls (10 count)",
        stopped="",
        shown="step-02",
        run_seconds=75.0,
        run_calls=812,
        runs=[
            LimitRun("step-01", 1560.0, 1.56, Outcome.DOES_NOT_HOLD, "Concurrent calls (10 count)"),
            LimitRun("step-02", 1500.0, 1.5, Outcome.HOLDS, ""),
        ],
        causes=[
            LimitCause("Concurrent calls (10 count)", 1500.0, 3, 0.368, 1560.0, 1620.4),
            LimitCause("Objective errors at most 0", None, 0, 0.0, 1560.0),
        ],
    )
    return record


def test_rate_confidence_and_cause_are_said_in_words(searched: RunRecord) -> None:
    assert searched.limit is not None
    assert sentences(searched.limit) == [
        "Holds at 1,500 calls/h, 1.5 times the plan, 3 of 3 times: with 95 % confidence at least 37% of such runs "
        "(75 s, 812 calls) would hold.",
        "Breaks at 1,560 calls/h. What binds: Concurrent calls (10 count)",
    ]
    searched.limit.holds_calls_per_hour, searched.limit.stopped = None, "16 runs were made"
    assert sentences(searched.limit)[::2] == ["No rate held.", "The search ended early: 16 runs were made."]


def test_the_plan_and_the_rate_of_the_figures_are_told_apart(searched: RunRecord) -> None:
    rows = {label: value for label, value, _ in headline(searched)}
    assert rows["Busy hour"] == "1,000 calls/h"
    assert rows["Figures below"] == f"{searched.scenario['calls_per_hour']:,.0f} calls/h"


def test_a_rate_that_was_found_with_few_calls_says_so(searched: RunRecord) -> None:
    assert searched.limit is not None
    searched.limit.run_calls = 5
    assert sentences(searched.limit)[1].startswith("5 calls are few: a longer run meets peaks")


def test_each_cause_has_its_rates_and_the_forecast_beside_them(searched: RunRecord) -> None:
    first, second = texts(limit_search(searched), "What binds")
    assert list(first.values())[1:] == ["1,500", "3 of 3 (37%)", "1,560", "1,620"]
    assert list(second.values())[1:] == ["", "", "1,560", ""]


def test_runs_come_by_their_rate(searched: RunRecord) -> None:
    rows = texts(limit_search(searched), "The runs")
    assert [(row["Run"], row["Calls/h"], row["Of plan"]) for row in rows] == [
        ("step-02", "1,500", "1.5 x"),
        ("step-01", "1,560", "1.56 x"),
    ]


@pytest.mark.parametrize("name", ["html", "markdown", "text"])
def test_every_format_shows_it(searched: RunRecord, name: str) -> None:
    page = " ".join(RENDERERS[name].render(searched, TEMPLATES).decode().split())
    for expected in ("3 of 3 (37%)", "1,620", "step-02", "with 95 % confidence", "1.56 x"):
        assert expected in page, expected


def test_the_pdf_says_it_too(searched: RunRecord) -> None:
    pypdf = pytest.importorskip("pypdf")
    pages = pypdf.PdfReader(io.BytesIO(RENDERERS["pdf"].render(searched, TEMPLATES))).pages
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    assert "with 95 % confidence" in text
    assert "3 of 3 (37%)" in text


def test_a_run_without_a_search_has_no_such_part(record: RunRecord) -> None:
    assert "highest rate that holds" not in RENDERERS["html"].render(record, TEMPLATES).decode()
    assert limit_search(record) is None
