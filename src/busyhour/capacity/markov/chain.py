"""Solve a flow under the scenario's probabilities as a Markov chain.

Find its states, compute the expectations.

A state is a position in a call at which something is drawn. The call is forked there, and positions with the
same future (`liveness`, `flows.fork.key`) are one state. The visits v to the transient states solve (I - P^T)
v = e, with e the initial state; an expectation is the sum of visits times the demand of one visit (Kemeny and
Snell, "Finite Markov Chains", 1960, chapter III).

The wait for an agent and the metrics of a queue depend on other calls and are not part of a chain of one
call. The chain ends there, and the demand beyond is unknown.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from busyhour.capacity.markov.lifetimes import Edge
from busyhour.capacity.markov.outcomes import NotFiniteError
from busyhour.capacity.markov.state import END, WAITS, State, Transition
from busyhour.capacity.markov.states import States
from busyhour.capacity.theory.durations import Mixture

MOST_STATES = 20_000
"""Number of states above which the chain is given up as too large."""
_LISTENING = 1e-6
"""Share of callers that may reach `CallPolicy.flow_limit`, which depends on the clock and is left out."""
_RATES = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05)


@dataclass(frozen=True, slots=True)
class Solution:
    """Expectations of one call: `means` by the names of `per_call.CallDemand.quantities`.

    `waiting` is the probability that a call gets to where it depends on other calls, `open` names the
    quantities that may grow beyond that point, and `reasons` why. `edges` are the transitions of the chain.
    """

    means: Mapping[str, float]
    states: int
    waiting: float = 0.0
    open: frozenset[str] = frozenset()
    reasons: tuple[str, ...] = ()
    edges: Sequence[Edge] = ()


@dataclass(slots=True)
class _Chain:
    """Transitions found so far, as lists for a sparse matrix."""

    sources: list[int] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    lasting: list[Mixture] = field(default_factory=list)
    demand: list[dict[str, float]] = field(default_factory=list)
    """By state."""
    numbers: dict[Hashable, int] = field(default_factory=lambda: {END: -1, WAITS: -2})
    """Number of each state by its key."""


def solve(states: States, flow_limit: float) -> Solution:
    """Find every state and solve for the expectations.

    Args:
        states: source of the calls' states.
        flow_limit: seconds of prompts after which callers hang up, see `CallPolicy.flow_limit`.

    Raises:
        NotFiniteError: there are too many states, or calls that never end, or that end by the clock.
    """
    chain = _explored(states)
    visits = _visits(chain, flow_limit)
    waiting = math.fsum(
        visits[source] * share
        for source, target, share in zip(chain.sources, chain.targets, chain.shares, strict=True)
        if target == chain.numbers[WAITS]
    )
    return Solution(
        _means(chain, visits),
        len(visits),
        waiting,
        frozenset(states.open),
        tuple(states.reasons),
        [Edge(*each) for each in zip(chain.sources, chain.targets, chain.shares, chain.lasting, strict=True)],
    )


def _explored(states: States) -> _Chain:
    """Find all states of the calls, numbered in the order of discovery."""
    chain = _Chain()
    numbers = chain.numbers
    todo: list[State] = []

    def number(state: State | Hashable) -> int:
        key = state.key if isinstance(state, State) else state
        known = numbers.get(key)
        if known is None:
            known = numbers[key] = len(numbers) - 2
            if known >= MOST_STATES:
                raise NotFiniteError(f"calls have more than {MOST_STATES:,} different states")
            todo.append(cast("State", state))
            chain.demand.append({})
        return known

    number(states.first)
    done = 0
    while done < len(todo):
        state, todo[done] = todo[done], cast("State", None)
        demand = chain.demand[done]
        for step in states.steps(state):
            _add(chain, demand, done, step, number(step.target))
        done += 1
    return chain


def _means(chain: _Chain, visits: Sequence[float]) -> dict[str, float]:
    means: dict[str, float] = {}
    for visited, demand in zip(visits, chain.demand, strict=True):
        for name, amount in demand.items():
            means[name] = means.get(name, 0.0) + visited * amount
    # Digits beyond the twelfth are rounding errors.
    return {name: float(f"{mean:.12g}") for name, mean in means.items()}


def _add(chain: _Chain, demand: dict[str, float], source: int, step: Transition, target: int) -> None:
    chain.sources.append(source)
    chain.targets.append(target)
    chain.shares.append(step.share)
    chain.seconds.append(step.demand.get("in flow", 0.0))
    chain.lasting.append(step.lasting)
    for name, amount in step.demand.items():
        demand[name] = demand.get(name, 0.0) + step.share * amount


def _visits(chain: _Chain, flow_limit: float) -> list[float]:
    """Compute the expected visits to each state of a call that starts in the first."""
    import numpy as np
    from scipy.sparse import csr_matrix, identity
    from scipy.sparse.linalg import spsolve

    n = len(chain.demand)
    _ensure_it_ends(chain, n)
    sources, targets = np.array(chain.sources), np.array(chain.targets)
    shares, seconds = np.array(chain.shares), np.array(chain.seconds)
    inside = targets >= 0
    at = (targets[inside], sources[inside])

    def solved(weights: Any, right: Any, *, backwards: bool) -> Any:
        matrix = identity(n, format="csr") - csr_matrix((weights[inside], at), shape=(n, n))
        return np.atleast_1d(spsolve((matrix.T if backwards else matrix).tocsc(), right))

    start = np.zeros(n)
    start[0] = 1.0
    visits = solved(shares, start, backwards=False)
    # Chernoff: P(T > t) <= E[exp(aT)] exp(-at), for every a with a finite expectation.
    bound = 1.0
    for rate in _RATES:
        weights = shares * np.exp(np.minimum(rate * seconds, 700.0))
        out = np.bincount(sources[~inside], weights[~inside], n)
        moment = solved(weights, out, backwards=True)
        if not np.all(np.isfinite(moment)) or moment.min() < 0.0:
            break
        bound = min(bound, float(moment[0]) * math.exp(-rate * flow_limit))
        if bound < _LISTENING:
            return [float(visited) for visited in visits]
    raise NotFiniteError(
        f"callers may listen for more than {flow_limit:,.0f} s and hang up then, by the clock"
    )


def _ensure_it_ends(chain: _Chain, n: int) -> None:
    """Check that every state leads to an end; otherwise the expectations are infinite.

    Raises:
        NotFiniteError: a state does not.
    """
    before: dict[int, list[int]] = {}
    for source, target, share in zip(chain.sources, chain.targets, chain.shares, strict=True):
        if share > 0.0:
            before.setdefault(max(target, -1), []).append(source)
    ends: set[int] = set()
    todo = [-1]
    while todo:
        for source in before.get(todo.pop(), ()):
            if source not in ends:
                ends.add(source)
                todo.append(source)
    if len(ends) < n:
        raise NotFiniteError("some calls never end by themselves")
