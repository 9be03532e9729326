"""The flow as a graph: reachability, facts on every path; against a slow reading of the same words."""

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from busyhour.contracts.action_view import ActionView
from busyhour.contracts.analysis.graph import Edge, Graph


def graph(*targets, start=0):
    actions = [
        ActionView(at, {"Identifier": str(at), "Transitions": _transitions(one)})
        for at, one in enumerate(targets)
    ]
    return Graph(actions, start, {str(at): at for at in range(len(targets))})


def _transitions(targets):
    made = {}
    if targets:
        made["NextAction"] = str(targets[0])
        made["Errors"] = [{"ErrorType": f"E{one}", "NextAction": str(one)} for one in targets[1:]]
    return made


def met(made, allowed):
    """Actions that a walk from the start over allowed edges meets."""
    found, todo = set(), [0]
    while todo:
        at = todo.pop()
        if at not in found:
            found.add(at)
            todo += [edge.target for edge in made.edges[at] if allowed(edge)]
    return found


GRAPHS = st.integers(1, 7).flatmap(
    lambda n: st.lists(st.lists(st.integers(0, n), max_size=3), min_size=n, max_size=n)
)


def test_edges_have_kind_label_and_pointer():
    made = graph([1, 2], [], [])
    assert made.edges[0] == [
        Edge(0, 2, "error", "E2", 0),
        Edge(0, 1, "next", "", 0),
    ]
    assert [edge.pointer for edge in made.edges[0]] == [
        ("Actions", 0, "Transitions", "Errors", 0),
        ("Actions", 0, "Transitions", "NextAction"),
    ]


def test_targets_that_do_not_exist_are_omitted():
    assert graph([7], []).successors == [[], []]


def test_a_fact_is_true_after_a_join_only_if_both_branches_give_it():
    made = graph([1, 2], [3], [3], [])
    given_on = {(0, 1): 1, (1, 3): 2, (2, 3): 2}
    held = made.holds_on_every_path(lambda edge: given_on.get((edge.source, edge.target), 0), 3)
    assert held == [0, 1, 0, 2]


@given(GRAPHS)
@settings(deadline=None)
def test_reachability_agrees_with_walking_the_graph(targets):
    met, todo = set(), [0]
    while todo:
        at = todo.pop()
        if at not in met:
            met.add(at)
            todo += [one for one in targets[at] if one < len(targets)]
    made = graph(*targets)
    assert {at for at, reached in enumerate(made.reachable) if reached} == met
    assert sorted(made.order) == sorted(met)


@given(GRAPHS, st.integers(0, 5))
@settings(deadline=None)
def test_facts_agree_with_the_meaning_of_every_path(targets, salt):
    """A fact fails to hold exactly where some path without an edge that gives it leads."""
    made = graph(*targets)

    def given_by(edge):
        return (edge.source * 7 + edge.target * 3 + salt) % 4

    held = made.holds_on_every_path(given_by, 3)
    for bit, at in product((1, 2), range(len(targets))):
        assert bool(held[at] & bit) == (at not in met(made, lambda edge, bit=bit: not given_by(edge) & bit))
