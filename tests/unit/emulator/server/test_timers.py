from __future__ import annotations

import asyncio
import logging
import time

from hypothesis import given
from hypothesis import strategies as st

from busyhour.emulator.server.timers import LoopClock, Timer, TimerHeap, VirtualClock


def test_virtual_timers_run_in_order_each_at_its_time():
    clock = VirtualClock(100.0)
    ran: list[tuple[str, float]] = []
    clock.call_later(2.0, lambda: ran.append(("b", clock.now())))
    clock.call_later(1.0, lambda: ran.append(("a", clock.now())))
    clock.call_later(5.0, lambda: ran.append(("c", clock.now())))
    clock.advance(3.0)
    assert ran == [("a", 101.0), ("b", 102.0)]
    assert clock.now() == 103.0
    assert clock.pending() == 1


def test_a_timer_may_set_another_that_is_due_in_the_same_step():
    clock = VirtualClock()
    ran: list[float] = []
    clock.call_later(1.0, lambda: clock.call_later(1.0, lambda: ran.append(clock.now())))
    clock.advance(10.0)
    assert ran == [2.0]


def test_equal_times_run_in_the_order_they_were_set():
    clock = VirtualClock()
    ran: list[int] = []
    for number in range(5):
        clock.call_later(1.0, lambda number=number: ran.append(number))
    clock.advance(1.0)
    assert ran == [0, 1, 2, 3, 4]


def test_a_cancelled_timer_never_runs_and_cancelling_late_is_harmless():
    clock = VirtualClock()
    ran: list[int] = []
    first = clock.call_later(1.0, lambda: ran.append(1))
    second = clock.call_later(1.0, lambda: ran.append(2))
    first.cancel()
    clock.advance(2.0)
    second.cancel()
    second.cancel()
    assert ran == [2]
    assert clock.pending() == 0


@given(st.lists(st.tuples(st.floats(0, 100), st.booleans()), max_size=300))
def test_the_heap_gives_every_timer_that_was_not_cancelled_in_order(timers):
    heap = TimerHeap()
    ran: list[float] = []
    for when, cancelled in timers:
        timer = heap.push(when, lambda when=when: ran.append(when))
        if cancelled:
            timer.cancel()
    assert len(heap) == sum(not cancelled for _, cancelled in timers)
    while (callback := heap.pop_due(1_000)) is not None:
        callback()
    assert ran == sorted(when for when, cancelled in timers if not cancelled)


def test_cancelled_timers_do_not_pile_up(alive):
    heap, before = TimerHeap(), alive(Timer)
    for _ in range(20_000):
        heap.push(1e9, lambda: None).cancel()
    assert len(heap) == 0
    assert alive(Timer) - before < 5_000


def test_the_loop_clock_runs_timers_at_about_their_time_and_not_before():
    late: list[float] = []

    async def main() -> None:
        clock = LoopClock()
        start = clock.now()
        for delay in (0.0, 0.02, 0.05):
            clock.call_later(delay, lambda delay=delay: late.append(clock.now() - start - delay))
        clock.attach(asyncio.get_running_loop())
        await asyncio.sleep(0.15)
        clock.stop()

    asyncio.run(main())
    assert len(late) == 3
    assert all(lateness > -0.006 for lateness in late)


def test_a_timer_set_before_the_loop_exists_runs_once_it_is_attached():
    ran: list[int] = []
    clock = LoopClock()
    clock.call_later(0.0, lambda: ran.append(1))
    time.sleep(0.01)
    assert ran == []

    async def main() -> None:
        clock.attach(asyncio.get_running_loop())
        await asyncio.sleep(0.05)

    asyncio.run(main())
    assert ran == [1]


def test_one_timer_that_fails_does_not_take_the_others_down(caplog):
    ran: list[int] = []

    def bad() -> None:
        raise ValueError("no")

    async def main() -> LoopClock:
        clock = LoopClock()
        clock.attach(asyncio.get_running_loop())
        clock.call_later(0.0, bad)
        clock.call_later(0.0, lambda: ran.append(1))
        await asyncio.sleep(0.05)
        return clock

    with caplog.at_level(logging.CRITICAL):
        assert asyncio.run(main()).errors == 1
    assert ran == [1]


def test_many_timers_that_are_due_at_once_let_requests_in_between():
    ran: list[str] = []

    def slow() -> None:
        time.sleep(0.002)
        ran.append("timer")

    async def main() -> None:
        clock = LoopClock()
        loop = asyncio.get_running_loop()
        clock.attach(loop)
        for _ in range(20):
            clock.call_later(0.0, slow)
        loop.call_later(0.01, ran.append, "request")
        while ran.count("timer") < 20:
            await asyncio.sleep(0.001)
        clock.stop()

    asyncio.run(main())
    assert "request" in ran[:-1]


def test_however_much_is_due_at_once_one_wake_up_is_armed():
    """A wake-up that every batch left behind would wake the loop ever more often."""

    class Counting:
        """The running loop; counts the callbacks that it ran for the clock."""

        woken = 0

        def __init__(self) -> None:
            self.loop = asyncio.get_running_loop()

        def call_later(self, delay, callback):
            return self.loop.call_later(delay, self.counted, callback)

        def call_soon(self, callback):
            return self.loop.call_soon(self.counted, callback)

        def counted(self, callback) -> None:
            self.woken += 1
            callback()

    async def main() -> int:
        clock, loop = LoopClock(), Counting()
        clock.attach(loop)
        left = 200

        def again() -> None:
            nonlocal left
            left -= 1
            time.sleep(0.001)
            if left > 0:
                clock.call_later(0.0, again)
                clock.call_later(0.02, lambda: None)

        for _ in range(10):
            clock.call_later(0.0, again)
        while clock.pending():
            await asyncio.sleep(0.005)
        clock.stop()
        return loop.woken

    # 0.2 s of work in batches of 2 to 3 ms, and the last timers after it.
    assert asyncio.run(main()) < 150
