"""Accepted findings: known by what they are about, for as long as agreed."""

import json
from dataclasses import replace
from datetime import date

import pytest

from busyhour.contracts.baseline import (
    Baseline,
    Entry,
    apply_baseline,
    key_of,
    lines,
    made_of,
    read_baseline,
    write_baseline,
)
from busyhour.contracts.finding import FileReport, Finding, Report, Severity
from busyhour.errors import BusyhourError

TODAY = date(2026, 11, 22)
FINDING = Finding(
    rule="queue-not-set",
    severity=Severity.WARNING,
    path="flows/main.json",
    line=12,
    column=5,
    pointer="/Actions/3/Transitions",
    flow="Main",
    action="To the queue",
    message="no queue is set when the flow takes the path Log → Menu —2→ To the queue",
    help="",
    identifier="To the queue",
)


def report(*findings):
    return Report(findings, (FileReport("flows/main.json", None, "Main", None, 5),), {})


@pytest.mark.parametrize(
    "moved",
    [
        replace(FINDING, line=99, column=1),
        replace(FINDING, pointer="/Actions/7/Transitions"),
        replace(FINDING, path="elsewhere/main.json"),
        replace(FINDING, severity=Severity.ERROR),
        replace(
            FINDING,
            message="no queue is set when the flow takes the path Log → Hours —True→ Menu —2→ To the queue",
        ),
    ],
)
def test_a_finding_that_moved_is_still_accepted(moved):
    assert key_of(moved) == key_of(FINDING)
    assert apply_baseline(report(moved), made_of([FINDING], today=TODAY), TODAY).report.findings == ()


@pytest.mark.parametrize(
    "other",
    [
        replace(FINDING, rule="no-end"),
        replace(FINDING, flow="Other"),
        replace(FINDING, identifier="To another queue"),
        replace(FINDING, pointer="/Actions/3/Parameters"),
        replace(FINDING, message="no queue 'b' is set"),
        replace(FINDING, message="$.Attributes.b is empty"),
        replace(FINDING, message="NoMatchingError leads to a disconnect"),
    ],
)
def test_a_different_finding_is_not_accepted(other):
    assert apply_baseline(report(other), made_of([FINDING], today=TODAY), TODAY).report.findings == (other,)


@pytest.mark.parametrize(
    ("before", "reworded"),
    [
        ("there is no queue", "no queue is set"),
        ("nothing sets $.Attributes.vip[0] before", "$.Attributes.vip[3] is empty"),
        ("'a' repeats, with `b`", 'the cycle of "b" and “a” has no bound'),
        ("NoMatchingError hangs up on 3 callers", "at NoMatchingError 4 callers are disconnected"),
        ("'Mian' is missing. Did you mean 'Main'?", "no flow has the name 'Mian'"),
        ("it's over, isn't it", "the flow ends"),
    ],
)
def test_a_finding_whose_message_is_worded_differently_is_still_accepted(before, reworded):
    old, new = replace(FINDING, message=before), replace(FINDING, message=reworded)
    assert apply_baseline(report(new), made_of([old], today=TODAY), TODAY).report.findings == ()


def test_two_values_at_one_place_are_two_entries():
    two = [replace(FINDING, message=f"$.Attributes.{name} is empty") for name in ("a", "b")]
    baseline = made_of(two, today=TODAY)
    assert len(baseline.entries) == 2
    third = replace(FINDING, message="$.Attributes.c is empty")
    assert apply_baseline(report(two[0], third), baseline, TODAY).report.findings == (third,)


def test_entries_of_older_versions_that_are_one_today_add_up(tmp_path):
    path = tmp_path / "b.json"
    entry = {"rule": "r", "flow": "Main", "action": "a", "pointer": ""}
    entries = [{**entry, "message": "one wording"}, {**entry, "message": "another wording"}]
    path.write_text(json.dumps({"version": 1, "entries": entries}))
    finding = replace(FINDING, rule="r", identifier="a", pointer="", message="a third wording")
    found = apply_baseline(report(*[finding] * 3), read_baseline(path), TODAY)
    assert (found.accepted, len(found.report.findings)) == (2, 1)


def test_list_positions_in_messages_are_ignored():
    one = replace(FINDING, message="Actions[3].Transitions is null")
    assert key_of(one) == key_of(replace(one, message="Actions[12].Transitions is null"))


def test_one_more_of_a_kind_than_accepted_is_reported():
    baseline = made_of([FINDING, FINDING], today=TODAY)
    assert [entry.count for entry in baseline.entries] == [2]
    remaining = apply_baseline(report(FINDING, FINDING, FINDING), baseline, TODAY)
    assert (len(remaining.report.findings), remaining.accepted) == (1, 2)


def test_an_entry_accepts_until_the_end_of_its_last_day():
    baseline = made_of([FINDING], today=TODAY, expires=date(2026, 12, 31))
    assert apply_baseline(report(FINDING), baseline, date(2026, 12, 31)).report.findings == ()
    late = apply_baseline(report(FINDING), baseline, date(2027, 1, 1))
    assert late.report.findings == (FINDING,)
    assert late.expired == baseline.entries


def test_stale_entries_are_reported_if_their_flow_and_rule_were_checked():
    baseline = made_of([FINDING], today=TODAY)
    assert apply_baseline(report(), baseline, TODAY).stale == baseline.entries
    assert apply_baseline(report(), baseline, TODAY, rules={"no-end"}).stale == ()
    assert apply_baseline(Report((), (), {}), baseline, TODAY).stale == ()


def test_rewriting_keeps_reasons_and_future_expiry_dates():
    old = Baseline((Entry(key_of(FINDING), 1, date(2026, 12, 1), "until the new flow"),))
    made = made_of([FINDING], old, today=TODAY, expires=date(2027, 3, 1))
    assert made.entries == old.entries
    expired = Baseline((Entry(key_of(FINDING), 1, date(2026, 11, 1), "until the new flow"),))
    assert made_of([FINDING], expired, today=TODAY, expires=date(2027, 3, 1)).entries == (
        Entry(key_of(FINDING), 1, date(2027, 3, 1), "until the new flow"),
    )


def test_a_written_baseline_can_be_read(tmp_path):
    path = tmp_path / "b.json"
    baseline = made_of([FINDING, FINDING, replace(FINDING, flow="Ä")], today=TODAY, expires=TODAY)
    write_baseline(baseline, path)
    assert read_baseline(path).entries == baseline.entries
    assert [entry.name for entry in tmp_path.iterdir()] == ["b.json"]


ENTRY = {"rule": "r", "flow": "f", "action": "", "pointer": "", "message": "m"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ("[]", 'has no list "entries"'),
        ('{"entries": []}', "is of version None"),
        ({}, "lacks action, flow, message, pointer, rule"),
        ({**ENTRY, "line": 3}, "has unknown members: line"),
        ({**ENTRY, "rule": 3}, "entries[0].rule is not a string"),
        ({**ENTRY, "count": 0}, "entries[0].count is 0"),
        ({**ENTRY, "count": True}, "entries[0].count is True"),
        ({**ENTRY, "expires": "soon"}, "entries[0].expires is 'soon', not a date like 2027-01-31"),
        ({**ENTRY, "expires": 20270131}, "not a date"),
    ],
)
def test_a_file_that_is_not_a_baseline_is_rejected_with_the_reason(tmp_path, text, said):
    path = tmp_path / "b.json"
    path.write_text(text if isinstance(text, str) else json.dumps({"version": 1, "entries": [text]}))
    with pytest.raises(BusyhourError) as raised:
        read_baseline(path)
    assert said in str(raised.value)


def test_a_missing_baseline_file_is_reported_with_a_hint(tmp_path):
    with pytest.raises(BusyhourError) as raised:
        read_baseline(tmp_path / "none.json")
    assert "--write-baseline" in (raised.value.hint or "")


def test_long_lists_of_entries_are_shortened():
    entries = [Entry(("r", "f", f"a{at}", "", "m")) for at in range(7)]
    assert lines(entries)[-1] == "and 2 more"
    assert lines(entries[:1]) == ["r in f [a0]: m"]
