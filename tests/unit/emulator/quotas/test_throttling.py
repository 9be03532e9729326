from __future__ import annotations

import math

import pytest

from busyhour.emulator.quotas.throttling import Limits
from busyhour.errors import BusyhourError
from busyhour.quotas.table.quota_table import load


class Time:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def table():
    return load()


def test_defaults_come_from_the_quota_table(table):
    limits = Limits(table, {}, Time())
    assert limits.applied("L-12AB7C57") == 10
    assert limits.applied("L-4E9BCC96") == 2
    assert limits.applied("connect.start-outbound-voice-contact.burst") == 5
    assert limits.applied("L-E908C3A1") == 0


def test_requests_above_rate_and_burst_are_throttled_and_counted_with_the_first_time(table):
    time = Time()
    limits = Limits(table, {}, time)
    outcomes = [limits.admit("connect", "StartOutboundVoiceContact") for _ in range(5)]
    assert outcomes == [None] * 5
    time.now += 0.1
    bound = limits.admit("connect", "StartOutboundVoiceContact")
    assert bound is not None
    assert bound.code == "L-4E9BCC96"
    time.now += 0.1
    limits.admit("connect", "StartOutboundVoiceContact")
    (tally,) = limits.tallies()
    assert (tally.rejected, tally.first_rejected_at, tally.last_rejected_at) == (
        2,
        pytest.approx(1_000.1),
        pytest.approx(1_000.2),
    )


def test_the_peak_of_a_rate_counts_rejected_requests_too(table):
    limits = Limits(table, {}, Time())
    for _ in range(9):
        limits.admit("connect", "StartOutboundVoiceContact")
    (tally,) = limits.tallies()
    assert (tally.peak, tally.peak_at) == (9, 1_000.0)


def test_operations_have_buckets_of_their_own(table):
    limits = Limits(table, {}, Time())
    for _ in range(6):
        limits.admit("connect", "StartOutboundVoiceContact")
    assert limits.admit("connect", "StopContact") is None


def test_an_operation_without_a_row_has_the_rate_of_all_others(table):
    limits = Limits(table, {}, Time())
    outcomes = [limits.admit("connect", "CreateUserHierarchyGroup") is None for _ in range(7)]
    assert outcomes == [True] * 5 + [False] * 2


def test_a_service_without_rates_is_never_throttled(table):
    limits = Limits(table, {}, Time())
    assert all(limits.admit("sts", "GetCallerIdentity") is None for _ in range(1_000))


def test_an_override_raises_the_rate_and_the_burst_with_it(table):
    limits = Limits(table, {"L-4E9BCC96": 50}, Time())
    assert limits.applied("connect.start-outbound-voice-contact.burst") == 53
    assert sum(limits.admit("connect", "StartOutboundVoiceContact") is None for _ in range(100)) == 53


def test_a_burst_that_was_set_itself_stays_as_it_was_set(table):
    overrides = {"connect.start-outbound-voice-contact.burst": 7, "L-4E9BCC96": 50}
    limits = Limits(table, overrides, Time())
    assert sum(limits.admit("connect", "StartOutboundVoiceContact") is None for _ in range(100)) == 7


def test_a_granted_increase_is_enforced_at_once(table):
    time = Time()
    limits = Limits(table, {}, time)
    for _ in range(10):
        limits.admit("connect", "StartOutboundVoiceContact")
    limits.set_applied("L-4E9BCC96", 100)
    time.now += 1
    assert sum(limits.admit("connect", "StartOutboundVoiceContact") is None for _ in range(200)) == 103


def test_a_lowered_rate_of_zero_admits_only_what_the_bucket_holds(table):
    time = Time()
    limits = Limits(table, {"L-4E9BCC96": 0}, time)
    admitted = 0
    for _ in range(100):
        admitted += limits.admit("connect", "StartOutboundVoiceContact") is None
        time.now += 10
    assert admitted == 5


def test_things_in_use_stop_at_the_quota_and_the_rest_is_counted(table):
    time = Time()
    limits = Limits(table, {"L-12AB7C57": 2}, time)
    assert [limits.acquire("L-12AB7C57") for _ in range(3)] == [True, True, False]
    limits.release("L-12AB7C57")
    assert limits.acquire("connect.concurrent-active-calls-per-instance")
    (tally,) = limits.tallies()
    assert (tally.rejected, tally.peak, tally.first_rejected_at) == (1, 3, 1_000.0)
    assert limits.in_use("L-12AB7C57") == 2


def test_releasing_what_was_never_acquired_changes_nothing(table):
    limits = Limits(table, {}, Time())
    limits.release("L-12AB7C57")
    assert limits.in_use("L-12AB7C57") == 0


def test_resources_have_the_quota_each_for_itself(table):
    limits = Limits(table, {"L-12AB7C57": 1}, Time())
    assert limits.acquire("L-12AB7C57", "instance a")
    assert limits.acquire("L-12AB7C57", "instance b")


@pytest.mark.parametrize("value", [-1, math.nan])
def test_a_value_that_is_no_number_of_things_is_refused(table, value):
    with pytest.raises(BusyhourError, match="L-12AB7C57"):
        Limits(table, {"L-12AB7C57": value}, Time())


def test_an_unknown_code_is_refused_with_the_nearest_one(table):
    with pytest.raises(BusyhourError, match="L-12AB7C57"):
        Limits(table, {"L-12AB7C58": 5}, Time())


def test_clearing_forgets_tallies_and_fills_buckets_but_keeps_what_is_in_use(table):
    limits = Limits(table, {}, Time())
    limits.acquire("L-12AB7C57")
    for _ in range(6):
        limits.admit("connect", "StartOutboundVoiceContact")
    limits.clear()
    assert list(limits.tallies()) == []
    assert limits.in_use("L-12AB7C57") == 1
    assert limits.admit("connect", "StartOutboundVoiceContact") is None


def test_an_instance_may_have_a_value_of_its_own(table):
    limits = Limits(table, {"L-12AB7C57": 1}, Time())
    limits.set_applied("L-12AB7C57", 2, "other")
    assert [limits.acquire("L-12AB7C57", "other") for _ in range(3)] == [True, True, False]
    assert [limits.acquire("L-12AB7C57") for _ in range(2)] == [True, False]
    assert (limits.applied("L-12AB7C57", "other"), limits.applied("L-12AB7C57", "third")) == (2, 1)
    assert limits.is_overridden("L-12AB7C57", "other")


def test_buckets_may_be_each_instances_own(table):
    limits = Limits(table, {}, Time())

    def admitted(instance):
        return sum(
            limits.admit("connect-participant", "SendMessage", resource=instance) is None for _ in range(20)
        )

    assert (admitted("one"), admitted("two"), admitted("one")) == (15, 15, 0)


def test_an_operation_may_have_a_second_bucket_by_its_key(table):
    limits = Limits(table, {}, Time())
    bound = [limits.admit("connect", "connect.search-contacts-beyond-two-weeks") for _ in range(2)]
    assert bound[0] is None
    assert bound[1].key == "connect.search-contacts-beyond-two-weeks.rate"
    assert limits.admit("connect", "SearchContacts") is None


def test_an_operation_without_a_row_has_a_value_by_its_key(table):
    limits = Limits(table, {"connect.create-prompt.rate": 50}, Time())
    assert limits.applied("connect.create-prompt.rate") == 50
    assert sum(limits.admit("connect", "CreatePrompt") is None for _ in range(60)) == 53


def test_the_peak_of_a_rate_is_the_busiest_second_and_when_it_was(table):
    time = Time()
    limits = Limits(table, {"L-4E9BCC96": 100}, time)
    for second, requests in ((1_000, 3), (1_001, 5), (1_002, 1), (1_007, 4)):
        for number in range(requests):
            time.now = second + number / 10
            limits.admit("connect", "StartOutboundVoiceContact")
    (tally,) = [t for t in limits.tallies() if t.quota.code == "L-4E9BCC96"]
    assert (tally.peak, tally.peak_at) == (5, 1_001.4)


def test_a_value_of_one_resource_is_no_value_of_all(table):
    limits = Limits(table, {}, Time())
    assert not limits.is_overridden("L-12AB7C57")
    limits.set_applied("L-12AB7C57", 30, "one")
    assert limits.is_overridden("L-12AB7C57", "one")
    assert not limits.is_overridden("L-12AB7C57", "other")
    limits.set_applied("L-12AB7C57", 20)
    assert limits.is_overridden("L-12AB7C57", "other")
