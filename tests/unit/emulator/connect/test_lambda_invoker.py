from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from types import MappingProxyType

import pytest

from busyhour.emulator.connect.lambda_invoker import LambdaFunctions
from busyhour.emulator.messages import ApiError
from busyhour.flows.protocol import Invoke, LambdaFailed, LambdaResult


@dataclass
class Outcome:
    status: int = 200
    payload: bytes = b"{}"
    function_error: str | None = None


class Runtime:
    def __init__(self, outcome):
        self.outcome = outcome
        self.payloads = []

    def start(self, name_or_arn, payload, done, *, source=""):
        self.payloads.append(payload)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        done(self.outcome)


def invoke(outcome, event=None):
    runtime, notes, heard = Runtime(outcome), Counter(), []
    effect = Invoke("a", "arn:aws:lambda:us-east-1:1:function:f", event or {}, 8.0)
    LambdaFunctions(runtime, notes).invoke(None, effect, heard.append)
    (result,) = heard
    return result, runtime, notes


def test_an_answer_is_decoded_and_measured():
    result, _, _ = invoke(Outcome(payload=b'{"tier": "gold"}'))
    assert result == LambdaResult({"tier": "gold"}, 16)


def test_an_empty_answer_is_null():
    assert invoke(Outcome(payload=b""))[0] == LambdaResult(None, 0)


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (Outcome(429), "throttled"),
        (Outcome(500), "unreachable"),
        (Outcome(function_error="Unhandled", payload=b'{"errorMessage": "no"}'), "function_error"),
        (Outcome(payload=b"not json"), "invalid"),
        (ApiError("ResourceNotFoundException", "no", 404), "missing"),
        (ApiError("RequestTooLargeException", "big", 413), "unreachable"),
    ],
)
def test_what_is_no_answer_is_a_failure_of_its_kind(outcome, kind):
    result, _, _ = invoke(outcome)
    assert isinstance(result, LambdaFailed)
    assert result.kind == kind


def test_only_a_function_that_is_not_there_is_noted():
    assert invoke(ApiError("ResourceNotFoundException", "no", 404))[2]
    assert not invoke(ApiError("RequestTooLargeException", "big", 413))[2]


def test_the_event_goes_out_as_json_whatever_mappings_it_is_made_of():
    event = {"Details": MappingProxyType({"Parameters": MappingProxyType({"a": "1"})}), "Names": ("x",)}
    _, runtime, _ = invoke(Outcome(), event)
    assert runtime.payloads == [b'{"Details":{"Parameters":{"a":"1"}},"Names":["x"]}']
