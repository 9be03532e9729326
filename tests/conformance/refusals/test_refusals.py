"""Requests that AWS refuses, each with AWS's code and status: connect.csv and services.csv, with the source of each.

Where the source says "code inferred", AWS documents that the request is refused and not with which of the errors that the
operation models. A violated constraint of the model is CONSTRAINT there: InvalidParameterException, or InvalidRequestException
for an operation that models no other. "Live" is an answer of the service in published notes or a public issue. In parameters,
`$name` is what the session's centre has, `times:N` before a value N of it, `repeat:N:x` N characters.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest


def table(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()))


ROWS = table("connect.csv")
OTHERS = table("services.csv")


def test_the_table_is_as_long_as_it_should_be_and_every_row_has_a_source():
    assert len(ROWS) >= 370
    assert all(row["source"] for row in ROWS)
    assert len({(row["operation"], row["parameters"]) for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=[f"{n}-{row['operation']}" for n, row in enumerate(ROWS, 2)])
def test_what_aws_refuses_is_refused_with_its_code_and_status(session, row):
    assert session.check(row) == ""


def test_the_table_of_other_services_has_a_source_in_every_row():
    assert len(OTHERS) >= 60
    assert all(row["source"] for row in OTHERS)


@pytest.mark.parametrize(
    "row", OTHERS, ids=[f"{n}-{row['service']}-{row['operation']}" for n, row in enumerate(OTHERS, 2)]
)
def test_what_other_services_refuse_is_refused_with_code_and_status(session, row):
    assert session.check(row) == ""
