"""An emulator put together from a scenario or from nothing."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from busyhour.emulator.account import Account
from busyhour.emulator.app import build, default_scenario
from busyhour.emulator.connect.policy import ConnectPolicy
from busyhour.emulator.messages import Request
from busyhour.emulator.server.timers import VirtualClock
from busyhour.errors import BusyhourError
from busyhour.scenarios.account import AwsTarget
from busyhour.scenarios.model import Flows, Queue

WAITING = {
    "Version": "2019-10-30",
    "StartAction": "set",
    "Actions": [
        {
            "Identifier": "set",
            "Type": "UpdateContactTargetQueue",
            "Parameters": {"QueueId": "arn:aws:connect:us-east-1:111122223333:instance/x/queue/q-1"},
            "Transitions": {"NextAction": "wait", "Errors": [], "Conditions": []},
        },
        {
            "Identifier": "wait",
            "Type": "TransferContactToQueue",
            "Parameters": {},
            "Transitions": {"NextAction": "bye", "Errors": [], "Conditions": []},
        },
        {"Identifier": "bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}},
    ],
}


@pytest.fixture
def flow_file(tmp_path):
    path = tmp_path / "Waiting.json"
    path.write_text(json.dumps(WAITING))
    return path


@pytest.fixture
def plan():
    return default_scenario(ConnectPolicy())


def start(emulator, number="+12065550100", **more):
    body = {
        "InstanceId": emulator.state.account.instance_id,
        "ContactFlowId": next(emulator.instance.flows()).id,
        "DestinationPhoneNumber": number,
        "SourcePhoneNumber": "+12065550199",
        **more,
    }
    raw = json.dumps(body).encode()
    request = Request("PUT", "/contact/outbound-voice", "", {}, raw, "connect", "us-east-1", "x")
    return emulator.router.answer(request).status


def test_without_anything_there_is_an_instance_with_a_stable_id():
    first, second = build(), build()
    assert first.state.account == second.state.account
    assert first.state.account.instance_arn.endswith(first.state.account.instance_id)
    assert build(account=Account("999999999999", "eu-west-2")).state.account != first.state.account


def test_flows_queues_numbers_and_quotas_come_from_the_scenario(plan, flow_file):
    scenario = replace(
        plan,
        flows=Flows((flow_file,), "Waiting"),
        queues={"Sales": Queue("Sales", 5)},
        quotas={"L-12AB7C57": 77},
        aws=AwsTarget(source_number="+12065550155"),
    )
    emulator = build(scenario)
    about = emulator.about()
    assert list(about["flows"]) == ["Waiting"]
    assert list(about["queues"]) == ["Sales", "BasicQueue"]
    assert about["numbers"] == ["+12065550155"]
    assert emulator.state.limits.applied("L-12AB7C57") == 77


def test_quotas_that_are_named_win_over_the_scenarios(plan):
    emulator = build(replace(plan, quotas={"L-12AB7C57": 77}), quotas={"L-12AB7C57": 5})
    assert emulator.state.limits.applied("L-12AB7C57") == 5


def test_two_flows_of_one_name_are_both_there_under_names_that_differ(flow_file):
    emulator = build(flows=[flow_file, flow_file])
    assert list(emulator.about()["flows"]) == ["Waiting", "Waiting (2)"]


def test_a_flow_that_cannot_be_read_is_named(tmp_path):
    path = tmp_path / "broken.json"
    path.write_text("{")
    with pytest.raises(BusyhourError, match=r"broken\.json"):
        build(flows=[path])


@pytest.mark.parametrize("rate", [2, 10])
def test_just_under_the_rate_nothing_is_rejected_and_above_it_what_is_left_over(flow_file, rate):
    """Driven in virtual time: rejections at 1.5 times the rate are a third of the requests, within 2 %."""
    for factor, share in ((0.98, 0.0), (1.5, 1 / 3)):
        clock = VirtualClock()
        emulator = build(flows=[flow_file], clock=clock, quotas={"L-4E9BCC96": rate, "L-12AB7C57": 1e6})
        statuses = []
        requests = 1_500
        for _ in range(requests):
            statuses.append(start(emulator))
            clock.advance(1 / (rate * factor))
        rejected = statuses.count(429)
        expected = share * requests - (5 if share else 0)
        assert rejected == pytest.approx(expected, abs=0.02 * requests if share else 0)
        assert set(statuses) <= {200, 429}


@pytest.mark.slow
def test_fifty_thousand_contacts_at_once_fit_in_few_hundred_megabytes(flow_file):
    import tracemalloc

    clock = VirtualClock()
    emulator = build(flows=[flow_file], clock=clock, quotas={"L-4E9BCC96": 1e9, "L-12AB7C57": 1e9})
    start(emulator)
    for number in range(50_000):
        if number == 45_000:
            tracemalloc.start()
        start(emulator, ClientToken=f"t{number}", Attributes={"order": str(number)})
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size / 5_000 < 5_000
    assert emulator.contacts.store.in_progress == 50_001
    clock.advance(100_000)
    assert emulator.contacts.store.in_progress == 0
    assert emulator.contacts.store.records == 50_001
