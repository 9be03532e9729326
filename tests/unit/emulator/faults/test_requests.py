from __future__ import annotations

from random import Random

import pytest

from busyhour.emulator.faults.requests import (
    Condition,
    Fault,
    Faults,
    FunctionFailedError,
    UnreachableError,
    read_faults,
)
from busyhour.emulator.messages import ApiError
from busyhour.errors import BusyhourError


def outcome(faults, fault, service="connect"):
    try:
        faults.strike(fault, service)
    except ApiError as error:
        return error.code, error.status
    except (UnreachableError, FunctionFailedError) as error:
        return type(error).__name__
    return None


def test_the_first_fault_that_matches_is_met():
    faults = Faults(Random(1))
    faults.set(
        [
            Fault("connect", "StopContact", latency_seconds=1.0),
            Fault("connect", latency_seconds=2.0),
            Fault("dynamodb", resource="orders", latency_seconds=3.0),
        ]
    )
    assert faults.of("connect", "StopContact").latency_seconds == 1.0
    assert faults.of("connect", "DescribeContact").latency_seconds == 2.0
    assert faults.of("lambda", "Invoke") is None
    assert faults.of("dynamodb", "GetItem", ("customers",)) is None
    assert faults.of("dynamodb", "GetItem", ("customers", "orders")).latency_seconds == 3.0


def test_each_request_meets_one_end_in_the_shares_that_were_asked_for():
    faults = Faults(Random(7))
    fault = Fault(
        error_share=0.25,
        error_code="ServiceUnavailable",
        status=503,
        throttle_share=0.2,
        unreachable_share=0.1,
        function_error_share=0.05,
    )
    ends = [outcome(faults, fault, "lambda") for _ in range(10_000)]
    expected = {
        ("ServiceUnavailable", 503): 2_500,
        ("TooManyRequestsException", 429): 2_000,
        "UnreachableError": 1_000,
        "FunctionFailedError": 500,
        None: 4_000,
    }
    assert set(ends) == set(expected)
    for end, count in expected.items():
        assert abs(ends.count(end) - count) < 150, end


@pytest.mark.parametrize(
    ("service", "throttle"),
    [
        ("connect", ("TooManyRequestsException", 429)),
        ("dynamodb", ("ThrottlingException", 400)),
        ("lex", ("ThrottlingException", 429)),
        ("s3", ("ThrottlingException", 429)),
    ],
)
def test_a_throttle_is_in_the_services_own_words(service, throttle):
    assert outcome(Faults(Random(1)), Fault(throttle_share=1.0), service) == throttle


def test_the_same_seed_fails_the_same_requests():
    fault = Fault(error_share=0.5)
    first, second = Faults(Random(3)), Faults(Random(3))
    assert [outcome(first, fault) for _ in range(50)] == [outcome(second, fault) for _ in range(50)]


def test_conditions_are_told_to_whom_they_concern():
    faults, heard = Faults(Random(1)), []
    faults.on_conditions = heard.append
    absent, lossy = Condition("no_agents", "Support"), Condition("packet_loss", share=0.02)
    faults.set([absent, Fault("connect"), lossy])
    assert heard == [(absent, lossy)]
    assert faults.packet_loss == 0.02
    faults.set(())
    assert heard[-1] == ()
    assert faults.packet_loss is None


def test_one_fault_or_a_list_is_read():
    assert read_faults({"latency_seconds": 5}) == [Fault(latency_seconds=5)]
    assert read_faults([{"service": "lambda"}, {}]) == [Fault("lambda"), Fault()]
    assert read_faults([{"condition": "no_agents"}]) == [Condition("no_agents")]
    assert read_faults([]) == []


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"latency": 5}, "latency_seconds"),
        ({"latency_seconds": -1}, "latency_seconds = -1"),
        ({"error_share": 1.5}, "error_share = 1.5"),
        ({"error_share": 0.7, "throttle_share": 0.5}, "more than 1"),
        ({"status": 200}, "status = 200"),
        ({"latency_seconds": "5"}, "latency_seconds"),
        ({"condition": "no_agent"}, "Did you mean 'no_agents'"),
        ({"condition": "packet_loss", "share": 3}, "share = 3"),
        ({"condition": "packet_loss", "shares": 0.1}, "unknown key 'shares'"),
        ("slow", "'slow'"),
        ([1], "1 is not an object"),
    ],
)
def test_what_is_no_fault_is_refused_by_name(document, said):
    with pytest.raises(BusyhourError, match=said):
        read_faults(document)
