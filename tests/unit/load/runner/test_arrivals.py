import gevent

from hypothesis import given
from hypothesis import strategies as st

from busyhour.load.event_loop import GeventClock
from busyhour.load.runner.arrivals import Dispatcher, choose, cumulated, inherited, lost_arrivals

ARRIVALS = [(number, number * 0.5) for number in range(100)]


def started(arrivals, *, until=0.3, stop_after=None):
    clock, seen = GeventClock(), []

    def start(index, intended):
        seen.append((index, intended, clock.now(), clock.real()))
        if stop_after is not None and len(seen) == stop_after:
            dispatcher.stop()

    dispatcher = Dispatcher(clock, arrivals, start)
    dispatcher.begin()
    clock.call_at(until, clock.stop)
    with gevent.Timeout(10):
        clock.run()
    return seen, dispatcher


def test_every_arrival_starts_at_its_intended_start():
    seen, dispatcher = started([(0, 0.01), (1, 0.05), (2, 0.05), (3, 0.1)])
    assert [index for index, *_ in seen] == [0, 1, 2, 3]
    assert all(now == intended <= real for _, intended, now, real in seen)
    assert dispatcher.done


def test_a_thousand_that_are_due_at_once_all_start_in_order():
    seen, _ = started(((index, 0.0) for index in range(1000)), until=0.5)
    assert [index for index, *_ in seen] == list(range(1000))


def test_after_stop_nothing_starts():
    seen, dispatcher = started(((index, 0.0) for index in range(1000)), stop_after=10)
    assert len(seen) == 10
    assert dispatcher.done


def test_an_empty_stream_is_done_at_once():
    seen, dispatcher = started([])
    assert seen == []
    assert dispatcher.done


@given(st.integers(1, 5), st.integers(0, 4), st.integers(1, 4), st.floats(0, 50))
def test_heirs_share_what_is_left_of_a_lost_workers_arrivals_and_nobody_takes_one_twice(
    workers, lost, heirs, since
):
    lost %= workers
    own = [(call, at) for call, at in ARRIVALS if call % workers == lost]
    parts = [list(inherited(own, workers, heir, heirs, since)) for heir in range(heirs)]
    together = sorted(arrival for part in parts for arrival in part)
    assert together == [(call, at) for call, at in own if at >= since]


def test_what_nobody_could_start_is_counted():
    assert lost_arrivals(ARRIVALS, 10.0, 12.0) == 4


def test_kinds_take_their_shares_whoever_asks():
    bounds = cumulated([3, 1])
    taken = [choose(index, bounds) for index in range(10_000)]
    assert abs(taken.count(0) / len(taken) - 0.75) < 0.01
    assert [choose(index, bounds) for index in range(0, 10_000, 2)] == taken[::2]
