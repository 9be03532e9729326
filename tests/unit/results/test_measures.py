import json

from hypothesis import given
from hypothesis import strategies as st

from busyhour.results.measures import Measures

events = st.lists(
    st.tuples(
        st.sampled_from(["count", "record", "first", "second"]),
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
                row = measures.second(number)
                row.counts[key] = row.counts.get(key, 0) + 1
    return measures


@given(events, events)
def test_two_workers_together_are_one_that_did_all_of_it(left, right):
    merged = measured(left)
    merged.merge(measured(right))
    assert merged.to_wire() == reordered(measured(left + right), merged).to_wire()


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
    from busyhour.results.histogram import Histogram

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
