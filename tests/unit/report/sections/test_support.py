"""The report for AWS Support: what AWS asks for, within what a case takes, from texts that a team can replace."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from busyhour.errors import BusyhourError
from busyhour.quotas import freshness
from busyhour.report.renderers import support_text
from busyhour.report.renderers.registry import RENDERERS
from busyhour.report.sections import support
from busyhour.results.record import RunRecord
from busyhour.shipped import shipped_root

TEMPLATES = [shipped_root() / "reports" / "templates"]
ARN = "arn:aws:connect:eu-central-1:444455556666:instance/abc"


@pytest.fixture
def planned(record: RunRecord) -> RunRecord:
    """A run whose scenario says all that AWS asks."""
    record.quotas = [quota for quota in record.quotas if not quota.key.startswith("dynamodb")]
    record.scenario |= {
        "agents": {"Support": 40, "Accounts": 12},
        "calls_by_hour": [1200.0, 3600.0, 2400.4],
        "talk_seconds": 240.0,
        "wrap_up_seconds": 30.0,
        "aht_seconds": 270.0,
        "support": {
            "use_case": "Help desk of 2,000 shops.",
            "retries": "SDK standard mode.",
            "impact": "Tills stand still.",
        },
    }
    record.target = {"kind": "aws", "region": "eu-central-1", "account": "444455556666", "instance_arn": ARN}
    record.forecast["waves"] = {
        "waves": [
            {
                "name": "help desk",
                "date": "2027-02-01",
                "volume_text": "1,800",
                "increases": [
                    {
                        "name": "Concurrent active calls per instance",
                        "needed_text": "28",
                        "ask_by": "2027-01-11",
                    }
                ],
            },
            {"name": "rest", "date": "2027-03-01", "volume_text": "3,600", "increases": []},
        ]
    }
    return record


def words_of(made: bytes) -> str:
    pypdf = pytest.importorskip("pypdf")
    pages = pypdf.PdfReader(io.BytesIO(made)).pages
    assert len(pages) <= 6, "a few pages"
    return " ".join(" ".join(page.extract_text() for page in pages).split())


WANTED = (
    *("Help desk of 2,000 shops.", "3,600 outbound calls per hour", "52", "270 s", "240 s", "30 s"),
    *(
        "10",
        "47",
        "L-12AB7C57",
        "applied (instance)",
        ARN,
        "eu-central-1",
        "SDK standard mode.",
        "Tills stand still.",
    ),
    *(
        "expected values, without padding",
        "Needed by the plan, in count: 47",
        "Measured peak: 10",
        "3,600 calls/h x 34.9 s / 3600 = 34.9 erlang; 34.9 erlang at most 1 % blocked, by Erlang B: 47",
    ),
    *("binds at 460", "reorder tone", "72% by calculation, 70% by simulation", "2027-02-01", "1,800"),
)


def test_the_text_has_all_that_aws_asks_for(planned: RunRecord) -> None:
    text = RENDERERS["support-text"].render(planned, TEMPLATES).decode()
    joined = " ".join(text.split())
    for wanted in WANTED:
        assert wanted in joined, wanted
    assert "hour 2 3,600; hour 3 2,400" in text
    assert "please fill in" not in text
    assert "None" not in text


def test_the_pdf_has_all_that_aws_asks_for(planned: RunRecord) -> None:
    made = RENDERERS["support-pdf"].render(planned, TEMPLATES)
    assert len(made) < 5_000_000
    words = words_of(made)
    for wanted in WANTED:
        assert wanted in words, wanted
    assert "Concurrent active calls per instance: 28" in words
    assert "hour 2" in words
    assert "please fill in" not in words
    assert b"/Subtype /Image" not in made, "plots are vectors"


@pytest.mark.parametrize("name", ["support-text", "support-pdf"])
def test_the_same_run_gives_the_same_bytes(planned: RunRecord, name: str) -> None:
    assert RENDERERS[name].render(planned, TEMPLATES) == RENDERERS[name].render(planned, TEMPLATES)


def test_what_the_run_does_not_know_is_to_be_filled_in_not_made_up(record: RunRecord) -> None:
    facts = support.case(record)
    assert facts.emulated
    assert (facts.agents_total, facts.aht, facts.retries) == (0, "", "")
    text = support_text.of_case(facts, TEMPLATES)
    assert "please fill in the instance ARN" in text
    assert "please fill in how your clients retry" in text
    assert "Average handle time" not in text
    assert "123456789012" not in text, "the emulator's own instance is not a customer's"
    assert words_of(RENDERERS["support-pdf"].render(record, TEMPLATES)).count("please fill in") >= 4


def test_a_named_instance_takes_the_emulators_place(record: RunRecord) -> None:
    facts = support.case(record, instance=ARN)
    assert (facts.emulated, facts.region, facts.account) == (False, "eu-central-1", "444455556666")
    assert ARN in support_text.of_case(facts, TEMPLATES)


def test_headroom_that_was_asked_for_is_said(planned: RunRecord) -> None:
    text = support_text.of_case(support.case(planned, headroom=0.2), TEMPLATES)
    assert "All values contain a headroom of 20%" in text
    assert "10 -> 59" in text
    assert "without padding" not in text


@pytest.mark.parametrize("count", [1, 8, 20, 40])
def test_the_text_is_shortened_until_a_case_takes_it(planned: RunRecord, count: int) -> None:
    facts = support.case(planned)
    many = replace(facts, asks=tuple(replace(facts.asks[0], name=f"Quota {n}") for n in range(count)))
    text = support_text.of_case(many, TEMPLATES)
    assert len(text) <= support_text.MAX_CHARACTERS
    for n in range(count):
        assert re.search(rf"Quota {n} \(L-12AB7C57\): 10 -> 47", text), "every value stays"


def test_a_text_that_stays_too_long_is_refused_with_the_way_out(planned: RunRecord) -> None:
    facts = replace(support.case(planned), use_case="x" * 9000)
    with pytest.raises(BusyhourError, match="a case takes 8,000") as caught:
        support_text.of_case(facts, TEMPLATES)
    assert "[support]" in str(caught.value.hint)


def test_a_teams_own_template_goes_before_ours(planned: RunRecord, tmp_path: Path) -> None:
    (tmp_path / "support.txt.j2").write_text("Dear AWS, {{ case.asks[0].asked }} please.")
    assert support_text.of_case(support.case(planned), [tmp_path, *TEMPLATES]) == "Dear AWS, 47 please.\n"
    (tmp_path / "support.typ").write_text('#let case = json("case.json")\nOnly #case.volume')
    assert words_of(RENDERERS["support-pdf"].render(planned, [tmp_path, *TEMPLATES])) == "Only 3,600"


def test_a_run_that_needs_nothing_says_so(planned: RunRecord) -> None:
    planned.quotas = [quota for quota in planned.quotas if quota.verdict == "holds"]
    planned.forecast["quotas"] = []
    planned.forecast["limits"] = planned.forecast["limits"][1:]
    facts = support.case(planned)
    assert facts.asks == ()
    assert "the present values carry the plan" in support_text.of_case(facts, TEMPLATES)
    assert "no increase is requested" in words_of(RENDERERS["support-pdf"].render(planned, TEMPLATES))


def test_values_read_from_the_account_make_no_draft(planned: RunRecord) -> None:
    facts = support.case(planned)
    assert not facts.draft
    assert [ask.gap for ask in facts.asks] == [""]
    for made in (
        support_text.of_case(facts, TEMPLATES),
        words_of(RENDERERS["support-pdf"].render(planned, TEMPLATES)),
    ):
        assert "draft" not in made.lower()
        assert "gap" not in made


@pytest.mark.parametrize(
    ("origin", "age", "gap"),
    [
        ("documented default", 0, "documented default, not read from the account"),
        ("AWS default", 0, "AWS default, not read from the account"),
        ("override", 0, "override, not read from the account"),
        ("emulator", 0, "emulator value, not read from the account"),
        ("applied (instance)", 90, "90 days ago"),
    ],
)
def test_a_present_value_that_is_not_current_makes_a_draft_with_a_marked_gap(
    planned: RunRecord, origin: str, age: int, gap: str
) -> None:
    calls = next(quota for quota in planned.quotas if "Concurrent active calls" in quota.name)
    calls.origin, calls.read_at = origin, (freshness.today() - timedelta(days=age)).isoformat()
    facts = support.case(planned)
    assert facts.draft
    text = support_text.of_case(facts, TEMPLATES)
    assert text.startswith("DRAFT, NOT FOR AWS")
    assert "Draft: service quota increase for Amazon Connect" in text
    assert re.search(rf"10 \(gap: .*{re.escape(gap)}\) -> 47", text)
    words = words_of(RENDERERS["support-pdf"].render(planned, TEMPLATES))
    assert words.startswith("Draft: capacity report for AWS Support")
    assert re.search(rf"gap: .*{re.escape(gap)}", words)


def test_the_report_of_a_run_against_the_emulator_is_a_draft(record: RunRecord) -> None:
    assert support.case(record).draft
    assert support.case(record, instance=ARN).draft, "a named instance does not make the values its own"
