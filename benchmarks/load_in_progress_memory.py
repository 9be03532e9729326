"""Memory of one call in progress at 100,000 of them in one worker, and the slip of starting 1,000 more a second.

Calls of the helpdesk example's flows arrive at 2,000/s until 100,000 are in progress, nearly all in a queue without
agents, then at 1,000/s; the peer is what the usual model takes for a waiting caller: a gevent greenlet that sleeps,
without any state of the call.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
CALLS = 100_000


def resident():
    """Resident memory of this process, bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise SystemExit("no VmRSS in /proc/self/status")


def greenlets():
    """Bytes per sleeping greenlet."""
    import gevent

    before = resident()
    waiting = [gevent.spawn(gevent.sleep, 1000) for _ in range(CALLS)]
    gevent.sleep(0)
    gevent.sleep(0.1)
    assert all(waiting)
    print(json.dumps({"bytes": (resident() - before) / CALLS}))


def calls():
    """Bytes per waiting call, and how late 1,000 more a second start."""
    import gevent
    import locust  # noqa: F401 - as in a worker; it patches sockets, so it comes first

    import os
    import time
    from dataclasses import replace

    from busyhour.load.behaviour import CallBehaviour
    from busyhour.load.runner.generator import Drive
    from busyhour.load.settings import from_environment
    from busyhour.load.users.backend import BackendCalls
    from busyhour.scenarios.model import Distribution
    from busyhour.scenarios.reader import load
    from busyhour.scenarios.traffic import ShapePoint

    path = ROOT / "scenarios" / "helpdesk.toml"
    scenario = load(path)
    fill_then_keep_on = (ShapePoint(0, 1), ShapePoint(62, 1), ShapePoint(62, 0.5))
    long = Distribution("constant", 10_000.0)
    scenario = replace(
        scenario,
        traffic=replace(
            scenario.traffic, duration=90.0, calls_per_hour=2000 * 3600, drain=1.0, shape=fill_then_keep_on
        ),
        callers=replace(scenario.callers, patience=long, talk=long, think=Distribution("constant", 1.0)),
        queues={
            name: replace(queue, agents=0, capacity=None, open_share=1.0)
            for name, queue in scenario.queues.items()
        },
    )

    class Functions:
        """Answers at once: what is measured is calls that wait, not requests."""

        has_room = True

        def prepare(self, name):
            pass

        def invoke(self, call, effect, done):
            from busyhour.flows.protocol import LambdaResult

            done(LambdaResult({"found": "true", "name": "Ada", "tier": "standard"}))

    class Waiting(BackendCalls):
        """Whole calls; the first 100,000 come at 2,000 a second, then 1,000 a second more."""

        def prepare(self):
            import busyhour.load.users.backend as backend

            backend.LambdaFunctions = lambda drive: Functions()
            super().prepare()

    before = [0]
    measured = {}
    give_up = time.monotonic() + 95.0

    def on_part(part, status):
        full = status.in_progress >= CALLS or time.monotonic() > give_up
        if full and status.in_progress and "bytes" not in measured:
            measured["calls"] = status.in_progress
            measured["bytes"] = (resident() - before[0]) / status.in_progress
            measured["pending"] = drive.clock.pending
        slip = part.histograms.get("slip")
        if slip is not None and "bytes" in measured and status.t > 63:
            measured.setdefault("slip_p99_ms", []).append(slip.percentile(99) / 1000)
            busiest = max(row.gauges.get("cpu", 0.0) for row in part.seconds.values())
            measured.setdefault("cpu_share", []).append(round(busiest, 2))
        if len(measured.get("slip_p99_ms", ())) >= 6 or time.monotonic() > give_up:
            print(json.dumps(measured), flush=True)
            os._exit(0)  # hanging up 100,000 calls one by one would take longer than the benchmark

    assert issubclass(Waiting, CallBehaviour)
    settings = from_environment({"BUSYHOUR_ENDPOINT": "http://127.0.0.1:9"}, path)
    drive = Drive(settings, scenario, [Waiting()], None, on_part)
    drive.prepare()
    before[0] = resident()
    gevent.spawn(drive.run, time.monotonic() + 0.1, time.time() + 0.1).join()


def main():
    if len(sys.argv) > 1:
        {"calls": calls, "greenlets": greenlets}[sys.argv[1]]()
        return
    figures = {}
    for part in ("calls", "greenlets"):
        done = subprocess.run([sys.executable, __file__, part], capture_output=True, text=True, timeout=110)
        if done.returncode:
            raise SystemExit(done.stderr[-3000:])
        figures[part] = json.loads(done.stdout.splitlines()[-1])
        print(part, figures[part])
    value, peer = figures["calls"]["bytes"], figures["greenlets"]["bytes"]
    line = {
        "benchmark": "load_in_progress_memory",
        "value": round(value),
        "unit": "bytes per call in progress",
    }
    line |= {"peer": "a sleeping gevent greenlet", "peer_value": round(peer), "ratio": round(peer / value, 2)}
    print(
        json.dumps(line | {key: figures["calls"].get(key) for key in ("calls", "slip_p99_ms", "cpu_share")})
    )


if __name__ == "__main__":
    main()
