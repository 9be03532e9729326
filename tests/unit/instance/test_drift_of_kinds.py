"""Drift is found for each kind of resource that a pull reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from .conftest import Centre
from .scaffold.test_new import deploy

TABLE = "helpdesk-customers"


def here(centre: Centre) -> dict[str, str]:
    return {"InstanceId": centre.emulator.state.account.instance_id}


def module(centre: Centre, read: Callable[[str], Any]) -> None:
    found = read("modules/helpdesk-ticket-status.json")["ContactFlowModule"]
    content = json.dumps(found["Content"]).replace("Please enter your ticket number", "Your ticket")
    centre.client("connect").update_contact_flow_module_content(
        **here(centre), ContactFlowModuleId=found["Id"], Content=content
    )


def number(centre: Centre, read: Callable[[str], Any]) -> None:
    identifier = next(iter(read("index.json")["resources"]["phone-numbers"]))
    flow = read("flows/helpdesk-after-hours.json")["ContactFlow"]["Id"]
    centre.client("connect").associate_phone_number_contact_flow(
        **here(centre), PhoneNumberId=identifier, ContactFlowId=flow
    )


def function(centre: Centre, _: Callable[[str], Any]) -> None:
    centre.client("lambda").update_function_configuration(FunctionName="helpdesk-lookup", Timeout=4)


def concurrency(centre: Centre, _: Callable[[str], Any]) -> None:
    centre.client("lambda").put_function_concurrency(
        FunctionName="helpdesk-lookup", ReservedConcurrentExecutions=5
    )


def table(centre: Centre, _: Callable[[str], Any]) -> None:
    centre.client("dynamodb").update_table(
        TableName=TABLE,
        BillingMode="PROVISIONED",
        ProvisionedThroughput={"ReadCapacityUnits": 3, "WriteCapacityUnits": 3},
    )


def alarm(centre: Centre, _: Callable[[str], Any]) -> None:
    centre.client("cloudwatch").put_metric_alarm(
        AlarmName="Calls",
        Namespace="AWS/Connect",
        MetricName="ConcurrentCalls",
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=8,
        ComparisonOperator="GreaterThanThreshold",
    )


def bot(centre: Centre, _: Callable[[str], Any]) -> None:
    centre.client("connect").associate_bot(
        **here(centre),
        LexV2Bot={"AliasArn": "arn:aws:lex:us-east-1:123456789012:bot-alias/ABCDEFGHIJ/KLMNOPQRST"},
    )


def user(centre: Centre, read: Callable[[str], Any]) -> None:
    connect = centre.client("connect")
    (profile,) = (
        one
        for one, entry in read("index.json")["resources"]["routing-profiles"].items()
        if entry["name"] == "Helpers"
    )
    security = connect.list_security_profiles(**here(centre))["SecurityProfileSummaryList"][0]["Id"]
    connect.create_user(
        **here(centre),
        Username="one.more",
        Password="Secret-123",
        IdentityInfo={"FirstName": "A", "LastName": "B"},
        PhoneConfig={"PhoneType": "SOFT_PHONE"},
        SecurityProfileIds=[security],
        RoutingProfileId=profile,
    )


def group(centre: Centre, _: Callable[[str], Any]) -> None:
    centre.client("connect").create_user_hierarchy_group(**here(centre), Name="North")


def view(centre: Centre, _: Callable[[str], Any]) -> None:
    centre.client("connect").create_view(
        **here(centre),
        Name="Guide",
        Status="PUBLISHED",
        Content={"Template": '{"Head": {"Title": "x"}, "Body": []}', "Actions": []},
    )


def version(centre: Centre, read: Callable[[str], Any]) -> None:
    flow = read("flows/helpdesk-main.json")["ContactFlow"]["Id"]
    centre.client("connect").create_contact_flow_version(**here(centre), ContactFlowId=flow)


CHANGES: Mapping[str, tuple[Callable[[Centre, Callable[[str], Any]], None], str]] = {
    "module": (module, "flow module helpdesk-ticket-status: Ask for the ticket number: Text: "),
    "number": (number, "phone number US DID"),
    "function": (function, "function helpdesk-lookup: Timeout: 7 -> 4"),
    "concurrency": (
        concurrency,
        "function helpdesk-lookup: Concurrency.ReservedConcurrentExecutions: (none) -> 5",
    ),
    "table": (table, f"table {TABLE}: "),
    "alarm": (alarm, "alarm Calls: new in the instance"),
    "bot": (bot, "bot bot: "),
    "user": (user, "user user: by_routing_profile.Helpers: 12 -> 13"),
    "group": (group, "hierarchy group hierarchy group: "),
    "view": (view, "view Guide: new in the instance"),
    "version": (version, "flow helpdesk-main: Versions[0]"),
}
"""Kind of resource -> what changes one in the instance, beginning of the difference that is printed."""


@pytest.fixture(scope="module")
def pulled(make: Callable[..., Any], fast: dict[str, float], tmp_path_factory: pytest.TempPathFactory) -> Any:
    centre = make(quotas=fast)
    deploy(centre)
    folder = tmp_path_factory.mktemp("instance")
    centre.pull(folder)
    assert centre.pull(folder, check=True).differences == []
    return centre, folder


@pytest.mark.parametrize("kind", CHANGES)
def test_drift_is_found(kind: str, pulled: tuple[Centre, Path]) -> None:
    """Each test leaves the project as the instance is."""
    centre, folder = pulled
    change, expected = CHANGES[kind]
    change(centre, lambda file: json.loads((folder / file).read_text()))
    centre.clock.advance(5.0)
    found = [str(one) for one in centre.pull(folder).differences]
    assert any(one.startswith(expected) for one in found), found
