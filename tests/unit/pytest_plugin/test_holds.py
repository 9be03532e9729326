"""`assert_holds` passes where all holds, and says all that is wrong where it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from busyhour.pytest_plugin import Run, assert_holds
from busyhour.results.entries import Arrivals, FindingRecord, Operation, Percentiles, QuotaRecord
from busyhour.results.load_result import LoadResult
from busyhour.results.record import Outcome, RunRecord, VerdictRecord

LATENCY = Percentiles(count=50, mean=20.0, p50=18.0, p90=30.0, p95=37.2, p99=50.0, max=60.0)
INVOKE = Operation("lambda", "Invoke", 50, 0, 0, 0, latency=LATENCY)


def quota(name: str, headroom: float | None) -> QuotaRecord:
    used = None if headroom is None else 1.0 - headroom
    return QuotaRecord(f"k.{name}", "connect", name, "L-1", "", "calls", 10.0, "", "", 10.0, used and 10.0 * used, None, "", 0, None, used, headroom, "holds")  # fmt: skip


def run(outcome: Outcome = Outcome.HOLDS, reasons: tuple[str, ...] = (), findings: int = 0) -> Run:
    arrivals = Arrivals(30, 30, 0, 0)
    record = RunRecord(
        "r", "0", {"name": "helpdesk"}, {}, "", "", 12.0, VerdictRecord(outcome, list(reasons)), arrivals,
        operations=[INVOKE], quotas=[quota("calls", 0.88), quota("executions", 0.979), quota("idle", None)],
        findings=[FindingRecord("dangling-target", "error", "f.json", 7, 1, "", "m", "a", "is gone")] * findings,
    )  # fmt: skip
    load = LoadResult("backend", "", "", 12.0, 12.0, 1, False, True, [], arrivals, operations=[INVOKE])
    return Run(Path("somewhere"), record, load)


def failure(one: Run, **arguments: object) -> str:
    with pytest.raises(AssertionError) as failed:
        assert_holds(one, **arguments)  # type: ignore[arg-type]  # by name
    return str(failed.value)


def test_a_run_that_holds_passes_with_what_it_is_given_besides() -> None:
    assert_holds(run())
    assert_holds(run(), at_most={"latency_p95:lambda": 40, "error_share": 0}, headroom=0.8)
    assert_holds(run(), headroom={"calls": 0.8, "k.executions": 0.9})


def test_every_reason_is_listed_once_with_what_the_reader_asks_next() -> None:
    text = failure(run(Outcome.DOES_NOT_HOLD, ("Calls bound at 0:41.", "Calls bound at 0:41.")))
    assert text.splitlines() == [
        "helpdesk does not hold:",
        "  - Calls bound at 0:41.",
        "calls: 30 planned, 30 started, 0 blocked",
        "lambda:Invoke: 50 requests, 0 throttled, 0 errors, p95 37.2 ms",
        "calls, measured peak 12% of the value",
        "executions, measured peak 2% of the value",
        "run: somewhere",
    ]


def test_the_scenarios_own_verdict_may_be_left_out() -> None:
    assert_holds(run(Outcome.DOES_NOT_HOLD, ("x",)), verdict=False)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"at_most": {"latency_p95:lambda": 1}}, "latency_p95:lambda at most 1: measured 37.2"),
        (
            {"at_least": {"service_level": 0.8}},
            "service_level at least 0.8: not measured, no call was answered",
        ),
        ({"at_most": {"latncy_p95": 1}}, "Did you mean 'latency_p95'?"),
        ({"headroom": 0.9}, "headroom of calls: 88.0%, wanted 90.0%"),
        ({"headroom": {"executions": 0.99}}, "headroom of executions: 97.9%, wanted 99.0%"),
        ({"headroom": {"cals": 0.1}}, "headroom of cals: not measured; there is calls, executions"),
    ],
)
def test_what_does_not_hold_is_said_with_both_values(arguments: dict[str, object], words: str) -> None:
    assert words in failure(run(), **arguments)


def test_findings_of_the_flow_check_count_unless_told_otherwise() -> None:
    assert "error dangling-target at f.json:7: is gone" in failure(run(findings=1))
    assert_holds(run(findings=1), findings=())


def test_an_invalid_run_does_not_hold() -> None:
    assert "too few" in failure(run(Outcome.INVALID, ("too few",)))


def test_what_the_record_knows_of_every_call_goes_before_the_sample_of_the_generator() -> None:
    one = run()
    one.load.arrivals = Arrivals(
        30, 30, 0, 0, blocked=9, sampled=10, of=30, intervals={"blocked": [3.0, 20.0]}
    )
    assert_holds(one, at_most={"blocked_share": 0})


def test_an_objective_that_is_not_decided_fails_and_says_so() -> None:
    one = run()
    one.record.arrivals = Arrivals(
        30, 30, 0, 0, blocked=9, sampled=10, of=30, intervals={"blocked": [3.0, 20.0]}
    )
    text = failure(one, at_most={"blocked_share": 0.5})
    assert (
        "blocked_share at most 0.5: measured 0.3, not decided, 0.1 to 0.667, estimated from 10 calls" in text
    )
