"""Results of an application's retry policy, read from what the generator counted."""

from __future__ import annotations

from busyhour.results.measurement.measures import Measures
from busyhour.results.measurement.retries import retries_of, sentences

PUT = "dynamodb:PutItem"


def measured() -> Measures:
    """Ten writes: seven in one attempt, two in three, one that failed after four."""
    measures = Measures()
    for key, number in (
        (f"attempts/{PUT}/1", 7),
        (f"attempts/{PUT}/3", 2),
        (f"attempts/{PUT}/4", 1),
        (f"retry/{PUT}/throttle", 6),
        (f"retry/{PUT}/transient", 1),
        (f"retry/{PUT}/recovered", 2),
        ("attempts/lambda:Invoke/1", 5),
    ):
        measures.count(key, number)
    for seconds in [0.002] * 7 + [0.2] * 2:
        measures.record(f"retried/{PUT}/ok", seconds)
    measures.record(f"retried/{PUT}/rate_throttle", 1.0)
    return measures


def test_operations_and_attempts_are_counted_apart():
    put, invoke = retries_of(measured())
    assert (put.service, put.name, put.operations, put.attempts) == ("dynamodb", "PutItem", 10, 17)
    assert put.by_attempts == {"1": 7, "3": 2, "4": 1}
    assert (put.throttles, put.transients, put.recovered, put.failed) == (6, 1, 2, 1)
    assert (invoke.name, invoke.operations, invoke.failed, invoke.latency) == ("Invoke", 5, 0, None)


def test_latency_is_that_of_the_operation_with_its_backoff():
    latency = retries_of(measured())[0].latency
    assert latency is not None
    assert latency.p50 < 3.0
    assert latency.p99 > 990.0


def test_without_a_retry_policy_there_are_no_records():
    assert retries_of(Measures()) == []


def test_a_sentence_has_what_the_application_saw_and_where_the_quota_was_empty():
    records = retries_of(measured())
    put, invoke = sentences(records, "standard")
    assert put.startswith(
        "Retry policy standard, dynamodb PutItem: 10 operations took 17 attempts; 2 succeeded after a retry, "
        "1 finally failed, p99 1,000 ms as the application saw it."
    )
    assert "p99" not in invoke
    records[0].quota_empty = 1
    assert "1 finally failed, 1 of them with the retry quota empty, p99" in sentences(records, "standard")[0]
