"""`python -m truth`: the truth table. Progress on standard error, the table at the end; ends with 1 where ways disagree."""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed

from . import printed
from .compared import Row, outcome
from .independent.simulated import CALLS
from .measured import SHORT, Skipped, measure, plans

SHORT_CALLS = 4_000


def main() -> int:
    """Measure every plan and print the table."""
    parser = argparse.ArgumentParser(prog="truth", description=__doc__)
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--random", type=int, default=24, help="random plans")
    parser.add_argument("--seed", type=int, default=2026, help="of the random plans")
    parser.add_argument("--plan", action="append", help="only plans whose name begins so")
    parser.add_argument("--short", action="store_true", help="a few plans and fewer calls: seconds")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--calls", type=int, default=CALLS, help="counted in each run")
    given = parser.parse_args()
    todo = plans(given.random, given.seed)
    chosen = given.plan or (SHORT if given.short else None)
    if chosen:
        todo = [each for each in todo if each[0].name.startswith(tuple(chosen))]
    calls = min(given.calls, SHORT_CALLS) if given.short else given.calls
    began = time.monotonic()
    found: dict[str, list[Row] | Skipped] = {}
    with ProcessPoolExecutor(given.workers) as pool:
        waiting = {pool.submit(measure, plan, path, calls=calls): plan.name for plan, path in todo}
        for done in as_completed(waiting):
            name = waiting[done]
            found[name] = done.result()
            spent = time.monotonic() - began
            print(f"{len(found):>3} of {len(todo)}  {spent:5.0f} s  {name}", file=sys.stderr, flush=True)
    ordered = [found[plan.name] for plan, _ in todo]
    rows = [row for each in ordered if not isinstance(each, Skipped) for row in each]
    skipped = [each for each in ordered if isinstance(each, Skipped)]
    render = printed.as_json if given.format == "json" else printed.as_text
    print(render(rows, skipped, time.monotonic() - began))
    return 0 if outcome(rows).holds else 1


if __name__ == "__main__":
    sys.exit(main())
