"""The worker process on its own: it must not outlive the emulator."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PARENT = """
import asyncio, json, os, sys
from pathlib import Path
from busyhour.emulator.lambda_.runtime.environment import Environment

async def main():
    environment = await Environment.start(Path(sys.argv[1]).parent, f"{Path(sys.argv[1]).stem}.handler", {"AWS_LAMBDA_FUNCTION_NAME": "f",
        "AWS_LAMBDA_FUNCTION_VERSION": "1", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_LOG_GROUP_NAME": "g", "AWS_LAMBDA_LOG_STREAM_NAME": "s"}, 30)
    print(environment.pid, flush=True)
    await environment.run({"request_id": "r", "arn": "a", "timeout": 60}, b"{}", 60)

asyncio.run(main())
"""


@pytest.mark.parametrize("handler", ["import time; time.sleep(60)", "while True: pass"])
def test_a_worker_ends_when_the_emulator_is_killed(tmp_path, handler):
    file = tmp_path / "busy.py"
    file.write_text(f"def handler(e, c):\n    {handler}\n")
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(file)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    time.sleep(0.2)  # so that the handler is in its loop
    assert _running(worker)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    for _ in range(250):
        if not _running(worker):
            return
        time.sleep(0.02)
    os.kill(worker, signal.SIGKILL)
    pytest.fail(f"worker {worker} outlived the emulator")


def test_a_worker_imports_nothing_but_the_standard_library_and_the_runtime(tmp_path):
    file = tmp_path / "modules.py"
    file.write_text("import sys\ndef handler(e, c):\n    return sorted(sys.modules)\n")
    script = PARENT.replace(
        'await environment.run({"request_id": "r", "arn": "a", "timeout": 60}, b"{}", 60)',
        'a = await environment.run({"request_id": "r", "arn": "a", "timeout": 60}, b"{}", 60)\n'
        "    print(a.payload.decode()); environment.kill()",
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(file)], capture_output=True, text=True, check=True
    )
    modules = json.loads(done.stdout.splitlines()[1])
    packages = (
        "busyhour",
        "busyhour.emulator",
        "busyhour.emulator.lambda_",
        "busyhour.emulator.lambda_.runtime",
        "busyhour.handlers",
        "busyhour.lifeline",
    )
    ours = {name for name in modules if name.split(".")[0] == "busyhour"}
    assert {name for name in ours if not name.startswith("busyhour.handlers.runtime")} == {
        *packages,
        "busyhour.emulator.lambda_.runtime.worker",
    }
    assert not [name for name in modules if name.split(".")[0] in ("boto3", "moto", "orjson")]


def _running(pid: int) -> bool:
    try:
        return (
            Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        )  # a zombie only waits to be looked at
    except FileNotFoundError:
        return False
