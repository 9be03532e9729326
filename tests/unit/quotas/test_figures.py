"""Figures as people read them."""

from __future__ import annotations

import pytest

from busyhour.quotas.figures import tolerance


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.01, "1 %"), (0.005, "0.5 %"), (0.2, "20 %"), (0.001, "0.1 %"), (0.0, "none")],
)
def test_a_tolerated_share_is_per_cent(share: float, words: str) -> None:
    assert tolerance(share) == words


def test_an_objective_of_zero_is_less_than_one_rejection_in_the_busy_hour() -> None:
    assert tolerance((1.0 - 1e-9) / 10_800) == "1 of 10,800"
