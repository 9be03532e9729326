"""Facts on every path, compared with walking all of them; paths as text; silences and cycles."""

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from busyhour.contracts.analysis.cycles import cycle, strongly_connected
from busyhour.contracts.analysis.lambda_chains import longest_silences
from busyhour.contracts.analysis.paths import before_each, consistent, path_text, shortest, taken, witness
from busyhour.contracts.check import Checker
from busyhour.contracts.reading.sources import source_of

CHECKER = Checker()
MOST = settings(max_examples=300, deadline=None)


def subject(*actions):
    flow = {"Version": "2019-10-30", "StartAction": actions[0]["Identifier"], "Actions": list(actions)}
    return CHECKER.subject(source_of(json.dumps(flow)))


def action(identifier, type, then=None, errors=None, conditions=None, **parameters):
    transitions = {}
    if then is not None:
        transitions["NextAction"] = then
    transitions["Errors"] = [{"ErrorType": kind, "NextAction": to} for kind, to in (errors or {}).items()]
    transitions["Conditions"] = [
        {"NextAction": to, "Condition": {"Operator": "Equals", "Operands": [value]}}
        for value, to in (conditions or {}).items()
    ]
    return {"Identifier": identifier, "Type": type, "Parameters": parameters, "Transitions": transitions}


@st.composite
def graphs(draw, types=("MessageParticipant", "InvokeLambdaFunction")):
    """A flow of a few actions with any transitions between them."""
    size = draw(st.integers(1, 7))
    names = [f"a{at}" for at in range(size)]
    target = st.sampled_from(names)
    return [
        action(
            name,
            draw(st.sampled_from(types)),
            draw(st.none() | target),
            {"NoMatchingError": draw(target)} if draw(st.booleans()) else {},
            InvocationTimeLimitSeconds=str(draw(st.integers(1, 8))),
        )
        for name in names
    ]


def reached_without(flow, fills):
    """By walking: the actions that some path reaches on which nothing was filled."""
    seen = {(flow.graph.start, False)}
    todo = list(seen)
    while todo:
        node, filled = todo.pop()
        for edge in flow.graph.edges[node]:
            step = (edge.target, filled or fills(edge))
            if taken(flow, edge) and step not in seen:
                seen.add(step)
                todo.append(step)
    return {node for node, filled in seen if not filled}


@given(graph=graphs())
@MOST
def test_a_fact_is_true_on_every_path_exactly_if_no_walk_avoids_it(graph):
    flow = subject(*graph)

    def fills(edge):
        return flow.actions[edge.source].type == "InvokeLambdaFunction" and edge.kind != "error"

    before = before_each(flow, lambda edge: int(fills(edge)), 1)
    without = reached_without(flow, fills)
    for at, reached in enumerate(flow.graph.reachable):
        assert (before[at] == 0) == (at in without)
        path = witness(flow, at, lambda edge: not fills(edge))
        assert (path is not None) == (at in without)
        if path:
            assert path[0].source == flow.graph.start
            assert path[-1].target == at
            assert all(one.target == other.source for one, other in pairwise(path))
            assert not any(fills(edge) for edge in path)
        assert reached or before[at] == 1


def walked(flow, limit):
    """By walking, with each Lambda at most as often as it fits: the functions at which a silence passes the limit."""
    over = set()
    seen = set()
    todo = [(flow.graph.start, 0)]
    while todo:
        node, waited = todo.pop()
        if (node, waited) in seen:
            continue
        seen.add((node, waited))
        one = flow.actions[node]
        if one.type == "InvokeLambdaFunction":
            waited += int(one.parameters["InvocationTimeLimitSeconds"])
            if waited > limit:
                over.add(node)
                continue
        else:
            waited = 0
        todo += [(edge.target, waited) for edge in flow.graph.edges[node] if taken(flow, edge)]
    return over


@given(graph=graphs())
@MOST
def test_silences_agree_with_walking_the_graph(graph):
    flow = subject(*graph)
    found = {one.index: (chain, seconds) for one, chain, seconds in longest_silences(flow, 20)}
    everywhere = walked(flow, 20)
    assert set(found) <= everywhere
    # Followed no further than the limit: what follows a violation beyond it need not be reported.
    assert bool(found) == bool(everywhere)
    for at, (chain, seconds) in found.items():
        assert chain[-1].index == at
        assert seconds == sum(int(one.parameters["InvocationTimeLimitSeconds"]) for one in chain)
        assert 20 < seconds <= 28


def loop(count, body, done="End"):
    return action(
        "Loop", "Loop", done, conditions={"ContinueLooping": body, "DoneLooping": done}, LoopCount=count
    )


@pytest.mark.parametrize(
    ("rounds", "found"), [("1", False), ("2", False), ("3", True), ("$.Attributes.n", False)]
)
def test_a_loop_is_followed_up_to_its_count(rounds, found):
    poll = action(
        "Poll", "InvokeLambdaFunction", "End", {"NoMatchingError": "Loop"}, InvocationTimeLimitSeconds="7"
    )
    flow = subject(loop(rounds, "Poll"), poll, action("End", "DisconnectParticipant"))
    assert bool(list(longest_silences(flow, 20))) == found


@given(
    edges=st.integers(1, 8).flatmap(
        lambda size: st.lists(st.lists(st.integers(0, size - 1), max_size=3), min_size=size, max_size=size)
    )
)
@MOST
def test_components_are_the_nodes_that_reach_each_other(edges):
    def reach(start):
        seen, todo = set(), [start]
        while todo:
            for target in edges[todo.pop()]:
                if target not in seen:
                    seen.add(target)
                    todo.append(target)
        return seen

    reached = [reach(node) for node in range(len(edges))]
    parts = list(strongly_connected(edges))
    assert sorted(node for part in parts for node in part) == list(range(len(edges)))
    for part in parts:
        for node in part:
            assert {
                n for n in range(len(edges)) if n == node or (n in reached[node] and node in reached[n])
            } == set(part)
        way = cycle(edges, part)
        assert bool(way) == (min(part) in reached[min(part)])
        for one, other in zip(way, [*way[1:], *way[:1]], strict=True):
            assert other in edges[one]


COMPARE = {"ComparisonValue": "$.Attributes.tier"}


def test_a_path_with_contradicting_comparisons_is_excluded():
    flow = subject(
        action("First", "Compare", None, {"NoMatchingCondition": "Second"}, {"gold": "Set"}, **COMPARE),
        action("Set", "MessageParticipant", "Second"),
        action("Second", "Compare", None, {"NoMatchingCondition": "End"}, {"gold": "Use"}, **COMPARE),
        action("Use", "MessageParticipant", "End"),
        action("End", "DisconnectParticipant"),
    )
    without_set = shortest(flow, 0, 3, lambda edge: edge.source != 1)
    assert not consistent(flow, without_set)
    assert witness(flow, 3, lambda edge: edge.source != 1) is None
    assert witness(flow, 3) is not None


def test_a_value_set_in_between_allows_another_outcome():
    flow = subject(
        action("First", "Compare", None, {"NoMatchingCondition": "Set"}, {"gold": "End"}, **COMPARE),
        action("Set", "UpdateContactAttributes", "Second", Attributes={"tier": "gold"}),
        action("Second", "Compare", None, {"NoMatchingCondition": "End"}, {"gold": "Use"}, **COMPARE),
        action("Use", "MessageParticipant", "End"),
        action("End", "DisconnectParticipant"),
    )
    assert witness(flow, 3) is not None


def test_a_path_prefers_success_and_names_its_branches():
    flow = subject(
        action("Ask", "GetParticipantInput", None, {"NoMatchingError": "End"}, {"1": "Look up"}),
        action("Look up", "InvokeLambdaFunction", "Tell", {"NoMatchingError": "End"}),
        action("Tell", "MessageParticipant", "End"),
        action("End", "DisconnectParticipant"),
    )
    assert path_text(flow, witness(flow, 3), 3) == "Ask —1→ Look up → Tell → End"
    assert path_text(flow, witness(flow, 3, lambda edge: edge.source != 2), 3) == "Ask —NoMatchingError→ End"


def test_generated_identifiers_are_shown_as_types_and_long_paths_shortened():
    names = [f"{at:08d}-0000-4000-8000-000000000000" for at in range(14)]
    flow = subject(
        *(action(one, "MessageParticipant", other) for one, other in pairwise(names)),
        action(names[-1], "DisconnectParticipant"),
    )
    words = path_text(flow, witness(flow, 13), 13)
    assert words.startswith("MessageParticipant 00000000 → ")
    assert "… (4 more) →" in words
    assert words.endswith("DisconnectParticipant 00000013")
