"""What two workers and their master can send, against one process: by CPU accounting, as if each worker had a free core.

Two workers and a target that keeps up with them need more than two cores, so wall time on this machine says nothing. What
limits a worker is its CPU. So the same rate per worker is driven by one process and by two workers with a master, far
below what the machine can do, and the CPU seconds of all of Locust's processes are added up, from the start of the test
to their end: preparation, the master's part, messages, results. Two cores do 2 / (CPU seconds per request) requests.
"""

import sys
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent / "support"))
import bench_load

ROUNDS, SECONDS = 3, 8
RATE = 4_000
"""Calls a second of each worker."""


def per_request(url, workers):
    """CPU seconds per call, over all processes, and load.json."""
    options = ["--processes", str(workers)] if workers > 1 else []
    processes, load = bench_load.ours_by_process(url, RATE * workers, SECONDS, *options)
    arrivals = load["arrivals"]
    if arrivals["started"] != arrivals["planned"] or len(processes) != (workers + 1 if workers > 1 else 1):
        raise SystemExit(f"{arrivals['started']} of {arrivals['planned']} calls started; {processes}")
    return sum(process["cpu"] for process in processes) / arrivals["started"], processes, arrivals


def main():
    ratios, one, two = [], [], []
    with bench_load.server() as url:
        for _ in range(ROUNDS):
            cost, _, _ = per_request(url, 1)
            one.append(1.0 / cost)
            both, processes, arrivals = per_request(url, 2)
            two.append(2.0 / both)
            ratios.append(two[-1] / one[-1])
            used = ", ".join(f"{process['role']} {process['cpu']:.2f} s" for process in processes)
            print(
                f"one {one[-1]:,.0f}/s; two {two[-1]:,.0f}/s on two cores ({used}; "
                f"{arrivals['started']:,} of {arrivals['planned']:,} started, slip p99 {arrivals['slip_ms']['p99']:.2f} ms)"
            )
    bench_load.report(
        "load_two_workers",
        median(two),
        "requests/s on two cores, by CPU seconds",
        "one worker on one core",
        median(one),
        median(ratios),
        aim=1.8,
    )


if __name__ == "__main__":
    main()
