"""A/A in wall time: the example's helpdesk, run again and again on this machine, every run compared with others.

Nothing changes between the runs, so each metric called regressed is a false alarm; a busy machine makes it harder, not
easier. Every run is compared with the three before it, and every ordered pair against each other: pairs share runs and
are not independent. Value: share of pairs in which anything is called regressed; peer: the same with a gate that alarms
when a value is 10 % worse than in the other run. Runs that prove nothing are left out and counted.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from itertools import permutations
from pathlib import Path

from busyhour.regression.compare import compare
from busyhour.regression.metrics.observation import Observation
from busyhour.regression.metrics.observe import read
from busyhour.regression.metrics.scalars import values
from busyhour.regression.settings import Tolerances

AIM = 0.05
BEFORE = 3
BUSY = {"BUSYHOUR_LATE_MS": "2000", "BUSYHOUR_SLIP_P99_MS": "2000", "BUSYHOUR_CPU_SHARE": "2"}
"""Bounds of the generator on a shared machine: a run is not void because of its neighbours."""


def make(folder: Path, seconds: int) -> Observation | None:
    """One run; None where it proves nothing."""
    command = [sys.executable, "-m", "busyhour", "run", "helpdesk", "--out", str(folder)]
    command += ["--set", f"traffic.duration={seconds}s", "--set", "traffic.drain=5s"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **BUSY})
    if not (folder / "run.json").exists():
        sys.exit(f"a run ended with {done.returncode}: {done.stderr[-400:]}")
    one = read(folder)
    return one if one.valid else None


def ratio_alarms(new: Observation, old: Observation) -> bool:
    """The simple gate: anything that is a time, a rate or a count is 10 % higher than in the other run."""
    now, before = values(new), values(old)
    return any(
        now[name][0] > 1.1 * before[name][0]
        for name in now.keys() & before.keys()
        if not name.startswith(("headroom", "branch"))
    )


def main() -> None:
    """Run, compare, print the shares and one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=12)
    arguments = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as root:
        made = [make(Path(root) / f"r{k}", arguments.seconds) for k in range(arguments.runs)]
    runs = [one for one in made if one is not None]
    tolerances = Tolerances()
    pairs = list(permutations(runs, 2))
    if not pairs:
        sys.exit("fewer than two runs prove anything: the machine is too busy")
    alarms = [compare([new], [old], tolerances) for new, old in pairs]
    ours = sum(found.regressed for found in alarms) / len(pairs)
    simple = sum(ratio_alarms(new, old) for new, old in pairs) / len(pairs)
    nights = [compare([runs[k]], runs[k - BEFORE : k], tolerances) for k in range(BEFORE, len(runs))]
    for found in (*alarms, *nights):
        if found.regressed:
            print(found.summary)
    print(
        f"{len(runs)} runs of {arguments.seconds} s ({len(made) - len(runs)} void), {time.monotonic() - begun:.0f} s"
    )
    print(
        f"pairs: {len(pairs)}; busyhour {ours:.1%}, 10 % over the other run {simple:.1%} (aim: at most {AIM:.0%})"
    )
    print(
        f"against the {BEFORE} runs before: {sum(found.regressed for found in nights)} of {len(nights)} alarm"
    )
    line = {
        "benchmark": "regression_wall_time",
        "value": round(ours, 4),
        "unit": "share of A/A pairs in wall time with a false alarm",
        "peer": "10 % over the other run",
        "peer_value": round(simple, 4),
        "ratio": round(ours / simple, 4) if simple else None,
    }
    print(json.dumps(line))
    sys.exit(0 if ours <= AIM else 1)


if __name__ == "__main__":
    main()
