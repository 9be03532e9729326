"""How late the generator starts calls at half of its capacity, measured with everything switched on.

Capacity is what one core sends when there is always more to send. Closed loops have no schedule to be late for. What
the figure is taken from are the half seconds in which the hypervisor took nothing away from the generator's core, as the
system counts it (`support/stolen.py`): when the core is gone, no program on it starts anything. Their number is
reported, and the figure over all seconds beside it. Rounds of 20 s until there are enough, at most MOST_ROUNDS; loopback only.
"""

import os
import sys
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
import bench_load
import stolen

BOUND_MS = 2.0
MOST_ROUNDS = 5
SECONDS = 20
ENOUGH = 20.0
WINDOW = 0.5
LATE_MS = 10.0
"""A call that starts later than this is a late one."""


def percentile(values, share):
    """In milliseconds."""
    return sorted(values)[int(len(values) * share)] * 1000.0 if values else float("nan")


def main():
    os.sched_setaffinity(0, {bench_load.SERVER_CPU})
    every, quiet = [], []
    planned = started = late = 0
    quiet_seconds = seconds = 0.0
    with bench_load.server() as url:
        capacity = bench_load.ours(url, 20_000, 4)[0]["per_cpu_second"]
        rate = int(capacity / 2 / 100) * 100
        print(f"capacity {capacity:,.0f} calls/s a core; driving {rate:,}/s")
        for _ in range(MOST_ROUNDS):
            if quiet_seconds >= ENOUGH:
                break
            with stolen.Watch({bench_load.GENERATOR_CPU}) as watch:
                load, slips = bench_load.ours_slips(url, rate, SECONDS)
            arrivals = load["arrivals"]
            planned, started = planned + arrivals["planned"], started + arrivals["started"]
            late += arrivals["late"]
            windows = defaultdict(list)
            for moment, slip in slips:
                windows[moment // WINDOW * WINDOW].append(slip)
            here = [start for start in windows if watch.quiet(start, start + WINDOW)]
            seconds, quiet_seconds = seconds + len(windows) * WINDOW, quiet_seconds + len(here) * WINDOW
            in_quiet = [slip for start in here for slip in windows[start]]
            print(
                f"planned {arrivals['planned']:,}, started {arrivals['started']:,}; stolen {watch.stolen:.2f} s; "
                f"slip p99 {percentile(in_quiet, 0.99):.2f} ms in {len(here) * WINDOW} quiet seconds of {len(windows) * WINDOW}, "
                f"{arrivals['slip_ms']['p99']:.2f} ms in all"
            )
            every += [slip for _, slip in slips]
            quiet += in_quiet
    if not quiet:
        raise SystemExit("no second in which nothing was stolen: this machine cannot tell")
    p99 = percentile(quiet, 0.99)
    bench_load.report(
        "load_slip",
        p99,
        f"ms slip p99 at half of capacity, in {quiet_seconds} of {seconds} s in which nothing was stolen",
        "bound",
        BOUND_MS,
        BOUND_MS / max(p99, 0.001),
        rate=rate,
        p50=round(percentile(quiet, 0.5), 3),
        most=round(max(quiet) * 1000.0, 2),
        late_in_quiet=sum(slip * 1000.0 > LATE_MS for slip in quiet),
        p99_of_all=round(percentile(every, 0.99), 2),
        late=late,
        planned=planned,
        started=started,
    )


if __name__ == "__main__":
    main()
