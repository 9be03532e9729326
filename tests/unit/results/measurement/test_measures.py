import json

from hypothesis import given
from hypothesis import strategies as st

from busyhour.results.measurement.histogram import Histogram
from busyhour.results.measurement.measures import Measures

events = st.lists(
    st.tuples(
        st.sampled_from(["count", "record", "first", "second", "latency"]),
        st.sampled_from(["a/b", "slip", "latency/x/ok"]),
        st.integers(0, 5),
    ),
    max_size=30,
)


def measured(events):
    measures = Measures()
    for kind, key, number in events:
        match kind:
            case "count":
                measures.count(key, number)
            case "record":
                measures.record(key, number / 1000)
            case "first":
                measures.first(key, float(number))
            case "second":
                measures.second(number).count(key)
            case "latency":
                histogram = Histogram()
                histogram.record(number * 1000)
                for name in ("latency/x:Y/ok", "function/f"):
                    measures.second(number).add(name, histogram)
    return measures


@given(events, events)
def test_two_workers_together_are_one_that_did_all_of_it(left, right):
    merged = measured(left)
    merged.merge(measured(right))
    assert merged.to_wire() == reordered(measured(left + right), merged).to_wire()


@given(events, events)
def test_sealed_percentiles_and_windows_of_two_workers_are_those_of_one(left, right):
    merged, whole = measured(left), measured(left + right)
    merged.merge(Measures.from_wire(json.loads(json.dumps(measured(right).to_wire()))))
    for each in (merged, whole):
        each.seal(10)
    assert merged.windows.record() == whole.windows.record()
    assert {n: row.sealed for n, row in merged.seconds.items()} == {
        n: row.sealed for n, row in whole.seconds.items()
    }
    assert {k: h.counts for k, h in merged.histograms.items()} == {
        k: h.counts for k, h in whole.histograms.items()
    }


def reordered(measures, like):
    """The same measures with their dicts in the order of `like`, since order is not what is claimed."""
    measures.counts = {key: measures.counts[key] for key in like.counts}
    measures.histograms = {key: measures.histograms[key] for key in like.histograms}
    for key, histogram in measures.histograms.items():
        histogram.counts = {bucket: histogram.counts[bucket] for bucket in like.histograms[key].counts}
    measures.firsts = {key: measures.firsts[key] for key in like.firsts}
    measures.seconds = {key: measures.seconds[key] for key in like.seconds}
    for number, row in measures.seconds.items():
        row.counts = {key: row.counts[key] for key in like.seconds[number].counts}
        row.histograms = {key: row.histograms[key] for key in like.seconds[number].histograms}
        for key, histogram in row.histograms.items():
            known = like.seconds[number].histograms[key].counts
            histogram.counts = {bucket: histogram.counts[bucket] for bucket in known}
    return measures


@given(events)
def test_the_wire_form_is_json_and_brings_everything_back(events):
    measures = measured(events)
    assert Measures.from_wire(json.loads(json.dumps(measures.to_wire()))).to_wire() == measures.to_wire()


def test_calls_in_progress_add_up_over_workers_but_the_busiest_cpu_counts():
    left, right = Measures(), Measures()
    left.second(0).gauges = {"in_progress": 3, "cpu": 0.5}
    right.second(0).gauges = {"in_progress": 4, "cpu": 0.9}
    left.merge(right)
    assert left.seconds[0].gauges == {"in_progress": 7, "cpu": 0.9}


def test_a_sealed_second_keeps_its_percentiles_and_lets_its_histograms_go():
    measures = Measures()
    histogram = Histogram()
    histogram.record(2000)
    measures.second(1).add("latency/op/ok", histogram)
    measures.seal(before=1)
    assert measures.seconds[1].histograms
    assert not measures.histograms
    measures.seal(before=2)
    assert not measures.seconds[1].histograms
    assert measures.seconds[1].sealed == {"latency/op/ok": (2.0, 2.0), "latency/op": (2.0, 2.0)}
    assert measures.histograms["latency/op/ok"].counts == histogram.counts
