"""Fields as exports write them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.learning.exports.fields import FieldError, date_form, moment, number, on, seconds

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "value"),
    [("1200", 1200), ("1,200", 1200), ("'3.5", 3.5), (" 0 ", 0), ("-", None), ("", None), ("N/A", None)],
)
def test_numbers(text, value):
    assert number(text) == value


@pytest.mark.parametrize("text", ["-3", "12,00", "1.200,5", "many", "1e9", "inf"])
def test_what_is_no_number_of_calls_is_named(text):
    with pytest.raises(FieldError, match="is not a number"):
        number(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("195", 195), ("3:15", 195), ("0:03:15", 195), ("1:00:00.5", 3600.5), ("-", None), ("0", 0)],
)
def test_durations(text, value):
    assert seconds(text) == value


@given(st.integers(0, 99 * 3600))
def test_a_duration_reads_the_same_in_both_forms(whole):
    assert seconds(f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}") == seconds(str(whole)) == whole


@pytest.mark.parametrize(
    ("text", "form", "utc"),
    [
        ("2026-11-02T08:00:00Z", "", datetime(2026, 11, 2, 8, tzinfo=UTC)),
        ("2026-11-02 08:00:00 UTC", "", datetime(2026, 11, 2, 8, tzinfo=UTC)),
        ("2026-11-02T08:00:00", "", datetime(2026, 11, 2, 7, tzinfo=UTC)),
        ("2.11.2026 9:30", "dd/mm/yyyy", datetime(2026, 11, 2, 8, 30, tzinfo=UTC)),
        ("11/2/2026 9:30 PM", "mm/dd/yyyy", datetime(2026, 11, 2, 20, 30, tzinfo=UTC)),
    ],
)
def test_moments(text, form, utc):
    assert moment(text, BERLIN, form) == utc


@pytest.mark.parametrize(("time", "hour"), [("0", 0), ("930", 9), ("0930", 9), ("9:30", 9), ("1800", 18)])
def test_times_of_day_without_a_colon(time, hour):
    assert on("2026-11-02", time, BERLIN, "yyyy-mm-dd").hour == hour


def test_a_day_that_no_month_can_be_tells_the_form():
    assert date_form(["1/2/2026", "1/13/2026"]) == "mm/dd/yyyy"
    assert date_form(["1/2/2026", "13/1/2026"]) == "dd/mm/yyyy"
    assert date_form(["5/5/2026"]) in ("mm/dd/yyyy", "dd/mm/yyyy"), "the same day in both"


def test_dates_that_can_be_read_in_two_ways_are_not_guessed():
    with pytest.raises(FieldError, match=r"may be mm/dd/yyyy or dd/mm/yyyy"):
        date_form(["1/2/2026", "3/4/2026"])
    assert date_form(["1/2/2026", "3/4/2026"], "dd/mm/yyyy") == "dd/mm/yyyy"
