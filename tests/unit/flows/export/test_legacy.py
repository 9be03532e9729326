"""The old export converted."""

import json

import pytest

from busyhour.flows.export.document import load, parse
from busyhour.flows.export.legacy import convert, is_legacy
from busyhour.flows.export.reader import read


def converted(type, parameters=(), branches=(), **more):
    module = {"id": "m", "type": type, "parameters": list(parameters), "branches": list(branches), **more}
    return convert(parse(json.dumps({"modules": [module], "start": "m", "version": "1"})))


def action_of(*args, **more):
    return converted(*args, **more).data["Actions"][0]


def parameter(name, value, **more):
    return {"name": name, "value": value, **more}


def branch(condition, transition, **more):
    return {"condition": condition, "transition": transition, **more}


@pytest.mark.parametrize(
    ("module", "type", "parameters"),
    [
        pytest.param(
            (
                "PlayPrompt",
                [parameter("Text", "Hello", namespace=None), parameter("TextToSpeechType", "text")],
            ),
            "MessageParticipant",
            {"Text": "Hello"},
            id="text",
        ),
        pytest.param(
            ("PlayPrompt", [parameter("Text", "<speak/>"), parameter("TextToSpeechType", "ssml")]),
            "MessageParticipant",
            {"SSML": "<speak/>"},
            id="ssml",
        ),
        pytest.param(
            ("PlayAudio", [parameter("AudioPrompt", None, resourceName="Beep.wav")]),
            "MessageParticipant",
            {"PromptId": "Beep.wav"},
            id="a blanked prompt keeps the resource's name",
        ),
        pytest.param(
            ("SetAttributes", [parameter("Attribute", "pin", key="p", namespace="User Defined")]),
            "UpdateContactAttributes",
            {"Attributes": {"p": "$.Attributes.pin"}},
            id="dynamic attribute",
        ),
        pytest.param(
            ("SetAttributes", [parameter("Attribute", "my key", key="p", namespace="External")]),
            "UpdateContactAttributes",
            {"Attributes": {"p": "$.External['my key']"}},
            id="a key with a space is quoted",
        ),
        pytest.param(
            ("CheckAttribute", [parameter("Attribute", "Customer Number"), parameter("Namespace", "System")]),
            "Compare",
            {"ComparisonValue": "$.CustomerEndpoint.Address"},
            id="system attributes have display names",
        ),
        pytest.param(
            ("CreateCallback", [parameter("InitialDelaySeconds", 5), parameter("Queue", "q")]),
            "CreateCallbackContact",
            {"InitialCallDelaySeconds": "5", "QueueId": "q"},
            id="numbers become strings",
        ),
        pytest.param(
            ("CheckStaffing", [parameter("Status", "Available")]),
            "CheckMetricData",
            {"MetricType": "NumberOfAgentsAvailable"},
            id="staffing",
        ),
        pytest.param(
            ("LoopPrompts", [parameter("Text", "Wait", key="text"), parameter("AudioPrompt", "p")]),
            "MessageParticipantIteratively",
            {"Messages": [{"Text": "Wait"}, {"PromptId": "p"}]},
            id="loop prompts",
        ),
    ],
)
def test_modules_become_actions(module, type, parameters):
    action = action_of(*module)
    assert (action["Type"], action["Parameters"]) == (type, parameters)


@pytest.mark.parametrize(
    ("name", "becomes"),
    [
        ("Agent User name", "$.Agent.UserName"),
        ("Queue outbound number", "$.Queue.OutboundCallerId.Address"),
        ("dialed number", "$.SystemEndpoint.Address"),
        ("Lex.IntentName", "$.Lex.IntentName"),
    ],
)
def test_names_of_the_system_become_references(name, becomes):
    compare = action_of("CheckAttribute", [parameter("Attribute", name), parameter("Namespace", "System")])
    assert compare["Parameters"]["ComparisonValue"] == becomes


def test_a_block_without_an_error_branch_continues_as_in_the_old_export():
    made = action_of(
        "SetContactFlow",
        [parameter("ContactFlowId", "arn:flow"), parameter("Type", "CustomerQueue")],
        [branch("Success", "end")],
    )
    assert made["Transitions"] == {
        "NextAction": "end",
        "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}],
    }


def test_a_blind_transfer_does_not_resume():
    blind = action_of(
        "Transfer", [parameter("PhoneNumber", "+1"), parameter("BlindTransfer", True)], target="PhoneNumber"
    )
    assert blind["Type"] == "TransferParticipantToThirdParty"
    assert blind["Parameters"]["ContinueFlowExecution"] == "False"


@pytest.mark.parametrize(
    ("branches", "continues"),
    [
        ([("Error", "end")], "False"),
        ([("Success", "end"), ("Error", "end"), ("CallFailure", "end"), ("Timeout", "end")], "True"),
    ],
)
def test_a_transfer_with_a_branch_for_it_resumes(branches, continues):
    made = action_of(
        "Transfer",
        [parameter("PhoneNumber", "+15555550100")],
        [{"condition": condition, "transition": target} for condition, target in branches],
        target="PhoneNumber",
    )
    assert made["Parameters"]["ContinueFlowExecution"] == continues
    assert made["Transitions"]["NextAction"] == "end"


def test_the_target_determines_the_action_of_a_transfer():
    assert action_of("Transfer", target="Queue")["Type"] == "TransferContactToQueue"
    assert action_of("Transfer", target="Flow")["Type"] == "TransferToFlow"


def test_menu_branches_become_conditions_and_errors():
    transitions = action_of(
        "GetUserInput",
        [parameter("Text", "Press 1"), parameter("Timeout", "5")],
        [
            branch("Evaluate", "one", conditionType="Equals", conditionValue="1"),
            branch("Timeout", "late"),
            branch("NoMatch", "other"),
            branch("Error", "bad"),
        ],
        target="Digits",
    )["Transitions"]
    assert transitions == {
        "NextAction": "other",
        "Conditions": [{"NextAction": "one", "Condition": {"Operator": "Equals", "Operands": ["1"]}}],
        "Errors": [
            {"NextAction": "late", "ErrorType": "InputTimeLimitExceeded"},
            {"NextAction": "other", "ErrorType": "NoMatchingCondition"},
            {"NextAction": "bad", "ErrorType": "NoMatchingError"},
        ],
    }


@pytest.mark.parametrize("shares", [(20, 30), (3, 6, 8), (1,), (99,), (50, 50), ("10", "0", "25")])
def test_percentages_become_bounds_that_keep_every_share(shares):
    branches = [
        branch("Evaluate", str(at), conditionType="Equals", conditionValue=share)
        for at, share in enumerate(shares)
    ]
    transitions = action_of("PercentileBranching", [], [*branches, branch("NoMatch", "rest")])["Transitions"]
    bounds = [int(one["Condition"]["Operands"][0]) for one in transitions["Conditions"]]
    drawn = [
        next((at for at, bound in enumerate(bounds) if number < bound), None) for number in range(1, 101)
    ]
    assert [drawn.count(at) for at in range(len(shares))] == [int(share) for share in shares]


def test_the_remaining_percentage_takes_the_branch_for_no_match():
    shares = [branch("Evaluate", "some", conditionType="Equals", conditionValue="20")]
    rest = branch("NoMatch", "rest", conditionType="Equals", conditionValue="80")
    transitions = action_of("PercentileBranching", [], [*shares, rest])["Transitions"]
    assert [one["Condition"]["Operands"] for one in transitions["Conditions"]] == [["21"]]
    assert transitions["Errors"] == [{"NextAction": "rest", "ErrorType": "NoMatchingCondition"}]


def test_time_in_queue_keeps_its_operator_and_its_milliseconds():
    action = action_of(
        "CheckQueueStatus",
        [],
        [branch("CheckQueueTime", "x", conditionType="LessThan", conditionValue=300000)],
    )
    assert action["Parameters"]["MetricType"] == "OldestContactInQueueAgeSeconds"
    assert action["Transitions"]["Conditions"][0]["Condition"] == {
        "Operator": "NumberLessThan",
        "Operands": ["300000"],
    }


def test_an_unknown_module_type_keeps_its_names():
    action = action_of("Teleport", [parameter("To", "moon")], [branch("Success", "x"), branch("Lost", "y")])
    assert action["Type"] == "Teleport"
    assert action["Parameters"] == {"To": "moon"}
    assert action["Transitions"] == {"NextAction": "x", "Errors": [{"NextAction": "y", "ErrorType": "Lost"}]}


def test_every_converted_value_has_a_position_in_the_old_file():
    result = converted(
        "GetUserInput",
        [parameter("Timeout", "5"), parameter("Text", "Press 1")],
        [branch("Success", "x"), branch("Error", "y")],
    )
    assert result.source(("Actions", 0, "Parameters", "Text")) == ("modules", 0, "parameters", 1, "value")
    assert result.source(("Actions", 0, "Transitions", "Errors", 0, "NextAction")) == (
        "modules",
        0,
        "branches",
        1,
        "transition",
    )
    assert result.source(("Actions", 0, "Parameters", "StoreInput")) == ("modules", 0, "parameters")
    assert result.source(("Actions", 0, "Nothing", "Such")) == ("modules", 0)
    column = result.document.text.index('"Press 1"') + 1
    assert result.position(("Actions", 0, "Parameters", "Text")).column == column


def test_every_old_export_of_the_corpus_converts_to_an_equal_flow(corpus):
    documents = [load(path) for path in corpus]
    old = [document for document in documents if is_legacy(document.data)]
    assert len(old) > 40
    for document in old:
        result = convert(document)
        again = read(parse(json.dumps(result.data)), name="same")
        assert again.actions == read(document).actions
        assert again.type == read(document).type
        known = {one["id"] for one in document.data["modules"]}
        assert {target for action in again.actions for target in action.targets()} <= known
        for pointer in result.sources:
            assert result.position(pointer).line >= 1
