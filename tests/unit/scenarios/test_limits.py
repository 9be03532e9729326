"""[limits.NAME] and how operations on tables are made: what is read, and what is refused with its place."""

import json

import pytest

from busyhour.errors import BusyhourError
from busyhour.scenarios.model import Access
from busyhour.scenarios.reader import load

FUNCTION = '\n[functions.lookup]\nlatency = "40ms"\n'
TABLE = '\n[tables.customers]\ndefinition = "customers.json"\n'


def limit(*lines):
    return FUNCTION + "\n[limits.crm]\n" + "\n".join(lines) + "\n"


def refused(path):
    with pytest.raises(BusyhourError) as caught:
        load(path)
    return f"{caught.value.message} {caught.value.hint or ''}"


def test_a_rate_has_a_seconds_worth_of_burst_unless_given(write):
    crm = load(write(limit("rate = 50", 'called_by = ["lookup"]'))).limits["crm"]
    assert (crm.rate, crm.burst, crm.functions, crm.value) == (50.0, 50.0, ("lookup",), 50.0)
    assert (crm.per_invocation, crm.tolerated, crm.takes) == (1.0, None, None)
    crm = load(write(limit("rate = 50", "burst = 5", 'called_by = ["lookup"]', "tolerated = 0.02"))).limits[
        "crm"
    ]
    assert (crm.burst, crm.tolerated) == (5.0, 0.02)


def test_a_concurrency_gives_how_long_requests_take(write):
    text = limit("concurrency = 20", 'called_by = ["lookup"]', 'takes = "80ms"', "per_invocation = 2")
    pool = load(write(text)).limits["crm"]
    assert (pool.concurrency, pool.takes.mean, pool.per_invocation) == (20, 0.08, 2.0)


def test_every_call_may_take_a_place(write):
    carrier = load(write(limit("concurrency = 20", 'called_by = ["calls"]'))).limits["crm"]
    assert (carrier.calls, carrier.functions) == (True, ())


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (('called_by = ["lookup"]',), "limits.crm has no rate and no concurrency"),
        (("rate = 5", "concurrency = 5", 'called_by = ["lookup"]'), "both a rate and a concurrency"),
        (("concurrency = 5", 'called_by = ["lookup"]'), "has a concurrency and no 'takes'"),
        (("concurrency = 5", "burst = 5", 'called_by = ["calls"]'), "limits.crm.burst belongs to a rate"),
        (("rate = 5", 'called_by = ["lokup"]'), "Did you mean 'lookup'?"),
        (("rate = 5", 'called_by = ["lookup", "calls"]'), 'has functions beside "calls"'),
        (("rate = 5", 'takes = "1s"', 'called_by = ["calls"]'), "limits.crm.takes does not go with"),
        (("rate = 5",), "[limits.crm] has no 'called_by'"),
        (("rate = 0", 'called_by = ["lookup"]'), "limits.crm.rate is 0"),
        (("rate = 5", 'called_by = ["lookup"]', "tolerated = 2"), "limits.crm.tolerated is 2"),
        (
            ("rates = 5", 'called_by = ["lookup"]'),
            "unknown key 'rates' in [limits.crm]. Did you mean 'rate'?",
        ),
    ],
)
def test_what_makes_no_limit_is_refused_with_its_place(write, lines, words):
    message = refused(write(limit(*lines)))
    assert words in message
    assert message.startswith("s.toml:")


def operations(how):
    return (
        f'\n[functions.lookup]\nlatency = "40ms"\noperations = {{ "customers.{how[0]}" = {how[1]} }}\n'
        + TABLE
    )


@pytest.fixture
def indexed(deployment):
    index = {"IndexName": "by-agent", "KeySchema": [{"AttributeName": "agent", "KeyType": "HASH"}]}
    sorted_ = [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}]
    definition = {"TableName": "customers", "KeySchema": sorted_, "GlobalSecondaryIndexes": [index]}
    (deployment / "customers.json").write_text(json.dumps(definition))


def test_operations_are_a_number_or_say_how_they_are_made(write, indexed):
    made = load(write(operations(("GetItem", 2)))).functions["lookup"]
    assert (made.operations, made.access) == ({"customers.GetItem": 2.0}, {})
    made = load(write(operations(("Query", '{ times = 0.5, items = 12, index = "by-agent" }')))).functions[
        "lookup"
    ]
    assert made.operations == {"customers.Query": 0.5}
    assert made.access == {"customers.Query": Access(items=12, index="by-agent")}
    made = load(write(operations(("GetItem", "{ consistent = true }")))).functions["lookup"]
    assert (made.operations, made.access["customers.GetItem"]) == (
        {"customers.GetItem": 1.0},
        Access(consistent=True),
    )


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (("PutItem", "{ consistent = true }"), "consistent does not go with PutItem"),
        (("GetItem", "{ items = 3 }"), "items does not go with GetItem"),
        (("GetItem", '{ index = "by-agent" }'), "index does not go with GetItem"),
        (("Query", '{ index = "by-agnt" }'), "Did you mean 'by-agent'?"),
        (("Query", '{ index = "by-agent", consistent = true }'), "are eventually consistent"),
        (("Query", "{ item = 3 }"), "unknown key 'item'"),
        (("Query", '"often"'), 'is "often"'),
    ],
)
def test_a_way_that_an_operation_cannot_be_made_is_refused(write, indexed, how, words):
    message = refused(write(operations(how)))
    assert words in message
    assert message.startswith("s.toml:")


def test_a_query_of_a_table_without_a_sort_key_finds_one_item(write, deployment):
    keys = [{"AttributeName": "id", "KeyType": "HASH"}]
    (deployment / "customers.json").write_text(json.dumps({"TableName": "customers", "KeySchema": keys}))
    assert "has no sort key" in refused(write(operations(("Query", "{ items = 12 }"))))
