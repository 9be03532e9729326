import gevent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.load.event_loop import GeventClock, Timer


def run(clock, seconds=1.0):
    clock.call_at(seconds, clock.stop)
    with gevent.Timeout(10):
        clock.run()


def test_callbacks_run_in_the_order_in_which_they_are_due():
    clock, seen = GeventClock(), []
    for delay in (0.03, 0.01, 0.02):
        clock.call_later(delay, lambda delay=delay: seen.append(delay))
    run(clock, 0.1)
    assert seen == [0.01, 0.02, 0.03]


def test_while_a_callback_runs_it_is_the_moment_it_was_due():
    clock, seen = GeventClock(), []

    def slow():
        seen.append(clock.now())
        gevent.sleep(0.02) if gevent.getcurrent() is not gevent.get_hub() else None

    for moment in (0.010, 0.011, 0.012):
        clock.call_at(moment, slow)
    run(clock, 0.2)
    assert seen == [0.010, 0.011, 0.012]


def test_what_a_call_does_next_counts_from_when_it_was_due_so_a_late_generator_shifts_nothing():
    clock, seen = GeventClock(), []
    clock.call_at(0.0, lambda: gevent.sleep(0.03))
    clock.call_at(0.01, lambda: clock.call_later(0.05, lambda: seen.append(clock.now())))
    run(clock, 0.2)
    assert seen == [pytest.approx(0.06)]


def test_a_timer_is_not_early():
    clock, seen = GeventClock(), []
    clock.call_at(0.05, lambda: seen.append(clock.real()))
    run(clock, 0.1)
    assert seen[0] >= 0.05


def test_a_cancelled_timer_does_not_run_and_may_be_cancelled_again():
    clock, seen = GeventClock(), []
    timer = clock.call_later(0.01, lambda: seen.append(1))
    timer.cancel()
    timer.cancel()
    assert clock.pending == 0
    run(clock, 0.05)
    assert seen == []


def test_cancelled_timers_are_forgotten(alive):
    clock, before = GeventClock(), alive(Timer)
    for timer in [clock.call_later(100, lambda: None) for _ in range(5000)]:
        timer.cancel()
    clock.call_later(100, lambda: None)
    del timer
    assert alive(Timer) - before < 2500
    assert clock.pending == 1


def test_an_answer_wakes_the_loop_at_once():
    clock, seen = GeventClock(), []
    gevent.spawn_later(
        0.02, lambda: clock.post(clock.real(), lambda argument: seen.append((argument, clock.real())), "x")
    )
    run(clock, 0.5)
    assert seen[0][0] == "x"
    assert seen[0][1] < 0.3


def test_the_hub_delivers_at_once_unless_something_is_due_before():
    clock, seen, direct = GeventClock(), [], []

    def deliver(name):
        clock.deliver(clock.real(), lambda _: seen.append((name, clock.now())), None)
        direct.append(bool(seen) and seen[-1][0] == name)

    def busy():
        deliver("within a callback")
        gevent.get_hub().loop.run_callback(deliver, "while one waits")

    clock.call_at(0.02, busy)
    gevent.spawn_later(0.1, lambda: gevent.get_hub().loop.run_callback(deliver, "while the loop waits"))
    clock.call_at(0.2, clock.stop)
    clock.run()
    assert [name for name, _ in seen] == ["within a callback", "while one waits", "while the loop waits"]
    assert direct == [False, direct[1], True]
    assert [at for _, at in seen] == sorted(at for _, at in seen)
    assert clock.failures == 0


def test_time_never_goes_back_even_where_an_answer_is_older_than_a_timer():
    clock, seen = GeventClock(), []

    def note(_=None):
        seen.append(clock.now())

    def both():
        note()
        clock.post(-1.0, note, None)

    clock.call_at(0.01, both)
    run(clock, 0.1)
    assert seen == sorted(seen)
    assert len(seen) == 2


def test_one_callback_that_fails_ends_no_other_and_is_counted(capsys):
    clock, seen = GeventClock(), []
    clock.call_at(0.01, lambda: 1 / 0)
    clock.call_at(0.02, lambda: seen.append(1))
    run(clock, 0.05)
    assert seen == [1]
    assert clock.failures == 1
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_lag_is_told():
    lags = []
    clock = GeventClock(on_lag=lags.append)
    clock.call_at(0.0, lambda: gevent.sleep(0.05))
    for _ in range(16):
        clock.call_at(0.01, lambda: None)
    run(clock, 0.1)
    assert max(lags) >= 0.03


def test_other_greenlets_get_their_turn_while_much_is_due():
    clock, turns = GeventClock(), []

    def busy():
        if clock.real() < 0.2:
            clock.call_later(0.0, busy)

    def other():
        while clock.real() < 0.2:
            turns.append(clock.real())
            gevent.sleep(0)

    clock.call_at(0.0, busy)
    gevent.spawn(other)
    run(clock, 0.3)
    assert len(turns) > 10


def test_a_callback_may_do_what_is_due_next_itself_unless_something_else_comes_first():
    clock, answers = GeventClock(), []

    def work():
        gevent.sleep(0.02)
        answers.append(clock.overtake(0.011))
        answers.append(clock.now())
        answers.append(clock.overtake(0.013))
        answers.append(clock.overtake(50.0))

    clock.call_at(0.01, work)
    clock.call_at(0.012, lambda: None)
    run(clock, 0.1)
    assert answers == [True, 0.011, False, False]


def test_twenty_thousand_waiting_timers_cost_no_greenlet():
    import gc

    import greenlet

    clock = GeventClock()
    for number in range(20_000):
        clock.call_later(1000 + number, lambda: None)
    assert clock.pending == 20_000
    assert sum(isinstance(each, greenlet.greenlet) for each in gc.get_objects()) < 100


@given(
    st.lists(st.tuples(st.floats(0, 12), st.booleans(), st.floats(0, 5)), max_size=40),
    st.lists(st.floats(0.01, 4), min_size=1, max_size=20),
)
def test_however_far_ahead_timers_run_in_order_none_early_and_none_is_forgotten(timers, steps):
    time, ran, expected = [0.0], [], []
    clock = GeventClock(lambda: time[0])

    def run_at(moment, then):
        def callback():
            assert clock.now() == moment <= time[0]
            ran.append(moment)
            if then is not None:
                run_at(moment + then, None)

        expected.append(moment)
        return clock.call_at(moment, callback)

    for moment, kept, then in timers:
        timer = run_at(moment, then if kept else None)
        if not kept:
            timer.cancel()
            expected.remove(moment)
    for step in [*steps, 20.0]:
        pause = clock.run_due()
        waiting = sorted(moment for moment in expected if moment > time[0])
        assert clock.pending == len(waiting)
        if waiting:
            assert pause is not None
            assert time[0] + pause <= waiting[0] + 1e-9
        time[0] += step
    clock.run_due()
    assert clock.failures == 0
    assert ran == sorted(expected)


def test_a_timer_for_ever_is_one_that_never_runs():
    clock = GeventClock()
    clock.call_later(float("inf"), clock.stop)
    clock.call_later(0.01, clock.stop)
    run(clock)
    assert clock.pending >= 1
