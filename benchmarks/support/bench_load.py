"""What the load benchmarks share: a fixed-response server on one core, generators on the other, one after the other.

All generators send the same PUT (StartOutboundVoiceContact) to the same server and are measured the same way:
requests answered per second of CPU time of the generator's process, from the start of the test to its end, all that
it does before the first request and after the last one included. On an idle machine that is requests per second on one
core; on a busy one it is the same figure, which wall time is not.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
SUPPORT = Path(__file__).parent
CPUS = sorted(os.sched_getaffinity(0))
GENERATOR_CPU, SERVER_CPU = CPUS[0], CPUS[-1]

SCENARIO = """
drive = "voice"
seed = 1
[traffic]
direction = "outbound"
calls_per_hour = {calls_per_hour}
duration = "{duration}s"
arrivals = "even"
drain = "10s"
[flows]
files = ["{root}/examples/helpdesk/flows/*.json"]
entry = "helpdesk-campaign"
[callers]
patience = {{ distribution = "constant", mean = "60s" }}
talk = {{ distribution = "constant", mean = "16s" }}
wrap_up = {{ distribution = "constant", mean = "6s" }}
"""


@contextlib.contextmanager
def server(*arguments):
    """URL of a fixed-response server on its own core; `--awake` and `--delay SECONDS` are its options."""
    command = [sys.executable, str(SUPPORT / "fixed_server.py"), "--cpu", str(SERVER_CPU), *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()
            process.wait(10)


def locust(locustfile, url, *arguments, environment=None, timeout=90):
    """Run a locustfile on the generator's core; the JSON object that it prints last."""
    command = ["-m", "locust", "-f", str(SUPPORT / locustfile), "--headless", "--only-summary", "--host", url]
    return _measured(
        locustfile, [*command, *arguments], {"PYTHONPATH": str(SUPPORT), **(environment or {})}, timeout
    )


def script(name, *arguments, timeout=90):
    """Run a Python file of this folder on the generator's core; the JSON object that it prints last."""
    return _measured(name, [str(SUPPORT / name), *arguments], {}, timeout)


def _measured(name, command, environment, timeout):
    done = subprocess.run(
        [sys.executable, *command],
        env={**os.environ, **environment},
        preexec_fn=lambda: os.sched_setaffinity(0, {GENERATOR_CPU}),
        capture_output=True,
        text=True,
        timeout=timeout,
        cwd=tempfile.gettempdir(),
    )
    for line in reversed(done.stdout.splitlines()):
        if line.startswith('{"bench"'):
            return json.loads(line)
    raise SystemExit(f"{name} measured nothing:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")


def ours(url, rate, duration, *arguments):
    """Drive `rate` calls/s for `duration` seconds with our generator: its own figures, and load.json."""
    with tempfile.TemporaryDirectory() as folder:
        scenario = Path(folder) / "bench.toml"
        scenario.write_text(SCENARIO.format(calls_per_hour=rate * 3600, duration=duration, root=ROOT))
        environment = {
            "BUSYHOUR_SCENARIO": str(scenario),
            "BUSYHOUR_RUN_DIR": folder,
            "BUSYHOUR_ENDPOINT": url,
            "BUSYHOUR_TARGET": "emulator",
        }
        measured = locust("ours.py", url, *arguments, environment=environment)
        return measured, json.loads((Path(folder) / "load.json").read_text())


def report(benchmark, value, unit, peer, peer_value, ratio=None, **more):
    """Print the line that every benchmark ends with."""
    ratio = value / peer_value if ratio is None else ratio
    line = {
        "benchmark": benchmark,
        "value": round(value, 3),
        "unit": unit,
        "peer": peer,
        "peer_value": round(peer_value, 3),
    }
    print(json.dumps({**line, "ratio": round(ratio, 2), **more}))
