"""Automatic fixes: what they change, what they leave, and that calls run as before."""

import json
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.generated_flows import strategies as connect

from busyhour.contracts.action_view import ActionView
from busyhour.contracts.analysis.paths import decides
from busyhour.contracts.autofix import fix_document, fix_files
from busyhour.contracts.check import Checker
from busyhour.contracts.finding import Severity
from busyhour.contracts.reading.sources import Gathered, source_of
from busyhour.contracts.schema.store import shipped_schemas
from busyhour.flows import protocol as p
from busyhour.flows.action_types import declared
from busyhour.flows.export.document import parse
from busyhour.flows.export.reader import read
from busyhour.flows.library import FlowLibrary
from busyhour.flows.machine import Machine

CHECKER = Checker()


def action(identifier, type, parameters, transitions):
    return {"Identifier": identifier, "Type": type, "Parameters": parameters, "Transitions": transitions}


def flow(*actions):
    return {"Version": "2019-10-30", "StartAction": actions[0]["Identifier"], "Actions": list(actions)}


def say(identifier="Greet", then="End", **more):
    return action(identifier, "MessageParticipant", {"Text": "Hello"}, {"NextAction": then, **more})


def end(**more):
    return {**action("End", "DisconnectParticipant", {}, {}), **more}


def fix_text(text):
    return fix_document(parse(text), shipped_schemas())


def errors(text):
    report = CHECKER.check(Gathered((source_of(text),)))
    return [one for one in report.findings if one.severity is Severity.ERROR]


LOOP = [
    {"NextAction": "Greet", "Condition": {"Operator": "Equals", "Operands": ["ContinueLooping"]}},
    {"NextAction": "End", "Condition": {"Operator": "Equals", "Operands": ["DoneLooping"]}},
]
GREET = say(then="Count")
BROKEN = {
    "a number": flow(action("Count", "MessageParticipant", {"Text": 3}, {"NextAction": "End"}), end()),
    "a boolean": flow(
        say(),
        end(),
        action("Set", "GetParticipantInput", {}, {}),
    ),
    "no list of errors": flow(say(Errors=None), end()),
    "no list of conditions": flow(say(Conditions=None), end()),
    "no parameters": flow(say(), {key: value for key, value in end().items() if key != "Parameters"}),
    "parameters null": flow(say(), end(Parameters=None)),
    "transitions of an end": flow(say(), end(Transitions={"NextAction": "", "Errors": [], "Conditions": []})),
    "a NextAction that is not taken": flow(
        action("Count", "Loop", {"LoopCount": "3"}, {"NextAction": "", "Conditions": LOOP}), GREET, end()
    ),
    "no NextAction where none is taken": flow(
        action("Count", "Loop", {"LoopCount": "3"}, {"Conditions": LOOP}), GREET, end()
    ),
    "an unconnected branch that is never taken": flow(
        action(
            "Log",
            "UpdateFlowLoggingBehavior",
            {"FlowLoggingBehavior": "Enabled"},
            {"NextAction": "Greet", "Errors": [{"ErrorType": "NoMatchingError", "NextAction": ""}]},
        ),
        say(),
        end(),
    ),
}
BROKEN["a boolean"] = flow(
    action(
        "Ask",
        "GetParticipantInput",
        {
            "Text": "Number?",
            "StoreInput": True,
            "InputTimeLimitSeconds": 5,
            "InputValidation": {"CustomValidation": {"MaximumLength": 4}},
        },
        {"NextAction": "End", "Errors": [{"ErrorType": "NoMatchingError", "NextAction": "End"}]},
    ),
    end(),
)


@pytest.mark.parametrize("indent", [None, 2, "\t"])
@pytest.mark.parametrize("name", BROKEN)
def test_a_rejected_flow_is_accepted_after_the_fix(name, indent):
    text = json.dumps(BROKEN[name], indent=indent)
    assert errors(text)
    fixed, what = fix_text(text)
    assert what
    assert errors(fixed) == []
    assert fix_text(fixed) == (fixed, [])


@pytest.mark.parametrize("name", BROKEN)
def test_a_flow_inside_a_describe_response_is_fixed(name):
    inner = json.dumps(BROKEN[name], indent=1)
    text = json.dumps({"ContactFlow": {"Name": "Größe", "Content": inner}}, indent=2, ensure_ascii=False)
    fixed, what = fix_text(text)
    assert what
    assert errors(fixed) == []
    assert json.loads(fixed)["ContactFlow"]["Content"] == fix_text(inner)[0]


def test_a_fix_changes_only_the_affected_characters():
    text = json.dumps(BROKEN["a number"], indent=3).replace('"Count"', ' "Count"  ')
    fixed, _ = fix_text(text)
    assert fixed == text.replace('"Text": 3', '"Text": "3"')


def test_a_fix_keeps_line_ends_and_byte_order_mark(tmp_path):
    path = tmp_path / "flow.json"
    text = json.dumps(BROKEN["a number"], indent=2).replace("\n", "\r\n")
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert [one for one, _ in fix_files([str(path)])] == [path]
    assert path.read_bytes() == b"\xef\xbb\xbf" + text.replace(": 3", ': "3"').encode()


def test_files_without_fixes_are_not_written(tmp_path):
    path = tmp_path / "flow.json"
    path.write_text(json.dumps(flow(say(), end())))
    before = path.stat()
    assert list(fix_files([str(tmp_path)])) == []
    assert path.stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize(
    "left",
    [
        flow(say(then=""), end()),  # where to, only a person knows
        flow(
            action("Count", "Loop", {"LoopCount": 3.5}, {"NextAction": "End", "Conditions": LOOP}),
            GREET,
            end(),
        ),
        flow(say(), end(), end()),
    ],
)
def test_findings_that_need_a_decision_are_not_fixed(left):
    text = json.dumps(left)
    assert errors(text)
    assert fix_text(text)[0] == text


# ------------------------------------------------------------------------------------------- no call notices


def options(effect):
    """Every kind of answer to an effect, good and bad."""
    match effect:
        case p.Play():
            return [p.Done(), p.Done(), p.Failed()]
        case p.Loop(seconds=seconds):
            return [p.HungUp()] if seconds == float("inf") else [p.Done(), p.Done(), p.HungUp()]
        case p.Collect(choices=choices):
            return [p.Silence(), p.Failed(), p.Digits("0"), p.Digits("4711"), *map(p.Digits, choices)]
        case p.Converse(intents=intents):
            return [p.Silence(), p.Failed(), *map(p.LexResult, intents), p.LexResult("other")]
        case p.Invoke():
            return [
                p.LambdaResult({"status": "ok"}),
                p.LambdaResult({}),
                p.LambdaFailed("timeout", seconds=8.0),
            ]
        case p.CheckHours():
            return [p.Hours(True), p.Hours(False), p.Failed()]
        case p.ReadMetrics():
            return [p.Failed(), p.Metrics({})]
        case p.Enqueue():
            return [p.AtCapacity(), p.Failed(), p.Queued()]
        case p.Dial():
            return [p.Failed(), p.Connected()]
        case p.Service():
            return [p.Succeeded(), p.Failed()]
        case _:
            return [p.Done()]


def heard(text, seed, steps=40):
    """Everything that a call through the flow asks of the world, answered at random but always the same."""
    flow = read(parse(text), name="main")
    live = Machine(FlowLibrary([flow])).call(flow)
    choose = random.Random(seed)
    effects = [live.start()]
    while not isinstance(effects[-1], p.Ended) and len(effects) < steps:
        effects.append(live.send(choose.choice(options(effects[-1]))))
    return [told(effect) for effect in effects], dict(live.attributes)


def told(effect):
    """An effect in a comparable form: a service gets the parameters as the file has them, strings or not."""
    if isinstance(effect, p.Service):
        return (
            "Service",
            effect.action,
            effect.type,
            as_strings(effect.parameters),
            effect.errors,
            effect.branches,
        )
    return repr(effect)


def as_strings(value):
    if isinstance(value, dict):
        return {key: as_strings(inner) for key, inner in value.items()}
    return [as_strings(inner) for inner in value] if isinstance(value, list) else str(value).lower()


def damage(flow, choose):
    """Do to a valid flow what fixes undo."""
    for one in flow["Actions"]:
        for holder, key in list(scalars(one["Parameters"])):
            if choose.random() < 0.5:
                value = holder[key]
                if value.isdecimal() and str(int(value)) == value:
                    holder[key] = int(value)
                elif value in ("True", "true"):
                    holder[key] = True
                elif value in ("False", "false"):
                    holder[key] = False
        transitions = one["Transitions"]
        if (
            (declared(one["Type"]).ends_on_success or decides(ActionView(0, one)))
            and "NextAction" in transitions
            and choose.random() < 0.5
        ):
            if choose.random() < 0.5:
                del transitions["NextAction"]
            else:
                transitions["NextAction"] = choose.choice(["", "$end"])
        if transitions and choose.random() < 0.5:
            for name in ("Errors", "Conditions"):
                if not transitions.get(name):
                    transitions[name] = None
        if not transitions and choose.random() < 0.5:
            one["Transitions"] = {"NextAction": "", "Errors": [], "Conditions": []}
        if not one["Parameters"] and choose.random() < 0.5:
            del one["Parameters"]


def scalars(value):
    """(holder, key) of every string in a JSON value."""
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, inner in members:
        if isinstance(inner, str):
            yield value, key
        else:
            yield from scalars(inner)


@given(flow=connect.flows(), seed=st.integers(0, 2**32), indent=st.sampled_from([None, 2]))
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_call_through_the_fixed_flow_is_the_same(flow, seed, indent):
    damage(flow, random.Random(seed))
    text = json.dumps(flow, indent=indent)
    fixed, _ = fix_text(text)
    for caller in range(3):
        assert heard(fixed, caller) == heard(text, caller)


@given(flow=connect.flows(), seed=st.integers(0, 2**32))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_errors_of_these_kinds_are_fixed_completely(flow, seed):
    before = {one.rule for one in errors(json.dumps(flow))}
    damage(flow, random.Random(seed))
    fixed, what = fix_text(json.dumps(flow, indent=2))
    assert {one.rule for one in errors(fixed)} <= before, what


@given(broken=connect.broken_flows(), seed=st.integers(0, 2**32))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_fix_never_adds_an_error(broken, seed):
    flow, _ = broken
    text = json.dumps(flow)
    fixed, what = fix_text(text)
    assert {one.rule for one in errors(fixed)} <= {one.rule for one in errors(text)}
    assert (fixed == text) == (not what)
