"""How long calls last, solved for: against closed forms, and against calls that were run through the same flow."""

import math
from dataclasses import replace
from typing import Any

import pytest

from busyhour.capacity.demand.expected_demand import exact_demand
from busyhour.capacity.demand.per_call import demand_of_call
from busyhour.capacity.markov.lifetimes import Edge, holding_time
from busyhour.capacity.markov.outcomes import NotFiniteError
from busyhour.capacity.theory.durations import Piece, least, on_grid, uniform, until, whole
from busyhour.capacity.theory.holding_times import HoldingTime
from busyhour.flows.model import Action, Condition, ErrorBranch
from busyhour.scenarios.model import Distribution, Function, MenuBehaviour, Queue

MINUTES = Distribution("exponential", 180.0)
UNEVEN = Distribution("lognormal", 20.0, 0.8)


def of(*edges: tuple[int, int, float, Any]) -> HoldingTime:
    """Of a chain whose steps have a share and a duration."""
    made = [Edge(source, target, share, {lasting: 1.0}) for source, target, share, lasting in edges]
    return holding_time(made, means(made)[0])


def means(edges: list[Edge]) -> list[float]:
    """Mean time to the end from each state, by iteration until it converges."""
    found = [0.0] * (1 + max(edge.source for edge in edges))
    for _ in range(2000):
        for state in range(len(found)):
            found[state] = sum(
                edge.share
                * (
                    sum(
                        share * sum(sum(p.share * p.mean for p in part) for part in lasting)
                        for lasting, share in edge.lasting.items()
                    )
                    + (found[edge.target] if edge.target >= 0 else 0.0)
                )
                for edge in edges
                if edge.source == state
            )
    return found


def constant(seconds: float) -> Any:
    return whole(Distribution("constant", seconds))


def test_constant_steps_give_the_exact_times_with_their_probabilities():
    found = of((0, 1, 0.25, constant(2.0)), (0, -1, 0.75, constant(5.0)), (1, -1, 1.0, constant(30.5)))
    assert (list(found.seconds), list(found.shares)) == ([5.0, 32.5], [0.75, 0.25])
    assert (found.quantile(0.7), found.quantile(0.76)) == (5.0, 32.5)
    assert (found.cdf(4.99), found.cdf(5.0), found.cdf(32.5)) == (0.0, 0.75, 1.0)
    assert found.mean == pytest.approx(0.75 * 5.0 + 0.25 * 32.5)


def test_a_prompt_and_an_exponential_conversation():
    found = of((0, 1, 1.0, constant(5.0)), (1, -1, 1.0, whole(MINUTES)))
    for share in (0.1, 0.5, 0.95, 0.99, 0.999):
        assert found.quantile(share) == pytest.approx(
            5.0 - 180.0 * math.log(1.0 - share), abs=2 * found.resolution
        )
    assert found.cdf(100.0) == pytest.approx(1.0 - math.exp(-95.0 / 180.0), abs=1e-3)
    assert found.mean_of_shorter() == pytest.approx(95.0, rel=1e-3)
    assert found.resolution < 0.002 * found.mean


def test_a_cycle_of_exponential_steps_is_exponential():
    # One step in four ends: the sum of geometrically many exponential times is exponential again.
    found = of(
        (0, 0, 0.75, whole(Distribution("exponential", 10.0))),
        (0, -1, 0.25, whole(Distribution("exponential", 10.0))),
    )
    assert found.mean == pytest.approx(40.0)
    for share in (0.25, 0.5, 0.95, 0.99):
        assert found.quantile(share) == pytest.approx(-40.0 * math.log(1.0 - share), rel=3e-3, abs=0.1)


def test_a_cycle_that_hardly_ever_ends_is_no_distribution():
    with pytest.raises(NotFiniteError, match="cycles"):
        holding_time([Edge(0, 0, 1.0 - 1e-7, {whole(MINUTES): 1.0}), Edge(0, -1, 1e-7, {(): 1.0})], 1.8e9)


def test_two_states_with_one_future_are_followed_once():
    edges = [Edge(0, k, 0.001, {constant(float(k % 3)): 1.0}) for k in range(1, 1001)]
    edges += [Edge(k, -1, 1.0, {whole(MINUTES): 1.0}) for k in range(1, 1001)]
    found = holding_time(edges, 181.0)
    assert found.quantile(0.5) == pytest.approx(1.0 + 180.0 * math.log(2.0), rel=0.003)


@pytest.mark.parametrize(
    "lasting",
    [whole(UNEVEN), least(UNEVEN, 15.0), until(UNEVEN, 30.0), uniform(12.0), whole(replace(UNEVEN, high=40.0)),
     ((Piece(0.3, UNEVEN, low=5.0, high=9.0, scale=2.0, shift=1.0), Piece(0.7, shift=4.25)),)],
)  # fmt: skip
def test_what_is_put_on_a_grid_keeps_its_probability_and_mean(lasting: Any):
    (part,) = lasting
    shares = on_grid(part, 0.25, 20_000)
    mean = sum(piece.share * piece.mean for piece in part)
    assert shares.sum() == pytest.approx(1.0, abs=1e-9)
    assert sum(0.25 * k * share for k, share in enumerate(shares)) == pytest.approx(mean, rel=1e-9)


def test_calls_in_progress_while_a_centre_fills():
    found = of((0, -1, 1.0, whole(MINUTES)))
    for t in (60.0, 180.0, 1800.0):
        expected = 0.1 * 180.0 * (1.0 - math.exp(-t / 180.0))
        assert found.in_progress(lambda s: 0.1 * max(s, 0.0), t) == pytest.approx(expected, rel=2e-3)
    assert found.in_progress(lambda s: 0.1 * max(s, 0.0), 1e5) == pytest.approx(18.0, rel=1e-9)


def test_a_sample_is_marked_as_one():
    found = HoldingTime.of_sample([3.0, 1.0, 2.0, 2.0], 0.5)
    assert (found.exact, found.half_width, found.mean) == (False, 0.5, 2.0)
    assert (found.quantile(0.25), found.quantile(0.5), found.cdf(2.0)) == (1.0, 2.0, 0.75)
    assert HoldingTime.of_sample([], 0.0).mean == 0.0


def _menu() -> tuple[Action, ...]:
    errors = tuple(
        ErrorBranch(name, "bye")
        for name in ("InputTimeLimitExceeded", "NoMatchingCondition", "NoMatchingError")
    )
    parameters = {"PromptId": "p5", "InputTimeLimitSeconds": "5", "StoreInput": "False"}
    conditions = (Condition("Equals", ("1",), "lookup"), Condition("Equals", ("2",), "menu"))
    return Action("menu", "GetParticipantInput", parameters, "bye", conditions, errors), Action(
        "lookup",
        "InvokeLambdaFunction",
        {"LambdaFunctionARN": "lookup", "InvocationTimeLimitSeconds": "3"},
        "set",
        (),
        (ErrorBranch("NoMatchingError", "bye"),),
    )


def test_whole_calls_last_as_long_as_calls_that_are_run(small: Any):
    """Menus with a way back, callers who hang up, a function that fails and is slow, an agent."""
    made = small.scenario(
        queues=(Queue("sales", 2000),),
        talk=Distribution("gamma", 30.0, 0.6, high=70.0),
        functions=(
            Function("lookup", latency=Distribution("exponential", 1.0), error_share=0.3, timeout=2.5),
        ),
        callers={
            "menus": {"menu": MenuBehaviour({"1": 0.6, "2": 0.3, "silence": 0.1})},
            "think": Distribution("lognormal", 3.0, 0.8),
            "hang_up_rate": 0.05,
        },
    )
    machine = small.machine(*_menu(), *small.to_queue)
    solved = exact_demand(made, machine, calls_per_hour=3600.0)
    holding = solved.holding()
    assert holding is not None
    assert holding.mean == solved.mean("at once")
    assert sum(s * p for s, p in zip(holding.seconds, holding.shares, strict=True)) == pytest.approx(
        holding.mean
    )
    calls = 6000
    sampled = demand_of_call(made, machine, calls=calls, exact=False).holding
    # Kolmogorov: a distance of 1.95 / sqrt(n) is exceeded once in a thousand times. Some calls last exactly alike, which
    # the grid knows to a step.
    apart, step = 1.95 / math.sqrt(calls), 3.0 * holding.resolution
    for seconds in sampled.seconds[::7]:
        assert (
            sampled.cdf(seconds - step) - apart <= holding.cdf(seconds) <= sampled.cdf(seconds + step) + apart
        )


def test_seconds_of_executions_are_those_of_attempts_that_are_made(small: Any):
    function = Function("lookup", latency=Distribution("exponential", 1.0), error_share=0.3, timeout=2.5)
    made, machine = small.scenario(functions=(function,)), small.machine(small.lookup)
    sampled = demand_of_call(made, machine, calls=4000, exact=False)
    exact = demand_of_call(made, machine, calls=100)
    half = sampled.lambda_half_width["lookup"]
    assert exact.lambda_half_width == {}
    assert exact.lambda_seconds["lookup"] == pytest.approx(sampled.lambda_seconds["lookup"], abs=1.6 * half)
    assert 0.0 < half < 0.06
    # Where nothing is tried again or cut, it is the mean of the latency.
    plain = replace(function, error_share=0.0, timeout=900.0)
    again = demand_of_call(small.scenario(functions=(plain,)), machine, calls=100, exact=False)
    assert again.lambda_seconds["lookup"] == pytest.approx(1.0)
