"""The list of limits against the emulator: the emulator is driven 5 % below and 5 % above the volume of every row.

A row is the volume at which 1 % of the requests is rejected (of staffing: at which the service level is missed), with
every limit below it raised. So the emulator gets the scenario with all limits raised but that row's, in virtual time;
5 % below, less than 1 % may meet any limit, and 5 % above more than 1 % must meet this one. Handlers are answered by the
latency model, in the forecast and in the emulator alike: virtual time runs no code.
"""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest

from busyhour.calls.live import LiveCall
from busyhour.capacity.forecast import limits
from busyhour.capacity.forecast.build import forecast
from busyhour.capacity.forecast.limits import LimitForecast
from busyhour.capacity.forecast.model import Forecast
from busyhour.capacity.requirement_kinds import TOLERATED
from busyhour.capacity.simulation.functions import HANDLER_LATENCY
from busyhour.capacity.table_limits import READS, WRITES
from busyhour.capacity.tolerance import SERVICE_LEVEL
from busyhour.emulator.app import Emulator, build
from busyhour.emulator.connect.contacts.lifecycle import Placed
from busyhour.emulator.dynamodb.seed import load_tables
from busyhour.emulator.messages import ApiError, Request, Response
from busyhour.emulator.server.timers import VirtualClock
from busyhour.flows.actions.functions import function_name
from busyhour.flows.protocol import Invoke, LambdaFailed, LambdaResult
from busyhour.scenarios.model import Distribution, Function, Scenario, Table
from busyhour.scenarios.reader import load
from busyhour.scenarios.traffic import Direction
from busyhour.scenarios.traffic_plan.arrivals import Schedule
from busyhour.scenarios.traffic_plan.plan import with_traffic
from busyhour.shipped import shipped_root

ROOT = shipped_root()
MUCH = 1e6
PLENTY = 200_000
RAISED = {
    "L-12AB7C57": MUCH,
    "L-E908C3A1": MUCH,
    "L-4E9BCC96": MUCH,
    "L-B99A9384": MUCH,
    "L-CF0CBE56": MUCH,
    "L-AB614373": MUCH,
    "dynamodb.new-on-demand-table-initial-reads": MUCH,
    "dynamodb.new-on-demand-table-initial-writes": MUCH,
    "dynamodb.partition-read-throughput": MUCH,
    "dynamodb.partition-write-throughput": MUCH,
}


@cache
def shipped(name: str) -> Scenario:
    return _modelled(load(ROOT / "scenarios" / f"{name}.toml", root=ROOT))


@cache
def campaign() -> Scenario:
    """A dialler with calls of their own pool: 30 of them, and a start rate that AWS has raised."""
    made = shipped("outbound")
    return replace(
        made,
        name="campaign",
        traffic=replace(made.traffic, campaign=True, arrivals=shipped("peak").traffic.arrivals),
        quotas={"L-E908C3A1": 30.0, "L-4E9BCC96": 10.0},
    )


@cache
def backends() -> Scenario:
    """Slow functions on few executions, one of them with a reserve, and tables of every kind."""
    made = shipped("helpdesk")
    functions = {
        "helpdesk-lookup": Function(
            "helpdesk-lookup",
            latency=Distribution("lognormal", 1.0, 0.5),
            operations={"fixed.GetItem": 1.0, "fixed.PutItem": 1.0},
        ),
        "helpdesk-open-ticket": Function(
            "helpdesk-open-ticket",
            latency=Distribution("exponential", 1.5, high=7.0),
            operations={"fresh.PutItem": 2.0, "fresh.GetItem": 1.0},
            reserved_concurrency=20,
        ),
        "helpdesk-ticket-status": Function("helpdesk-ticket-status", latency=Distribution("constant", 0.5)),
    }
    return replace(
        made,
        name="backends",
        functions=functions,
        queues={},
        quotas={
            "L-12AB7C57": MUCH,
            "L-B99A9384": 60.0,
            "L-CF0CBE56": 60.0,
            "L-AB614373": 80.0,
        },
    )


@cache
def quick() -> Scenario:
    """Functions so quick that Lambda's request rate, ten for each execution, binds before the executions do."""
    made = shipped("helpdesk")
    functions = {name: Function(name, latency=Distribution("constant", 0.02)) for name in made.functions}
    return replace(
        made, name="quick", functions=functions, queues={}, quotas={"L-12AB7C57": MUCH, "L-B99A9384": 10.0}
    )


FIXED = {"ReadCapacityUnits": 12, "WriteCapacityUnits": 9}
DEFINITIONS: dict[str, dict[str, Any]] = {
    "fixed": {"BillingMode": "PROVISIONED", "ProvisionedThroughput": FIXED},
    "fresh": {"BillingMode": "PAY_PER_REQUEST"},
}


def _modelled(scenario: Scenario) -> Scenario:
    functions = {
        name: replace(each, handler=None, latency=each.latency or HANDLER_LATENCY, operations={})
        for name, each in scenario.functions.items()
    }
    return replace(scenario, functions=functions, tables={})


@pytest.fixture(scope="module")
def with_tables(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Scenario]:
    """The scenario with its tables' definitions; of `spared` every throughput is as defined, all others are raised."""

    def make(scenario: Scenario, spared: str | None = None) -> Scenario:
        folder = tmp_path_factory.mktemp("tables")
        tables = {}
        for name, own in DEFINITIONS.items():
            definition = json.loads(json.dumps(own))
            for side in definition.get("ProvisionedThroughput", {}):
                key = f"table.{name}.{'read' if side.startswith('Read') else 'write'}"
                if spared not in (None, key):
                    definition["ProvisionedThroughput"][side] = int(MUCH)
            definition |= {
                "TableName": name,
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            }
            path = folder / f"{name}.json"
            path.write_text(json.dumps(definition), encoding="utf-8")
            tables[name] = Table(name, path)
        return replace(scenario, tables=tables)

    return make


def alone(scenario: Scenario, row: LimitForecast, volume: float) -> Scenario:
    """The scenario with every limit raised but that of `row`; agents and places in queues grow with the volume."""
    own = {**RAISED}
    for name, value in scenario.quotas.items():
        if name not in own:
            own[name] = value
    for name in own:
        if name in (row.key, row.code):
            own[name] = row.value
    queues, part = {}, row.key.split(".")
    for name, queue in scenario.queues.items():
        mine = part[0] == "queue" and part[1] == name
        agents = queue.agents if mine else PLENTY
        queues[name] = replace(
            queue, agents=agents, capacity=queue.capacity if mine and part[2] == "capacity" else None
        )
    functions = {
        name: each if row.key == f"function.{name}.reserved" else replace(each, reserved_concurrency=None)
        for name, each in scenario.functions.items()
    }
    return replace(scenario, queues=queues, functions=functions, quotas=own)


@dataclass(frozen=True)
class Met:
    """Share of what asked that met each symptom."""

    shares: Mapping[str, float]
    late: Mapping[str, float]
    """By queue: contacts that were not answered in time."""


class TableBacked:
    """Connect's functions, of which each answer costs the operations that the scenario declares, on the emulator's tables."""

    def __init__(self, emulator: Emulator, scenario: Scenario) -> None:
        self._functions = emulator.contacts.centre.invoker.functions
        self._plane = emulator.dynamodb.plane()
        self._asked = {
            name: [
                (*operation.rpartition(".")[::2], int(count)) for operation, count in each.operations.items()
            ]
            for name, each in scenario.functions.items()
        }
        self.asked: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    def invoke(self, call: LiveCall, effect: Invoke, done: Any) -> None:
        def served(outcome: LambdaResult | LambdaFailed) -> None:
            if isinstance(outcome, LambdaResult) and not self._operate(
                function_name(effect.function_arn), call
            ):
                outcome = LambdaFailed("function_error", "throttled by the table")
            done(outcome)

        self._functions.invoke(call, effect, served)

    def _operate(self, name: str, call: LiveCall) -> bool:
        key = {"pk": {"S": f"{call.index}"}}
        for table, verb, count in self._asked.get(name, ()):
            side = "read" if verb in READS else "write"
            assert side == "read" or verb in WRITES
            body = {
                "TableName": table,
                **({"Item": key} if verb == "PutItem" else {"Key": key}),
            }
            for _ in range(count):
                self.asked[side] += 1
                try:
                    answer = self._plane.answer(verb, json.dumps(body).encode())
                    status = answer.status
                except ApiError as error:
                    status = error.status
                if status != 200:
                    self.refused[side] += 1
                    return False
        return True


def driven(scenario: Scenario, volume: float, calls: int) -> Met:
    """Drive an emulator of its own with N calls at this volume."""
    traffic = replace(
        scenario.traffic,
        calls_per_hour=volume,
        growth=1.0,
        shape=(),
        intervals=(),
        layers=(),
        duration=calls * 3600.0 / volume,
    )
    plan = with_traffic(scenario, traffic)
    clock = VirtualClock()
    emulator = build(plan, clock=clock, epoch=1_800_000_000.0)
    backed = None
    if plan.tables:
        load_tables(emulator.dynamodb.load(), plan.tables.values())
        backed = TableBacked(emulator, plan)
        emulator.contacts.centre.invoker.functions = backed
    entry = emulator.instance.flow_named(emulator.scenario.flows.entry)
    assert entry is not None
    outbound = traffic.direction is Direction.OUTBOUND
    fields = {
        "InstanceId": emulator.state.account.instance_id,
        "ContactFlowId": entry.id,
        "DestinationPhoneNumber": "+12025550100",
        "SourcePhoneNumber": "+12065550199",
        "TrafficType": "CAMPAIGN" if traffic.campaign else "GENERAL",
    }
    request = Request(
        "PUT", "/contact/outbound-voice", "", {}, json.dumps(fields).encode(), "connect", "us-east-1", "A"
    )
    answers: Counter[int] = Counter()
    for arrival in Schedule(traffic, plan.seed):
        clock.advance(arrival.at - clock.now())
        if outbound:
            answer = emulator.router.answer(request)
            assert isinstance(answer, Response)
            answers[answer.status] += 1
        else:
            emulator.contacts.begin(Placed(flow=entry, method="INBOUND", customer="+12025550100", system=""))
            answers[200] += 1
    assert set(answers) <= {200, 429}, answers
    queues = emulator.contacts.centre.acd.statistics().values()
    count = emulator.state.metrics.total

    def throttled(*of: tuple[str, str]) -> float:
        refused, ran = (count("AWS/Lambda", name, of) for name in ("Throttles", "Invocations"))
        return refused / max(1, refused + ran)

    full = max((queue.rejected / queue.offered for queue in queues if queue.offered), default=0.0)
    tables = (
        {side: backed.refused[side] / max(1, backed.asked[side]) for side in ("read", "write")}
        if backed
        else {}
    )
    emulator.contacts.stop_all()
    shares = {
        limits.REORDER: emulator.contacts.reordered / answers[200],
        limits.TOO_MANY: answers[429] / answers.total(),
        limits.LAMBDA_429: throttled(),
        **{f"function {name}": throttled(("FunctionName", name)) for name in plan.functions},
        limits.QUEUE_FULL: full,
        **{f"table {side}": share for side, share in tables.items()},
    }
    late = {
        queue.name: 1.0 - (1.0 if queue.service_level is None else queue.service_level) for queue in queues
    }
    return Met(shares, late)


def of_lambda(symptom: str) -> bool:
    """Whether it is a share of Lambda's requests: one function's are part of all."""
    return symptom == limits.LAMBDA_429 or symptom.startswith("function ")


def symptom_of(row: LimitForecast, met: Met) -> tuple[float, float]:
    """Share that met the predicted symptom, and the share at which the row counts as reached."""
    if row.symptom == limits.UNDERSTAFFED:
        return met.late[row.key.split(".")[1]], 1.0 - SERVICE_LEVEL
    if row.symptom == limits.TABLE_FULL:
        return met.shares["table read" if "read" in row.key else "table write"], TOLERATED
    if row.key.startswith("function."):
        return met.shares[f"function {row.key.split('.')[1]}"], TOLERATED
    if row.symptom == limits.CAMPAIGN_FULL:
        return met.shares[limits.REORDER], TOLERATED
    return met.shares[row.symptom], TOLERATED


SCENARIOS: dict[str, Callable[[], Scenario]] = {
    "helpdesk": lambda: shipped("helpdesk"),
    "outbound": lambda: shipped("outbound"),
    "peak": lambda: shipped("peak"),
    "campaign": campaign,
    "backends": backends,
    "quick": quick,
}
LARGEST = 2_000_000.0
"""Limits above this many calls an hour are not driven: they are the same formulas at 100 times the size."""


@cache
def predicted(name: str, make: Callable[..., Scenario]) -> tuple[Scenario, Forecast]:
    scenario = replace(SCENARIOS[name](), objectives=())  # 1 % of everything is tolerated
    if name == "backends":
        scenario = make(scenario)
    return scenario, forecast(scenario, calls=8000)


def rungs_of(name: str, make: Callable[..., Scenario]) -> Iterator[LimitForecast]:
    _, found = predicted(name, make)
    return (
        row for row in found.limits if 0.0 < row.calls_per_hour < LARGEST and row.symptom != limits.NO_ROOM
    )


def calls_for(row: LimitForecast) -> int:
    """Enough to tell 5 % apart: what a full bucket refuses shows at once, blocking of few lines grows slowly."""
    if row.symptom == limits.TABLE_FULL:
        return 5_000
    return 40_000 if row.value <= 30 and row.kind == "quota" else 15_000


def check(scenario: Scenario, row: LimitForecast, make: Callable[..., Scenario]) -> str:
    shares = []
    # The emulator's share of throttles has Connect's retries in it, which find the executions as busy as they just were.
    for factor in (0.8 if row.symptom == limits.LAMBDA_429 else 0.95, 1.05):
        volume = row.calls_per_hour * factor
        plan = alone(scenario, row, volume)
        if scenario.tables:
            plan = make(plan, spared=row.key)
        met = driven(plan, volume, calls_for(row))
        share, bound = symptom_of(row, met)
        shares.append(share)
        others = {
            what: part
            for what, part in met.shares.items()
            if part != share and not (row.symptom == limits.LAMBDA_429 and of_lambda(what))
        }
        assert all(part < TOLERATED for part in others.values()), f"{row.key} at {factor}: {others}"
    said = f"{row.key} at {row.calls_per_hour:,.0f}/h: {shares[0]:.2%} below, {shares[1]:.2%} above, bound {bound:.0%}"
    assert shares[0] < bound < shares[1], said
    return said


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_every_rung_shows_nothing_below_and_its_symptom_above(
    name: str, with_tables: Callable[..., Scenario]
):
    scenario, _ = predicted(name, with_tables)
    said = [check(scenario, row, with_tables) for row in rungs_of(name, with_tables)]
    sys.stdout.write("\n".join([f"\n{name}:", *said, ""]))
    assert len(said) >= 2 - (name == "quick")


def test_the_start_rate_of_a_dialler_binds_where_the_forecast_has_it(with_tables: Callable[..., Scenario]):
    scenario, found = shipped("outbound"), forecast(shipped("outbound"), calls=200)
    row = next(row for row in found.limits if row.symptom == limits.TOO_MANY)
    below, above = (
        symptom_of(row, driven(alone(scenario, row, 0.0), row.calls_per_hour * factor, 800))[0]
        for factor in (0.95, 1.05)
    )
    assert below == 0.0
    assert above > TOLERATED
    assert not math.isclose(above, 1.0)
