"""A whole emulator under a virtual clock: the same seed gives the same history, another seed another one."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from busyhour.emulator.app import build, default_scenario
from busyhour.emulator.connect.policy import ConnectPolicy
from busyhour.emulator.faults.requests import Condition, Fault
from busyhour.emulator.messages import Request
from busyhour.emulator.server.timers import VirtualClock
from busyhour.scenarios.model import Distribution, Function

FLOWS = sorted((Path(__file__).resolve().parents[3] / "examples" / "helpdesk" / "flows").glob("*.json"))
FUNCTION = Function("helpdesk", latency=Distribution("exponential", 0.2), error_share=0.2)


def history(seed=1):
    """Answers, contact records and quotas of two virtual minutes with faults, calls and an increase."""
    policy = ConnectPolicy(failures={"TELECOM_BUSY": 0.2})
    clock = VirtualClock()
    emulator = build(
        dataclasses.replace(default_scenario(policy), seed=seed),
        flows=FLOWS,
        clock=clock,
        epoch=1_000_000.0,
        policy=policy,
        quotas={"connect.start-outbound-voice-contact.rate": 2},
        functions=[FUNCTION],
        faults=[Fault("lambda", function_error_share=0.3), Condition("no_agents", "Support")],
    )
    emulator.sites.start()
    instance, flow = emulator.state.account.instance_id, emulator.instance.flow_named("Helpdesk after hours")

    def ask(service, method, path, body, **headers):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request(method, path, "", names, json.dumps(body).encode(), service, "us-east-1", "A", "r")
        answer = emulator.router.answer(request)
        return answer.status, answer.body.decode()

    call = {
        "InstanceId": instance,
        "ContactFlowId": flow.id,
        "DestinationPhoneNumber": "+12065550100",
        "SourcePhoneNumber": "+12065550199",
    }
    told = []
    for second in range(60):
        told += [ask("connect", "PUT", "/contact/outbound-voice", call) for _ in range(4)]
        if second == 10:
            wanted = {"ServiceCode": "lambda", "QuotaCode": "L-B99A9384", "DesiredValue": 2000}
            target = "ServiceQuotasV20190624.RequestServiceQuotaIncrease"
            told.append(ask("servicequotas", "POST", "/", wanted, x_amz_target=target))
        clock.advance(1.0)
    clock.advance(3_600.0)
    emulator.contacts.stop_all()
    records = emulator.admin(Request("GET", "/_busyhour/records", "", {}, b"", "", "", "")).body.decode()
    return told, records, json.dumps(emulator.snapshot(), sort_keys=True)


def test_the_same_seed_gives_the_same_history():
    first, second = history(), history()
    assert first == second
    told, records, _ = first
    statuses = [status for status, _ in told]
    assert {200, 429} <= set(statuses)
    ended = [json.loads(line) for line in records.splitlines()]
    contacts = [
        json.loads(body)["ContactId"] for status, body in told if status == 200 and "ContactId" in body
    ]
    assert sorted(record["ContactId"] for record in ended) == sorted(contacts)
    assert {record["DisconnectReason"] for record in ended} >= {"TELECOM_BUSY"}


def test_another_seed_gives_another():
    assert history(2)[1] != history(3)[1]
