"""Retry policies compared with botocore's own objects: in the AWS SDK for Python the rules are executable."""

from types import SimpleNamespace

import botocore.session
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.retries import adaptive, bucket, standard, throttling
from hypothesis import given, settings
from hypothesis import strategies as st

from busyhour.load.client import retry_policies
from busyhour.load.client.retry_policies import (
    Adaptive,
    Failure,
    RateLimiter,
    Standard,
    Tries,
    failure_of,
    make_policy,
)
from busyhour.load.error_classes import Class, classify
from busyhour.scenarios.account import Client, RetryMode

ANSWERS = st.sampled_from(
    [
        (200, ""),
        (429, "TooManyRequestsException"),
        (429, "Unheard"),
        (400, "ThrottlingException"),
        (400, "LimitExceededException"),
        (400, "InvalidParameterException"),
        (404, "ResourceNotFoundException"),
        (402, "ServiceQuotaExceededException"),
        (408, "RequestTimeout"),
        (500, "InternalServiceException"),
        (501, "NotImplemented"),
        (503, "ServiceUnavailable"),
        (0, "connection closed"),
    ]
)


class Botocore:
    """One client of botocore, driven without a network: what its retry handler says to an answer."""

    def __init__(self, service, operation, max_attempts=None, uniform=0.5):
        session = botocore.session.Session()
        client = session.create_client(
            service, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
        )
        self.handler = standard.register_retry_handler(client, max_attempts)
        self.handler._retry_policy._retry_backoff._random = lambda: uniform
        self.operation = client.meta.service_model.operation_model(operation)

    @property
    def quota(self):
        return self.handler._retry_quota._quota.available_capacity

    def delay(self, status, code, attempt, context):
        if status == 0:
            response, caught = None, EndpointConnectionError(endpoint_url="x")
        else:
            parsed = {"Error": {"Code": code}} if status >= 300 else {}
            response, caught = (SimpleNamespace(status_code=status, headers={}), parsed), None
        delay = self.handler.needs_retry(
            response=response,
            attempts=attempt,
            operation=self.operation,
            caught_exception=caught,
            request_dict={"context": context},
        )
        if 200 <= status < 300:
            self.handler._retry_quota.release_retry_quota(context, response[0])
        return delay


def ours(policy, status, code, tries, now=0.0):
    """What our policy says to the same answer."""
    kind = classify(status, code) if status else Class.CONNECTION
    if kind is Class.OK:
        policy.succeeded(tries, now)
        return None
    return policy.failed(tries, failure_of(kind, status, code), now)


@pytest.mark.parametrize(
    ("service", "operation"), [("connect", "StartOutboundVoiceContact"), ("dynamodb", "GetItem")]
)
@settings(max_examples=12, deadline=None)
@given(requests=st.lists(st.lists(ANSWERS, min_size=5, max_size=5), max_size=12))
def test_standard_does_what_botocore_does(service, operation, requests):
    theirs = botocore_for(service, operation)
    policy = Standard(service, lambda: 0.5)
    for answers in requests:
        tries, context = Tries(), {}
        for attempt, (status, code) in enumerate(answers, 1):
            tries.attempts = attempt
            expected = theirs.delay(status, code, attempt, context)
            assert ours(policy, status, code, tries) == expected, (attempt, status, code)
            assert policy.quota == theirs.quota
            if expected is None:
                break


_CLIENTS = {}


def botocore_for(service, operation):
    """A client with a full quota; making one takes a tenth of a second."""
    found = _CLIENTS.setdefault((service, operation), Botocore(service, operation))
    quota = found.handler._retry_quota._quota
    quota.release(quota.INITIAL_CAPACITY)
    return found


def test_the_quota_of_botocore_empties_as_ours_does():
    theirs = botocore_for("connect", "StartOutboundVoiceContact")
    policy = Standard("connect", lambda: 0.5)
    retried = 0
    while True:
        tries = Tries(attempts=1)
        delay = ours(policy, 429, "ThrottlingException", tries)
        assert delay == theirs.delay(429, "ThrottlingException", 1, {})
        if delay is None:
            break
        retried += 1
    assert tries.quota_empty
    assert retried == retry_policies.QUOTA // retry_policies.THROTTLED_COST == 100


def test_backoff_doubles_up_to_its_bound_and_is_spread_from_nothing():
    longest = Standard("connect", lambda: 1.0, 10)
    delays = [longest.failed(Tries(attempts=n), Failure.THROTTLE, 0.0) for n in range(1, 8)]
    assert delays == [1.0, 2.0, 4.0, 8.0, 16.0, 20.0, 20.0]
    assert Standard("connect", lambda: 0.0).failed(Tries(attempts=1), Failure.THROTTLE, 0.0) == 0.0
    assert Standard("connect", lambda: 1.0).failed(Tries(attempts=1), Failure.TRANSIENT, 0.0) == 0.05
    assert Standard("dynamodb", lambda: 1.0).failed(Tries(attempts=1), Failure.TRANSIENT, 0.0) == 0.025


@pytest.mark.parametrize(
    ("service", "given", "attempts"), [("connect", None, 3), ("dynamodb", None, 4), ("connect", 5, 5)]
)
def test_attempts_are_those_of_the_service_or_of_the_scenario(service, given, attempts):
    policy = Standard(service, lambda: 0.5, given)
    assert policy.failed(Tries(attempts=attempts - 1), Failure.THROTTLE, 0.0) is not None
    assert policy.failed(Tries(attempts=attempts), Failure.THROTTLE, 0.0) is None


@pytest.mark.parametrize("code", ["ConnectionLimit", "closed"])
def test_what_is_the_generators_own_fault_is_not_tried_again(code):
    assert failure_of(Class.CONNECTION, 0, code) is None


class Clock(bucket.Clock):
    now = 1000.0

    def current_time(self):
        return self.now


@given(
    answers=st.lists(st.tuples(st.floats(0.001, 3.0), st.booleans(), st.booleans()), min_size=1, max_size=200)
)
def test_the_rate_limiter_follows_botocores(answers):
    clock = Clock()
    theirs = adaptive.ClientRateLimiter(
        throttling.CubicCalculator(starting_max_rate=0, start_time=clock.now),
        adaptive.RateClocker(clock),
        bucket.TokenBucket(max_rate=1, clock=clock),
        SimpleNamespace(is_throttling_error=lambda throttled: throttled),
        clock,
    )
    limiter = RateLimiter(clock.now)
    for passed, throttled, sent in answers:
        clock.now += passed
        if sent:
            free = limiter.acquire(clock.now) == 0.0
            assert free == takes(theirs)
        theirs.on_receiving_response(throttled=throttled)
        limiter.update(throttled=throttled, now=clock.now)
        assert limiter.enabled == theirs._enabled
        assert limiter.rate == pytest.approx(theirs._token_bucket.max_rate)
        assert limiter.measured == pytest.approx(theirs._rate_clocker.measured_rate)


def takes(theirs):
    """Whether botocore's limiter would let a request go now."""
    if not theirs._enabled:
        return True
    try:
        return theirs._token_bucket.acquire(block=False)
    except bucket.CapacityNotAvailableError:
        return False


def test_adaptive_holds_nothing_back_before_the_first_throttle_and_then_waits_for_its_rate():
    policy = Adaptive("connect", lambda: 0.5, now=0.0)
    for n in range(100):
        assert policy.hold(n / 100) == 0.0
        policy.succeeded(Tries(attempts=1), n / 100)
    policy.failed(Tries(attempts=1), Failure.THROTTLE, 1.0)
    waits = [policy.hold(1.0) for _ in range(3)]
    assert policy.limiter.measured == pytest.approx(100, rel=0.1)
    assert policy.limiter.rate == pytest.approx(0.7 * policy.limiter.measured)
    assert 0.0 < waits[-1] <= 1.0 / policy.limiter.rate


def test_the_scenario_says_which():
    assert make_policy(Client(), "connect", lambda: 0.5, 0.0) is None
    assert type(make_policy(Client(RetryMode.STANDARD), "connect", lambda: 0.5, 0.0)) is Standard
    adaptive = make_policy(Client(RetryMode.ADAPTIVE, 7), "connect", lambda: 0.5, 0.0)
    assert isinstance(adaptive, Adaptive)
    assert adaptive.max_attempts == 7
