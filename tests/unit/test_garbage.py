import asyncio
import contextlib
import gc
import weakref

from busyhour.garbage import YOUNG, collect_when_idle, held_back


class Node:
    pass


def cycles(count):
    """Objects that refer to themselves, and a weak reference to each."""
    made = []
    for _ in range(count):
        node = Node()
        node.itself = node
        made.append(weakref.ref(node))
    return made


def test_what_comes_to_stay_is_looked_at_no_more():
    with held_back():
        before = gc.get_freeze_count()
        kept = [[number] for number in range(YOUNG * 5)]
        assert gc.get_freeze_count() - before >= YOUNG * 3
        assert sum(gc.get_count()) < YOUNG * 2
    assert gc.get_freeze_count() == 0
    assert kept


def test_young_cycles_are_freed_while_a_run_is_on():
    with held_back():
        alive = cycles(YOUNG * 3)
        assert sum(reference() is not None for reference in alive) < len(alive) / 2


def test_afterwards_the_collector_is_as_it_was():
    before = gc.get_threshold(), list(gc.callbacks)
    with held_back():
        assert gc.get_threshold()[0] == YOUNG
    assert (gc.get_threshold(), gc.callbacks) == before


async def _idle(seconds):
    task = asyncio.create_task(collect_when_idle(0.02))
    await asyncio.sleep(seconds)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def test_a_cycle_that_outlived_its_youth_is_freed_when_nothing_goes_on():
    with held_back():
        (reference,) = cycles(1)
        keep = reference()
        young = [[number] for number in range(YOUNG * 2)]
        del keep, young

        async def main():
            task = asyncio.create_task(_idle(0.5))
            await asyncio.sleep(0.005)
            work = [[number] for number in range(YOUNG * 2)]
            await task
            return work

        assert reference() is not None
        asyncio.run(main())
        assert reference() is None


def test_an_idle_process_is_not_collected_again_and_again():
    with held_back():
        before = gc.get_stats()[2]["collections"]
        asyncio.run(_idle(0.3))
        assert gc.get_stats()[2]["collections"] - before <= 1
