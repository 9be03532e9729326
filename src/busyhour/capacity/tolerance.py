"""Tolerated share of first attempts for each kind of limit, from a scenario's objectives."""

from __future__ import annotations

from dataclasses import dataclass

from busyhour.capacity.requirement_kinds import tolerated_share
from busyhour.scenarios.model import Objective, Scenario

NOT_SHOWN, BY_LIMITS = "not shown", "in the list of limits"

SERVICE_LEVEL = 0.8
"""Share of contacts to be answered in time without an objective for it (80/20 is the usual target)."""


ERROR_BRANCHES = 0.001
"""Share of callers that may take an error branch without an objective for it."""


_OF_CALLS = frozenset({"blocked_share", "service_level", "abandoned_share", "error_branch_share"})
"""Objectives that need calls: with a drive that makes none, neither forecast nor run evaluates them."""
_JUDGED = frozenset(
    {"blocked_share", "throttle_share", "throttles", "service_level", "abandoned_share", "error_branch_share"}
)


def answers(scenario: Scenario) -> list[ObjectiveAnswer]:
    """Return the forecast's answer to each objective of a scenario."""
    return [_answer(one, scenario) for one in scenario.objectives]


def _answer(objective: Objective, scenario: Scenario) -> ObjectiveAnswer:
    bounds = (("at most", objective.at_most), ("at least", objective.at_least))
    bound = " and ".join(f"{words} {value:g}" for words, value in bounds if value is not None)
    name = objective.metric.partition(":")[0]
    if name in _OF_CALLS and not scenario.drive.has_calls:
        why = f'drive = "{scenario.drive}" makes no calls'
        return ObjectiveAnswer(objective.metric, bound, NOT_SHOWN, why)
    if name in _JUDGED:
        return ObjectiveAnswer(objective.metric, bound, BY_LIMITS, "the share that each limit may reject")
    return ObjectiveAnswer(objective.metric, bound, NOT_SHOWN, "no calculation gives it; a run measures it")


@dataclass(frozen=True, slots=True)
class ObjectiveAnswer:
    """Answer of a forecast to one objective."""

    metric: str
    bound: str
    answer: str
    """`NOT_SHOWN`, or `BY_LIMITS`."""
    why: str


class Tolerances:
    """Shares that the objectives of a scenario tolerate.

    1 % without one, see `requirement.tolerated_share`.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._bounds = {objective.metric: objective for objective in scenario.objectives}

    def calls(self, per_hour: float) -> float:
        """Return the share of calls that may be blocked, of `per_hour` calls."""
        return tolerated_share(self._at_most("blocked_share"), per_hour)

    def requests(self, service: str, operation: str, per_hour: float, *, blocks_calls: bool = False) -> float:
        """Return the share of requests that may be throttled, of `per_hour` requests.

        An objective on their number (`throttles`) applies to the planned busy hour. `blocks_calls`: a
        throttled request is also a blocked call.
        """
        shares = [self._at_most("blocked_share")] if blocks_calls else []
        for about in ("", f":{service}", f":{operation}", f":{service}:{operation}"):
            shares.append(self._at_most(f"throttle_share{about}"))
            number = self._at_most(f"throttles{about}")
            shares.append(None if number is None else number / max(per_hour, 1.0))
        known = [share for share in shares if share is not None]
        return tolerated_share(min(known, default=None), per_hour)

    def late(self) -> float:
        """Share of queued contacts that may be answered late or not at all."""
        level = self._bounds.get("service_level")
        return 1.0 - (SERVICE_LEVEL if level is None or level.at_least is None else level.at_least)

    def abandoned(self) -> float | None:
        """Share of queued contacts that may be abandoned, below one in a million for none.

        None: no objective.
        """
        bound = self._at_most("abandoned_share")
        return None if bound is None else max(bound, 1e-6)

    def error_branches(self) -> float:
        """Share of calls that may take an error branch."""
        bound = self._at_most("error_branch_share")
        return ERROR_BRANCHES if bound is None else bound

    def _at_most(self, metric: str) -> float | None:
        found = self._bounds.get(metric)
        return None if found is None else found.at_most
