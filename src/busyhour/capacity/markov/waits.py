"""Queues that keep calls waiting.

Where waiting is negligible, a call's expectations do not depend on other calls.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from busyhour.capacity.markov.chain import Solution
from busyhour.capacity.markov.state import CONTACTS, HANDLING, TIMES
from busyhour.capacity.theory.erlang import waiting_without_abandonment
from busyhour.scenarios.model import Distribution, Scenario

NEGLIGIBLE = 1e-4
"""Share of calls that wait, and waiting time as a share of a call's, up to which waiting is neglected."""


def with_waits(
    found: Solution, scenario: Scenario, beyond: Mapping[str, Collection[str]], calls_per_hour: float
) -> Solution:
    """Add what is unknown because calls may have to wait to a solution for calls that find an agent free.

    The wait is bounded by Erlang C, with the queue's own mean handling time and times (1 + cv^2) / 2 for
    handling times that vary more than exponential ones (Lee and Longton 1959). No caller abandons there, so
    the bound is at least the real wait.

    Args:
        found: solution as if no call waited.
        scenario: its queues and agents.
        beyond: quantities that may grow once calls wait, by queue.
        calls_per_hour: arrival rate.
    """
    callers = scenario.callers
    spread = max(1.0, *(_squared_cv(law) for law in (callers.talk, callers.wrap_up)))
    at_once = found.means.get("at once", 0.0)
    open_, reasons, waiting = set(found.open), list(found.reasons), found.waiting
    for name, demand in beyond.items():
        contacts = found.means.get(CONTACTS + name, 0.0)
        handling = found.means.get(HANDLING + name, 0.0)
        if contacts <= 0.0 or handling <= 0.0:
            continue
        load = calls_per_hour / 3600.0 * handling
        wait = waiting_without_abandonment(load, scenario.queues[name].agents, handling / contacts)
        seconds = contacts * wait.mean_wait * (1.0 + spread) / 2.0
        if wait.waits > NEGLIGIBLE or seconds > NEGLIGIBLE * at_once:
            open_ |= TIMES | set(demand)
            waiting += contacts
            reasons.append(f"calls may wait in queue {name!r}")
    return replace(found, open=frozenset(open_), reasons=tuple(dict.fromkeys(reasons)), waiting=waiting)


def _squared_cv(law: Distribution) -> float:
    return law.cv**2 if law.kind in ("lognormal", "gamma") else 1.0
