"""Invariants are named by their ids, today's and former ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from busyhour.errors import BusyhourError
from busyhour.exploration.invariant import chosen, load_invariants

FORMER = [
    ("callback-reaches-somebody", "callback-has-queue-and-number"),
    ("ends-with-a-word", "heard-before-disconnect"),
    ("prompt-says-something", "prompt-has-text"),
]


@pytest.mark.parametrize(("former", "current"), FORMER)
def test_an_invariant_is_left_out_by_its_former_id(former: str, current: str):
    every = load_invariants()
    assert chosen(every, [former]) == chosen(every, [current])
    assert len(chosen(every, [former, current])) == len(every) - 1


def test_an_unknown_id_has_a_suggestion():
    with pytest.raises(BusyhourError, match="prompt-has-text"):
        chosen(load_invariants(), ["prompt-has-texts"])


def test_a_teams_own_invariant_with_a_former_id_replaces_the_shipped_one(tmp_path: Path):
    own = tmp_path / "ends_with_a_word.py"
    own.write_text(
        "from busyhour.api.invariants import Violation, invariant\n"
        '@invariant(id="ends-with-a-word", summary="s", why="w", fix="f")\n'
        'def check(call):\n    yield Violation("never")\n'
    )
    found = {one.id: one.file for one in load_invariants([tmp_path])}
    assert found["ends-with-a-word"] == own
    assert "heard-before-disconnect" not in found
