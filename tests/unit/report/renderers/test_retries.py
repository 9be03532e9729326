"""The figures of the application's retry policy have a table of their own, attempts apart from operations."""

import pytest

from busyhour.report.renderers.registry import RENDERERS
from busyhour.report.sections.requests import retries
from busyhour.results.entries import Percentiles, RetryRecord
from busyhour.results.record import RunRecord
from busyhour.shipped import shipped_root

from ..shown import texts

TEMPLATES = [shipped_root() / "reports" / "templates"]


@pytest.fixture
def retried(record: RunRecord) -> RunRecord:
    latency = Percentiles(1000, 300.0, 20.0, 400.0, 900.0, 1713.0, 2500.0)
    record.retries = [
        RetryRecord(
            "dynamodb", "UpdateItem", 1000, 1250, {"1": 800, "2": 150, "3": 50}, 230, 20, 190, 10, 4, latency
        )
    ]
    record.scenario["retry"] = "standard"
    return record


def test_a_row_has_operations_attempts_and_their_outcome(retried: RunRecord) -> None:
    [row] = texts(retries(retried))
    assert list(row.values()) == [
        *("dynamodb UpdateItem", "1,000", "1,250", "230", "20", "190", "10", "4"),
        *("20 ms", "1,713 ms"),
    ]


@pytest.mark.parametrize("name", ["html", "markdown", "text"])
def test_every_format_shows_it(retried: RunRecord, name: str) -> None:
    page = " ".join(RENDERERS[name].render(retried, TEMPLATES).decode().split())
    for expected in ("Retries of the application", "dynamodb UpdateItem", "1,250", "1,713 ms"):
        assert expected in page, expected


@pytest.mark.parametrize("name", ["html", "markdown", "text"])
def test_an_application_without_retries_has_no_such_part(record: RunRecord, name: str) -> None:
    assert "Retries of the application" not in RENDERERS[name].render(record, TEMPLATES).decode()
