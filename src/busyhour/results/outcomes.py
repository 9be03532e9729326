"""Outcomes of the calls of a run or a forecast: shares by outcome, and why calls did not behave as planned.

Every driver of calls counts keys (made by `calls.outcomes`); counts of several workers are summed;
`from_counts` converts the sum to what is reported.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from busyhour.results.estimate import Estimate, estimate, interval

ENDING = "outcome/"
"""Key of calls by `Ending`."""
REFUSED = "outcome_refused"
"""Key of calls whose start was rejected: known of every call, even if others are sampled."""
QUEUE = "outcome_queue/"
"""Key of calls by a queue that they reached."""
ERRORS = "outcome_errors"
"""Key of calls that took an error branch, with any end."""
WANTING = "outcome_wanting"
"""Key of those of them that did because of a missing scenario key."""
PROBLEM = "outcome_problem/"
"""Key of calls with one problem, written by `problem_key`."""


class Ending(StrEnum):
    """How far a call got; each call has one. A call that reached a queue or an agent counts only there."""

    AGENT = "agent"
    QUEUE = "queue"
    """It waited in a queue, and no agent answered it (yet)."""
    THIRD_PARTY = "other number"
    SELF_SERVICE = "self-service end"
    """The flow disconnected it, without an error."""
    FLOW_END = "flow end"
    """The flow disconnected it; whether there was an error is unknown."""
    ERROR_BRANCH = "error branch"
    EMPTY_REFERENCE = "empty reference"
    NO_QUEUE = "no queue set"
    MISSING_FLOW = "missing flow"
    MISSING_FUNCTION = "missing function"
    HUNG_UP = "caller hung up"
    BLOCKED = "blocked"
    NOT_ANSWERED = "not answered"
    CUT_OFF = "cut off"
    """Ended by the end of the run, before it reached a queue."""
    OTHER = "other end"


@dataclass(slots=True)
class OutcomeProblem:
    """One reason, at one place of a flow, why calls did not behave as planned."""

    flow: str
    action: str
    """Identifier of the action."""
    name: str
    """Its name in the designer; empty if it has none."""
    reason: str
    count: int
    """Number of calls with the problem."""
    line_to_write: str = ""
    """Line of the scenario file that fixes it; empty if no line does."""
    wanting: bool = False
    """Whether the cause is a missing scenario key."""


@dataclass(slots=True)
class CallOutcomes:
    """Outcomes of calls. Shares are of `total`; they add up to 1."""

    total: int
    """Number of calls whose outcome is known."""
    sampled: bool = False
    """Whether these are a sample, or drawn by a model: then shares have 95 % intervals."""
    of: int | None = None
    """Number of calls that were sampled from; None: all are known, or a model drew them."""
    counts: dict[str, int] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)
    intervals: dict[str, list[float]] = field(default_factory=dict)
    error_branch: int | None = None
    """Calls that took an error branch, with any end; None: the target does not report it."""
    error_branch_most: int | None = None
    """Errors counted by a target that does not report in which calls.

    An upper bound of the calls on error branches.
    """
    wanting: int = 0
    """Those of them that did because of a missing scenario key."""
    queues: dict[str, int] = field(default_factory=dict)
    """Number of calls by queue that they reached."""
    problems: list[OutcomeProblem] = field(default_factory=list)
    """The most frequent first."""

    def share(self, *endings: Ending) -> float:
        """Return the share of the calls with one of these endings."""
        return sum(self.shares.get(ending.value, 0.0) for ending in endings)


def problem_key(flow: str, action: str, name: str, reason: str, line: str, *, wanting: bool) -> str:
    """Return the key that calls with a problem are counted by."""
    return PROBLEM + json.dumps([flow, action, name, reason, line, wanting], ensure_ascii=False)


def from_counts(
    counts: Mapping[str, int],
    *,
    drawn: Mapping[str, float] | None = None,
    population: int | None = None,
    errors_known: bool = True,
) -> CallOutcomes | None:
    """Convert counts to outcomes; None if no call was counted.

    Args:
        counts: by key; other keys are ignored.
        drawn: a model drew the calls: by ending, how many consecutive calls count as one (`estimate.alike`).
        population: accepted calls that those counted by ending are a sample of, if fewer.
        errors_known: whether the target reports error branches.
    """
    endings, refused = counts_under(counts, ENDING), counts.get(REFUSED, 0)
    looked_at = sum(endings.values())
    total = looked_at + refused
    if not total or (population and not looked_at):
        return None
    if refused:
        endings.setdefault(Ending.BLOCKED.value, 0)
    size = math.inf if drawn is not None else max(population or 0, looked_at)
    estimates = {}
    for name, count in endings.items():
        certain = refused if name == Ending.BLOCKED else 0
        if drawn is not None:
            row = drawn.get(name, 1.0)
            estimates[name] = Estimate(count / looked_at, interval(count / row, looked_at / row), looked_at)
            continue
        found = estimate(count, looked_at, size, certain, refused - certain)
        assert found is not None  # there was a call with a known end
        estimates[name] = found
    sampled = size > looked_at
    problems = []
    for key, count in counts_under(counts, PROBLEM).items():
        flow, action, name, reason, line, wanting = json.loads(key)
        problems.append(OutcomeProblem(flow, action, name, reason, count, line, wanting))
    return CallOutcomes(
        total=total,
        sampled=sampled,
        of=refused + int(size) if sampled and drawn is None else None,
        counts={name: n + (refused if name == Ending.BLOCKED else 0) for name, n in endings.items()},
        shares={name: found.share for name, found in estimates.items()},
        intervals={n: list(found.interval) for n, found in estimates.items() if found.interval is not None},
        error_branch=counts.get(ERRORS, 0) if errors_known else None,
        wanting=counts.get(WANTING, 0),
        queues=counts_under(counts, QUEUE),
        problems=sorted(problems, key=lambda one: (not one.wanting, -one.count, one.flow, one.action)),
    )


def counts_under(counts: Mapping[str, int], prefix: str) -> dict[str, int]:
    """Return the counts whose key has the prefix, by the rest of the key, sorted."""
    return {key[len(prefix) :]: count for key, count in sorted(counts.items()) if key.startswith(prefix)}


_SHOWN = 5
"""Number of problems that are listed; the record has all of them."""


def sentence(outcomes: CallOutcomes) -> str:
    """Format one line: the shares of all calls by outcome, the greatest first."""
    parts = [
        f"{_percent(share)} {name}{_around(outcomes.intervals.get(name))}"
        for name, share in sorted(outcomes.shares.items(), key=lambda item: -item[1])
    ]
    text = f"Outcomes of {_calls(outcomes)}: {', '.join(parts)}."
    if outcomes.error_branch is None:
        return f"{text} The target does not report which calls took an error branch."
    if outcomes.error_branch:
        text += f" {outcomes.error_branch:,} of {outcomes.total:,} took an error branch on their way"
        if outcomes.wanting:
            text += f", {outcomes.wanting:,} because of a missing scenario key"
        text += "."
    return text


def lines(outcomes: CallOutcomes, reasons: Sequence[str] = ()) -> list[str]:
    """Format the shares in one line, then the problems that `reasons` do not name already.

    Each problem has the line to write.
    """
    problems = [problem_sentence(one, outcomes.total) for one in outcomes.problems[:_SHOWN]]
    left = len(outcomes.problems) - _SHOWN
    return [
        sentence(outcomes),
        *(one for one in problems if not any(one in reason for reason in reasons)),
        *([f"{left} more problems are in the record."] if left > 0 else []),
    ]


def problem_sentence(problem: OutcomeProblem, total: int) -> str:
    """Format a problem with its place, the number of calls, and the line to write."""
    where = problem.name or problem.action
    line = f" Write: {problem.line_to_write}" if problem.line_to_write else ""
    place = f"{problem.flow} / {where}" if where else problem.flow
    at = f" at {place}" if place else ""
    return f"{problem.count:,} of {total:,} calls{at}: {problem.reason}.{line}"


def _calls(outcomes: CallOutcomes) -> str:
    if outcomes.of is not None:
        return f"{outcomes.total:,} calls, a sample of {outcomes.of:,}"
    return f"{outcomes.total:,} {'simulated ' if outcomes.sampled else ''}calls"


def _percent(share: float) -> str:
    return f"{share:.0%}" if share in (0.0, 1.0) else f"{share:.2%}" if share < 0.1 else f"{share:.1%}"


def _around(bounds: list[float] | None) -> str:
    if not bounds:
        return ""
    return f" ({_percent(bounds[0])} to {_percent(bounds[1])})"
