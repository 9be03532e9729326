"""The random rest: Hypothesis plays callers, functions and queues, and shrinks what fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from busyhour.exploration.search.deciders import Drawn
from busyhour.exploration.world.answers_world import World
from busyhour.exploration.world.context import Context
from busyhour.exploration.world.record import Played
from busyhour.flows.model import Flow

MOST_DECISIONS = 80
"""Choices in one random call."""


class _FailedError(Exception):
    """A call failed in a way that is new."""


def play_at_random(
    ground: Context,
    entry: Flow,
    examples: int,
    seen: Callable[[Played], set[Any]],
    *,
    seed: int | None = None,
) -> list[tuple[Any, Played]]:
    """Play random calls; each kind of failure, with the smallest call that Hypothesis found for it.

    Args:
        ground: the flows.
        entry: where calls begin.
        examples: calls to play, shrinking not counted.
        seen: is shown every call; gives the kinds of failure that are new.
        seed: None: the same calls every time.
    """
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as seeded
    from hypothesis import strategies as st
    from hypothesis.errors import HypothesisException

    found: dict[Any, Played] = {}
    left = examples
    while left > 0:
        played_now = 0
        minimal: dict[Any, Played] = {}

        def test(data: Any) -> None:
            nonlocal played_now
            played_now += 1
            played = World(ground, entry, Drawn(data), most=MOST_DECISIONS).play()
            new = seen(played) - found.keys()  # noqa: B023  # called before the loop goes on
            if new:
                for kind in new:
                    minimal[kind] = played  # noqa: B023  # as above
                raise _FailedError

        run = given(st.data())(test)
        run = settings(
            max_examples=left,
            database=None,
            deadline=None,
            derandomize=seed is None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
            report_multiple_bugs=False,
            print_blob=False,
        )(run)
        if seed is not None:
            run = seeded(seed)(run)
        try:
            run()
        except _FailedError:
            found |= minimal
            left -= min(max(played_now, 1), left)
        except HypothesisException:
            # Hypothesis gave up on drawing; what was played until then has been seen.
            break
        else:
            break
    return list(found.items())
