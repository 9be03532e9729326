"""The share of first attempts that a scenario's objectives tolerate, for each kind of limit."""

from __future__ import annotations

from busyhour.capacity.requirement import tolerated_share
from busyhour.scenarios.model import Scenario

SERVICE_LEVEL = 0.8
"""Share of contacts to be answered in time where the scenario has no objective for it (80/20 is the usual target)."""


ERROR_BRANCHES = 0.001
"""Share of callers that may take an error branch where the scenario has no objective for it."""


_JUDGED = frozenset(
    {"blocked_share", "throttle_share", "throttles", "service_level", "abandoned_share", "error_branch_share"}
)


def not_judged(scenario: Scenario) -> list[str]:
    """Objectives of a scenario that no closed form judges: a run measures them."""
    return [one.metric for one in scenario.objectives if one.metric.partition(":")[0] not in _JUDGED]


class Tolerances:
    """What the objectives of a scenario tolerate; 1 % where it has none, see `requirement.tolerated_share`."""

    def __init__(self, scenario: Scenario) -> None:
        self._bounds = {objective.metric: objective for objective in scenario.objectives}

    def calls(self, per_hour: float) -> float:
        """Share of calls that may be blocked, of `per_hour` calls."""
        return tolerated_share(self._at_most("blocked_share"), per_hour)

    def requests(self, service: str, operation: str, per_hour: float, *, blocks_calls: bool = False) -> float:
        """Share of requests that may be throttled, of `per_hour` requests.

        An objective on their number (`throttles`) counts for the planned busy hour. `blocks_calls`: a throttled request
        is a blocked call, too.
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
        """Share of queued contacts that may be abandoned, less than one in a million for none; None: no objective."""
        bound = self._at_most("abandoned_share")
        return None if bound is None else max(bound, 1e-6)

    def error_branches(self) -> float:
        """Share of calls that may take an error branch."""
        bound = self._at_most("error_branch_share")
        return ERROR_BRANCHES if bound is None else bound

    def _at_most(self, metric: str) -> float | None:
        found = self._bounds.get(metric)
        return None if found is None else found.at_most
