"""Reasons why the calls do not behave as planned, each with the place and the line to write."""

from __future__ import annotations

from busyhour.capacity.tolerance import Tolerances
from busyhour.quotas.figures import tolerance
from busyhour.results.estimate import interval
from busyhour.results.outcomes import CallOutcomes, Ending, problem_sentence
from busyhour.scenarios.model import Scenario

MOST_WANTING = 0.01
"""Share of calls on error branches because of missing scenario keys above which the plan is NOT SHOWN."""

ENOUGH_CALLS = 300
"""Number of calls of which at least one enters a queue with a 1 % share, with 95 % confidence."""


def judge_outcomes(
    outcomes: CallOutcomes | None, scenario: Scenario, expected: CallOutcomes | None = None
) -> list[str]:
    """Return the reasons why the plan does not hold, most important first.

    None if the calls behave as planned.

    A run of few calls that reach no agent does not show this by itself, because calls may have been cut off;
    it does if the forecast's calls reach none either.

    Args:
        outcomes: of a run, or of a forecast's calls; None: the drive runs no flow.
        scenario: the plan.
        expected: for a run: the outcomes of the forecast.
    """
    if outcomes is None:
        return []
    reasons = []
    worst = [one for one in outcomes.problems if one.wanting]
    share = outcomes.wanting / outcomes.total
    if share > MOST_WANTING and worst:
        reasons.append(
            f"{share:.1%} of the calls take an error branch because of a missing scenario key. "
            f"{problem_sentence(worst[0], outcomes.total)}"
        )
    return [*reasons, *(_unreached(outcomes, scenario, expected) or _unstaffed(outcomes, scenario))]


def judge_run(
    outcomes: CallOutcomes | None,
    scenario: Scenario,
    expected: CallOutcomes | None,
    *,
    by_load: bool = False,
) -> tuple[list[str], list[str]]:
    """Return the reasons why the plan does not hold, and those why it is not decided.

    From the calls of the run. Where these are too few to show otherwise, the calls of the forecast decide.

    Args:
        outcomes: of the run; None: the target does not report them.
        scenario: the plan.
        expected: the outcomes of the forecast.
        by_load: the run alone decides.
    """
    own = judge_outcomes(outcomes, scenario, expected)
    if own or by_load:
        return own, []
    few = outcomes is None or _entered(outcomes) < ENOUGH_CALLS
    calculated = judge_outcomes(expected, scenario) if few else []
    failed, undecided = ([], []) if calculated else failed_by_flows(expected, scenario, outcomes)
    return [f"By calculation: {reason}" for reason in calculated + failed], undecided


def failed_by_flows(
    outcomes: CallOutcomes | None, scenario: Scenario, measured: CallOutcomes | None = None
) -> tuple[list[str], list[str]]:
    """Return a reason if more of a forecast's calls take error branches than tolerated, and one if it is not decided.

    The excess must be beyond the sample's interval.

    Args:
        outcomes: of the forecast.
        scenario: the plan.
        measured: outcomes of a run. Where its share exceeds what is tolerated, the objective itself reports it;
            where its interval is within what is tolerated or below the forecast's, the run decides.
    """
    if outcomes is None or not outcomes.error_branch:
        return [], []
    tolerated = Tolerances(scenario).error_branches()
    low, high = interval(outcomes.error_branch, outcomes.total)
    if high <= tolerated:
        return [], []
    if measured is not None and measured.total and measured.error_branch is not None:
        most = interval(measured.error_branch, measured.total)[1]
        if measured.error_branch > tolerated * measured.total or most <= max(tolerated, low):
            return [], []
    share = outcomes.error_branch / outcomes.total
    text = f"{share:.2%} ({low:.2%} to {high:.2%}) of the calls take an error branch, {tolerance(tolerated)} is tolerated."
    worst = outcomes.problems[:1]
    reason = " ".join([text, *(problem_sentence(one, outcomes.total) for one in worst)])
    return ([reason], []) if low > tolerated else ([], [reason])


def _unstaffed(outcomes: CallOutcomes, scenario: Scenario) -> list[str]:
    """Return a reason for each queue that calls wait in and the scenario does not define."""
    reasons = []
    for name, calls in outcomes.queues.items():
        if name in scenario.queues or calls <= MOST_WANTING * outcomes.total:
            continue
        where = (
            f'[queues.NAME] agents = 10, arn = "{name}"' if ":" in name else f'[queues."{name}"] agents = 10'
        )
        reasons.append(
            f"{calls / outcomes.total:.1%} of the calls wait in queue {name!r}, which is not in the scenario, so "
            f"its agents are unknown. Write: {where}"
        )
    return reasons


def _unreached(outcomes: CallOutcomes, scenario: Scenario, expected: CallOutcomes | None) -> list[str]:
    """Return a reason if no call reaches staffed agents."""
    if outcomes.error_branch is None and not outcomes.queues:
        return []  # AWS does not report which queue a call was in
    enough = _entered(outcomes) >= ENOUGH_CALLS
    foreseen = expected is not None and _entered(expected) >= ENOUGH_CALLS
    missed = [
        name
        for name, queue in scenario.queues.items()
        if queue.agents > 0
        and not outcomes.queues.get(name)
        and (enough or (expected is not None and foreseen and not expected.queues.get(name)))
    ]
    if not missed:
        return []
    agents = sum(scenario.queues[name].agents for name in missed)
    text = (
        f"No call reaches the {agents:,} agents of {', '.join(map(repr, missed))} ({outcomes.total:,} calls)."
    )
    others = [name for name in outcomes.queues if name not in scenario.queues]
    if others:
        text += (
            f' Calls went to {", ".join(map(repr, others))}. Write: [queues.{missed[0]}] arn = "{others[0]}"'
        )
    elif not outcomes.problems:
        text += " The flows that they took lead to other queues or to none: see [flows] entry and [callers.menus]."
    return [text]


def _entered(outcomes: CallOutcomes) -> int:
    """Return the calls that were in a flow until they left it."""
    outside = (Ending.BLOCKED, Ending.NOT_ANSWERED, Ending.CUT_OFF)
    return outcomes.total - sum(outcomes.counts.get(ending.value, 0) for ending in outside)
