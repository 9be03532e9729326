import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.scenarios.units import seconds, written


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("90s", 90.0, id="seconds"),
        pytest.param("2m", 120.0, id="minutes"),
        pytest.param("1h30m", 5400.0, id="hours-then-minutes"),
        pytest.param("1h 30m 5s", 5405.0, id="spaces-between-parts"),
        pytest.param("250ms", 0.25, id="milliseconds-are-exact"),
        pytest.param("1.5h", 5400.0, id="fraction"),
        pytest.param("1d", 86400.0, id="day"),
        pytest.param(" 3 s ", 3.0, id="spaces-around"),
        pytest.param(12, 12.0, id="whole-number-is-seconds"),
        pytest.param(0.5, 0.5, id="number-is-seconds"),
        pytest.param("0s", 0.0, id="nothing"),
    ],
)
def test_a_duration_is_read_as_people_write_it(text, expected):
    assert seconds(text) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("", "is not a duration: it is empty", id="empty"),
        pytest.param("90", "is not a duration: '90' is not understood", id="text-without-unit"),
        pytest.param("90 sek", "is not a duration: 'ek' is not understood", id="unknown-unit"),
        pytest.param("30m1h", "is not a duration: 'h' comes after 'm'", id="greater-unit-after-smaller"),
        pytest.param("1s1s", "is not a duration: 's' comes after 's'", id="unit-twice"),
        pytest.param("-5s", "is not a duration: '-5s' is not understood", id="negative-text"),
        pytest.param(-1, "is not a duration: a number of seconds from 0 is needed", id="negative-number"),
        pytest.param(math.inf, "is not a duration: a number of seconds from 0 is needed", id="infinite"),
        pytest.param(math.nan, "is not a duration: a number of seconds from 0 is needed", id="not-a-number"),
    ],
)
def test_what_is_no_duration_is_refused_with_the_reason(text, why):
    with pytest.raises(ValueError, match=f"^{re.escape(why)}$"):
        seconds(text)


def test_written_uses_the_greatest_units():
    assert written(5400) == "1h30m"
    assert written(2.5) == "2s500ms"
    assert written(0) == "0s"


@given(st.integers(min_value=0, max_value=10**10))
def test_what_is_written_reads_back_the_same(milliseconds):
    assert seconds(written(milliseconds / 1000)) == pytest.approx(milliseconds / 1000, abs=1e-6)
