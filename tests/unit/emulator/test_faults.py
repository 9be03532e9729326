from __future__ import annotations

from random import Random

import pytest

from busyhour.emulator.faults import Fault, Faults, read_faults
from busyhour.errors import BusyhourError


def test_the_first_fault_that_matches_is_met():
    faults = Faults(Random(1))
    faults.set([Fault("connect", "StopContact", 1.0), Fault("connect", latency_seconds=2.0)])
    assert faults.of("connect", "StopContact").latency_seconds == 1.0
    assert faults.of("connect", "DescribeContact").latency_seconds == 2.0
    assert faults.of("lambda", "Invoke") is None


def test_a_share_of_requests_fails_with_the_code_that_was_asked_for():
    faults = Faults(Random(7))
    fault = Fault(error_share=0.25, error_code="ServiceUnavailable", status=503)
    errors = [error for _ in range(4_000) if (error := faults.strikes(fault)) is not None]
    assert 900 < len(errors) < 1_100
    assert (errors[0].code, errors[0].status) == ("ServiceUnavailable", 503)


def test_the_same_seed_fails_the_same_requests():
    fault = Fault(error_share=0.5)
    first, second = Faults(Random(3)), Faults(Random(3))
    assert [first.strikes(fault) is None for _ in range(50)] == [
        second.strikes(fault) is None for _ in range(50)
    ]


def test_one_fault_or_a_list_is_read():
    assert read_faults({"latency_seconds": 5}) == [Fault(latency_seconds=5)]
    assert read_faults([{"service": "lambda"}, {}]) == [Fault("lambda"), Fault()]
    assert read_faults([]) == []


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"latency": 5}, "latency_seconds"),
        ({"latency_seconds": -1}, "latency_seconds = -1"),
        ({"error_share": 1.5}, "error_share = 1.5"),
        ({"status": 200}, "status = 200"),
        ({"latency_seconds": "5"}, "latency_seconds"),
        ("slow", "'slow'"),
        ([1], "1 is not an object"),
    ],
)
def test_what_is_no_fault_is_refused_by_name(document, said):
    with pytest.raises(BusyhourError, match=said):
        read_faults(document)
