"""Simple updates give what moto gives, and everything that is not simple is left to moto."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from busyhour.emulator.dynamodb.api import plane
from busyhour.emulator.dynamodb.api.updates import simple_update

from ..conftest import ON_DEMAND

scalar = st.one_of(
    st.sampled_from(["", "a", "ä€", "x" * 2000]).map(lambda s: {"S": s}),
    st.sampled_from(["0", "-1", "2.5", "10"]).map(lambda n: {"N": n}),
    st.booleans().map(lambda b: {"BOOL": b}),
    st.just({"NULL": True}),
)
targets = st.lists(st.sampled_from(["a", "b", "#c", "#d"]), min_size=1, max_size=3, unique=True)


@st.composite
def updates(draw):
    sets = draw(targets)
    adds = [name for name in draw(targets) if name not in sets] if draw(st.booleans()) else []
    values, parts = {}, []
    for number, name in enumerate(sets):
        values[f":s{number}"] = draw(scalar)
        parts.append(f"{name} = :s{number}")
    expression = "SET " + ", ".join(parts)
    if adds:
        expression += " ADD " + ", ".join(f"{name} :n{i}" for i, name in enumerate(adds))
        values.update({f":n{i}": {"N": draw(st.sampled_from(["1", "-3", "0.5"]))} for i in range(len(adds))})
    names = {name: {"#c": "status", "#d": "d"}[name] for name in sets + adds if name.startswith("#")}
    more = {"ExpressionAttributeNames": names} if names else {}
    return {
        "Key": {"id": {"S": draw(st.sampled_from(["1", "2"]))}},
        "UpdateExpression": expression,
        "ExpressionAttributeValues": values,
        **more,
    }


def test_a_simple_update_leaves_the_item_that_moto_leaves(dynamo, monkeypatch):
    quick, slow = dynamo(), dynamo()
    streamed = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}}
    taken = []
    monkeypatch.setattr(
        plane, "simple_update", lambda *a: (update := simple_update(*a), taken.append(update))[0]
    )

    @settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.lists(updates(), min_size=1, max_size=6))
    def same(sequence):
        # A table with a stream is left to moto.
        for lab, more in ((quick, {}), (slow, streamed)):
            lab.call("DeleteTable", TableName="tab")
            lab.call("CreateTable", **ON_DEMAND, **more)
        for params in sequence:
            answers = [lab.call("UpdateItem", TableName="tab", **params) for lab in (quick, slow)]
            assert answers[0] == answers[1], params
        scans = [lab.call("Scan", TableName="tab")["Items"] for lab in (quick, slow)]
        assert scans[0] == scans[1]
        consumed = [lab.total("ConsumedWriteCapacityUnits", TableName="tab") for lab in (quick, slow)]
        assert consumed[0] == consumed[1]

    same()
    simple = sum(update is not None for update in taken)
    assert 100 < simple <= len(taken) // 2


@pytest.mark.parametrize(
    "params",
    [
        {"UpdateExpression": "SET a = :v", "ReturnValues": "ALL_NEW"},
        {"UpdateExpression": "SET a = :v", "ConditionExpression": "attribute_exists(a)"},
        {"UpdateExpression": "SET a = if_not_exists(a, :v)"},
        {"UpdateExpression": "SET a.b = :v"},
        {"UpdateExpression": "SET status = :v"},
        {"UpdateExpression": "SET id = :v"},
        {"UpdateExpression": "REMOVE a SET b = :v"},
        {"UpdateExpression": "SET a = :v, a = :v"},
        {"UpdateExpression": "SET a = :other"},
        {"UpdateExpression": "SET a = :v", "ExpressionAttributeValues": {":v": {"SS": ["x"]}}},
        {"UpdateExpression": "ADD a :v"},
        {"UpdateExpression": "SET a = :v", "ExpressionAttributeNames": {"#unused": "b"}},
    ],
)
def test_what_is_not_simple_is_left_to_moto(dynamo, monkeypatch, params):
    lab = dynamo()
    lab.call("CreateTable", **ON_DEMAND)
    asked = []
    operations = lab.service.plane().operations
    real = operations.run
    monkeypatch.setattr(operations, "run", lambda name, given: (asked.append(name), real(name, given))[1])
    values = {":v": {"S": "x"}}
    lab.call(
        "UpdateItem",
        **{"TableName": "tab", "Key": {"id": {"S": "1"}}, "ExpressionAttributeValues": values, **params},
    )
    assert asked == ["UpdateItem"]


def test_a_simple_update_is_throttled_like_any_other(dynamo):
    lab = dynamo({"L-AB614373": 2})
    lab.call("CreateTable", **ON_DEMAND)
    update = {
        "TableName": "tab",
        "Key": {"id": {"S": "1"}},
        "UpdateExpression": "ADD calls :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    assert [lab.call("UpdateItem", **update)["__status"] for _ in range(3)] == [200, 200, 400]
    assert lab.call("GetItem", TableName="tab", Key=update["Key"])["Item"]["calls"] == {"N": "2"}
