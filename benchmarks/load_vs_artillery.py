"""How punctually calls arrive at the target, against Artillery's arrivalRate at the same rate, seen by the target.

Both tools are to send the same rate of requests, evenly, and the fixed-response server notes when each came. Slip is how
much later a request came than the schedule says, the schedule being laid through the most punctual one; the count error
is how many more or fewer came than planned. Artillery (npm) is installed into a temporary folder, without the
browsers that one of its engines would download; ARTILLERY names a folder in which it is installed already.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent / "support"))
import bench_load

RATE, SECONDS, ROUNDS = 400, 8, 3
BODY = {
    "InstanceId": "00000000-0000-4000-8000-000000000000",
    "ContactFlowId": "0b5f6a1e-3c52-4f0e-9d57-0c7a1e2b3d4f",
    "SourcePhoneNumber": "+12025550199",
    "DestinationPhoneNumber": "+12025550123",
}


def installed(folder):
    """Folder in which Artillery is installed, after installing it there if need be."""
    if not (folder / "node_modules" / "artillery").is_dir():
        print("installing artillery with npm; this takes some minutes")
        command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent", "artillery"]
        subprocess.run(command, cwd=folder, check=True, timeout=600)
    return folder


def artillery(folder, url):
    """Let Artillery send its requests."""
    script = {
        "config": {
            "target": url,
            "phases": [{"duration": SECONDS, "arrivalRate": RATE}],
            "http": {"pool": 100, "timeout": 10},
        },
        "scenarios": [{"flow": [{"put": {"url": "/contact/outbound-voice", "json": BODY}}]}],
    }
    path = folder / "script.json"
    path.write_text(json.dumps(script))
    subprocess.run(
        ["node", str(folder / "node_modules" / "artillery" / "bin" / "run"), "run", "--quiet", str(path)],
        env={**os.environ, "ARTILLERY_DISABLE_TELEMETRY": "true"},
        preexec_fn=lambda: os.sched_setaffinity(0, {bench_load.GENERATOR_CPU}),
        stdout=subprocess.DEVNULL,
        check=True,
        timeout=90,
    )


def seen_by_target(send):
    """Slip p50, p99 and max in milliseconds and the count error of what `send(url)` sends."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "seen"
        with bench_load.server("--seen", str(path)) as url:
            send(url)
        times = [float(line) for line in path.read_text().split()]
    late = [at - number / RATE for number, at in enumerate(times)]
    slips = sorted(1000 * (each - min(late)) for each in late)
    return {
        "p50": slips[len(slips) // 2],
        "p99": slips[int(len(slips) * 0.99)],
        "max": slips[-1],
        "count_error": len(times) - RATE * SECONDS,
    }


def main():
    own, peer = [], []
    with tempfile.TemporaryDirectory() as temporary:
        folder = installed(Path(os.environ.get("ARTILLERY") or temporary))
        for _ in range(ROUNDS):
            own.append(seen_by_target(lambda url: bench_load.ours(url, RATE, SECONDS)))
            peer.append(seen_by_target(lambda url: artillery(folder, url)))
            for name, one in (("ours", own[-1]), ("Artillery", peer[-1])):
                print(
                    f"{name:9} slip p50 {one['p50']:7.2f} ms, p99 {one['p99']:7.2f} ms, max {one['max']:7.2f} ms; "
                    f"{one['count_error']:+d} of {RATE * SECONDS} requests"
                )
    value, other = (median(one["p99"] for one in each) for each in (own, peer))
    bench_load.report(
        "load_vs_artillery",
        value,
        "ms slip p99 seen by the target",
        "Artillery arrivalRate",
        other,
        other / value,
        rate=RATE,
        count_errors=[one["count_error"] for one in own],
        peer_count_errors=[one["count_error"] for one in peer],
        aim=1.0,
    )


if __name__ == "__main__":
    main()
