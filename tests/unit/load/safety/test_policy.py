"""AWS's window for load tests: 18:00 to 06:00 in the Region's time."""

from datetime import UTC, datetime

import pytest

from busyhour.load.safety.policy import closes_at, in_window


@pytest.mark.parametrize(
    ("utc", "closes"),
    [
        pytest.param(
            "2026-12-02T10:59:59", "2026-12-02T11:00:00", id="a second before six is that day's six"
        ),
        pytest.param("2026-12-02T11:00:00", "2026-12-03T11:00:00", id="at six it is the next day's"),
        pytest.param("2026-12-02T23:00:00", "2026-12-03T11:00:00", id="in the evening"),
        pytest.param("2026-11-01T03:00:00", "2026-11-01T11:00:00", id="the night in which summer ends"),
        pytest.param("2026-03-08T04:00:00", "2026-03-08T10:00:00", id="the night in which summer begins"),
    ],
)
def test_the_window_closes_at_the_next_six_of_the_region(utc: str, closes: str) -> None:
    found = closes_at(datetime.fromisoformat(utc).replace(tzinfo=UTC), "us-east-1")
    assert found.astimezone(UTC) == datetime.fromisoformat(closes).replace(tzinfo=UTC)
    assert found.hour == 6


@pytest.mark.parametrize(
    ("utc", "inside"),
    [
        ("2026-12-02T22:59:59", False),
        ("2026-12-02T23:00:00", True),
        ("2026-12-02T10:59:59", True),
        ("2026-12-02T11:00:00", False),
    ],
)
def test_the_window_has_its_first_second_and_not_six_o_clock(utc: str, inside: bool) -> None:
    assert in_window(datetime.fromisoformat(utc).replace(tzinfo=UTC), "us-east-1") is inside
