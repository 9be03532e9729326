"""A pull reads the whole instance into files that stay the same, shows what differs, and keeps nothing personal."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from busyhour.flowdiff.diff import diff_flow
from busyhour.flows.export.reader import read_file
from busyhour.instance import kinds
from busyhour.instance.answers import FromClients, Recorded, Recording
from busyhour.instance.masking import Mask

from .conftest import Centre, welcome


def content(folder: Path, file: str) -> Any:
    return json.loads((folder / file).read_text(encoding="utf-8"))


def texts(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_every_kind_of_resource_has_its_file_and_ids_have_names(centre: Centre, tmp_path: Path) -> None:
    pulled = centre.pull(tmp_path)

    flow = content(tmp_path, "flows/Welcome.json")["ContactFlow"]
    queue = content(tmp_path, "queues/Sales.json")
    assert flow["References"] == {queue["QueueId"]: "queue Sales"}
    assert queue["MaxContacts"] == 50
    assert queue["References"][queue["HoursOfOperationId"]] == "hours of operation Basic Hours"
    assert content(tmp_path, "hours/Basic-Hours.json")["Overrides"][0]["Name"] == "Christmas"
    assert content(tmp_path, "routing-profiles/Sellers.json")["Queues"][0]["QueueName"] == "Sales"
    assert content(tmp_path, "users.json")["by_routing_profile"]["Sellers"] == 3
    number = next((tmp_path / "phone-numbers").iterdir())
    assert json.loads(number.read_text())["References"] == {flow["Id"]: "flow Welcome"}
    assert content(tmp_path, "quotas.json")["connect"]["L-12AB7C57"]["Value"] > 0
    assert content(tmp_path, "settings.json")["INBOUND_CALLS"]["Value"] == "true"
    assert pulled.dangling == []


def test_a_pulled_flow_is_read_as_it_lies_and_equals_the_original(centre: Centre, tmp_path: Path) -> None:
    centre.pull(tmp_path, reader=centre.reader(keep_numbers=True))
    queue = content(tmp_path, "queues/Sales.json")["QueueId"]
    original = tmp_path / "original.json"
    original.write_text(welcome(queue).replace("jane@corp.example", "masked@example.com"))

    pulled = read_file(tmp_path / "flows" / "Welcome.json")
    assert diff_flow("Welcome", read_file(original), pulled) == []
    assert pulled.name == "Welcome"
    assert pulled.arn is not None


def test_a_second_pull_changes_nothing(centre: Centre, tmp_path: Path) -> None:
    centre.pull(tmp_path)
    before = texts(tmp_path)
    again = centre.pull(tmp_path)
    assert texts(tmp_path) == before
    assert (again.differences, again.written, again.removed) == ([], 0, 0)


def test_nothing_personal_is_kept(centre: Centre, tmp_path: Path) -> None:
    with closing(Recording(FromClients(centre.client, Mask()), tmp_path / "answers", "x", 0.0)) as recording:
        centre.pull(tmp_path / "instance", reader=centre.reader(source=recording))
    kept = "\n".join([*texts(tmp_path).values(), *texts(tmp_path)])
    for personal in ("Doe", "jane", "555014", "corp.example"):
        assert personal not in kept, personal
    assert "+12000000000" in kept


def test_phone_numbers_are_kept_only_on_request(centre: Centre, tmp_path: Path) -> None:
    centre.pull(tmp_path, reader=centre.reader(keep_numbers=True))
    kept = "\n".join(texts(tmp_path).values())
    assert "+12065550142" in kept
    assert "Doe" not in kept


def test_no_operation_that_changes_anything_can_be_requested(centre: Centre, tmp_path: Path) -> None:
    centre.pull(tmp_path)
    operations = {operation for _, _, operation in centre.requests}
    assert operations
    assert all(one.startswith(("Get", "List", "Describe", "Search")) for one in operations)
    with pytest.raises(ValueError, match="only reads"):
        FromClients(centre.client, Mask()).answer("connect", "DeleteQueue", {"QueueId": "q"})


def test_the_policy_names_the_action_of_every_request(centre: Centre, tmp_path: Path) -> None:
    centre.pull(tmp_path)
    allowed = set(kinds.actions())
    made = {kinds.action(service, operation) for _, service, operation in centre.requests}
    assert made <= allowed


def test_pages_are_followed_to_the_end(centre: Centre, tmp_path: Path) -> None:
    connect = centre.client("connect")
    for number in range(230):
        centre.clock.advance(1.0)
        connect.create_prompt(
            InstanceId=centre.emulator.state.account.instance_id, Name=f"P{number:03}", S3Uri="s3://b/p.wav"
        )
    centre.requests.clear()
    centre.pull(tmp_path)
    assert len(list((tmp_path / "prompts").iterdir())) == 231
    assert Counter(operation for _, _, operation in centre.requests)["ListPrompts"] == 3


CHANGES = {
    "queue": ("update_queue_max_contacts", {"MaxContacts": 40}, "queue Sales: MaxContacts: 50 -> 40"),
    "flow": ("update_contact_flow_content", {}, "flow Welcome: greet: Text: "),
    "hours": (
        "update_hours_of_operation",
        {"TimeZone": "Europe/Berlin"},
        "hours of operation Basic Hours: TimeZone: ",
    ),
    "profile": (
        "update_routing_profile_concurrency",
        {
            "MediaConcurrencies": [
                {"Channel": "VOICE", "Concurrency": 1},
                {"Channel": "CHAT", "Concurrency": 2},
            ]
        },
        "routing profile Sellers: MediaConcurrencies[1].Channel: (none) -> CHAT",
    ),
    "prompt": ("update_prompt", {"Description": "new"}, "prompt Music: Description: (none) -> new"),
    "status": (
        "update_agent_status",
        {"State": "DISABLED"},
        "agent status Lunch: State: ENABLED -> DISABLED",
    ),
    "attribute": (
        "update_instance_attribute",
        {"AttributeType": "CONTACT_LENS", "Value": "true"},
        "instance setting instance setting: CONTACT_LENS.Value: ",
    ),
    "quick connect": (
        "update_quick_connect_name",
        {"Name": "Friend"},
        "quick connect Friend: name: Partner -> Friend",
    ),
}


@pytest.mark.parametrize("changed", CHANGES)
def test_drift_is_found_by_meaning(changed: str, centre: Centre, tmp_path: Path) -> None:
    operation, arguments, expected = CHANGES[changed]
    connect = centre.client("connect")
    here = {"InstanceId": centre.emulator.state.account.instance_id}
    connect.create_agent_status(**here, Name="Lunch", State="ENABLED")
    centre.pull(tmp_path)
    before = texts(tmp_path)

    def identity(file: str, *path: str) -> str:
        found = content(tmp_path, file)
        for key in path:
            found = found[key]
        return str(found)

    ids = {
        "queue": {"QueueId": lambda: identity("queues/Sales.json", "QueueId")},
        "flow": {
            "ContactFlowId": lambda: identity("flows/Welcome.json", "ContactFlow", "Id"),
            "Content": lambda: welcome(identity("queues/Sales.json", "QueueId"), "Good day."),
        },
        "hours": {"HoursOfOperationId": lambda: identity("hours/Basic-Hours.json", "HoursOfOperationId")},
        "profile": {
            "RoutingProfileId": lambda: identity("routing-profiles/Sellers.json", "RoutingProfileId")
        },
        "prompt": {"PromptId": lambda: identity("prompts/Music.json", "PromptId")},
        "status": {"AgentStatusId": lambda: identity("agent-statuses/Lunch.json", "AgentStatusId")},
        "quick connect": {
            "QuickConnectId": lambda: identity("quick-connects/Partner.json", "QuickConnectId")
        },
    }.get(changed, {})
    getattr(connect, operation)(**here, **arguments, **{key: find() for key, find in ids.items()})

    compared = centre.pull(tmp_path, check=True)
    assert any(str(one).startswith(expected) for one in compared.differences), list(
        map(str, compared.differences)
    )
    assert texts(tmp_path) == before
    centre.pull(tmp_path)
    assert centre.pull(tmp_path, check=True).differences == []


def test_new_and_deleted_resources_are_drift_and_their_files_follow(centre: Centre, tmp_path: Path) -> None:
    centre.pull(tmp_path)
    connect = centre.client("connect")
    here = {"InstanceId": centre.emulator.state.account.instance_id}
    partner = content(tmp_path, "quick-connects/Partner.json")["QuickConnectId"]
    connect.delete_quick_connect(**here, QuickConnectId=partner)
    connect.create_prompt(**here, Name="Jingle", S3Uri="s3://b/j.wav")
    own = tmp_path / "queues" / "mine.json"
    own.write_text("{}")

    pulled = centre.pull(tmp_path)
    assert list(map(str, pulled.differences)) == [
        "prompt Jingle: new in the instance",
        "quick connect Partner: gone from the instance",
    ]
    assert not (tmp_path / "quick-connects" / "Partner.json").exists()
    assert own.exists()


def test_a_draft_beside_the_published_content_is_kept(centre: Centre, tmp_path: Path) -> None:
    centre.pull(tmp_path)
    flow = content(tmp_path, "flows/Welcome.json")["ContactFlow"]
    assert "SavedContent" not in flow
    centre.client("connect").update_contact_flow_content(
        InstanceId=centre.emulator.state.account.instance_id,
        ContactFlowId=f"{flow['Id']}:$SAVED",
        Content=welcome(content(tmp_path, "queues/Sales.json")["QueueId"], "A draft."),
    )
    pulled = centre.pull(tmp_path)
    flow = content(tmp_path, "flows/Welcome.json")["ContactFlow"]
    assert flow["SavedContent"]["Actions"][0]["Parameters"]["Text"] == "A draft."
    assert flow["Content"]["Actions"][0]["Parameters"]["Text"].startswith("Hello")
    assert [one.what for one in pulled.differences] == ["draft: content"]


@pytest.mark.parametrize(
    ("operation", "lost", "kept"),
    [
        (
            "ListPrompts",
            "every prompt: not read: ListPrompts: the caller may not (connect:ListPrompts)",
            "prompts/Music.json",
        ),
        (
            "ListHoursOfOperationOverrides",
            "Overrides of every hours of operation: not read: ListHoursOfOperationOverrides: the caller may not"
            " (connect:ListHoursOfOperationOverrides)",
            "hours/Basic-Hours.json",
        ),
        (
            "DescribeQueue",
            "every queue: not read: DescribeQueue: the caller may not (connect:DescribeQueue)",
            "queues/Sales.json",
        ),
        (
            "DescribeContactFlow",
            "every flow: not read: DescribeContactFlow: the caller may not (connect:DescribeContactFlow)",
            "flows/Welcome.json",
        ),
    ],
)
def test_a_missing_right_is_named_and_what_is_known_is_kept(
    operation: str, lost: str, kept: str, centre: Centre, tmp_path: Path
) -> None:
    centre.pull(tmp_path)
    before = (tmp_path / kept).read_text()
    centre.denied = frozenset({operation})
    centre.requests.clear()
    pulled = centre.pull(tmp_path)

    assert lost in list(map(str, pulled.unread))
    assert lost in content(tmp_path, "index.json")["not_read"]
    assert (tmp_path / kept).read_text() == before
    assert pulled.differences == []
    assert Counter(one for _, _, one in centre.requests)[operation] == 1
    centre.denied = frozenset()
    assert centre.pull(tmp_path).differences == []


def test_a_new_pull_without_a_right_shows_references_as_open(centre: Centre, tmp_path: Path) -> None:
    centre.denied = frozenset({"ListQueues"})
    pulled = centre.pull(tmp_path)
    assert any("the queues were not read" in str(one) for one in pulled.dangling)
    assert not any(one.noun == "queue" and not one.open for one in pulled.dangling)


def test_an_interrupted_pull_resumes_where_it_was(centre: Centre, tmp_path: Path) -> None:
    whole = centre.pull(tmp_path / "whole").requests
    centre.interrupt_after = len(centre.requests) + whole // 2
    journal = tmp_path / "journal"
    recording = Recording(FromClients(centre.client, Mask()), journal, "x", 0.0)
    with pytest.raises(KeyboardInterrupt):
        centre.pull(tmp_path / "instance", reader=centre.reader(source=recording))
    recording.close()
    journal.write_bytes(journal.read_bytes() + b'{"service": "conn')  # a line that was not finished

    centre.interrupt_after = None
    recording = Recording(FromClients(centre.client, Mask()), journal, "x", 60.0)
    resumed = centre.pull(tmp_path / "instance", reader=centre.reader(source=recording))
    recording.close()
    assert resumed.requests <= whole - whole // 2
    assert texts(tmp_path / "instance") == texts(tmp_path / "whole")


@pytest.mark.parametrize(("of", "now"), [("y", 60.0), ("x", 90_000.0)])
def test_answers_of_another_pull_or_day_are_not_continued(
    of: str, now: float, centre: Centre, tmp_path: Path
) -> None:
    first = Recording(FromClients(centre.client, Mask()), tmp_path / "journal", "x", 0.0)
    first.answer("connect", "ListInstances", {})
    first.close()
    for whose, at, resumed in (("x", 60.0, 1), (of, now, 0)):
        with closing(
            Recording(FromClients(centre.client, Mask()), tmp_path / "journal", whose, at)
        ) as recording:
            assert recording.resumed == resumed


def test_recorded_answers_give_the_same_project_without_a_request(centre: Centre, tmp_path: Path) -> None:
    recording = Recording(FromClients(centre.client, Mask()), tmp_path / "answers.jsonl", "x", 0.0)
    centre.pull(tmp_path / "first", reader=centre.reader(source=recording))
    recording.close()
    centre.requests.clear()
    centre.pull(tmp_path / "second", reader=centre.reader(source=Recorded(tmp_path)))
    assert centre.requests == []
    assert texts(tmp_path / "second") == texts(tmp_path / "first")


def test_names_that_would_be_one_file_are_told_apart(centre: Centre, tmp_path: Path) -> None:
    connect = centre.client("connect")
    for name in ("A/B", "a:b", "..", "CON"):
        connect.create_prompt(
            InstanceId=centre.emulator.state.account.instance_id, Name=name, S3Uri="s3://b/p.wav"
        )
    centre.pull(tmp_path)
    files = sorted(path.name for path in (tmp_path / "prompts").iterdir())
    assert len({one.casefold() for one in files}) == 5
    assert sum(one.casefold().startswith("a-b--") for one in files) == 2


def test_no_operation_exceeds_the_accounts_rate_and_none_is_throttled(make: Any, tmp_path: Path) -> None:
    centre = make()
    centre.pull(tmp_path, reader=centre.reader(share=0.75))
    assert not any("throttled" in line for line in centre.lines)
    assert any("reading them takes about" in line for line in centre.lines)
    times: dict[str, list[float]] = {}
    for at, _, operation in centre.requests:
        times.setdefault(operation, []).append(at)
    for operation, moments in times.items():
        if operation.startswith("DescribeContactFlow"):
            for at in moments:
                assert sum(at <= one < at + 1.0 for one in moments) <= 2, operation


def test_a_throttled_request_is_made_again(make: Any, tmp_path: Path) -> None:
    centre = make(quotas={"connect.list-prompts.rate": 0.5, "connect.list-prompts.burst": 1})
    for _ in range(1):
        centre.client("connect").list_prompts(InstanceId=centre.emulator.state.account.instance_id)
    pulled = centre.pull(tmp_path)
    assert not [one for one in pulled.unread if one.operation == "ListPrompts"]
