"""Each of several workers runs its own part of the call centre; together they are the whole."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.load.users.backend import share_of_worker
from busyhour.scenarios.model import Queue
from busyhour.scenarios.reader import load


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    from busyhour.shipped import shipped_root

    root = shipped_root()
    return load(root / "scenarios" / "helpdesk.toml", root=root)


@given(agents=st.integers(0, 500), capacity=st.none() | st.integers(0, 500), workers=st.integers(1, 40))
def test_agents_and_places_are_divided_without_rest_and_as_evenly_as_can_be(whole, agents, capacity, workers):
    scenario = replace(whole, queues={"q": Queue("q", agents, capacity)})
    parts = [share_of_worker(scenario, k, workers).queues["q"] for k in range(workers)]
    assert sum(part.agents for part in parts) == agents
    assert max(part.agents for part in parts) - min(part.agents for part in parts) <= 1
    if capacity is None:
        assert {part.capacity for part in parts} == {None}
    else:
        assert sum(part.capacity for part in parts) == capacity


def test_who_gets_which_part_is_always_the_same(whole):
    first = [share_of_worker(whole, k, 3) for k in range(3)]
    assert first == [share_of_worker(whole, k, 3) for k in range(3)]
    assert share_of_worker(whole, 0, 1) is whole
