import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.capacity.simulation.clock import Timer, VirtualClock
from busyhour.capacity.simulation.gauges import Counter, Gauge


@given(st.lists(st.floats(0, 1e6), max_size=50))
def test_callbacks_run_in_the_order_of_their_times_and_then_of_their_making(delays: list[float]):
    clock, ran = VirtualClock(), []
    for number, delay in enumerate(delays):
        clock.call_later(delay, lambda number=number: ran.append((clock.now(), number)))
    clock.run()
    assert ran == sorted((delay, number) for number, delay in enumerate(delays))


def test_a_cancelled_timer_never_runs_and_cancelling_twice_is_harmless():
    clock, ran = VirtualClock(), []
    timer = clock.call_later(1.0, lambda: ran.append(1))
    timer.cancel()
    timer.cancel()
    clock.run()
    assert ran == []
    assert clock.now() == 0.0


def test_cancelling_what_has_run_is_harmless():
    clock = VirtualClock()
    timer = clock.call_later(1.0, lambda: None)
    clock.run()
    timer.cancel()
    assert clock.events == 1


def test_running_until_a_time_stops_there_and_can_go_on():
    clock, ran = VirtualClock(), []
    for at in (1.0, 2.0, 3.0):
        clock.call_later(at, lambda at=at: ran.append(at))
    clock.run(until=2.0)
    assert (ran, clock.now()) == ([1.0, 2.0], 2.0)
    clock.run(until=10.0)
    assert (ran, clock.now()) == ([1.0, 2.0, 3.0], 10.0)


def test_callbacks_may_make_and_cancel_others_while_running():
    clock, ran = VirtualClock(), []
    victim = clock.call_later(5.0, lambda: ran.append("victim"))

    def first() -> None:
        victim.cancel()
        clock.call_later(1.0, lambda: ran.append(clock.now()))

    clock.call_later(1.0, first)
    clock.run()
    assert ran == [2.0]


def test_many_cancelled_timers_are_forgotten(alive):
    clock, before = VirtualClock(), alive(Timer)
    timers = [clock.call_later(1000.0 + n, lambda: None) for n in range(5000)]
    kept = clock.call_later(1.0, lambda: None)
    while timers:
        timers.pop().cancel()
    assert alive(Timer) - before < 2500
    clock.run()
    assert kept.callback is None
    assert clock.events == 1


def test_a_level_knows_its_peak_its_mean_and_every_second():
    clock = VirtualClock()
    level = Gauge(clock)
    for at, step in ((0.5, level.up), (1.5, level.up), (1.7, level.up), (1.9, level.down), (4.0, level.down)):
        clock.call_later(at, step)
    clock.run(until=10.0)
    assert (level.peak, level.peak_at, level.value) == (3, 1.7, 1)
    assert level.series(5.0) == [1, 3, 2, 2, 2, 1]
    assert level.mean(10.0) == pytest.approx((1.0 * 1 + 0.2 * 2 + 0.2 * 3 + 2.1 * 2 + 6.0 * 1) / 10.0)


def test_a_rate_counts_whole_seconds():
    clock = VirtualClock()
    rate = Counter(clock)
    for at in (0.1, 2.2, 2.9):
        clock.call_later(at, rate.count)
    clock.run()
    assert (rate.total, rate.peak, rate.peak_at) == (3.0, 2.0, 2.0)
    assert rate.series(3.0) == [1.0, 0.0, 2.0, 0.0]
    assert Counter(clock).peak_at is None
