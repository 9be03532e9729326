import gc
import weakref

from busyhour.load.garbage import THRESHOLDS, held_back


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
    young, rounds, _ = THRESHOLDS
    with held_back():
        before = gc.get_freeze_count()
        kept = [[number] for number in range(young * (rounds + 4))]
        assert gc.get_freeze_count() - before >= young * rounds / 2
        assert sum(gc.get_count()) < young * 2
    assert gc.get_freeze_count() == 0
    assert kept


def test_young_cycles_are_freed_while_a_run_is_on():
    with held_back():
        alive = cycles(THRESHOLDS[0] * 3)
        assert sum(reference() is not None for reference in alive) < len(alive) / 2


def test_afterwards_the_collector_is_as_it_was():
    before = gc.get_threshold(), list(gc.callbacks)
    with held_back():
        assert gc.get_threshold() == THRESHOLDS
    assert (gc.get_threshold(), gc.callbacks) == before
