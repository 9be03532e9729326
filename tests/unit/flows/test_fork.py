"""Copies of a call in progress, and keys of its moments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.flows import protocol as p
from busyhour.flows.export.document import load
from busyhour.flows.export.reader import read
from busyhour.flows.fork import fork, key
from busyhour.flows.library import FlowLibrary
from busyhour.flows.machine import Machine


@pytest.fixture
def menu(build):
    """A menu in a module, asked three times at most."""
    main = build.flow(
        build.action("m", "InvokeFlowModule", {"FlowModuleId": "mod"}, then="say"),
        build.say("say", text="$.Attributes.choice", then="m"),
    )
    module = build.flow(
        build.action(
            "count",
            "Loop",
            {"LoopCount": "2"},
            then="out",
            when={"ContinueLooping": "ask", "DoneLooping": "out"},
        ),
        build.action("ask", "GetParticipantInput", {"Text": "Enter", "StoreInput": "True"}, then="set"),
        build.action(
            "set",
            "UpdateContactAttributes",
            {"Attributes": {"choice": "$.StoredCustomerInput"}},
            then="count",
        ),
        build.action("out", "EndFlowModuleExecution"),
        name="mod",
    )
    return build.call(main, module)


def test_a_fork_continues_independently(build, menu):
    build.run(menu, p.Digits("1"))
    twin = fork(menu)
    assert menu.send(p.Digits("2")).text == "2"
    assert twin.pending.action == "ask"
    assert twin.send(p.Digits("3")).text == "3"
    assert (menu.attributes, twin.attributes) == ({"choice": "2"}, {"choice": "3"})


def test_a_fork_counts_its_own_loops(build, menu):
    menu.start()
    twin = fork(menu)
    menu.send(p.Digits("1"))
    menu.send(p.Digits("1"))
    assert isinstance(menu.pending, p.Play)
    assert isinstance(twin.send(p.Digits("1")), p.Collect)


def test_an_input_begun_with_buffered_keys_is_a_state_of_its_own(build):
    first = build.call(
        build.flow(
            build.action("on", "GetParticipantInput", {"EnableDTMFBuffer": "True"}, then="say"),
            build.say("say", then="ask"),
            build.action("ask", "GetParticipantInput", {"Text": "Enter", "StoreInput": "True"}, then="end"),
        )
    )
    first.start()
    second, third = fork(first), fork(first)
    for live, keys in ((first, "12"), (second, ""), (third, "12")):
        live.send(p.Done(keys=keys))
    assert key(first) == key(third) != key(second)


def test_equal_states_have_equal_keys_regardless_of_elapsed_time(build, menu):
    menu.start()
    first = key(menu)
    assert key(fork(menu)) == first
    menu.send(p.Digits("1"))
    second = key(menu)
    assert second != first
    for event in (p.Digits("1"), p.Done(), p.Digits("1")):
        menu.send(event)
    # The caller's second round through the menu: what was stored inside the module is forgotten, the choice is not.
    assert key(menu) == second


@given(st.integers(0, 500))
def test_forks_of_real_calls_give_the_same_trace(corpus, build, seed):
    flow = read(load(corpus[seed % len(corpus)]))
    live = Machine(FlowLibrary([flow])).call(flow)
    answers = build.answers(seed, live, limit=20)
    effect = live.start()
    while not isinstance(effect, p.Ended):
        twin = fork(live)
        assert key(twin) == key(live)
        event = answers(effect)
        effect = live.send(event)
        assert twin.send(event) == effect
        assert key(twin) == key(live)
