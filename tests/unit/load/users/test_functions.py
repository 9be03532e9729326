import pytest

from busyhour.flows.protocol import LambdaFailed, LambdaResult
from busyhour.load.client.load_client import Answer
from busyhour.load.error_classes import Class
from busyhour.load.users.functions import outcome_of


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(Class.OK, 200, body=b'{"a":"b"}'), LambdaResult({"a": "b"}, 9)),
        (Answer(Class.OK, 200, body=b"null"), LambdaResult(None, 4)),
        (Answer(Class.OK, 202, body=b""), LambdaResult(None, 0)),
        (Answer(Class.OK, 200, body=b"<html>"), LambdaFailed("invalid", "the answer is not JSON")),
        (
            Answer(Class.FUNCTION_ERROR, 200, body=b'{"errorMessage":"x"}', function_error="Unhandled"),
            LambdaFailed("function_error", '{"errorMessage":"x"}'),
        ),
        (
            Answer(Class.LIMIT, 429, "TooManyRequestsException"),
            LambdaFailed("throttled", "TooManyRequestsException"),
        ),
        (Answer(Class.RATE_THROTTLE, 429, "T"), LambdaFailed("throttled", "T")),
        (
            Answer(Class.SERVER_ERROR, 500, "ServiceException"),
            LambdaFailed("unreachable", "ServiceException"),
        ),
        (Answer(Class.TIMEOUT, 0, "no answer"), LambdaFailed("timeout", "no answer")),
        (
            Answer(Class.CLIENT_ERROR, 404, "ResourceNotFoundException"),
            LambdaFailed("missing", "ResourceNotFoundException"),
        ),
    ],
)
def test_what_an_answer_means_to_the_flow(answer, expected):
    assert outcome_of(answer) == expected


def test_every_class_has_a_meaning():
    for kind in Class:
        outcome_of(Answer(kind, 200 if kind is Class.OK else 500, body=b"{}"))
