"""Every constraint has a certainty with source and date, and what has none of its own has that of the file."""

import pytest

from busyhour.contracts.schema.evidence import CERTAINTIES, evidence, table
from busyhour.contracts.schema.store import shipped_schemas

STORE = shipped_schemas()
ALL = list(evidence(STORE))


def test_every_type_has_one_default_and_every_entry_a_known_certainty_a_source_and_a_date():
    assert [one.type for one in ALL if not one.place] == sorted(STORE.types)
    assert {one.certainty for one in ALL} == set(CERTAINTIES)
    assert all(one.source and one.date for one in ALL)


def test_entries_name_a_constraint_that_exists():
    def walk(schema):
        if isinstance(schema, list):
            for one in schema:
                walk(one)
        elif isinstance(schema, dict):
            for keyword in schema.get("x-evidence", {}):
                word, _, name = keyword.partition("/")
                assert word in schema, keyword
                assert not name or name in schema[word], keyword
            for inner in schema.values():
                walk(inner)

    for type in STORE.types:
        walk(STORE.action(type))


@pytest.mark.parametrize(
    ("type", "place", "certainty"),
    [
        ("Compare", "Transitions.NextAction", "live"),
        ("TagContact", "Parameters.Tags.(maxProperties)", "live"),
        ("UpdateContactEventHooks", "Parameters.EventHooks", "undecided"),
        ("GetParticipantInput", "in OUTBOUND_WHISPER", "undecided"),
        ("CheckSegmentMembership", "", "inferred"),
    ],
)
def test_certainty_of_single_constraints(type, place, certainty):
    assert certainty in {one.certainty for one in ALL if (one.type, one.place) == (type, place)}


def test_the_table_is_narrowed_to_the_constraints_that_rules_report():
    (errors, others) = (list(table(STORE, {one})) for one in ("missing-error", "toll-fraud"))
    assert others == []
    assert len(errors) >= 26
    assert all(one.endswith(" [missing-error]") for one in errors)
    assert len(list(table(STORE))) == len(ALL)


@pytest.mark.parametrize(
    ("place", "rule"),
    [
        ("Transitions.NextAction", "missing-next-action"),
        ("Parameters.Tags.(maxProperties)", "exclusive-parameters"),
        ("Transitions.Errors.ErrorType.(enum)", "disallowed-error"),
        ("Transitions.(additionalProperties)", "terminal-with-transitions"),
        ("Parameters.LoopCount.(type)", "string-scalar"),
        ("Transitions.Conditions.(minItems)", "missing-condition"),
    ],
)
def test_each_constraint_names_the_rule_that_reports_it(place, rule):
    assert {one.rule for one in ALL if one.place == place and one.certainty != "undecided"} == {rule}
    assert all(one.rule for one in ALL if one.place)


def test_what_is_undecided_is_reported_by_a_rule():
    assert all(one.rule for one in ALL if one.certainty == "undecided")
