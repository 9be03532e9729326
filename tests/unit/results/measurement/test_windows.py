from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from busyhour.results.measurement.histogram import HIGHEST_US, Histogram, highest_in
from busyhour.results.measurement.measures import Measures
from busyhour.results.measurement.windows import MOST, Windows, coarse_bounds, coarse_bucket


@given(st.integers(0, HIGHEST_US))
def test_a_value_lies_within_the_bounds_of_its_bucket_which_is_narrow(value: int) -> None:
    low, above = coarse_bounds(coarse_bucket(value))
    assert low <= value < above
    assert above - low <= max(1, low / 100)


@given(st.integers(0, HIGHEST_US))
def test_a_fine_bucket_lies_within_one_coarse_bucket(value: int) -> None:
    assert coarse_bucket(highest_in(*histogram(value).counts)) == coarse_bucket(value)


def histogram(*values: int) -> Histogram:
    made = Histogram()
    for value in values:
        made.record(value)
    return made


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 10_000_000)), min_size=1, max_size=60))
def test_however_long_the_run_few_windows_hold_every_value(values: list[tuple[int, int]]) -> None:
    windows = Windows()
    for second, value in values:
        windows.add(second, "lambda:Invoke", histogram(value))
    record = windows.record()
    assert record is not None
    rows = record.latency["lambda:Invoke"]
    assert len(rows) <= MOST
    expected: dict[tuple[int, int], int] = {}
    for second, value in values:
        key = int(second // record.width), coarse_bucket(value)
        expected[key] = expected.get(key, 0) + 1
    got = {
        (i, bucket): count
        for i, row in enumerate(rows)
        for bucket, count in zip(row[::2], row[1::2], strict=True)
    }
    assert got == expected


def test_sealing_adds_late_parts_of_a_second_too() -> None:
    measures = Measures()
    for value in (1000, 2000):
        measures.second(3).add("latency/op/ok", histogram(value))
        measures.seal(10)
    record = measures.windows.record()
    assert record is not None
    assert record.latency["op"] == [[], [], [], [coarse_bucket(1000), 1, coarse_bucket(2000), 1]]


def test_a_functions_invocations_have_windows_of_their_own_and_are_part_of_the_operations() -> None:
    measures = Measures()
    for name, value in (("lookup", 1000), ("queue-time", 2000)):
        row = measures.second(1)
        row.add("latency/lambda:Invoke/ok", histogram(value))
        row.add(f"function/{name}", histogram(value))
    measures.seal(2)
    record = measures.windows.record()
    assert record is not None
    assert record.functions == {
        "lookup": [[], [coarse_bucket(1000), 1]],
        "queue-time": [[], [coarse_bucket(2000), 1]],
    }
    assert record.latency == {"lambda:Invoke": [[], [coarse_bucket(1000), 1, coarse_bucket(2000), 1]]}
    assert measures.histograms["function/lookup"].total == 1


def test_nothing_sent_is_no_record() -> None:
    assert Windows().record() is None
