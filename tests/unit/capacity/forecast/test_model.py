"""What a forecast says of a run that drives Lambda or DynamoDB alone: nothing of calls."""

import pytest

from busyhour.capacity.demand.per_call import CallDemand
from busyhour.capacity.forecast.limits import Limit, row_of
from busyhour.capacity.forecast.model import Forecast, QuotaForecast
from busyhour.capacity.requirement_kinds import Lines
from busyhour.scenarios.model import DriveKind

QUOTAS = (
    "connect.concurrent-active-calls-per-instance",
    "lambda.concurrent-executions",
    "dynamodb.table-level-read-throughput-limit",
)
LADDER = (*QUOTAS, "function.lookup.reserved", "table.customers.Read", "queue.Support.agents")


@pytest.fixture
def whole() -> Forecast:
    quotas = [
        QuotaForecast(key, key, key.partition(".")[0], None, "count", 10.0, "", 1.0, 2.0, "")
        for key in QUOTAS
    ]
    limits = [
        row_of(Limit(key, key, None, 10.0, "count", ""), Lines(10.0), 100.0, symptom="", calculation="")
        for key in LADDER
    ]
    return Forecast("s", 100.0, 10.0, CallDemand.__new__(CallDemand), quotas, limits, [], 5, ["a note"])


@pytest.mark.parametrize(
    ("drive", "quotas", "limits"),
    [
        (DriveKind.LAMBDA, QUOTAS[1:], LADDER[1:5]),
        (DriveKind.DYNAMODB, QUOTAS[2:], (LADDER[2], LADDER[4])),
    ],
)
def test_only_services_that_take_part_are_left(
    whole: Forecast, drive: DriveKind, quotas: tuple[str, ...], limits: tuple[str, ...]
) -> None:
    made = whole.narrowed(drive.services)
    assert tuple(quota.key for quota in made.quotas) == tuple(made.peaks) == quotas
    assert tuple(row.key for row in made.limits) == limits
    assert made.notes[0] == "a note"
    assert "alone: no flow runs" in made.notes[1]


def test_whole_calls_ask_of_every_service() -> None:
    assert DriveKind.VOICE.services == DriveKind.BACKEND.services == {"connect", "lambda", "dynamodb"}
    assert [kind.has_calls for kind in DriveKind] == [True, True, False, False]
