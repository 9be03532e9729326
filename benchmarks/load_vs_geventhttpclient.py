"""Signed StartOutboundVoiceContact with full telemetry, against raw geventhttpclient in a bare loop, signed.

geventhttpclient is what Locust's FastHttpUser is made of. Here it is alone: no Locust, no statistics, no schedule, no
outcome of a call; 16 greenlets that sign, send and read as fast as they can. Its signatures are made with our own
prepared signer, so that what is compared is everything else.
"""

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
            print(f"ours             {own[-1]:9,.0f}/s a core, signed, full telemetry")
            peer.append(bench_load.script("bare_geventhttpclient.py", url, str(SECONDS))["per_cpu_second"])
            print(f"geventhttpclient {peer[-1]:9,.0f}/s a core, signed, bare loop")
    bench_load.report(
        "load_vs_geventhttpclient",
        median(own),
        "requests/s per core",
        "geventhttpclient in a bare loop, signed",
        median(peer),
        aim=2.0,
    )


if __name__ == "__main__":
    main()
