"""The quota table as data: every row is complete, dated and sourced."""

from __future__ import annotations

import math
import re
import time

import pytest

from busyhour.errors import BusyhourError
from busyhour.quotas.model import Kind, Quota, Scope
from busyhour.quotas.table import regions
from busyhour.quotas.table.quota_table import QuotaTable, load

TABLE = load()


def test_all_rows_are_there() -> None:
    assert len(TABLE) >= 305
    assert TABLE.services == (
        "connect",
        "connect-campaigns",
        "connect-participant",
        "lambda",
        "dynamodb",
        "lex",
        "kinesis",
        "monitoring",
        "logs",
    )


@pytest.mark.parametrize("quota", TABLE, ids=lambda quota: quota.key)
def test_a_row_is_valid(quota: Quota) -> None:
    assert re.fullmatch(r"[a-z-]+\.[a-z0-9-]+(\.rate|\.burst)?", quota.key)
    assert quota.key.startswith(f"{quota.service}.")
    assert quota.code is None or re.fullmatch(r"L-[0-9A-F]{8}", quota.code)
    assert math.isfinite(quota.default)
    assert quota.default >= 0
    assert quota.name
    assert quota.unit
    assert len(quota.source) > 10
    assert re.fullmatch(r"\d{4}(-\d{2}-\d{2})?", quota.date), "an ISO 8601 date, or a year"
    assert quota.key.endswith((".rate", ".burst")) == (quota.kind is not Kind.RESOURCE)
    assert bool(quota.per) == (quota.scope is Scope.RESOURCE)
    assert "CONFLICT" not in quota.source, "conflicts are notes"
    assert quota.misreported is None or "incorrect" in quota.note


def test_keys_and_codes_are_unique() -> None:
    keys = [quota.key for quota in TABLE]
    codes = [(quota.service, quota.code) for quota in TABLE if quota.code]
    assert len(set(keys)) == len(keys)
    assert len(set(codes)) == len(codes)


def test_known_values() -> None:
    calls = TABLE.by_code("connect", "L-12AB7C57")
    assert (calls.default, calls.scope, calls.adjustable) == (10, Scope.INSTANCE, True)
    assert TABLE.by_code("L-B99A9384").default == 1000
    assert TABLE.by_key("dynamodb.partition-write-throughput").default == 1000


def test_the_three_operations_that_service_quotas_reports_wrongly() -> None:
    wrong = {
        quota.operation: (quota.default, quota.misreported)
        for quota in TABLE
        if quota.misreported is not None
    }
    assert wrong == {
        "GetMetricDataV2": (10, 200),
        "GetCurrentMetricData": (5, 200),
        "GetCurrentUserData": (2, 200),
    }


def test_conflicts_between_pages_of_aws_are_kept() -> None:
    conflicts = {quota.key for quota in TABLE if "CONFLICT" in quota.note}
    assert conflicts == {
        "connect.phone-numbers-per-instance",
        "connect.proficiencies-per-agent",
        "connect.amazon-lex-bots-per-instance",
        "connect.send-integration-event.rate",
        "lambda.function-and-layer-storage",
        "lambda.elastic-network-interfaces-per-vpc",
    }


@pytest.mark.parametrize(
    ("operation", "rate", "burst"),
    [
        ("StartOutboundVoiceContact", 2, 5),
        ("StopContact", 10, 15),
        ("TagContact", 20, 25),
        ("GetMetricDataV2", 10, 10),
        ("SearchContacts", 10, 30),
        ("DescribeInstance", 1, 5),
        ("SomethingNew", 2, 5),
    ],
)
def test_rate_and_burst_of_an_operation(operation: str, rate: float, burst: float) -> None:
    of_rate, of_burst = TABLE.rate("connect", operation)
    assert (of_rate.default, of_burst.default) == (rate, burst)
    assert (of_rate.kind, of_burst.kind) == (Kind.RATE, Kind.BURST)
    assert of_rate.operation == of_burst.operation == operation
    assert operation in of_rate.name
    assert of_rate.key.removesuffix(".rate") == of_burst.key.removesuffix(".burst")
    assert TABLE.by_key(of_rate.key) == of_rate
    assert TABLE.by_key(of_burst.key) == of_burst


def test_a_rate_without_a_documented_burst_has_a_note() -> None:
    rate, burst = TABLE.rate("lambda", "Invoke")
    assert (rate.default, burst.default) == (10_000, 10_000)
    assert "assumed" in burst.note


def test_an_unknown_operation_of_a_service_without_a_default_is_refused() -> None:
    with pytest.raises(BusyhourError, match="No rate quota is known for monitoring GetMetricDate") as caught:
        TABLE.rate("monitoring", "GetMetricDate")
    assert "Did you mean 'GetMetricData'?" in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        "L-12AB7C57",
        " l-12ab7c57",
        "connect.concurrent-active-calls-per-instance",
        "concurrent active calls per instance",
    ],
)
def test_a_quota_is_found_by_what_a_person_writes(text: str) -> None:
    assert TABLE.find(text).code == "L-12AB7C57"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("L-12AB7C58", "L-12AB7C57"),
        ("Concurrent active cals per instance", "Concurrent active calls per instance"),
        ("connect.start-outbound-voice-contact.rat", "connect.start-outbound-voice-contact.rate"),
    ],
)
def test_a_slip_is_answered_with_what_was_meant(text: str, meant: str) -> None:
    with pytest.raises(BusyhourError) as caught:
        TABLE.find(text)
    assert caught.value.message == f"No quota {text!r} is known. Did you mean {meant!r}?"
    assert caught.value.hint


def test_a_name_or_code_of_several_quotas_is_not_guessed() -> None:
    one = TABLE.by_code("L-12AB7C57")
    other = Quota(
        "x.calls", "x", one.name, one.code, 1, "count", False, one.scope, one.kind, "a page", "2026-01-01"
    )
    table = QuotaTable([one, other])
    for ask in (table.by_code, table.find):
        with pytest.raises(BusyhourError, match="several"):
            ask("L-12AB7C57")
    assert table.by_code("x", "L-12AB7C57") is other


def test_unknown_keys_codes_and_services_are_refused() -> None:
    for ask in (TABLE.by_key, TABLE.by_code, TABLE.of_service):
        with pytest.raises(BusyhourError):
            ask("nothing.like-it")


def test_loading_is_fast() -> None:
    def seconds() -> float:
        started = time.thread_time()
        load()
        return time.thread_time() - started

    assert min(seconds() for _ in range(5)) < 0.02


@pytest.mark.parametrize(
    ("region", "shards"), [("us-east-1", 20_000), ("eu-central-1", 6_000), ("ca-central-1", 1_000)]
)
def test_defaults_that_differ_by_region(region: str, shards: float) -> None:
    table = TABLE.for_region(region)
    assert table.by_key("kinesis.shards-per-region").default == shards
    assert [quota.key for quota in table] == [quota.key for quota in TABLE]
    assert TABLE.for_region(None) is TABLE


def test_regions_with_connect_are_dated_and_sourced() -> None:
    found = regions.load()
    assert len(found) == 11
    assert found["eu-central-1"].name == "Europe (Frankfurt)"
    assert all(region.source and region.date for region in found.values())


HEADER = "key,service,name,code,default,unit,adjustable,adjustable_note,scope,per,kind,operation,misreported,source,date,note\n"
GOOD = "x.a,x,A,L-1,10,count,yes,,account,,resource,,,AWS page,2026-11-30,\n"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (GOOD.replace(",10,", ",ten,"), "3: default of 'x.b' is 'ten', not a number"),
        (GOOD.replace(",10,", ",-1,"), "3: default of 'x.b' is '-1'"),
        (GOOD.replace("account", "acount"), "3: scope of 'x.b' is 'acount'. Did you mean 'account'?"),
        (GOOD.replace(",yes,", ",maybe,"), "3: adjustable of 'x.b' is 'maybe'"),
        (GOOD.replace("AWS page", ""), "3: source of 'x.b' is empty"),
        (GOOD.replace("AWS page", "AWS page, with a comma"), "3: 17 cells where the header has 16"),
        (GOOD.replace("L-1", "L-0"), "3: code of 'x.b' is 'L-0', as in line 2"),
        (GOOD.replace("x.a", "x.0"), "3: key of 'x.0' is 'x.0', as in line 2"),
    ],
    ids=["no number", "negative", "scope", "adjustable", "source", "cells", "code twice", "key twice"],
)
def test_a_malformed_row_is_named_by_file_line_and_column(tmp_path, row: str, message: str) -> None:
    path = tmp_path / "table.csv"
    first = GOOD.replace("x.a", "x.0").replace("L-1", "L-0")
    path.write_text(HEADER + first + row.replace("x.a", "x.b"))
    with pytest.raises(BusyhourError) as caught:
        load(path)
    assert f"{path}:{message}" in str(caught.value)
    assert caught.value.hint
