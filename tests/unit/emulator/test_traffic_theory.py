"""The emulator against traffic theory, in virtual time: its quota blocks as Erlang B says, its queues wait as Erlang C.

Arrivals are Poisson and holding times exponential, as both formulas want it. Each estimate comes with a 99.9 % confidence
interval from batch means, since calls that follow each other fare alike.
"""

from __future__ import annotations

import json
import random
from dataclasses import replace
from statistics import fmean, stdev

import pytest

from busyhour.capacity.theory.erlang import erlang_b, erlang_c
from busyhour.emulator.app import build, default_scenario
from busyhour.emulator.connect.policy import ConnectPolicy
from busyhour.emulator.messages import Request
from busyhour.emulator.server.timers import VirtualClock
from busyhour.scenarios.model import Distribution, Queue

CALLS, BATCHES, WARM_UP = 8_000, 20, 600
T_999_19 = 3.883
"""Student's t, 19 degrees of freedom, two-sided 99.9 %."""
HOLDING = 60.0
QUEUE = "arn:aws:connect:us-east-1:123456789012:instance/x/queue/q-1"
SERVERS = 10


def step(identifier, type_, following, **parameters):
    errors = [{"NextAction": "bye", "ErrorType": "NoMatchingError"}]
    transitions = {"NextAction": following, "Errors": errors, "Conditions": []} if following else {}
    return {"Identifier": identifier, "Type": type_, "Parameters": parameters, "Transitions": transitions}


QUEUED = {
    "Version": "2019-10-30",
    "StartAction": "set",
    "Actions": [
        step("set", "UpdateContactTargetQueue", "wait", QueueId=QUEUE),
        step("wait", "TransferContactToQueue", "bye"),
        step("bye", "DisconnectParticipant", ""),
    ],
}


def centre(tmp_path, quota, agents, patience=1e9):
    """An emulator whose inbound calls go to one queue at once and talk for HOLDING seconds in the mean."""
    path = tmp_path / "Queued.json"
    path.write_text(json.dumps(QUEUED))
    plan = default_scenario(ConnectPolicy())
    callers = replace(
        plan.callers,
        patience=Distribution("constant", patience),
        talk=Distribution("exponential", HOLDING),
        wrap_up=Distribution("constant", 0.0),
    )
    scenario = replace(plan, callers=callers, queues={"desk": Queue("desk", agents=agents, arn=QUEUE)})
    policy = ConnectPolicy(ended_kept=2 * CALLS)
    return build(
        scenario, flows=[path], clock=VirtualClock(), quotas={"L-12AB7C57": quota}, policy=policy, epoch=0.0
    )


def drive(emulator, load, seed):
    """Poisson calls at `load` erlang; their contact records in the order of arrival, the warm-up left out."""
    chance = random.Random(seed)
    for _ in range(CALLS + WARM_UP):
        answer = emulator.admin(Request("POST", "/_busyhour/inbound", "", {}, b"{}", "", "", ""))
        assert answer.status == 200
        emulator.clock.advance(chance.expovariate(load / HOLDING))
    emulator.clock.advance(100 * HOLDING)
    answer = emulator.admin(Request("GET", "/_busyhour/records", "limit=1000000", {}, b"", "", "", ""))
    records = sorted(map(json.loads, answer.body.splitlines()), key=lambda r: r["InitiationTimestamp"])
    assert len(records) == CALLS + WARM_UP
    return records[WARM_UP:]


def assert_mean(values, expected):
    """The expected mean lies within the confidence interval of the batches' means."""
    size = len(values) // BATCHES
    means = [fmean(values[i * size : (i + 1) * size]) for i in range(BATCHES)]
    half = T_999_19 * stdev(means) / BATCHES**0.5
    assert half < max(expected, 0.02)  # an interval that holds everything would prove nothing
    assert fmean(means) == pytest.approx(expected, abs=half)


@pytest.mark.parametrize("load", [4.0, 6.0, 8.0, 10.0, 15.0])
def test_the_concurrency_quota_blocks_as_erlang_b_says(tmp_path, load):
    records = drive(centre(tmp_path, quota=SERVERS, agents=10_000), load, seed=int(load))
    blocked = [float(record["DisconnectReason"] == "TELECOM_PROBLEM") for record in records]
    assert_mean(blocked, erlang_b(load, SERVERS))


@pytest.mark.parametrize("load", [5.0, 6.0, 7.0, 7.5, 8.0])
def test_callers_wait_as_often_and_as_long_as_erlang_c_says(tmp_path, load):
    records = drive(centre(tmp_path, quota=1e9, agents=SERVERS), load, seed=int(10 * load))
    waits = [record["Queue"]["Duration"] for record in records]
    waiting = erlang_c(load, SERVERS)
    assert_mean([float(wait > 0) for wait in waits], waiting)
    assert_mean(waits, waiting * HOLDING / (SERVERS - load))
