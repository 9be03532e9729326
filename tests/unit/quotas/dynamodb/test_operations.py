"""What operations cost: sizes round up, reads are half or double, indexes are written; and the keys that calls draw."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from busyhour.calls.chance import Stream
from busyhour.errors import BusyhourError
from busyhour.quotas.dynamodb.capacity import Side
from busyhour.quotas.dynamodb.items import TableItems
from busyhour.quotas.dynamodb.operations import HOW_MANY, KEY_DRAWS, Step, costs, draw, driven_steps
from busyhour.quotas.dynamodb.units import item_size
from busyhour.scenarios.model import Access, KeyChoice, Table

DEFINITION: dict[str, Any] = {
    "TableName": "t",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


@pytest.fixture
def items(tmp_path: Path) -> Any:
    def make(size: int | tuple[int, int], indexes: Any = (), given: Any = None, **keys: Any) -> TableItems:
        attributes = [
            *DEFINITION["AttributeDefinitions"],
            *({"AttributeName": name, "AttributeType": "S"} for name, _ in indexes),
        ]
        of_indexes = [
            {
                "IndexName": f"by-{name}",
                "KeySchema": [{"AttributeName": name, "KeyType": "HASH"}],
                "Projection": {"ProjectionType": projection},
            }
            for name, projection in indexes
        ]
        definition = DEFINITION | {"AttributeDefinitions": attributes}
        if of_indexes:
            definition["GlobalSecondaryIndexes"] = of_indexes
        (tmp_path / "t.json").write_text(json.dumps(definition))
        file = None
        if given is not None:
            file = tmp_path / "t.items.json"
            file.write_text(json.dumps(given))
        sizes = size if isinstance(size, tuple) else (size, size)
        return TableItems.read(Table("t", tmp_path / "t.json", file, KeyChoice(**keys), sizes))

    return make


def units(table: TableItems, operation: str, size: int, number: int = 3, **access: Any) -> dict[Any, float]:
    step = Step(table, operation, Access(**access), 1.0)
    return {(cost.index, cost.side): cost.units for cost in costs(step, number, size)}


@pytest.mark.parametrize(("size", "blocks"), [(1, 1), (1024, 1), (1025, 2), (9700, 10), (20000, 20)])
@pytest.mark.parametrize("operation", ["PutItem", "UpdateItem", "BatchWriteItem", "DeleteItem"])
def test_a_write_costs_one_unit_for_each_kilobyte_begun(
    items: Any, operation: str, size: int, blocks: int
) -> None:
    assert units(items(size), operation, size) == {(None, Side.WRITE): blocks}


def test_a_write_in_a_transaction_costs_twice_as_much(items: Any) -> None:
    assert units(items(9700), "TransactWriteItems", 9700) == {(None, Side.WRITE): 20}


@pytest.mark.parametrize(("size", "blocks"), [(400, 1), (4096, 1), (4097, 2), (9700, 3)])
def test_a_read_costs_half_a_unit_for_each_4_kilobytes_twice_that_consistently_four_times_in_a_transaction(
    items: Any, size: int, blocks: int
) -> None:
    table = items(size)
    assert units(table, "GetItem", 1) == {(None, Side.READ): blocks / 2}
    assert units(table, "BatchGetItem", 1) == {(None, Side.READ): blocks / 2}
    assert units(table, "GetItem", 1, consistent=True) == {(None, Side.READ): blocks}
    assert units(table, "TransactGetItems", 1) == {(None, Side.READ): blocks * 2}


def test_a_query_rounds_up_once_over_all_that_it_reads(items: Any) -> None:
    assert units(items(1000), "Query", 1, items=12) == {(None, Side.READ): 1.5}  # 12,000 B are 3 blocks
    assert units(items(1000), "Query", 1, items=12, consistent=True) == {(None, Side.READ): 3}


def test_a_scan_reads_the_whole_table_up_to_a_megabyte(items: Any) -> None:
    assert units(items(1000, count=100), "Scan", 1) == {(None, Side.READ): 12.5}
    assert units(items(1000, count=10_000), "Scan", 1) == {(None, Side.READ): 128}


def test_every_index_is_written_with_what_it_projects(items: Any) -> None:
    table = items(5000, indexes=[("state", "ALL"), ("agent", "KEYS_ONLY")])
    of_put = {(None, Side.WRITE): 5, ("by-state", Side.WRITE): 5, ("by-agent", Side.WRITE): 1}
    assert units(table, "PutItem", 5000) == of_put
    assert units(table, "DeleteItem", 5000) == of_put
    assert units(table, "UpdateItem", 5000) == {(None, Side.WRITE): 5, ("by-state", Side.WRITE): 5}


def test_an_index_is_read_instead_of_the_table(items: Any) -> None:
    table = items(9000, indexes=[("state", "ALL"), ("agent", "KEYS_ONLY")])
    assert units(table, "Query", 1, index="by-state") == {("by-state", Side.READ): 1.5}
    assert units(table, "Query", 1, index="by-agent") == {("by-agent", Side.READ): 0.5}


def test_items_of_the_file_are_read_in_their_own_size(items: Any) -> None:
    table = items(400, given=[{"id": {"S": "a"}, "text": {"S": "x" * 20_000}}, {"id": {"S": "b"}}], count=3)
    assert [units(table, "GetItem", 1, number)[None, Side.READ] for number in range(3)] == [2.5, 0.5, 0.5]
    # An update leaves the item as large as it was.
    assert units(table, "UpdateItem", 400, 0) == {(None, Side.WRITE): 20}


@pytest.mark.parametrize("size", [40, 400, 1024, 9700])
def test_made_up_items_have_exactly_the_requested_size(items: Any, size: int) -> None:
    table = items(size, indexes=[("state", "ALL")])
    for item in (table.made(7, size), table.new(12345, size, 99), table.stored(0)):
        assert item_size(item) == max(size, item_size({**item, "busyhour": {"S": "x"}}))


def test_calls_draw_operations_by_their_mean_and_keys_by_their_skew(items: Any) -> None:
    table = items((1000, 2000), count=50, zipf=1.5)
    steps = [Step(table, "GetItem", Access(), 1.0), Step(table, "PutItem", Access(), 0.3)]
    made = [
        one
        for call in range(4000)
        for one in draw(steps, Stream(1, call, HOW_MANY), Stream(1, call, KEY_DRAWS))
    ]
    count = Counter(one.step.operation for one in made)
    assert count["GetItem"] == 4000
    assert count["PutItem"] == pytest.approx(1200, rel=0.1)
    hottest = sum(one.numbers[0] == 0 for one in made) / len(made)
    assert hottest == pytest.approx(table.keys.shares()[0], abs=0.02)
    assert 1000 <= min(one.size for one in made) < 1020 < 1980 < max(one.size for one in made) <= 2000


def test_the_keys_of_a_batch_differ(items: Any) -> None:
    step = Step(items(400, count=10, zipf=2.0), "BatchGetItem", Access(items=5), 1.0)
    for call in range(50):
        (one,) = draw([step], Stream(1, call, HOW_MANY), Stream(1, call, KEY_DRAWS))
        assert len(one.numbers) == len(set(one.numbers)) == 5
        assert len(one.charges) == 5


def test_a_scenario_without_operations_reads_every_table_once(items: Any) -> None:
    without: Any = SimpleNamespace(functions={})
    (step,) = driven_steps(without, {"t": items(400)})
    assert (step.table, step.operation, step.mean) == ("t", "GetItem", 1.0)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([{"id": {"S": "1"}}, {"name": {"S": "Jo"}}], "item 1 has no 'id', a key attribute of table 't'"),
        ([{"id": "1"}], "item 0 is not valid DynamoDB JSON"),
        (["1"], "item 0 is not valid DynamoDB JSON"),
    ],
)
def test_an_item_that_is_none_of_the_table_is_named(items: Any, given: Any, words: str) -> None:
    with pytest.raises(BusyhourError, match=re.escape(words)):
        items(400, given=given)


@pytest.mark.parametrize(
    "wrong",
    [{"GlobalSecondaryIndexes": [{"KeySchema": []}]}, {"KeySchema": [{}]}, {"AttributeDefinitions": 5}],
)
def test_a_definition_that_no_table_can_be_made_of_is_named(tmp_path: Path, wrong: dict[str, Any]) -> None:
    (tmp_path / "t.json").write_text(json.dumps(DEFINITION | wrong))
    with pytest.raises(BusyhourError, match=r"t\.json: not the arguments of CreateTable"):
        TableItems.read(Table("t", tmp_path / "t.json"))
