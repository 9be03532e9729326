"""Seeded faults on flows: every kind on every flow, by seed, with a table of what `busyhour check` finds and misses."""

from __future__ import annotations

import argparse
import csv
import json
import random
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
sys.path.insert(0, str(Path(__file__).parent))

from kinds import KINDS
from support.generated_flows.mutations import mutated
from support.generated_flows.mutations.mutation import Mutation

from busyhour.contracts.check import Checker
from busyhour.contracts.finding import Severity
from busyhour.contracts.reading.sources import Gathered, source_of

ROOT = Path(__file__).parents[2]
CORPUS = (ROOT / "../shared/corpus").resolve()
HELPDESK = ROOT / "examples/helpdesk/flows"


@dataclass
class Row:
    """Result of one kind: mutants tried, found by the expected rule, found by another rule only, and missed flows."""

    kind: Mutation
    tried: int = 0
    expected: int = 0
    other: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)


def flows(corpus: Path = CORPUS) -> dict[str, Any]:
    """Return the flows to break: exports of the collection in the present format, else those of the example."""
    found: dict[str, Any] = {}
    index = corpus / "INDEX.csv"
    if index.is_file():
        with index.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if row["format"] == "2019-10-30":
                    data = json.loads((corpus / row["file"]).read_text(encoding="utf-8-sig"))
                    if (
                        isinstance(data, dict)
                        and isinstance(data.get("Actions"), list)
                        and "Metadata" in data
                    ):
                        found[row["file"]] = data
    if not found:
        found = {path.name: json.loads(path.read_text()) for path in sorted(HELPDESK.glob("*.json"))}
    return found


def findings(checker: Checker, flow: Any) -> Counter[tuple[str, str, str]]:
    """Return the errors and warnings on a flow, by rule, action and message."""
    report = checker.check(Gathered((source_of(json.dumps(flow), "flow.json"),)))
    return Counter(
        (one.rule, one.identifier, one.message)
        for one in report.findings
        if one.severity is not Severity.NOTE
    )


def table(seed: int, chosen: dict[str, Any], kinds: list[Mutation]) -> list[Row]:
    """Return one row for each kind; the same for the same seed."""
    checker = Checker()
    before = {name: findings(checker, flow) for name, flow in chosen.items()}
    rows = []
    for kind in kinds:
        row = Row(kind)
        choose = random.Random(f"{seed} {kind.name}").randrange
        for name, flow in chosen.items():
            broken = mutated(flow, kind, choose)
            if broken is None:
                continue
            row.tried += 1
            new = {rule for rule, *_ in findings(checker, broken) - before[name]}
            if kind.rule in new:
                row.expected += 1
            elif new:
                row.other.update(new)
            if not new:
                row.missed.append(name)
        rows.append(row)
    return rows


def main() -> int:
    """Print the table; exit with 1 where a kind has no place or less than 99 % are found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--every", type=int, default=1, help="Take every N-th flow only.")
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="Name the flows in which a fault is missed."
    )
    options = parser.parse_args()
    chosen = dict(list(flows(options.corpus).items())[:: options.every])
    rows = table(options.seed, chosen, list(KINDS))
    width = max(len(row.kind.name) for row in rows)
    print(f"{'kind':<{width}}  tried  by its rule  by another  missed  rule")
    for row in rows:
        another = row.tried - row.expected - len(row.missed)
        others = f" (also {', '.join(sorted(row.other))})" if row.other else ""
        print(
            f"{row.kind.name:<{width}}  {row.tried:>5}  {row.expected:>11}  {another:>10}  {len(row.missed):>6}  "
            f"{row.kind.rule}{others}"
        )
        if options.verbose:
            for name in row.missed:
                print(f"    missed in {name}")
    tried, missed = sum(row.tried for row in rows), sum(len(row.missed) for row in rows)
    share = 1 - missed / tried if tried else 0.0
    print(
        f"{len(rows)} kinds, {len(chosen)} flows, {tried} mutants: {tried - missed} found ({share:.1%}), {missed} missed"
    )
    return int(share < 0.99)


if __name__ == "__main__":
    raise SystemExit(main())
