"""`busyhour emulator` as a process: ready line and file, bad input, the end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from busyhour.emulator.server.listener import listen
from busyhour.errors import BusyhourError

FLOWS = Path(__file__).resolve().parents[3] / "examples" / "helpdesk" / "flows"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--quota", "L-12AB7C58=5"], "Did you mean 'L-12AB7C57'"),
        (["--flows", "nowhere.json"], "nowhere.json"),
        (["--set", "seed=5"], "--set"),
        (["--faults", "nowhere.json"], "nowhere.json"),
        (["--scenario", "no-such-scenario"], "no-such-scenario"),
        (["--records", "/no/such/folder/r.jsonl"], "/no/such/folder/r.jsonl"),
    ],
)
def test_bad_input_ends_with_a_message_before_anything_is_served(arguments, said):
    from busyhour.cli.emulator import command

    result = CliRunner().invoke(command, [*arguments, "--port", "0"])
    assert isinstance(result.exception, BusyhourError)
    assert said in result.exception.message


def test_a_port_in_use_ends_with_its_number():
    from busyhour.cli.emulator import command

    taken = listen("127.0.0.1", 0)
    port = taken.getsockname()[1]
    try:
        result = CliRunner().invoke(command, ["--port", str(port)])
        assert isinstance(result.exception, BusyhourError)
        assert str(port) in result.exception.message
    finally:
        taken.close()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_the_process_says_when_it_is_ready_and_ends_cleanly(tmp_path, number, code):
    ready, records = tmp_path / "ready.json", tmp_path / "records.jsonl"
    command = [sys.executable, "-m", "busyhour", "emulator", "--port", "0", "--flows", str(FLOWS)]
    command += ["--ready-file", str(ready), "--records", str(records)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 30
        while not ready.exists():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        facts = json.loads(ready.read_text())
        assert facts["pid"] == process.pid
        assert {"url", "instance_id", "instance_arn", "region", "account"} <= set(facts)
        import urllib.request

        asked = urllib.request.Request(
            f"{facts['url']}/_busyhour/inbound", b"{}", {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(asked, timeout=10) as answer:
            contact_id = json.load(answer)["ContactId"]
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == code
    assert out == f"ready {facts['url']}\n"
    assert "Traceback" not in err
    (line,) = records.read_text().splitlines()
    assert json.loads(line)["ContactId"] == contact_id
