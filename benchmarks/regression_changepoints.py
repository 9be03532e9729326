"""How soon a change shows in a history of nights, and how often one shows where there is none.

Histories of 60 nights are made up: a step, a drift, nothing, one outlier night, each on top of a night-to-night noise
of 2 %. Every history is replayed night by night, as `busyhour history changes` does and a team that reads the trend each
morning; what was found once stays found.
Value: median delay of a 10 % step, nights. Peer: the usual rule, three nights in a row beyond three standard deviations
of the first twenty.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the arrays are small

import numpy as np

from busyhour.history.onsets import onsets

NIGHTS, AT, NOISE = 60, 30, 0.02
AIM_NIGHTS = 7
AIM_ALARMS = 0.05
LEAST = 0.03
"""As `busyhour history changes`: smaller changes are not said."""


@dataclass(frozen=True)
class Case:
    """What happens to the level of a metric; night -> factor."""

    name: str
    level: Callable[[int], float]
    changes: bool = True


CASES = (
    Case("nothing", lambda night: 1.0, changes=False),
    Case("one outlier night, three times as high", lambda night: 3.0 if night == AT else 1.0, changes=False),
    Case("step of 5 %", lambda night: 1.05 if night >= AT else 1.0),
    Case("step of 10 %", lambda night: 1.1 if night >= AT else 1.0),
    Case("step of 30 %", lambda night: 1.3 if night >= AT else 1.0),
    Case("drift of 1 % a night for 20 nights", lambda night: 1.0 + 0.01 * min(max(0, night - AT), 20)),
)


def history(case: Case, seed: int) -> np.ndarray:
    """Sixty nights."""
    noise = np.exp(np.random.default_rng(seed).normal(0.0, NOISE, NIGHTS))
    return 100.0 * noise * np.array([case.level(night) for night in range(NIGHTS)])


def ours(x: np.ndarray) -> int | None:
    """The first night on whose morning a change is reported; None: on none of them."""
    found = onsets({"metric": x.tolist()})["metric"]
    return next((one.found for one in found if abs(one.after / one.before - 1.0) >= LEAST), None)


def rule(x: np.ndarray) -> int | None:
    """The same for three nights in a row beyond three standard deviations of the first twenty."""
    centre, spread = x[:20].mean(), x[:20].std(ddof=1)
    beyond = np.abs(x - centre) > 3.0 * spread
    return next((night for night in range(22, NIGHTS) if beyond[night - 2 : night + 1].all()), None)


def main() -> None:
    """Print the table and one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--histories", type=int, default=40, help="of each kind")
    count = parser.parse_args().histories
    begun = time.process_time()
    print(
        f"{'history':40} {'gate':>22} {'found':>7} {'too early':>10} {'delay, nights: median':>22} {'90 %':>5}"
    )
    figures: dict[str, tuple[float, float]] = {}
    for number, case in enumerate(CASES):
        lines = [history(case, 10_000 * number + k) for k in range(count)]
        for name, gate in (("busyhour", ours), ("3 nights beyond 3 sd", rule)):
            first = [gate(x) for x in lines]
            early = sum(night is not None and (not case.changes or night < AT) for night in first)
            delays = sorted(
                night - AT + 1 for night in first if night is not None and case.changes and night >= AT
            )
            found = f"{len(delays) / count:>6.0%}" if case.changes else f"{'':>6}"
            middle = f"{median(delays):g}" if delays else "-"
            late = f"{delays[int(0.9 * (len(delays) - 1))]}" if delays else "-"
            print(f"{case.name:40} {name:>22} {found:>7} {early / count:>10.1%} {middle:>22} {late:>5}")
            if name == "busyhour":
                figures[case.name] = early / count, median(delays) if delays else float("inf")
            elif case.name == "step of 10 %":
                peer = median(delays) if delays else float("inf")
    value = figures["step of 10 %"][1]
    alarms = max(figures["nothing"][0], figures["one outlier night, three times as high"][0])
    print(
        f"aim: a 10 % step shows within {AIM_NIGHTS} nights, at most {AIM_ALARMS:.0%} of histories alarm in 60 mornings"
    )
    print(f"{time.process_time() - begun:.0f} s of CPU")
    print(
        json.dumps(
            {
                "benchmark": "regression_changepoints",
                "value": value,
                "unit": "nights until a 10 % step shows",
                "peer": "three nights in a row beyond three standard deviations",
                "peer_value": peer,
                "ratio": round(value / peer, 3) if peer else None,
                "false_alarms": alarms,
            }
        )
    )
    sys.exit(0 if value <= AIM_NIGHTS and alarms <= AIM_ALARMS else 1)


if __name__ == "__main__":
    main()
