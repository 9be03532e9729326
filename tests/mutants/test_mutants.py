"""The seeded faults in short: every kind on a few flows is found, the same ones each time."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from kinds import KINDS
from run import CORPUS, flows, table

FLOWS = flows()
EVERY = 6


def test_there_are_at_least_sixty_kinds():
    assert len({kind.name for kind in KINDS}) == len(KINDS) >= 60


@pytest.mark.skipif(not (CORPUS / "INDEX.csv").is_file(), reason="the collection of real exports is not here")
def test_kinds_on_every_sixth_export_are_found():
    rows = table(2026, dict(list(FLOWS.items())[::EVERY]), list(KINDS))
    tried = sum(row.tried for row in rows)
    assert tried > 2 * len(KINDS)
    assert sum(len(row.missed) for row in rows) <= tried // 100


def test_the_same_seed_gives_the_same_faults():
    one, other = (table(7, dict(list(FLOWS.items())[:2]), list(KINDS)[::5]) for _ in range(2))
    assert one == other
