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
from array import array
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
    return _printed(_locust(locustfile, url, arguments, environment, timeout, {GENERATOR_CPU}))[-1]


def script(name, *arguments, timeout=90):
    """Run a Python file of this folder on the generator's core; the JSON object that it prints last."""
    return _printed(_run([str(SUPPORT / name), *arguments], {}, timeout, {GENERATOR_CPU}))[-1]


def ours(url, rate, duration, *arguments):
    """Drive `rate` calls/s for `duration` seconds with our generator: its own figures, and load.json."""
    with _told(url, rate, duration) as (environment, load):
        return locust("ours.py", url, *arguments, environment=environment), load()


def ours_slips(url, rate, duration):
    """The same: load.json, and when every call started (seconds since the epoch) with its slip in seconds."""
    with _told(url, rate, duration) as (environment, load), tempfile.NamedTemporaryFile() as file:
        locust("ours_slip.py", url, environment={**environment, "BENCH_SLIPS": file.name})
        flat = array("d", file.read())
        return load(), list(zip(flat[::2], flat[1::2], strict=True))


def ours_by_process(url, rate, duration, *arguments):
    """The same on all cores: what each of Locust's processes says of itself, and load.json."""
    with _told(url, rate, duration) as (environment, load):
        done = _locust("ours_by_process.py", url, arguments, environment, 90, set(CPUS))
        return _printed(done), load()


@contextlib.contextmanager
def _told(url, rate, duration):
    """Environment of our generator, and how to read the load.json that it leaves."""
    with tempfile.TemporaryDirectory() as folder:
        scenario = Path(folder) / "bench.toml"
        scenario.write_text(SCENARIO.format(calls_per_hour=rate * 3600, duration=duration, root=ROOT))
        environment = {
            "BUSYHOUR_SCENARIO": str(scenario),
            "BUSYHOUR_RUN_DIR": folder,
            "BUSYHOUR_ENDPOINT": url,
            "BUSYHOUR_TARGET": "emulator",
            "BUSYHOUR_INSTANCE": "00000000-0000-4000-8000-000000000000",
        }
        yield environment, lambda: json.loads((Path(folder) / "load.json").read_text())


def _locust(locustfile, url, arguments, environment, timeout, cpus):
    command = ["-m", "locust", "-f", str(SUPPORT / locustfile), "--headless", "--only-summary", "--host", url]
    path = os.pathsep.join(filter(None, [str(SUPPORT), os.environ.get("PYTHONPATH")]))
    done = _run([*command, *arguments], {"PYTHONPATH": path, **(environment or {})}, timeout, cpus)
    if done.returncode == 2:
        sys.exit(done.stderr)
    return done


def _run(command, environment, timeout, cpus):
    return subprocess.run(
        [sys.executable, *command],
        env={**os.environ, **environment},
        preexec_fn=lambda: os.sched_setaffinity(0, cpus),
        capture_output=True,
        text=True,
        timeout=timeout,
        cwd=tempfile.gettempdir(),
    )


def _printed(done):
    """The JSON objects that a generator printed about itself."""
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"bench"')]
    if not found:
        raise SystemExit(f"{done.args} measured nothing:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return found


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
