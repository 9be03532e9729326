"""What is learnt of contact records, flow logs and reports of functions."""

import gzip
import json
from collections import Counter
from zoneinfo import ZoneInfo

import pytest

from busyhour.errors import BusyhourError
from busyhour.learning.recorded import behaviour, contact_records, flow_logs, function_reports

UTC = ZoneInfo("UTC")


def contact(name="c1", **changed):
    """A contact record as Connect writes it: answered after 60 s in the queue, with 30 s on hold."""
    record = {
        "Agent": {
            "AfterContactWorkDuration": 31,
            "AgentInteractionDuration": 150,
            "ConnectedToAgentTimestamp": "2026-03-02T10:02:00Z",
            "CustomerHoldDuration": 30,
        },
        "Channel": "VOICE",
        "ContactId": name,
        "DisconnectReason": "CUSTOMER_DISCONNECT",
        "DisconnectTimestamp": "2026-03-02T10:05:00Z",
        "InitiationMethod": "INBOUND",
        "InitiationTimestamp": "2026-03-02T10:00:00Z",
        "LastUpdateTimestamp": "2026-03-02T10:06:35Z",
        "Queue": {"Duration": 60, "EnqueueTimestamp": "2026-03-02T10:01:00Z", "Name": "Support"},
    }
    return {**record, **changed}


def learnt(path, records, **more):
    path.write_text("".join(json.dumps(one) for one in records))
    return contact_records.learn(path, UTC, **more)


def values(found):
    return {one.name: one.around.value for one in found.values}


def test_records_one_behind_the_other_without_a_newline(tmp_path):
    found = learnt(tmp_path / "stream-1", [contact(f"c{number}") for number in range(3)])
    assert found.arrivals.busiest_rate == 12.0
    assert values(found) == {"abandoned share": 0.0, "talk, holds included": 180.0, "after-call work": 31.0}
    assert found.by_queue == {"Support": 3.0}


def test_a_record_that_comes_again_counts_once_as_it_was_last(tmp_path):
    later = contact(LastUpdateTimestamp="2026-03-07T10:00:00Z", Queue=None, Agent=None)
    for order in ([contact(), later], [later, contact()]):
        found = learnt(tmp_path / "records.json", order)
        assert found.by_queue == {"": 1.0}
        assert any("came again" in note for note in found.notes)


@pytest.mark.parametrize(
    ("changed", "counted"),
    [
        ({"Agent": None}, 1.0),
        ({"Agent": None, "DisconnectReason": None}, 1.0),
        ({"Agent": None, "DisconnectReason": "CONTACT_FLOW_DISCONNECT"}, None),
        ({"Agent": None, "Queue": None}, None),
    ],
)
def test_only_a_caller_who_leaves_the_queue_is_abandoned(tmp_path, changed, counted):
    found = learnt(tmp_path / "records.json", [contact(**changed)])
    assert values(found).get("abandoned share") == counted


@pytest.mark.parametrize(
    ("changed", "note"),
    [
        ({"Channel": "CHAT"}, "1 contacts of other channels"),
        ({"InitiationMethod": "TRANSFER"}, "1 contacts that are no new inbound call"),
        ({"InitiationMethod": "CALLBACK"}, "1 contacts that are no new inbound call"),
        ({"InitiationMethod": "API"}, "1 contacts that are no new inbound call"),
    ],
)
def test_contacts_that_are_no_arrival_are_left_out_and_said(tmp_path, changed, note):
    found = learnt(tmp_path / "records.json", [contact(), contact("c2", **changed)])
    assert sum(found.by_queue.values()) == 1
    assert any(one.startswith(note) for one in found.notes)


def test_a_folder_as_streamed_to_s3_with_gzip(tmp_path):
    folder = tmp_path / "2026" / "03" / "02" / "10"
    folder.mkdir(parents=True)
    (folder / "stream-1").write_text(json.dumps(contact("a")) + json.dumps(contact("b")))
    (folder / "stream-2.gz").write_bytes(gzip.compress(json.dumps(contact("c")).encode()))
    assert contact_records.learn(tmp_path, UTC).by_queue == {"Support": 3.0}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no contact record"),
        ('{"a": 1}', "no contact record"),
        ('{"ContactId": "x", "Initia', "is not JSON"),
        ("hello", "1:1: 'hello' is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ('{"a":' * 200 + "1" + "}" * 200, "nested more than"),
        ('{"a": NaN}', "is not JSON"),
        (json.dumps(contact(InitiationTimestamp="yesterday")), "InitiationTimestamp is 'yesterday'"),
        (json.dumps(contact(InitiationTimestamp=None)), "InitiationTimestamp is null"),
        (json.dumps(contact(Queue="Support")), "Queue is 'Support'"),
        (json.dumps(contact(Agent={"AfterContactWorkDuration": -1})), "AfterContactWorkDuration is -1"),
        (
            json.dumps(contact(Agent={"AfterContactWorkDuration": 1e300})),
            "AfterContactWorkDuration is 1e+300",
        ),
        (json.dumps(contact(InitiationMethod="API")), "no record is a new inbound call"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path, text, words):
    (tmp_path / "records.json").write_text(text)
    with pytest.raises(BusyhourError) as caught:
        contact_records.learn(tmp_path / "records.json", UTC)
    assert "records.json" in caught.value.message
    assert words in caught.value.message


def test_damaged_gzip_is_named(tmp_path):
    whole = gzip.compress(json.dumps(contact()).encode())
    for name, raw in {"cut.gz": whole[:-20], "broken.gz": whole[:12] + b"\xff" * 30}.items():
        (tmp_path / name).write_bytes(raw)
        with pytest.raises(BusyhourError, match="damaged gzip"):
            contact_records.learn(tmp_path / name, UTC)


def entry(kind, number=0, who="c1", results=None, action="Menu", external=None, **parameters):
    found = {"ContactId": who, "ContactFlowName": "Main", "ContactFlowModuleType": kind, "Identifier": action}
    found |= {"Timestamp": f"2026-03-02T10:00:{number:02}.000Z", "Parameters": parameters}
    found |= {"Results": results} if results is not None else {}
    return found | ({"ExternalResults": external} if external is not None else {})


def counted(path, entries):
    path.write_text("\n".join(json.dumps(one) for one in entries))
    return flow_logs.count(path)


def test_choices_at_a_menu(tmp_path):
    entries = [
        *(entry("GetUserInput", who=f"a{number}", results="1") for number in range(6)),
        *(entry("GetUserInput", who=f"b{number}", results="Timeout") for number in range(2)),
        entry("GetUserInput", who="c"),
        entry("GetUserInput", who="d", results="Bookhotel"),
    ]
    found = counted(tmp_path / "log", entries)
    assert found.menus == {("Main", "Menu"): {"1": 6, "silence": 2, "hang_up": 1, "Bookhotel": 1}}
    assert behaviour.menu(found.menus["Main", "Menu"]) == {
        "1": 0.6,
        "Bookhotel": 0.1,
        "silence": 0.2,
        "hang_up": 0.1,
    }


def test_an_entry_before_the_result_is_no_choice(tmp_path):
    entries = [entry("GetUserInput", 1), entry("GetUserInput", 5, results="2"), entry("PlayPrompt", 6)]
    assert counted(tmp_path / "log", entries).menus == {("Main", "Menu"): {"2": 1}}


def test_an_input_without_a_result_that_is_followed_is_not_counted_and_said(tmp_path):
    found = counted(tmp_path / "log", [entry("GetUserInput", 1), entry("PlayPrompt", 6)])
    assert found.menus == {("Main", "Menu"): {}}
    assert any(note.startswith("1 entries of inputs have no result") for note in found.notes)


def test_entries_count_by_their_time_whatever_their_order_in_the_files(tmp_path):
    (tmp_path / "2").write_text(json.dumps(entry("GetUserInput", 1)))
    (tmp_path / "1").write_text(json.dumps(entry("GetUserInput", 4, results="1")))
    assert flow_logs.count(tmp_path).menus == {("Main", "Menu"): {"1": 1}}


def test_stored_input_is_counted_by_its_number_of_keys_and_not_kept(tmp_path):
    secret = "4111111111111111"
    entries = [entry("StoreUserInput", who=f"a{number}", results=secret) for number in range(3)]
    found = counted(tmp_path / "log", [*entries, entry("StoreUserInput", who="b", results="Timeout")])
    assert found.inputs == {("Main", "Menu"): {"16": 3, "silence": 1}}
    assert secret not in repr(found)
    assert behaviour.inputs(found.inputs["Main", "Menu"]) == ["#" * 16] * 15 + ["silence"] * 5


def test_functions_by_what_connect_saw(tmp_path):
    arn = "arn:aws:lambda:us-east-1:123456789012:function:lookup:live"
    told = "The Lambda Function Returned An Error."
    entries = [
        entry("InvokeExternalResource", 1, FunctionArn=arn),  # the entry before the answer
        entry("InvokeExternalResource", 2, external={"a": "b"}, FunctionArn=arn),
        entry("InvokeExternalResource", 3, results=told, FunctionArn=arn),
    ]
    outcomes = counted(tmp_path / "log", entries).functions["lookup"]
    assert (outcomes.invocations, outcomes.failed, outcomes.failures) == (2, 1, {told: 1})


def test_comparisons_are_one_decision(tmp_path):
    def tried(number, value, results, who):
        return entry("CheckAttribute", number, who, results, ComparisonMethod="Equals", SecondValue=value)

    entries = [
        tried(1, "gold", "false", "a"),
        tried(2, "silver", "true", "a"),
        tried(1, "gold", "false", "b"),
        tried(2, "silver", "false", "b"),
        entry("PlayPrompt", 3, "b"),
    ]
    assert counted(tmp_path / "log", entries).branches == {
        ("Main", "Menu"): {"Equals silver": 1, "no match": 1}
    }


def test_hours_are_those_of_the_queue_that_was_set(tmp_path):
    entries = [
        *(entry("SetQueue", 1, f"a{number}", Queue="arn:q/1") for number in range(3)),
        *(entry("CheckHoursOfOperation", 2, f"a{number}", "true") for number in range(2)),
        entry("CheckHoursOfOperation", 2, "a2", "false"),
        entry("CheckHoursOfOperation", 2, "b", "true"),
    ]
    found = counted(tmp_path / "log", entries)
    assert found.hours == {"arn:q/1": (2, 1), "": (1, 0)}
    assert behaviour.open_shares(found.hours, {"Support": {"arn": "arn:other/1"}}) == {"Support": (0.6667, 3)}


def test_the_output_of_the_logs_api_is_read(tmp_path):
    events = [{"message": json.dumps(entry("GetUserInput", results="1"))}, {"message": "START RequestId"}]
    (tmp_path / "log.json").write_text(json.dumps({"events": events, "searchedLogStreams": []}))
    assert flow_logs.count(tmp_path / "log.json").entries == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [('{"a": 1}', "no entry of a contact flow"), ('{"ContactFlowModuleType": "X"}', "log:1:")],
)
def test_a_file_that_is_no_flow_log_is_named(tmp_path, text, words):
    (tmp_path / "log").write_text(text)
    with pytest.raises(BusyhourError) as caught:
        flow_logs.count(tmp_path / "log")
    assert words in caught.value.message


REPORTS = """START RequestId: aaaaaaaa-0000-4000-8000-000000000001 Version: $LATEST
REPORT RequestId: aaaaaaaa-0000-4000-8000-000000000001\tDuration: 100.00 ms\tBilled Duration: 400 ms\tMemory Size: 128 MB\tMax Memory Used: 37 MB\tInit Duration: 300.00 ms
REPORT RequestId: aaaaaaaa-0000-4000-8000-000000000002\tDuration: 50.00 ms\tBilled Duration: 50 ms\tMemory Size: 128 MB\tMax Memory Used: 37 MB
REPORT RequestId: aaaaaaaa-0000-4000-8000-000000000002\tDuration: 50.00 ms\tBilled Duration: 50 ms\tMemory Size: 128 MB\tMax Memory Used: 37 MB
"""


def report(number, took, status="success", **more):
    record = {"requestId": str(number), "metrics": {"durationMs": took, **more}, "status": status}
    return json.dumps({"time": "2026-03-02T10:00:00Z", "type": "platform.report", "record": record})


def test_reports_in_text_give_durations_and_cold_starts_but_not_failures(tmp_path):
    (tmp_path / "log").write_text(REPORTS)
    found = function_reports.learn("lookup", tmp_path / "log")
    assert found.latency.mean.value == pytest.approx(0.075)
    assert found.latency.count == 2
    assert (found.cold.value, found.failed) == (0.5, None)


def test_reports_in_json_give_failures_too(tmp_path):
    lines = [report(1, 100, initDurationMs=200), report(2, 50), report(3, 8000, "timeout"), report(4, 50)]
    (tmp_path / "log").write_text("\n".join(lines))
    found = function_reports.learn("lookup", tmp_path / "log")
    assert found.latency.mean.value == pytest.approx(2.05)
    assert found.failed is not None
    assert found.failed.value == 0.25
    (tmp_path / "api").write_text(json.dumps({"events": [{"message": one} for one in lines]}))
    assert function_reports.learn("lookup", tmp_path / "api") == found


def test_a_log_without_reports_is_named(tmp_path):
    (tmp_path / "log").write_text("hello")
    with pytest.raises(BusyhourError, match="no report of an invocation of lookup"):
        function_reports.learn("lookup", tmp_path / "log")


def test_shares_are_apportioned_so_that_they_add_up_to_one():
    thirds = behaviour.menu(Counter({"1": 1, "2": 1, "3": 1}))
    assert sum(round(share * 10_000) for share in thirds.values()) == 10_000
