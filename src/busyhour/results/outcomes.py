"""The outcome of the calls of a run or a forecast: shares by outcome, and what kept calls from doing what was planned.

Whoever plays calls counts keys (`calls.outcomes` makes them); counts of several workers add up; `from_counts` turns the
sum into what is reported.
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
"""Key of calls whose start was refused: known of every call, whatever is sampled."""
QUEUE = "outcome_queue/"
"""Key of calls by a queue that they reached."""
ERRORS = "outcome_errors"
"""Key of calls that took an error branch, however they ended."""
WANTING = "outcome_wanting"
"""Key of those of them that did because of a missing scenario key."""
PROBLEM = "outcome_problem/"
"""Key of calls that met one problem: what `problem_key` writes."""


class Ending(StrEnum):
    """How far a call came; each call has one. A call that reached a queue or an agent counts there alone."""

    AGENT = "agent"
    QUEUE = "queue"
    """It waited in a queue, and no agent took it (yet)."""
    THIRD_PARTY = "other number"
    SELF_SERVICE = "self-service end"
    """The flow disconnected it, and no error was met."""
    FLOW_END = "flow end"
    """The flow disconnected it; whether an error was met is not known."""
    ERROR_BRANCH = "error branch"
    EMPTY_REFERENCE = "empty reference"
    NO_QUEUE = "no queue set"
    MISSING_FLOW = "missing flow"
    MISSING_FUNCTION = "missing function"
    HUNG_UP = "caller hung up"
    BLOCKED = "blocked"
    NOT_ANSWERED = "not answered"
    CUT_OFF = "cut off"
    """By the end of the run, before it reached a queue."""
    OTHER = "other end"


@dataclass(slots=True)
class OutcomeProblem:
    """One reason, at one place of a flow, for which calls did not go the planned way."""

    flow: str
    action: str
    """Identifier of the action."""
    name: str
    """Its name in the designer; empty where it has none."""
    reason: str
    count: int
    """Calls that met it."""
    line_to_write: str = ""
    """What removes it, as it stands in the scenario file; empty where no line does."""
    wanting: bool = False
    """Whether something is missing in the scenario."""


@dataclass(slots=True)
class CallOutcomes:
    """Outcomes of calls. Shares are of `total`; they add up to 1."""

    total: int
    """Calls whose outcome is known."""
    sampled: bool = False
    """Whether these are a sample, or drawn by a model: then shares have 95 % intervals."""
    of: int | None = None
    """Calls that the sample was drawn from; None: all were looked at, or a model drew them."""
    counts: dict[str, int] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)
    intervals: dict[str, list[float]] = field(default_factory=dict)
    error_branch: int | None = None
    """Calls that took an error branch, however they ended; None: the target does not tell."""
    error_branch_most: int | None = None
    """Errors that the target counted where it does not tell in which calls: no more calls took an error branch."""
    wanting: int = 0
    """Those of them that did because of a missing scenario key."""
    queues: dict[str, int] = field(default_factory=dict)
    """Calls by queue that they reached."""
    problems: list[OutcomeProblem] = field(default_factory=list)
    """The most frequent first."""

    def share(self, *endings: Ending) -> float:
        """Share of the calls that ended in one of these ways."""
        return sum(self.shares.get(ending.value, 0.0) for ending in endings)


def problem_key(flow: str, action: str, name: str, reason: str, line: str, *, wanting: bool) -> str:
    """The key under which calls that met a problem are counted."""
    return PROBLEM + json.dumps([flow, action, name, reason, line, wanting], ensure_ascii=False)


def from_counts(
    counts: Mapping[str, int],
    *,
    drawn: Mapping[str, float] | None = None,
    population: int | None = None,
    errors_known: bool = True,
) -> CallOutcomes | None:
    """What the counts come to; None where no call was counted.

    Args:
        counts: by key; other keys are left alone.
        drawn: a model drew the calls: by ending, how many calls in a row count as one (`estimate.alike`).
        population: accepted calls that those counted by ending are a sample of, where they are fewer.
        errors_known: whether the target tells of error branches.
    """
    endings, refused = _under(counts, ENDING), counts.get(REFUSED, 0)
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
        assert found is not None  # there was a call, and one was looked at
        estimates[name] = found
    sampled = size > looked_at
    problems = []
    for key, count in _under(counts, PROBLEM).items():
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
        queues=_under(counts, QUEUE),
        problems=sorted(problems, key=lambda one: (not one.wanting, -one.count, one.flow, one.action)),
    )


def _under(counts: Mapping[str, int], prefix: str) -> dict[str, int]:
    return {key[len(prefix) :]: count for key, count in sorted(counts.items()) if key.startswith(prefix)}


# ------------------------------------------------------------------------------------------------ for readers

_SHOWN = 5
"""Problems that are listed; the record has all of them."""


def sentence(outcomes: CallOutcomes) -> str:
    """One line: the shares of all calls by outcome, the greatest first."""
    parts = [
        f"{_percent(share)} {name}{_around(outcomes.intervals.get(name))}"
        for name, share in sorted(outcomes.shares.items(), key=lambda item: -item[1])
    ]
    text = f"Outcomes of {_calls(outcomes)}: {', '.join(parts)}."
    if outcomes.error_branch is None:
        return f"{text} The target does not tell which calls took an error branch."
    if outcomes.error_branch:
        text += f" {outcomes.error_branch:,} of {outcomes.total:,} took an error branch on their way"
        if outcomes.wanting:
            text += f", {outcomes.wanting:,} because of a missing scenario key"
        text += "."
    return text


def lines(outcomes: CallOutcomes, reasons: Sequence[str] = ()) -> list[str]:
    """The shares in one line, then the problems that `reasons` do not name already, each with the line to write."""
    said = [problem_sentence(one, outcomes.total) for one in outcomes.problems[:_SHOWN]]
    left = len(outcomes.problems) - _SHOWN
    return [
        sentence(outcomes),
        *(one for one in said if not any(one in reason for reason in reasons)),
        *([f"{left} more problems are in the record."] if left > 0 else []),
    ]


def problem_sentence(problem: OutcomeProblem, total: int) -> str:
    """What a problem is, where, how many calls met it, and what to write."""
    where = problem.name or problem.action
    line = f" Write: {problem.line_to_write}" if problem.line_to_write else ""
    place = f"{problem.flow} / {where}" if where else problem.flow
    return f"{problem.count:,} of {total:,} calls at {place}: {problem.reason}.{line}"


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
