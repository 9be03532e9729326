"""The plan run against the emulator in virtual time: its own Connect, Lambda and DynamoDB with their limits, no HTTP.

Inbound calls come in by the emulator's endpoint for them, outbound ones by StartOutboundVoiceContact, table operations by
DynamoDB's own requests. The rate is held; what fills the centre is not counted.
"""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

from busyhour.emulator.app import Emulator, build
from busyhour.emulator.connect.policy import ConnectPolicy
from busyhour.emulator.messages import ApiError, Request, Response
from busyhour.emulator.server.timers import VirtualClock
from busyhour.flows.protocol import LambdaFailed
from busyhour.scenarios.model import DriveKind, Scenario

from .batches import Batches
from .independent.estimate import BATCHES, Estimate, of_ratio
from .independent.formulas import rank_shares, units_of
from .independent.plan import Plan
from .independent.simulated import CALLS

_REGION = "us-east-1"
_THROTTLED = ("ProvisionedThroughputExceededException", "ThrottlingException")


def emulated(scenario: Scenario, plan: Plan, *, seed: int = 1, calls: int = CALLS) -> dict[str, Estimate]:
    """What the emulator did with the plan, by the names of `Simulated.run`."""
    if plan.table is not None:
        return _table(scenario, plan, seed)
    clock, chance = VirtualClock(), random.Random(f"emulated/{seed}")
    emulator = build(
        replace(scenario, seed=scenario.seed + seed),
        clock=clock,
        epoch=0.0,
        policy=ConnectPolicy(ended_kept=1),
    )
    seen = Batches(plan, calls)
    if scenario.drive is DriveKind.LAMBDA:
        start = _invoking(emulator, seen)
    else:
        _listen(emulator, seen)
        start = _outbound(emulator, scenario) if plan.outbound else _inbound(emulator)
    gap = 1.0 / plan.per_second
    while clock.now() < seen.last:
        now = clock.now()
        seen.count("calls", now)
        status = start()
        if status == 429:
            seen.count("start throttled", now)
        elif status != 200:
            raise RuntimeError(f"{plan.name}: the emulator answered {status} to a call")
        clock.advance(gap if plan.even else chance.expovariate(plan.per_second))
    emulator.contacts.stop_all()
    found = {
        "load": seen.level("call"),
        "blocked": seen.share("blocked", "admitted"),
        "start throttled": seen.share("start throttled", "calls") if plan.outbound else None,
        "lambda load": seen.level("execution"),
        "lambda throttled": seen.share("first throttled", "first"),
        "requests throttled": seen.share("request throttled", "requests"),
        "abandoned": seen.share("abandoned", "queued"),
        "level": seen.share("in time", "queued"),
    }
    return {name: value for name, value in found.items() if value is not None}


def _listen(emulator: Emulator, seen: Batches) -> None:
    """Count every contact at its end and every Lambda request."""
    contacts = emulator.contacts

    def ended(contact: Any, _: Any) -> None:
        seen.count("admitted", contact.initiated)
        if contact.reorder:
            seen.count("blocked", contact.initiated)
            return
        seen.stay("call", contact.initiated, contact.ended)
        if contact.enqueued is None:
            return
        wait = (contact.ended if contact.answered is None else contact.answered) - contact.enqueued
        seen.count("queued", contact.initiated)
        if contact.answered is None:
            seen.count("abandoned", contact.initiated)
        elif wait <= emulator.scenario.service_level_seconds:
            seen.count("in time", contact.initiated)

    contacts.on_record = ended
    invoker = contacts.centre.invoker
    inner, clock = invoker.functions, emulator.clock
    tried: dict[int, int] = {}

    class Counted:
        """The emulator's functions, counted."""

        def invoke(self, call: Any, effect: Any, done: Any) -> None:
            asked = sum(call.invocations.values())
            first = tried.get(id(call)) != asked
            tried[id(call)] = asked
            now = clock.now()
            seen.count("requests", now)
            if first:
                seen.count("first", now)

            def answered(outcome: Any) -> None:
                if isinstance(outcome, LambdaFailed) and outcome.kind == "throttled":
                    seen.count("request throttled", now)
                    if first:
                        seen.count("first throttled", now)
                else:
                    tried.pop(id(call), None)
                    seen.stay("execution", now, clock.now())
                done(outcome)

            inner.invoke(call, effect, answered)

    invoker.functions = Counted()


def _invoking(emulator: Emulator, seen: Batches) -> Any:
    """One invocation and no call."""
    clock, name = emulator.clock, next(iter(emulator.scenario.functions))
    runtime = emulator.contacts.centre.invoker.functions._runtime

    def start() -> int:
        now = clock.now()
        seen.count("first", now)
        seen.count("requests", now)

        def answered(outcome: Any) -> None:
            if outcome.status == 429:
                seen.count("first throttled", now)
                seen.count("request throttled", now)
            else:
                seen.stay("execution", now, clock.now())

        runtime.start(name, b"{}", answered)
        return 200

    return start


def _inbound(emulator: Emulator) -> Any:
    request = Request("POST", "/_busyhour/inbound", "", {}, b"{}", "", "", "")
    return lambda: emulator.admin(request).status


def _outbound(emulator: Emulator, scenario: Scenario) -> Any:
    about = emulator.about()
    body = json.dumps(
        {
            "InstanceId": about["instance_id"],
            "ContactFlowId": about["flows"][scenario.flows.entry],
            "DestinationPhoneNumber": "+12065550100",
            "SourcePhoneNumber": "+12065550199",
        }
    ).encode()

    def start() -> int:
        request = Request("PUT", "/contact/outbound-voice", "", {}, body, "connect", _REGION, "x")
        answer = emulator.router.answer(request)
        assert isinstance(answer, Response)
        return answer.status

    return start


def _table(scenario: Scenario, plan: Plan, seed: int, requests: int = 40_000) -> dict[str, Estimate]:
    """Operations on the scenario's one table, keys as the load generator names them."""
    table = plan.table
    assert table is not None
    clock, chance = VirtualClock(), random.Random(f"emulated/{seed}")
    emulator = build(scenario, clock=clock, epoch=0.0)
    emulator._load()  # tables are made before the first request
    name = next(iter(scenario.tables))
    weights = rank_shares(table.keys, table.zipf).tolist()
    keys = chance.choices(range(table.keys), weights, k=requests)
    per_second = plan.per_second * table.operations
    filler = {"S": "x" * (table.item_bytes - 60)}
    headers = {"x-amz-target": f"DynamoDB_20120810.{table.operation}"}
    asked, refused = [0.0] * BATCHES, [0.0] * BATCHES
    counted_from = requests // 10
    for number, key in enumerate(keys):
        body = json.dumps(_operation(table.operation, name, key, filler)).encode()
        throttled = False
        try:
            emulator.dynamodb.handle(Request("POST", "/", "", headers, body, "dynamodb", _REGION, "x"))
        except ApiError as error:
            if error.code not in _THROTTLED:
                raise
            throttled = True
        if number >= counted_from:
            batch = (number - counted_from) * BATCHES // (requests - counted_from)
            asked[batch] += 1
            refused[batch] += throttled
        clock.advance(1 / per_second if plan.even else chance.expovariate(per_second))
    share = of_ratio(refused, asked)
    assert share is not None
    return {
        "units": Estimate(per_second * units_of(table.operation, table.item_bytes)),
        "table throttled": share,
    }


def _operation(operation: str, table: str, key: int, filler: dict[str, str]) -> dict[str, Any]:
    if operation == "PutItem":
        return {"TableName": table, "Item": {"pk": {"S": f"busyhour#key-{key}"}, "busyhour": filler}}
    return {
        "TableName": table,
        "Key": {"pk": {"S": f"key-{key}"}},
        "UpdateExpression": "SET #a = :a",
        "ExpressionAttributeNames": {"#a": "busyhour"},
        "ExpressionAttributeValues": {":a": filler},
    }
