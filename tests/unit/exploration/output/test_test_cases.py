"""The smallest set of calls, complete enough for the bare machine."""

import json
from pathlib import Path

import jsonschema
import pytest
from conftest_exploration import action, compare, flow, invoke, say

from busyhour.exploration.output import test_cases
from busyhour.exploration.project import Explored, read_flows
from busyhour.exploration.search.complete_search import events, follow, start
from busyhour.exploration.search.explorer import Explorer, Settings
from busyhour.exploration.world.context import Context
from busyhour.flows import protocol as p
from busyhour.shipped import shipped_root

SCHEMA = Path(test_cases.__file__).with_name("paths.schema.json")
NO_CHANCE = Settings(examples=0)


def cases(*flows):
    explorer = Explorer(Context(flows), (), NO_CHANCE, collects=True)
    reports = explorer.explore()
    wanted = {one for report in reports for one in report.transitions if one not in report.unreachable}
    return explorer.context, test_cases.smallest_set(explorer, wanted), wanted


def test_no_call_can_be_left_out(helpdesk):
    _, found, wanted = cases(*helpdesk)
    taken = [set(one.played.path) for one in found]
    assert wanted <= set().union(*taken)
    for at in range(len(taken)):
        assert not wanted <= set().union(*taken[:at], *taken[at + 1 :])


def test_two_branches_on_two_comparisons_need_two_calls():
    main = flow(
        compare("a", "$.Attributes.a", {"x": "b"}, "b"),
        compare("b", "$.Attributes.b", {"x": "one"}, "two"),
        say("one"),
        say("two"),
    )
    _, found, _ = cases(main)
    assert len(found) == 2


def test_what_was_settled_on_the_way_is_given_from_the_start():
    main = flow(
        compare("which", "$.Attributes.lang", {"es": "look up"}, "end"),
        invoke("look up", "lookup", "tier"),
        compare("tier", "$.External.tier", {"gold": "bot"}, "end"),
        action(
            "bot",
            "ConnectParticipantWithLexBot",
            {"Text": "yes?", "LexV2Bot": {"AliasArn": "a"}},
            then="slot",
            when={"Book": "slot"},
            errors={"NoMatchingCondition": "end", "NoMatchingError": "end"},
        ),
        compare("slot", "$.Lex.Slots.City", {"Rome": "end"}, "end"),
    )
    context, found, _ = cases(main)
    rome = next(
        one
        for one in found
        if any(isinstance(e, p.LexResult) and e.slots.get("City") == "Rome" for e in events(one.played))
    )
    assert start(rome.played)["attributes"] == {"lang": "es"}
    assert any(isinstance(e, p.LambdaResult) and e.payload == {"tier": "gold"} for e in events(rome.played))
    for one in found:
        assert follow(context, one.played) == [
            (run.flow.name, run.action.identifier) for run in one.played.actions
        ]


def test_the_bare_machine_runs_the_same_actions_for_the_helpdesk(helpdesk):
    context, found, _ = cases(*helpdesk)
    for one in found:
        assert follow(context, one.played) == [
            (run.flow.name, run.action.identifier) for run in one.played.actions
        ]


@pytest.fixture(scope="module")
def printed():
    subjects = read_flows([str(shipped_root() / "examples" / "helpdesk" / "flows")])
    explorer = Explorer(subjects.context, (), NO_CHANCE, collects=True)
    return json.loads(json.dumps(test_cases.document(Explored(subjects, explorer.explore()), explorer)))


def test_what_is_printed_fits_its_schema(printed):
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(printed)
    assert printed["uncovered"] == []
    assert all(one["covers"] and one["expected"] for one in printed["calls"])
