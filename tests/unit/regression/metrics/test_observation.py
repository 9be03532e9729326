from __future__ import annotations

from pathlib import Path

import pytest

from busyhour.errors import BusyhourError
from busyhour.harness.verdict.objectives import judge
from busyhour.regression.metrics.observation import Demand, Share, differences, from_json
from busyhour.regression.metrics.observe import observe, read
from busyhour.regression.metrics.scalars import values
from busyhour.results import store
from busyhour.results.codec import encode
from busyhour.results.entries import Arrivals, FindingRecord, FlowCoverage, Operation, QuotaRecord, Series
from busyhour.results.load_result import Bounds, Circumstances, LoadResult
from busyhour.results.load_summary import summarise
from busyhour.results.measurement.histogram import Histogram
from busyhour.results.measurement.measures import Measures
from busyhour.results.measurement.windows import coarse_bucket
from busyhour.results.outcomes import CallOutcomes
from busyhour.results.record import Outcome, RunRecord, VerdictRecord
from busyhour.results.throttled import Throttled
from busyhour.scenarios.model import Objective


def load() -> LoadResult:
    measures = Measures()
    for second in range(4):
        row = measures.second(second)
        row.counts = {"started": 2, "requests/lambda:Invoke": 3, "throttles": 1 if second == 3 else 0}
        latency = Histogram()
        for value in (10_000, 20_000, 30_000):
            latency.record(value)
        row.add("latency/lambda:Invoke/ok", latency)
        row.add("function/look", latency)
    measures.count("requests/lambda:Invoke/ok", 12)
    measures.record("call/in_flow", 12.0)
    return summarise(measures, Circumstances("backend", "2026-01-01T00:00:00+00:00", "", 4.0, 4.0), Bounds())


def record(result: LoadResult) -> RunRecord:
    quota = QuotaRecord(
        "k",
        "connect",
        "Calls",
        None,
        "",
        "calls",
        10.0,
        "",
        "",
        10.0,
        4.0,
        None,
        "",
        0,
        None,
        0.4,
        0.6,
        "holds",
    )
    finding = FindingRecord("r", "error", "f.json", 7, 1, "", "Main", "Menu", "is wrong")
    invocations = Series("Invocations:look", "x", [0.2, 1.2, 3.2], [1.0, 2.0, 1.0], "CloudWatch")
    return RunRecord(
        "r1", "0", {"name": "helpdesk", "seed": 1}, {"kind": "emulator"}, result.started, "", 4.0,
        VerdictRecord(Outcome.HOLDS), Arrivals(8, 8, 0, 0, blocked=1), series=[*result.series, invocations],
        quotas=[quota], findings=[finding], coverage=[FlowCoverage("a", 3, 4, 5), FlowCoverage("b", 4, 4, 4)],
        forecast={"demand_per_call": {"quantities": {
            "Lambda invocations": {"mean": 1.5, "half_width": 0.1}, "ringing": {"mean": 3.0, "half_width": 0.1},
        }}}, calls={"answered": 3, "abandoned": 1, "answered_in_time": 2},
    )  # fmt: skip


def test_a_run_is_reduced_to_what_is_compared() -> None:
    result = load()
    one = observe(record(result), result)
    assert one.windows is not None
    row = [coarse_bucket(10_000), 1, coarse_bucket(20_000), 1, coarse_bucket(30_000), 1]
    assert one.windows.latency == {"lambda:Invoke": [row] * 4}
    assert one.windows.functions == {"look": [row] * 4}
    assert one.rates["request_throttle_share"].above == [0, 0, 0, 1]
    assert one.rates["request_throttle_share"].below == [3, 3, 3, 3]
    every = one.ratios["Lambda invocations per call"]
    assert (sum(every.above), sum(every.below)) == (12, 8)
    assert one.ratios["invocations per call: look"].above == [1, 2, 0, 1]
    assert (one.shares["blocked calls"].count, one.shares["blocked calls"].of) == (1, 8)
    assert one.shares["abandoned calls"].count == 1
    assert one.shares["not answered in time"].count == 2
    assert one.quotas["k"].headroom == 0.6
    assert one.findings == ["r: Main: Menu: is wrong"]
    assert one.samples["time in flow"] == [coarse_bucket(12_000_000), 1]
    assert one.identity["target"] == "emulator"
    assert one.coverage == Share(7, 8)
    assert one.demand == {"Lambda invocations": Demand(1.5, 0.1)}
    assert one.missing == []


def test_how_calls_went_is_kept_as_shares_of_calls_and_what_was_not_counted_is_0() -> None:
    made = record(load())
    made.outcomes = CallOutcomes(total=8, counts={"agent": 3, "error branch": 1})
    shares = observe(made, None).shares
    assert shares["calls that reach an agent"] == Share(3, 8)
    assert shares["calls that reach a queue"] == Share(0, 8)
    assert shares["calls by outcome: agent"] == Share(3, 8)
    assert shares["calls by outcome: error branch"] == Share(1, 8)
    assert shares["calls by outcome: self-service end"] == Share(0, 8)


def test_a_run_whose_generator_was_void_is_not_compared_though_a_limit_decided_its_verdict() -> None:
    result = load()
    made = record(result)
    made.verdict.outcome = Outcome.DOES_NOT_HOLD
    assert observe(made, result).valid
    result.valid = False
    assert not observe(made, result).valid


def test_values_by_the_minute_are_spread_over_their_seconds() -> None:
    result = load()
    run = record(result)
    run.series[-1] = Series("Invocations:look", "x", [0.0, 60.0], [0.5, 1.0], "CloudWatch")
    run.series[:-1] = [s for s in run.series[:-1] if not s.name.startswith("requests")]
    one = observe(run, result)
    assert sum(one.ratios["invocations per call: look"].above) == pytest.approx(90.0)


def test_without_load_json_the_missing_parts_are_named(tmp_path: Path) -> None:
    store.write_run(tmp_path, record(load()))
    one = read(tmp_path)
    assert one.windows is None
    assert "load.json" in one.missing[0]
    assert one.shares


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BusyhourError, match=r"run\.json: no such file"):
        read(tmp_path)


def test_another_seed_is_a_difference() -> None:
    one, other = observe(record(load()), None), observe(record(load()), None)
    assert differences(one, other) == []
    other.identity["seed"] = 2
    assert differences(one, other) == ["seed is 1 in r1 and 2 in r1"]


def test_an_estimate_weighs_as_much_as_the_calls_that_it_was_made_from() -> None:
    """40 of 400 blocked, estimated from 100 accepted calls: 10 of 100 for a comparison."""
    one = record(load())
    one.arrivals = Arrivals(
        400, 400, 0, 0, blocked=40, sampled=100, of=400, intervals={"blocked": [20.0, 80.0]}
    )
    one.calls = {"answered": 300, "abandoned": 100, "answered_in_time": 200, "sampled": 100, "of": 400}
    shares = observe(one, load()).shares
    assert shares["blocked calls"] == Share(10, 100)
    assert shares["abandoned calls"] == Share(25, 100)
    assert shares["not answered in time"] == Share(50, 100)


def test_the_share_of_first_attempts_is_the_one_that_verdicts_judge() -> None:
    made = record(load())
    made.throttled = [
        Throttled("lambda:Invoke", 80, 4, requests=100, requests_throttled=20),
        Throttled("connect:StartOutboundVoiceContact", 10, 1),
    ]
    assert observe(made, load()).shares["throttle_share"] == Share(1, 10)
    (judged,) = judge([Objective("throttle_share", at_most=0.2)], load(), made.throttled)
    assert values(observe(made, load()))["throttle_share"] == (judged.measured, "share")


def test_a_record_that_kept_no_shares_has_them_recomputed_from_its_operations() -> None:
    made = record(load())
    made.operations = [
        Operation("lambda", "Invoke", 60, 0, 9, 0, first_attempts=50, first_throttles=2, first_limits=0)
    ]
    assert observe(made, load()).shares["throttle_share"] == Share(2, 50)


def test_a_record_that_counted_no_first_attempts_says_so() -> None:
    made = record(load())
    made.operations = [Operation("lambda", "Invoke", 60, 0, 9, 0)]
    one = observe(made, load())
    assert "throttle_share" not in one.shares
    assert one.missing == [
        "throttle_share: busyhour 0 counted no first attempts; request_throttle_share is of all requests"
    ]


def test_observations_of_earlier_versions_get_the_names_of_today() -> None:
    data = encode(observe(record(load()), load()))
    former = {
        "request_throttle_share": "throttle rate",
        "limit_share": "limit rate",
        "error_share": "error rate",
    }
    data["rates"] = {former[name]: parts for name, parts in data["rates"].items()}
    one = from_json(data)
    assert one.rates["request_throttle_share"].above == [0, 0, 0, 1]
    assert set(one.rates) == set(former)
    assert one.missing == [
        "throttle_share: busyhour 0 counted no first attempts; request_throttle_share is of all requests"
    ]
