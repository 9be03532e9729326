"""The scenario of a pulled instance has everything that a call can meet, and says what of it is assumed."""

from __future__ import annotations

import io
import json
import tomllib
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner

from busyhour.cli.check import command as check
from busyhour.cli.forecast import command as forecast
from busyhour.errors import BusyhourError
from busyhour.instance.scaffold.check import remarks
from busyhour.instance.scaffold.new import write_scenario
from busyhour.project import Project
from busyhour.scenarios.reader import load
from busyhour.shipped import shipped_root

EXAMPLE = shipped_root() / "examples" / "helpdesk"
OLD = "arn:aws:connect:us-east-1:123456789012:instance/aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee/"
ROLE = "arn:aws:iam::123456789012:role/r"
FUNCTIONS = ("lookup", "open-ticket", "ticket-status", "campaign-answer")


def deploy(centre: Any) -> None:
    """Create the example with everything that it refers to, as a team's pipeline would."""
    connect, here = centre.client("connect"), {"InstanceId": centre.emulator.state.account.instance_id}
    centre.client("dynamodb").create_table(**json.loads((EXAMPLE / "tables" / "customers.json").read_text()))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return {}\n")
    for name in FUNCTIONS:
        made = centre.client("lambda").create_function(
            FunctionName=f"helpdesk-{name}",
            Runtime="python3.12",
            Role=ROLE,
            Handler="app.handler",
            Timeout=7,
            MemorySize=256,
            Environment={"Variables": {"TABLE_NAME": "helpdesk-customers", "API_KEY": "hush"}},
            Code={"ZipFile": packed.getvalue()},
        )
        connect.associate_lambda_function(**here, FunctionArn=made["FunctionArn"])
    hours = connect.list_hours_of_operations(**here)["HoursOfOperationSummaryList"][0]["Id"]
    arns = {}
    for name, old in (("Support", "7"), ("Accounts", "8")):
        queue = connect.create_queue(**here, Name=name, HoursOfOperationId=hours, MaxContacts=50)
        arns[f"{OLD}queue/{_id(old)}"] = queue["QueueArn"]
    profile = connect.create_routing_profile(
        **here,
        Name="Helpers",
        Description="d",
        DefaultOutboundQueueId=queue["QueueId"],
        QueueConfigs=[
            {
                "QueueReference": {"QueueId": arn.rpartition("/")[2], "Channel": "VOICE"},
                "Priority": 1,
                "Delay": 0,
            }
            for arn in arns.values()
        ],
        MediaConcurrencies=[{"Channel": "VOICE", "Concurrency": 1}],
    )["RoutingProfileId"]
    security = connect.list_security_profiles(**here)["SecurityProfileSummaryList"][0]["Id"]
    for number in range(12):
        connect.create_user(
            **here,
            Username=f"u{number}",
            Password="Secret-123",
            IdentityInfo={"FirstName": "A", "LastName": "B"},
            PhoneConfig={"PhoneType": "SOFT_PHONE"},
            SecurityProfileIds=[security],
            RoutingProfileId=profile,
        )
    prompt = connect.create_prompt(**here, Name="Music", S3Uri="s3://b/m.wav")
    arns[f"{OLD}prompt/{_id('9')}"] = prompt["PromptARN"]
    for stem, old, type_ in (
        ("ticket-status", "6", ""),
        ("after-hours", "2", "CONTACT_FLOW"),
        ("queue", "3", "CUSTOMER_QUEUE"),
        ("agent-whisper", "4", "AGENT_WHISPER"),
        ("main", "1", "CONTACT_FLOW"),
    ):
        content = (EXAMPLE / "flows" / f"helpdesk-{stem}.json").read_text()
        for before, after in arns.items():
            content = content.replace(before, after)
        if not type_:
            made = connect.create_contact_flow_module(**here, Name=f"helpdesk-{stem}", Content=content)
            arns[f"{OLD}flow-module/{_id(old)}"] = made["Arn"]
            continue
        made = connect.create_contact_flow(**here, Name=f"helpdesk-{stem}", Type=type_, Content=content)
        arns[f"{OLD}contact-flow/{_id(old)}"] = made["ContactFlowArn"]
    number = connect.claim_phone_number(
        TargetArn=centre.emulator.state.account.instance_arn, PhoneNumber="+12065550142"
    )["PhoneNumberId"]
    connect.associate_phone_number_contact_flow(
        **here, PhoneNumberId=number, ContactFlowId=made["ContactFlowId"]
    )


def _id(digit: str) -> str:
    return "-".join((digit * 8, digit * 4, f"4{digit * 3}", f"8{digit * 3}", digit * 12))


@pytest.fixture(scope="module")
def project(
    make: Callable[..., Any], fast: dict[str, float], tmp_path_factory: pytest.TempPathFactory
) -> Project:
    """A project with the pulled example; tests write scenarios of their own names into it."""
    centre = make(quotas=fast)
    deploy(centre)
    root = tmp_path_factory.mktemp("project")
    (root / "busyhour.toml").write_text('flows = ["instance/flows/*.json", "instance/modules/*.json"]\n')
    assert centre.pull(root / "instance").dangling == []
    return Project.at(root)


def test_everything_that_is_known_is_written(project: Project) -> None:
    written = write_scenario(project, "whole", None, force=False)
    data = tomllib.loads(written.path.read_text())

    assert data["flows"]["entry"] == "helpdesk-main"
    assert "aliases" not in data["flows"]
    assert {name: queue["agents"] for name, queue in data["queues"].items()} == {"Support": 6, "Accounts": 6}
    assert data["queues"]["Support"]["capacity"] == 50
    assert set(data["functions"]) == {"helpdesk-lookup", "helpdesk-open-ticket", "helpdesk-ticket-status"}
    lookup = data["functions"]["helpdesk-lookup"]
    assert (lookup["timeout"], lookup["memory_mb"]) == ("7s", 256)
    assert lookup["operations"] == {"helpdesk-customers.GetItem": 1}
    assert lookup["response"]["found"] == "yes"
    assert data["tables"]["helpdesk-customers"]["definition"] == "../instance/tables/helpdesk-customers.json"
    assert data["callers"]["menus"]["Anything else"] == {"1": 0.5, "2": 0.5}
    assert set(data["callers"]["menus"]) == {"Main menu", "Anything else", "Offer to call back"}
    assert set(data["callers"]["inputs"]) == {"Ask for the ticket number"}
    assert data["traffic"]["calls_per_hour"] == 164  # 12 agents, 80 % of 3600 s / 210 s
    assert "hush" not in "".join(path.read_text() for path in project.root.rglob("*.*"))


def test_nothing_is_left_unset_and_each_assumption_is_marked(project: Project) -> None:
    written = write_scenario(project, "marked", None, force=False)
    found = remarks(load(written.path, root=project.root))
    assert [str(one) for one in found if one.kind != "look"] == []
    assert len([one for one in found if one.kind == "look"]) == len(written.looks)


@pytest.mark.slow
def test_forecast_and_check_accept_it(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    write_scenario(project, "accepted", None, force=False)
    monkeypatch.chdir(project.root)
    shown = CliRunner().invoke(forecast, ["accepted"])
    assert shown.exit_code in (0, 1), shown.output
    assert "helpdesk-customers" in shown.output
    assert "not in the scenario:" not in shown.output
    assert CliRunner().invoke(check, []).exit_code == 0


@pytest.mark.parametrize("entry", ["+12065550142", "helpdesk-main"])
def test_the_entry_is_named_by_number_or_flow(project: Project, entry: str) -> None:
    name = f"by{len(entry)}"
    written = write_scenario(project, name, entry, force=False)
    assert written.entry == "helpdesk-main"
    assert not any("entry" in look for look in written.looks)


def test_another_entry_meets_less(project: Project) -> None:
    written = write_scenario(project, "closed", "helpdesk-after-hours", force=False)
    assert "functions" not in tomllib.loads(written.path.read_text())


@pytest.mark.parametrize(
    ("name", "entry", "shown"),
    [
        ("x", "helpdesk-man", "Did you mean 'helpdesk-main'"),
        ("x", "+4930123456", "not a flow or a phone number"),
        ("../x", None, "not a valid name"),
    ],
)
def test_what_cannot_be_written_is_named(project: Project, name: str, entry: str | None, shown: str) -> None:
    with pytest.raises(BusyhourError, match=shown):
        write_scenario(project, name, entry, force=False)
    assert not (project.scenarios_folder / "x.toml").exists()


def test_a_scenario_is_replaced_on_request_alone(project: Project) -> None:
    write_scenario(project, "mine", None, force=False)
    with pytest.raises(BusyhourError, match="is there already"):
        write_scenario(project, "mine", None, force=False)
    write_scenario(project, "mine", None, force=True)


EDITS = {
    "unused: functions.spare": (
        "[functions.helpdesk-lookup]",
        '[functions.spare]\nlatency = "1s"\n\n[functions.helpdesk-lookup]',
    ),
    "unset: function helpdesk-lookup": (
        "[functions.helpdesk-lookup]",
        "[functions.helpdesk-campaign-answer]",
    ),
    "unset: queue Support": ("[queues.Support]", "[queues.Other]"),
    "unset: callers.menus.Main menu": ('"Main menu" =', '"Anything else again" ='),
    "unreachable: queues.Support": ('entry = "helpdesk-main"', 'entry = "helpdesk-after-hours"'),
    "unreachable: callers.menus.Main menu": ('entry = "helpdesk-main"', 'entry = "helpdesk-queue"'),
}


@pytest.mark.parametrize("expected", EDITS)
def test_check_finds_what_does_not_fit(project: Project, expected: str) -> None:
    name = f"edit{list(EDITS).index(expected)}"
    path = write_scenario(project, name, None, force=False).path
    before, after = EDITS[expected]
    text = path.read_text()
    assert before in text
    text = text.replace(before, after)
    if "queues.Other" in after:  # its ARN would still name it
        at = text.index("arn = ", text.index("[queues.Other]"))
        text = text[:at] + text[text.index("\n", at) + 1 :]
    if "again" in after:
        line = next(line for line in text.splitlines() if line.startswith('"Anything else again"'))
        text = text.replace(f"{line}\n", "")
    path.write_text(text)
    found = [str(one) for one in remarks(load(path, root=project.root))]
    assert any(one.startswith(expected) for one in found), found
