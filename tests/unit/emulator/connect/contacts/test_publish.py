"""Contact records, contact events and flow logs: what is written where."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import orjson
import pytest

from busyhour.emulator.messages import Request, Response
from busyhour.emulator.server.sinks import HttpSink, JsonLines, sink
from busyhour.errors import BusyhourError

EPOCH = 1_800_000_000.0


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def step(identifier, type, parameters, following):
    errors = [{"NextAction": "bye", "ErrorType": "NoMatchingError"}]
    transitions = {"NextAction": following, "Errors": errors, "Conditions": []}
    return {"Identifier": identifier, "Type": type, "Parameters": parameters, "Transitions": transitions}


BYE = {"Identifier": "bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}


def queued_flow(queue_arn):
    return {
        "Version": "2019-10-30",
        "StartAction": "log",
        "Actions": [
            step("log", "UpdateFlowLoggingBehavior", {"FlowLoggingBehavior": "Enabled"}, "set"),
            step("set", "UpdateContactTargetQueue", {"QueueId": queue_arn}, "wait"),
            step("wait", "TransferContactToQueue", {}, "bye"),
            BYE,
        ],
    }


def queue_and_flow(client):
    queue = client("ListQueues")["QueueSummaryList"][0]["Arn"]
    content = json.dumps(queued_flow(queue))
    return client("CreateContactFlow", Name="Q", Type="CONTACT_FLOW", Content=content)["ContactFlowId"]


def test_every_moment_of_a_call_is_an_event_in_order(make, fast, starter, tmp_path):
    client = make(quotas=fast, events=str(tmp_path / "events.jsonl"))
    contact_id = starter(client, ContactFlowId=queue_and_flow(client))
    client.emulator.clock.advance(3_600)
    events = lines(tmp_path / "events.jsonl")
    assert [event["detail"]["eventType"] for event in events] == [
        *("INITIATED", "CONNECTED_TO_SYSTEM", "QUEUED", "CONNECTED_TO_AGENT", "DISCONNECTED", "COMPLETED")
    ]
    assert {event["detail"]["contactId"] for event in events} == {contact_id}
    first, last = events[0], events[-1]
    assert (first["source"], first["detail-type"]) == ("aws.connect", "Amazon Connect Contact Event")
    assert first["resources"] == [
        client.emulator.instance.arn,
        f"{client.emulator.instance.arn}/contact/{contact_id}",
    ]
    assert first["time"] == "2027-01-15T08:00:00Z"
    assert events[2]["detail"]["queueInfo"]["enqueueTimestamp"] == "2027-01-15T08:00:04.000Z"
    assert "connectedToAgentTimestamp" in events[3]["detail"]["agentInfo"]
    assert "afterContactWorkDuration" in last["detail"]["agentInfo"]
    assert last["time"] > events[4]["time"]
    assert len({event["id"] for event in events}) == len(events)


def test_a_contact_that_changes_and_one_that_is_rejected(make, fast, starter, tmp_path):
    client = make(quotas={**fast, "L-12AB7C57": 1}, events=str(tmp_path / "events.jsonl"))
    first = starter(client)
    client("UpdateContactAttributes", InitialContactId=first, Attributes={"a": "1"})
    second = starter(client)
    kinds = [
        (event["detail"]["contactId"], event["detail"]["eventType"])
        for event in lines(tmp_path / "events.jsonl")
    ]
    assert kinds == [
        *((first, "INITIATED"), (first, "CONTACT_DATA_UPDATED"), (second, "INITIATED")),
        *((second, "DISCONNECTED"), (second, "COMPLETED")),
    ]


def test_every_contact_of_every_instance_has_one_record(make, fast, starter, tmp_path):
    client = make(quotas=fast, records=tmp_path / "records.jsonl")
    instance = client(
        "CreateInstance",
        IdentityManagementType="CONNECT_MANAGED",
        InboundCallsEnabled=True,
        OutboundCallsEnabled=True,
        InstanceAlias="second",
    )["Id"]
    task = {"Version": "2019-10-30", "StartAction": "bye", "Actions": [BYE]}
    flow = client(
        "CreateContactFlow", InstanceId=instance, Name="T", Type="CONTACT_FLOW", Content=json.dumps(task)
    )
    references = {"ticket": {"Type": "STRING", "Value": "7"}}
    there = client(
        "StartTaskContact",
        InstanceId=instance,
        ContactFlowId=flow["ContactFlowId"],
        Name="t",
        References=references,
    )["ContactId"]
    here = starter(client)
    client.emulator.clock.advance(600)
    records = {record["ContactId"]: record for record in lines(tmp_path / "records.jsonl")}
    assert set(records) == {here, there}
    assert records[there]["InstanceARN"].endswith(instance)
    assert (records[there]["Channel"], records[here]["Channel"]) == ("TASK", "VOICE")
    assert records[there]["References"] == [{"Name": "ticket", "Type": "STRING", "Value": "7"}]


# ------------------------------------------------------------------------------------------------- flow logs


def logs(client, operation, **params):
    request = Request(
        "POST",
        "/",
        "",
        {"x-amz-target": f"Logs_20140328.{operation}"},
        orjson.dumps(params),
        "logs",
        "us-east-1",
        "AKID",
    )
    answer = client.emulator.router.answer(request)
    assert isinstance(answer, Response)
    return answer.status, orjson.loads(answer.body)


@pytest.fixture
def logged(make, fast, starter, tmp_path):
    client = make(quotas=fast, flow_logs=tmp_path / "flow.jsonl")
    contact_id = starter(client, ContactFlowId=queue_and_flow(client))
    client.emulator.clock.advance(3_600)
    return client, contact_id, tmp_path / "flow.jsonl"


def test_a_flow_that_enables_logging_is_logged_as_connect_does(logged):
    _, contact_id, file = logged
    entries = lines(file)
    assert [entry["ContactFlowModuleType"] for entry in entries] == [
        "SetLoggingBehavior",
        "SetQueue",
        "Transfer",
    ]
    assert {entry["ContactId"] for entry in entries} == {contact_id}
    assert entries[0]["Timestamp"] == "2027-01-15T08:00:04.000Z"
    assert entries[0]["ContactFlowName"] == "Q"


def test_flow_logs_are_filtered_and_read_through_cloudwatch_logs(logged):
    client, contact_id, _ = logged
    group = "/aws/connect/busyhour"
    status, answer = logs(client, "FilterLogEvents", logGroupName=group, filterPattern=f'"{contact_id}"')
    assert (status, len(answer["events"])) == (200, 3)
    assert json.loads(answer["events"][0]["message"])["ContactId"] == contact_id
    pattern = '{ $.ContactFlowModuleType = "SetQueue" }'
    _, answer = logs(client, "FilterLogEvents", logGroupName=group, filterPattern=pattern)
    (event,) = answer["events"]
    assert event["timestamp"] == round((EPOCH + 4) * 1000)
    _, later = logs(client, "FilterLogEvents", logGroupName=group, startTime=round((EPOCH + 5) * 1000))
    assert later["events"] == []
    _, groups = logs(client, "DescribeLogGroups", logGroupNamePrefix="/aws/connect/")
    assert [one["logGroupName"] for one in groups["logGroups"]] == [group]
    _, streams = logs(client, "DescribeLogStreams", logGroupName=group)
    (stream,) = streams["logStreams"]
    _, answer = logs(
        client,
        "GetLogEvents",
        logGroupName=group,
        logStreamName=stream["logStreamName"],
        startFromHead=True,
        limit=2,
    )
    assert len(answer["events"]) == 2
    _, answer = logs(
        client,
        "GetLogEvents",
        logGroupName=group,
        logStreamName=stream["logStreamName"],
        nextToken=answer["nextForwardToken"],
    )
    assert len(answer["events"]) == 1


def test_flow_logs_come_in_pages(logged):
    client, _, _ = logged
    group = "/aws/connect/busyhour"
    _, first = logs(client, "FilterLogEvents", logGroupName=group, limit=2)
    _, second = logs(client, "FilterLogEvents", logGroupName=group, limit=2, nextToken=first["nextToken"])
    assert (len(first["events"]), len(second["events"])) == (2, 1)
    assert "nextToken" not in second


def test_an_instance_may_switch_flow_logs_off(make, fast, starter, tmp_path):
    client = make(quotas=fast, flow_logs=tmp_path / "flow.jsonl")
    client("UpdateInstanceAttribute", AttributeType="CONTACTFLOW_LOGS", Value="false")
    starter(client, ContactFlowId=queue_and_flow(client))
    client.emulator.clock.advance(3_600)
    assert lines(tmp_path / "flow.jsonl") == []


def test_a_flow_that_does_not_ask_for_it_is_not_logged(make, fast, starter, tmp_path):
    client = make(quotas=fast, flow_logs=tmp_path / "flow.jsonl")
    starter(client)
    client.emulator.clock.advance(60)
    assert lines(tmp_path / "flow.jsonl") == []


# ----------------------------------------------------------------------------------------------------- sinks


@pytest.fixture
def endpoint():
    """(URL, list of posted documents, status to answer) of an HTTP server."""
    posted, status = [], [200]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            posted.extend(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status[0])
            self.end_headers()

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/events?x=1", posted, status
    server.shutdown()
    server.server_close()
    thread.join()


def test_events_are_posted_in_order(endpoint):
    url, posted, _ = endpoint
    where = sink(url)
    for number in range(1_200):
        where.write({"n": number})
    where.close()
    assert [document["n"] for document in posted] == list(range(1_200))


def test_what_the_endpoint_refuses_is_counted(endpoint):
    url, _, status = endpoint
    status[0] = 500
    where = HttpSink(url)
    where.write({"n": 1})
    where.close()
    assert where.dropped == 1


def test_an_endpoint_that_is_not_there_is_counted_and_stops_nobody():
    where = HttpSink("http://127.0.0.1:9/")
    where.write({"n": 1})
    where.close()
    assert where.dropped == 1


def test_a_sink_that_cannot_be_had_is_refused(tmp_path):
    with pytest.raises(BusyhourError, match="cannot be written"):
        JsonLines(tmp_path / "no" / "such" / "folder")
    with pytest.raises(BusyhourError, match="not an HTTP URL"):
        sink("http://")
