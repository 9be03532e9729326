"""What a run showed of its plan, in every output; and records of versions that did not record it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from busyhour.report.renderers.registry import RENDERERS
from busyhour.report.sections import quotas
from busyhour.report.sections.run import shown_rows
from busyhour.results.codec import decode, encode
from busyhour.results.record import Outcome, RunRecord, Shown, VerdictRecord
from busyhour.shipped import shipped_root

from ..shown import texts

SHOWN = Shown(
    "calls in progress", 603.6, 141.0, reached=139.2, peak=147.0, ended=20, cut_off=140, why=["Too short."]
)


def test_the_load_reached_stands_beside_the_plans_with_the_calls_that_ended(record: RunRecord) -> None:
    load, ended = shown_rows(replace(record, shown=SHOWN))
    assert load == (
        "Load reached",
        "139.2 of the plan's 603.6 calls in progress",
        "peak 147; 141 by calculation; the stationary state was not reached",
    )
    assert ended[1:] == ("20", "140 cut off")


def test_raised_arrivals_are_named_and_a_rate_has_no_calls_that_end(record: RunRecord) -> None:
    raised = Shown(
        "calls/h", 72_000.0, 108_000.0, factor=1.5, reached=107_000.0, peak=120_000.0, stationary=True
    )
    [(_, _, note)] = shown_rows(replace(record, shown=raised))
    assert note == "peak 120,000; 108,000 by calculation, arrivals raised to 1.5 x the plan"


def test_a_record_of_an_older_version_names_the_version_that_gave_the_verdict(record: RunRecord) -> None:
    old = encode(replace(record, busyhour_version="0.3.1"))
    del old["shown"]
    for objective in old["objectives"]:
        objective.pop("default")
    for quota in old["quotas"]:
        del quota["rejected_share"], quota["tolerated"]
    read = decode(RunRecord, old)
    [(label, value, _)] = shown_rows(read)
    assert (label, value) == ("Verdict given by", "busyhour 0.3.1")
    assert read.verdict == record.verdict


@pytest.mark.parametrize("name", ["text", "markdown", "html"])
def test_a_run_that_is_not_shown_is_rendered_as_such(record: RunRecord, name: str) -> None:
    made = replace(record, shown=SHOWN, verdict=VerdictRecord(Outcome.NOT_SHOWN, SHOWN.why, "is not shown"))
    page = " ".join(RENDERERS[name].render(made, [shipped_root() / "reports" / "templates"]).decode().split())
    assert "not shown" in page.lower()
    assert "603.6 calls in progress" in page
    assert "140 cut off" in page


@pytest.mark.parametrize("seen", ["holds", "tight", "unknown"])
def test_a_quota_that_the_plan_exceeds_does_not_hold_in_any_output(record: RunRecord, seen: str) -> None:
    """Regardless of what a short run saw: the list of limits has a need of 47 at a value of 10."""
    calls = next(q for q in record.quotas if q.code == "L-12AB7C57")
    short = replace(calls, verdict=seen, peak=3.0, utilisation=0.3, rejected=0)
    run = replace(record, quotas=[short])
    [row] = texts(quotas.quotas(run))
    assert row["Verdict"] == "exceeded by calculation"
    for name in ("text", "markdown", "html"):
        text = " ".join(
            RENDERERS[name].render(run, [shipped_root() / "reports" / "templates"]).decode().split()
        )
        assert "exceeded by" in text, name
