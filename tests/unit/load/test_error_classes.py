import pytest

from busyhour.load.error_classes import Class, classify, error_code, error_reason


@pytest.mark.parametrize(
    ("status", "code", "reason", "expected"),
    [
        (200, "", "", Class.OK),
        (204, "", "", Class.OK),
        (429, "TooManyRequestsException", "", Class.RATE_THROTTLE),
        (429, "LimitExceededException", "", Class.LIMIT),
        (429, "ThrottlingException", "", Class.RATE_THROTTLE),
        (400, "ThrottlingException", "", Class.RATE_THROTTLE),
        (402, "ServiceQuotaExceededException", "", Class.LIMIT),
        (400, "ProvisionedThroughputExceededException", "", Class.RATE_THROTTLE),
        (400, "RequestLimitExceeded", "", Class.RATE_THROTTLE),
        (429, "TooManyRequestsException", "ConcurrentInvocationLimitExceeded", Class.LIMIT),
        (429, "TooManyRequestsException", "CallerRateLimitExceeded", Class.RATE_THROTTLE),
        (429, "", "", Class.RATE_THROTTLE),
        (403, "DestinationNotAllowedException", "", Class.CLIENT_ERROR),
        (410, "ContactNotFoundException", "", Class.CLIENT_ERROR),
        (500, "InternalServiceException", "", Class.SERVER_ERROR),
        (503, "ServiceUnavailable", "", Class.SERVER_ERROR),
    ],
)
def test_codes_and_statuses_fall_into_classes(status, code, reason, expected):
    assert classify(status, code, reason) is expected


@pytest.mark.parametrize(
    ("body", "header", "code"),
    [
        (b'{"message":"Too many"}', "TooManyRequestsException", "TooManyRequestsException"),
        (b"", "TooManyRequestsException:http://internal.amazon.com/coral/", "TooManyRequestsException"),
        (b'{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException"}', "", "ThrottlingException"),
        (b'{"code": "LimitExceededException"}', "", "LimitExceededException"),
        (b"<html>", "", ""),
    ],
)
def test_the_code_is_found_in_header_or_body(body, header, code):
    assert error_code(body, header) == code


def test_lambdas_reason_is_read():
    assert error_reason(b'{"Reason":"CallerRateLimitExceeded","message":"m"}') == "CallerRateLimitExceeded"
    assert error_reason(b"{}") == ""
