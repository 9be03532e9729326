from __future__ import annotations

import json

import pytest

from busyhour.emulator.dynamodb.seed import load_tables
from busyhour.errors import BusyhourError
from busyhour.quotas.dynamodb.units import item_size
from busyhour.scenarios.model import KeyChoice, Table


class Operations:
    def __init__(self):
        self.ran = []

    def run(self, name, params):
        if params.get("Item") == {"pk": "bad"}:
            raise ValueError("no")
        self.ran.append((name, params))
        return {}


@pytest.fixture
def table(tmp_path):
    def maker(definition, items=None):
        (tmp_path / "t.json").write_text(
            definition if isinstance(definition, str) else json.dumps(definition)
        )
        if items is not None:
            (tmp_path / "i.json").write_text(items if isinstance(items, str) else json.dumps(items))
        return Table("customers", tmp_path / "t.json", tmp_path / "i.json" if items is not None else None)

    return maker


def test_a_table_is_created_under_its_name_and_filled(table):
    operations = Operations()
    load_tables(operations, [table({"KeySchema": []}, [{"pk": {"S": "1"}}, {"pk": {"S": "2"}}])])
    assert operations.ran == [
        ("CreateTable", {"KeySchema": [], "TableName": "customers"}),
        ("PutItem", {"TableName": "customers", "Item": {"pk": {"S": "1"}}}),
        ("PutItem", {"TableName": "customers", "Item": {"pk": {"S": "2"}}}),
    ]


@pytest.mark.parametrize(
    ("definition", "items", "said"),
    [
        ("{", None, "t.json: is not JSON"),
        ([], None, "t.json: the definition"),
        ({}, {}, "i.json: not a list"),
        ({}, [{"pk": "ok"}, {"pk": "bad"}], "i.json: item 1"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_item(table, definition, items, said):
    with pytest.raises(BusyhourError, match=said):
        load_tables(Operations(), [table(definition, items)])


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(BusyhourError, match=r"nowhere\.json"):
        load_tables(Operations(), [Table("t", tmp_path / "nowhere.json")])


def test_a_run_that_drives_the_table_finds_an_item_for_every_key_that_it_draws(tmp_path):
    (tmp_path / "t.json").write_text(
        json.dumps({"TableName": "tab", "KeySchema": [{"AttributeName": "id"}, {"AttributeName": "at"}]})
    )
    (tmp_path / "i.json").write_text(json.dumps([{"id": {"S": "1"}, "at": {"S": "1"}}]))
    table = Table("t", tmp_path / "t.json", tmp_path / "i.json", KeyChoice(count=3), (900, 1100))
    operations = Operations()
    load_tables(operations, [table], made_up=lambda name: 2)
    items = [params["Item"] for name, params in operations.ran if name == "PutItem"]
    assert [item["id"]["S"] for item in items] == ["1", "key-1", "key-1", "key-2", "key-2"]
    assert len({(item["id"]["S"], item["at"]["S"]) for item in items}) == 5
    assert [item_size(item) for item in items[1:]] == [1000] * 4
