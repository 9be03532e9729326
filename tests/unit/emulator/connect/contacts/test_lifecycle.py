"""Contacts that wait in queues, talk to agents and invoke functions, in virtual time."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from busyhour.emulator.app import default_scenario
from busyhour.emulator.connect.contacts.contact_record import own_members, record
from busyhour.emulator.connect.policy import ConnectPolicy
from busyhour.scenarios.model import Distribution, Function, Queue

EPOCH = 1_800_000_000.0
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:lookup"
QUEUE = "arn:aws:connect:us-east-1:111122223333:instance/x/queue/11111111-2222-3333-4444-555555555555"


def action(identifier, type_, parameters, following, error=None):
    errors = [{"NextAction": error, "ErrorType": "NoMatchingError"}] if error else []
    transitions = {"NextAction": following, "Errors": errors, "Conditions": []}
    return {"Identifier": identifier, "Type": type_, "Parameters": parameters, "Transitions": transitions}


def flow(*actions):
    return {"Version": "2019-10-30", "StartAction": actions[0]["Identifier"], "Actions": list(actions)}


BYE = {"Identifier": "bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}
QUEUED = flow(
    action("set", "UpdateContactTargetQueue", {"QueueId": QUEUE}, "wait", "bye"),
    action("wait", "TransferContactToQueue", {}, "bye", "bye"),
    BYE,
)
ASKING = flow(
    action(
        "ask",
        "InvokeLambdaFunction",
        {
            "LambdaFunctionARN": FUNCTION,
            "InvocationTimeLimitSeconds": "8",
            "ResponseValidation": {"ResponseType": "STRING_MAP"},
        },
        "keep",
        "bye",
    ),
    action(
        "keep",
        "UpdateContactAttributes",
        {"Attributes": {"tier": "$.External.tier"}, "TargetContact": "Current"},
        "bye",
    ),
    BYE,
)


@pytest.fixture
def plan():
    """Callers with fixed times: patience 60 s, talk 30 s, wrap-up 10 s."""
    base = default_scenario(ConnectPolicy())
    times = {
        "patience": Distribution("constant", 60),
        "talk": Distribution("constant", 30),
        "wrap_up": Distribution("constant", 10),
    }
    return replace(
        base,
        callers=replace(base.callers, **times),
        queues={"support": Queue("support", agents=1, capacity=3, arn=QUEUE)},
    )


@pytest.fixture
def instance(make, tmp_path, plan):
    """`instance(document)` gives a client of an emulator whose flow Greeting is `document`."""

    def maker(document, **options):
        path = tmp_path / "Greeting.json"
        path.write_text(json.dumps(document))
        return make(
            **{"scenario": plan, "flows": [path], "quotas": {"L-4E9BCC96": 1e6, "L-12AB7C57": 1e3}, **options}
        )

    return maker


def records(client):
    store = client.emulator.contacts.store
    return [
        {**record(contact, client.emulator.instance), "Emulator": own_members(contact)}
        for contact in store.after(0, 10_000)
    ]


def test_the_second_caller_waits_for_the_agent_and_the_records_say_how_long(instance, starter):
    client = instance(QUEUED)
    first, second = starter(client), starter(client)
    client.emulator.clock.advance(4.5)
    waiting = client("DescribeContact", ContactId=second)["Contact"]
    assert waiting["QueueInfo"]["Id"] == "11111111-2222-3333-4444-555555555555"
    assert waiting["QueueInfo"]["EnqueueTimestamp"].timestamp() == EPOCH + 4
    talking = client("DescribeContact", ContactId=first)["Contact"]
    assert talking["AgentInfo"]["ConnectedToAgentTimestamp"].timestamp() == EPOCH + 4
    client.emulator.clock.advance(200)
    by_id = {record["ContactId"]: record for record in records(client)}
    assert by_id[first]["Queue"]["Duration"] == 0
    assert by_id[first]["Agent"]["AgentInteractionDuration"] == pytest.approx(30)
    assert by_id[second]["Queue"]["Duration"] == pytest.approx(40)
    assert by_id[second]["Queue"]["Name"] == "support"
    assert by_id[second]["Agent"]["Username"].startswith("support-agent-")


def test_callers_give_up_when_their_patience_is_over(instance, starter):
    client = instance(QUEUED)
    started = [starter(client) for _ in range(4)]
    client.emulator.clock.advance(300)
    ends = {record["ContactId"]: record["DisconnectReason"] for record in records(client)}
    assert list(ends.values()).count("CUSTOMER_DISCONNECT") == 2
    assert set(ends) == set(started)
    assert client.emulator.snapshot()["queues"][0]["abandoned"] == 2


def test_a_full_queue_turns_a_caller_away_and_is_counted(instance, starter):
    client = instance(QUEUED)
    for _ in range(5):
        starter(client)
    client.emulator.clock.advance(5)
    where = (("InstanceId", client.instance_id), ("MetricGroup", "Queue"), ("QueueName", "support"))
    metrics = client.emulator.state.metrics
    assert metrics.total("AWS/Connect", "QueueCapacityExceededError", where) == 1
    (size,) = [p for p in metrics.series("AWS/Connect", "QueueSize", where, 0, 2e9) if p.second == EPOCH + 4]
    assert size.max == 3
    assert client.emulator.snapshot()["queues"][0]["rejected"] == 1


def test_current_metrics_tell_of_the_queue_and_its_agents(instance, starter):
    client = instance(QUEUED)
    for _ in range(3):
        starter(client)
    client.emulator.clock.advance(14)
    queue_id = next(client.emulator.instance.queues()).id

    def ask(*groupings):
        names = [
            "CONTACTS_IN_QUEUE",
            "AGENTS_ON_CONTACT",
            "AGENTS_AVAILABLE",
            "AGENTS_STAFFED",
            "OLDEST_CONTACT_AGE",
        ]
        answer = client(
            "GetCurrentMetricData",
            Filters={"Queues": [queue_id], "Channels": ["VOICE"]},
            CurrentMetrics=[{"Name": name, "Unit": "COUNT"} for name in names],
            **({"Groupings": list(groupings)} if groupings else {}),
        )
        (result,) = answer["MetricResults"]
        values = {entry["Metric"]["Name"]: entry["Value"] for entry in result["Collections"]}
        return result["Dimensions"], values

    dimensions, values = ask("QUEUE")
    assert dimensions["Queue"]["Id"] == queue_id
    expected = {"CONTACTS_IN_QUEUE": 2, "AGENTS_ON_CONTACT": 1, "AGENTS_AVAILABLE": 0, "AGENTS_STAFFED": 1}
    assert values == {**expected, "OLDEST_CONTACT_AGE": 10}
    dimensions, values = ask()
    assert dimensions == {}
    assert values["OLDEST_CONTACT_AGE"] == 10_000


def test_after_the_call_the_agent_is_in_after_contact_work(instance, starter):
    client = instance(QUEUED)
    starter(client)
    client.emulator.clock.advance(4 + 30 + 5)
    answer = client(
        "GetCurrentMetricData",
        Filters={"Queues": [QUEUE.rpartition("/")[2]]},
        CurrentMetrics=[{"Name": "AGENTS_AFTER_CONTACT_WORK"}, {"Name": "AGENTS_ON_CONTACT"}],
    )
    values = [entry["Value"] for entry in answer["MetricResults"][0]["Collections"]]
    assert values == [1, 0]


@pytest.mark.parametrize("filters", [{}, {"Queues": ["nowhere"]}, {"RoutingProfiles": ["r"]}])
def test_current_metrics_of_nothing_known_are_refused(instance, aws_error, filters):
    client = instance(QUEUED)
    with pytest.raises(aws_error) as error:
        client("GetCurrentMetricData", Filters=filters, CurrentMetrics=[{"Name": "AGENTS_STAFFED"}])
    assert error.value.status in (400, 404)


def test_the_flow_invokes_the_function_and_uses_its_answer(instance, starter, plan):
    lookup = Function("lookup", latency=Distribution("constant", 0.5), response={"tier": "gold"})
    client = instance(ASKING, scenario=replace(plan, functions={"lookup": lookup}))
    contact_id = starter(client)
    client.emulator.clock.advance(60)
    assert client("GetContactAttributes", InitialContactId=contact_id)["Attributes"] == {"tier": "gold"}
    (record,) = records(client)
    assert record["Emulator"]["LambdaInvocations"] == {"lookup": 1}


def test_a_function_that_is_not_there_takes_the_error_branch_and_is_noted(instance, starter):
    client = instance(ASKING)
    contact_id = starter(client)
    client.emulator.clock.advance(60)
    assert client("GetContactAttributes", InitialContactId=contact_id)["Attributes"] == {}
    where = (
        ("ContactFlowName", "Greeting"),
        ("InstanceId", client.instance_id),
        ("MetricGroup", "ContactFlow"),
    )
    assert client.emulator.state.metrics.total("AWS/Connect", "ContactFlowErrors", where) == 1
    assert any("lookup" in note for note in client.emulator.snapshot()["notes"])


def test_every_contact_ends_in_exactly_one_record(instance, starter):
    client = instance(QUEUED, quotas={"L-4E9BCC96": 1e6, "L-12AB7C57": 6})
    started = []
    for _ in range(60):
        started.append(starter(client))
        client.emulator.clock.advance(7)
    client.emulator.contacts.stop_all()
    found = [record["ContactId"] for record in records(client)]
    assert sorted(found) == sorted(started)
    assert len(set(found)) == len(found)
    assert client.emulator.state.limits.in_use("L-12AB7C57") == 0


def test_ended_contacts_beyond_the_bound_are_forgotten_and_counted(instance, starter, aws_error):
    client = instance(QUEUED, policy=ConnectPolicy(ended_kept=2))
    first, *_ = [starter(client) for _ in range(4)]
    client.emulator.contacts.stop_all()
    with pytest.raises(aws_error, match="ContactId"):
        client("DescribeContact", ContactId=first)
    assert client.emulator.snapshot()["dropped"]["ended_contacts_forgotten"] == 2
    assert client.emulator.contacts.store.records == 4


def test_what_the_machine_took_the_default_path_for_is_named_once_by_type(instance, starter):
    client = instance(flow(action("odd", "SomethingNew", {}, "bye", "bye"), BYE))
    starter(client)
    client.emulator.clock.advance(60)
    assert client.emulator.snapshot()["unmodelled"] == {"SomethingNew": 1}


def test_levels_are_sampled_once_a_second_after_the_start(instance, starter):
    client = instance(QUEUED)
    client.emulator.contacts.start()
    starter(client)
    client.emulator.clock.advance(10)
    voice = (("InstanceId", client.instance_id), ("MetricGroup", "VoiceCalls"))
    points = client.emulator.state.metrics.series("AWS/Connect", "ConcurrentCalls", voice, EPOCH, EPOCH + 10)
    assert [point.second for point in points] == [int(EPOCH) + second for second in range(10)]
    assert all(point.max == 1 for point in points)
