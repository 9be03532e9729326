"""Signed StartOutboundVoiceContact with full telemetry, against Locust with boto3: requests per second on one core."""

import sys
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent / "support"))
import bench_load

ROUNDS, SECONDS = 3, 5
RATE = 40_000
"""More than one core can send: like its peer, the generator is as busy as it can be."""


def main():
    own, peer = [], []
    with bench_load.server("--awake") as url:
        for _ in range(ROUNDS):
            measured, load = bench_load.ours(url, RATE, SECONDS)
            own.append(measured["per_cpu_second"])
            arrivals = load["arrivals"]
            print(
                f"ours         {own[-1]:9,.0f}/s a core, {arrivals['started']} of {arrivals['planned']} started"
            )
            peer.append(
                bench_load.locust("boto3_user.py", url, "-u", "8", "-r", "8", "-t", f"{SECONDS}s")[
                    "per_cpu_second"
                ]
            )
            print(f"Locust+boto3 {peer[-1]:9,.0f}/s a core")
    bench_load.report(
        "load_vs_locust_boto3", median(own), "requests/s per core", "Locust + boto3", median(peer)
    )


if __name__ == "__main__":
    main()
