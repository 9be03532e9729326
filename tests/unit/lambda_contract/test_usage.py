"""The flows' side of the contract: who invokes what with what, and which keys are read."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "exploration"))

from conftest_exploration import action, compare, flow, invoke, menu, say

from busyhour.errors import BusyhourError
from busyhour.flows.library import FlowLibrary
from busyhour.flows.model import FlowType
from busyhour.lambda_contract import contract as contracts
from busyhour.lambda_contract.usage import contract_of


def contract(*flows, **options):
    return contract_of(flows, FlowLibrary(flows).resolve, **options).functions


def reads(function):
    return {one.key: [place.action for place in one.places] for one in function.readings}


def test_parameters_time_and_response_of_an_invocation():
    one = action(
        "look up",
        "InvokeLambdaFunction",
        {
            "LambdaFunctionARN": "arn:aws:lambda:us-east-1:111122223333:function:lookup:live",
            "InvocationTimeLimitSeconds": "3",
            "LambdaInvocationAttributes": {"phone": "$.CustomerEndpoint.Address", "kind": "main"},
            "ResponseValidation": {"ResponseType": "JSON"},
        },
        then="end",
        errors={"NoMatchingError": "end"},
    )
    (found,) = contract(flow(one))["lookup"].invocations
    assert found.parameters == {"phone": "$.CustomerEndpoint.Address", "kind": "main"}
    assert (found.seconds, found.response, found.asynchronous) == (3.0, "JSON", False)


def test_keys_are_read_until_the_next_function_answers():
    main = flow(
        invoke("first", "first", "a", "end"),
        compare("a", "$.External.one", {"yes": "second"}, "second"),
        invoke("second", "second", "b", "failed"),
        say("b", text="Hello $.External.two"),
        say("failed", text="Still $.External.three"),
    )
    found = contract(main)
    assert reads(found["first"]) == {"one": ["a"], "three": ["failed"]}
    assert reads(found["second"]) == {"two": ["b"]}


def test_what_conditions_test_is_known_even_through_an_attribute():
    main = flow(
        invoke("look up", "lookup", "keep"),
        action(
            "keep",
            "UpdateContactAttributes",
            {"Attributes": {"tier": "$.External.tier"}},
            then="which",
            errors={"NoMatchingError": "end"},
        ),
        compare("which", "$.Attributes.tier", {"gold": "end", "silver": "end"}, "end"),
    )
    (tier,) = contract(main)["lookup"].readings
    assert tier.tested == ("gold", "silver")


def test_answers_live_on_in_the_next_flow_and_in_the_queue_flow_but_not_in_a_module():
    main = flow(
        invoke("look up", "lookup", "hook"),
        action(
            "hook",
            "UpdateContactEventHooks",
            {"EventHooks": {"CustomerQueue": "queue"}},
            then="module",
            errors={"NoMatchingError": "end"},
        ),
        action(
            "module",
            "InvokeFlowModule",
            {"FlowModuleId": "module"},
            then="menu",
            errors={"NoMatchingError": "end"},
        ),
        menu("menu", {"1": "go"}, "transfer"),
        action(
            "go", "TransferToFlow", {"ContactFlowId": "next"}, then="end", errors={"NoMatchingError": "end"}
        ),
        action("transfer", "TransferContactToQueue", {}, then="end", errors={"NoMatchingError": "end"}),
    )
    following = flow(say("hello", text="$.External.name"), name="next")
    queue = flow(say("wait", text="$.External.wait"), name="queue", type=FlowType.CUSTOMER_QUEUE)
    module = flow(say("inside", text="$.External.inner"), name="module", type=FlowType.MODULE)
    assert reads(contract(main, following, queue, module)["lookup"]) == {"name": ["hello"], "wait": ["wait"]}


def test_the_state_says_what_is_set_on_every_path_and_on_some():
    main = flow(
        action(
            "queue",
            "UpdateContactTargetQueue",
            {"QueueId": "q"},
            then="menu",
            errors={"NoMatchingError": "end"},
        ),
        menu("menu", {"1": "set"}, "look up", "look up"),
        action(
            "set",
            "UpdateContactAttributes",
            {"Attributes": {"lang": "es"}},
            then="look up",
            errors={"NoMatchingError": "end"},
        ),
        invoke("look up", "lookup"),
    )
    (found,) = contract(main)["lookup"].invocations
    assert found.state.always == ("Queue",)
    assert found.state.sometimes == ("Attributes.lang",)


def test_a_contract_is_written_and_read_back(tmp_path):
    main = flow(invoke("look up", "lookup", "which"), compare("which", "$.External.a", {"x": "end"}, "end"))
    found = contract_of([main], FlowLibrary([main]).resolve)
    path = tmp_path / "contract.json"
    path.write_text(contracts.render(found))
    assert contracts.read(path) == found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ('{"version": 2, "functions": {}}', "not a contract file"),
        (json.dumps([]), "not a contract file"),
    ],
)
def test_a_file_that_is_no_contract_is_refused(tmp_path, text, message):
    path = tmp_path / "contract.json"
    path.write_text(text)
    with pytest.raises(BusyhourError, match=message):
        contracts.read(path)
