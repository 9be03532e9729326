"""Caps of a live run in one worker: its share, contacts at once, cost."""

from dataclasses import replace

import pytest

from busyhour.load.safety.caps import Caps, RequestCaps, share_of
from busyhour.load.safety.policy import PRICE_PER_VOICE_MINUTE_USD
from busyhour.scenarios.account import AwsTarget

AWS = AwsTarget(max_calls=5, max_concurrent=3, max_cost_usd=1.0)


@pytest.mark.parametrize(("total", "n"), [(0, 1), (1, 3), (5, 2), (7, 3), (10, 10), (3, 10)])
def test_whole_shares_add_up_to_the_cap_and_are_those_of_the_calls_of_each_worker(total: int, n: int) -> None:
    shares = [share_of(total, k, n) for k in range(n)]
    assert sum(shares) == total
    assert shares == [len(range(k, total, n)) for k in range(n)]


def test_a_call_more_than_max_calls_is_refused_however_many_have_ended() -> None:
    caps = Caps(AWS, 0, 1)
    for number in range(5):
        assert caps.objection(0.0) == ""
        caps.asked(0.0)
        caps.answered(f"contact-{number}", 0.0)
        caps.over(f"contact-{number}", 0.0)
    assert caps.started == 5
    assert caps.objection(0.0) == "max_calls is 5, of which this worker may start 5"


def test_a_call_that_was_not_accepted_counts_for_max_calls_and_not_for_those_at_once() -> None:
    caps = Caps(AWS, 0, 1)
    caps.asked(0.0)
    assert caps.in_progress == 1
    caps.answered("", 0.0)
    assert (caps.started, caps.in_progress) == (1, 0)


def test_contacts_at_once_are_those_asked_for_those_open_and_those_estimated() -> None:
    caps = Caps(AWS, 0, 1)
    caps.asked(0.0)
    caps.asked(0.0)
    caps.answered("a", 0.0)
    assert caps.in_progress == 2
    assert not caps.full
    weight = 0.0
    caps.follow(lambda: weight)
    caps.claim("a")
    assert caps.in_progress == 1
    weight = 1.5
    assert caps.full
    assert "max_concurrent is 3, of which this worker may have 3 calls at once" in caps.objection(0.0)
    weight = 1.0
    assert caps.objection(0.0) == ""


def test_an_ended_contact_makes_room() -> None:
    caps = Caps(AWS, 0, 1)
    for name in "abc":
        caps.asked(0.0)
        caps.answered(name, 0.0)
    assert caps.full
    assert caps.over("b", 1.0)
    assert caps.objection(1.0) == ""
    assert not caps.over("b", 1.0)
    assert not caps.over("unknown", 1.0)
    assert caps.in_progress == 2


def test_both_legs_in_one_instance_take_two_places() -> None:
    caps = Caps(AwsTarget(max_calls=9, max_concurrent=5, max_cost_usd=1.0, loopback="same"), 0, 1)
    caps.asked(0.0)
    assert not caps.full
    caps.asked(0.0)
    assert caps.full


@pytest.mark.parametrize(("loopback", "legs"), [("", 1), ("other", 2)])
def test_minutes_in_progress_cost_the_price_of_each_leg_and_the_cap_ends_it(loopback: str, legs: int) -> None:
    caps = Caps(AwsTarget(max_calls=9, max_concurrent=9, max_cost_usd=1.0, loopback=loopback), 0, 2)
    caps.asked(10.0)
    caps.answered("a", 10.0)
    caps.asked(40.0)
    caps.answered("b", 40.0)
    assert caps.objection(70.0) == ""
    assert caps.spent_usd == pytest.approx(1.5 * legs * PRICE_PER_VOICE_MINUTE_USD)
    enough = 0.5 / (2 * legs * PRICE_PER_VOICE_MINUTE_USD) * 60.0
    assert "the contacts have cost about 0." in caps.objection(70.0 + enough)
    assert "max_cost_usd is 1.0" in caps.objection(100.0 + enough)


def test_the_cost_reached_exactly_is_refused_and_a_clock_set_back_takes_nothing_off() -> None:
    caps = Caps(AwsTarget(max_calls=9, max_concurrent=9, max_cost_usd=PRICE_PER_VOICE_MINUTE_USD), 0, 1)
    caps.asked(0.0)
    caps.answered("a", 0.0)
    assert caps.objection(59.0) == ""
    assert "max_cost_usd" in caps.objection(60.0)
    assert "max_cost_usd" in caps.objection(0.0)
    assert caps.spent_usd == pytest.approx(PRICE_PER_VOICE_MINUTE_USD)


@pytest.mark.parametrize("key", ["max_calls", "max_concurrent", "max_cost_usd"])
def test_a_cap_that_is_not_set_lets_nothing_through(key: str) -> None:
    given = {"max_calls": 5, "max_concurrent": 5, "max_cost_usd": 5.0, key: None}
    assert key in Caps(AwsTarget(**given), 0, 1).objection(0.0)  # type: ignore[arg-type]  # table of caps


def test_an_heir_may_start_what_a_lost_worker_may_not_any_more() -> None:
    caps = Caps(AwsTarget(max_calls=2, max_concurrent=90, max_cost_usd=1.0), 0, 2)
    caps.asked(0.0)
    assert "may start 1" in caps.objection(0.0)
    caps.inherit(-3)
    assert "may start 1" in caps.objection(0.0)
    caps.inherit(1)
    assert caps.objection(0.0) == ""


def test_requests_are_bounded_by_the_calls_of_the_workers_share_and_their_requests() -> None:
    caps = RequestCaps(replace(AWS, max_concurrent=None), 4, 1, 2)
    for _ in range(2 * 4):
        assert caps.objection() == ""
        caps.asked()
    assert caps.sent == 8
    assert caps.objection() == "max_calls is 5, for which this worker may send 8 requests"


def test_requests_in_flight_are_bounded_by_the_share_of_calls_at_once() -> None:
    caps = RequestCaps(replace(AWS, max_calls=None), 1, 0, 1)
    for _ in range(3):
        assert caps.objection() == ""
        caps.asked()
    assert caps.objection() == "max_concurrent is 3, of which this worker may have 3 requests in flight"
    caps.answered()
    assert (caps.in_flight, caps.objection()) == (2, "")


@pytest.mark.parametrize(("each", "most"), [(None, 5), (4, None)])
def test_what_the_plan_or_the_caps_leave_open_is_not_bounded(each: int | None, most: int | None) -> None:
    caps = RequestCaps(replace(AWS, max_calls=most, max_concurrent=None), each, 0, 1)
    for _ in range(100):
        caps.asked()
    assert caps.objection() == ""


def test_without_caps_no_call_is_placed() -> None:
    for without in ({"max_calls": None}, {"max_concurrent": None}):
        assert "this worker may" in Caps(replace(AWS, **without), 0, 1).objection(0.0)
    assert "max_cost_usd is None" in Caps(replace(AWS, max_cost_usd=None), 0, 1).objection(0.0)
    started = Caps(replace(AWS, max_calls=None), 0, 1)
    started.inherit(1)
    assert started.objection(0.0) == "", "the one call that a lost worker did not start"
