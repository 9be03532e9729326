import math
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.errors import BusyhourError
from busyhour.results.codec import decode, encode
from busyhour.results.entries import Arrivals
from busyhour.results.record import Outcome, RunRecord, VerdictRecord


@dataclass
class Inner:
    value: float | None


@dataclass
class Outer:
    name: str
    inners: list[Inner] = field(default_factory=list)
    by_name: dict[str, int] = field(default_factory=dict)


INNERS = st.builds(Inner, st.none() | st.floats(-1e15, 1e15))
NUMBERS = st.dictionaries(st.text(), st.integers(-(10**15), 10**15))


@given(st.builds(Outer, st.text(), st.lists(INNERS), NUMBERS))
def test_what_was_written_is_read_back(outer):
    assert decode(Outer, encode(outer)) == outer


def test_infinity_becomes_null():
    assert encode(Inner(math.inf)) == {"value": None}


def test_an_integer_is_taken_for_a_float():
    assert decode(Inner, {"value": 3}).value == 3.0


def test_members_of_a_newer_version_are_ignored():
    assert decode(Inner, {"value": None, "newer": 1}) == Inner(None)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "$: member 'name' is missing."),
        ({"name": 3}, "$.name: 3 is not of type str."),
        ({"name": "x", "inners": [{"value": "y"}]}, "$.inners[0].value: 'y' is not of type int or float."),
        ({"name": "x", "by_name": {"k": True}}, "$.by_name.k: True is not of type int."),
        ([], "$: [] is not of type Mapping."),
        (
            {"name": "x", "inners": [{"value": 1e308}]},
            "$.inners[0].value: 1e+308 is beyond 1e+15, the largest number in a record.",
        ),
        (
            {"name": "x", "by_name": {"k": -(10**400)}},
            f"$.by_name.k: -1{'0' * 38} is beyond 1e+15, the largest number in a record.",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place(data, message):
    with pytest.raises(BusyhourError) as caught:
        decode(Outer, data)
    assert caught.value.message == message


def test_a_run_record_survives_the_round_trip():
    record = RunRecord(
        run_id="r",
        busyhour_version="0",
        scenario={"name": "s"},
        target={"kind": "emulator"},
        started="2026-01-01T00:00:00Z",
        ended="2026-01-01T00:01:00Z",
        duration=60.0,
        verdict=VerdictRecord(Outcome.DOES_NOT_HOLD, ["because"], "line"),
        arrivals=Arrivals(planned=1, started=1, late=0, dropped=0),
    )
    assert decode(RunRecord, encode(record)) == record


def test_an_unknown_outcome_is_refused_by_name():
    with pytest.raises(BusyhourError, match="'perhaps' is not one of 'holds'"):
        decode(VerdictRecord, {"outcome": "perhaps"})
