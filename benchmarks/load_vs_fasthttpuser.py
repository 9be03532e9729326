"""Signed StartOutboundVoiceContact with full telemetry, against FastHttpUser sending the same PUT unsigned."""

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
            own.append(bench_load.ours(url, RATE, SECONDS)[0]["per_cpu_second"])
            print(f"ours         {own[-1]:9,.0f}/s a core, signed")
            peer.append(
                bench_load.locust("fasthttp_user.py", url, "-u", "16", "-r", "16", "-t", f"{SECONDS}s")[
                    "per_cpu_second"
                ]
            )
            print(f"FastHttpUser {peer[-1]:9,.0f}/s a core, unsigned")
    bench_load.report(
        "load_vs_fasthttpuser",
        median(own),
        "requests/s per core",
        "Locust FastHttpUser, unsigned",
        median(peer),
    )


if __name__ == "__main__":
    main()
