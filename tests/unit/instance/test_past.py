"""What an instance recorded of its past, read through boto3 from an emulator in virtual time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from busyhour.emulator.messages import Request
from busyhour.instance import past as past_module
from busyhour.instance.answers import FromClients
from busyhour.instance.masking import Mask
from busyhour.instance.past import Past
from busyhour.instance.pull import find_instance
from busyhour.learning.recorded import flow_logs, queue_metrics
from busyhour.scenarios.model import Distribution, Function
from busyhour.scenarios.reader import load
from busyhour.shipped import shipped_root

from .conftest import Centre

BEGIN = 1_800_000_000.0
"""2027-01-15 08:00 UTC, as the fixtures set it."""
CALLS = 30


@pytest.fixture(scope="module")
def scenario() -> Any:
    shipped = load(shipped_root() / "scenarios" / "helpdesk.toml", root=shipped_root())
    functions = {name: Function(name, latency=Distribution("constant", 0.1)) for name in shipped.functions}
    callers = replace(
        shipped.callers, talk=Distribution("constant", 100.0), wrap_up=Distribution("constant", 30.0)
    )
    return replace(shipped, functions=functions, tables={}, callers=callers)


@pytest.fixture
def busy(make: Callable[..., Centre], fast: dict[str, float], scenario: Any, tmp_path: Path) -> Centre:
    """An instance after half an hour with a call a minute, and its past."""
    found = make(scenario=scenario, quotas=fast, flow_logs=tmp_path / "flows.jsonl")
    call = Request("POST", "/_busyhour/inbound", "", {}, b"{}", "", "", "")
    for _ in range(CALLS):
        found.clock.advance(60.0)
        assert found.emulator.admin(call).status == 200
    found.clock.advance(1_800.0)
    return found


def past(centre: Centre, days: int = 5) -> Past:
    reader = centre.reader()
    instance = find_instance(reader, None)
    reader.of(instance)
    end = datetime.fromtimestamp(BEGIN + centre.clock.now(), UTC)
    return Past(reader, instance["Alias"], datetime.fromtimestamp(BEGIN, UTC) - timedelta(days=days), end)


def learnt(found: Past, **more: Any) -> Any:
    names, flows = found.queues(), found.entry_flows()
    return queue_metrics.learn(
        found.metrics(queue_metrics.QUEUE_METRICS, "QUEUE", sorted(names)),
        found.metrics((queue_metrics.FLOW_METRIC,), "FLOWS_RESOURCE_ID", flows),
        names,
        "the instance",
        ZoneInfo("UTC"),
        **more,
    )


def test_calls_times_and_choices_of_half_an_hour(busy: Centre) -> None:
    found = past(busy)
    values = {one.name: one.around.value for one in learnt(found).values}
    assert values["after-call work"] == pytest.approx(30.0, abs=0.5)
    assert 100.0 <= values["talk, holds included"] <= 102.0, "the whisper of an agent is part of it"
    counted = flow_logs.tally((("log", one) for one in found.flow_log()), "log")
    assert counted.contacts == CALLS
    assert counted.functions["helpdesk-lookup"].invocations == CALLS
    assert found.missed == []


def test_calls_are_counted_at_the_queues_where_no_number_leads_to_a_flow(busy: Centre) -> None:
    whole = learnt(past(busy))
    queued = sum(whole.by_queue.values())
    assert 0 < queued < CALLS
    assert sum(day.total for day in whole.arrivals.days) == queued
    assert any("counted at the queues" in note for note in whole.notes)
    assert learnt(past(busy), queue="Support").by_queue == whole.by_queue


def test_calls_are_counted_at_the_flows_that_numbers_lead_to(busy: Centre) -> None:
    connect, here = busy.client("connect"), {"InstanceId": busy.emulator.state.account.instance_id}
    number = connect.claim_phone_number(
        TargetArn=busy.emulator.state.account.instance_arn, PhoneNumber="+12065550142"
    )["PhoneNumberId"]
    flow = busy.emulator.about()["flows"]["Helpdesk main"]
    connect.associate_phone_number_contact_flow(**here, PhoneNumberId=number, ContactFlowId=flow)
    whole = learnt(past(busy))
    assert sum(day.total for day in whole.arrivals.days) == CALLS
    assert whole.arrivals.busiest_rate == 60.0
    assert sum(whole.by_queue.values()) < CALLS


def test_a_long_time_is_asked_for_in_spans_that_connect_accepts(busy: Centre) -> None:
    learnt(past(busy, days=8))
    asked = [operation for _, _, operation in busy.requests]
    assert asked.count("GetMetricDataV2") >= 5


def test_what_may_not_be_read_is_named_with_its_right(busy: Centre) -> None:
    busy.denied = frozenset({"FilterLogEvents"})
    found = past(busy)
    assert list(found.flow_log()) == []
    assert "not read: AccessDeniedException" in found.missed[0]
    assert "logs:FilterLogEvents" in found.missed[0]


def test_a_log_without_a_group_is_named(busy: Centre) -> None:
    found = past(busy)
    assert list(found.log("/aws/lambda/helpdesk-lookup", "REPORT")) == []
    assert found.missed[0].startswith("/aws/lambda/helpdesk-lookup: not read: ResourceNotFoundException")


def test_a_log_that_is_too_long_is_truncated_and_said(busy: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past_module, "MOST_EVENTS", 10)
    found = past(busy)
    assert len(list(found.flow_log())) == 10
    assert "only the first 10 entries were read" in found.missed[0]


def test_a_past_is_read_and_never_changed(busy: Centre) -> None:
    source = FromClients(busy.client, Mask())
    for service, operation in (
        ("logs", "DeleteLogGroup"),
        ("connect", "UpdateContact"),
        ("logs", "PutLogEvents"),
    ):
        with pytest.raises(ValueError, match="only reads"):
            source.answer(service, operation, {})
