"""Lambda's limits in virtual time: just below them nothing is throttled, just above the right share is."""

from __future__ import annotations

import pytest

from busyhour.emulator.lambda_.runtime.admission import ACCOUNT_CONCURRENCY, SCALING, Admission, Throttle


class Quotas:
    def __init__(self, **values: float) -> None:
        self.values = {ACCOUNT_CONCURRENCY: 1000.0, SCALING: 1000.0, **values}

    def applied(self, code_or_key: str) -> float:
        return self.values[code_or_key]

    def reject(self, code_or_key: str, at: float | None = None, times: int = 1) -> None: ...

    def use(self, code_or_key: str, value: float, at: float | None = None) -> None: ...


def admission(**values: float) -> Admission:
    return Admission(Quotas(**{ACCOUNT_CONCURRENCY: values.pop("concurrency", 1000.0), **values}))


def test_the_account_runs_as_many_as_its_concurrency_and_no_more():
    gate = admission(concurrency=5)
    assert [gate.admit("f", None, 0, 1.0) for _ in range(5)] == [True] * 5
    refused = gate.admit("g", None, 0, 1.0)
    assert refused == Throttle("ConcurrentInvocationLimitExceeded", ACCOUNT_CONCURRENCY)
    gate.release("f", reserved=False, now=1.5)
    assert gate.admit("g", None, 0, 2.0) is True


def test_reserved_concurrency_is_the_functions_own_and_taken_from_the_others():
    gate = admission(concurrency=10)
    assert [gate.admit("mine", 4, 4, 1.0) for _ in range(4)] == [True] * 4
    refused = gate.admit("mine", 4, 4, 1.0)
    assert isinstance(refused, Throttle)
    assert refused.reason == "ReservedFunctionConcurrentInvocationLimitExceeded"
    others = [gate.admit("other", None, 4, 1.0) for _ in range(7)]
    assert others[:6] == [True] * 6
    assert isinstance(others[6], Throttle)


def test_a_reserved_concurrency_of_nothing_switches_the_function_off():
    assert isinstance(admission().admit("off", 0, 0, 1.0), Throttle)


@pytest.mark.parametrize(("per_second", "expected"), [(98, 0.0), (125, 0.2)])
def test_the_request_rate_is_ten_for_each_concurrent_execution(per_second, expected):
    """Concurrency 10 allows 100 requests a second; short calls never reach the concurrency itself."""
    gate, refused, seconds = admission(concurrency=10), 0, 100
    for i in range(per_second * seconds):
        now = 1.0 + i / per_second
        outcome = gate.admit("f", None, 0, now)
        if isinstance(outcome, Throttle):
            assert outcome.reason == "FunctionInvocationRateLimitExceeded"
            refused += 1
        else:
            gate.release("f", reserved=False, now=now)
    share = refused / (per_second * seconds)
    assert share == pytest.approx(expected, abs=0.01)


def test_a_function_gets_a_thousand_new_environments_in_ten_seconds():
    gate = admission(concurrency=10_000)
    at_once = [gate.admit("f", None, 0, 1.0) for _ in range(1500)]
    assert at_once.count(True) == 1000
    assert at_once[1000] == Throttle("ConcurrentInvocationLimitExceeded", SCALING)
    later = [gate.admit("f", None, 0, 1.0 + 10 * i / 1500) for i in range(1500)]
    assert later.count(True) == pytest.approx(1000, rel=0.02)
    assert gate.admit("another", None, 0, 1.0) is True  # each function scales for itself


def test_a_warm_environment_is_used_again_and_not_counted_as_scaling():
    gate = admission()
    assert gate.admit("f", None, 0, 1.0) is True
    gate.release("f", reserved=False, now=2.0)
    assert gate.admit("f", None, 0, 3.0) is False
    gate.release("f", reserved=False, now=4.0, reusable=False)
    assert gate.admit("f", None, 0, 5.0) is True  # the broken one was not kept


def test_an_idle_environment_grows_cold():
    gate = admission()
    gate.admit("f", None, 0, 1.0)
    gate.release("f", reserved=False, now=2.0)
    assert gate.admit("f", None, 0, 5000.0) is True
