"""Transition coverage in LCOV's trace format, for tools that read it: lines and branches of the exported files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from busyhour.exploration.project import Explored
from busyhour.exploration.world.record import Transition


def render(explored: Explored) -> str:
    """Render one record for each file. A transition is a branch of its action's first line, and a line of its own.

    Unreachable transitions are omitted, so that 100 % is attainable.
    """
    return "".join(f"{line}\n" for line in _lines(explored))


def _lines(explored: Explored) -> Iterator[str]:
    subjects = explored.subjects
    for report in explored.reports:
        hits: dict[int, int] = defaultdict(int)
        branches: list[str] = []
        found = taken_branches = 0
        by_action: dict[int, list[Transition]] = defaultdict(list)
        for one in report.transitions:
            if one not in report.unreachable:
                by_action[one.action].append(one)
        for index, action in enumerate(report.flow.actions):
            line = subjects.action_position(report.flow, action).line
            ran = index in report.ran
            if ran or by_action[index]:
                hits[line] = max(hits[line], int(ran))
            for number, one in enumerate(by_action[index]):
                taken = one in report.covered
                found += 1
                taken_branches += taken
                branches.append(f"BRDA:{line},{index},{number},{'-' if not ran else int(taken)}")
                own = subjects.position(one).line
                if own != line:
                    hits[own] = max(hits[own], int(taken))
        yield "TN:busyhour_explore"
        yield f"SF:{subjects.of(report.flow).path}"
        yield from branches
        yield f"BRF:{found}"
        yield f"BRH:{taken_branches}"
        yield from (f"DA:{line},{hits[line]}" for line in sorted(hits))
        yield f"LF:{len(hits)}"
        yield f"LH:{sum(1 for one in hits.values() if one)}"
        yield "end_of_record"
