import asyncio
import contextlib
import gc
import time
import weakref

import pytest

from busyhour.collector import collect_beside, collect_young, held_back, paused

PLENTY = 30.0
"""Seconds after which something will not happen any more, on a busy machine either."""


class Node:
    pass


def cycle():
    """A weak reference to an object that refers to itself and that nothing else refers to."""
    node = Node()
    node.itself = node
    return weakref.ref(node)


def beside(seconds, work, idle_seconds=100.0):
    """Call `work` in an event loop that collects beside it for `seconds`, or until the object it returns is freed."""

    async def main():
        task = asyncio.create_task(collect_beside(0.005, idle_seconds))
        await asyncio.sleep(0.02)
        done = work()
        until = time.monotonic() + seconds
        while time.monotonic() < until and done() is not None:
            await asyncio.sleep(0.01)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        return done

    with held_back():
        return asyncio.run(main())


def test_nothing_is_collected_that_nobody_asked_for():
    with held_back():
        before = [each["collections"] for each in gc.get_stats()]
        kept = [[number] for number in range(200_000)]
        assert [each["collections"] for each in gc.get_stats()] == before
    assert kept


def test_what_comes_to_stay_is_looked_at_once():
    with held_back():
        kept = [[number] for number in range(5_000)]
        before = gc.get_freeze_count()
        collect_young()
        assert gc.get_freeze_count() - before >= 5_000
        assert len(gc.get_objects(generation=0)) < 1_000
    assert gc.get_freeze_count() == 0
    assert kept


def test_young_cycles_are_freed():
    with held_back():
        alive = [cycle() for _ in range(3_000)]
        collect_young()
        assert not any(reference() for reference in alive)


def test_afterwards_the_collector_is_as_it_was():
    before = gc.get_threshold(), gc.isenabled()
    with held_back():
        assert not gc.isenabled()
    assert (gc.get_threshold(), gc.isenabled()) == before


def test_beside_a_loop_young_cycles_are_freed_while_it_works():
    assert beside(PLENTY, cycle)() is None


def outlived():
    """A cycle that lasted until the collector saw it no more, and came to its end only then."""
    node = Node()
    node.itself = node
    collect_young()
    reference = weakref.ref(node)
    until = time.process_time() + 0.1
    while time.process_time() < until:  # work, however little of the processor this process gets
        pass
    return reference


def test_a_cycle_that_outlived_its_youth_is_freed_when_nothing_goes_on():
    assert beside(0.1, outlived)() is not None
    assert beside(PLENTY, outlived, idle_seconds=0.2)() is None


def test_an_idle_process_is_not_collected_again_and_again():
    before = gc.get_stats()[2]["collections"]
    kept = Node()
    beside(0.5, lambda: weakref.ref(kept), idle_seconds=0.1)
    assert gc.get_stats()[2]["collections"] - before <= 1


def test_while_paused_nothing_is_collected():
    with paused():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_error_does_not_leave_it_switched_off():
    with pytest.raises(ZeroDivisionError), paused():
        raise ZeroDivisionError
    assert gc.isenabled()


def test_who_has_switched_it_off_keeps_it_off():
    gc.disable()
    try:
        with paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()
