"""DynamoDB alone: which operations one call makes, on which keys, how big."""

import gevent

import json
import time
from collections import Counter

import pytest

from busyhour.errors import BusyhourError
from busyhour.load.runner.aggregator import Aggregator
from busyhour.load.runner.generator import Drive
from busyhour.load.settings import from_environment
from busyhour.load.users.dynamodb import TableCalls
from busyhour.scenarios.keys import Recorded, Zipf
from busyhour.scenarios.reader import load

TABLE = {
    "TableName": "customers",
    "KeySchema": [{"AttributeName": "phone", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "phone", "AttributeType": "S"}],
}
ITEMS = [{"phone": {"S": f"+1202555010{n}"}, "name": {"S": "Jo"}} for n in range(4)]
TABLES = '[tables.customers]\ndefinition = "table.json"\nitems = "items.json"\n'


@pytest.fixture
def asked(fake_aws, write_scenario, tmp_path):
    """Drives a kind for 2 s at 20 calls/s; the requests as (operation, parameters), in order, and the result."""
    (tmp_path / "table.json").write_text(json.dumps(TABLE))
    (tmp_path / "items.json").write_text(json.dumps(ITEMS))

    def drive(kind, operations, *, k=0, n=1, rate=20, answer=(200, {}, b"{}"), table=""):
        fake_aws.answers["/"] = answer
        path = write_scenario(drive="dynamodb", rate=rate, duration=1, more=TABLES + table)
        text = path.read_text().replace(
            "[functions.lookup]\n", f"[functions.lookup]\noperations = {{ {operations} }}\n"
        )
        path.write_text(text)
        settings = from_environment({"BUSYHOUR_ENDPOINT": fake_aws.url}, path)
        scenario = load(path)
        total = Aggregator(settings, scenario, 1, time.time())
        made = Drive(settings, scenario, [kind], None, lambda part, status: total.add(0, part, status, 0.0))
        made.prepare(k, n)
        with gevent.Timeout(20):
            gevent.spawn(made.run, time.monotonic() + 0.05, time.time() + 0.05).get()
        total.finished(0, made.final_notes())
        heads = [
            ({name.lower(): value for name, value in h.items()}, body) for _, _, h, body in fake_aws.requests
        ]
        requests = [(h["x-amz-target"].rpartition(".")[2], json.loads(body)) for h, body in heads]
        return requests, total.result(time.time(), "dynamodb")

    return drive


def test_the_mix_is_that_of_the_scenarios_functions(asked):
    requests, result = asked(TableCalls(), '"customers.GetItem" = 1, "customers.UpdateItem" = 0.5', rate=40)
    made = Counter(operation for operation, _ in requests)
    assert made["GetItem"] == 40
    assert made["UpdateItem"] == pytest.approx(20, abs=10)
    assert result.arrivals.completed == 40
    assert {key["Key"]["phone"]["S"] for operation, key in requests} <= {item["phone"]["S"] for item in ITEMS}


@pytest.mark.parametrize(
    ("operation", "member"),
    [
        ("PutItem", "Item"),
        ("UpdateItem", "UpdateExpression"),
        ("DeleteItem", "Key"),
        ("Query", "KeyConditionExpression"),
    ],
)
def test_every_operation_is_one_that_dynamodb_takes(asked, operation, member):
    requests, _ = asked(TableCalls(), f'"customers.{operation}" = 1', rate=2)
    assert [name for name, _ in requests] == [operation] * 2
    assert all(member in parameters for _, parameters in requests)


def test_what_is_put_stands_beside_the_items_that_handlers_read(asked):
    requests, _ = asked(TableCalls(), '"customers.PutItem" = 1')
    assert all(
        parameters["Item"]["phone"]["S"].startswith("busyhour#+1202555010") for _, parameters in requests
    )


def test_items_have_the_size_that_was_asked_for(asked):
    class Big(TableCalls):
        item_bytes = (1000, 3000)

    requests, _ = asked(Big(), '"customers.PutItem" = 1', rate=40)
    sizes = [len(json.dumps(parameters["Item"])) for _, parameters in requests]
    assert min(sizes) > 900
    assert max(sizes) < 3100
    assert max(sizes) - min(sizes) > 1000


def test_zipf_makes_one_key_hot(asked):
    class Hot(TableCalls):
        keys = Zipf(1000, 1.5)

    requests, _ = asked(Hot(), '"customers.GetItem" = 1', rate=60)
    keys = Counter(parameters["Key"]["phone"]["S"] for _, parameters in requests)
    hottest, times = keys.most_common(1)[0]
    assert hottest == ITEMS[0]["phone"]["S"]
    assert times > 60 * 0.25  # 1 / zeta(1.5) is 0.38


def test_the_scenario_says_which_keys_are_hot_and_how_big_items_are(asked):
    said = "keys = { count = 1000, zipf = 1.5 }\nitem_bytes = [2000, 3000]\n"
    requests, _ = asked(TableCalls(), '"customers.PutItem" = 1', rate=60, table=said)
    keys = Counter(parameters["Item"]["phone"]["S"] for _, parameters in requests)
    hottest, times = keys.most_common(1)[0]
    assert hottest.endswith(ITEMS[0]["phone"]["S"])
    assert times > 60 * 0.25
    sizes = [len(json.dumps(parameters["Item"])) for _, parameters in requests]
    assert 1900 < min(sizes) < max(sizes) < 3100


def test_recorded_keys_are_replayed_and_workers_share_the_record(asked, tmp_path):
    record = tmp_path / "keys.txt"
    record.write_text("a\nb\nb\n\nc\n")

    class Replayed(TableCalls):
        keys = Recorded.read(record)

    whole, _ = asked(Replayed(), '"customers.GetItem" = 1', rate=8)
    assert (
        sorted(parameters["Key"]["phone"]["S"] for _, parameters in whole)
        == ["a"] * 2 + ["b"] * 4 + ["c"] * 2
    )
    both, _ = asked(Replayed(), '"customers.GetItem" = 1', rate=8, k=1, n=2)
    assert sorted(parameters["Key"]["phone"]["S"] for _, parameters in both[8:]) == ["b", "b", "c", "c"]


def test_a_record_that_is_not_there_or_empty_is_said(tmp_path):
    with pytest.raises(BusyhourError, match="recorded keys cannot be read"):
        Recorded.read(tmp_path / "none")
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(BusyhourError, match="An empty record"):
        Recorded.read(tmp_path / "empty")


def test_a_call_whose_operation_is_throttled_is_blocked(asked):
    throttle = (400, {}, b'{"__type":"com.amazonaws.dynamodb#ProvisionedThroughputExceededException"}')
    _, result = asked(TableCalls(), '"customers.GetItem" = 1', answer=throttle)
    assert (result.arrivals.blocked, result.arrivals.completed) == (20, 0)
    assert result.operations[0].throttles == 20


def test_an_operation_that_is_not_driven_here_is_named(asked):
    with pytest.raises(BusyhourError, match="'Scan' is not supported here"):
        asked(TableCalls(), '"customers.Scan" = 1')
