"""An open model: when the target takes 5 s to answer, calls still start on time and the latency shows the wait.

Also the proof that a locustfile runs under plain `locust`, with nothing but the emulator's URL as --host.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from busyhour.results import store
from busyhour.results.load_result import LoadResult
from busyhour.shipped import shipped_root

ROOT = shipped_root()
ANSWER_SECONDS = 5.0


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[str]:
    ready = tmp_path / "ready.json"
    command = [
        sys.executable,
        "-m",
        "busyhour",
        "emulator",
        "--scenario",
        "peak_raised",
        "--port",
        "0",
        "--ready-file",
        str(ready),
    ]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not ready.exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield json.loads(ready.read_text())["url"]
    finally:
        process.terminate()
        process.wait(30)


def drive(url: str, folder: Path) -> LoadResult:
    """Plain Locust, headless: ten seconds of three calls a second."""
    overrides = ["traffic.duration=10s", "traffic.ramp_up=0s", "traffic.drain=8s", "quotas.L-4E9BCC96=100"]
    environment = {
        **os.environ,
        "BUSYHOUR_RUN_DIR": str(folder),
        "BUSYHOUR_OVERRIDES": json.dumps(overrides),
        # Several tests run at once on few cores; half a second is still a tenth of the target's wait.
        "BUSYHOUR_LATE_MS": "500",
        "BUSYHOUR_SLIP_P99_MS": "500",
        "BUSYHOUR_CPU_SHARE": "2",
    }
    command = [
        sys.executable,
        "-m",
        "locust",
        "-f",
        str(ROOT / "loadtests" / "voice.py"),
        "--headless",
        "--host",
        url,
    ]
    command += ["--busyhour-scenario", "peak_raised"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return store.read_load(folder)


@pytest.mark.slow
def test_calls_start_on_time_however_slow_the_target_is(emulator: str, tmp_path: Path) -> None:
    fault = json.dumps(
        {"service": "connect", "operation": "StartOutboundVoiceContact", "latency_seconds": ANSWER_SECONDS}
    ).encode()
    request = urllib.request.Request(
        f"{emulator}/_busyhour/faults", data=fault, headers={"content-type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=10).close()
    load = drive(emulator, tmp_path)
    assert load.valid, load.reasons
    assert load.arrivals.started == load.arrivals.planned > 15
    assert load.arrivals.late == 0
    assert load.arrivals.slip_ms is not None
    assert load.arrivals.slip_ms.p99 < 500
    planned = next(s for s in load.series if s.name == "arrivals planned")
    started = next(s for s in load.series if s.name == "arrivals started")
    assert sum(v or 0 for v in started.v[: len(planned.v)]) == load.arrivals.planned
    assert max(t for t, v in zip(started.t, started.v, strict=True) if v) <= 10.0, (
        "no request waited for an answer"
    )
    (start,) = (o for o in load.operations if o.name == "StartOutboundVoiceContact")
    assert start.latency is not None
    assert ANSWER_SECONDS * 1000 <= start.latency.p50 < ANSWER_SECONDS * 1000 + 2000
