"""The random phase: Hypothesis makes calls, functions and queues, and shrinks failures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from busyhour.exploration.search.deciders import Drawn
from busyhour.exploration.world.answers_world import World
from busyhour.exploration.world.context import Context
from busyhour.exploration.world.record import Played
from busyhour.flows.model import Flow

MOST_DECISIONS = 80
"""Maximum number of choices in one random call."""


class _FailedError(Exception):
    """A call failed with a new kind of failure."""


def play_at_random(
    context: Context,
    entry: Flow,
    examples: int,
    seen: Callable[[Played], set[Any]],
    *,
    seed: int | None = None,
) -> list[tuple[Any, Played]]:
    """Make random calls; return each kind of failure with its first call.

    Args:
        context: the flows.
        entry: the flow that calls enter.
        examples: number of calls, without shrinking.
        seen: called with every call; returns the new kinds of failure.
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
            played = World(context, entry, Drawn(data), most=MOST_DECISIONS).play()
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
            # No Phase.shrink: Hypothesis ends it by the clock; `search.shrink` makes calls smaller.
            phases=(Phase.generate,),
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
            # Hypothesis gave up drawing; the calls up to then were seen.
            break
        else:
            break
    return list(found.items())
