"""The emulator's own endpoints, in virtual time and without HTTP."""

from __future__ import annotations

import json

import pytest

from busyhour.emulator.app import build
from busyhour.emulator.messages import Request
from busyhour.emulator.server.timers import VirtualClock

FLOW = {
    "Version": "2019-10-30",
    "StartAction": "greet",
    "Actions": [
        {
            "Identifier": "greet",
            "Type": "MessageParticipant",
            "Parameters": {"Text": "Welcome to the emulator."},
            "Transitions": {"NextAction": "bye", "Errors": [], "Conditions": []},
        },
        {"Identifier": "bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}},
    ],
}


@pytest.fixture
def emulator(tmp_path):
    path = tmp_path / "Hello.json"
    path.write_text(json.dumps(FLOW))
    return build(flows=[path], clock=VirtualClock(), epoch=1_000.0, quotas={"L-12AB7C57": 2})


def ask(emulator, method, path, body=None, query=""):
    raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = emulator.admin(Request(method, f"/_busyhour/{path}", query, {}, raw, "", "", ""))
    if answer.content_type == "application/x-ndjson":
        return answer.status, [json.loads(line) for line in answer.body.splitlines()]
    return answer.status, json.loads(answer.body)


def test_an_inbound_call_begins_in_the_flow_and_ends_in_a_record(emulator):
    status, begun = ask(emulator, "POST", "inbound", {"caller": "+12065550123", "attributes": {"a": "b"}})
    assert (status, begun["Reorder"]) == (200, False)
    emulator.clock.advance(60)
    _, (record,) = ask(emulator, "GET", "records")
    assert record["ContactId"] == begun["ContactId"]
    assert record["InitiationMethod"] == "INBOUND"
    assert record["CustomerEndpoint"]["Address"] == "+12065550123"
    assert record["Attributes"] == {"a": "b"}
    assert record["InitiationTimestamp"] == record["ConnectedToSystemTimestamp"] == "1970-01-01T00:16:40Z"


def test_an_inbound_call_above_the_quota_meets_the_reorder_tone(emulator):
    reorder = [ask(emulator, "POST", "inbound")[1]["Reorder"] for _ in range(3)]
    assert reorder == [False, False, True]
    _, (record,) = ask(emulator, "GET", "records")
    assert record["Emulator"]["Reorder"]
    assert record["Emulator"]["Quota"] == "L-12AB7C57"


def test_records_are_read_on_from_the_last_one(emulator):
    for _ in range(5):
        ask(emulator, "POST", "inbound")
        emulator.clock.advance(60)
    _, first = ask(emulator, "GET", "records", query="limit=2")
    _, rest = ask(emulator, "GET", "records", query="after=2")
    assert [r["Emulator"]["Sequence"] for r in first + rest] == [1, 2, 3, 4, 5]
    assert ask(emulator, "GET", "records", query="after=5")[1] == []


def test_the_snapshot_counts_states_reasons_and_peaks(emulator):
    ask(emulator, "POST", "inbound")
    emulator.clock.advance(1.0)
    ask(emulator, "POST", "inbound")
    _, snapshot = ask(emulator, "GET", "snapshot")
    assert snapshot["contacts"]["by_state"] == {"in_flow": 2}
    assert (snapshot["contacts"]["peak"], snapshot["contacts"]["peak_at"]) == (2, 1_001.0)
    emulator.clock.advance(60)
    _, snapshot = ask(emulator, "GET", "snapshot")
    assert snapshot["contacts"]["by_reason"] == {"CONTACT_FLOW_DISCONNECT": 2}
    assert snapshot["contacts"]["in_progress"] == 0
    assert snapshot["terminals"] == {"DisconnectParticipant": 2}


def test_faults_are_set_shown_and_cleared(emulator):
    fault = {"service": "connect", "latency_seconds": 5}
    _, shown = ask(emulator, "POST", "faults", fault)
    assert shown["faults"][0]["latency_seconds"] == 5
    assert ask(emulator, "GET", "snapshot")[1]["faults"] == shown["faults"]
    assert ask(emulator, "DELETE", "faults")[1] == {"faults": []}


def test_reset_ends_calls_and_forgets_everything_but_applied_values(emulator):
    for _ in range(3):
        ask(emulator, "POST", "inbound")
    assert ask(emulator, "POST", "reset")[1] == {"stopped": 2}
    _, snapshot = ask(emulator, "GET", "snapshot")
    assert snapshot["contacts"]["started"] == snapshot["contacts"]["ended"] == 0
    assert snapshot["quotas"] == []
    assert emulator.state.limits.applied("L-12AB7C57") == 2
    assert ask(emulator, "POST", "inbound")[1]["Reorder"] is False


@pytest.mark.parametrize(
    ("method", "path", "body", "query", "status", "said"),
    [
        ("GET", "nothing", None, "", 404, "GET /_busyhour/health"),
        ("POST", "health", None, "", 404, "is none of"),
        ("POST", "inbound", b"{", "", 400, "not JSON"),
        ("POST", "inbound", [], "", 400, "not a JSON object"),
        ("POST", "inbound", {"flw": "x"}, "", 400, "Did you mean 'flow'"),
        ("POST", "inbound", {"flow": "Helo"}, "", 400, "Did you mean 'Hello'"),
        ("POST", "inbound", {"flow": 5}, "", 400, "are text"),
        ("POST", "inbound", {"attributes": {"a": 1}}, "", 400, "are text"),
        ("POST", "inbound", {"attributes": []}, "", 200, ""),
        ("POST", "inbound", {"attributes": ["a"]}, "", 400, "not an object"),
        ("POST", "inbound", {"attributes": {"a b": "1"}}, "", 400, "alphanumeric"),
        ("POST", "faults", {"latency": 1}, "", 400, "latency_seconds"),
        ("POST", "faults", b"}", "", 400, "not JSON"),
        ("GET", "records", None, "after=x", 400, "whole numbers"),
    ],
)
def test_what_is_wrong_is_said_as_json(emulator, method, path, body, query, status, said):
    answered, document = ask(emulator, method, path, body, query)
    assert answered == status
    assert said in document.get("error", "")


def test_an_increase_request_is_decided_by_hand(emulator):
    from busyhour.emulator.service_quotas.increases import OPEN

    def service_quotas(operation, **body):
        headers = {"x-amz-target": f"ServiceQuotasV20190624.{operation}"}
        request = Request(
            "POST", "/", "", headers, json.dumps(body).encode(), "servicequotas", "us-east-1", "A"
        )
        return json.loads(emulator.router.answer(request).body)

    asked = {"ServiceCode": "lambda", "QuotaCode": "L-B99A9384"}
    filed = service_quotas("RequestServiceQuotaIncrease", **asked, DesiredValue=5_000)["RequestedQuota"]
    assert filed["Status"] in OPEN
    status, answer = ask(emulator, "POST", "increases", {"id": filed["Id"], "status": "DENIED"})
    assert (status, answer["RequestedQuota"]["Status"]) == (200, "DENIED")
    emulator.clock.advance(3_600)
    assert service_quotas("GetServiceQuota", **asked)["Quota"]["Value"] == 1_000
    for wrong in ({"id": filed["Id"], "status": "DENIED"}, {"id": "x", "status": "GONE"}, {"id": "x"}):
        assert ask(emulator, "POST", "increases", wrong)[0] == 400


def test_the_state_is_written_on_demand(emulator, tmp_path):
    assert ask(emulator, "POST", "state") == (
        400,
        {"error": "The emulator keeps no state.", "hint": "Start it with --state DIR."},
    )
    kept = build(clock=VirtualClock(), epoch=0.0, state_folder=tmp_path / "state")
    status, answer = ask(kept, "POST", "state")
    assert status == 200
    assert answer["bytes"] == (tmp_path / "state" / "state.json").stat().st_size
