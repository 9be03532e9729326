"""`python -m truth.verdicts`: verdicts on random plans with tests of any length, judged by closed forms alone.

Wrong is HOLDS where a closed form breaks its bound at the held rate, and DOES NOT HOLD where everything carries twice the
plan. Of plans whose test is long enough and whose bounds are all more than 10 % away, 95 % must get the right one.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import Random

from busyhour.project import Project
from busyhour.scenarios.reader import load

from . import drawn
from .independent import judge
from .independent.plan import Plan
from .project_run import run_record
from .written import written

DECIDED = 0.95
MOST_CALLS = 12_000
"""A test of more calls is shortened, and does then not count as long enough."""


@dataclass(frozen=True)
class Judged:
    """One verdict with what the closed forms say of it."""

    plan: str
    verdict: str
    reason: str
    broken: list[str]
    roomy: bool
    clear: str
    """Right verdict of a plan that is clear of every bound; empty: it is not."""
    long_enough: bool
    hold: float

    @property
    def wrong(self) -> bool:
        """A verdict that must never be given."""
        return (bool(self.broken) and self.verdict == "holds") or (
            self.roomy and self.verdict == "does not hold"
        )

    @property
    def counts(self) -> bool:
        """Whether a verdict is due."""
        return bool(self.clear) and self.long_enough

    @property
    def right(self) -> bool:
        """Whether it is the one that is due."""
        return self.verdict == self.clear


def plans(count: int, seed: int) -> Iterator[tuple[Plan, bool]]:
    """Random plans, each with a test of its own length; whether that is long enough."""
    for number in range(count):
        chance = Random(f"{seed}/length/{number}")
        plan = with_test(drawn.plan(number, seed), chance.choice((0.01, 0.1, 0.4, 1.0, 1.0, 1.0)))
        yield plan, plan.hold >= 0.99 * judge.settled_after(plan)


def with_test(plan: Plan, share: float) -> Plan:
    """The plan with a test of a share of the length that is enough, and of no more than `MOST_CALLS`."""
    hold = min(share * judge.settled_after(plan), MOST_CALLS / plan.per_second)
    return replace(plan, hold=round(max(hold, 5.0), 1))


def judged(plan: Plan, *, long_enough: bool) -> Judged:
    """Run one plan through the project's own path."""
    with tempfile.TemporaryDirectory() as folder:
        path = written(plan, Path(folder))
        (Path(folder) / "busyhour.toml").touch()
        record = run_record(load(path), Project.find(Path(folder)))
    verdict = record.verdict
    return Judged(
        plan.name,
        str(verdict.outcome),
        verdict.reasons[0] if verdict.reasons else "",
        judge.breaks(plan),
        judge.roomy(plan),
        judge.clear(plan),
        long_enough,
        plan.hold,
    )


def told(found: Iterable[Judged]) -> dict[str, object]:
    """What the verdicts come to."""
    every = list(found)
    due = [each for each in every if each.counts]
    right = sum(each.right for each in due)
    return {
        "plans": len(every),
        "wrong": [asdict(each) for each in every if each.wrong],
        "due": len(due),
        "right": right,
        "share": right / len(due) if due else None,
        "not_right": [asdict(each) for each in due if not each.right],
    }


def main() -> int:
    """Judge random plans and print what came of it as JSON."""
    parser = argparse.ArgumentParser(prog="truth.verdicts", description=__doc__)
    parser.add_argument("--plans", type=int, default=120)
    parser.add_argument("--seed", type=int, default=2026)
    given = parser.parse_args()
    found = []
    for plan, long_enough in plans(given.plans, given.seed):
        found.append(judged(plan, long_enough=long_enough))
        print(f"{len(found):>4} {plan.name}: {found[-1].verdict}", file=sys.stderr, flush=True)
    answer = told(found)
    print(json.dumps(answer, indent=1))
    due, right = len([each for each in found if each.counts]), sum(e.right for e in found if e.counts)
    return 0 if not answer["wrong"] and right >= DECIDED * due else 1


if __name__ == "__main__":
    sys.exit(main())
