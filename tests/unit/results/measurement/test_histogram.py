import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.results.measurement.histogram import HIGHEST_US, Histogram, highest_in

durations = st.integers(0, HIGHEST_US)


def filled(values):
    histogram = Histogram()
    for value in values:
        histogram.record(value)
    return histogram


def bucket_of(value):
    (bucket,) = filled([value]).counts
    return bucket


@given(durations)
def test_a_bucket_is_never_wider_than_a_thousandth_of_its_value(value):
    highest = highest_in(bucket_of(value))
    assert value <= highest <= value * 1.001 + 1


@given(durations)
def test_the_layout_is_hdr_histograms_own(value):
    from hdrh.histogram import HdrHistogram

    peer = HdrHistogram(1, HIGHEST_US, 3)
    assert bucket_of(value) == peer._counts_index_for(value)
    assert highest_in(bucket_of(value)) == peer.get_highest_equivalent_value(value)


@given(st.lists(durations), st.lists(durations))
def test_merging_gives_what_recording_everything_in_one_place_gives(left, right):
    merged = filled(left)
    merged.merge(filled(right))
    together = filled(left + right)
    assert merged.counts == together.counts
    assert (merged.total, merged.sum_us, merged.highest, merged.lowest) == (
        together.total,
        together.sum_us,
        together.highest,
        together.lowest,
    )


@given(st.lists(durations, min_size=1, max_size=50), st.floats(0.1, 100))
def test_a_percentile_is_the_nearest_rank_to_three_digits(values, percent):
    import math

    rank = max(1, math.ceil(len(values) * percent / 100 - 1e-9))
    exact = sorted(values)[rank - 1]
    assert exact <= filled(values).percentile(percent) <= exact * 1.001 + 1


@given(st.lists(durations, max_size=30))
def test_json_and_wire_forms_bring_everything_back(values):
    histogram = filled(values)
    for back in (Histogram.from_json(histogram.to_json()), Histogram.from_wire(histogram.to_wire())):
        assert back.counts == histogram.counts
        assert (back.total, back.sum_us) == (histogram.total, histogram.sum_us)
        assert back.percentiles((50, 99)) == histogram.percentiles((50, 99))


def test_an_empty_histogram_has_no_summary():
    assert Histogram().summary() is None
    assert Histogram().percentile(99) == 0


def test_a_summary_is_in_milliseconds():
    summary = filled([1000] * 99 + [5000]).summary()
    assert (summary.count, summary.p50, summary.p99, summary.max) == (100, 1.0, 1.0, 5.0)
    assert summary.mean == 1.04


def test_what_is_out_of_range_is_counted_at_the_bounds():
    histogram = filled([-5, HIGHEST_US * 2])
    assert (histogram.lowest, histogram.highest, histogram.total) == (0, HIGHEST_US, 2)


@pytest.mark.parametrize(
    "written", ["", "no base64 ü", "HISTFAAAABx4nJNpmSzMwMDAxQABzFCaEUoz2X+AsQA=", 3, None]
)
def test_counts_that_cannot_be_decoded_are_an_error_of_the_value(written):
    with pytest.raises(ValueError, match="a histogram cannot be decoded"):
        Histogram.from_json({"hdr": written, "sum": 0, "min": None, "max": None})
