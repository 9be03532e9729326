"""The example deployment: its flows keep what Connect enforces, its handlers keep the Lambda contract."""

import importlib.util
import json
import re

import pytest

from busyhour.flows.export.reader import read_file
from busyhour.scenarios.reader import load
from busyhour.shipped import shipped_root

EXAMPLE = shipped_root() / "examples" / "helpdesk"
FLOWS = sorted((EXAMPLE / "flows").glob("*.json"))
SCENARIOS = [load(path) for path in sorted((shipped_root() / "scenarios").glob("*.toml"))]

# facts: error branches without which Connect refuses to publish, and those that it refuses.
NEEDED = {
    "Compare": {"NoMatchingCondition"},
    "InvokeLambdaFunction": {"NoMatchingError"},
    "UpdateContactAttributes": {"NoMatchingError"},
    "UpdateContactTargetQueue": {"NoMatchingError"},
    "TransferContactToQueue": {"NoMatchingError", "QueueAtCapacity"},
    "UpdateContactEventHooks": {"NoMatchingError"},
    "CheckHoursOfOperation": {"NoMatchingError"},
    "UpdateContactCallbackNumber": {"InvalidCallbackNumber", "CallbackNumberNotDialable"},
    "CreateCallbackContact": {"NoMatchingError"},
    "TransferToFlow": {"NoMatchingError"},
    "GetMetricData": {"NoMatchingError"},
    "Loop": set(),
}
TERMINAL = {"DisconnectParticipant", "EndFlowExecution", "EndFlowModuleExecution"}


@pytest.fixture(params=FLOWS, ids=lambda path: path.stem)
def export(request):
    return json.loads(request.param.read_text())


def strings(value):
    if isinstance(value, dict):
        return [one for inner in value.values() for one in strings(inner)]
    if isinstance(value, list):
        return [one for inner in value for one in strings(inner)]
    return [value]


def test_flows_are_connected_and_complete(export):
    actions = {action["Identifier"]: action for action in export["Actions"]}
    assert len(actions) == len(export["Actions"])
    reached, waiting = set(), [export["StartAction"]]
    while waiting:
        identifier = waiting.pop()
        if identifier in reached:
            continue
        reached.add(identifier)
        transitions = actions[identifier]["Transitions"]
        waiting += [transitions["NextAction"]] if "NextAction" in transitions else []
        waiting += [one["NextAction"] for key in ("Conditions", "Errors") for one in transitions.get(key, [])]
    assert reached == set(actions)
    assert set(export["Metadata"]["ActionMetadata"]) == set(actions)


def test_every_action_has_the_branches_that_connect_asks_for(export):
    for action in export["Actions"]:
        transitions, kind = action["Transitions"], action["Type"]
        if kind in TERMINAL:
            assert transitions == {}
            continue
        assert transitions["NextAction"]
        errors = {one["ErrorType"] for one in transitions.get("Errors", [])}
        if kind in NEEDED:
            assert errors == NEEDED[kind], action["Identifier"]
        for one in transitions.get("Conditions", []):
            (operand,) = one["Condition"]["Operands"]
            assert isinstance(operand, str)
            assert operand


def test_identifiers_and_values_are_legal(export):
    for action in export["Actions"]:
        assert len(action["Identifier"]) <= 50
        assert not re.search(r"[%:(\\/)=$,;\[\]{}]", action["Identifier"])
        assert all(isinstance(value, str) and value for value in strings(action["Parameters"]))


def test_no_flow_is_decoration():
    used = {scenario.flows.entry for scenario in SCENARIOS}
    used |= {name for scenario in SCENARIOS for name in scenario.flows.aliases.values()}
    assert used == {read_file(path).name for path in FLOWS}


def test_the_scenarios_know_everything_that_the_flows_refer_to():
    values = [
        value
        for path in FLOWS
        for a in json.loads(path.read_text())["Actions"]
        for value in strings(a["Parameters"])
    ]
    arns = {value for value in values if value.startswith("arn:")}
    assert len(arns) > 8
    known = {arn for scenario in SCENARIOS for arn in (*scenario.flows.aliases, *scenario.prompt_seconds)}
    known |= {queue.arn for scenario in SCENARIOS for queue in scenario.queues.values()}
    functions = {name for scenario in SCENARIOS for name in scenario.functions}
    assert {arn for arn in arns if ":function:" not in arn} <= known
    assert {arn.rpartition(":")[2] for arn in arns if ":function:" in arn} == functions


# ------------------------------------------------------------------------------------------------- the handlers


@pytest.fixture(scope="module")
def helpdesk():
    """The handlers' module, against moto's DynamoDB with the example's table."""
    import boto3
    from moto import mock_aws

    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("TABLE_NAME", "helpdesk-customers")
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(**json.loads((EXAMPLE / "tables/customers.json").read_text()))
        for item in json.loads((EXAMPLE / "tables/customers.items.json").read_text()):
            client.put_item(TableName="helpdesk-customers", Item=item)
        spec = importlib.util.spec_from_file_location("helpdesk_example", EXAMPLE / "lambda/helpdesk.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module


def event(address="+12025550103", contact="c-1", **parameters):
    endpoint = {"Address": address, "Type": "TELEPHONE_NUMBER"} if address else None
    return {
        "Name": "ContactFlowEvent",
        "Details": {
            "ContactData": {"ContactId": contact, "CustomerEndpoint": endpoint},
            "Parameters": parameters,
        },
    }


@pytest.mark.parametrize("name", ["lookup", "open_ticket", "ticket_status", "campaign_answer"])
@pytest.mark.parametrize("given", [event(), event(None), event(phone="", ticketNumber="1003", topic=None)])
def test_every_answer_is_a_flat_map_of_texts(helpdesk, name, given):
    answer = getattr(helpdesk, name)(given, None)
    assert answer
    assert all(isinstance(value, str) for pair in answer.items() for value in pair)


def test_a_known_caller_is_found_by_number(helpdesk):
    assert helpdesk.lookup(event(phone="+12025550104"), None)["tier"] == "gold"
    assert helpdesk.lookup(event("+12025550199"), None) == {"found": "no"}


def test_a_ticket_can_be_read_back(helpdesk):
    number = helpdesk.open_ticket(event(contact="c-2", topic="a new problem"), None)["ticketNumber"]
    assert len(number) == 6
    assert helpdesk.ticket_status(event(ticketNumber=number), None)["status"] == "open"
    assert helpdesk.ticket_status(event(ticketNumber="1001"), None)["found"] == "yes"
    assert helpdesk.ticket_status(event(ticketNumber="Timeout"), None) == {"found": "no"}


def test_a_retry_changes_nothing(helpdesk):
    import boto3

    def content():
        return sorted(
            json.dumps(item, sort_keys=True)
            for item in boto3.client("dynamodb", region_name="us-east-1").scan(
                TableName="helpdesk-customers"
            )["Items"]
        )

    given = event(contact="c-3", topic="x", answer="confirmed")
    handlers = (helpdesk.lookup, helpdesk.open_ticket, helpdesk.campaign_answer)
    first = [handler(given, None) for handler in handlers]
    before = content()
    assert [handler(given, None) for handler in handlers] == first
    assert content() == before
