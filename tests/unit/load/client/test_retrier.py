"""What the application's retry policy makes of a target that throttles, in virtual time."""

import heapq
import random
from functools import partial
from itertools import count

import pytest

from busyhour.load.client.load_client import Answer
from busyhour.load.client.retrier import Retrier
from busyhour.load.client.retry_policies import Adaptive, Standard
from busyhour.load.error_classes import Class
from busyhour.load.recorder import Recorder
from busyhour.results.measurement.retries import retries_of, sentences

NAME = "connect:StartOutboundVoiceContact"


class VirtualClock:
    """As much of the generator's clock as a `Retrier` uses."""

    def __init__(self):
        self.time = 0.0
        self._due = []
        self._order = count()

    def real(self):
        return self.time

    def call_at(self, moment, callback):
        heapq.heappush(self._due, (moment, next(self._order), callback))

    def call_later(self, seconds, callback):
        self.call_at(self.time + seconds, callback)

    def run(self, until=1e9):
        while self._due and self._due[0][0] <= until:
            self.time, _, callback = heapq.heappop(self._due)
            callback()


class Target:
    """A token bucket of `rate` a second with a burst of as many, as API rates of AWS are."""

    def __init__(self, clock, rate):
        self.clock, self.rate = clock, rate
        self.tokens, self.at = rate, 0.0
        self.attempts = self.throttled = 0

    def send(self, due, done):
        now = self.clock.time
        self.tokens = min(self.rate, self.tokens + (now - self.at) * self.rate)
        self.at = now
        self.attempts += 1
        if self.tokens >= 1.0:
            self.tokens -= 1.0
            answer = Answer(Class.OK, 200)
        else:
            self.throttled += 1
            answer = Answer(Class.RATE_THROTTLE, 429, "TooManyRequestsException")
        self.clock.call_later(0.01, partial(done, answer))


def drive(policy_of, *, rate, calls_per_second, seconds):
    """Even arrivals at a target; returns target, answers that the application got, and what was recorded."""
    clock = VirtualClock()
    target, recorder, answers = Target(clock, rate), Recorder(), []
    retrier = Retrier(policy_of(random.Random(1).random), clock, recorder) if policy_of else None
    for n in range(int(calls_per_second * seconds)):
        at = n / calls_per_second
        if retrier is None:
            clock.call_at(at, partial(target.send, at, answers.append))
        else:
            clock.call_at(at, partial(retrier.send, NAME, target.send, at, answers.append))
    clock.run()
    return target, answers, retries_of(recorder.flush())


def standard(uniform):
    return Standard("connect", uniform)


def adaptive(uniform):
    return Adaptive("connect", uniform)


def good(answers):
    return sum(answer.ok for answer in answers)


def test_standard_carries_a_short_burst_over_and_none_loses_it():
    _, without, _ = drive(None, rate=10, calls_per_second=30, seconds=1)
    target, answers, (record,) = drive(standard, rate=10, calls_per_second=30, seconds=1)
    assert good(without) == 19
    assert good(answers) > good(without)
    assert record.recovered == good(answers) - sum(
        n for attempts, n in record.by_attempts.items() if attempts == "1"
    )
    assert target.attempts == record.attempts > record.operations == len(answers) == 30


def test_against_a_lasting_overload_standard_stops_by_its_quota_instead_of_tripling_the_load():
    target, answers, (record,) = drive(standard, rate=10, calls_per_second=100, seconds=60)
    assert record.quota_empty > 1000
    assert target.attempts / len(answers) < 1.5
    assert good(answers) == pytest.approx(600, rel=0.05)
    assert record.failed == len(answers) - good(answers)


def test_adaptive_slows_the_application_down_until_hardly_anything_is_throttled():
    hasty, _, _ = drive(standard, rate=10, calls_per_second=20, seconds=60)
    patient, answers, (record,) = drive(adaptive, rate=10, calls_per_second=20, seconds=60)
    assert patient.throttled / patient.attempts < 0.5 * hasty.throttled / hasty.attempts
    assert good(answers) / len(answers) > 0.9
    assert record.latency.p99 > 20_000  # it waits for what it cannot have


def test_what_the_application_asked_for_and_what_was_sent_are_told_apart():
    _, _, records = drive(standard, rate=10, calls_per_second=30, seconds=1)
    (text,) = sentences(records, "standard")
    assert text.startswith(
        f"Retry policy standard, connect StartOutboundVoiceContact: 30 operations took {records[0].attempts}"
    )
    assert records[0].latency.max >= 1000 * 0.01


def test_who_gives_up_ends_what_waits_at_once_and_sends_nothing_more():
    clock = VirtualClock()
    target, answers = Target(clock, 0.0), []
    recorder = Recorder()
    retrier = Retrier(Standard("connect", lambda: 1.0), clock, recorder)
    for _ in range(5):
        retrier.send(NAME, target.send, 0.0, answers.append)
    clock.run(until=0.5)
    assert (target.attempts, answers) == (5, [])
    retrier.give_up()
    assert [answer.code for answer in answers] == ["TooManyRequestsException"] * 5
    retrier.send(NAME, target.send, 0.5, answers.append)
    assert answers[-1].code == "given up"
    clock.run()
    assert target.attempts == 5
